//! The data sets in memory as sources.

use dl_core::{
    Mode, Scalar, Source, instantiate,
    source::{InMemory, SourceBatch, SourceError, SourceTargets},
};
use ndarray::{ArrayView, ArrayViewD, Axis, Dimension, IxDyn};

use super::check_read;
use crate::{Dataset, DatasetError, ImageDataset, RegressionDataset};

/// The images, with the classes as targets; in memory unless [`images`](ImageDataset::images) is in another layout.
impl<F: Scalar> Source<F> for ImageDataset<F> {
    fn len(&self) -> usize {
        self.labels().len()
    }

    fn sample_shape(&self) -> &[usize] {
        &self.images().shape()[1..]
    }

    fn targets(&self) -> SourceTargets<'_> {
        classes(self.labels().as_slice())
    }

    fn read(
        &self,
        samples: &[usize],
        _: Mode,
        batch: SourceBatch<'_, F>,
    ) -> Result<(), SourceError> {
        Ok(read(self.images().view().into_dyn(), None, samples, batch)?)
    }

    fn in_memory(&self) -> Option<InMemory<'_, F>> {
        let x = self.images().as_slice()?;
        Some(InMemory { x, values: &[] })
    }
}

/// The rows, with the classes as targets; in memory unless [`features`](Dataset::features) is in another layout.
impl<F: Scalar> Source<F> for Dataset<F> {
    fn len(&self) -> usize {
        self.labels().len()
    }

    fn sample_shape(&self) -> &[usize] {
        &self.features().shape()[1..]
    }

    fn targets(&self) -> SourceTargets<'_> {
        classes(self.labels().as_slice())
    }

    fn read(
        &self,
        samples: &[usize],
        _: Mode,
        batch: SourceBatch<'_, F>,
    ) -> Result<(), SourceError> {
        Ok(read(
            self.features().view().into_dyn(),
            None,
            samples,
            batch,
        )?)
    }

    fn in_memory(&self) -> Option<InMemory<'_, F>> {
        let x = self.features().as_slice()?;
        Some(InMemory { x, values: &[] })
    }
}

/// The rows, with one value each as target; in memory unless [`features`](RegressionDataset::features) or
/// [`target`](RegressionDataset::target) is in another layout.
impl<F: Scalar> Source<F> for RegressionDataset<F> {
    fn len(&self) -> usize {
        self.target().len()
    }

    fn sample_shape(&self) -> &[usize] {
        &self.features().shape()[1..]
    }

    fn targets(&self) -> SourceTargets<'_> {
        SourceTargets::Values { width: 1 }
    }

    fn read(
        &self,
        samples: &[usize],
        _: Mode,
        batch: SourceBatch<'_, F>,
    ) -> Result<(), SourceError> {
        let values = self.target().view().insert_axis(Axis(1)).into_dyn();
        let x = self.features().view().into_dyn();
        Ok(read(x, Some(values), samples, batch)?)
    }

    fn in_memory(&self) -> Option<InMemory<'_, F>> {
        let (x, values) = (self.features().as_slice()?, self.target().as_slice()?);
        Some(InMemory { x, values })
    }
}

fn classes(labels: Option<&[usize]>) -> SourceTargets<'_> {
    SourceTargets::Classes(labels.expect("data sets keep their labels in order"))
}

instantiate! {
    fn read<'a, F: Scalar>(
        x: ArrayViewD<'a, F>,
        values: Option<ArrayViewD<'a, F>>,
        samples: &[usize],
        batch: SourceBatch<'_, F>,
    ) -> Result<(), DatasetError> {
        let width = values.as_ref().map_or(0, |values| values.shape()[1]);
        let length = x.shape()[1..].iter().product();
        check_read(samples, x.shape()[0], length, width, &batch)?;
        copy(&x, samples, batch.x);
        if let Some(values) = values && !batch.values.is_empty() {
            copy(&values, samples, batch.values);
        }
        Ok(())
    }
}

/// Copies these rows of `from` into `to`, one after the other.
fn copy<F: Scalar>(from: &ArrayView<'_, F, IxDyn>, samples: &[usize], to: &mut [F]) {
    let length = from.raw_dim().slice()[1..].iter().product::<usize>();
    for (&sample, to) in samples.iter().zip(to.chunks_exact_mut(length.max(1))) {
        let row = from.index_axis(Axis(0), sample);
        match row.as_slice() {
            Some(row) => to.copy_from_slice(row),
            None => to.iter_mut().zip(&row).for_each(|(to, &value)| *to = value),
        }
    }
}
