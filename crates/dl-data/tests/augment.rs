//! What augmentation does to images, on average and exactly.

use dl_data::ndarray::{Array4, Axis};
use dl_data::{Augment, AugmentError, Augmenter};
use proptest::prelude::*;

fn images(shape: [usize; 4]) -> Array4<f64> {
    let mut next = 0.;
    Array4::from_shape_simple_fn(shape, || {
        next += 1.;
        next
    })
}

fn everything() -> Augmenter {
    let pipeline = Augment::new()
        .shift(2.)
        .rotate(30.)
        .scale(0.2)
        .flip_horizontal(0.5)
        .flip_vertical(0.5)
        .noise(0.1)
        .cutout(3)
        .fill(0.5);
    pipeline.build(7).unwrap()
}

/// |mean − expected| ≤ 5 standard errors.
#[track_caller]
fn has_mean(values: &[f64], expected: f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.);
    let error = (variance / n).sqrt();
    assert!(
        (mean - expected).abs() <= 5. * error,
        "{mean} ± {error}, expected {expected}"
    );
}

#[test]
fn without_settings_images_are_unchanged() {
    let mut images = images([3, 5, 4, 2]);
    images[[0, 0, 0, 0]] = f64::NAN;
    images[[1, 2, 3, 1]] = -0.0;
    let bits = |images: &Array4<f64>| images.mapv(f64::to_bits);
    for fill in [0., 9.] {
        let nothing = Augment::new().fill(fill).build(0).unwrap();
        assert_eq!(bits(&nothing.apply(&images, 3)), bits(&images));
    }
}

#[test]
fn threads_do_not_matter() {
    let images = images([100, 9, 7, 3]).mapv(|v| v as f32 / 1e3);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap().install(|| everything().apply(&images, 5))
    };
    let one = with(1);
    assert!(with(2) == one && with(8) == one);
    assert!(images != one);
}

#[test]
fn a_draw_belongs_to_its_image() {
    let images = images([20, 6, 5, 1]);
    let all = everything().apply(&images, 100);
    // alone, in a different order or batch: the same draw gives bit-identical results
    let rows = [7, 3, 19];
    for (i, &row) in rows.iter().enumerate() {
        let mut alone = Array4::zeros((1, 6, 5, 1));
        let draw = 100 + row as u64;
        let done = everything().apply_rows_into(&images, &[row], draw, &mut alone);
        done.unwrap();
        assert_eq!(alone.index_axis(Axis(0), 0), all.index_axis(Axis(0), row));

        let mut some = Array4::zeros((3, 6, 5, 1));
        let done = everything().apply_rows_into(&images, &rows, draw - i as u64, &mut some);
        done.unwrap();
        assert_eq!(some.index_axis(Axis(0), i), all.index_axis(Axis(0), row));
    }
    // different draws and seeds differ
    assert_ne!(everything().apply(&images, 101), all);
    let settings = Augment::new().noise(1.);
    let noise = |seed| settings.build(seed).unwrap().apply(&images, 0);
    assert_ne!(noise(1), noise(2));
    // identical images are augmented differently
    let alike = Array4::from_elem((2, 6, 5, 1), 3.);
    let noisy = settings.build(1).unwrap().apply(&alike, 0);
    assert_ne!(noisy.index_axis(Axis(0), 0), noisy.index_axis(Axis(0), 1));
}

#[test]
fn any_layout_is_read() {
    let images = images([4, 6, 5, 2]);
    let mut columns = Array4::zeros((2, 5, 6, 4));
    columns.assign(&images.view().reversed_axes());
    let reversed = columns.view().reversed_axes();
    assert!(!reversed.is_standard_layout());
    assert_eq!(
        everything().apply(&reversed, 0),
        everything().apply(&images, 0)
    );
}

#[test]
fn noise_is_standard_normal_times_std() {
    let zeros = Array4::<f64>::zeros((100, 20, 20, 1));
    let noise = Augment::new().noise(0.3).build(1).unwrap().apply(&zeros, 0);
    let noise = noise.into_raw_vec_and_offset().0;
    has_mean(&noise, 0.);
    let power = |p| noise.iter().map(|v| (v / 0.3).powi(p)).collect::<Vec<_>>();
    has_mean(&power(2), 1.);
    has_mean(&power(4), 3.);
}

#[test]
fn shifts_turns_and_scalings_are_uniform_within_their_bounds() {
    // the position of a bright spot tells the transformation
    let (n, side, from) = (2000, 41, 20.);
    let mut spot = Array4::<f64>::zeros((n, side, side, 1));
    spot.slice_axis_mut(Axis(1), (30..31).into())
        .slice_axis_mut(Axis(2), (20..21).into())
        .fill(1.);
    let centres = |settings: Augment| {
        let moved = settings.build(3).unwrap().apply(&spot, 0);
        let centre = |image: dl_data::ndarray::ArrayView3<f64>| {
            let mass = image.sum();
            let mean = |i: usize| {
                let moments = image
                    .indexed_iter()
                    .map(|(at, &v)| [at.0, at.1][i] as f64 * v);
                moments.sum::<f64>() / mass - from
            };
            [mean(0), mean(1)]
        };
        moved.outer_iter().map(centre).collect::<Vec<_>>()
    };
    let uniform = |values: &[f64], most: f64| {
        assert!(values.iter().all(|v| v.abs() <= most), "beyond {most}");
        has_mean(values, 0.);
        let squares: Vec<f64> = values.iter().map(|v| v * v).collect();
        has_mean(&squares, most * most / 3.);
    };
    let shifted = centres(Augment::new().shift(4.));
    let down: Vec<f64> = shifted.iter().map(|c| c[0] - 10.).collect();
    let right: Vec<f64> = shifted.iter().map(|c| c[1]).collect();
    uniform(&down, 4. + 1e-9);
    uniform(&right, 4. + 1e-9);
    let products: Vec<f64> = down.iter().zip(&right).map(|(d, r)| d * r).collect();
    has_mean(&products, 0.);

    // the spot is sampled slightly off its centre: by a tenth of a pixel at distance 10 from the middle
    let turned = centres(Augment::new().rotate(30.));
    let angles: Vec<f64> = turned
        .iter()
        .map(|c| c[1].atan2(c[0]).to_degrees())
        .collect();
    assert!(angles.iter().all(|a| a.abs() <= 31.5));
    has_mean(&angles, 0.);
    let squares: Vec<f64> = angles.iter().map(|a| a * a).collect();
    has_mean(&squares, 300.);

    let scaled = centres(Augment::new().scale(0.2));
    let growth: Vec<f64> = scaled.iter().map(|c| c[0] / 10. - 1.).collect();
    assert!(growth.iter().all(|g| g.abs() <= 0.22));
    has_mean(&growth, 0.);
    let squares: Vec<f64> = growth.iter().map(|g| g * g).collect();
    has_mean(&squares, 0.04 / 3.);
}

#[test]
fn flips_happen_with_their_probability() {
    let n = 4000;
    let mut images = Array4::<f64>::zeros((n, 2, 2, 1));
    images
        .index_axis_mut(Axis(1), 0)
        .index_axis_mut(Axis(1), 0)
        .fill(1.);
    let settings = Augment::new().flip_horizontal(0.3).flip_vertical(0.8);
    let flipped = settings.build(4).unwrap().apply(&images, 0);
    let indicator = |of: [usize; 2]| -> Vec<f64> {
        flipped
            .outer_iter()
            .map(|image| image[[of[0], of[1], 0]])
            .collect()
    };
    has_mean(&indicator([0, 0]), 0.7 * 0.2);
    has_mean(&indicator([0, 1]), 0.3 * 0.2);
    has_mean(&indicator([1, 0]), 0.7 * 0.8);
    has_mean(&indicator([1, 1]), 0.3 * 0.8);

    for (settings, axis) in [
        (Augment::new().flip_horizontal(1.), Axis(2)),
        (Augment::new().flip_vertical(1.), Axis(1)),
    ] {
        let mut reversed = images.clone();
        reversed.invert_axis(axis);
        assert_eq!(settings.build(5).unwrap().apply(&images, 0), reversed);
    }
}

#[test]
fn a_cutout_is_a_clipped_square() {
    let (n, height, width) = (3000, 9, 12);
    let ones = Array4::<f64>::ones((n, height, width, 2));
    for side in [1, 4, 5, 40] {
        let cut = Augment::new()
            .cutout(side)
            .build(6)
            .unwrap()
            .apply(&ones, 0);
        let mut areas = Vec::new();
        for image in cut.outer_iter() {
            let rows: Vec<usize> = (0..height)
                .filter(|&y| image.index_axis(Axis(0), y).iter().any(|&v| v == 0.))
                .collect();
            let columns: Vec<usize> = (0..width)
                .filter(|&x| image.index_axis(Axis(1), x).iter().any(|&v| v == 0.))
                .collect();
            // a full rectangle in every channel, no longer than the side
            let area = rows.len() * columns.len();
            assert_eq!(image.iter().filter(|&&v| v == 0.).count(), 2 * area);
            assert!(rows.is_sorted_by(|a, b| a + 1 == *b));
            assert!(columns.is_sorted_by(|a, b| a + 1 == *b));
            assert!((1..=side).contains(&rows.len()) && (1..=side).contains(&columns.len()));
            areas.push(area as f64);
        }
        // the mean over all centres, for each axis
        let length = |of: usize| {
            let on = |middle: usize| {
                (0..of)
                    .filter(|&p| p + side / 2 >= middle && p < middle + side - side / 2)
                    .count()
            };
            (0..of).map(on).sum::<usize>() as f64 / of as f64
        };
        has_mean(&areas, length(height) * length(width));
    }
}

#[test]
fn settings_out_of_range() {
    let says = |settings: Augment, expected: &str| {
        let error = settings.build(0).unwrap_err();
        assert_eq!(error.to_string(), format!("Augment {expected}"));
    };
    let new = Augment::new;
    says(
        new().shift(-1.),
        "shift is -1, but must be at least 0 and finite",
    );
    says(
        new().rotate(180.5),
        "rotate is 180.5, but must be in [0, 180] degrees",
    );
    says(new().scale(1.), "scale is 1, but must be in [0, 1)");
    says(
        new().flip_horizontal(1.5),
        "flip_horizontal is 1.5, but must be in [0, 1]",
    );
    says(
        new().flip_vertical(-0.1),
        "flip_vertical is -0.1, but must be in [0, 1]",
    );
    says(
        new().noise(f64::INFINITY),
        "noise is inf, but must be at least 0 and finite",
    );
    says(
        new().fill(f64::NEG_INFINITY),
        "fill is -inf, but must be finite",
    );
    for bad in [f64::NAN, f64::INFINITY] {
        for settings in [
            new().shift(bad),
            new().rotate(bad),
            new().scale(bad),
            new().flip_horizontal(bad),
            new().flip_vertical(bad),
            new().noise(bad),
            new().fill(bad),
        ] {
            assert!(matches!(
                settings.build(0),
                Err(AugmentError::Setting { .. })
            ));
        }
    }
    let extreme = new()
        .shift(0.)
        .rotate(180.)
        .scale(0.999)
        .flip_vertical(1.)
        .cutout(usize::MAX);
    extreme
        .build(0)
        .unwrap()
        .apply(&images([2, 3, 4, 1]), u64::MAX);
}

#[test]
fn buffers_and_rows_that_do_not_fit() {
    let images = images([4, 6, 5, 2]);
    let augmenter = everything();
    let into = |rows: &[usize], mut out: Array4<f64>| {
        let result = augmenter.apply_rows_into(&images, rows, 0, &mut out);
        result.map_err(|error| error.to_string())
    };
    let buffer = || Array4::zeros((2, 6, 5, 2));
    assert_eq!(into(&[0, 3], buffer()), Ok(()));
    assert_eq!(
        into(&[0, 4], buffer()).unwrap_err(),
        "row 4 is out of range: the data has 4 rows"
    );
    assert_eq!(
        into(&[], buffer()).unwrap_err(),
        "selection: the data is empty"
    );
    assert_eq!(
        into(&[0, 1, 2], buffer()).unwrap_err(),
        "the augmented images have shape [3, 6, 5, 2], but the buffer has [2, 6, 5, 2]"
    );
    let columns = Array4::zeros((2, 5, 6, 2)).reversed_axes();
    assert_eq!(
        into(&[0, 1], columns).unwrap_err(),
        "the buffer for the augmented images must be in standard (row-major) layout"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Every value is an interpolation of pixels and fill.
    #[test]
    fn values_stay_between_those_there_are(
        shape in (0_usize..4, 0_usize..6, 0_usize..6, 0_usize..3),
        shift in 0.0..9.0, degrees in 0.0..180.0, share in 0.0..0.99,
        flip in 0.0..1.0, side in 0_usize..9, seed: u64, draw: u64,
    ) {
        let (n, h, w, c) = shape;
        let images = images([n, h, w, c]);
        let settings = Augment::new().shift(shift).rotate(degrees).scale(share)
            .flip_horizontal(flip).cutout(side).fill(2.);
        let out = settings.build(seed).unwrap().apply(&images, draw);
        let most = images.len().max(2) as f64;
        prop_assert!(out.iter().all(|v| (1. - 1e-9..=most + 1e-9).contains(v)));
    }
}
