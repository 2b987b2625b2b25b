//! The maximum length of an array's header in an npz file is NumPy's.

#![cfg(feature = "npz")]

use std::fs::File;
use std::io::Write;

use dl_io::WeightsFile;
use dl_nn::prelude::*;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// NumPy's `max_header_size`.
const MAX: usize = 10_000;

/// Loads a kernel `[1, 1]` from an npy file of this version with a header of this length.
fn loaded(version: u8, length: usize) -> Result<f32, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.npz");
    let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1)}";
    let header = format!("{text:<width$}\n", width = length - 1);
    let claimed = (length as u32).to_le_bytes();
    let claimed = &claimed[..if version == 1 { 2 } else { 4 }];
    let start = [b"\x93NUMPY".as_slice(), &[version, 0], claimed].concat();
    let mut zip = ZipWriter::new(File::create(&path).unwrap());
    zip.start_file("dense_1.kernel.npy", SimpleFileOptions::default())
        .unwrap();
    let bytes = [&start[..], header.as_bytes(), &1.5_f32.to_le_bytes()].concat();
    zip.write_all(&bytes).unwrap();
    zip.finish().unwrap();

    let network = Sequential::input([1]).push(Dense::new(1).bias(false));
    let mut model: Model<f32> = network.build(1).unwrap();
    let result = WeightsFile::new(&path).load(&mut model);
    result.map_err(|error| error.kind.to_string())?;
    Ok(model.params().next().unwrap().1[[0, 0]])
}

#[test]
fn headers_as_long_as_numpy_reads_them() {
    // its limit applies to the text alone
    for version in [1, 2] {
        for length in [58, 118, MAX] {
            assert_eq!(loaded(version, length), Ok(1.5), "{version}, {length}");
        }
    }
    let why = loaded(2, MAX + 1).unwrap_err();
    assert!(why.contains("more than NumPy reads"), "{why}");
}
