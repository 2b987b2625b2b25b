//! A folder of class folders.
#![cfg(feature = "images")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use dl_data::{ImageFolder, ImageReader, Mode, Source, SourceBatch, SourceTargets};

const FOLDER: &str = "tests/reference/images";
const SIZE: [usize; 2] = [5, 7];

/// Puts images into a new folder: `class/path` and the file it is a copy of.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, from) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::copy(Path::new(FOLDER).join(from), path).unwrap();
    }
    folder
}

fn animals() -> tempfile::TempDir {
    folder(&[
        ("dog/1.png", "rgb_8.png"),
        ("cat/b/2.PNG", "grey_8.png"),
        ("cat/b/1.png", "rgb_16.png"),
        ("cat/a.png", "large_rgb.png"),
        ("Zebra/z.png", "palette_4.png"),
        (".hidden/a.png", "grey_8.png"),
        ("dog/.b.png", "grey_1.png"),
    ])
}

fn open(folder: &Path) -> Result<ImageFolder, String> {
    let opened = ImageReader::new(SIZE).open_folder(folder);
    opened.map_err(|error| error.to_string())
}

fn read(source: &impl Source<f32>, samples: &[usize]) -> Result<Vec<f32>, String> {
    let length: usize = source.sample_shape().iter().product();
    let mut x = vec![f32::NAN; samples.len() * length];
    let batch = SourceBatch {
        x: &mut x,
        values: &mut [],
    };
    let read = source.read(samples, Mode::Eval, batch);
    read.map(|()| x).map_err(|error| error.to_string())
}

/// Paths from the folder.
fn paths(folder: &Path, files: &[PathBuf]) -> Vec<String> {
    let path = |file: &PathBuf| {
        file.strip_prefix(folder)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned()
    };
    files.iter().map(path).collect()
}

#[test]
fn classes_and_images_are_in_order() {
    let root = animals();
    let folder = open(root.path()).unwrap();
    assert_eq!(folder.class_names(), ["Zebra", "cat", "dog"]);
    assert_eq!(
        paths(root.path(), folder.files()),
        [
            "Zebra/z.png",
            "cat/a.png",
            "cat/b/1.png",
            "cat/b/2.PNG",
            "dog/1.png"
        ]
    );
    assert_eq!(folder.labels(), [0, 1, 1, 1, 2]);
    assert!(folder.skipped().is_empty());
    let source: &dyn Source<f32> = &folder;
    assert_eq!((source.len(), source.sample_shape()), (5, &[5, 7, 3][..]));
    assert_eq!(source.targets(), SourceTargets::Classes(&[0, 1, 1, 1, 2]));

    // each image is that of its file
    let order = [4, 0, 3, 0];
    let images = read(&folder, &order).unwrap();
    for (image, &i) in images.chunks(5 * 7 * 3).zip(&order) {
        let alone = ImageReader::new(SIZE)
            .read::<f32>(&folder.files()[i])
            .unwrap();
        assert_eq!(image, alone.as_slice().unwrap());
    }
    let some = folder.select(&[4, 1]).unwrap();
    assert_eq!(some.labels(), [2, 1]);
    assert_eq!(read(&some, &[0]).unwrap(), read(&folder, &[4]).unwrap());
    assert_eq!(
        folder.select(&[5]).unwrap_err().to_string(),
        "row 5 is out of range: the data has 5 rows"
    );
}

#[test]
fn threads_do_not_matter() {
    let root = animals();
    let folder = open(root.path()).unwrap();
    let order: Vec<usize> = (0..100).map(|i| i * 3 % 5).collect();
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap().install(|| read(&folder, &order).unwrap())
    };
    let one = with(1);
    assert!(with(2) == one && with(8) == one);
}

#[test]
fn odd_files_are_named() {
    let named = |file: &str, problem: &str| {
        let root = animals();
        let path = root.path().join(file);
        fs::write(&path, "text").unwrap();
        let expected = format!("{}: {problem}", path.display());
        assert_eq!(open(root.path()).unwrap_err(), expected);
    };
    named(
        "notes.png",
        "a file beside the class folders; images are in the folder of their class",
    );
    named(
        "cat/b/Thumbs.db",
        "not an image by its name; those end in .png, .jpg or .jpeg",
    );
    // known only when it is read
    let root = animals();
    let path = root.path().join("dog/2.png");
    fs::write(&path, "text").unwrap();
    let folder = open(root.path()).unwrap();
    assert!(read(&folder, &[4]).is_ok());
    assert_eq!(
        read(&folder, &[4, 5, 3]).unwrap_err(),
        format!("{}: neither a PNG nor a JPEG file", path.display())
    );
}

#[test]
fn or_skipped_and_listed() {
    let root = animals();
    for file in ["notes.txt", "cat/b/Thumbs.db", "cat/ .png", "dog/2.png"] {
        fs::write(root.path().join(file), "text").unwrap();
    }
    let whole = fs::read(Path::new(FOLDER).join("rgb_8.png")).unwrap();
    fs::write(root.path().join("dog/3.png"), &whole[..150]).unwrap();
    let folder = ImageReader::new(SIZE)
        .skip_invalid()
        .open_folder(root.path());
    let folder = folder.unwrap();
    assert_eq!(folder.labels(), [0, 1, 1, 1, 2]);
    let skipped: Vec<PathBuf> = folder.skipped().iter().map(|s| s.path.clone()).collect();
    assert_eq!(
        paths(root.path(), &skipped),
        [
            "cat/ .png",
            "cat/b/Thumbs.db",
            "dog/2.png",
            "dog/3.png",
            "notes.txt"
        ]
    );
    let problem = |i: usize| folder.skipped()[i].problem.to_string();
    assert_eq!(problem(0), "neither a PNG nor a JPEG file");
    assert!(problem(3).starts_with("this PNG file cannot be decoded: "));
    assert!(read(&folder, &[0, 1, 2, 3, 4]).is_ok());
}

#[test]
fn what_is_no_data_set() {
    let missing = Path::new("tests/reference/nothing");
    assert_eq!(
        open(missing).unwrap_err(),
        "tests/reference/nothing: No such file or directory (os error 2)"
    );
    let says = |root: &tempfile::TempDir, expected: &str| {
        let error = open(root.path()).unwrap_err();
        let path = root.path().display();
        assert_eq!(error, format!("{path}{expected}"));
    };
    let classes = ": 0 classes; classification needs at least 2; each folder in it is a class";
    says(&folder(&[]), classes);
    let one = folder(&[("a/1.png", "rgb_8.png")]);
    says(&one, &classes.replace('0', "1"));
    fs::create_dir(one.path().join("b")).unwrap();
    says(&one, "/b: no images in this class");
    // skipping does not leave a class empty
    fs::write(one.path().join("b/1.png"), "text").unwrap();
    let error = ImageReader::new(SIZE)
        .skip_invalid()
        .open_folder(one.path());
    assert!(
        error
            .unwrap_err()
            .to_string()
            .ends_with("/b: no images in this class")
    );
}

#[cfg(unix)]
#[test]
fn links_are_followed_but_not_forever() {
    use std::os::unix::{ffi::OsStrExt, fs::symlink};
    let other = folder(&[("images/5.png", "rgb_8.png")]);
    let root = animals();
    symlink(other.path().join("images"), root.path().join("emu")).unwrap();
    symlink(root.path().join("dog/1.png"), root.path().join("emu/6.png")).unwrap();
    let linked = open(root.path()).unwrap();
    assert_eq!(linked.class_names(), ["Zebra", "cat", "dog", "emu"]);
    assert_eq!(linked.labels(), [0, 1, 1, 1, 2, 3, 3]);

    let back = root.path().join("cat/b/back");
    symlink(root.path(), &back).unwrap();
    assert_eq!(
        open(root.path()).unwrap_err(),
        format!(
            "{}: a link back to a folder that it is in, {}",
            back.display(),
            root.path().display()
        )
    );
    let skipping = ImageReader::new(SIZE).skip_invalid();
    let folder = skipping.open_folder(root.path()).unwrap();
    assert_eq!((folder.labels().len(), folder.skipped().len()), (7, 1));

    // a broken link, and a class whose name is not text, with all that is in it
    fs::remove_file(&back).unwrap();
    symlink("nowhere", root.path().join("cat/c.png")).unwrap();
    let strange = root.path().join(std::ffi::OsStr::from_bytes(b"dog\xff"));
    fs::create_dir(&strange).unwrap();
    fs::copy(Path::new(FOLDER).join("rgb_8.png"), strange.join("1.png")).unwrap();
    let folder = skipping.open_folder(root.path()).unwrap();
    assert_eq!(folder.labels(), linked.labels());
    let problem = |i: usize| folder.skipped()[i].problem.to_string();
    assert_eq!(problem(0), "No such file or directory (os error 2)");
    assert_eq!(problem(1), "the name of this class is not valid UTF-8");
}
