//! Reading a damaged weights file neither panics nor allocates memory for data that is not there, and leaves the
//! model unchanged. A separate program with a single test, since the allocations of the whole process are counted.

use std::alloc::System;
use std::cell::RefCell;
#[cfg(feature = "npz")]
use std::io::{Cursor, Write};
use std::path::Path;

use cap::Cap;
use dl_io::WeightsFile;
use dl_nn::prelude::*;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
#[cfg(feature = "npz")]
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

/// For a file of 2 kB with its directory, the model's names, messages.
const MAX: usize = 1 << 20;

fn model(seed: u64) -> Model<f32> {
    let network = Sequential::input([6])
        .push(Dense::new(8))
        .push(BatchNorm::new());
    network.push(Dense::new(3)).build(seed).unwrap()
}

/// Whether the file is read; if not, the model must be unchanged.
fn is_read(path: &Path, bytes: &[u8], loaded: &mut Model<f32>) -> Result<bool, TestCaseError> {
    // some systems flush an overwritten file to disk, but not a new one
    let _ = std::fs::remove_file(path);
    std::fs::write(path, bytes).unwrap();
    let before = loaded.weights();
    let allocated = MEMORY.total_allocated();
    let result = WeightsFile::new(path).load(loaded);
    let allocated = MEMORY.total_allocated() - allocated;
    prop_assert!(allocated < MAX, "{allocated} bytes");
    if let Err(error) = &result {
        prop_assert!(error.to_string().contains(&path.display().to_string()));
        prop_assert_eq!(loaded.weights(), before);
    }
    Ok(result.is_ok())
}

#[derive(Debug, Clone)]
enum Mutation {
    Flip(u8),
    Cut,
    Remove,
    Insert(Vec<u8>),
    /// Eight bytes of a length or an offset.
    Overwrite(u64),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        4 => (1..=255_u8).prop_map(Mutation::Flip),
        1 => Just(Mutation::Cut),
        1 => Just(Mutation::Remove),
        1 => proptest::collection::vec(any::<u8>(), 1..6).prop_map(Mutation::Insert),
        1 => prop_oneof![Just(u64::MAX), 0..1_u64 << 40].prop_map(Mutation::Overwrite),
    ]
}

fn apply(mutation: &Mutation, at: usize, file: &mut Vec<u8>) {
    if at >= file.len() {
        return;
    }
    match mutation {
        Mutation::Flip(bits) => file[at] ^= bits,
        Mutation::Cut => file.truncate(at),
        Mutation::Remove => drop(file.remove(at)),
        Mutation::Insert(bytes) => drop(file.splice(at..at, bytes.iter().copied())),
        Mutation::Overwrite(number) => {
            let places = file[at..].iter_mut();
            places
                .zip(number.to_le_bytes())
                .for_each(|(place, byte)| *place = byte);
        }
    }
}

#[test]
fn damaged_files_do_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let npz = cfg!(feature = "npz").then_some("w.npz");
    for name in ["w.safetensors"].into_iter().chain(npz) {
        let path = folder.path().join(name);
        let saved = model(2);
        WeightsFile::new(&path).save(&saved).unwrap();
        let good = std::fs::read(&path).unwrap();
        let loaded = RefCell::new(model(1));
        let is_read = |bytes: &[u8]| is_read(&path, bytes, &mut loaded.borrow_mut());
        for length in 0..good.len() {
            let cut = is_read(&good[..length]).unwrap();
            assert!(!cut, "{name} cut to {length} bytes");
        }
        // 99 999 999 is just below what the format allows
        for declared in [u64::MAX, 1 << 40, 99_999_999, good.len() as u64] {
            let damaged = [&declared.to_le_bytes(), &good[8..]].concat();
            let read = is_read(&damaged).unwrap();
            assert!(!read, "{name}: a header of {declared} bytes");
        }
        let damage = proptest::collection::vec((mutation(), any::<prop::sample::Index>()), 1..4);
        let mut runner = TestRunner::new(ProptestConfig::with_cases(1_000));
        let result = runner.run(&damage, |mutations| {
            let mut bytes = good.clone();
            for (mutation, at) in &mutations {
                apply(mutation, at.index(good.len()), &mut bytes);
            }
            is_read(&bytes).map(drop)
        });
        assert!(result.is_ok(), "{name}: {result:?}");
        for at in 0..good.len() {
            let mut bytes = good.clone();
            bytes[at] ^= 0x10;
            let read = is_read(&bytes).unwrap();
            // a zip archive has a checksum of every array
            if read && name == "w.npz" {
                assert_eq!(loaded.borrow().weights(), saved.weights(), "byte {at}");
            }
        }
        assert!(is_read(&good).unwrap(), "{name}");
        assert_eq!(loaded.borrow().weights(), saved.weights());
    }
    #[cfg(feature = "npz")]
    bombs_do_no_harm(folder.path());
}

/// Nor does one that decompresses to more than the model needs.
#[cfg(feature = "npz")]
fn bombs_do_no_harm(folder: &Path) {
    let path = folder.join("bomb.npz");
    let one = Sequential::input([6]).push(Dense::new(8).bias(false));
    let mut one: Model<f32> = one.build(1).unwrap();
    for shape in ["(6, 8)", "(4294967296, 8)"] {
        let read = is_read(&path, &bomb(shape), &mut one).unwrap();
        assert!(!read, "a kernel {shape} of 2^26 bytes");
    }
}

/// An archive of some kilobytes with one array, which decompresses to 2²⁶ bytes.
#[cfg(feature = "npz")]
fn bomb(shape: &str) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    zip.start_file("dense_1.kernel.npy", options).unwrap();
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}}}\n");
    let length = u16::try_from(header.len()).unwrap().to_le_bytes();
    let start = [b"\x93NUMPY\x01\x00", length.as_slice()].concat();
    zip.write_all(&start).unwrap();
    zip.write_all(header.as_bytes()).unwrap();
    zip.write_all(&vec![0; 1 << 26]).unwrap();
    zip.finish().unwrap().into_inner()
}
