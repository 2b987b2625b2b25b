//! eˣ and eˣ − 1.
//!
//! With n the integer nearest to x / ln 2 and r = x − n ln 2, eˣ = 2ⁿ eʳ, and on |r| ≤ ½ ln 2 a polynomial is
//! as good as eʳ (Muller 2016, *Elementary Functions*, sections 3.2 and 11.1).

use crate::Scalar;

/// eˣ, to a unit in the last place.
///
/// ```
/// assert_eq!(dl_core::special::exp(0.0), 1.0);
/// assert_eq!(dl_core::special::exp(-1e4_f32), 0.0);
/// ```
#[inline(always)]
pub fn exp<F: Scalar>(x: F) -> F {
    let Reduced { r, s, t, .. } = Reduced::new(x);
    (F::one() + (r + r * r * F::series(r))) * s * t
}

/// eˣ − 1, without the cancellation around 0, to 1½ units in the last place.
///
/// ```
/// assert_eq!(dl_core::special::exp_m1(1e-30), 1e-30);
/// assert_eq!(dl_core::special::exp_m1(-1e4_f32), -1.0);
/// ```
#[inline(always)]
pub fn exp_m1<F: Scalar>(x: F) -> F {
    let Reduced { r, s, t, inverse } = Reduced::new(x);
    // 2ⁿ − 1 and 2ⁿ r, each divided by t, and what their sum loses in its rounding: the first is 0 or the larger
    let (a, b) = (s - inverse, s * r);
    let sum = a + b;
    let lost = b - (sum - a);
    // of −0 the sum is 0
    ((sum + (lost + s * (r * r * F::series(r)))) * t).copysign(x)
}

/// x = n ln 2 + r with |r| ≤ ½ ln 2, and 2ⁿ = s·t: in two factors, since 2ⁿ itself may be too large or too small for
/// the type where eˣ is not.
struct Reduced<F> {
    r: F,
    s: F,
    t: F,
    /// 1/t
    inverse: F,
}

impl<F: Scalar> Reduced<F> {
    #[inline(always)]
    fn new(x: F) -> Self {
        // as choices, of which a NaN comes out as itself
        let [least, largest] = F::RANGE;
        let x = if x < least { least } else { x };
        let x = if x > largest { largest } else { x };
        // Next to a number as large as SHIFT there are only integers, so the sum is rounded to one.
        let shifted = x * F::LOG2_E + F::SHIFT;
        let n = shifted - F::SHIFT;
        let [high, low] = F::LN_2;
        // n·high is exact, and so is its difference from x
        let r = (x - n * high) - n * low;
        let [s, t, inverse] = F::powers(shifted);
        Self { r, s, t, inverse }
    }
}

/// What the exponential needs to know of a type.
pub trait Exponential: Sized {
    /// Beyond these eˣ is 0 or infinite.
    #[doc(hidden)]
    const RANGE: [Self; 2];

    /// 1 / ln 2.
    #[doc(hidden)]
    const LOG2_E: Self;

    /// ln 2 in two parts, the first with so few bits that a multiple by an exponent is exact.
    #[doc(hidden)]
    const LN_2: [Self; 2];

    /// 1.5 · 2ᵖ, p the explicit bits of a significand, plus two biases of the exponent: the last bits of n + SHIFT
    /// are n plus two biases.
    #[doc(hidden)]
    const SHIFT: Self;

    /// (eʳ − 1 − r) / r² on |r| ≤ ½ ln 2, coefficients from `coefficients.py`; by pairs of terms, which do not wait
    /// for each other (Estrin's scheme).
    #[doc(hidden)]
    fn series(r: Self) -> Self;

    /// Of n + SHIFT, 2^⌊n/2⌋, 2^⌈n/2⌉ and 2^−⌈n/2⌉.
    #[doc(hidden)]
    fn powers(shifted: Self) -> [Self; 3];
}

/// [`Exponential::powers`], of a type whose significand has that many explicit bits.
macro_rules! powers {
    ($bits:ident, $explicit:literal) => {
        #[inline(always)]
        fn powers(shifted: Self) -> [Self; 3] {
            const EXPONENT: $bits = $bits::MAX >> $explicit;
            const TWO_BIASES: $bits = EXPONENT / 2 - 1;
            let n = shifted.to_bits();
            let half = (n & EXPONENT) >> 1;
            // what stands above an exponent's bits is shifted out
            let rest = n.wrapping_sub(half);
            [half, rest, TWO_BIASES.wrapping_sub(rest)]
                .map(|biased| Self::from_bits(biased << $explicit))
        }
    };
}

impl Exponential for f32 {
    const RANGE: [f32; 2] = [-104.0, 89.0];
    const LOG2_E: f32 = std::f32::consts::LOG2_E;
    const LN_2: [f32; 2] = [6.9314575e-1, 1.4286068e-6];
    const SHIFT: f32 = 1.5 * (1 << 23) as f32 + 254.0;

    #[inline(always)]
    fn series(r: f32) -> f32 {
        let square = r * r;
        (5e-1 + r * 1.6666666e-1)
            + square
                * ((4.1666362e-2 + r * 8.333389e-3) + square * (1.3940524e-3 + r * 1.9845879e-4))
    }

    powers!(u32, 23);
}

impl Exponential for f64 {
    const RANGE: [f64; 2] = [-746.0, 710.0];
    const LOG2_E: f64 = std::f64::consts::LOG2_E;
    const LN_2: [f64; 2] = [6.931471803691238e-1, 1.9082149292705877e-10];
    const SHIFT: f64 = 1.5 * (1_u64 << 52) as f64 + 2046.0;

    #[inline(always)]
    fn series(r: f64) -> f64 {
        let square = r * r;
        let fourth = square * square;
        let low = (5e-1 + r * 1.6666666666666677e-1)
            + square * (4.166666666666651e-2 + r * 8.333333333321783e-3);
        let middle = (1.3888888888961756e-3 + r * 1.9841269885698695e-4)
            + square * (2.4801587173357623e-5 + r * 2.7557244672929566e-6);
        let high =
            (2.7557402274378175e-7 + r * 2.5108865234340516e-8) + square * 2.087534248942808e-9;
        low + fourth * (middle + fourth * high)
    }

    powers!(u64, 52);
}
