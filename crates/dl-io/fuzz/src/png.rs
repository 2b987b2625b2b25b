//! A PNG file: an error, or a picture in bytes.

use crate::file::file;
use crate::picture::read_picture;

/// Reads the input as a picture, grey or colour, smaller or larger.
pub(crate) fn check(input: &[u8]) {
    let path = file("png", input);
    for shape in [[8, 8, 1], [3, 20, 3]] {
        if let Ok(picture) = read_picture(&path, shape, false) {
            assert_eq!(picture.shape(), shape);
            assert!(picture.iter().all(|value| (0.0..=255.0).contains(value)));
        }
    }
}
