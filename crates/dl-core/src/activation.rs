//! Activation functions and their derivatives, each beside the other.

use crate::Scalar;
use crate::special::{exp, exp_m1, normal_cdf, normal_pdf};

pub use crate::special::{sigmoid, softplus};

/// σ′(x) = σ(x)·(1 − σ(x)) = σ(x)·σ(−x).
#[inline(always)]
pub fn sigmoid_derivative<F: Scalar>(x: F) -> F {
    sigmoid(x) * sigmoid(-x)
}

/// tanh x = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ) = ∓e / (2 + e) with e = e^(−2|x|) − 1, which neither overflows nor cancels.
///
/// ```
/// assert_eq!(dl_core::activation::tanh(1e-30), 1e-30);
/// assert_eq!(dl_core::activation::tanh(-1e4_f32), -1.0);
/// ```
#[inline(always)]
pub fn tanh<F: Scalar>(x: F) -> F {
    let two = F::cast(2.0);
    let e = exp_m1(-two * x.abs());
    (e / (two + e)).copysign(x)
}

/// tanh′ x = 1 − tanh² x = 1 / cosh² x = 4e / (1 + e)² with e = e^(−2|x|), which does not cancel.
#[inline(always)]
pub fn tanh_derivative<F: Scalar>(x: F) -> F {
    let e = exp(F::cast(-2.0) * x.abs());
    let sum = F::one() + e;
    F::cast(4.0) * e / (sum * sum)
}

/// The rectified linear unit max(x, 0) (Nair, Hinton 2010). A NaN stays NaN.
#[inline]
pub fn relu<F: Scalar>(x: F) -> F {
    if x < F::zero() { F::zero() } else { x }
}

/// 1 for x > 0, otherwise 0 (at the kink, too).
#[inline]
pub fn relu_derivative<F: Scalar>(x: F) -> F {
    leaky_relu_derivative(x, F::zero())
}

/// x for x > 0, otherwise `slope`·x (Maas, Hannun, Ng 2013).
#[inline]
pub fn leaky_relu<F: Scalar>(x: F, slope: F) -> F {
    if x > F::zero() { x } else { slope * x }
}

/// 1 for x > 0, otherwise `slope`.
#[inline]
pub fn leaky_relu_derivative<F: Scalar>(x: F, slope: F) -> F {
    if x > F::zero() { F::one() } else { slope }
}

/// x for x > 0, otherwise α(eˣ − 1) (Clevert, Unterthiner, Hochreiter 2016, eq. 15): of the positive and the
/// negative part of x, one of which is 0, the sum. A choice between x and something else would become a store under a
/// mask ([`Lanes`](crate::simd::Lanes)).
#[inline(always)]
pub fn elu<F: Scalar>(x: F, alpha: F) -> F {
    let zero = F::zero();
    let positive = if x > zero { x } else { zero };
    let negative = if x > zero { zero } else { x };
    positive + alpha * exp_m1(negative)
}

/// 1 for x > 0, otherwise αeˣ.
#[inline(always)]
pub fn elu_derivative<F: Scalar>(x: F, alpha: F) -> F {
    if x > F::zero() {
        F::one()
    } else {
        alpha * exp(x)
    }
}

/// x·Φ(x), Φ the standard normal distribution function: the exact form, not the tanh
/// approximation (Hendrycks, Gimpel 2016).
#[inline]
pub fn gelu<F: Scalar>(x: F) -> F {
    x * normal_cdf(x)
}

/// Φ(x) + x·φ(x).
#[inline]
pub fn gelu_derivative<F: Scalar>(x: F) -> F {
    normal_cdf(x) + x * normal_pdf(x)
}

/// x·σ(x), also called swish (Elfwing, Uchibe, Doya 2018).
#[inline(always)]
pub fn silu<F: Scalar>(x: F) -> F {
    x * sigmoid(x)
}

/// σ(x) + x·σ′(x).
#[inline(always)]
pub fn silu_derivative<F: Scalar>(x: F) -> F {
    sigmoid(x) + x * sigmoid_derivative(x)
}

/// softplus′ x = σ(x).
#[inline(always)]
pub fn softplus_derivative<F: Scalar>(x: F) -> F {
    sigmoid(x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::close;
    use proptest::prelude::*;

    type Function<F> = fn(F) -> F;

    /// Each activation with its derivative.
    fn all<F: Scalar>() -> [(&'static str, Function<F>, Function<F>); 9] {
        [
            ("sigmoid", sigmoid, sigmoid_derivative),
            ("tanh", tanh, tanh_derivative),
            ("relu", relu, relu_derivative),
            (
                "leaky_relu",
                |x| leaky_relu(x, F::cast(0.1)),
                |x| leaky_relu_derivative(x, F::cast(0.1)),
            ),
            (
                "elu",
                |x| elu(x, F::cast(0.5)),
                |x| elu_derivative(x, F::cast(0.5)),
            ),
            ("gelu", gelu, gelu_derivative),
            ("silu", silu, silu_derivative),
            ("softplus", softplus, softplus_derivative),
            (
                "identity by leaky_relu",
                |x| leaky_relu(x, F::one()),
                |x| leaky_relu_derivative(x, F::one()),
            ),
        ]
    }

    proptest! {
        #[test]
        fn derivatives_are_central_differences(
            // away from the kink at 0
            x in prop_oneof![-8.0f64..-1e-3, 1e-3f64..8.0],
        ) {
            let h = 1e-5;
            for (name, f, derivative) in all::<f64>() {
                let slope = (f(x + h) - f(x - h)) / (2.0 * h);
                prop_assert!(close(slope, derivative(x), 1e-8), "{name} at {x}");
            }
        }

        #[test]
        fn single_precision_agrees_with_double(x in -20.0f32..20.0) {
            for ((name, f, df), (_, g, dg)) in all::<f32>().into_iter().zip(all::<f64>()) {
                prop_assert!(close(f64::from(f(x)), g(f64::from(x)), 1e-6), "{name} at {x}");
                prop_assert!(close(f64::from(df(x)), dg(f64::from(x)), 1e-6), "{name}' at {x}");
            }
        }

        #[test]
        fn tanh_is_the_standard_librarys(x in -20.0f64..20.0, exponent in -300.0f64..0.0) {
            let small = 10f64.powf(exponent) * x.signum();
            for x in [x, small, x / 40.0] {
                prop_assert!((tanh(x) - x.tanh()).abs() <= 1e-15 * x.tanh().abs(), "at {x}");
                let (x, exact) = (x as f32, f64::from(x as f32).tanh());
                prop_assert!((f64::from(tanh(x)) - exact).abs() <= 3e-7 * exact.abs(), "at {x}");
                prop_assert_eq!(tanh(-x), -tanh(x));
                prop_assert!(tanh(x).abs() <= 1.0 && tanh(x) <= tanh(x.next_up()), "at {x}");
            }
        }

        #[test]
        fn large_arguments_stay_finite(x in -1e4f32..1e4) {
            for (name, f, derivative) in all::<f32>() {
                prop_assert!(f(x).is_finite() && derivative(x).is_finite(), "{name} at {x}");
            }
        }
    }

    #[test]
    fn values_at_the_ends_and_the_kink() {
        assert_eq!((relu(-2.0), relu(0.0), relu(3.0)), (0.0, 0.0, 3.0));
        assert_eq!(relu_derivative(0.0), 0.0);
        assert_eq!(
            (leaky_relu(-2.0, 0.25), leaky_relu_derivative(0.0, 0.25)),
            (-0.5, 0.25)
        );
        assert_eq!((elu(-1e4, 2.0), elu_derivative(0.0, 2.0)), (-2.0, 2.0));
        assert_eq!((gelu(-1e4), gelu(1e4), gelu(0.0)), (0.0, 1e4, 0.0));
        assert_eq!((silu(-1e4), silu(1e4), silu(0.0)), (0.0, 1e4, 0.0));
        // where 1 − tanh² has no digit left
        assert!(close(
            tanh_derivative(30.0f64).ln(),
            4f64.ln() - 60.0,
            1e-15
        ));
        assert_eq!([tanh(f64::INFINITY), tanh(-1e3)], [1.0, -1.0]);
        for (name, f, _) in all::<f64>() {
            assert!(f(f64::NAN).is_nan(), "{name}");
        }
    }
}
