//! Where samples come from: an array, a folder of images, a table on disk, images changed at random.

use std::error::Error;

use rand::seq::SliceRandom;

use crate::mode::Mode;
use crate::random::generator;

/// Samples with their targets, which are read in batches and need not be in memory.
///
/// What [`read`](Self::read) writes depends on the sample's number and the mode alone, never on the batch the sample
/// is in, on earlier calls or on threads. Therefore a run over any source can be repeated, or resumed, bit-identically.
///
/// ```
/// use dl_core::source::{SourceBatch, SourceError, SourceTargets};
/// use dl_core::{Mode, Source};
///
/// /// The numbers from 0 up, each with its square.
/// struct Squares(usize);
///
/// impl Source<f32> for Squares {
///     fn len(&self) -> usize {
///         self.0
///     }
///
///     fn sample_shape(&self) -> &[usize] {
///         &[1]
///     }
///
///     fn targets(&self) -> SourceTargets<'_> {
///         SourceTargets::Values { width: 1 }
///     }
///
///     fn read(
///         &self,
///         samples: &[usize],
///         _: Mode,
///         batch: SourceBatch<'_, f32>,
///     ) -> Result<(), SourceError> {
///         for (i, &sample) in samples.iter().enumerate() {
///             batch.x[i] = sample as f32;
///             batch.values[i] = batch.x[i] * batch.x[i];
///         }
///         Ok(())
///     }
/// }
///
/// let (mut x, mut values) = ([0.0; 2], [0.0; 2]);
/// let batch = SourceBatch { x: &mut x, values: &mut values };
/// Squares(10).read(&[9, 3], Mode::Eval, batch)?;
/// assert_eq!((x, values), ([9.0, 3.0], [81.0, 9.0]));
/// # Ok::<(), SourceError>(())
/// ```
pub trait Source<F>: Sync {
    /// Number of samples.
    fn len(&self) -> usize;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Shape of a sample: `[features]`, `[height, width, channels]`.
    fn sample_shape(&self) -> &[usize];

    /// The targets.
    fn targets(&self) -> SourceTargets<'_>;

    /// Reads the samples of these numbers, in this order. In [`Mode::Train`] a sample may be changed at random, drawn
    /// from the mode's seed and the sample's number; the seed is another one in every epoch.
    ///
    /// # Errors
    /// A sample that cannot be read; the error names it as its user knows it (a file, a line).
    fn read(
        &self,
        samples: &[usize],
        mode: Mode,
        batch: SourceBatch<'_, F>,
    ) -> Result<(), SourceError>;

    /// Brings the numbers of an epoch's samples, which are in ascending order, into random order. A source on a disk
    /// may shuffle less thoroughly, so that samples that are stored together are read together.
    fn shuffle(&self, samples: &mut [usize], seed: u64) {
        samples.shuffle(&mut generator(seed));
    }

    /// All samples, if they are in memory as [`read`](Self::read) would give them in either mode: they are then used in
    /// place, and no thread reads ahead.
    fn in_memory(&self) -> Option<InMemory<'_, F>> {
        None
    }
}

/// All samples of a [`Source`] and their values.
#[derive(Debug, Clone, Copy)]
pub struct InMemory<'a, F> {
    /// The samples `[n, …sample]` in standard layout.
    pub x: &'a [F],
    /// Their values `[n, width]` in standard layout; empty if the targets are classes.
    pub values: &'a [F],
}

/// The targets of a [`Source`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceTargets<'a> {
    /// The class of each sample, counted from 0.
    Classes(&'a [usize]),
    /// As many values per sample, which are read with it.
    Values {
        /// Number of values.
        width: usize,
    },
}

/// The buffers of a batch that [`Source::read`] fills.
#[derive(Debug)]
pub struct SourceBatch<'a, F> {
    /// The samples `[n, …sample]` in standard layout.
    pub x: &'a mut [F],
    /// Their values `[n, width]` in standard layout; empty if the targets are classes, or not wanted.
    pub values: &'a mut [F],
}

/// Why a sample cannot be read.
pub type SourceError = Box<dyn Error + Send + Sync>;

impl<F, S: Source<F> + ?Sized> Source<F> for &S {
    fn len(&self) -> usize {
        (**self).len()
    }

    fn sample_shape(&self) -> &[usize] {
        (**self).sample_shape()
    }

    fn targets(&self) -> SourceTargets<'_> {
        (**self).targets()
    }

    fn read(
        &self,
        samples: &[usize],
        mode: Mode,
        batch: SourceBatch<'_, F>,
    ) -> Result<(), SourceError> {
        (**self).read(samples, mode, batch)
    }

    fn shuffle(&self, samples: &mut [usize], seed: u64) {
        (**self).shuffle(samples, seed);
    }

    fn in_memory(&self) -> Option<InMemory<'_, F>> {
        (**self).in_memory()
    }
}
