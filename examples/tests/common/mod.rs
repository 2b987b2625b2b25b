//! Running the binaries as a user does.

#![allow(dead_code, reason = "every test program takes its part")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
};

/// A directory of its own for each test, not made yet, removed at the end.
pub struct Directory(PathBuf);

impl Directory {
    pub fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!(
            "examples-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        Self(std::env::temp_dir().join(name).join("made by the program"))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A path for a record, next to the directory.
    pub fn record(&self) -> String {
        let parent = self.0.parent().expect("two levels");
        fs::create_dir_all(parent).expect("created");
        let path = parent.join("record.json").into_os_string();
        path.into_string().expect("UTF-8")
    }

    /// The names of the files in it, sorted; none may be empty.
    pub fn files(&self) -> Vec<String> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.0).expect("the program made it") {
            let entry = entry.expect("readable");
            assert!(entry.metadata().expect("readable").len() > 0, "{entry:?}");
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        names
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        fs::remove_dir_all(self.0.parent().expect("two levels")).ok();
    }
}

/// What a program left: its exit status and its two streams.
pub struct Ended {
    pub success: bool,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    /// The last word, a number, of the first line that starts with the label.
    #[track_caller]
    pub fn value(&self, label: &str) -> f64 {
        let line = self.stdout.lines().find(|line| line.starts_with(label));
        let line = line.unwrap_or_else(|| panic!("no `{label}` in {}", self.stdout));
        let word = line.split_whitespace().last().expect("a value");
        word.parse().expect("a number")
    }
}

pub fn run(binary: &str, out: &Directory, arguments: &[&str]) -> Ended {
    let output = Command::new(binary)
        .args(arguments)
        .arg("--quick")
        .arg("--out")
        .arg(out.path())
        .output()
        .expect("cargo built it");
    Ended {
        success: output.status.success(),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// Asserts that the program refuses the arguments with a message that contains `message`.
#[track_caller]
pub fn assert_refused(binary: &str, arguments: &[&str], message: &str) {
    let ended = run(binary, &Directory::new(), arguments);
    assert!(!ended.success, "{arguments:?} were accepted");
    assert!(ended.stderr.contains(message), "{}", ended.stderr);
}
