//! Functions of one number, in forms that neither overflow nor cancel.

use crate::Scalar;

pub use crate::elementary::{exp, exp_m1, ln_1p_unit};

/// The logistic function σ(x) = 1 / (1 + e⁻ˣ) (Goodfellow et al. 2016, eq. 3.30).
///
/// Written with e^−|x|, which cannot overflow.
///
/// ```
/// assert_eq!(dl_core::special::sigmoid(0.0), 0.5);
/// assert_eq!(dl_core::special::sigmoid(-1e4_f32), 0.0);
/// ```
#[inline(always)]
pub fn sigmoid<F: Scalar>(x: F) -> F {
    let e = exp(-x.abs());
    let numerator = if x >= F::zero() { F::one() } else { e };
    numerator / (F::one() + e)
}

/// ln σ(x) = −softplus(−x).
#[inline(always)]
pub fn log_sigmoid<F: Scalar>(x: F) -> F {
    -softplus(-x)
}

/// ζ(x) = ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|) (Goodfellow et al. 2016, eq. 3.31).
///
/// ```
/// assert_eq!(dl_core::special::softplus(1e4_f32), 1e4);
/// ```
#[inline(always)]
pub fn softplus<F: Scalar>(x: F) -> F {
    // a NaN is in the second term
    let positive = if x > F::zero() { x } else { F::zero() };
    positive + ln_1p_unit(exp(-x.abs()))
}

/// logit(p) = ln(p / (1 − p)), the inverse of [`sigmoid`]; ∓∞ at 0 and 1, NaN outside `[0, 1]`.
#[inline]
pub fn logit<F: Scalar>(p: F) -> F {
    p.ln() - (-p).ln_1p()
}

/// p·x, where 0·x = 0 even for an infinite x: one term of the expectation Σ p(x)·f(x), to which
/// what cannot happen adds nothing. So 0·ln 0 = 0 (Cover, Thomas 2006, section 2.1).
///
/// ```
/// use dl_core::special::weighted;
/// assert_eq!(weighted(0.0, 0f64.ln()), 0.0);
/// assert_eq!(weighted(0.5, 0f64.ln()), f64::NEG_INFINITY);
/// ```
#[inline]
pub fn weighted<F: Scalar>(p: F, x: F) -> F {
    if p == F::zero() { p } else { p * x }
}

/// ln(p/q) for positive p and q, from their difference where they are near each other, so that it keeps
/// its digits, and from their logarithms where the ratio is no ordinary number.
///
/// ```
/// use dl_core::special::log_ratio;
/// assert_eq!(log_ratio(1e-38_f32, 1e30), 1e-38_f32.ln() - 1e30_f32.ln());
/// assert!((log_ratio(1.0 + 1e-9, 1.0_f64) / 1e-9 - 1.0).abs() < 1e-7);
/// ```
#[inline]
pub fn log_ratio<F: Scalar>(p: F, q: F) -> F {
    let difference = (p - q) / q;
    if difference.abs() <= F::cast(0.5) {
        return difference.ln_1p();
    }
    let ratio = p / q;
    if ratio.is_normal() {
        ratio.ln()
    } else {
        p.ln() - q.ln()
    }
}

/// eˣ − 1 − x, without the cancellation around 0, where it is x²/2.
#[inline]
pub fn exp_m1_minus<F: Scalar>(x: F) -> F {
    if x.abs() > F::cast(0.5) {
        return exp_m1(x) - x;
    }
    // x²/2 · (1 + x/3 (1 + x/4 (1 + …))): what is left out is less than a rounding
    let mut sum = F::one();
    for n in (3..=16).rev() {
        sum = F::one() + sum * x / F::cast(f64::from(n));
    }
    sum * x * x * F::cast(0.5)
}

/// x − ln(1 + x), without the cancellation around 0, where it is x²/2; x > −1.
///
/// With r = x/(2 + x), ln(1 + x) = 2 artanh r = 2(r + r³/3 + r⁵/5 + …) and x − 2r = xr.
#[inline]
pub fn minus_ln_1p<F: Scalar>(x: F) -> F {
    if x.abs() > F::cast(0.25) {
        return x - x.ln_1p();
    }
    let r = x / (F::cast(2.0) + x);
    let square = r * r;
    let mut sum = F::zero();
    for n in (1..=10).rev() {
        sum = sum * square + F::cast(1.0 / f64::from(2 * n + 1));
    }
    r * (x - F::cast(2.0) * square * sum)
}

/// The standard normal distribution function Φ(x) = ½ erfc(−x/√2).
#[inline]
pub fn normal_cdf<F: Scalar>(x: F) -> F {
    F::cast(0.5 * libm::erfc(-x.as_f64() * std::f64::consts::FRAC_1_SQRT_2))
}

/// The standard normal density φ(x) = e^(−x²/2) / √(2π).
#[inline]
pub fn normal_pdf<F: Scalar>(x: F) -> F {
    exp(-x * x / F::cast(2.0)) / F::cast((2.0 * std::f64::consts::PI).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{close, integral};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_functions_are_what_they_are_called(x in -30.0f64..30.0) {
            prop_assert!(close(sigmoid(x), 1.0 / (1.0 + (-x).exp()), 1e-15));
            prop_assert!(close(sigmoid(x) + sigmoid(-x), 1.0, 1e-15));
            prop_assert!(close(log_sigmoid(x), sigmoid(x).ln(), 1e-12));
            prop_assert!(close(softplus(x), (1.0 + x.exp()).ln(), 1e-12));
            // softplus(x) − softplus(−x) = x (Goodfellow et al. 2016, eq. 3.41)
            prop_assert!(close(softplus(x) - softplus(-x), x, 1e-14));
        }

        #[test]
        fn logit_undoes_sigmoid(x in -15.0f64..15.0) {
            prop_assert!(close(logit(sigmoid(x)), x, 1e-8));
        }

        #[test]
        fn single_precision_keeps_its_digits(x in -80.0f32..80.0) {
            let near = |a: f32, b: f64| (f64::from(a) - b).abs() <= 4e-7 * b.abs();
            prop_assert!(near(sigmoid(x), sigmoid(f64::from(x))));
            prop_assert!(near(log_sigmoid(x), log_sigmoid(f64::from(x))));
            prop_assert!(near(softplus(x), softplus(f64::from(x))));
        }

        /// Single precision against double precision, in which what cancels leaves enough digits.
        #[test]
        fn nothing_cancels(x in -0.9f32..3.0, exponent in -6.0f32..0.0, p in 1e-6f32..1e6) {
            let near = |a: f32, b: f64| (f64::from(a) - b).abs() <= 6e-7 * b.abs() + 1e-44;
            for x in [x, x * 10f32.powf(exponent)] {
                let double = f64::from(x);
                if x.abs() > 1e-4 {
                    prop_assert!(near(exp_m1_minus(x), double.exp_m1() - double), "at {x}");
                    prop_assert!(near(minus_ln_1p(x), double - double.ln_1p()), "at {x}");
                } else {
                    let half_square = 0.5 * double * double;
                    prop_assert!((f64::from(exp_m1_minus(x)) / half_square - 1.0).abs() <= 1e-4);
                    prop_assert!((f64::from(minus_ln_1p(x)) / half_square - 1.0).abs() <= 1e-4);
                }
                let q = p * (1.0 + x);
                let exact = (f64::from(q) / f64::from(p)).ln();
                prop_assert!((f64::from(log_ratio(q, p)) - exact).abs() <= 4e-7 * exact.abs());
            }
        }

        #[test]
        fn the_normal_cdf_is_the_integral_of_the_density(x in -4.0f64..4.0) {
            prop_assert!(close(normal_cdf(x), integral(-12.0, x, normal_pdf), 1e-7));
        }
    }

    #[test]
    fn large_arguments_neither_overflow_nor_cancel() {
        assert_eq!((sigmoid(1e4f32), sigmoid(-1e4f32)), (1.0, 0.0));
        assert_eq!((log_sigmoid(1e4f32), log_sigmoid(-1e4f32)), (0.0, -1e4));
        assert_eq!((softplus(1e4f32), softplus(-1e4f32)), (1e4, 0.0));
        assert_eq!((normal_cdf(1e4f32), normal_cdf(-1e4f32)), (1.0, 0.0));
        assert_eq!(
            (logit(0.0f32), logit(1.0f32)),
            (f32::NEG_INFINITY, f32::INFINITY)
        );
        for f in [
            sigmoid,
            log_sigmoid,
            softplus,
            logit,
            normal_cdf,
            normal_pdf,
        ] {
            assert!(f(f32::NAN).is_nan());
        }
    }
}
