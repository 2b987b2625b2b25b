//! Two-sided quantiles of the normal and of Student's t distribution, by bisection of their
//! distribution functions.

use std::f64::consts::{FRAC_PI_2, PI, SQRT_2};

/// The `z` with P(|Z| ≤ z) = `level` for Z standard normal: 1.96 for 0.95.
pub(super) fn normal(level: f64) -> f64 {
    // P(|Z| > z) = erfc(z / √2); at z = 40 it is below every f64.
    bisect(0.0, 40.0, |z| libm::erfc(z / SQRT_2) < 1.0 - level)
}

/// The `t` with P(|T| ≤ t) = `level` for T of Student's distribution with `freedom` degrees of
/// freedom.
pub(super) fn student_t(level: f64, freedom: usize) -> f64 {
    let theta = bisect(0.0, FRAC_PI_2, |theta| within(theta, freedom) > level);
    (freedom as f64).sqrt() * theta.tan()
}

/// P(|T| ≤ √ν tan θ) for ν degrees of freedom. Abramowitz & Stegun, "Handbook of Mathematical
/// Functions", 26.7.3 (ν odd) and 26.7.4 (ν even): a finite sum of about ν / 2 terms.
fn within(theta: f64, freedom: usize) -> f64 {
    let (sin, cos) = theta.sin_cos();
    let (first, mut sum, mut term) = match freedom % 2 {
        0 => (2, 0.0, sin),
        _ => (3, theta * 2.0 / PI, sin * cos * 2.0 / PI),
    };
    for k in (first..=freedom).step_by(2) {
        sum += term;
        term *= cos * cos * (k - 1) as f64 / k as f64;
    }
    sum
}

/// The boundary between `no`, where `holds` is false, and `yes`, where it is true.
pub(super) fn bisect(mut no: f64, mut yes: f64, holds: impl Fn(f64) -> bool) -> f64 {
    // Each step gains one bit; 64 exhaust a number between 1 and 2 and serve all that is asked here.
    for _ in 0..64 {
        let middle = (no + yes) / 2.0;
        if holds(middle) {
            yes = middle;
        } else {
            no = middle;
        }
    }
    yes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Closed forms: ν = 1 is Cauchy, t = tan(π level / 2); ν = 2, t = level √(2 / (1 − level²)).
    #[test]
    fn student_t_has_its_closed_forms() {
        for level in [0.1, 0.5, 0.9, 0.95, 0.99, 0.9999] {
            let cauchy = (FRAC_PI_2 * level).tan();
            assert!((student_t(level, 1) / cauchy - 1.0).abs() <= 1e-11);
            let two = level * (2.0 / (1.0 - level * level)).sqrt();
            assert!((student_t(level, 2) / two - 1.0).abs() <= 1e-11);
        }
    }

    #[test]
    fn student_t_tends_to_the_normal() {
        for level in [0.5, 0.95, 0.999] {
            let (z, t) = (normal(level), student_t(level, 1_000_000));
            // The first term of the expansion 26.7.5: t − z ≈ (z³ + z) / 4ν.
            assert!((t - z - (z.powi(3) + z) / 4e6).abs() <= 1e-9);
        }
    }

    #[test]
    fn quantiles_are_scipys() {
        let reference: serde_json::Value =
            serde_json::from_str(include_str!("../../tests/reference/metrics.json")).unwrap();
        let numbers = |row: &serde_json::Value| -> Vec<f64> {
            let row = row.as_array().unwrap();
            row.iter().map(|x| x.as_f64().unwrap()).collect()
        };
        for row in reference["normal"].as_array().unwrap() {
            let [level, expected] = numbers(row)[..] else {
                panic!("{row} is not a level and a quantile");
            };
            assert!((normal(level) / expected - 1.0).abs() <= 1e-13);
        }
        for row in reference["student_t"].as_array().unwrap() {
            let [level, freedom, expected] = numbers(row)[..] else {
                panic!("{row} is not a level, degrees of freedom and a quantile");
            };
            assert!((student_t(level, freedom as usize) / expected - 1.0).abs() <= 1e-12);
        }
    }
}
