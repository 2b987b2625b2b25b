//! Pictures of files as samples of a network.

use std::path::{Path, PathBuf};

use image::imageops::FilterType;
use image::{DynamicImage, ImageError, ImageReader, Limits};
use ndarray::Array3;

/// The most pixels along a side of a picture that is read.
const LARGEST_SIDE: u32 = 16_384;

/// A picture that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", path.display())]
pub struct PictureError {
    path: PathBuf,
    source: ImageError,
}

/// The picture of a PNG file, brought to `[height, width, channels]` (1, grey, or 3, red, green and
/// blue), in bytes from 0 to 255; light and dark changed over if `invert`.
///
/// # Errors
/// A file that cannot be read or is no PNG.
pub fn read_picture(
    path: &Path,
    [height, width, channels]: [usize; 3],
    invert: bool,
) -> Result<Array3<f64>, PictureError> {
    let picture = decode(path).map_err(|source| PictureError {
        path: path.to_owned(),
        source,
    })?;
    let (columns, rows) = (width as u32, height as u32);
    let mut picture = picture.resize_exact(columns, rows, FilterType::Triangle);
    if invert {
        picture.invert();
    }
    let bytes = match channels {
        1 => picture.into_luma8().into_raw(),
        _ => picture.into_rgb8().into_raw(),
    };
    let bytes = bytes.into_iter().map(f64::from).collect();
    Ok(Array3::from_shape_vec((height, width, channels), bytes).expect("a byte for each number"))
}

fn decode(path: &Path) -> Result<DynamicImage, ImageError> {
    let mut reader = ImageReader::open(path)?.with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(LARGEST_SIDE);
    limits.max_image_height = Some(LARGEST_SIDE);
    reader.limits(limits);
    reader.decode()
}
