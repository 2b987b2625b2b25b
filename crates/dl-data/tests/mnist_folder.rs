//! Folders in MNIST's format, valid and invalid.

use std::{fs::File, path::Path};

use dl_data::idx::{self, IdxElement};
use dl_data::ndarray::{Array1, Array3, ArrayRef, Dimension};
use dl_data::{Mnist, MnistError, MnistFamily};
use tempfile::TempDir;

fn save<T: IdxElement, D: Dimension>(folder: &Path, name: &str, array: &ArrayRef<T, D>) {
    let gzip = name.ends_with(".gz");
    idx::write(File::create(folder.join(name)).unwrap(), array, gzip).unwrap();
}

/// Image k has the value 10k + 1 in its upper right corner.
fn images(n: usize) -> Array3<u8> {
    Array3::from_shape_fn((n, 28, 28), |(k, y, x)| {
        if (y, x) == (0, 27) {
            (10 * k + 1) as u8
        } else {
            0
        }
    })
}

fn labels(n: usize, first: u8) -> Array1<u8> {
    (0..n as u8).map(|k| k % 10 + first).collect()
}

/// Twelve training images and three test images.
fn folder(names: [&str; 4], first_label: u8) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    save(path, names[0], &images(12));
    save(path, names[1], &labels(12, first_label));
    save(path, names[2], &images(3));
    save(path, names[3], &labels(3, first_label));
    folder
}

const USUAL: [&str; 4] = [
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
];

#[track_caller]
fn check(folder: &TempDir, family: MnistFamily, corner: [usize; 2]) {
    let Mnist { train, test } = Mnist::<f64>::load_family(folder, family).unwrap();
    assert_eq!((train.len(), test.len()), (12, 3));
    assert_eq!(
        train.labels().to_vec(),
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]
    );
    assert_eq!(test.images().dim(), (3, 28, 28, 1));
    assert_eq!(train.class_names(), family.class_names());
    let [y, x] = corner;
    for k in 0..12 {
        let value = (10 * k + 1) as f64 / 255.;
        assert_eq!(train.images()[[k, y, x, 0]], value);
        assert_eq!(
            train
                .images()
                .index_axis(dl_data::ndarray::Axis(0), k)
                .sum(),
            value
        );
    }
}

#[test]
fn all_spellings() {
    check(&folder(USUAL, 0), MnistFamily::Digits, [0, 27]);
    check(&folder(USUAL, 0), MnistFamily::Fashion, [0, 27]);
    let plain = USUAL.map(|name| name.trim_end_matches(".gz"));
    check(&folder(plain, 0), MnistFamily::Kuzushiji, [0, 27]);
    let dotted = plain.map(|name| name.replace("-idx", ".idx"));
    check(
        &folder(dotted.each_ref().map(String::as_str), 0),
        MnistFamily::Digits,
        [0, 27],
    );
}

#[test]
fn emnist_is_turned_upright_and_counted_from_0() {
    for (family, name, first_label) in [
        (MnistFamily::EmnistByClass, "byclass", 0),
        (MnistFamily::EmnistByMerge, "bymerge", 0),
        (MnistFamily::EmnistBalanced, "balanced", 0),
        (MnistFamily::EmnistLetters, "letters", 1),
        (MnistFamily::EmnistDigits, "digits", 0),
        (MnistFamily::EmnistMnist, "mnist", 0),
    ] {
        let names = USUAL.map(|usual| format!("emnist-{name}-{}", usual.replace("t10k", "test")));
        let folder = folder(names.each_ref().map(String::as_str), first_label);
        check(&folder, family, [27, 0]);
    }
}

#[track_caller]
fn says(folder: &TempDir, family: MnistFamily, expected: &str) -> MnistError {
    let error = Mnist::<f32>::load_family(folder, family).unwrap_err();
    let message = error
        .to_string()
        .replace(folder.path().to_str().unwrap(), "F");
    assert_eq!(message, expected);
    error
}

#[test]
fn errors_name_the_file_and_the_problem() {
    let digits = MnistFamily::Digits;
    let spoilt = |name: &str, file: &[u8]| {
        let folder = folder(USUAL, 0);
        std::fs::write(folder.path().join(name), file).unwrap();
        folder
    };

    let missing = folder(USUAL, 0);
    std::fs::remove_file(missing.path().join(USUAL[3])).unwrap();
    says(
        &missing,
        digits,
        "F: no file t10k-labels-idx1-ubyte.gz or t10k-labels-idx1-ubyte \
         or t10k-labels.idx1-ubyte.gz or t10k-labels.idx1-ubyte",
    );

    let swapped = folder([USUAL[1], USUAL[0], USUAL[2], USUAL[3]], 0);
    says(
        &swapped,
        digits,
        "F/train-images-idx3-ubyte.gz: shape [12], expected [n, 28, 28]",
    );
    let images_twice = folder(USUAL, 0);
    save(images_twice.path(), USUAL[1], &images(12));
    says(
        &images_twice,
        digits,
        "F/train-labels-idx1-ubyte.gz: shape [12, 28, 28], expected [n]",
    );
    let small = folder(USUAL, 0);
    save(small.path(), USUAL[2], &Array3::<u8>::zeros((3, 27, 28)));
    says(
        &small,
        digits,
        "F/t10k-images-idx3-ubyte.gz: shape [3, 27, 28], expected [n, 28, 28]",
    );

    let fewer = folder(USUAL, 0);
    save(fewer.path(), USUAL[1], &labels(11, 0));
    says(
        &fewer,
        digits,
        "12 images in F/train-images-idx3-ubyte.gz, but 11 labels in F/train-labels-idx1-ubyte.gz",
    );

    // letters are labelled from 1, digits up to 9
    let label = "F/train-labels-idx1-ubyte.gz: label 9 is 10, expected 0 to 9";
    says(&folder(USUAL, 1), digits, label);
    let names = USUAL.map(|usual| format!("emnist-letters-{}", usual.replace("t10k", "test")));
    says(
        &folder(names.each_ref().map(String::as_str), 0),
        MnistFamily::EmnistLetters,
        "F/emnist-letters-train-labels-idx1-ubyte.gz: label 0 is 0, expected 1 to 26",
    );

    let none = folder(USUAL, 0);
    save(none.path(), USUAL[2], &images(0));
    save(none.path(), USUAL[3], &labels(0, 0));
    says(
        &none,
        digits,
        "F/t10k-images-idx3-ubyte.gz: ImageDataset: the data is empty",
    );

    let header = [0, 0, 8, 3, 0, 0, 0, 12, 0, 0, 0, 28, 0, 0, 0, 28, 5];
    let short = says(
        &spoilt(USUAL[0], &header),
        digits,
        "F/train-images-idx3-ubyte.gz, byte 17: the file ends here, after 1 bytes of data; \
         shape [12, 28, 28] of u8 needs 9408",
    );
    assert!(matches!(short, MnistError::Idx(_)));
    let floats = folder(USUAL, 0);
    save(floats.path(), USUAL[0], &images(12).mapv(f32::from));
    says(
        &floats,
        digits,
        "F/train-images-idx3-ubyte.gz, decompressed byte 2: the values are f32, expected u8",
    );
}
