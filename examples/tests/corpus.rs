//! Pictures that fuzzing has found to be of interest, read again: see `crates/dl-io/fuzz/README.md`.

use std::fs;
use std::path::Path;

use examples::picture;

#[path = "../../crates/dl-io/fuzz/src/file.rs"]
mod file;
#[path = "../../crates/dl-io/fuzz/src/png.rs"]
mod png;

#[test]
fn pictures() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/dl-io/fuzz/corpus/png");
    let inputs = fs::read_dir(folder).unwrap();
    let inputs = inputs.map(|entry| fs::read(entry.unwrap().path()).unwrap());
    let count = inputs.map(|input| png::check(&input)).count();
    assert!(count > 0);
}
