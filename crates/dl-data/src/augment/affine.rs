//! Affine maps of an image about its centre, and what the image looks like under them.

use dl_math::Scalar;

/// Flip, scaling, rotation and shift, in this order.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Geometry {
    pub(super) flip_horizontal: bool,
    pub(super) flip_vertical: bool,
    /// Factor by which things grow.
    pub(super) scale: f64,
    /// Counter-clockwise as seen, in radians.
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

    /// From a pixel of the result to where it comes from, for an image of this size.
    ///
    /// With the centre c, results p′ = R S F (p − c) + c + t, so p = F S⁻¹ Rᵀ (p′ − c − t) + c.
    fn inverse(&self, [height, width]: [usize; 2]) -> Affine {
        let (sin, cos) = self.angle.sin_cos();
        let sign = |flip| if flip { -1. } else { 1. };
        let fy = sign(self.flip_vertical) / self.scale;
        let fx = sign(self.flip_horizontal) / self.scale;
        // rows are y, which points down, and x
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
    fn of(&self, y: usize, x: usize) -> [f64; 2] {
        let (y, x) = (y as f64, x as f64);
        [0, 1].map(|i| self.linear[i][0] * y + self.linear[i][1] * x + self.offset[i])
    }
}

/// An image as it is stored: `[height, width, channels]`, row-major.
#[derive(Debug, Clone, Copy)]
pub(super) struct Image<'a, F> {
    pub(super) pixels: &'a [F],
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) channels: usize,
}

impl<F: Scalar> Image<'_, F> {
    /// The image under a geometry, bilinearly sampled, `fill` where it does not reach.
    pub(super) fn resample(&self, geometry: &Geometry, fill: F, out: &mut [F]) {
        let from = geometry.inverse([self.height, self.width]);
        let lines = out.chunks_exact_mut(self.width * self.channels);
        for (y, line) in lines.enumerate() {
            for (x, pixel) in line.chunks_exact_mut(self.channels).enumerate() {
                self.sample(from.of(y, x), fill, pixel);
            }
        }
    }

    /// The value at a point, mixed from the four pixels around it.
    #[inline(always)]
    fn sample(&self, [y, x]: [f64; 2], fill: F, out: &mut [F]) {
        let within = |at: f64, length: usize| -1. < at && at < length as f64;
        if !within(y, self.height) || !within(x, self.width) {
            out.fill(fill);
            return;
        }
        // the pixel to the lower right: the point is above −1, so that a cast rounds down
        let (bottom, right) = ((y + 1.) as usize, (x + 1.) as usize);
        let share = |at: f64, after: usize| F::of(at + 1. - after as f64);
        let (fy, fx) = (share(y, bottom), share(x, right));
        let mix = |a: F, b: F, share: F| (F::one() - share) * a + share * b;
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

    /// A pixel, if there is such a row and column.
    fn pixel(&self, y: Option<usize>, x: Option<usize>) -> Option<&[F]> {
        let y = y.filter(|&y| y < self.height)?;
        let x = x.filter(|&x| x < self.width)?;
        let start = (y * self.width + x) * self.channels;
        Some(&self.pixels[start..start + self.channels])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array3, Axis, Slice, concatenate};
    use proptest::prelude::*;

    const FILL: f64 = -7.;

    fn image([height, width, channels]: [usize; 3]) -> Array3<f64> {
        // no two pixels alike
        Array3::from_shape_fn((height, width, channels), |(y, x, c)| {
            ((y * width + x) * channels + c) as f64 + 1.
        })
    }

    fn resampled(image: &Array3<f64>, geometry: Geometry) -> Array3<f64> {
        let (height, width, channels) = image.dim();
        let mut out = Array3::from_elem(image.dim(), f64::NAN);
        let source = Image {
            pixels: image.as_slice().unwrap(),
            height,
            width,
            channels,
        };
        source.resample(&geometry, FILL, out.as_slice_mut().unwrap());
        out
    }

    /// `by` pixels along an axis, the rest filled.
    fn moved(image: &Array3<f64>, axis: Axis, by: isize) -> Array3<f64> {
        let length = image.len_of(axis) as isize;
        let by = by.clamp(-length, length);
        let kept = match by {
            0.. => Slice::from(..length - by),
            _ => Slice::from(-by..length),
        };
        let kept = image.slice_axis(axis, kept);
        let mut shape = image.raw_dim();
        shape[axis.index()] = by.unsigned_abs();
        let new = Array3::from_elem(shape, FILL);
        let parts = if by >= 0 {
            [new.view(), kept]
        } else {
            [kept, new.view()]
        };
        concatenate(axis, &parts).unwrap()
    }

    fn turned(image: &Array3<f64>) -> Array3<f64> {
        // the right side goes up: transpose, then upside down
        let mut turned = image.view().permuted_axes([1, 0, 2]);
        turned.invert_axis(Axis(0));
        turned.to_owned()
    }

    proptest! {
        #[test]
        fn whole_shifts_move_the_array(
            shape in [1_usize..8, 1_usize..8, 1_usize..4],
            down in -9..10_isize,
            right in -9..10_isize,
        ) {
            let image = image(shape);
            let geometry = Geometry { shift: [down as f64, right as f64], ..Geometry::NONE };
            let expected = moved(&moved(&image, Axis(0), down), Axis(1), right);
            prop_assert_eq!(resampled(&image, geometry), expected);
        }

        #[test]
        fn flips_reverse_an_axis(shape in [1_usize..8, 1_usize..8, 1_usize..4]) {
            let image = image(shape);
            let (mut across, mut down) = (image.clone(), image.clone());
            across.invert_axis(Axis(1));
            down.invert_axis(Axis(0));
            let horizontal = Geometry { flip_horizontal: true, ..Geometry::NONE };
            let vertical = Geometry { flip_vertical: true, ..Geometry::NONE };
            prop_assert_eq!(resampled(&image, horizontal), across);
            prop_assert_eq!(resampled(&image, vertical), down);
            for flip in [horizontal, vertical] {
                prop_assert_eq!(resampled(&resampled(&image, flip), flip), image.clone());
            }
        }

        /// A plane y ↦ a·y + b·x is what bilinear sampling gives back exactly.
        #[test]
        fn a_plane_goes_where_the_geometry_says(
            angle in -3.2..3.2_f64, scale in 0.5..2_f64,
            down in -2.0..2.0_f64, right in -2.0..2.0_f64, flip: bool,
        ) {
            let n = 15;
            let plane = |y: f64, x: f64| 3. * y - 2. * x;
            let image = Array3::from_shape_fn((n, n, 1), |(y, x, _)| plane(y as f64, x as f64));
            let geometry = Geometry {
                flip_horizontal: flip, flip_vertical: false, scale, angle, shift: [down, right],
            };
            let out = resampled(&image, geometry);
            let centre = (n as f64 - 1.) / 2.;
            let mut compared = 0;
            // forwards, point by point of the source, off the grid of the result
            for ((y, x, _), _) in image.indexed_iter() {
                let (py, mut px) = (y as f64 - centre, x as f64 - centre);
                if flip { px = -px }
                let (py, px) = (scale * py, scale * px);
                let (qy, qx) = (
                    angle.cos() * py - angle.sin() * px + centre + down,
                    angle.sin() * py + angle.cos() * px + centre + right,
                );
                // the result is a plane, too: read it between its pixels
                let (ty, tx) = (qy.floor(), qx.floor());
                let inside = |t: f64| 0. <= t && t + 1. < n as f64;
                if !inside(ty) || !inside(tx) { continue }
                let (iy, ix) = (ty as usize, tx as usize);
                let corners = [[iy, ix, 0], [iy, ix + 1, 0], [iy + 1, ix, 0], [iy + 1, ix + 1, 0]]
                    .map(|corner| out[corner]);
                // away from the border, where the fill is mixed in
                let from = geometry.inverse([n, n]);
                let sound = [[iy, ix], [iy, ix + 1], [iy + 1, ix], [iy + 1, ix + 1]].iter()
                    .all(|&[y, x]| from.of(y, x).iter().all(|&t| 0. <= t && t <= n as f64 - 1.));
                if !sound { continue }
                let (fy, fx) = (qy - ty, qx - tx);
                let read = (1. - fy) * ((1. - fx) * corners[0] + fx * corners[1])
                    + fy * ((1. - fx) * corners[2] + fx * corners[3]);
                prop_assert!((read - plane(y as f64, x as f64)).abs() <= 1e-9);
                compared += 1;
            }
            prop_assert!(compared > 10);
        }
    }

    #[test]
    fn a_quarter_turn_is_counter_clockwise() {
        for (side, channels) in [(1, 1), (4, 1), (7, 3)] {
            let image = image([side, side, channels]);
            let quarter = Geometry {
                angle: std::f64::consts::FRAC_PI_2,
                ..Geometry::NONE
            };
            let difference = resampled(&image, quarter) - turned(&image);
            assert!(difference.iter().all(|d| d.abs() <= 1e-12), "{difference}");
        }
    }

    #[test]
    fn half_a_pixel_mixes_neighbours_and_the_fill() {
        let image = Array3::from_shape_vec((1, 3, 1), vec![1., 3., 7.]).unwrap();
        let half = Geometry {
            shift: [0., 0.5],
            ..Geometry::NONE
        };
        let expected = [(FILL + 1.) / 2., 2., 5.];
        assert_eq!(resampled(&image, half).as_slice().unwrap(), expected);
    }

    #[test]
    fn scaling_by_two_doubles_distances_from_the_centre() {
        let image = Array3::from_shape_vec((1, 5, 1), vec![0., 1., 2., 3., 4.]).unwrap();
        let twice = Geometry {
            scale: 2.,
            ..Geometry::NONE
        };
        let expected = [1., 1.5, 2., 2.5, 3.];
        assert_eq!(resampled(&image, twice).as_slice().unwrap(), expected);
    }

    #[test]
    fn far_away_there_is_only_fill() {
        for shift in [1e6, -1e30, f64::MAX] {
            let geometry = Geometry {
                shift: [shift, 0.],
                ..Geometry::NONE
            };
            assert!(
                resampled(&image([3, 3, 2]), geometry)
                    .iter()
                    .all(|&v| v == FILL)
            );
        }
    }
}
