//! Brightness and contrast, as torchvision's `ColorJitter` defines them for images in [0, 1].

use dl_core::Scalar;

/// Weights of red, green and blue in an image's grey (ITU-R BT.601, to four places as in torchvision).
const GREY: [f64; 3] = [0.2989, 0.587, 0.114];

/// factor · v, clipped to [0, 1].
pub(super) fn brightness<F: Scalar>(image: &mut [F], factor: F) {
    blend(image, F::zero(), factor);
}

/// factor · v + (1 − factor) · mean, clipped to [0, 1], where the mean is that of the grey image.
pub(super) fn contrast<F: Scalar>(image: &mut [F], channels: usize, factor: F) {
    let mean = grey_mean(image, channels);
    blend(image, F::cast(mean), factor);
}

fn blend<F: Scalar>(image: &mut [F], with: F, factor: F) {
    let rest = (F::one() - factor) * with;
    for value in image {
        *value = (factor * *value + rest).max(F::zero()).min(F::one());
    }
}

/// The mean of grey: of three channels red, green and blue weighted, of any other number all alike.
fn grey_mean<F: Scalar>(image: &[F], channels: usize) -> f64 {
    let total: f64 = match channels {
        3 => {
            let grey = |pixel: &[F]| {
                let parts = GREY.iter().zip(pixel);
                parts
                    .map(|(weight, value)| weight * value.as_f64())
                    .sum::<f64>()
            };
            image.chunks_exact(3).map(grey).sum::<f64>() * 3.
        }
        _ => dl_core::sum::sum(image),
    };
    total / image.len() as f64
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn numbers(value: &Value) -> Vec<f64> {
        let all = value.as_array().unwrap().iter();
        all.map(|v| v.as_f64().unwrap()).collect()
    }

    /// From tests/reference/color.py.
    #[test]
    fn values_are_those_of_the_formulas_in_numpy() {
        let reference = include_str!("../../tests/reference/color.json");
        let reference: Value = serde_json::from_str(reference).unwrap();
        let cases = reference.as_array().unwrap();
        assert_eq!(cases.len(), 12);
        for case in cases {
            let channels = case["channels"].as_u64().unwrap() as usize;
            let factor = case["factor"].as_f64().unwrap();
            let before = numbers(&case["image"]);
            for (name, change) in [
                (
                    "brightness",
                    (|image, _, factor| brightness(image, factor)) as fn(&mut [f64], usize, f64),
                ),
                ("contrast", contrast),
            ] {
                let mut image = before.clone();
                change(&mut image, channels, factor);
                for (value, expected) in image.iter().zip(numbers(&case[name])) {
                    assert!(
                        (value - expected).abs() <= 1e-14,
                        "{name}, {channels} channels, {factor}: {value}, expected {expected}"
                    );
                }
            }
        }
    }
}
