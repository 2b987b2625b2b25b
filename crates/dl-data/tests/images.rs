//! Images in files: every kind of PNG, JPEG, other sizes, and what is no image.
#![cfg(feature = "images")]

use std::{fs, path::Path};

use dl_data::{ImageError, ImageReader, Resize};
use serde_json::Value;

const FOLDER: &str = "tests/reference/images";

/// What tests/reference/images.py expects.
fn reference(part: &str) -> Vec<Value> {
    let text = fs::read_to_string("tests/reference/images.json").unwrap();
    let all: Value = serde_json::from_str(&text).unwrap();
    all[part].as_array().unwrap().clone()
}

fn bytes(hex: &Value) -> Vec<u8> {
    let hex = hex.as_str().unwrap();
    let pairs = (0..hex.len()).step_by(2);
    pairs
        .map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap())
        .collect()
}

fn shape(case: &Value) -> Vec<usize> {
    let sides = case["shape"].as_array().unwrap().iter();
    sides.map(|side| side.as_u64().unwrap() as usize).collect()
}

/// The image as bytes; each value is exactly a byte ÷ 255.
fn read(reader: &ImageReader, file: &str) -> Vec<u8> {
    let single = reader.read::<f32>(Path::new(FOLDER).join(file)).unwrap();
    let double = reader.read::<f64>(Path::new(FOLDER).join(file)).unwrap();
    let byte = |(&single, &double): (&f32, &f64)| {
        let byte = (double * 255.).round();
        assert_eq!((single, double), (byte as f32 / 255., byte / 255.));
        byte as u8
    };
    single.iter().zip(&double).map(byte).collect()
}

fn largest_difference(a: &[u8], b: &[u8]) -> u8 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).max().unwrap()
}

#[test]
fn every_kind_of_png() {
    let cases = reference("exact");
    assert_eq!(cases.len(), 16);
    for case in cases {
        let file = case["file"].as_str().unwrap();
        let size = shape(&case).try_into().unwrap();
        let reader = ImageReader::new(size);
        assert_eq!(read(&reader, file), bytes(&case["rgb"]), "{file}");
        assert_eq!(
            read(&reader.channels(1), file),
            bytes(&case["grey"]),
            "{file}"
        );
    }
}

#[cfg(feature = "jpeg")]
#[test]
fn every_kind_of_jpeg() {
    let cases = reference("jpeg");
    assert_eq!(cases.len(), 5);
    for case in cases {
        let file = case["file"].as_str().unwrap();
        let size = shape(&case).try_into().unwrap();
        let reader = ImageReader::new(size);
        // decoders round differently, and where colour is stored coarsely also differ in how they refine it
        let most = if file.starts_with("4") || file.starts_with("p") {
            6
        } else {
            2
        };
        let difference = largest_difference(&read(&reader, file), &bytes(&case["rgb"]));
        assert!(difference <= most, "{file}: {difference}");
        let grey = read(&reader.channels(1), file);
        let difference = largest_difference(&grey, &bytes(&case["grey"]));
        assert!(difference <= 1, "{file}, grey: {difference}");
    }
}

#[test]
fn other_sizes() {
    let cases = reference("resized");
    assert_eq!(cases.len(), 12);
    let (mut differ, mut all) = (0, 0);
    for case in cases {
        let file = case["file"].as_str().unwrap();
        let [height, width, channels] = shape(&case).try_into().unwrap();
        let reader = ImageReader::new([height, width]).channels(channels);
        for (name, how) in [("stretch", Resize::Stretch), ("crop", Resize::CenterCrop)] {
            let resized = read(&reader.resize(how), file);
            let expected = bytes(&case[name]);
            // Pillow rounds once more, between rows and columns
            let difference = largest_difference(&resized, &expected);
            let what = format!("{file} {height} × {width}, {name}");
            assert!(difference <= 1, "{what}: {difference}");
            let pairs = resized.iter().zip(&expected);
            differ += pairs.filter(|(a, b)| a != b).count();
            all += expected.len();
        }
    }
    assert!(differ * 5 <= all, "{differ} of {all}");
}

#[track_caller]
fn says(result: Result<dl_data::ndarray::Array3<f32>, ImageError>, expected: &str) {
    assert_eq!(result.unwrap_err().to_string(), expected);
}

#[test]
fn settings_out_of_range() {
    let file = Path::new(FOLDER).join("rgb_8.png");
    says(
        ImageReader::new([0, 5]).read(&file),
        "the image size is 0 × 5, but each side must be in 1..=16384",
    );
    says(
        ImageReader::new([5, 16_385]).read(&file),
        "the image size is 5 × 16385, but each side must be in 1..=16384",
    );
    says(
        ImageReader::new([5, 5]).channels(4).read(&file),
        "images of 4 channels; there must be 1 (grey) or 3 (red, green, blue)",
    );
    let error = ImageReader::new([5, 5]).channels(2).open_folder(FOLDER);
    assert!(matches!(
        error.unwrap_err(),
        ImageError::Channels { channels: 2 }
    ));
}

#[test]
fn what_is_no_image() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image.png");
    let name = path.display();
    let reader = ImageReader::new([5, 7]);
    says(
        reader.read(&path),
        &format!("{name}: No such file or directory (os error 2)"),
    );
    says(
        reader.read(folder.path()),
        &format!(
            "{}: it is a directory, not a regular file",
            folder.path().display()
        ),
    );
    for contents in [&b""[..], b"\x89PNG", b"GIF89a", b"\xff\xd8"] {
        fs::write(&path, contents).unwrap();
        says(
            reader.read(&path),
            &format!("{name}: neither a PNG nor a JPEG file"),
        );
    }
    let mut files = vec!["rgb_8.png", "palette_4.png", "grey_8_interlaced.png"];
    if cfg!(feature = "jpeg") {
        files.extend(["420.jpg", "progressive.jpg"]);
    } else {
        fs::copy(Path::new(FOLDER).join("420.jpg"), &path).unwrap();
        says(
            reader.read(&path),
            &format!("{name}: a JPEG file, which needs dl-data's feature `jpeg`"),
        );
    }
    for file in files {
        let whole = fs::read(Path::new(FOLDER).join(file)).unwrap();
        // cut off anywhere, to the last byte
        for length in (9..whole.len()).step_by(7).chain([whole.len() - 1]) {
            fs::write(&path, &whole[..length]).unwrap();
            let error = reader.read::<f32>(&path).unwrap_err().to_string();
            let start = format!(
                "{name}: this {} file cannot be decoded: ",
                if file.ends_with("png") { "PNG" } else { "JPEG" }
            );
            assert!(error.starts_with(&start), "{file}, {length} bytes: {error}");
        }
    }
    // every changed byte of a PNG file is found by a checksum
    let whole = fs::read(Path::new(FOLDER).join("rgb_8.png")).unwrap();
    for i in 8..whole.len() {
        let mut damaged = whole.clone();
        damaged[i] ^= 0x10;
        fs::write(&path, &damaged).unwrap();
        assert!(reader.read::<f32>(&path).is_err(), "byte {i}");
    }
}

/// A PNG file of a header alone.
fn png_of_size(width: u32, height: u32, rest: &[u8]) -> Vec<u8> {
    let mut header = b"IHDR".to_vec();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    file.extend(&header);
    let mut crc = flate2::Crc::new();
    crc.update(&header);
    file.extend(crc.sum().to_be_bytes());
    file.extend(rest);
    file
}

#[test]
fn a_size_is_not_believed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image.png");
    let reader = ImageReader::new([5, 7]);
    let data = b"\0\0\0\0IDAT\x35\xaf\x06\x1e";
    fs::write(&path, png_of_size(16_385, 1, data)).unwrap();
    says(
        reader.read(&path),
        &format!(
            "{}: an image of 1 × 16385 pixels is too large: a side may have 16384",
            path.display()
        ),
    );
    fs::write(&path, png_of_size(16_384, 16_384, data)).unwrap();
    says(
        reader.read(&path),
        &format!(
            "{}: an image of 16384 × 16384 pixels takes 768 MiB of memory, but a file of 45 bytes warrants 64 MiB in all",
            path.display()
        ),
    );
    if cfg!(feature = "jpeg") {
        let mut file = fs::read(Path::new(FOLDER).join("420.jpg")).unwrap();
        let frame = file
            .windows(2)
            .position(|pair| pair == [0xff, 0xc0])
            .unwrap();
        file[frame + 5..frame + 9].copy_from_slice(&[0x3f, 0xff, 0x3f, 0xff]);
        fs::write(&path, file).unwrap();
        let error = reader.read::<f32>(&path).unwrap_err().to_string();
        assert!(
            error.contains("an image of 16383 × 16383 pixels takes 768 MiB"),
            "{error}"
        );
    }
}
