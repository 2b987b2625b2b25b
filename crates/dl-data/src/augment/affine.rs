//! Affine maps about the centre of an image, and resampling under them.

use dl_core::Scalar;

/// Flip, scaling, rotation and shift, applied in this order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Geometry {
    pub(super) flip_horizontal: bool,
    pub(super) flip_vertical: bool,
    /// Magnification.
    pub(super) scale: f64,
    /// Counter-clockwise as displayed, in radians.
    pub(super) angle: f64,
    /// Down and to the right, in pixels.
    pub(super) shift: [f64; 2],
}

impl Geometry {
    pub(super) const NONE: Self = Self {
        flip_horizontal: false,
        flip_vertical: false,
        scale: 1.,
        angle: 0.,
        shift: [0.; 2],
    };

    /// Maps a pixel of the result to its source location, for an image of this size.
    ///
    /// With the centre c, p′ = R S F (p − c) + c + t, so p = F S⁻¹ Rᵀ (p′ − c − t) + c.
    fn inverse(&self, [height, width]: [usize; 2]) -> Affine {
        let (sin, cos) = self.angle.sin_cos();
        let sign = |flip| if flip { -1. } else { 1. };
        let fy = sign(self.flip_vertical) / self.scale;
        let fx = sign(self.flip_horizontal) / self.scale;
        // coordinates are (y, x), and y points down
        let linear = [[fy * cos, fy * sin], [fx * -sin, fx * cos]];
        let centre = [height, width].map(|length| (length as f64 - 1.) / 2.);
        let from = [centre[0] + self.shift[0], centre[1] + self.shift[1]];
        let offset = |i: usize| centre[i] - linear[i][0] * from[0] - linear[i][1] * from[1];
        Affine {
            linear,
            offset: [offset(0), offset(1)],
        }
    }
}

/// (y, x) ↦ linear · (y, x) + offset.
#[derive(Debug, Clone, Copy)]
struct Affine {
    linear: [[f64; 2]; 2],
    offset: [f64; 2],
}

impl Affine {
    fn apply(&self, y: usize, x: usize) -> [f64; 2] {
        let (y, x) = (y as f64, x as f64);
        [0, 1].map(|i| self.linear[i][0] * y + self.linear[i][1] * x + self.offset[i])
    }
}

/// An image `[height, width, channels]`, row-major.
#[derive(Debug, Clone, Copy)]
pub(super) struct Image<'a, F> {
    pub(super) pixels: &'a [F],
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) channels: usize,
}

impl<F: Scalar> Image<'_, F> {
    /// The transformed image, bilinearly sampled, with `fill` outside the source.
    pub(super) fn resample(&self, geometry: &Geometry, fill: F, out: &mut [F]) {
        let from = geometry.inverse([self.height, self.width]);
        let lines = out.chunks_exact_mut(self.width * self.channels);
        for (y, line) in lines.enumerate() {
            for (x, pixel) in line.chunks_exact_mut(self.channels).enumerate() {
                self.sample(from.apply(y, x), fill, pixel);
            }
        }
    }

    /// The value at a point, interpolated from the four pixels around it.
    #[inline(always)]
    fn sample(&self, [y, x]: [f64; 2], fill: F, out: &mut [F]) {
        let within = |at: f64, length: usize| -1. < at && at < length as f64;
        if !within(y, self.height) || !within(x, self.width) {
            out.fill(fill);
            return;
        }
        // the pixel to the lower right; the point is above −1, so casting rounds down
        let (bottom, right) = ((y + 1.) as usize, (x + 1.) as usize);
        let fraction = |at: f64, after: usize| F::cast(at + 1. - after as f64);
        let (fy, fx) = (fraction(y, bottom), fraction(x, right));
        let mix = |a: F, b: F, fraction: F| (F::one() - fraction) * a + fraction * b;
        let mix = |[a, b, c, d]: [F; 4]| mix(mix(a, b, fx), mix(c, d, fx), fy);

        let (n, line) = (self.channels, self.width * self.channels);
        if (1..self.height).contains(&bottom) && (1..self.width).contains(&right) {
            let above = &self.pixels[(bottom - 1) * line + (right - 1) * n..][..2 * n];
            let below = &self.pixels[bottom * line + (right - 1) * n..][..2 * n];
            for (c, value) in out.iter_mut().enumerate() {
                *value = mix([above[c], above[n + c], below[c], below[n + c]]);
            }
        } else {
            for (c, value) in out.iter_mut().enumerate() {
                *value = mix([(1, 1), (1, 0), (0, 1), (0, 0)].map(|(up, left)| {
                    let pixel = self.pixel(bottom.checked_sub(up), right.checked_sub(left));
                    pixel.map_or(fill, |pixel| pixel[c])
                }));
            }
        }
    }

    /// A pixel, if its row and column exist.
    fn pixel(&self, y: Option<usize>, x: Option<usize>) -> Option<&[F]> {
        let y = y.filter(|&y| y < self.height)?;
        let x = x.filter(|&x| x < self.width)?;
        let start = (y * self.width + x) * self.channels;
        Some(&self.pixels[start..start + self.channels])
    }
}

#[cfg(test)]
mod tests;
