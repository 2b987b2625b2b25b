//! Quantiles of a column, interpolation between them, and those of the normal distribution.

use dl_core::special::{normal_cdf, normal_pdf};

/// The quantile at each fraction, interpolated linearly (Hyndman, Fan 1996, "Sample Quantiles in Statistical Packages",
/// definition 7). Rounds as NumPy's `percentile` of percentages
/// does: where values are equal, a last digit decides which of them a quantile is, and [`rank`] makes much of that.
pub(super) fn quantiles(sorted: &[f64], fractions: impl Iterator<Item = f64>) -> Vec<f64> {
    let last = (sorted.len() - 1) as f64;
    let quantile = |fraction: f64| {
        let at = last * (fraction * 100.0 / 100.0);
        let (a, b) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
        let t = at - at.floor();
        // halves, so that the difference of large numbers does not overflow
        let step = 2.0 * (b / 2.0 - a / 2.0).min(f64::MAX / 2.0);
        match t < 0.5 {
            true => a + step * t,
            false => b - step * (1.0 - t),
        }
    };
    let mut values: Vec<f64> = fractions.map(quantile).collect();
    // rounding must not make them fall
    for i in 1..values.len() {
        values[i] = values[i].max(values[i - 1]);
    }
    values
}

/// The median.
pub(super) fn median(sorted: &[f64]) -> f64 {
    let n = sorted.len();
    sorted[(n - 1) / 2] / 2.0 + sorted[n / 2] / 2.0
}

/// The fractions 0, 1/(n − 1), …, 1.
pub(super) fn fraction(i: usize, n: usize) -> f64 {
    match i + 1 == n {
        true => 1.0,
        false => i as f64 * (1.0 / (n - 1) as f64),
    }
}

/// The fraction of the distribution below x, by its quantiles at equally spaced fractions: where several are equal to x,
/// the middle of them.
pub(super) fn rank(quantiles: &[f64], x: f64) -> f64 {
    let n = quantiles.len();
    let first = quantiles.partition_point(|&quantile| quantile < x);
    let after = quantiles.partition_point(|&quantile| quantile <= x);
    if first < after {
        return 0.5 * (fraction(first, n) + fraction(after - 1, n));
    }
    if first == 0 || first == n {
        return if first == 0 { 0.0 } else { 1.0 };
    }
    let (low, high) = (quantiles[first - 1], quantiles[first]);
    let t = (x / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0);
    fraction(first - 1, n) + (fraction(first, n) - fraction(first - 1, n)) * t
}

/// The quantile at a fraction: the inverse of [`rank`].
pub(super) fn at_rank(quantiles: &[f64], rank: f64) -> f64 {
    let last = quantiles.len() - 1;
    let at = rank.clamp(0.0, 1.0) * last as f64;
    let below = (at.floor() as usize).min(last - 1);
    let t = at - below as f64;
    quantiles[below] * (1.0 - t) + quantiles[below + 1] * t
}

/// The x with Φ(x) = p, for p in (0, 1).
pub(super) fn normal_quantile(p: f64) -> f64 {
    if p > 0.5 {
        // 1 − p is exact here, and Φ has all its digits only below 0
        return -normal_quantile(1.0 - p);
    }
    // Abramowitz, Stegun 1964, *Handbook of Mathematical Functions*, 26.2.23: to 4.5e-4
    let t = (-2.0 * p.ln()).sqrt();
    let above = 2.515517 + t * (0.802853 + t * 0.010328);
    let below = 1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308));
    let mut x = above / below - t;
    // Halley's method triples the digits: f = Φ(x) − p has f' = φ(x) and f'' = −x φ(x)
    for _ in 0..3 {
        let step = (normal_cdf(x) - p) / normal_pdf(x);
        x -= step / (1.0 + 0.5 * x * step);
    }
    x
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_normal_quantile_inverts_the_distribution(x in -8.0f64..5.0) {
            let found = normal_quantile(normal_cdf(x));
            // above 0, 1 − Φ(x) loses the digits
            let lost = f64::EPSILON / normal_pdf(x);
            prop_assert!((found - x).abs() <= 4.0 * lost.max(1e-15 * x.abs().max(1.0)), "{found}");
        }

        #[test]
        fn at_rank_inverts_rank(mut values in prop::collection::vec(-1e3f64..1e3, 2..30), t in 0.0f64..1.0) {
            values.sort_by(f64::total_cmp);
            let x = values[0] + (values[values.len() - 1] - values[0]) * t;
            let back = at_rank(&values, rank(&values, x));
            prop_assert!((back - x).abs() <= 1e-9, "{back} {x}");
        }
    }

    /// Values of `scipy.stats.norm.ppf`.
    #[test]
    fn quantiles_of_the_normal_distribution() {
        for (p, expected) in [
            (0.5, 0.0),
            (0.975, 1.959963984540054),
            (0.1, -1.2815515655446004),
            (1e-7, -5.199337582192816),
            (1e-300, -37.0471),
        ] {
            let found = normal_quantile(p);
            let tolerance = if p > 1e-9 { 1e-13 } else { 1e-4 };
            assert!((found - expected).abs() <= tolerance, "{p}: {found}");
        }
    }
}
