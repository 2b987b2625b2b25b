//! Activation functions and their derivatives, each beside the other.

use crate::Scalar;
use crate::special::{normal_cdf, normal_pdf};

pub use crate::special::{sigmoid, softplus};

/// σ′(x) = σ(x)·(1 − σ(x)) = σ(x)·σ(−x).
#[inline]
pub fn sigmoid_derivative<F: Scalar>(x: F) -> F {
    sigmoid(x) * sigmoid(-x)
}

/// tanh x = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ) = 2σ(2x) − 1.
#[inline]
pub fn tanh<F: Scalar>(x: F) -> F {
    x.tanh()
}

/// tanh′ x = 1 − tanh² x = 1 / cosh² x; the second form does not cancel.
#[inline]
pub fn tanh_derivative<F: Scalar>(x: F) -> F {
    x.cosh().powi(-2)
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

/// x for x > 0, otherwise α(eˣ − 1) (Clevert, Unterthiner, Hochreiter 2016, eq. 15).
#[inline]
pub fn elu<F: Scalar>(x: F, alpha: F) -> F {
    if x > F::zero() { x } else { alpha * x.exp_m1() }
}

/// 1 for x > 0, otherwise αeˣ.
#[inline]
pub fn elu_derivative<F: Scalar>(x: F, alpha: F) -> F {
    if x > F::zero() {
        F::one()
    } else {
        alpha * x.exp()
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
#[inline]
pub fn silu<F: Scalar>(x: F) -> F {
    x * sigmoid(x)
}

/// σ(x) + x·σ′(x).
#[inline]
pub fn silu_derivative<F: Scalar>(x: F) -> F {
    sigmoid(x) + x * sigmoid_derivative(x)
}

/// softplus′ x = σ(x).
#[inline]
pub fn softplus_derivative<F: Scalar>(x: F) -> F {
    sigmoid(x)
}
