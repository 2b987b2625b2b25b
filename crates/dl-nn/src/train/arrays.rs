//! Arrays as a source.

use dl_core::source::{InMemory, SourceBatch, SourceError, SourceTargets};
use dl_core::{Mode, Scalar, Source};
use ndarray::{CowArray, Ix1, IxDyn};

use crate::target::Target;

/// Samples `[n, …input]` and their targets.
pub(super) struct Arrays<'a, F> {
    /// In standard layout.
    x: CowArray<'a, F, IxDyn>,
    targets: Target<'a, F>,
}

impl<'a, F: Scalar> Arrays<'a, F> {
    /// As many samples, in standard layout, as targets.
    pub(super) fn new(x: CowArray<'a, F, IxDyn>, targets: Target<'a, F>) -> Self {
        let targets = match targets {
            Target::Classes(classes) => Target::Classes(contiguous(classes)),
            values @ Target::Values(_) => values,
        };
        Self { x, targets }
    }

    fn all(&self) -> InMemory<'_, F> {
        InMemory {
            x: self.x.as_slice().expect("in standard layout"),
            values: match &self.targets {
                Target::Classes(_) => &[],
                Target::Values(values) => values.as_slice().expect("in standard layout"),
            },
        }
    }
}

impl<F: Scalar> Source<F> for Arrays<'_, F> {
    fn len(&self) -> usize {
        self.targets.len()
    }

    fn sample_shape(&self) -> &[usize] {
        &self.x.shape()[1..]
    }

    fn targets(&self) -> SourceTargets<'_> {
        match &self.targets {
            Target::Classes(classes) => {
                SourceTargets::Classes(classes.as_slice().expect("made contiguous"))
            }
            Target::Values(values) => SourceTargets::Values {
                width: values.ncols(),
            },
        }
    }

    fn read(
        &self,
        samples: &[usize],
        _: Mode,
        batch: SourceBatch<'_, F>,
    ) -> Result<(), SourceError> {
        read_in_memory(self.all(), samples, batch);
        Ok(())
    }

    fn in_memory(&self) -> Option<InMemory<'_, F>> {
        Some(self.all())
    }
}

/// Copies the samples with these numbers, and their values.
pub(super) fn read_in_memory<F: Copy>(
    all: InMemory<'_, F>,
    samples: &[usize],
    batch: SourceBatch<'_, F>,
) {
    gather(all.x, samples, batch.x);
    gather(all.values, samples, batch.values);
}

/// The rows of these samples, one after another.
fn gather<F: Copy>(all: &[F], samples: &[usize], rows: &mut [F]) {
    let size = rows.len() / samples.len();
    if size > 0 {
        for (&i, row) in samples.iter().zip(rows.chunks_exact_mut(size)) {
            row.copy_from_slice(&all[i * size..(i + 1) * size]);
        }
    }
}

fn contiguous(classes: CowArray<'_, usize, Ix1>) -> CowArray<'_, usize, Ix1> {
    if classes.is_standard_layout() {
        return classes;
    }
    classes.as_standard_layout().into_owned().into()
}
