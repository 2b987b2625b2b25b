//! The sum of a row of terms.

use crate::simd::arch;

use crate::{Scalar, instantiate};

/// Terms that are summed before their sum is added to those of the terms before them.
const BLOCK: usize = 4096;

/// Sums that run side by side: as many as the widest vectors need to stay busy.
const LANES: usize = 16;

instantiate! {
    /// Σ xᵢ.
    ///
    /// ```
    /// let x = vec![0.1_f32; 1 << 20];
    /// let running: f32 = x.iter().sum();
    /// let exact = f64::from(0.1_f32) * f64::from(1 << 20);
    /// assert!((f64::from(running) / exact - 1.0).abs() > 1e-3);
    /// assert!((dl_core::sum::sum(&x) / exact - 1.0).abs() < 1e-15);
    /// ```
    pub fn sum<F: Scalar>(x: &[F]) -> f64 {
        arch().dispatch(
            #[inline(always)]
            || sum_of(x, F::as_f64),
        )
    }
}

/// Σ f(xᵢ).
#[inline(always)]
pub fn sum_of<F: Scalar>(x: &[F], f: impl Fn(F) -> f64) -> f64 {
    sum_of_pairs(
        x,
        x,
        #[inline(always)]
        |x, _| f(x),
    )
}

/// Σ f(xᵢ, yᵢ), over as many pairs as there are.
#[inline(always)]
pub fn sum_of_pairs<F: Scalar>(x: &[F], y: &[F], f: impl Fn(F, F) -> f64) -> f64 {
    let mut total = 0.0;
    if x.len() < LANES {
        for (&x, &y) in x.iter().zip(y) {
            total += f(x, y);
        }
        return total;
    }
    for (x, y) in x.chunks(BLOCK).zip(y.chunks(BLOCK)) {
        let (x, x_rest) = x.as_chunks::<LANES>();
        let (y, y_rest) = y.as_chunks::<LANES>();
        if !x.is_empty() {
            let mut sums = [0.0; LANES];
            for (x, y) in x.iter().zip(y) {
                for i in 0..LANES {
                    sums[i] += f(x[i], y[i]);
                }
            }
            total += sums.iter().sum::<f64>();
        }
        let rest = x_rest.iter().zip(y_rest);
        total += rest.map(|(&x, &y)| f(x, y)).sum::<f64>();
    }
    total
}

/// Σ of the terms, rounded once.
#[inline]
pub fn sum_terms<F: Scalar>(terms: impl IntoIterator<Item = F>) -> F {
    let mut terms = terms.into_iter();
    let mut total = 0.0;
    loop {
        let mut block = 0.0;
        let mut count = 0;
        for term in terms.by_ref().take(BLOCK) {
            block += term.as_f64();
            count += 1;
        }
        total += block;
        if count < BLOCK {
            return F::cast(total);
        }
    }
}
