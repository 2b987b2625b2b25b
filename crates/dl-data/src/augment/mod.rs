//! Augmentation: random changes to images that keep their class.

mod affine;
mod augmented;
mod augmenter;
mod color;
mod error;
mod mixup;

pub use augmented::Augmented;
pub use augmenter::Augmenter;
pub use error::AugmentError;
pub use mixup::Mixup;

const MAX_CROP: usize = 1 << 16;

/// Random transformations of an image (Goodfellow et al. 2016, section 7.4); all are off by default.
///
/// Flip, scaling, rotation and shift or crop are combined, in this order whatever the order of the calls, into one affine
/// map about the centre of the image, which is sampled bilinearly once. Brightness comes next, then contrast, noise and
/// the cutout. Pixels from outside the image are set to 0 or [`fill`](Self::fill).
///
/// ```
/// use dl_data::{Augment, ndarray::Array4};
///
/// let augmenter = Augment::new().shift(2.).rotate(10.).scale(0.1).build(42)?;
/// let images = Array4::<f32>::ones((64, 28, 28, 1));
/// let changed = augmenter.apply(&images, 0);
/// assert_eq!(changed.dim(), images.dim());
///
/// // the result depends only on the seed and the index of the draw
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
    crop: usize,
    brightness: f64,
    contrast: f64,
    noise: f64,
    cutout: usize,
    fill: f64,
}

impl Augment {
    /// Leaves images unchanged.
    pub fn new() -> Self {
        Self::default()
    }

    /// Shifts by up to `pixels`, fractions included, along each axis: uniform on ±`pixels`.
    pub fn shift(self, pixels: f64) -> Self {
        Self {
            shift: pixels,
            ..self
        }
    }

    /// Rotates by up to `degrees`, at most 180, in either direction: uniform on ±`degrees`.
    pub fn rotate(self, degrees: f64) -> Self {
        Self {
            rotate: degrees,
            ..self
        }
    }

    /// Scales by a factor uniform on 1 ± `fraction`; `fraction` must be below 1.
    pub fn scale(self, fraction: f64) -> Self {
        Self {
            scale: fraction,
            ..self
        }
    }

    /// Flips left and right with this probability.
    pub fn flip_horizontal(self, probability: f64) -> Self {
        Self {
            flip_horizontal: probability,
            ..self
        }
    }

    /// Flips top and bottom with this probability.
    pub fn flip_vertical(self, probability: f64) -> Self {
        Self {
            flip_vertical: probability,
            ..self
        }
    }

    /// Pads by `padding` pixels of [`fill`](Self::fill) on each side and crops the original size out of this at random, all
    /// whole-pixel positions being equally likely (He et al. 2016, section 4.2, with a padding of 4 for CIFAR-10).
    pub fn crop(self, padding: usize) -> Self {
        Self {
            crop: padding,
            ..self
        }
    }

    /// Multiplies by a factor uniform on [max(0, 1 − `amount`), 1 + `amount`] and clips to [0, 1], the range that the
    /// images must have, as torchvision's `ColorJitter` does.
    pub fn brightness(self, amount: f64) -> Self {
        Self {
            brightness: amount,
            ..self
        }
    }

    /// Multiplies the difference from the mean of the image's grey by a factor uniform on
    /// [max(0, 1 − `amount`), 1 + `amount`] and clips to [0, 1], the range that the images must have, as torchvision's
    /// `ColorJitter` does. Grey is 0.2989 R + 0.587 G + 0.114 B of three channels, and the mean of any other number.
    pub fn contrast(self, amount: f64) -> Self {
        Self {
            contrast: amount,
            ..self
        }
    }

    /// Adds Gaussian noise of this standard deviation to every value; the result is not clipped.
    pub fn noise(self, std: f64) -> Self {
        Self { noise: std, ..self }
    }

    /// Fills a square of `side` pixels centred on a pixel chosen uniformly, clipped at the border (`DeVries` and
    /// Taylor 2017, arXiv:1708.04552, section 3). A side of 0 disables it.
    pub fn cutout(self, side: usize) -> Self {
        Self {
            cutout: side,
            ..self
        }
    }

    /// Value of pixels from outside the image and of the cutout, 0 by default.
    pub fn fill(self, value: f64) -> Self {
        Self {
            fill: value,
            ..self
        }
    }

    /// Validates the settings; all random draws depend on `seed`.
    ///
    /// # Errors
    /// A setting outside its range.
    pub fn build(self, seed: u64) -> Result<Augmenter, AugmentError> {
        // every setting must be representable in single precision, too
        const MAX: f64 = f32::MAX as f64;
        let probability = (0. ..=1., "in [0, 1]");
        let any = (0. ..=MAX, "at least 0 and finite");
        for (setting, value, (range, allowed)) in [
            ("shift", self.shift, any.clone()),
            ("rotate", self.rotate, (0. ..=180., "in [0, 180] degrees")),
            ("scale", self.scale, (0. ..=1f64.next_down(), "in [0, 1)")),
            ("flip_horizontal", self.flip_horizontal, probability.clone()),
            ("flip_vertical", self.flip_vertical, probability),
            ("brightness", self.brightness, any.clone()),
            ("contrast", self.contrast, any.clone()),
            ("noise", self.noise, any),
            ("fill", self.fill, (-MAX..=MAX, "finite")),
        ] {
            if !range.contains(&value) {
                return Err(AugmentError::Setting {
                    setting,
                    value,
                    allowed,
                });
            }
        }
        // offsets are drawn as i32, and are exact in single precision, too
        if self.crop > MAX_CROP {
            return Err(AugmentError::Setting {
                setting: "crop",
                value: self.crop as f64,
                allowed: "at most 65536 pixels",
            });
        }
        Ok(Augmenter::new(self, seed))
    }
}
