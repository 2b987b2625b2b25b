//! What fuzzing has found to be of interest, read again: see `fuzz/README.md`.

use std::alloc::System;
use std::fs;
use std::path::Path;

use cap::Cap;

#[path = "../fuzz/src/csv.rs"]
mod csv;
#[path = "../fuzz/src/idx.rs"]
mod idx;

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

#[test]
fn tables() {
    replay("csv", csv::check);
}

#[test]
fn arrays() {
    replay("idx", idx::check);
}
