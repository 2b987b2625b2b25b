//! A folder of class folders as a source.

use std::path::{Path, PathBuf};

use dl_core::{
    Mode, Scalar, Source, instantiate,
    source::{SourceBatch, SourceError, SourceTargets},
};
use rayon::prelude::*;

use super::{ImageError, ImageFileError, ImageReader, list::list};
use crate::{
    DatasetError,
    check::check_rows,
    dataset::check_classes,
    sources::{check_read, first_error, to_unit},
};

/// The images in a folder that has a folder for each class; a [`Source`] that decodes images when they are read.
///
/// Classes are the sub-folders in the order of their names (by bytes, as `ls` in the C locale), and images are ordered by
/// class and path. Folders within those of the classes are read, too, symbolic links are followed, and what is hidden
/// (names that begin with a point) is ignored. Anything else that is not a PNG or JPEG file by its name is an error, or
/// is skipped ([`ImageReader::skip_invalid`]).
///
/// Each read decodes its images anew, on all threads. [`ImageStore::pack`](crate::ImageStore::pack) does it once for all.
///
/// # Errors
/// Of [`ImageReader::open_folder`]: a folder that cannot be read; fewer than two classes; a class without images; a file
/// that is no image by its name or is outside of the class folders. A file whose contents cannot be decoded is an error
/// when it is read, unless such files are skipped.
#[derive(Debug)]
pub struct ImageFolder {
    reader: ImageReader,
    shape: [usize; 3],
    class_names: Vec<String>,
    files: Vec<PathBuf>,
    labels: Vec<usize>,
    skipped: Vec<ImageFileError>,
}

impl ImageFolder {
    pub(super) fn open(reader: ImageReader, folder: &Path) -> Result<Self, ImageError> {
        let mut listing = list(folder)?;
        if reader.skip_invalid {
            let decoded: Vec<_> = listing
                .files
                .into_par_iter()
                .map(|file| match reader.bytes(&file.0) {
                    Ok(_) => Ok(file),
                    Err(error) => Err(error),
                })
                .collect();
            listing.files = Vec::new();
            for file in decoded {
                match file {
                    Ok(file) => listing.files.push(file),
                    Err(error) => listing.odd.push(error),
                }
            }
            listing.odd.sort_by(|a, b| a.path.cmp(&b.path));
        } else if !listing.odd.is_empty() {
            return Err(listing.odd.swap_remove(0).into());
        }
        check_classes(&listing.class_names).map_err(|source| ImageError::Classes {
            path: folder.to_owned(),
            source,
        })?;
        let (files, labels): (Vec<_>, Vec<_>) = listing.files.into_iter().unzip();
        // labels are in ascending order
        let has_images = |class: &usize| labels.binary_search(class).is_ok();
        if let Some(class) = (0..listing.class_names.len()).find(|class| !has_images(class)) {
            let path = folder.join(&listing.class_names[class]);
            return Err(ImageError::EmptyClass { path });
        }
        Ok(Self {
            shape: reader.shape(),
            reader,
            class_names: listing.class_names,
            files,
            labels,
            skipped: listing.odd,
        })
    }

    /// Name of each class.
    pub fn class_names(&self) -> &[String] {
        &self.class_names
    }

    /// Class of each image, from 0.
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    /// File of each image.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// Files that were skipped, and why, in the order of their paths; see [`ImageReader::skip_invalid`].
    pub fn skipped(&self) -> &[ImageFileError] {
        &self.skipped
    }

    /// The given images, in the given order, with the same classes.
    ///
    /// # Errors
    /// An image that does not exist; no images.
    pub fn select(&self, images: &[usize]) -> Result<Self, DatasetError> {
        check_rows(images, self.files.len())?;
        Ok(Self {
            reader: self.reader,
            shape: self.shape,
            class_names: self.class_names.clone(),
            files: images.iter().map(|&i| self.files[i].clone()).collect(),
            labels: images.iter().map(|&i| self.labels[i]).collect(),
            skipped: Vec::new(),
        })
    }
}

impl<F: Scalar> Source<F> for ImageFolder {
    fn len(&self) -> usize {
        self.files.len()
    }

    fn sample_shape(&self) -> &[usize] {
        &self.shape
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
        folder: &ImageFolder,
        samples: &[usize],
        batch: SourceBatch<'_, F>,
    ) -> Result<(), SourceError> {
        let length = folder.shape.iter().product();
        check_read(samples, folder.files.len(), length, 0, &batch)?;
        let images = batch.x.par_chunks_exact_mut(length).zip(samples);
        first_error(images.map(|(image, &sample)| {
            to_unit(&folder.reader.bytes(&folder.files[sample])?, image);
            Ok(())
        }))
    }
}
