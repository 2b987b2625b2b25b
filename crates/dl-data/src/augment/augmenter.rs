//! Applies an augmentation.

use dl_core::{
    Scalar, instantiate,
    rand::Rng,
    random::{Generator, stream},
};
use ndarray::{Array4, ArrayRef4, Axis};
use rayon::prelude::*;

use super::{
    Augment, AugmentError,
    affine::{Geometry, Image},
    color,
};
use crate::check::check_rows;

/// A validated [`Augment`] with its seed.
///
/// Each image's random draw depends only on the seed and the index of the draw, so results are bit-identical with
/// any number of threads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Augmenter {
    pub(super) settings: Augment,
    pub(super) seed: u64,
}

impl Augmenter {
    pub(super) fn new(settings: Augment, seed: u64) -> Self {
        // separates this stream from those that other users of the same seed draw from
        const AUGMENTATION: u64 = u64::from_be_bytes(*b"augment\0");
        let seed = seed ^ AUGMENTATION;
        Self { settings, seed }
    }

    /// Augments `images` `[n, h, w, c]`; image i uses draw `first_draw` + i.
    pub fn apply<F: Scalar>(&self, images: &ArrayRef4<F>, first_draw: u64) -> Array4<F> {
        apply(self, images, first_draw)
    }

    /// Like [`apply`](Self::apply), into a buffer of the same shape.
    ///
    /// # Errors
    /// A buffer of a different shape or not in standard layout.
    pub fn apply_into<F: Scalar>(
        &self,
        images: &ArrayRef4<F>,
        first_draw: u64,
        out: &mut ArrayRef4<F>,
    ) -> Result<(), AugmentError> {
        run(self, images, None, first_draw, out)
    }

    /// Augments the selected images into a buffer `[rows, h, w, c]`: image `rows[i]` with draw `first_draw` + i.
    ///
    /// # Errors
    /// A row that does not exist; no rows; a buffer of a different shape or not in standard layout.
    pub fn apply_rows_into<F: Scalar>(
        &self,
        images: &ArrayRef4<F>,
        rows: &[usize],
        first_draw: u64,
        out: &mut ArrayRef4<F>,
    ) -> Result<(), AugmentError> {
        run(self, images, Some(rows), first_draw, out)
    }

    /// All rows, in order, if `rows` is `None`.
    fn run<F: Scalar>(
        &self,
        images: &ArrayRef4<F>,
        rows: Option<&[usize]>,
        first_draw: u64,
        out: &mut ArrayRef4<F>,
    ) -> Result<(), AugmentError> {
        let (all, height, width, channels) = images.dim();
        if let Some(rows) = rows {
            check_rows(rows, all)?;
        }
        let count = rows.map_or(all, <[usize]>::len);
        let shape = [count, height, width, channels];
        let buffer: [usize; 4] = out.dim().into();
        if shape != buffer {
            return Err(AugmentError::Shape {
                images: shape,
                buffer,
            });
        }
        let out = out.as_slice_mut().ok_or(AugmentError::Layout)?;
        if out.is_empty() {
            return Ok(());
        }
        let each = out.par_chunks_exact_mut(height * width * channels);
        each.enumerate().for_each(|(i, out)| {
            let row = rows.map_or(i, |rows| rows[i]);
            let image = images.index_axis(Axis(0), row);
            let image = image.as_standard_layout();
            let image = Image {
                pixels: image.as_slice().expect("it is in standard layout"),
                height,
                width,
                channels,
            };
            self.one(&image, first_draw.wrapping_add(i as u64), out);
        });
        Ok(())
    }

    /// Augments one image with one draw.
    pub(super) fn one<F: Scalar>(&self, image: &Image<'_, F>, draw: u64, out: &mut [F]) {
        let rng = &mut stream(self.seed, draw);
        let fill = F::cast(self.settings.fill);
        let geometry = self.geometry(rng);
        if geometry == Geometry::NONE {
            out.copy_from_slice(image.pixels);
        } else {
            image.resample(&geometry, fill, out);
        }
        if let Some(factor) = color_factor(self.settings.brightness, rng) {
            color::brightness(out, factor);
        }
        if let Some(factor) = color_factor(self.settings.contrast, rng) {
            color::contrast(out, image.channels, factor);
        }
        if self.settings.noise > 0. {
            let std = F::cast(self.settings.noise);
            for value in out.iter_mut() {
                *value += std * F::standard_normal(rng);
            }
        }
        if self.settings.cutout > 0 {
            let rows = hole(self.settings.cutout, image.height, rng);
            let columns = hole(self.settings.cutout, image.width, rng);
            let line = image.width * image.channels;
            for line in out.chunks_exact_mut(line).take(rows.end).skip(rows.start) {
                line[columns.start * image.channels..columns.end * image.channels].fill(fill);
            }
        }
    }

    /// Disabled transformations draw nothing.
    fn geometry(&self, rng: &mut Generator) -> Geometry {
        let mut within = |limit: f64| match limit {
            0. => 0.,
            _ => limit * (2. * f64::uniform(rng) - 1.),
        };
        let shift = [within(self.settings.shift), within(self.settings.shift)];
        let angle = within(self.settings.rotate).to_radians();
        let scale = 1. + within(self.settings.scale);
        let mut happens = |probability: f64| probability > 0. && f64::uniform(rng) < probability;
        let flip_horizontal = happens(self.settings.flip_horizontal);
        let flip_vertical = happens(self.settings.flip_vertical);
        let most = self.settings.crop as i32;
        let crop = match most {
            0 => [0., 0.],
            _ => [(); 2].map(|()| f64::from(rng.random_range(-most..=most))),
        };
        Geometry {
            flip_horizontal,
            flip_vertical,
            scale,
            angle,
            shift: [shift[0] + crop[0], shift[1] + crop[1]],
        }
    }
}

instantiate! {
    fn apply<F: Scalar>(
        augmenter: &Augmenter,
        images: &ArrayRef4<F>,
        first_draw: u64,
    ) -> Array4<F> {
        let mut out = Array4::zeros(images.raw_dim());
        augmenter.run(images, None, first_draw, &mut out)
            .expect("the buffer has the images' shape");
        out
    }

    fn run<F: Scalar>(
        augmenter: &Augmenter,
        images: &ArrayRef4<F>,
        rows: Option<&[usize]>,
        first_draw: u64,
        out: &mut ArrayRef4<F>,
    ) -> Result<(), AugmentError> {
        augmenter.run(images, rows, first_draw, out)
    }
}

/// A factor uniform on [max(0, 1 − amount), 1 + amount]; none is drawn for an amount of 0.
fn color_factor<F: Scalar>(amount: f64, rng: &mut Generator) -> Option<F> {
    if amount == 0. {
        return None;
    }
    let least = (1. - amount).max(0.);
    Some(F::cast(least + (1. + amount - least) * f64::uniform(rng)))
}

/// `side` pixels around a random one of `length`, clipped to the image.
fn hole(side: usize, length: usize, rng: &mut Generator) -> std::ops::Range<usize> {
    let middle = rng.random_range(0..length);
    let start = middle.saturating_sub(side / 2);
    // an odd side has equally many pixels on both sides of the middle
    let end = middle.saturating_add(side - side / 2).min(length);
    start..end
}
