//! Pictures that fuzzing has found to be of interest, read again: see `crates/dl-io/fuzz/README.md`.

use examples::picture;

#[path = "../../crates/dl-io/fuzz/src/file.rs"]
mod file;
#[path = "../../crates/dl-io/fuzz/src/png.rs"]
mod png;
#[path = "../../crates/dl-io/fuzz/src/replay.rs"]
mod replay;

#[test]
fn pictures() {
    replay::replay("../crates/dl-io/fuzz/corpus/png", png::check);
}
