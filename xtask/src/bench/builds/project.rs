//! A copy of the user's project, to be changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::programs::root;

/// The program that trains the MNIST network.
pub(super) const NETWORK: &str = "user-project";

/// All its programs.
pub(super) const PROGRAMS: [&str; 2] = [NETWORK, "readme"];

/// What a user is told to write, so that debug mode is fast.
const PROFILE: &str = "[profile.dev.package.\"*\"]\nopt-level = 3\n";

/// The copied project.
#[derive(Debug)]
pub(super) struct Project {
    folder: PathBuf,
    manifest: PathBuf,
}

impl Project {
    /// Copies it into the folder, with the data it reads and the versions of crates that the workspace has.
    pub(super) fn copy(to: &Path) -> Result<Self, String> {
        let from = root().join("examples").join(NETWORK);
        let folder = to.join(NETWORK);
        let mnist = ["data", "mnist"].iter().collect::<PathBuf>();
        copy_files(&from.join("src"), &folder.join("src"))?;
        copy_files(
            &from.join("src").join("bin"),
            &folder.join("src").join("bin"),
        )?;
        copy_files(&root().join("examples").join(&mnist), &to.join(&mnist))?;
        let lock = "Cargo.lock";
        fs::copy(root().join(lock), folder.join(lock))
            .map_err(|error| format!("{lock}: {error}"))?;
        let manifest = folder.join("Cargo.toml");
        write(
            &manifest,
            &elsewhere(&read(&from.join("Cargo.toml"))?, root()),
        )?;
        Ok(Self { folder, manifest })
    }

    pub(super) fn manifest(&self) -> &Path {
        &self.manifest
    }

    /// Adds a line to a program.
    pub(super) fn change(&self, program: &str) -> Result<(), String> {
        let path = match program {
            NETWORK => self.folder.join("src").join("main.rs"),
            _ => self
                .folder
                .join("src")
                .join("bin")
                .join(program)
                .with_extension("rs"),
        };
        write(&path, &with_a_line(&read(&path)?)?)
    }

    /// Takes the profile out of the manifest: the crates are no longer optimised in debug mode.
    pub(super) fn leave_out_profile(&mut self) -> Result<(), String> {
        let manifest = read(&self.manifest)?;
        if !manifest.contains(PROFILE) {
            return Err(format!("the user's project has no lines\n{PROFILE}"));
        }
        write(&self.manifest, &manifest.replace(PROFILE, ""))
    }
}

/// The manifest with the paths of the workspace's crates from anywhere.
fn elsewhere(manifest: &str, root: &Path) -> String {
    let crates = root.join("crates").display().to_string();
    manifest.replace(
        "\"../../crates",
        &format!("\"{}", crates.replace('\\', "/")),
    )
}

/// The program, one line longer.
fn with_a_line(source: &str) -> Result<String, String> {
    let begin = source
        .find("fn main()")
        .ok_or("a program without `fn main()`")?;
    let (before, main) = source.split_at(begin);
    let (signature, body) = main.split_once('\n').ok_or("a program of one line")?;
    Ok(format!(
        "{before}{signature}\n    println!(\"one more line\");\n{body}"
    ))
}

/// What the network's program says of its training.
pub(super) fn images_per_second(program: &Path, images: usize) -> Result<f64, String> {
    let output = Command::new(program).arg(images.to_string()).output();
    let output = output.map_err(|error| format!("{}: {error}", program.display()))?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    rate(&stdout).ok_or_else(|| {
        let stderr = String::from_utf8_lossy(&output.stderr);
        format!("`{NETWORK}` says of no images how fast it trained:\n{stdout}{stderr}")
    })
}

fn rate(stdout: &str) -> Option<f64> {
    let lines = stdout.lines();
    let mut rates = lines.filter_map(|line| {
        let rate = line.strip_prefix("trained ")?.strip_suffix(" images/s")?;
        rate.parse().ok()
    });
    rates.next()
}

/// Copies the files of a folder, not its folders.
fn copy_files(from: &Path, to: &Path) -> Result<(), String> {
    let copy = || {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                fs::copy(entry.path(), to.join(entry.file_name()))?;
            }
        }
        Ok(())
    };
    copy().map_err(|error: std::io::Error| format!("{}: {error}", from.display()))
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_on_a_line_of_its_own() {
        let stdout = "trained well\nloss in training 0.1\ntrained 1234 images/s\n9 of 10";
        assert_eq!(rate(stdout), Some(1234.0));
        assert_eq!(rate("1234 images/s"), None);
    }

    #[test]
    fn a_line_is_added_at_the_start_of_main() {
        let source = "use a;\n\nfn main() -> Result<(), E> {\n    a()\n}\n";
        let changed = "use a;\n\nfn main() -> Result<(), E> {\n    println!(\"one more line\");\n    a()\n}\n";
        assert_eq!(with_a_line(source), Ok(changed.to_owned()));
        assert!(with_a_line("fn other() {\n}\n").is_err());
    }

    #[test]
    fn a_copy_knows_its_crates_and_loses_its_profile() {
        let to = std::env::temp_dir().join(format!("xtask-project-{}", std::process::id()));
        let mut project = Project::copy(&to).expect("copied");
        for program in PROGRAMS {
            project.change(program).expect("it has a main function");
        }
        let manifest = || fs::read_to_string(project.manifest()).expect("written");
        let crates = manifest();
        let crates: Vec<_> = crates
            .lines()
            .filter_map(|line| line.split_once("path = \""))
            .collect();
        assert_eq!(crates.len(), 3);
        for (name, path) in crates {
            let path = Path::new(path.trim_end_matches("\" }"));
            assert!(
                path.is_absolute() && path.is_dir(),
                "{name}{}",
                path.display()
            );
        }
        project.leave_out_profile().expect("it had one");
        assert!(project.leave_out_profile().is_err(), "it is gone");
        fs::remove_dir_all(&to).expect("removed");
    }
}
