#![no_main]

#[path = "../src/idx.rs"]
mod idx;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| idx::check(bytes));
