//! Geometries compared with shifted, reversed and rotated arrays.

use super::*;
use ndarray::{Array3, Axis, Slice, concatenate};
use proptest::prelude::*;

const FILL: f64 = -7.;

fn image([height, width, channels]: [usize; 3]) -> Array3<f64> {
    // all pixels differ
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

/// Shifted by `by` pixels along an axis, the rest filled.
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
    // the right side goes to the top: transpose, then flip vertically
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

    /// Bilinear sampling reproduces a plane a·y + b·x exactly.
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
        // forwards: each source pixel maps to a point off the result's grid
        for ((y, x, _), _) in image.indexed_iter() {
            let (py, mut px) = (y as f64 - centre, x as f64 - centre);
            if flip { px = -px }
            let (py, px) = (scale * py, scale * px);
            let (qy, qx) = (
                angle.cos() * py - angle.sin() * px + centre + down,
                angle.sin() * py + angle.cos() * px + centre + right,
            );
            // the result is a plane as well: interpolate between its pixels
            let (ty, tx) = (qy.floor(), qx.floor());
            let inside = |t: f64| 0. <= t && t + 1. < n as f64;
            if !inside(ty) || !inside(tx) { continue }
            let (iy, ix) = (ty as usize, tx as usize);
            let corners = [[iy, ix, 0], [iy, ix + 1, 0], [iy + 1, ix, 0], [iy + 1, ix + 1, 0]]
                .map(|corner| out[corner]);
            // away from the border, where the fill value is mixed in
            let from = geometry.inverse([n, n]);
            let sound = [[iy, ix], [iy, ix + 1], [iy + 1, ix], [iy + 1, ix + 1]].iter()
                .all(|&[y, x]| from.apply(y, x).iter().all(|&t| 0. <= t && t <= n as f64 - 1.));
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
