#![no_main]

#[path = "../src/architecture.rs"]
mod architecture;
#[path = "../src/file.rs"]
mod file;
#[path = "../src/weights.rs"]
mod weights;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| weights::check(bytes));
