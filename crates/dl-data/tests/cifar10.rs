//! CIFAR-10's binary format.

use std::{fs, path::Path};

use dl_data::ndarray::{Array4, Axis};
use dl_data::{Cifar10, CifarImages, ImageDataset, Mode, Source, SourceBatch, SourceTargets};

/// A byte of image i: other ones in each place.
fn byte(i: usize, y: usize, x: usize, c: usize) -> u8 {
    ((i * 7 + y * 97 + x * 3 + c * 50) % 256) as u8
}

/// A file of the images of these numbers, image i of class i mod 10.
fn write(path: &Path, images: std::ops::Range<usize>) {
    let mut bytes = Vec::new();
    for i in images {
        bytes.push((i % 10) as u8);
        for c in 0..3 {
            for y in 0..32 {
                bytes.extend((0..32).map(|x| byte(i, y, x, c)));
            }
        }
    }
    fs::write(path, bytes).unwrap();
}

/// Three images in each training file, two to test on.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in 0..5 {
        let path = folder.path().join(format!("data_batch_{}.bin", file + 1));
        write(&path, file * 3..file * 3 + 3);
    }
    write(&folder.path().join("test_batch.bin"), 20..22);
    folder
}

#[test]
fn images_are_channels_last() {
    let folder = folder();
    let cifar = Cifar10::open(folder.path()).unwrap();
    let labels: Vec<usize> = (0..15).map(|i| i % 10).collect();
    assert_eq!(cifar.train.labels(), labels);
    assert_eq!(cifar.test.labels(), [0, 1]);
    let source: &dyn Source<f64> = &cifar.train;
    assert_eq!(
        (source.len(), source.sample_shape()),
        (15, &[32, 32, 3][..])
    );
    assert_eq!(source.targets(), SourceTargets::Classes(&labels));

    let expected = |first: usize, n| {
        Array4::from_shape_fn((n, 32, 32, 3), |(i, y, x, c)| {
            f64::from(byte(first + i, y, x, c)) / 255.
        })
    };
    let names = Cifar10::class_names();
    let train = ImageDataset::<f64>::from_source(&cifar.train, &names).unwrap();
    assert_eq!(train.images(), expected(0, 15));
    assert_eq!(train.class_names()[3], "cat");
    let test = ImageDataset::<f64>::from_source(&cifar.test, &names).unwrap();
    assert_eq!(test.images(), expected(20, 2));

    let mut x = Array4::<f64>::zeros((3, 32, 32, 3));
    let batch = SourceBatch {
        x: x.as_slice_mut().unwrap(),
        values: &mut [],
    };
    let order = [14, 2, 3];
    cifar.train.read(&order, Mode::Eval, batch).unwrap();
    assert_eq!(x, expected(0, 15).select(Axis(0), &order));
}

#[test]
fn what_is_not_cifar() {
    let folder = folder();
    let path = folder.path().join("data_batch_3.bin");
    let name = path.display();
    let says = |expected: String| {
        assert_eq!(
            Cifar10::open(folder.path()).unwrap_err().to_string(),
            expected
        );
    };
    let whole = fs::read(&path).unwrap();
    for bytes in [0, 3072, 3 * 3073 - 1] {
        fs::write(&path, &whole[..bytes]).unwrap();
        says(format!(
            "{name}: {bytes} bytes; a file of CIFAR-10's binary version has 3073 for each image"
        ));
    }
    let mut label = whole;
    label[2 * 3073] = 10;
    fs::write(&path, label).unwrap();
    says(format!(
        "{name}, image 2: the label is 10, but there are classes 0 to 9"
    ));
    fs::remove_file(&path).unwrap();
    says(format!("{name}: No such file or directory (os error 2)"));
    let none: [&str; 0] = [];
    assert_eq!(
        CifarImages::open(none).unwrap_err().to_string(),
        "no files of CIFAR-10 to read"
    );
}
