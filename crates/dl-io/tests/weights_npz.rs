//! npz files from NumPy (written by `numpy/make.py`), and forged ones.

#![cfg(feature = "npz")]

mod cases;

use std::fs::File;
use std::io::Write;
use std::path::Path;

use cases::fixture;
use dl_io::{WeightsFile, WeightsFileErrorKind};
use dl_nn::ndarray::array;
use dl_nn::prelude::*;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

fn network<F: Scalar>() -> Model<F> {
    let network = Sequential::input([3]).push(Dense::new(2));
    network.build(0).unwrap()
}

#[test]
fn numpys_arrays_are_read_stored_deflated_big_endian_and_by_columns() {
    for name in ["stored.npz", "deflated.npz"] {
        let mut model = network::<f32>();
        WeightsFile::new(fixture("numpy", name))
            .load(&mut model)
            .unwrap();
        let mut params = model.params().map(|(_, value)| value.into_owned());
        let kernel = array![[0.0, 0.1], [0.2, 0.3], [0.4, 0.5_f32]].into_dyn();
        assert_eq!(params.next().unwrap(), kernel);
        assert_eq!(params.next().unwrap(), array![-1.0, 1e-3_f32].into_dyn());
    }
}

#[test]
fn f32_goes_into_f64_and_back_only_rounded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.npz");
    let mut wide = network::<f64>();
    WeightsFile::new(fixture("numpy", "stored.npz"))
        .load(&mut wide)
        .unwrap();
    WeightsFile::new(&path).save(&wide).unwrap();
    let mut narrow = network::<f32>();
    let error = WeightsFile::new(&path).load(&mut narrow).unwrap_err();
    assert!(
        matches!(*error.kind, WeightsFileErrorKind::Tensor(_)),
        "{error}"
    );
    WeightsFile::new(&path)
        .rounding()
        .load(&mut narrow)
        .unwrap();
    let wider = narrow
        .weights()
        .iter()
        .map(|(_, a)| a.mapv(f64::from))
        .collect::<Vec<_>>();
    let exact = wide
        .weights()
        .iter()
        .map(|(_, a)| a.to_owned())
        .collect::<Vec<_>>();
    assert_eq!(wider, exact);
}

/// A deflated archive of npy files given as bytes.
fn archive(path: &Path, members: &[(&str, Vec<u8>)]) {
    let mut zip = ZipWriter::new(File::create(path).unwrap());
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, bytes) in members {
        zip.start_file(*name, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
}

/// An npy file of version 2 with this header and a claimed header length.
fn npy(header: &str, claimed: u32, data: &[u8]) -> Vec<u8> {
    let start = [b"\x93NUMPY\x02\x00", claimed.to_le_bytes().as_slice()].concat();
    [&start, header.as_bytes(), data].concat()
}

fn described(shape: &str, data: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}}}\n");
    npy(&header, header.len() as u32, data)
}

#[track_caller]
fn rejected(kernel: Vec<u8>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.npz");
    let bias = described("(2,)", &[0; 8]);
    archive(
        &path,
        &[("dense_1.kernel.npy", kernel), ("dense_1.bias.npy", bias)],
    );
    let mut model = network::<f32>();
    let before = model.weights();
    let error = WeightsFile::new(&path).load(&mut model).unwrap_err();
    assert_eq!(model.weights(), before);
    assert_eq!(error.path, path);
    error.kind.to_string()
}

#[test]
fn the_archive_of_these_tests_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.npz");
    let kernel = described("(3, 2)", &[0; 24]);
    let bias = described("(2,)", &[0; 8]);
    archive(
        &path,
        &[("dense_1.kernel.npy", kernel), ("dense_1.bias.npy", bias)],
    );
    let mut model = network::<f32>();
    WeightsFile::new(&path).load(&mut model).unwrap();
    assert!(
        model
            .params()
            .all(|(_, value)| value.iter().all(|&x| x == 0.0))
    );
}

#[test]
fn shapes_are_the_models_before_anything_is_unpacked() {
    for shape in [
        "(1099511627776, 2)",
        "(0, 1099511627776, 1099511627776)",
        "(6,)",
        "()",
    ] {
        let why = rejected(described(shape, &[0; 24]));
        assert!(
            why.contains("the model's `dense_1.kernel` expects [3, 2]"),
            "{why}"
        );
    }
    rejected(described("(-3, 2)", &[0; 24]));
    rejected(described("(99999999999999999999999, 2)", &[0; 24]));
}

#[test]
fn data_too_short_or_too_long_is_an_error() {
    let why = rejected(described("(3, 2)", &[0; 23]));
    assert!(why.contains("`dense_1.kernel`"), "{why}");
    rejected(described("(3, 2)", &[0; 25]));
    rejected(described("(3, 2)", &vec![0; 10 << 20]));
}

#[test]
fn headers_too_long_too_deep_or_of_other_types_are_errors() {
    rejected(npy("{}\n", u32::MAX, &[]));
    let deep = "(".repeat(5_000);
    rejected(npy(&deep, deep.len() as u32, &[]));
    let integers = "{'descr': '<i4', 'fortran_order': False, 'shape': (3, 2)}\n";
    let why = rejected(npy(integers, integers.len() as u32, &[0; 24]));
    assert_eq!(
        why,
        "tensor `dense_1.kernel` has type <i4, but only F16, BF16 and F32 can be read into this model"
    );
    rejected(b"\x93NUMPY".to_vec());
    rejected(Vec::new());
}

#[test]
fn two_arrays_of_one_name_are_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.npz");
    let bias = || described("(2,)", &[0; 8]);
    archive(
        &path,
        &[("dense_1.bias.npy", bias()), ("dense_1.bias", bias())],
    );
    let error = WeightsFile::new(&path)
        .load(&mut network::<f32>())
        .unwrap_err();
    assert!(
        matches!(*error.kind, WeightsFileErrorKind::Duplicate { .. }),
        "{error}"
    );
}

/// An archive of a kernel and a bias, and the offsets of the bias's name: before its data, and in the directory.
fn named_twice() -> (Vec<u8>, [usize; 2]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.npz");
    let kernel = described("(3, 2)", &[0; 24]);
    let other = described("(3, 2)", &[1; 24]);
    let bias = described("(2,)", &[0; 8]);
    let members = [
        ("dense_1.kernel.npy", kernel),
        ("dense_1.bias.npy", bias),
        ("dense_1.kernem.npy", other),
    ];
    archive(&path, &members);
    let bytes = std::fs::read(path).unwrap();
    let name = b"kernem";
    let places = bytes.windows(name.len()).enumerate();
    let places = places
        .filter(|(_, window)| window == name)
        .map(|(at, _)| at + name.len() - 1);
    let places: Vec<usize> = places.collect();
    (bytes, places.try_into().unwrap())
}

#[test]
fn a_member_named_twice_is_an_error() {
    let (mut bytes, places) = named_twice();
    for place in places {
        bytes[place] = b'l';
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.npz");
    std::fs::write(&path, bytes).unwrap();
    let mut model = network::<f32>();
    let before = model.weights();
    let error = WeightsFile::new(&path).load(&mut model).unwrap_err();
    assert_eq!(
        error.kind.to_string(),
        "two tensors are named `dense_1.kernel`"
    );
    assert_eq!(model.weights(), before);
}

#[test]
fn a_member_named_otherwise_in_the_directory_is_an_error() {
    let (bytes, places) = named_twice();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.npz");
    for place in places {
        let mut bytes = bytes.clone();
        bytes[place] = b'n';
        std::fs::write(&path, bytes).unwrap();
        let error = WeightsFile::new(&path)
            .load(&mut network::<f32>())
            .unwrap_err();
        let text = error.kind.to_string();
        assert!(text.contains("disagree on its name"), "{text}");
    }
}

#[test]
fn a_member_described_otherwise_before_its_data_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.npz");
    WeightsFile::new(&path).save(&network::<f32>()).unwrap();
    let good = std::fs::read(&path).unwrap();
    assert!(good.starts_with(b"PK\x03\x04"));
    for (at, what) in [
        (8, "compression"),
        (14, "checksum"),
        (18, "size"),
        (22, "size"),
    ] {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        let error = WeightsFile::new(&path)
            .load(&mut network::<f32>())
            .unwrap_err();
        let text = error.kind.to_string();
        assert!(text.contains(&format!("disagree on its {what}")), "{text}");
    }
}

/// The archive with a ZIP64 end record that declares this many files, and a locator for it.
fn zip64(archive: &[u8], files: u64) -> Vec<u8> {
    let (start, end) = archive.split_at(archive.len() - 22);
    let directory = [&end[12..16], &[0; 4], &end[16..20], &[0; 4]].concat();
    let files = files.to_le_bytes();
    let record = [
        b"PK\x06\x06".as_slice(),
        &44_u64.to_le_bytes(),
        &[45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        &files,
        &files,
        &directory,
    ];
    let at = (start.len() as u64).to_le_bytes();
    let locator = [b"PK\x06\x07".as_slice(), &[0; 4], &at, &[1, 0, 0, 0]];
    let end = [&end[..8], &[255; 12], &end[20..]];
    [start, &record.concat(), &locator.concat(), &end.concat()].concat()
}

#[test]
fn a_directory_of_more_files_than_there_are_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.npz");
    let saved = network::<f32>();
    WeightsFile::new(&path).save(&saved).unwrap();
    let good = std::fs::read(&path).unwrap();
    let load = |files| {
        std::fs::write(&path, zip64(&good, files)).unwrap();
        WeightsFile::new(&path).load(&mut network::<f32>())
    };
    load(2).unwrap();
    assert!(load(3).is_err());
    let why = load(1 << 40).unwrap_err().kind.to_string();
    assert_eq!(
        why,
        "is not a complete npz file: it declares more than 65535 files"
    );
}
