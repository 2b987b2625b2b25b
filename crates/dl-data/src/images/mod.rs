//! Images in PNG and JPEG files: single ones, and folders with a folder for each class.

mod decode;
mod error;
mod folder;
#[cfg(feature = "jpeg")]
mod jpeg;
mod list;
mod png;
mod resize;

use std::path::Path;

use dl_core::{Scalar, instantiate};
use ndarray::Array3;

pub use error::{ImageError, ImageFileError, ImageProblem};
pub use folder::ImageFolder;

use crate::sources::to_unit;
use decode::decode;
use resize::resize;

/// The most pixels along a side of an image, in a file and in memory.
const LARGEST_SIDE: usize = 16_384;

/// How image files become arrays `[height, width, channels]` of values in [0, 1]: stored byte ÷ 255.
///
/// PNG files may be of any kind (palettes, interlaced, 1 to 16 bits); JPEG files, baseline or progressive, need the feature
/// `jpeg`. What a file is, its contents tell, not its name.
///
/// - **Channels**: 3 (red, green, blue; grey in each of them for a grey image) or 1, grey = 0.299 R + 0.587 G + 0.114 B
///   rounded as in Pillow's `convert("L")`. Opacity is dropped: a transparent pixel has the colour that is stored for it.
///   Profiles, gamma and the orientation in EXIF are ignored.
/// - **Size**: other sizes are resampled with the triangle filter (bilinear interpolation, which widens to take in all
///   pixels of a larger image), as in Pillow's `resize` with `BILINEAR`, rounded to whole bytes.
/// - **Limits**: a side may have 16384 pixels, and the pixels of an image may take 64 MiB plus 16 times the size of its file;
///   more is an error before anything is decoded. A decoder of progressive JPEG files needs up to twice as much beside it.
///
/// ```no_run
/// use dl_data::{ImageReader, Resize};
/// let reader = ImageReader::new([64, 64]).channels(1).resize(Resize::Stretch);
/// let image = reader.read::<f32>("cat.png")?; // [64, 64, 1]
/// let folder = reader.skip_invalid().open_folder("animals/train")?;
/// println!("{} images, {} skipped", folder.labels().len(), folder.skipped().len());
/// # Ok::<(), dl_data::ImageError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageReader {
    size: [usize; 2],
    channels: usize,
    resize: Resize,
    skip_invalid: bool,
}

/// How an image of another shape is brought to the size asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Resize {
    /// The largest part of the shape asked for around the image's centre is resized, as in Pillow's `ImageOps.fit`: the
    /// shorter side is kept whole, and proportions stay as they are.
    #[default]
    CenterCrop,
    /// The whole image, whose proportions change.
    Stretch,
}

impl ImageReader {
    /// Images of this size, `[height, width]`, of 3 channels, by [`Resize::CenterCrop`].
    pub fn new(size: [usize; 2]) -> Self {
        Self {
            size,
            channels: 3,
            resize: Resize::default(),
            skip_invalid: false,
        }
    }

    /// Channels, 1 (grey) or 3 (red, green, blue).
    pub fn channels(self, channels: usize) -> Self {
        Self { channels, ..self }
    }

    /// How an image of another shape is brought to the size.
    pub fn resize(self, resize: Resize) -> Self {
        Self { resize, ..self }
    }

    /// In a folder, files that are not images or cannot be read are skipped and listed ([`ImageFolder::skipped`]); without
    /// this they are errors. To find them, opening the folder decodes each file once.
    pub fn skip_invalid(self) -> Self {
        Self {
            skip_invalid: true,
            ..self
        }
    }

    /// The image of a file, `[height, width, channels]`.
    ///
    /// # Errors
    /// A size or number of channels that is not possible; a file that cannot be read, is damaged, or neither PNG nor JPEG;
    /// an image that is too large.
    pub fn read<F: Scalar>(&self, path: impl AsRef<Path>) -> Result<Array3<F>, ImageError> {
        read(self, path.as_ref())
    }

    /// The images of a folder, whose sub-folders are the classes.
    ///
    /// # Errors
    /// See [`ImageFolder`].
    pub fn open_folder(&self, path: impl AsRef<Path>) -> Result<ImageFolder, ImageError> {
        self.check()?;
        ImageFolder::open(*self, path.as_ref())
    }

    fn shape(&self) -> [usize; 3] {
        [self.size[0], self.size[1], self.channels]
    }

    fn check(&self) -> Result<(), ImageError> {
        let [height, width] = self.size;
        if ![height, width]
            .iter()
            .all(|side| (1..=LARGEST_SIDE).contains(side))
        {
            return Err(ImageError::Size { height, width });
        }
        match self.channels {
            1 | 3 => Ok(()),
            channels => Err(ImageError::Channels { channels }),
        }
    }

    /// The bytes of an image of the size and channels asked for.
    fn bytes(&self, path: &Path) -> Result<Vec<u8>, ImageFileError> {
        let read = || {
            let decoded = decode(&dl_fs::read(path)?, self.channels)?;
            Ok(resize(decoded, self.size, self.resize))
        };
        read().map_err(|problem| ImageFileError {
            path: path.to_owned(),
            problem,
        })
    }
}

instantiate! {
    fn read<F: Scalar>(reader: &ImageReader, path: &Path) -> Result<Array3<F>, ImageError> {
        reader.check()?;
        let bytes = reader.bytes(path)?;
        let mut image = Array3::zeros(reader.shape());
        to_unit(&bytes, image.as_slice_mut().expect("it is in standard layout"));
        Ok(image)
    }
}
