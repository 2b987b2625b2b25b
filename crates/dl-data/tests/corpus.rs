//! Replays the interesting inputs that fuzzing has found; see `fuzz/README.md`.

use std::alloc::System;

use cap::Cap;

#[path = "../fuzz/src/csv.rs"]
mod csv;
#[path = "../fuzz/src/idx.rs"]
mod idx;
#[path = "../../dl-io/fuzz/src/replay.rs"]
mod replay;

/// As in fuzzing: allocating more ends the program.
#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, 512 << 20);

#[test]
fn tables() {
    replay::replay("fuzz/corpus/csv", csv::check);
}

#[test]
fn arrays() {
    replay::replay("fuzz/corpus/idx", idx::check);
}
