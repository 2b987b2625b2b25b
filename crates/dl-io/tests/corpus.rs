//! What fuzzing has found to be of interest, read again: see `fuzz/README.md`.

use std::alloc::System;
use std::fs;
use std::path::Path;

use cap::Cap;

#[path = "../fuzz/src/architecture.rs"]
mod architecture;
#[path = "../fuzz/src/bundle.rs"]
mod bundle;
#[path = "../fuzz/src/checkpoint.rs"]
mod checkpoint;
#[path = "../fuzz/src/container.rs"]
mod container;
#[path = "../fuzz/src/file.rs"]
mod file;
#[path = "../fuzz/src/weights.rs"]
mod weights;

/// As in fuzzing: whoever asks for more ends the program.
#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, 512 << 20);

fn replay(target: &str, check: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let entries = fs::read_dir(folder.join(target)).unwrap();
    let inputs = entries.map(|entry| fs::read(entry.unwrap().path()).unwrap());
    let count = inputs.map(|input| check(&input)).count();
    assert!(count > 0);
}

// one test: the targets write one file after the other
#[test]
fn the_corpus_is_read_without_harm() {
    replay("architecture", architecture::check);
    replay("bundle", bundle::check);
    replay("checkpoint", checkpoint::check);
    replay("weights", weights::check);
}
