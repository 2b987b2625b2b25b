//! What the tests of several modules share.

/// ∫ f over [from, to] by the midpoint rule.
pub(crate) fn integral(from: f64, to: f64, f: impl Fn(f64) -> f64) -> f64 {
    let n = 20_000;
    let step = (to - from) / f64::from(n);
    (0..n)
        .map(|i| f(from + (f64::from(i) + 0.5) * step))
        .sum::<f64>()
        * step
}

/// Within the tolerance, relative for values above 1.
pub(crate) fn close(a: f64, b: f64, tolerance: f64) -> bool {
    a == b || (a - b).abs() <= tolerance * (1.0 + a.abs().max(b.abs()))
}
