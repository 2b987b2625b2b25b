//! What a program has trained is not lost when something goes wrong around it, and nothing of the
//! user's is harmed.

#![cfg(unix)]

mod common;

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::{FileTypeExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use common::{Directory, run};

const IRIS_MLP: &str = env!("CARGO_BIN_EXE_iris_mlp");
const LENET: &str = env!("CARGO_BIN_EXE_lenet");
const LOSSES: &str = env!("CARGO_BIN_EXE_losses");

fn folder(out: &Directory) -> PathBuf {
    let folder = out.path().parent().unwrap().to_owned();
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn iris(out: &Directory, arguments: &[&str]) -> Command {
    let mut command = Command::new(IRIS_MLP);
    command
        .args(["--quick", "--epochs", "30"])
        .args(arguments)
        .arg("--out")
        .arg(out.path());
    command
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_reader_who_has_seen_enough_ends_the_output_alone() {
    let out = Directory::new();
    let saved = folder(&out).join("m.dl");
    let mut child = iris(&out, &["--save", saved.to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // as `head -1` does
    let mut line = String::new();
    let mut reader = BufReader::with_capacity(1, child.stdout.take().unwrap());
    reader.read_line(&mut line).unwrap();
    drop(reader);
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success(), "{}", stderr(&ended));
    assert_eq!(stderr(&ended), "");
    assert!(saved.exists() && out.files().len() == 6);
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_standard_output_is_told_at_the_end() {
    let out = Directory::new();
    let saved = folder(&out).join("m.dl");
    let full = File::options().write(true).open("/dev/full").unwrap();
    let ended = iris(&out, &["--save", saved.to_str().unwrap()])
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(ended.status.code(), Some(1));
    let expected =
        "error: cannot write to standard output: No space left on device (os error 28)\n";
    assert_eq!(stderr(&ended), expected);
    assert!(saved.exists() && out.files().len() == 6);
}

#[test]
fn figures_that_cannot_be_written_leave_out_nothing_else() {
    let out = Directory::new();
    let saved = folder(&out).join("m.dl");
    // folders where figures should go
    let in_the_way = ["iris_decision_boundary.svg", "iris_learning_curves.png"];
    for name in in_the_way {
        fs::create_dir_all(out.path().join(name)).unwrap();
    }
    let ended = iris(&out, &["--save", saved.to_str().unwrap()])
        .output()
        .unwrap();
    assert_eq!(ended.status.code(), Some(1));
    let told = stderr(&ended);
    assert_eq!(told.lines().count(), 2, "{told}");
    for (line, name) in told.lines().zip(in_the_way) {
        assert!(line.starts_with("error: ") && line.contains(name), "{told}");
        assert!(line.contains("directory"), "{told}");
    }
    assert!(saved.exists());
    // the four other figures, and the folders
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 6);
    let printed = String::from_utf8(ended.stdout).unwrap();
    assert!(printed.contains("test accuracy"), "{printed}");
}

#[test]
fn what_cannot_be_written_is_refused_before_training() {
    let out = Directory::new();
    let folder = folder(&out);
    let missing = folder.join("none").join("m.dl");
    let missing = missing.to_str().unwrap();
    let link = folder.join("null");
    symlink("/dev/null", &link).unwrap();
    let link = link.to_str().unwrap();
    for option in ["--save", "--onnx", "--checkpoint"] {
        for (path, reason) in [
            (missing, "No such file or directory (os error 2)"),
            ("/dev/null", "it is a device, not a regular file"),
            (link, "it is a device, not a regular file"),
            (
                folder.to_str().unwrap(),
                "it is a directory, not a regular file",
            ),
            (
                "new/",
                "the path ends in a separator, but a file name is expected",
            ),
        ] {
            let ended = iris(&out, &[option, path]).output().unwrap();
            assert_eq!(ended.status.code(), Some(1), "{option} {path}");
            let expected = format!("error: cannot write `{path}`: {reason}\n");
            assert_eq!(stderr(&ended), expected);
            assert!(ended.stdout.is_empty(), "{option} {path}");
        }
    }
    // what the program prints to
    let log = folder.join("log.txt");
    for path in ["/dev/stdout", log.to_str().unwrap()] {
        fs::write(&log, "old\n").unwrap();
        let mut ended = iris(&out, &["--save", path]);
        let to_log = fs::OpenOptions::new().append(true).open(&log).unwrap();
        let ended = ended.stdout(to_log).output().unwrap();
        assert_eq!(ended.status.code(), Some(1));
        let expected = format!(
            "error: cannot write `{path}`: it is this program's own standard output or error\n"
        );
        assert_eq!(stderr(&ended), expected);
        assert_eq!(fs::read_to_string(&log).unwrap(), "old\n");
    }
    // two files at one place, by whatever names
    fs::create_dir(folder.join("inner")).unwrap();
    let (one, same) = (folder.join("m.dl"), folder.join("inner/../m.dl"));
    let (one, same) = (one.to_str().unwrap(), same.to_str().unwrap());
    let ended = iris(&out, &["--save", one, "--onnx", same])
        .output()
        .unwrap();
    assert_eq!(ended.status.code(), Some(1));
    assert_eq!(
        stderr(&ended),
        format!("error: `{same}` is to be written twice\n")
    );
    // the table that is read, and a figure's place
    let table = folder.join("d.csv");
    fs::write(&table, "a,b,y\n1,2,p\n3,4,q\n").unwrap();
    let table = table.to_str().unwrap();
    let ended = iris(&out, &["--csv", table, "--save", table])
        .output()
        .unwrap();
    let expected = format!("error: `{table}` is read here: write to another file\n");
    assert_eq!(stderr(&ended), expected);
    assert!(fs::read_to_string(table).unwrap().starts_with("a,b,y"));
    let figure = out.path().join("iris_learning_curves.png");
    let ended = iris(&out, &["--save", figure.to_str().unwrap()])
        .output()
        .unwrap();
    assert!(
        stderr(&ended).ends_with("is where figures go\n"),
        "{}",
        stderr(&ended)
    );
    let null = fs::metadata("/dev/null").unwrap();
    assert!(null.file_type().is_char_device());
    assert!(fs::symlink_metadata(link).unwrap().is_symlink());
    // a file where the figures' folder should be
    let file = folder.join("file");
    fs::write(&file, "mine").unwrap();
    let ended = Command::new(LOSSES)
        .arg("--out")
        .arg(&file)
        .output()
        .unwrap();
    assert_eq!(ended.status.code(), Some(1));
    assert!(stderr(&ended).starts_with("error: cannot create the directory"));
    assert_eq!(fs::read(&file).unwrap(), b"mine");
}

#[test]
fn two_programs_do_not_share_a_checkpoint() {
    let (out, other) = (Directory::new(), Directory::new());
    let checkpoint = folder(&out).join("c.dl");
    let checkpoint = checkpoint.to_str().unwrap();
    let mut first = training(&out, checkpoint);
    let second = Command::new(LENET)
        .args(ARGUMENTS)
        .args(["--checkpoint", checkpoint, "--resume", "--out"])
        .arg(other.path())
        .output()
        .unwrap();
    assert_eq!(second.status.code(), Some(1));
    let expected = format!(
        "error: cannot resume from `{checkpoint}`: process {} is writing it\n",
        first.id()
    );
    assert_eq!(stderr(&second), expected);
    first.kill().unwrap();
    first.wait().unwrap();
}

const ARGUMENTS: [&str; 7] = [
    "--quick",
    "--train",
    "1200",
    "--epochs",
    "8",
    "--checkpoint-every",
    "1",
];

/// A program that obeys signals, also where these tests were started to ignore them, as a shell's
/// background jobs are.
fn obeying(program: &str) -> Command {
    if !cfg!(target_os = "linux") {
        return Command::new(program);
    }
    let mut command = Command::new("env");
    command.arg("--default-signal=INT,TERM").arg(program);
    command
}

/// A training that has kept its first checkpoint.
fn training(out: &Directory, checkpoint: &str) -> std::process::Child {
    let child = obeying(LENET)
        .args(ARGUMENTS)
        .args(["--checkpoint", checkpoint, "--out"])
        .arg(out.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while !Path::new(checkpoint).exists() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    child
}

#[test]
fn a_signal_ends_the_training_with_a_checkpoint_and_says_how_to_go_on() {
    for (signal, status) in [("INT", 130), ("TERM", 143)] {
        let out = Directory::new();
        let checkpoint = folder(&out).join("c.dl");
        let checkpoint = checkpoint.to_str().unwrap();
        let mut child = training(&out, checkpoint);
        let kill = Command::new("kill")
            .args([format!("-{signal}"), child.id().to_string()])
            .status()
            .unwrap();
        assert!(kill.success());
        // `timeout` sends it twice
        let _ = Command::new("kill")
            .args([format!("-{signal}"), child.id().to_string()])
            .stderr(Stdio::null())
            .status();
        let mut told = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut told)
            .unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(status), "{told}");
        let mut lines = told.lines();
        let at = lines.next().unwrap();
        let at = at
            .strip_prefix("error: interrupted after ")
            .unwrap()
            .to_owned();
        let advice = lines.next().unwrap();
        let expected = format!("its state is in {checkpoint}; to resume: {LENET} ");
        assert!(
            advice.starts_with(&expected) && advice.ends_with(" --resume"),
            "{told}"
        );
        // no figure of a training that is not over
        assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0);

        // the advice, taken
        let again = ["--checkpoint", checkpoint, "--resume"];
        let resumed = run(LENET, &out, &[&ARGUMENTS[1..], &again].concat());
        assert!(resumed.success, "{}", resumed.stderr);
        let expected = format!("goes on after {at}, from");
        assert!(
            resumed.stdout.contains(&expected),
            "{at}: {}",
            resumed.stdout
        );
    }
}

#[test]
fn without_a_checkpoint_a_signal_says_that_nothing_was_kept() {
    let out = Directory::new();
    let mut child = obeying(LENET)
        .args(
            ARGUMENTS
                .iter()
                .filter(|word| !["--checkpoint-every", "1"].contains(word)),
        )
        .arg("--out")
        .arg(out.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // the first epoch's
    while !lines
        .next()
        .expect("it trains")
        .unwrap()
        .starts_with(" 1/8 ")
    {}
    let kill = Command::new("kill")
        .arg("-INT")
        .arg(child.id().to_string())
        .status();
    assert!(kill.unwrap().success());
    drop(lines);
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130));
    assert!(
        stderr(&ended).contains("nothing was kept"),
        "{}",
        stderr(&ended)
    );
}

#[test]
fn a_name_that_is_no_text_can_be_resumed_from() {
    use std::os::unix::ffi::OsStrExt;
    let out = Directory::new();
    let name = std::ffi::OsStr::from_bytes(b"c\xff.dl");
    let checkpoint = folder(&out).join(name);
    let mut command = Command::new(IRIS_MLP);
    command
        .args(["--quick", "--epochs", "30", "--out"])
        .arg(out.path());
    let ended = command
        .arg("--checkpoint")
        .arg(&checkpoint)
        .output()
        .unwrap();
    assert!(ended.status.success(), "{}", stderr(&ended));
    assert!(checkpoint.exists());
}
