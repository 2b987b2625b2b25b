//! A source whose images are augmented in training.

use dl_core::{
    Mode, Scalar, Source, instantiate,
    random::derive_seed,
    source::{SourceBatch, SourceError, SourceTargets},
};
use rayon::prelude::*;

use super::{AugmentError, Augmenter, affine::Image};

/// A source of images that an [`Augmenter`] changes in training; see [`Augmenter::on`].
#[derive(Debug, Clone, Copy)]
pub struct Augmented<S> {
    augmenter: Augmenter,
    source: S,
}

impl Augmenter {
    /// The images of `source`, augmented in [`Mode::Train`], as they are in [`Mode::Eval`].
    ///
    /// The draw of image i depends on the seed of the augmenter, that of the mode and i: each epoch of a training sees
    /// other images, a repeated or resumed training the same ones. `source` may be a reference.
    ///
    /// ```
    /// use dl_data::ndarray::{Array1, Array4};
    /// use dl_data::{Augment, ImageDataset, Mode, Source, SourceBatch};
    ///
    /// let labels = Array1::from_shape_fn(100, |i| i % 2);
    /// let images = Array4::<f32>::ones((100, 8, 8, 1));
    /// let data = ImageDataset::new(images, labels, vec!["even".into(), "odd".into()])?;
    ///
    /// let source = Augment::new().shift(1.).flip_horizontal(0.5).build(42)?.on(&data);
    /// let mut x = Array4::<f32>::zeros((2, 8, 8, 1));
    /// let batch = SourceBatch { x: x.as_slice_mut().unwrap(), values: &mut [] };
    /// source.read(&[7, 3], Mode::Train { seed: 1 }, batch)?;
    /// assert_ne!(x, Array4::ones((2, 8, 8, 1)));
    /// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    /// ```
    ///
    /// Reading is an error, [`AugmentError::NotImages`], if the samples of `source` are not images `[h, w, c]`.
    pub fn on<S>(&self, source: S) -> Augmented<S> {
        Augmented {
            augmenter: *self,
            source,
        }
    }
}

impl<F: Scalar, S: Source<F>> Source<F> for Augmented<S> {
    fn len(&self) -> usize {
        self.source.len()
    }

    fn sample_shape(&self) -> &[usize] {
        self.source.sample_shape()
    }

    fn targets(&self) -> SourceTargets<'_> {
        self.source.targets()
    }

    fn read(
        &self,
        samples: &[usize],
        mode: Mode,
        batch: SourceBatch<'_, F>,
    ) -> Result<(), SourceError> {
        read(&self.augmenter, &self.source, samples, mode, batch)
    }

    fn shuffle(&self, samples: &mut [usize], seed: u64) {
        self.source.shuffle(samples, seed);
    }
}

instantiate! {
    fn read<F: Scalar>(
        augmenter: &Augmenter,
        source: &dyn Source<F>,
        samples: &[usize],
        mode: Mode,
        batch: SourceBatch<'_, F>,
    ) -> Result<(), SourceError> {
        augmenter.read(source, samples, mode, batch)
    }
}

impl Augmenter {
    fn read<F: Scalar>(
        &self,
        source: &dyn Source<F>,
        samples: &[usize],
        mode: Mode,
        batch: SourceBatch<'_, F>,
    ) -> Result<(), SourceError> {
        let SourceBatch { x, values } = batch;
        let &[height, width, channels] = source.sample_shape() else {
            let shape = source.sample_shape().to_vec();
            return Err(AugmentError::NotImages { shape }.into());
        };
        // the part is another seed: a source that is augmented twice does not draw the same twice
        source.read(samples, mode.part(0), SourceBatch { x: &mut *x, values })?;
        let Mode::Train { seed } = mode else {
            return Ok(());
        };
        let augmenter = Self {
            seed: derive_seed(self.seed, seed),
            ..*self
        };
        let images = x.par_chunks_exact_mut((height * width * channels).max(1));
        let images = images.zip(samples);
        images.for_each_init(Vec::new, |before, (image, &sample)| {
            before.clear();
            before.extend_from_slice(image);
            let before = Image {
                pixels: before,
                height,
                width,
                channels,
            };
            augmenter.one(&before, sample as u64, image);
        });
        Ok(())
    }
}
