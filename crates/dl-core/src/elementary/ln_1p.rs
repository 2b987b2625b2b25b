//! ln(1 + x) of what is between 0 and 1, such as e^−|x|.
//!
//! With r = x/(2 + x), which is at most ⅓, 1 + x = (1 + r)/(1 − r) and ln(1 + x) = 2 artanh r = 2(r + r³/3 + …).

use crate::Scalar;

/// ln(1 + x) for x in `[0, 1]`, to 2 units in the last place.
///
/// ```
/// assert_eq!(dl_core::special::ln_1p_unit(1e-30), 1e-30);
/// assert_eq!(dl_core::special::ln_1p_unit(1.0_f32), 2_f32.ln());
/// ```
#[inline(always)]
pub fn ln_1p_unit<F: Scalar>(x: F) -> F {
    let r = x / (F::cast(2.0) + x);
    let square = r * r;
    (r + r) + r * square * F::artanh_series(square)
}

/// What the logarithm needs to know of a type.
pub trait Logarithm: Sized {
    /// 2(artanh r − r) / r³ of s = r² ≤ 1/9.
    #[doc(hidden)]
    fn artanh_series(s: Self) -> Self;
}

impl Logarithm for f32 {
    #[inline(always)]
    fn artanh_series(s: f32) -> f32 {
        (6.666642e-1 + s * 4.002149e-1) + s * s * (2.800244e-1 + s * 2.8008583e-1)
    }
}

impl Logarithm for f64 {
    #[inline(always)]
    fn artanh_series(s: f64) -> f64 {
        let square = s * s;
        let fourth = square * square;
        let low = (6.666666666666631e-1 + s * 4.000000000015435e-1)
            + square * (2.857142854822028e-1 + s * 2.2222223946967776e-1);
        let high = (1.8181744724727533e-1 + s * 1.5386542956430588e-1)
            + square * (1.3301195237052946e-1 + s * 1.2104342160942161e-1);
        low + fourth * (high + fourth * (8.347681832691997e-2 + s * 1.700459721325541e-1))
    }
}
