//! `mnist_cnn`, `lenet`, `alexnet` and `feature_maps` as their user runs them.

mod common;

use std::{fs, process::Command};

use common::{Directory, Ended, assert_refused, run};

const MNIST_CNN: &str = env!("CARGO_BIN_EXE_mnist_cnn");
const LENET: &str = env!("CARGO_BIN_EXE_lenet");
const ALEXNET: &str = env!("CARGO_BIN_EXE_alexnet");
const FEATURE_MAPS: &str = env!("CARGO_BIN_EXE_feature_maps");

#[track_caller]
fn test_accuracy(ended: &Ended) -> f64 {
    assert!(ended.success, "{}", ended.stderr);
    assert_eq!(ended.stderr, "", "no bar where there is no terminal");
    let last = ended.stdout.lines().last().unwrap();
    assert_eq!(last.len(), "test accuracy 0.9876".len(), "{last}");
    last.strip_prefix("test accuracy ")
        .unwrap()
        .parse()
        .unwrap()
}

fn names(both: &[&str], png_alone: &[&str]) -> Vec<String> {
    let mut names: Vec<String> = png_alone.iter().map(|name| format!("{name}.png")).collect();
    for name in both {
        names.extend([format!("{name}.png"), format!("{name}.svg")]);
    }
    names.sort();
    names
}

#[test]
fn mnist_cnn_learns_and_replays_its_record() {
    let (out, again) = (Directory::new(), Directory::new());
    let record = &out.record();
    let ended = run(MNIST_CNN, &out, &["--train", "4000", "--record", record]);
    assert!(test_accuracy(&ended) >= 0.90, "{}", ended.stdout);
    for part in ["93 322 parameters", "images/s", "macro avg", " 2/2 "] {
        assert!(ended.stdout.contains(part), "{part}: {}", ended.stdout);
    }
    let both = ["mnist_cnn_confusion_matrix", "mnist_cnn_learning_curves"];
    let images = [
        "mnist_cnn_feature_maps",
        "mnist_cnn_filters",
        "mnist_cnn_mistakes",
        "mnist_cnn_predictions",
    ];
    assert_eq!(out.files(), names(&both, &images));

    let replayed = run(MNIST_CNN, &again, &["--replay", record]);
    assert_eq!(test_accuracy(&replayed), test_accuracy(&ended));
    for file in out.files() {
        let read = |directory: &Directory| fs::read(directory.path().join(&file)).unwrap();
        assert_eq!(read(&out), read(&again), "{file}");
    }
}

#[test]
fn mnist_cnn_is_the_same_with_any_number_of_threads() {
    let of = |threads: &str| {
        let arguments = ["--train", "700", "--epochs", "1", "--threads", threads];
        let ended = run(MNIST_CNN, &Directory::new(), &arguments);
        assert!(ended.success, "{}", ended.stderr);
        // what does not tell the time
        let lines = ended
            .stdout
            .lines()
            .filter(|line| line.starts_with("test "));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(of("1"), of("3"));
    assert_eq!(of("1").len(), 2);
}

#[test]
fn lenet_learns() {
    let out = Directory::new();
    let ended = run(LENET, &out, &["--train", "4000"]);
    assert!(test_accuracy(&ended) >= 0.88, "{}", ended.stdout);
    assert!(
        ended.stdout.contains("61 706 parameters"),
        "{}",
        ended.stdout
    );
    let files = names(&["lenet_learning_curves"], &["lenet_feature_maps"]);
    assert_eq!(out.files(), files);
}

#[test]
fn alexnet_knows_a_batch_by_heart_and_learns() {
    let out = Directory::new();
    let ended = run(ALEXNET, &out, &["--train", "8000", "--epochs", "3"]);
    assert!(test_accuracy(&ended) >= 0.25, "{}", ended.stdout);
    assert!(
        ended.stdout.contains("62 378 344 parameters"),
        "{}",
        ended.stdout
    );
    let by_heart = ended.stdout.lines().find(|line| line.contains("by heart"));
    let by_heart: Vec<&str> = by_heart.unwrap().split_whitespace().collect();
    let loss = by_heart[by_heart.iter().position(|&word| word == "step,").unwrap() + 1];
    assert!(loss.parse::<f64>().unwrap() <= 1e-4, "{by_heart:?}");
    let both = ["alexnet_by_heart", "alexnet_learning_curves"];
    let images = ["alexnet_filters", "alexnet_predictions"];
    assert_eq!(out.files(), names(&both, &images));
}

#[test]
fn feature_maps_of_the_gallery() {
    let out = Directory::new();
    let ended = run(FEATURE_MAPS, &out, &[]);
    assert!(ended.success, "{}", ended.stderr);
    let images = ["feature_maps_digit", "feature_maps_landscape"];
    assert_eq!(out.files(), names(&["kernel_gallery"], &images));
}

#[test]
fn bad_options_are_refused() {
    assert_refused(MNIST_CNN, &["--train", "0"], "0 is not in 1..=60000");
    let message = "--batch-size is 64, but there are only 45 images to learn from";
    assert_refused(MNIST_CNN, &["--train", "50"], message);
    assert_refused(LENET, &["--data", "nowhere"], "nowhere");
    assert_refused(FEATURE_MAPS, &["--data", "nowhere"], "nowhere");
    assert_refused(ALEXNET, &["--replay", "no such.json"], "no such.json");
    assert_refused(LENET, &["--replay", "Cargo.toml"], "Cargo.toml");
}

#[test]
#[allow(clippy::print_stdout, reason = "what it takes minutes to find out")]
#[ignore = "minutes: trains on all images, several seeds"]
fn every_seed_reaches_the_accuracy_promised() {
    for (program, least) in [(MNIST_CNN, 0.988), (LENET, 0.985)] {
        for seed in ["1", "2", "3", "42"] {
            let out = Directory::new();
            let mut command = Command::new(program);
            command.args(["--seed", seed, "--out"]).arg(out.path());
            let stdout = String::from_utf8(command.output().unwrap().stdout).unwrap();
            let accuracy: f64 = stdout.split_whitespace().last().unwrap().parse().unwrap();
            println!("{program}, seed {seed}: test accuracy {accuracy}");
            assert!(accuracy >= least, "{stdout}");
        }
    }
}

#[test]
fn a_record_of_other_data_is_refused() {
    let record = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../docs/src/figures/records/mnist_cnn.json"
    );
    assert_refused(
        MNIST_CNN,
        &["--replay", record],
        "here are 1000 test images",
    );
}
