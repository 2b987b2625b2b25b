//! Damaged files of images are errors or images, and never take more memory than their size warrants. A separate program,
//! since the allocations of the whole process are counted.
#![cfg(feature = "images")]

use std::{alloc::System, fs};

use cap::Cap;
use dl_data::rand::Rng;
use dl_data::{ImageReader, generator};

/// 64 MiB that any file may take, and twice as much that a decoder may keep beside it. Allocating more ends the program.
#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, 208 << 20);

/// Variants of each file; `IMAGE_VARIANTS` for more.
fn variants() -> usize {
    let given = std::env::var("IMAGE_VARIANTS");
    given.map_or(100, |count| count.parse().expect("a number"))
}

#[test]
fn anything_but_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image");
    let rng = &mut generator(1);
    let (mut read, mut failed) = (0, 0);
    let mut files: Vec<_> = fs::read_dir("tests/reference/images").unwrap().collect();
    files.sort_by_key(|file| file.as_ref().unwrap().path());
    for file in files {
        let whole = fs::read(file.unwrap().path()).unwrap();
        for _ in 0..variants() {
            let mut bytes = whole.clone();
            for _ in 0..rng.random_range(1..5) {
                let at = rng.random_range(0..bytes.len());
                match rng.random_range(0..5) {
                    0 => bytes[at] = rng.random(),
                    1 => bytes[at] ^= 1 << rng.random_range(0..8),
                    2 => bytes[at] = [0, 0xff][rng.random_range(0..2)],
                    3 => bytes.truncate(at.max(1)),
                    _ => {
                        let end = (at + rng.random_range(0..20)).min(bytes.len());
                        let part = bytes[at..end].to_vec();
                        bytes.splice(at..at, part);
                    }
                }
            }
            fs::write(&path, bytes).unwrap();
            match ImageReader::new([9, 9]).read::<f32>(&path) {
                Ok(image) => {
                    assert!(image.iter().all(|v| (0. ..=1.).contains(v)));
                    read += 1;
                }
                Err(_) => failed += 1,
            }
        }
    }
    // both happen
    assert!(read > 0 && failed > 0, "{read} read, {failed} failed");
}
