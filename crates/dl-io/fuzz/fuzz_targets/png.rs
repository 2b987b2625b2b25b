#![no_main]

#[path = "../src/file.rs"]
mod file;
#[path = "../../../../examples/src/picture.rs"]
mod picture;
#[path = "../src/png.rs"]
mod png;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| png::check(bytes));
