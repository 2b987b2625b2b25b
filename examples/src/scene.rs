//! A landscape drawn by formulas: what a photograph has that a digit has not (soft gradients,
//! straight edges, fine texture, noise), without anyone's photograph.

use dl_math::Scalar;
use dl_math::random::generator;
use ndarray::Array2;

/// Pixels from top to bottom.
pub const HEIGHT: usize = 120;
/// Pixels from left to right.
pub const WIDTH: usize = 160;

/// Standard deviation of the film's grain.
const GRAIN: f64 = 0.02;
/// Where the sky ends and the water begins.
const HORIZON: f64 = 0.62;

/// The landscape in grey, 0 black to 1 white, `[HEIGHT, WIDTH]`: a sun over mountains, a house on
/// the shore, and all of it once more in rippled water.
pub fn scene() -> Array2<f64> {
    let rng = &mut generator(7);
    Array2::from_shape_fn((HEIGHT, WIDTH), |(row, column)| {
        let y = (row as f64 + 0.5) / HEIGHT as f64;
        let x = (column as f64 + 0.5) / WIDTH as f64;
        (brightness(x, y) + GRAIN * f64::standard_normal(rng)).clamp(0.0, 1.0)
    })
}

/// Brightness at a place, x to the right and y downwards, both in 0..1.
fn brightness(x: f64, y: f64) -> f64 {
    if y <= HORIZON {
        return above_water(x, y);
    }
    // Water mirrors what is above it, darker, and shifted to the side by its waves.
    let depth = y - HORIZON;
    let wave = (90.0 * depth / (0.3 + depth)).sin();
    0.15 + 0.6 * above_water(x + 0.012 * wave, HORIZON - 1.2 * depth)
}

fn above_water(x: f64, y: f64) -> f64 {
    house(x, y)
        .or_else(|| mountain(x, y))
        .unwrap_or_else(|| sky(x, y))
}

fn sky(x: f64, y: f64) -> f64 {
    let from_sun = (x - 0.75).hypot(0.75 * (y - 0.16));
    let glow = 0.35 * (-8.0 * from_sun).exp();
    let disc = if from_sun < 0.06 { 1.0 } else { 0.0 };
    (0.45 + 0.4 * y + glow).max(disc)
}

/// Two ridges, the nearer one darker and striped by trees.
fn mountain(x: f64, y: f64) -> Option<f64> {
    let far = 0.30 + 0.09 * (7.0 * x + 1.0).sin() + 0.03 * (23.0 * x).sin();
    let near = 0.47 + 0.07 * (5.0 * x + 4.0).sin() + 0.02 * (31.0 * x).sin();
    if y > near {
        let trees = (240.0 * x).sin() * (170.0 * y).sin();
        Some(0.22 + 0.08 * trees)
    } else {
        (y > far).then_some(0.42 + 0.3 * (y - far))
    }
}

/// A gabled house with two windows.
fn house(x: f64, y: f64) -> Option<f64> {
    let (left, right, eaves, floor) = (0.16, 0.40, 0.44, HORIZON);
    let middle = (left + right) / 2.0;
    let roof = eaves - 0.14 * (1.0 - (x - middle).abs() / 0.15);
    if (x - middle).abs() < 0.15 && y > roof && y <= eaves {
        return Some(0.30);
    }
    if !(left..right).contains(&x) || !(eaves..=floor).contains(&y) {
        return None;
    }
    let pane = |center: f64| (x - center).abs() < 0.035 && (y - 0.52).abs() < 0.04;
    let window = pane(0.225) || pane(0.335);
    Some(if window { 0.12 } else { 0.88 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_dark_and_bright_parts_and_is_the_same_every_time() {
        let image = scene();
        assert_eq!(image.dim(), (HEIGHT, WIDTH));
        let share = |of: fn(f64) -> bool| {
            image.iter().filter(|&&value| of(value)).count() as f64 / image.len() as f64
        };
        assert!(share(|value| value < 0.3) > 0.05);
        assert!(share(|value| value > 0.8) > 0.02);
        assert_eq!(image, scene());
    }
}
