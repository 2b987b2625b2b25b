//! Brightness, contrast and the crop, on average and exactly.

use dl_data::Augment;
use dl_data::ndarray::{Array3, Array4, Axis};

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

/// Uniform on [low, high]: the bounds, the mean and the variance.
#[track_caller]
fn is_uniform(values: &[f64], low: f64, high: f64) {
    let tolerance = 1e-12;
    assert!(
        values
            .iter()
            .all(|v| (low - tolerance..=high + tolerance).contains(v))
    );
    let middle = (low + high) / 2.;
    has_mean(values, middle);
    let squares: Vec<f64> = values.iter().map(|v| (v - middle).powi(2)).collect();
    has_mean(&squares, (high - low).powi(2) / 12.);
}

/// Two pixels of three channels, 0.25 and 0.5 in all, so that the mean of grey is 0.375 · 0.9999.
fn two_pixels(count: usize) -> Array4<f64> {
    Array4::from_shape_fn((count, 1, 2, 3), |(_, _, x, _)| 0.25 * (x + 1) as f64)
}

#[test]
fn factors_are_uniform() {
    for (amount, low, high) in [(0.4, 0.6, 1.4), (1., 0., 2.), (1.5, 0., 2.5)] {
        let settings = Augment::new().brightness(amount);
        let images = two_pixels(3000).mapv(|v| v / 2.);
        let bright = settings.build(1).unwrap().apply(&images, 0);
        let factors: Vec<f64> = bright.outer_iter().map(|i| i[[0, 0, 1]] / 0.125).collect();
        is_uniform(&factors, low, high);
        // every pixel has the same
        for (image, factor) in bright.outer_iter().zip(factors) {
            for value in image.index_axis(Axis(1), 1) {
                assert!((value - factor * 0.25).abs() <= 1e-12);
            }
        }
    }
    let settings = Augment::new().contrast(0.5);
    let images = two_pixels(3000);
    let changed = settings.build(1).unwrap().apply(&images, 0);
    let factor = |image: dl_data::ndarray::ArrayView3<f64>| {
        let factor = (image[[0, 1, 0]] - image[[0, 0, 0]]) / 0.25;
        let mean = 0.375 * (0.2989 + 0.587 + 0.114);
        let expected = factor * 0.25 + (1. - factor) * mean;
        assert!((image[[0, 0, 2]] - expected).abs() <= 1e-12);
        factor
    };
    is_uniform(
        &changed.outer_iter().map(factor).collect::<Vec<_>>(),
        0.5,
        1.5,
    );
}

#[test]
fn values_stay_in_range() {
    let images =
        Array4::from_shape_fn((200, 3, 3, 1), |(i, y, x, _)| (i + y * 3 + x) as f32 / 208.);
    let settings = Augment::new().brightness(2.).contrast(2.);
    let changed = settings.build(1).unwrap().apply(&images, 0);
    assert!(changed.iter().all(|v| (0. ..=1.).contains(v)));
    assert!(changed.iter().any(|&v| v == 1.) && changed.iter().any(|&v| v == 0.));
}

#[test]
fn a_crop_is_of_the_padded_image() {
    let (n, padding) = (2000, 2);
    let images = Array4::from_shape_fn((n, 5, 4, 2), |(_, y, x, c)| (1 + y * 8 + x * 2 + c) as f64);
    let settings = Augment::new().crop(padding).fill(-1.);
    let cropped = settings.build(2).unwrap().apply(&images, 0);

    let padded = |y: usize, x: usize, c: usize| match (y.checked_sub(2), x.checked_sub(2)) {
        (Some(y @ ..5), Some(x @ ..4)) => images[[0, y, x, c]],
        _ => -1.,
    };
    let mut counts = [[0.; 5]; 5];
    for image in cropped.outer_iter() {
        let is_at = |&(down, right): &(usize, usize)| {
            let crop = |(y, x, c)| padded(y + down, x + right, c);
            image == Array3::from_shape_fn((5, 4, 2), crop)
        };
        let places = (0..5).flat_map(|y| (0..5).map(move |x| (y, x)));
        let (y, x) = places.into_iter().find(is_at).expect("it is a crop");
        counts[y][x] += 1.;
    }
    // each of the 25 places, 80 ± 9 times
    let mean = n as f64 / 25.;
    for count in counts.iter().flatten() {
        assert!((count - mean).abs() <= 5. * mean.sqrt(), "{count}");
    }
}

#[test]
fn what_is_off_draws_nothing() {
    // a crop and colours do not change the flips drawn before them
    let images = two_pixels(100);
    let flips = Augment::new().flip_horizontal(0.5);
    let flipped = flips.build(1).unwrap().apply(&images, 0);
    let noisy = flips.brightness(0.01).build(1).unwrap().apply(&images, 0);
    for (a, b) in flipped.axis_iter(Axis(0)).zip(noisy.axis_iter(Axis(0))) {
        assert_eq!(a[[0, 0, 0]] > a[[0, 1, 0]], b[[0, 0, 0]] > b[[0, 1, 0]]);
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
        new().brightness(-0.1),
        "brightness is -0.1, but must be at least 0 and finite",
    );
    says(
        new().contrast(f64::NAN),
        "contrast is NaN, but must be at least 0 and finite",
    );
    says(
        new().crop(65_537),
        "crop is 65537, but must be at most 65536 pixels",
    );
}
