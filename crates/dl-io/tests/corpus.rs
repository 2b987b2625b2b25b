//! Replays the interesting inputs that fuzzing has found; see `fuzz/README.md`.

use std::alloc::System;

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
#[path = "../fuzz/src/replay.rs"]
mod replay;
#[path = "../fuzz/src/weights.rs"]
mod weights;

/// As in fuzzing: allocating more ends the program.
#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, 512 << 20);

// a single test, since the targets share one file
#[test]
fn the_corpus_is_read_without_harm() {
    replay::replay("fuzz/corpus/architecture", architecture::check);
    replay::replay("fuzz/corpus/bundle", bundle::check);
    replay::replay("fuzz/corpus/checkpoint", checkpoint::check);
    replay::replay("fuzz/corpus/weights", weights::check);
}
