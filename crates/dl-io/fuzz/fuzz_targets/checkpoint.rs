#![no_main]

#[path = "../src/checkpoint.rs"]
mod checkpoint;
#[path = "../src/container.rs"]
mod container;
#[path = "../src/file.rs"]
mod file;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checkpoint::check(bytes));
