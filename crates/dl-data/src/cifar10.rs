//! CIFAR-10 in its binary format.

use std::{
    io,
    path::{Path, PathBuf},
};

use dl_core::{
    Mode, Scalar, Source, instantiate,
    source::{SourceBatch, SourceError, SourceTargets},
    text::shown_path,
};
use rayon::prelude::*;

use crate::{
    positioned::PositionedFile,
    sources::{check_read, first_error, to_unit},
};

const SIDE: usize = 32;
const CHANNELS: usize = 3;
const IMAGE: usize = SIDE * SIDE * CHANNELS;
/// A label and an image.
const RECORD: usize = 1 + IMAGE;
const SHAPE: [usize; 3] = [SIDE, SIDE, CHANNELS];
const CLASSES: [&str; 10] = [
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
];

/// CIFAR-10 (Krizhevsky 2009), 60 000 colour images `[32, 32, 3]` of ten classes in [0, 1]: stored byte ÷ 255.
///
/// The files are those of the binary version (`cifar-10-binary.tar.gz`, unpacked): each image is a byte for its class and
/// 1024 bytes each for red, green and blue.
///
/// ```no_run
/// use dl_data::{Cifar10, ImageDataset};
/// let cifar = Cifar10::open("cifar-10-batches-bin")?;
/// // read from the files when it is needed, or all of it in memory
/// let train = ImageDataset::<f32>::from_source(&cifar.train, &Cifar10::class_names())?;
/// assert_eq!(train.images().dim(), (50_000, 32, 32, 3));
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
#[derive(Debug)]
pub struct Cifar10 {
    /// The training images, of `data_batch_1.bin` to `data_batch_5.bin`.
    pub train: CifarImages,
    /// The test images, of `test_batch.bin`.
    pub test: CifarImages,
}

impl Cifar10 {
    /// Opens the files in a folder.
    ///
    /// # Errors
    /// Same as [`CifarImages::open`].
    pub fn open(folder: impl AsRef<Path>) -> Result<Self, CifarError> {
        let folder = folder.as_ref();
        let train = (1..=5).map(|i| folder.join(format!("data_batch_{i}.bin")));
        Ok(Self {
            train: CifarImages::open(train)?,
            test: CifarImages::open([folder.join("test_batch.bin")])?,
        })
    }

    /// Names of the classes, in the order of the labels.
    pub fn class_names() -> Vec<String> {
        CLASSES.map(String::from).to_vec()
    }
}

/// Images in files of CIFAR-10's binary format; a [`Source`] that reads them by position.
#[derive(Debug)]
pub struct CifarImages {
    files: Vec<CifarFile>,
    labels: Vec<usize>,
}

#[derive(Debug)]
struct CifarFile {
    path: PathBuf,
    file: PositionedFile,
    /// Number of its first image, counted through all files.
    first: usize,
}

impl CifarImages {
    /// Opens files, whose images come one after the other, and reads their labels.
    ///
    /// # Errors
    /// A file that cannot be read; one whose length is not that of one image or more; a label above 9; no files.
    pub fn open<P: AsRef<Path>>(files: impl IntoIterator<Item = P>) -> Result<Self, CifarError> {
        let mut images = Self {
            files: Vec::new(),
            labels: Vec::new(),
        };
        for path in files {
            images.add(path.as_ref())?;
        }
        match images.labels.is_empty() {
            true => Err(CifarError::NoFiles),
            false => Ok(images),
        }
    }

    /// Class of each image, from 0.
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    fn add(&mut self, path: &Path) -> Result<(), CifarError> {
        let io = |source| CifarError::Io {
            path: path.to_owned(),
            source,
        };
        let file = PositionedFile::new(dl_fs::open(path).map_err(io)?);
        let bytes = file.len().map_err(io)?;
        if bytes == 0 || bytes % RECORD as u64 != 0 {
            return Err(CifarError::Length {
                path: path.to_owned(),
                bytes,
            });
        }
        let first = self.labels.len();
        for offset in (0..bytes).step_by(RECORD) {
            let mut label = [0];
            file.read_exact_at(&mut label, offset).map_err(io)?;
            let label = usize::from(label[0]);
            if label >= CLASSES.len() {
                return Err(CifarError::Label {
                    path: path.to_owned(),
                    image: self.labels.len() - first,
                    label,
                });
            }
            self.labels.push(label);
        }
        self.files.push(CifarFile {
            path: path.to_owned(),
            file,
            first,
        });
        Ok(())
    }

    /// The bytes of an image as stored, `[channels, height, width]`.
    fn planes(&self, image: usize, planes: &mut [u8]) -> Result<(), CifarError> {
        let after = self.files.partition_point(|file| file.first <= image);
        let CifarFile { path, file, first } = &self.files[after - 1];
        let offset = (image - first) * RECORD + 1;
        let read = file.read_exact_at(planes, offset as u64);
        read.map_err(|source| CifarError::Io {
            path: path.clone(),
            source,
        })
    }
}

impl<F: Scalar> Source<F> for CifarImages {
    fn len(&self) -> usize {
        self.labels.len()
    }

    fn sample_shape(&self) -> &[usize] {
        &SHAPE
    }

    fn targets(&self) -> SourceTargets<'_> {
        SourceTargets::Classes(&self.labels)
    }

    fn read(
        &self,
        samples: &[usize],
        _: Mode,
        batch: SourceBatch<'_, F>,
    ) -> Result<(), SourceError> {
        read(self, samples, batch)
    }
}

instantiate! {
    fn read<F: Scalar>(
        images: &CifarImages,
        samples: &[usize],
        batch: SourceBatch<'_, F>,
    ) -> Result<(), SourceError> {
        check_read(samples, images.labels.len(), IMAGE, 0, &batch)?;
        let all = batch.x.par_chunks_exact_mut(IMAGE).zip(samples);
        first_error(all.map_init(|| [[0; IMAGE]; 2], |[planes, pixels], (image, &sample)| {
            images.planes(sample, planes)?;
            for (channel, plane) in planes.chunks_exact(SIDE * SIDE).enumerate() {
                let values = pixels.iter_mut().skip(channel).step_by(CHANNELS);
                values.zip(plane).for_each(|(value, &byte)| *value = byte);
            }
            to_unit(pixels, image);
            Ok(())
        }))
    }
}

/// Why files of CIFAR-10 cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CifarError {
    /// A file cannot be read.
    #[error("{}: {source}", shown_path(path))]
    Io {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// A file of something else, or truncated.
    #[error(
        "{}: {bytes} bytes; a file of CIFAR-10's binary version has {RECORD} for each image",
        shown_path(path)
    )]
    Length {
        /// The file.
        path: PathBuf,
        /// Its length.
        bytes: u64,
    },
    /// A label that is none of a class.
    #[error(
        "{}, image {image}: the label is {label}, but there are classes 0 to 9",
        shown_path(path)
    )]
    Label {
        /// The file.
        path: PathBuf,
        /// Number of the image in this file.
        image: usize,
        /// The label.
        label: usize,
    },
    /// No files were given.
    #[error("no files of CIFAR-10 to read")]
    NoFiles,
}
