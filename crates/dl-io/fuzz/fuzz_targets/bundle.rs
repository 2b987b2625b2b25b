#![no_main]

#[path = "../src/bundle.rs"]
mod bundle;
#[path = "../src/container.rs"]
mod container;
#[path = "../src/file.rs"]
mod file;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| bundle::check(bytes));
