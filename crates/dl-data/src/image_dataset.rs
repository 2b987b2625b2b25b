//! Images with a class label for each.

use dl_core::{
    Mode, Scalar, Source, instantiate,
    source::{SourceBatch, SourceError, SourceTargets},
};
use ndarray::{Array1, Array4, Axis, Slice};

use crate::{
    DatasetError,
    check::{check_labels, check_rows, class_counts},
    dataset::check_classes,
};

/// Images and a class label for each, with class names: a data set for image classification.
///
/// It is always valid: every image has one label, every label a class; there are at least one image, one pixel, one
/// channel and two classes; class names are distinct.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageDataset<F> {
    images: Array4<F>,
    labels: Array1<usize>,
    class_names: Vec<String>,
}

impl<F: Scalar> ImageDataset<F> {
    /// A data set of `images` `[n, height, width, channels]` and `labels` `[n]`; label k means
    /// `class_names[k]`.
    ///
    /// ```
    /// use dl_data::{ImageDataset, ndarray::{Array4, array}};
    /// let images = Array4::<f32>::zeros((3, 8, 8, 1));
    /// let data = ImageDataset::new(images, array![0, 1, 1], vec!["cat".into(), "dog".into()])?;
    /// assert_eq!(data.class_counts(), [1, 2]);
    /// # Ok::<(), dl_data::DatasetError>(())
    /// ```
    ///
    /// # Errors
    /// Anything that makes the data set invalid, with its location.
    pub fn new(
        images: Array4<F>,
        labels: Array1<usize>,
        class_names: Vec<String>,
    ) -> Result<Self, DatasetError> {
        new(images, labels, class_names)
    }

    /// All images of a source, as it gives them for evaluation; `class_names[k]` is the name of class k.
    ///
    /// # Errors
    /// Samples that are not images `[h, w, c]`, or without classes; a sample that cannot be read; not enough memory; and
    /// as in [`new`](Self::new).
    pub fn from_source<S: Source<F>>(
        source: &S,
        class_names: &[String],
    ) -> Result<Self, SourceError> {
        from_source(source, class_names)
    }

    /// Images, `[n, height, width, channels]`.
    pub fn images(&self) -> &Array4<F> {
        &self.images
    }

    /// Class index of each image, from 0, `[n]`.
    pub fn labels(&self) -> &Array1<usize> {
        &self.labels
    }

    /// Name of each class.
    pub fn class_names(&self) -> &[String] {
        &self.class_names
    }

    /// Consumes the data set and returns images and labels.
    pub fn into_parts(self) -> (Array4<F>, Array1<usize>) {
        (self.images, self.labels)
    }

    /// Number of images, at least 1.
    #[expect(clippy::len_without_is_empty, reason = "a data set is never empty")]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Number of images of each class, which may be 0.
    pub fn class_counts(&self) -> Vec<usize> {
        class_counts(&self.labels, self.class_names.len())
    }

    /// The given images, in the given order, with the same classes.
    ///
    /// # Errors
    /// An image that does not exist; no images.
    pub fn select(&self, rows: &[usize]) -> Result<Self, DatasetError> {
        select(self, rows)
    }

    /// The first `count` images, with the same classes.
    ///
    /// # Errors
    /// A count of 0 or above the number of images.
    pub fn first(&self, count: usize) -> Result<Self, DatasetError> {
        first(self, count)
    }
}

instantiate! {
    fn new<F: Scalar>(
        images: Array4<F>,
        labels: Array1<usize>,
        class_names: Vec<String>,
    ) -> Result<ImageDataset<F>, DatasetError> {
        let what = "ImageDataset";
        if images.is_empty() {
            return Err(DatasetError::Empty { what });
        }
        let rows = images.shape()[0];
        if rows != labels.len() {
            return Err(DatasetError::ImageCount {
                images: rows,
                labels: labels.len(),
            });
        }
        check_classes(&class_names)?;
        check_labels(&labels, class_names.len())?;
        Ok(ImageDataset {
            images,
            // a source shows them as a slice
            labels: labels.iter().copied().collect(),
            class_names,
        })
    }

    fn from_source<F: Scalar>(
        source: &dyn Source<F>,
        class_names: &[String],
    ) -> Result<ImageDataset<F>, SourceError> {
        let (&[height, width, channels], SourceTargets::Classes(labels)) =
            (source.sample_shape(), source.targets())
        else {
            let shape = source.sample_shape().to_vec();
            return Err(DatasetError::NotImages { shape }.into());
        };
        let sizes = [labels.len(), height, width, channels];
        // if it is too much, so is the largest number
        let count = sizes.into_iter().fold(1, usize::saturating_mul);
        let mut values = dl_core::memory::filled(count, F::zero)?;
        let all: Vec<usize> = (0..labels.len()).collect();
        let batch = SourceBatch { x: &mut values, values: &mut [] };
        source.read(&all, Mode::Eval, batch)?;
        let shape = (labels.len(), height, width, channels);
        let images = Array4::from_shape_vec(shape, values)?;
        Ok(new(images, labels.iter().copied().collect(), class_names.to_vec())?)
    }

    fn select<F: Scalar>(
        data: &ImageDataset<F>,
        rows: &[usize],
    ) -> Result<ImageDataset<F>, DatasetError> {
        check_rows(rows, data.len())?;
        Ok(ImageDataset {
            images: data.images.select(Axis(0), rows),
            labels: data.labels.select(Axis(0), rows),
            class_names: data.class_names.clone(),
        })
    }

    fn first<F: Scalar>(data: &ImageDataset<F>, count: usize) -> Result<ImageDataset<F>, DatasetError> {
        if !(1..=data.len()).contains(&count) {
            return Err(DatasetError::FirstImages {
                count,
                images: data.len(),
            });
        }
        let first = Slice::from(..count);
        Ok(ImageDataset {
            images: data.images.slice_axis(Axis(0), first).to_owned(),
            labels: data.labels.slice_axis(Axis(0), first).to_owned(),
            class_names: data.class_names.clone(),
        })
    }
}
