//! Anything but a regular file is rejected at once: reading a pipe could block, and a device has no end.
#![cfg(unix)]

use std::{path::Path, process::Command};

use dl_data::{Csv, Mnist, idx};

/// The errors of all readers for a path.
fn errors(path: &Path) -> [String; 4] {
    let csv = Csv::new();
    [
        csv.load::<f32>(path).unwrap_err().to_string(),
        csv.load_regression::<f32>(path).unwrap_err().to_string(),
        csv.load_features::<f32>(path).unwrap_err().to_string(),
        idx::read(path).unwrap_err().to_string(),
    ]
}

#[test]
fn pipes_devices_and_directories() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&pipe, &link).unwrap();
    for path in [
        &pipe,
        &link,
        Path::new("/dev/zero"),
        Path::new("/dev/null"),
        folder.path(),
    ] {
        for message in errors(path) {
            assert!(
                message.starts_with(&path.display().to_string()),
                "{message}"
            );
        }
    }
}

#[test]
fn pipes_in_a_folder_of_images() {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "train-images-idx3-ubyte",
        "train-labels-idx1-ubyte",
        "t10k-images-idx3-ubyte",
        "t10k-labels-idx1-ubyte",
    ] {
        let made = Command::new("mkfifo")
            .arg(folder.path().join(name))
            .status()
            .unwrap();
        assert!(made.success());
    }
    Mnist::<f32>::load(folder.path()).unwrap_err();
}
