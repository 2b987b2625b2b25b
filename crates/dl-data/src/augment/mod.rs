//! Augmentation: images changed at random in ways that leave their class.

mod affine;
mod augmenter;
mod batches;
mod error;

pub use augmenter::Augmenter;
pub use batches::AugmentedBatches;
pub use error::AugmentError;

/// What may happen to an image (Goodfellow et al. 2016, section 7.4); at first nothing does.
///
/// Flip, scaling, rotation and shift are one affine map about the centre of the image, in this
/// order whatever the order of the calls, sampled bilinearly once. Noise comes after them, then the
/// cut-out. What lies outside the image is filled with 0 or [`fill`](Self::fill).
///
/// ```
/// use dl_data::{Augment, ndarray::Array4};
///
/// let augmenter = Augment::new().shift(2.).rotate(10.).scale(0.1).build(42)?;
/// let images = Array4::<f32>::ones((64, 28, 28, 1));
/// let changed = augmenter.apply(&images, 0);
/// assert_eq!(changed.dim(), images.dim());
///
/// // what happens depends on the seed and the number of the draw alone
/// assert_eq!(changed, augmenter.apply(&images, 0));
/// assert_ne!(changed, augmenter.apply(&images, 64));
///
/// let error = Augment::new().rotate(270.).build(42).unwrap_err();
/// assert_eq!(error.to_string(), "Augment rotate is 270, but must be in [0, 180] degrees");
/// # Ok::<(), dl_data::AugmentError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Augment {
    shift: f64,
    rotate: f64,
    scale: f64,
    flip_horizontal: f64,
    flip_vertical: f64,
    noise: f64,
    cut_out: usize,
    fill: f64,
}

impl Augment {
    /// Leaves images as they are.
    pub fn new() -> Self {
        Self::default()
    }

    /// Shifts by up to so many pixels, or parts of them, along each axis: uniform on ±`pixels`.
    pub fn shift(self, pixels: f64) -> Self {
        Self {
            shift: pixels,
            ..self
        }
    }

    /// Turns by up to so many degrees, at most 180, either way: uniform on ±`degrees`.
    pub fn rotate(self, degrees: f64) -> Self {
        Self {
            rotate: degrees,
            ..self
        }
    }

    /// Grows or shrinks by up to this share, below 1: by a factor uniform on 1 ± `share`.
    pub fn scale(self, share: f64) -> Self {
        Self {
            scale: share,
            ..self
        }
    }

    /// Exchanges left and right with this probability.
    pub fn flip_horizontal(self, probability: f64) -> Self {
        Self {
            flip_horizontal: probability,
            ..self
        }
    }

    /// Exchanges top and bottom with this probability.
    pub fn flip_vertical(self, probability: f64) -> Self {
        Self {
            flip_vertical: probability,
            ..self
        }
    }

    /// Adds normal noise of this standard deviation to every value, which is not clipped.
    pub fn noise(self, std: f64) -> Self {
        Self { noise: std, ..self }
    }

    /// Fills a square of this side, in pixels, whose middle is any pixel with the same
    /// probability; what reaches over the border is cut off (`DeVries` and Taylor 2017,
    /// arXiv:1708.04552, section 3). For a side of 0 there is none.
    pub fn cut_out(self, side: usize) -> Self {
        Self {
            cut_out: side,
            ..self
        }
    }

    /// The value of what lies outside the image and of the cut-out, 0 unless given.
    pub fn fill(self, value: f64) -> Self {
        Self {
            fill: value,
            ..self
        }
    }

    /// Checks the settings; all that is drawn depends on `seed`.
    ///
    /// # Errors
    /// A setting outside its range.
    pub fn build(self, seed: u64) -> Result<Augmenter, AugmentError> {
        // everything must be a number in single precision, too
        const MOST: f64 = f32::MAX as f64;
        let probability = (0. ..=1., "in [0, 1]");
        let any = (0. ..=MOST, "at least 0 and finite");
        for (setting, value, (range, allowed)) in [
            ("shift", self.shift, any.clone()),
            ("rotate", self.rotate, (0. ..=180., "in [0, 180] degrees")),
            ("scale", self.scale, (0. ..=1f64.next_down(), "in [0, 1)")),
            ("flip_horizontal", self.flip_horizontal, probability.clone()),
            ("flip_vertical", self.flip_vertical, probability),
            ("noise", self.noise, any),
            ("fill", self.fill, (-MOST..=MOST, "finite")),
        ] {
            if !range.contains(&value) {
                return Err(AugmentError::Setting {
                    setting,
                    value,
                    allowed,
                });
            }
        }
        Ok(Augmenter::new(self, seed))
    }
}
