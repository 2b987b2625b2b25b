//! Mixup: samples and their targets averaged in pairs.

use dl_core::{
    Mode, Scalar, Source, instantiate,
    rand::Rng,
    rand_distr::Beta,
    random::{derive_seed, stream},
    source::{SourceBatch, SourceError, SourceTargets},
};

use super::AugmentError;
use crate::sources::check_read;

/// A source whose samples are averages of two in training: x = λ xᵢ + (1 − λ) xⱼ, and the same of the one-hot classes
/// (Zhang et al. 2018, arXiv:1710.09412, equation 2).
///
/// The classes of the source become values, one per class, for a loss that takes probabilities. λ ~ Beta(α, α) and the
/// partner j, any sample of the source, depend on the seed, the mode's seed and i. In [`Mode::Eval`] samples are as they
/// are and classes one-hot. Partners come from the whole source, so samples held out for validation must not be in it.
///
/// ```
/// use dl_data::ndarray::{array, Array4};
/// use dl_data::{ImageDataset, Mixup, Mode, Source, SourceBatch};
///
/// let images = Array4::<f32>::from_shape_fn((2, 1, 1, 1), |(i, ..)| i as f32);
/// let data = ImageDataset::new(images, array![0, 1], vec!["black".into(), "white".into()])?;
/// let mixed = Mixup::new(&data, 2, 0.4, 42)?;
///
/// let (mut x, mut values) = ([0.; 1], [0.; 2]);
/// let batch = SourceBatch { x: &mut x, values: &mut values };
/// mixed.read(&[1], Mode::Train { seed: 3 }, batch)?;
/// // as grey as it is of the class "white"
/// assert_eq!(x[0], values[1]);
/// assert_eq!(values[0] + values[1], 1.);
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Mixup<S> {
    source: S,
    draw: Draw,
}

/// How pairs are drawn.
#[derive(Debug, Clone, Copy)]
struct Draw {
    classes: usize,
    lambda: Beta<f64>,
    seed: u64,
}

impl<S> Mixup<S> {
    /// Mixes the samples of `source`, whose classes are 0 to `classes` − 1, with λ ~ Beta(`alpha`, `alpha`). `source` may be
    /// a reference.
    ///
    /// Reading is an error if the targets are not classes, or not all below `classes`.
    ///
    /// # Errors
    /// An `alpha` outside [0.001, 1000].
    pub fn new(source: S, classes: usize, alpha: f64, seed: u64) -> Result<Self, AugmentError> {
        // separates this stream from those that other users of the same seed draw from
        const MIXUP: u64 = u64::from_be_bytes(*b"mixup\0\0\0");
        if !(1e-3..=1e3).contains(&alpha) {
            return Err(AugmentError::Alpha { alpha });
        }
        let draw = Draw {
            classes,
            lambda: Beta::new(alpha, alpha).expect("it is positive"),
            seed: seed ^ MIXUP,
        };
        Ok(Self { source, draw })
    }
}

impl<F: Scalar, S: Source<F>> Source<F> for Mixup<S> {
    fn len(&self) -> usize {
        self.source.len()
    }

    fn sample_shape(&self) -> &[usize] {
        self.source.sample_shape()
    }

    fn targets(&self) -> SourceTargets<'_> {
        let width = self.draw.classes;
        SourceTargets::Values { width }
    }

    fn read(
        &self,
        samples: &[usize],
        mode: Mode,
        batch: SourceBatch<'_, F>,
    ) -> Result<(), SourceError> {
        read(&self.draw, &self.source, samples, mode, batch)
    }

    fn shuffle(&self, samples: &mut [usize], seed: u64) {
        self.source.shuffle(samples, seed);
    }
}

instantiate! {
    fn read<F: Scalar>(
        draw: &Draw,
        source: &dyn Source<F>,
        samples: &[usize],
        mode: Mode,
        batch: SourceBatch<'_, F>,
    ) -> Result<(), SourceError> {
        let length = source.sample_shape().iter().product();
        check_read(samples, source.len(), length, draw.classes, &batch)?;
        let SourceTargets::Classes(classes) = source.targets() else {
            return Err(AugmentError::NoClasses.into());
        };
        let SourceBatch { x, values } = batch;
        source.read(samples, mode.part(0), SourceBatch { x: &mut *x, values: &mut [] })?;
        values.fill(F::zero());
        let Mode::Train { seed } = mode else {
            for (values, &sample) in values.chunks_exact_mut(draw.classes.max(1)).zip(samples) {
                *draw.value(values, classes, sample)? = F::one();
            }
            return Ok(());
        };
        let pairs: Vec<(usize, F)> = samples.iter()
            .map(|&sample| draw.pair(seed, sample, source.len()))
            .collect();
        let partners: Vec<usize> = pairs.iter().map(|pair| pair.0).collect();
        let mut others = vec![F::zero(); x.len()];
        let batch = SourceBatch { x: &mut others, values: &mut [] };
        // a partner is augmented otherwise than it is itself
        source.read(&partners, mode.part(1), batch)?;

        let each = x.chunks_exact_mut(length.max(1)).zip(others.chunks_exact(length.max(1)));
        for ((x, other), (_, lambda)) in each.zip(&pairs) {
            for (x, &other) in x.iter_mut().zip(other) {
                *x = *lambda * *x + (F::one() - *lambda) * other;
            }
        }
        let each = values.chunks_exact_mut(draw.classes.max(1)).zip(samples);
        for ((values, &sample), (partner, lambda)) in each.zip(pairs) {
            *draw.value(values, classes, sample)? += lambda;
            *draw.value(values, classes, partner)? += F::one() - lambda;
        }
        Ok(())
    }
}

impl Draw {
    /// Partner and λ of a sample.
    fn pair<F: Scalar>(&self, seed: u64, sample: usize, count: usize) -> (usize, F) {
        let rng = &mut stream(derive_seed(self.seed, seed), sample as u64);
        let partner = rng.random_range(0..count);
        (partner, F::cast(rng.sample(self.lambda)))
    }

    /// The value of the class of a sample.
    fn value<'a, F>(
        &self,
        values: &'a mut [F],
        classes: &[usize],
        sample: usize,
    ) -> Result<&'a mut F, AugmentError> {
        let class = classes[sample];
        values.get_mut(class).ok_or(AugmentError::Class {
            sample,
            class,
            classes: self.classes,
        })
    }
}
