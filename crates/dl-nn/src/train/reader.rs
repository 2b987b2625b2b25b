//! Reads the batches of a source, the next one while the current one is worked on.

use dl_core::memory::{OutOfMemory, room};
use dl_core::source::{InMemory, SourceBatch, SourceTargets};
use dl_core::{Mode, Scalar, Source};
use ndarray::{ArrayView1, ArrayView2};

use super::arrays::read_in_memory;
use crate::error::DataError;
use crate::layer::Batch;
use crate::target::Target;

/// Samples with their targets and weights, contiguous.
pub(super) struct LoadedBatch<'a, F> {
    pub(super) x: Batch<'a, F>,
    pub(super) targets: Target<'a, F>,
    /// `None` if all are 1.
    pub(super) weights: Option<&'a [F]>,
}

/// Reads batches of a source.
///
/// Unless the source is in memory, rayon's threads read the next batch beside the work on the current one: one batch
/// ahead, and a worker that waits for either helps with both.
pub(super) struct Reader<'a, F> {
    source: &'a dyn Source<F>,
    /// Weights of all samples; `None` if all are 1.
    weights: Option<Vec<F>>,
    current: Buffers<F>,
    next: Buffers<F>,
    /// How reading ahead into `next` went; `None` if nothing was.
    ahead: Option<Result<(), DataError>>,
}

impl<'a, F: Scalar> Reader<'a, F> {
    pub(super) fn new(source: &'a dyn Source<F>, weights: Option<Vec<F>>) -> Self {
        Self {
            source,
            weights,
            current: Buffers::default(),
            next: Buffers::default(),
            ahead: None,
        }
    }

    pub(super) fn source(&self) -> &'a dyn Source<F> {
        self.source
    }

    /// Discards what was read ahead. For a new pass, since the last may have stopped early.
    pub(super) fn restart(&mut self) {
        self.ahead = None;
    }

    /// Does `work` on each batch of up to `size` of these samples, in evaluation.
    ///
    /// # Errors
    /// The first one, in reading or of `work`.
    pub(super) fn for_each(
        &mut self,
        samples: &[usize],
        size: usize,
        mut work: impl FnMut(&[usize], LoadedBatch<'_, F>) -> Result<(), DataError>,
    ) -> Result<(), DataError> {
        self.restart();
        let mut chunks = samples.chunks(size).peekable();
        while let Some(chunk) = chunks.next() {
            let next = chunks.peek().copied();
            self.with_batch(chunk, next, Mode::Eval, |batch| work(chunk, batch))??;
        }
        Ok(())
    }

    /// Does `work` on the batch of these samples, and meanwhile reads the `next` ones, which must be those of the next
    /// call until [`restart`](Self::restart).
    ///
    /// # Errors
    /// The batch cannot be read. An error in reading the next one is that of the next call.
    pub(super) fn with_batch<R>(
        &mut self,
        samples: &[usize],
        next: Option<&[usize]>,
        mode: Mode,
        work: impl FnOnce(LoadedBatch<'_, F>) -> R,
    ) -> Result<R, DataError> {
        let source = self.source;
        match self.ahead.take() {
            Some(read) => {
                std::mem::swap(&mut self.current, &mut self.next);
                read?;
            }
            None => self.current.read(source, samples, mode)?,
        }
        let weights = self.weights.as_deref();
        let batch = self.current.batch(source, samples, weights);
        let Some(next) = next.filter(|_| source.in_memory().is_none()) else {
            return Ok(work(batch));
        };
        let (buffers, ahead) = (&mut self.next, &mut self.ahead);
        Ok(rayon::in_place_scope(|scope| {
            scope.spawn(|_| *ahead = Some(buffers.read(source, next, mode)));
            work(batch)
        }))
    }
}

/// The memory of a batch, reused from batch to batch.
struct Buffers<F> {
    x: Vec<F>,
    values: Vec<F>,
    classes: Vec<usize>,
    weights: Vec<F>,
}

impl<F> Default for Buffers<F> {
    fn default() -> Self {
        Self {
            x: Vec::new(),
            values: Vec::new(),
            classes: Vec::new(),
            weights: Vec::new(),
        }
    }
}

impl<F: Scalar> Buffers<F> {
    /// Reads the samples unless they can be used in place.
    fn read(
        &mut self,
        source: &dyn Source<F>,
        samples: &[usize],
        mode: Mode,
    ) -> Result<(), DataError> {
        if in_place(source, samples).is_some() {
            return Ok(());
        }
        let (size, width) = widths(source);
        resize(&mut self.x, samples.len() * size)?;
        resize(&mut self.values, samples.len() * width)?;
        let batch = SourceBatch {
            x: &mut self.x,
            values: &mut self.values,
        };
        if let Some(all) = source.in_memory() {
            read_in_memory(all, samples, batch);
            return Ok(());
        }
        let read = source.read(samples, mode, batch);
        read.map_err(|error| DataError::Source(error.to_string()))?;
        require_finite(&self.x, samples.iter().copied())
    }

    /// The batch that [`read`](Self::read) has read.
    fn batch<'b>(
        &'b mut self,
        source: &'b dyn Source<F>,
        samples: &[usize],
        weights: Option<&[F]>,
    ) -> LoadedBatch<'b, F> {
        let read = InMemory {
            x: &self.x,
            values: &self.values,
        };
        let InMemory { x, values } = in_place(source, samples).unwrap_or(read);
        let targets = match source.targets() {
            SourceTargets::Classes(all) => {
                self.classes.clear();
                self.classes.extend(samples.iter().map(|&i| all[i]));
                Target::Classes(ArrayView1::from(&self.classes).into())
            }
            SourceTargets::Values { width } => {
                let values = ArrayView2::from_shape((samples.len(), width), values);
                Target::Values(values.expect("a row of values per sample").into())
            }
        };
        let weights = weights.map(|all| {
            self.weights.clear();
            self.weights.extend(samples.iter().map(|&i| all[i]));
            &*self.weights
        });
        LoadedBatch {
            x: Batch::new(source.sample_shape(), x),
            targets,
            weights,
        }
    }
}

/// Elements of a sample, and values of its target (0 for a class).
fn widths<F>(source: &dyn Source<F>) -> (usize, usize) {
    let size = source.sample_shape().iter().product();
    match source.targets() {
        SourceTargets::Classes(_) => (size, 0),
        SourceTargets::Values { width } => (size, width),
    }
}

/// Consecutive samples that are in memory, and need not be copied.
fn in_place<'a, F>(source: &'a dyn Source<F>, samples: &[usize]) -> Option<InMemory<'a, F>> {
    let all = source.in_memory()?;
    let consecutive = samples.windows(2).all(|pair| pair[0] + 1 == pair[1]);
    let start = *samples.first().filter(|_| consecutive)?;
    let end = start + samples.len();
    let (size, width) = widths(source);
    Some(InMemory {
        x: &all.x[start * size..end * size],
        values: &all.values[start * width..end * width],
    })
}

/// Rejects samples with a value that is not finite.
pub(super) fn require_finite<F: Scalar>(
    x: &[F],
    mut samples: impl ExactSizeIterator<Item = usize>,
) -> Result<(), DataError> {
    let Some(at) = x.iter().position(|x| !x.is_finite()) else {
        return Ok(());
    };
    let size = x.len() / samples.len();
    Err(DataError::NonFinite {
        sample: samples.nth(at / size).unwrap_or_default(),
        position: at % size,
        value: x[at].as_f64(),
    })
}

fn resize<F: Scalar>(buffer: &mut Vec<F>, len: usize) -> Result<(), OutOfMemory> {
    if buffer.capacity() < len {
        *buffer = room(len)?;
    }
    buffer.resize(len, F::zero());
    Ok(())
}
