//! A training that is interrupted, gone on with, and taken elsewhere, as its user does it.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use common::{Directory, assert_refused, run};
use dl_nn::prelude::{Dense, Sequential};

const MNIST_CNN: &str = env!("CARGO_BIN_EXE_mnist_cnn");
const LENET: &str = env!("CARGO_BIN_EXE_lenet");
const IRIS_MLP: &str = env!("CARGO_BIN_EXE_iris_mlp");
const PREDICT: &str = env!("CARGO_BIN_EXE_predict");

/// A folder that is there, beside the figures.
fn folder(out: &Directory) -> PathBuf {
    let folder = out.path().parent().unwrap().to_owned();
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn predict(arguments: &[&str]) -> Output {
    Command::new(PREDICT).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn killed_and_resumed_it_saves_the_network_of_an_uninterrupted_run() {
    let (out, whole) = (Directory::new(), Directory::new());
    let folder = folder(&out);
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (checkpoint, resumed, alone) = (path("c.dl"), path("resumed.dl"), path("alone.dl"));
    let arguments = ["--train", "1200", "--epochs", "3"];
    let ended = run(
        LENET,
        &whole,
        &[&arguments[..], &["--save", &alone]].concat(),
    );
    assert!(ended.success, "{}", ended.stderr);

    let mut child = Command::new(LENET)
        .args(arguments)
        .args([
            "--quick",
            "--checkpoint",
            &checkpoint,
            "--checkpoint-every",
            "1",
            "--out",
        ])
        .arg(out.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while !Path::new(&checkpoint).exists() {
        assert!(begun.elapsed() < Duration::from_secs(120), "no checkpoint");
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    assert!(
        !child.wait().unwrap().success(),
        "killed too late to say anything"
    );

    let again = [&arguments[..], &["--checkpoint", &checkpoint]].concat();
    assert_refused(
        LENET,
        &again,
        "--resume continues a training from its checkpoint",
    );
    let again = [&again[..], &["--resume", "--save", &resumed]].concat();
    let other = [&again[..], &["--seed", "7"]].concat();
    assert_refused(LENET, &other, "`seed` was 42, but is 7 here");
    let ended = run(LENET, &out, &again);
    assert!(ended.success, "{}", ended.stderr);
    assert!(
        ended.stdout.contains("goes on after epoch"),
        "{}",
        ended.stdout
    );
    assert!(fs::read(resumed).unwrap() == fs::read(alone).unwrap());
}

#[test]
fn predict_names_digits_in_pictures() {
    let out = Directory::new();
    let folder = folder(&out);
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (model, history, report) = (path("m.dl"), path("h.csv"), path("r.html"));
    let (board, onnx) = (path("board"), path("m.onnx"));
    let keep = [
        "--train",
        "3000",
        "--save",
        &model,
        "--onnx",
        &onnx,
        "--history",
        &history,
        "--report",
        &report,
        "--tensorboard",
        &board,
        "--doctor",
    ];
    let ended = run(MNIST_CNN, &out, &keep);
    assert!(ended.success, "{}", ended.stderr);
    assert!(
        ended
            .stdout
            .contains("the doctor, before training: nothing found")
    );
    assert_eq!(fs::read_to_string(&history).unwrap().lines().count(), 3);
    assert!(
        fs::read_to_string(&report)
            .unwrap()
            .contains("Confusion matrix")
    );
    assert!(
        fs::read_dir(Path::new(&board).join("train"))
            .unwrap()
            .count()
            == 1
    );
    assert!(fs::metadata(&onnx).unwrap().len() > 370_000);

    // a test image as somebody would scan it: larger, dark on light
    let data = dl_data::Mnist::<f32>::load(examples::digits::mnist_folder(None)).unwrap();
    let (mut right, mut names) = (0, Vec::new());
    for (i, &label) in data.test.labels().iter().take(10).enumerate() {
        let pixel = |x, y| data.test.images()[[i, y, x, 0]];
        let scan: Vec<u8> = (0..56 * 56)
            .map(|i| 255 - (255.0 * pixel(i % 56 / 2, i / 56 / 2)) as u8)
            .collect();
        let name = path(&format!("digit {i}.png"));
        let encoder = png::Encoder::new(fs::File::create(&name).unwrap(), 56, 56);
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&scan).unwrap();
        writer.finish().unwrap();
        names.push((name, label));
    }
    let pictures = names.iter().map(|(name, _)| name.as_str());
    let arguments: Vec<&str> = [&*model, "--invert"].into_iter().chain(pictures).collect();
    let output = predict(&arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
    for (line, (name, label)) in text(&output.stdout).lines().zip(&names) {
        let answer = line.strip_prefix(&format!("{name}: ")).unwrap();
        right += usize::from(answer.starts_with(&label.to_string()) && answer.ends_with("%)"));
    }
    assert!(right >= 8, "{}", text(&output.stdout));

    let error = text(&predict(&[&model, &history, "--no-header"]).stderr);
    assert_eq!(error, "error: --no-header is for networks on rows only\n");
    let output = predict(&[&model, &history]);
    assert!(!output.status.success());
    let error = text(&output.stderr);
    assert!(
        error.starts_with("error: ") && error.contains("h.csv: "),
        "{error}"
    );
}

#[test]
fn predict_reads_raw_rows_of_a_table() {
    let out = Directory::new();
    let folder = folder(&out);
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (model, table) = (path("iris.dl"), path("flowers.csv"));
    let ended = run(IRIS_MLP, &out, &["--save", &model]);
    assert!(ended.success, "{}", ended.stderr);
    // centimetres of a setosa and a virginica, in an order of the user's own, and a column of his own
    let names = dl_data::iris::<f64>().feature_names().to_vec();
    let [sepal_length, sepal_width, petal_length, petal_width] = &names[..] else {
        panic!("{names:?}");
    };
    let header = format!("who,{petal_length},{petal_width},{sepal_length},{sepal_width}");
    fs::write(
        &table,
        format!("{header}\nanna,1.4,0.2,5.1,3.5\nben,6.0,2.5,6.3,3.3\n"),
    )
    .unwrap();
    let output = predict(&[&model, &table, "--all"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let stdout = text(&output.stdout);
    let lines: Vec<&str> = stdout.lines().collect();
    assert!(lines[0].starts_with("row 1: setosa ("), "{stdout}");
    assert!(lines[1].starts_with("row 2: virginica ("), "{stdout}");
    assert_eq!(lines[0].matches('%').count(), 3, "{stdout}");

    // options that would change nothing are refused
    let error = text(&predict(&[&model, &table, "--invert"]).stderr);
    assert_eq!(error, "error: --invert is for networks on pictures only\n");
    // the network's columns in order, and the option that says so
    fs::write(&table, "5.1,3.5,1.4,0.2\n6.3,3.3,6.0,2.5\n").unwrap();
    let output = predict(&[&model, &table, "--no-header"]);
    let stdout = text(&output.stdout);
    assert!(stdout.contains("row 1: setosa (") && stdout.contains("row 2: virginica ("));
    let error = text(&predict(&[&model, &table]).stderr);
    let hint = "\nhint: --no-header takes the first line for a row of data\n";
    assert!(error.ends_with(hint), "{error}");
    let network = Sequential::<f32>::input([4]).push(Dense::new(1));
    let line = path("line.dl");
    let bundle = dl_io::Bundle::new(network.build(0).unwrap());
    bundle.save(&line).unwrap();
    let error = text(&predict(&[&line, &table, "--no-header", "--all"]).stderr);
    assert_eq!(error, "error: --all is for networks with classes only\n");

    // what is wrong is named by path, line and column
    fs::write(&table, format!("{header}\nanna,1.4,much,5.1,3.5\n")).unwrap();
    let output = predict(&[&model, &table]);
    assert!(!output.status.success());
    let expected =
        format!("error: {table}, line 2, column 3 ({petal_width}): \"much\" is not a number\n");
    assert_eq!(text(&output.stderr), expected);
    fs::write(&table, "a,b\n1,2\n").unwrap();
    let error = text(&predict(&[&model, &table]).stderr);
    assert!(
        error.contains(&format!("no column {sepal_length:?}")),
        "{error}"
    );
    let error = text(&predict(&[&table, &table]).stderr);
    assert!(error.contains("not a complete safetensors file"), "{error}");
    let error = text(&predict(&[&path("none.dl"), &table]).stderr);
    assert!(
        error.contains("none.dl") && error.contains("No such file"),
        "{error}"
    );
}

#[test]
fn an_interrupted_iris_stops_where_it_would_have() {
    let (out, whole) = (Directory::new(), Directory::new());
    let folder = folder(&out);
    let checkpoint = folder.join("c.dl");
    let checkpoint = checkpoint.to_str().unwrap();
    let figures = |out: &Directory| -> Vec<Vec<u8>> {
        let files = out.files().into_iter();
        let bytes = files.map(|file| fs::read(out.path().join(file)).unwrap());
        bytes.collect()
    };
    let alone = run(IRIS_MLP, &whole, &["--epochs", "60"]);
    assert!(alone.success, "{}", alone.stderr);
    let arguments = ["--epochs", "25", "--checkpoint", checkpoint];
    let first = run(IRIS_MLP, &out, &arguments);
    assert!(first.success, "{}", first.stderr);
    assert!(figures(&out) != figures(&whole));
    let arguments = ["--epochs", "60", "--checkpoint", checkpoint, "--resume"];
    let resumed = run(IRIS_MLP, &out, &arguments);
    assert!(resumed.success, "{}", resumed.stderr);
    assert!(figures(&out) == figures(&whole));
}

#[test]
fn a_replay_has_nothing_to_keep() {
    let out = Directory::new();
    let folder = folder(&out);
    let record = folder.join("r.json");
    fs::write(&record, "{}").unwrap();
    let record = record.to_str().unwrap();
    let arguments = ["--replay", record, "--save", "m.dl"];
    assert_refused(MNIST_CNN, &arguments, "--replay trains nothing");
}
