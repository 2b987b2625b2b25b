//! Images as PNG.

use std::io::Cursor;

use base64::{Engine, prelude::BASE64_STANDARD};
use dl_viz::{Figure, FigureError, Number};
use ndarray::{Array3, ArrayView3};

/// An image as PNG, for an event file or a report.
///
/// ```
/// use dl_watch::{Image, ndarray::Array3};
///
/// let digit = Array3::from_shape_fn((28, 28, 1), |(y, x, _)| (y * x) as f32 / 729.0);
/// let image = Image::new(&digit)?;
/// assert_eq!(image.size(), (28, 28));
/// # Ok::<(), dl_watch::ImageError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    width: u32,
    height: u32,
    png: Vec<u8>,
}

/// Why an image cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// Pixels that are neither grey nor colour, or no pixels.
    #[error(
        "pixels of shape {shape:?} are not an image: the shape must be [height, width, channels] with 1 or 3 channels and no \
         axis of length 0"
    )]
    Shape {
        /// The shape of the pixels.
        shape: Vec<usize>,
    },
    /// Too many values.
    #[error("pixels of shape {shape:?} have more than 100 million values")]
    TooLarge {
        /// The shape of the pixels.
        shape: Vec<usize>,
    },
    /// A pixel that is NaN or infinite.
    #[error(
        "the pixel in row {row}, column {column}, channel {channel} is {value}; it must be finite"
    )]
    NotFinite {
        /// Row, from 0.
        row: usize,
        /// Column, from 0.
        column: usize,
        /// Channel, from 0.
        channel: usize,
        /// The value.
        value: f64,
    },
    /// Bytes that are not a PNG, or values that could not be encoded.
    #[error("PNG: {0}")]
    Png(String),
    /// A figure that cannot be drawn.
    #[error(transparent)]
    Figure(#[from] FigureError),
}

/// Maximum number of values of an image: 800 MB while it is encoded.
const MAX_VALUES: usize = 100_000_000;

impl Image {
    /// An image of pixels `[height, width, channels]`, clipped to 0..=1: one channel is grey, from 0, black, to 1,
    /// white; three are red, green and blue.
    ///
    /// # Errors
    /// [`ImageError`] if the pixels have a different shape, more than 100 million values, or are not finite.
    pub fn new<'a, T: Number + Copy + 'a>(
        pixels: impl Into<ArrayView3<'a, T>>,
    ) -> Result<Self, ImageError> {
        Self::encode(&values(pixels.into())?, (0.0, 1.0))
    }

    /// Like [`new`](Self::new), with the smallest value black and the largest white, for standardised pixels and
    /// feature maps.
    ///
    /// # Errors
    /// Same as [`new`](Self::new).
    pub fn scaled<'a, T: Number + Copy + 'a>(
        pixels: impl Into<ArrayView3<'a, T>>,
    ) -> Result<Self, ImageError> {
        Self::encode_scaled(&values(pixels.into())?)
    }

    fn encode_scaled(pixels: &Array3<f64>) -> Result<Self, ImageError> {
        let low = pixels.iter().copied().fold(f64::INFINITY, f64::min);
        let high = pixels.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Self::encode(pixels, (low, high))
    }

    /// An image that is already a PNG. Only its header is read.
    ///
    /// # Errors
    /// [`ImageError::Png`] if the header is not that of a PNG.
    pub fn from_png(png: Vec<u8>) -> Result<Self, ImageError> {
        let mut decoder = png::Decoder::new(Cursor::new(&png));
        let header = decoder.read_header_info();
        let header = header.map_err(|error| ImageError::Png(error.to_string()))?;
        let (width, height) = header.size();
        Ok(Self { width, height, png })
    }

    /// A figure at 200 pixels per inch.
    ///
    /// # Errors
    /// [`ImageError::Figure`] if it cannot be drawn.
    pub fn from_figure(figure: &Figure) -> Result<Self, ImageError> {
        Self::from_png(figure.to_png()?)
    }

    /// Width and height in pixels.
    pub fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// The bytes of the PNG.
    pub fn png(&self) -> &[u8] {
        &self.png
    }

    /// The image as a data URI.
    pub(crate) fn data_uri(&self) -> String {
        format!(
            "data:image/png;base64,{}",
            BASE64_STANDARD.encode(&self.png)
        )
    }

    /// Encodes pixels as bytes, `low` as 0 and `high` as 255.
    fn encode(pixels: &Array3<f64>, (low, high): (f64, f64)) -> Result<Self, ImageError> {
        let shape = || ImageError::Shape {
            shape: pixels.shape().to_vec(),
        };
        let (height, width, channels) = pixels.dim();
        let color = match channels {
            1 => png::ColorType::Grayscale,
            3 => png::ColorType::Rgb,
            _ => return Err(shape()),
        };
        let side = |length| u32::try_from(length).ok().filter(|&length| length > 0);
        let (width, height) = side(width).zip(side(height)).ok_or_else(shape)?;
        for ((row, column, channel), &value) in pixels.indexed_iter() {
            if !value.is_finite() {
                return Err(ImageError::NotFinite {
                    row,
                    column,
                    channel,
                    value,
                });
            }
        }
        // halved, so that the span cannot overflow; if all pixels are equal they are black
        let span = (high / 2.0 - low / 2.0).max(f64::MIN_POSITIVE);
        let level = |value: f64| (value / 2.0 - low / 2.0) / span;
        let bytes: Vec<u8> = pixels
            .iter()
            .map(|&value| (level(value).clamp(0.0, 1.0) * 255.0).round() as u8)
            .collect();

        let mut png = Vec::new();
        let mut encoder = png::Encoder::new(&mut png, width, height);
        encoder.set_color(color);
        encoder.set_depth(png::BitDepth::Eight);
        let written = encoder.write_header().and_then(|mut writer| {
            writer.write_image_data(&bytes)?;
            writer.finish()
        });
        written.map_err(|error| ImageError::Png(error.to_string()))?;
        Ok(Self { width, height, png })
    }
}

/// A copy of the pixels, unless there are too many: an array may be broadcast to any size.
fn values<T: Number + Copy>(pixels: ArrayView3<'_, T>) -> Result<Array3<f64>, ImageError> {
    if pixels.len() > MAX_VALUES {
        let shape = pixels.shape().to_vec();
        return Err(ImageError::TooLarge { shape });
    }
    Ok(pixels.mapv(Number::to_f64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    /// The bytes of an image's pixels.
    fn decoded(image: &Image) -> Vec<u8> {
        let mut reader = png::Decoder::new(Cursor::new(image.png()))
            .read_info()
            .unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn pixels_survive_a_round_trip() {
        let gray = array![[[0.0], [0.5]], [[1.0], [7.0]]];
        assert_eq!(decoded(&Image::new(&gray).unwrap()), [0, 128, 255, 255]);
        let color = array![[[1.0, 0.0, -3.0]]];
        assert_eq!(decoded(&Image::new(&color).unwrap()), [255, 0, 0]);
    }

    #[test]
    fn the_smallest_is_black_and_the_largest_white() {
        let pixels = array![[[-2.0f32], [0.0], [2.0]]];
        assert_eq!(decoded(&Image::scaled(&pixels).unwrap()), [0, 128, 255]);
        let wide = array![[[f64::MIN], [0.0], [f64::MAX]]];
        assert_eq!(decoded(&Image::scaled(&wide).unwrap()), [0, 128, 255]);
        let flat = array![[[3.0], [3.0]]];
        assert_eq!(decoded(&Image::scaled(&flat).unwrap()), [0, 0]);
    }

    #[test]
    fn pixels_are_checked_in_every_memory_layout() {
        let mut pixels = Array3::from_shape_fn((2, 3, 1), |(y, x, _)| (3 * y + x) as f64 / 5.0);
        let bytes = [0, 51, 102, 153, 204, 255];
        let layouts = |pixels: &Array3<f64>| {
            let mut transposed = Array3::zeros((1, 3, 2)).reversed_axes();
            transposed.assign(pixels);
            let mut reversed = pixels.clone();
            reversed.invert_axis(ndarray::Axis(1));
            reversed.assign(pixels);
            [pixels.clone(), transposed, reversed]
        };
        for pixels in layouts(&pixels) {
            assert_eq!(decoded(&Image::new(&pixels).unwrap()), bytes);
        }
        pixels[[1, 0, 0]] = f64::NAN;
        for pixels in layouts(&pixels) {
            let error = Image::new(&pixels).unwrap_err().to_string();
            let expected = "the pixel in row 1, column 0, channel 0 is NaN; it must be finite";
            assert_eq!(error, expected);
        }
    }

    #[test]
    fn a_png_keeps_its_bytes_and_says_its_size() {
        let image = Image::new(&Array3::<f64>::zeros((2, 5, 3))).unwrap();
        let again = Image::from_png(image.png().to_vec()).unwrap();
        assert_eq!(again, image);
        assert_eq!(again.size(), (5, 2));
    }

    #[test]
    fn invalid_images_are_rejected() {
        let rejected = |shape| {
            Image::new(&Array3::<f64>::zeros(shape))
                .unwrap_err()
                .to_string()
        };
        for shape in [(2, 2, 2), (0, 2, 1), (2, 0, 3), (2, 2, 0)] {
            let (height, width, channels) = shape;
            let named = format!("pixels of shape [{height}, {width}, {channels}] are not an image");
            assert!(rejected(shape).starts_with(&named), "{}", rejected(shape));
        }
        let error = Image::new(&array![[[0.0], [f64::NAN]]]).unwrap_err();
        let expected = "the pixel in row 0, column 1, channel 0 is NaN; it must be finite";
        assert_eq!(error.to_string(), expected);
        let many = Array3::<f32>::zeros((1, 1, 1));
        let many = many.broadcast((1 << 31, 1 << 31, 1)).unwrap();
        assert!(matches!(Image::new(many), Err(ImageError::TooLarge { .. })));
        assert!(matches!(
            Image::scaled(many),
            Err(ImageError::TooLarge { .. })
        ));
        let error = Image::scaled(&array![[[0.0], [f64::INFINITY]]]).unwrap_err();
        assert!(matches!(error, ImageError::NotFinite { column: 1, .. }));
        assert!(matches!(
            Image::from_png(b"GIF89a".to_vec()),
            Err(ImageError::Png(_))
        ));
    }
}
