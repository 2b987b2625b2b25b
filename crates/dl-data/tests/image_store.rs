//! Images packed in one file.

use std::{fs, path::PathBuf};

use dl_data::ndarray::{Array1, Array2, Array4, array};
use dl_data::{
    Dataset, ImageDataset, ImageStore, Mode, RegressionDataset, Source, SourceBatch, SourceTargets,
};

fn names() -> Vec<String> {
    ["cat", "Ünder", "dog"].map(String::from).to_vec()
}

/// Every byte occurs, sorted by class.
fn data(n: usize) -> ImageDataset<f32> {
    let images = Array4::from_shape_fn((n, 5, 4, 3), |(i, y, x, c)| {
        ((i * 31 + y * 12 + x * 3 + c) % 256) as f32 / 255.
    });
    let labels = Array1::from_shape_fn(n, |i| i * 3 / n);
    ImageDataset::new(images, labels, names()).unwrap()
}

struct Packed {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

fn packed(data: &ImageDataset<f32>) -> Packed {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.images");
    ImageStore::pack(data, data.class_names(), &path).unwrap();
    Packed {
        _folder: folder,
        path,
    }
}

fn read(source: &impl Source<f32>, samples: &[usize]) -> Result<Array2<f32>, String> {
    let length: usize = source.sample_shape().iter().product();
    let mut x = Array2::from_elem((samples.len(), length), f32::NAN);
    let batch = SourceBatch {
        x: x.as_slice_mut().unwrap(),
        values: &mut [],
    };
    let read = source.read(samples, Mode::Eval, batch);
    read.map(|()| x).map_err(|error| error.to_string())
}

#[test]
fn what_is_packed_is_read() {
    for n in [1, 3, 500] {
        let data = data(n);
        let file = packed(&data);
        let store = ImageStore::open(&file.path).unwrap();
        assert_eq!(store.class_names(), names());
        let source: &dyn Source<f32> = &store;
        assert_eq!((source.len(), source.sample_shape()), (n, &[5, 4, 3][..]));
        assert_eq!(source.targets(), data.targets());
        assert!(source.in_memory().is_none());
        let order: Vec<usize> = (0..n).rev().chain([0, 0]).collect();
        assert_eq!(read(&store, &order).unwrap(), read(&data, &order).unwrap());
        // all of it, in single and in double precision
        let all = ImageDataset::from_source(&store, store.class_names()).unwrap();
        assert_eq!(all, data);
        let double = ImageDataset::<f64>::from_source(&store, store.class_names()).unwrap();
        let expected = data.images().mapv(|v| (f64::from(v) * 255.).round() / 255.);
        assert_eq!(double.images(), expected);
        assert!(read(&store, &[n]).is_err());
    }
}

#[test]
fn values_are_rounded_to_bytes() {
    let mut images = Array4::<f32>::zeros((1, 1, 2, 2));
    images.assign(&array![[[[0., 1.], [0.5 / 255. - 1e-4, 100.4 / 255.]]]]);
    let data = ImageDataset::new(images, array![0], names()).unwrap();
    let store = ImageStore::open(&packed(&data).path).unwrap();
    assert_eq!(
        read(&store, &[0]).unwrap(),
        array![[0., 1., 0., 100. / 255.]]
    );
}

#[test]
fn threads_do_not_matter() {
    let file = packed(&data(300));
    let store = ImageStore::open(&file.path).unwrap();
    let order: Vec<usize> = (0..300).map(|i| i * 7 % 300).collect();
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap().install(|| read(&store, &order).unwrap())
    };
    let one = with(1);
    assert!(with(2) == one && with(8) == one);
}

#[test]
fn a_small_file_is_shuffled_like_an_array() {
    let data = data(300);
    let store = ImageStore::open(&packed(&data).path).unwrap();
    let shuffled = |source: &dyn Source<f32>| {
        let mut samples: Vec<usize> = (0..300).collect();
        source.shuffle(&mut samples, 9);
        samples
    };
    assert_eq!(shuffled(&store), shuffled(&data));
}

/// The error of a file of these bytes when it is opened, or else when all is read.
fn error(path: &PathBuf, bytes: &[u8]) -> Option<String> {
    fs::write(path, bytes).unwrap();
    let message = match ImageStore::open(path) {
        Err(error) => error.to_string(),
        Ok(store) => {
            let all: Vec<usize> = (0..store.labels().len()).collect();
            read(&store, &all).err()?
        }
    };
    let name = format!("{}: ", path.display());
    Some(
        message
            .strip_prefix(&name)
            .expect("it names the file")
            .to_owned(),
    )
}

#[test]
fn every_damage_is_found() {
    let file = packed(&data(6));
    let whole = fs::read(&file.path).unwrap();
    assert_eq!(error(&file.path, &whole), None);
    for i in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[i] ^= 1 << (i % 8);
        assert!(error(&file.path, &damaged).is_some(), "byte {i}");
    }
    for length in 0..whole.len() {
        assert!(
            error(&file.path, &whole[..length]).is_some(),
            "{length} bytes"
        );
    }
    let says = |bytes: &[u8], expected: &str| {
        assert_eq!(error(&file.path, bytes).as_deref(), Some(expected));
    };
    says(b"", "not an image store: it does not begin with `DLIMAGES`");
    says(
        &[b'a'; 100],
        "not an image store: it does not begin with `DLIMAGES`",
    );
    let mut changed = whole.clone();
    changed[8] = 2;
    says(
        &changed,
        "version 2 of the format; this program reads version 1",
    );
    let mut changed = whole.clone();
    changed.push(0);
    let (found, expected) = (changed.len(), whole.len());
    let length = format!(
        "{found} bytes long, but {expected} according to its header; it is damaged or truncated"
    );
    says(&changed, &length);
    let mut changed = whole.clone();
    changed[45] ^= 1;
    says(&changed, "the header of the file is damaged");
    let mut changed = whole.clone();
    changed[expected - 10] ^= 1;
    says(&changed, "the end of the file is damaged");

    // one image is damaged: others can be read
    let mut changed = whole;
    let first = expected - 4 - 6 * 4 - 6 * 60;
    changed[first + 59] ^= 1;
    says(
        &changed,
        "image 0 does not have its checksum: the file is damaged",
    );
    let store = ImageStore::open(&file.path).unwrap();
    assert_eq!(
        read(&store, &[4, 5]).unwrap(),
        read(&data(6), &[4, 5]).unwrap()
    );
    assert!(read(&store, &[4, 0]).is_err());
}

#[test]
fn a_header_is_not_believed() {
    let file = packed(&data(6));
    let whole = fs::read(&file.path).unwrap();
    // shapes and counts of any size, with files of hundreds of bytes
    for at in (12..40).step_by(4) {
        let mut changed = whole.clone();
        changed[at..at + 4].copy_from_slice(&[0xff; 4]);
        let error = error(&file.path, &changed).unwrap();
        let is_header = error.contains("according to its header") || error.contains("the header");
        assert!(is_header, "{error}");
    }
}

#[test]
fn what_cannot_be_packed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.images");
    let pack = |source: &dyn Source<f32>, names: &[String]| {
        let error = ImageStore::pack(&source, names, &path).unwrap_err();
        let name = format!("{}: ", path.display());
        error.to_string().strip_prefix(&name).unwrap().to_owned()
    };
    assert_eq!(
        pack(&data(3), &names()[..2]),
        "label 2 in row 2: labels must be below 2, the number of classes"
    );
    assert_eq!(
        pack(&data(3), &names()[..1]),
        "1 classes; classification needs at least 2"
    );
    let features = array![[0_f32, 1.]];
    let columns = || vec!["a".into(), "b".into()];
    let table = Dataset::new(features.clone(), array![0], columns(), names()).unwrap();
    assert_eq!(
        pack(&table, &names()),
        "only images [height, width, channels] can be packed; the samples have shape [2]"
    );
    let table = RegressionDataset::new(features, array![1.], columns(), "y".into()).unwrap();
    assert_eq!(
        pack(&table, &names()),
        "only images with classes can be packed; the targets of the source are values"
    );
    for value in [1.5, -0.1, f32::NAN] {
        let mut images = Array4::zeros((2, 1, 1, 1));
        images[[1, 0, 0, 0]] = value;
        let bright = ImageDataset::new(images, array![0, 1], names()).unwrap();
        assert_eq!(
            pack(&bright, &names()),
            format!("image 1 has a value of {value}; values must be in [0, 1]")
        );
    }
    // nothing is left of a file that was begun
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    assert_eq!(
        ImageStore::open(&path).unwrap_err().to_string(),
        format!("{}: No such file or directory (os error 2)", path.display())
    );
}

#[test]
fn only_images_with_classes_are_an_image_data_set() {
    let columns = vec!["a".into(), "b".into()];
    let table = Dataset::new(array![[0_f32, 1.]], array![0], columns, names()).unwrap();
    assert_eq!(
        ImageDataset::from_source(&table, &names())
            .unwrap_err()
            .to_string(),
        "images [height, width, channels] with classes are needed; the samples have shape [2], or no classes"
    );
    assert_eq!(
        ImageDataset::from_source(&data(3), &names()[..1])
            .unwrap_err()
            .to_string(),
        "1 classes; classification needs at least 2"
    );
    assert_eq!(SourceTargets::Classes(&[0, 1, 2]), data(3).targets());
}
