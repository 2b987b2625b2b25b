//! The binary `image_folder`.

mod common;

use std::fs;

use common::{Directory, assert_refused, run};

const BINARY: &str = env!("CARGO_BIN_EXE_image_folder");

#[test]
fn all_sources_teach_the_same_and_files_are_used_again() {
    let (out, again) = (Directory::new(), Directory::new());
    let folder = out.path().with_file_name("digits");
    let arguments = ["--train", "200", "--folder", folder.to_str().unwrap()];
    let first = run(BINARY, &out, &arguments);
    assert!(first.success, "{}", first.stderr);
    assert!(first.stdout.contains("packed 200 images in"));
    assert!(
        first
            .stdout
            .contains("200 images to learn from, 1000 to test on")
    );
    assert!(
        first
            .stdout
            .contains("all have learnt the same, to the bit")
    );
    assert_eq!(out.files(), ["image_folder.png"]);

    // what is there is used, however many are asked for
    let packed = fs::read(folder.join("train-28.images")).unwrap();
    let arguments = ["--sources", "packed", "--folder", folder.to_str().unwrap()];
    let second = run(BINARY, &again, &arguments);
    assert!(second.success, "{}", second.stderr);
    assert!(
        second
            .stdout
            .contains("200 images to learn from, 1000 to test on")
    );
    assert_eq!(fs::read(folder.join("train-28.images")).unwrap(), packed);
    let figure = |out: &Directory| fs::read(out.path().join("image_folder.png")).unwrap();
    assert_eq!(figure(&out), figure(&again));
}

#[test]
fn refuses_bad_options() {
    assert_refused(BINARY, &["--size", "4"], "4 is not in 8..=512");
    assert_refused(
        BINARY,
        &["--data", "nowhere"],
        "hint: a clone of the repository holds MNIST",
    );
}
