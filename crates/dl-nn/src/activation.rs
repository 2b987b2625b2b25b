//! Activation functions, to be fused into a layer or used as a layer of their own.

use std::fmt;

use dl_core::simd::{arch, map};
use dl_core::special::exp_m1;
use dl_core::sum::sum_of_pairs;
use dl_core::{Scalar, activation as f, instantiate, softmax::softmax_rows};
use pulp::{NullaryFnOnce, Simd, WithSimd};

use crate::error::ConfigError;
use crate::init::Initializer;
use crate::layer::cache::Cache;

/// An element-wise non-linearity (softmax: over the last axis).
///
/// The formulas and their derivatives are `dl_core::activation`'s.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Activation {
    /// y = z.
    #[default]
    Identity,
    /// y = max(z, 0) (Nair, Hinton 2010). Derivative 0 at 0.
    Relu,
    /// y = z for z > 0, otherwise `slope`·z (Maas, Hannun, Ng 2013).
    LeakyRelu {
        /// Slope for negative z, in `[0, 1)`.
        slope: f64,
    },
    /// y = z for z > 0, otherwise α(eᶻ − 1) (Clevert, Unterthiner, Hochreiter 2016, eq. 15).
    Elu {
        /// α > 0: minus the limit for z → −∞.
        alpha: f64,
    },
    /// y = z·Φ(z), Φ the standard normal distribution function (Hendrycks, Gimpel 2016).
    Gelu,
    /// y = z·σ(z), also called swish (Elfwing, Uchibe, Doya 2018).
    Silu,
    /// y = σ(z) = 1 / (1 + e⁻ᶻ).
    Sigmoid,
    /// y = tanh z.
    Tanh,
    /// y = ln(1 + eᶻ).
    Softplus,
    /// yᵢ = e^zᵢ / Σⱼ e^zⱼ over the last axis.
    Softmax,
}

pub use Activation::{
    Elu, Gelu, Identity, LeakyRelu, Relu, Sigmoid, Silu, Softmax, Softplus, Tanh,
};

impl Activation {
    /// Checks the parameters.
    ///
    /// # Errors
    /// A slope outside `[0, 1)`, an α that is not positive.
    pub fn validate(self) -> Result<(), ConfigError> {
        match self {
            LeakyRelu { slope } => ConfigError::require(
                (0.0..1.0).contains(&slope),
                "LeakyRelu slope",
                slope,
                "in [0, 1)",
            ),
            Elu { alpha } => ConfigError::require(
                alpha > 0.0 && alpha.is_finite(),
                "Elu alpha",
                alpha,
                "positive and finite",
            ),
            _ => Ok(()),
        }
    }

    /// Whether the derivative needs the input z; all others are computed from the output y alone.
    pub fn needs_input(self) -> bool {
        matches!(self, Gelu | Silu)
    }

    /// z → y, in place; `width` is the length of the last axis.
    ///
    /// # Panics
    /// For softmax, if `width` is 0.
    pub fn forward<F: Scalar>(self, z: &mut [F], width: usize) {
        forward(self, z, width);
    }

    /// As [`forward`](Self::forward), and leaves z in [`Cache::values`] if [`backward`](Self::backward) needs it.
    ///
    /// # Panics
    /// For softmax, if `width` is 0.
    pub fn forward_for_backward<F: Scalar>(self, z: &mut [F], width: usize, cache: &mut Cache<F>) {
        if self.needs_input() {
            cache.values.clear();
            cache.values.extend_from_slice(z);
        }
        self.forward(z, width);
    }

    /// How many of `elements` elements [`forward_for_backward`](Self::forward_for_backward) leaves:
    /// [`Layer::cached`](crate::Layer::cached) of a layer that ends with it.
    pub fn cached(self, elements: usize) -> usize {
        match self.needs_input() {
            true => elements,
            false => 0,
        }
    }

    /// ∂L/∂y → ∂L/∂z, in place. `z` is read only if [`needs_input`](Self::needs_input). Elements beyond
    /// the shorter of the slices are not changed.
    ///
    /// # Panics
    /// For softmax, if `width` is 0.
    pub fn backward<F: Scalar>(self, z: &[F], y: &[F], dy: &mut [F], width: usize) {
        backward(self, z, y, dy, width);
    }

    fn apply<F: Scalar>(self, z: &mut [F], width: usize) {
        match self {
            Identity => {}
            Relu => arch().dispatch(Rectify { z }),
            // times 1 if it is positive: every z is stored, without a mask
            LeakyRelu { slope } => map(
                z,
                #[inline(always)]
                |z| z * f::leaky_relu_derivative(z, F::cast(slope)),
            ),
            Elu { alpha } => map(
                z,
                #[inline(always)]
                |z| f::elu(z, F::cast(alpha)),
            ),
            Gelu => map(z, f::gelu),
            Silu => map(z, f::silu),
            Sigmoid => map(z, f::sigmoid),
            Tanh => map(z, f::tanh),
            Softplus => map(z, f::softplus),
            Softmax => softmax_rows(z, width),
        }
    }

    fn apply_derivative<F: Scalar>(self, z: &[F], y: &[F], dy: &mut [F], width: usize) {
        let one = F::one();
        match self {
            Identity => {}
            Relu => arch().dispatch(Mask { dy, y }),
            LeakyRelu { slope } => {
                scale(
                    dy,
                    y,
                    #[inline(always)]
                    |y| if y > F::zero() { one } else { F::cast(slope) },
                );
            }
            // y = α(eᶻ − 1), so α eᶻ = y + α
            Elu { alpha } => scale(dy, y, |y| {
                if y > F::zero() {
                    one
                } else {
                    y + F::cast(alpha)
                }
            }),
            Gelu => scale(dy, z, f::gelu_derivative),
            Silu => scale(dy, z, f::silu_derivative),
            Sigmoid => scale(dy, y, |y| y * (one - y)),
            Tanh => scale(dy, y, |y| one - y * y),
            // σ(z) = 1 − e⁻ʸ
            Softplus => scale(dy, y, |y| -exp_m1(-y)),
            Softmax => {
                for (dy, y) in dy.chunks_exact_mut(width).zip(y.chunks_exact(width)) {
                    softmax_backward(y, dy);
                }
            }
        }
    }

    /// The initialiser of a kernel that feeds this activation: He if it is zero on one side,
    /// Glorot otherwise.
    pub fn default_initializer(self) -> Initializer {
        match self {
            Relu | LeakyRelu { .. } | Elu { .. } | Gelu | Silu => Initializer::HeNormal,
            Identity | Sigmoid | Tanh | Softplus | Softmax => Initializer::GlorotUniform,
        }
    }
}

instantiate! {
    fn forward<F: Scalar>(activation: Activation, z: &mut [F], width: usize) {
        activation.apply(z, width);
    }

    fn backward<F: Scalar>(activation: Activation, z: &[F], y: &[F], dy: &mut [F], width: usize) {
        activation.apply_derivative(z, y, dy, width);
    }
}

/// ∂yⱼ/∂zᵢ = yⱼ(δᵢⱼ − yᵢ), so ∂L/∂zᵢ = yᵢ(∂L/∂yᵢ − Σⱼ yⱼ ∂L/∂yⱼ).
fn softmax_backward<F: Scalar>(y: &[F], dy: &mut [F]) {
    let mean = F::cast(sum_of_pairs(y, dy, |y, dy| (y * dy).as_f64()));
    for (dy, &y) in dy.iter_mut().zip(y) {
        *dy = y * (*dy - mean);
    }
}

/// dyᵢ ← dyᵢ · derivative(atᵢ)
fn scale<F: Scalar>(dy: &mut [F], at: &[F], derivative: impl Fn(F) -> F) {
    arch().dispatch(Scale { dy, at, derivative });
}

/// zᵢ ← 0 where zᵢ < 0. In vectors, since the compiler turns a plain loop into masked stores
/// ([`Lanes`](dl_core::simd::Lanes)).
struct Rectify<'a, F> {
    z: &'a mut [F],
}

impl<F: Scalar> WithSimd for Rectify<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (vectors, rest) = F::vectors_mut::<S>(self.z);
        for z in vectors {
            *z = F::relu(simd, *z);
        }
        for z in rest {
            *z = f::relu(*z);
        }
    }
}

/// dyᵢ ← dyᵢ where yᵢ > 0, otherwise 0; likewise.
struct Mask<'a, F> {
    dy: &'a mut [F],
    y: &'a [F],
}

impl<F: Scalar> WithSimd for Mask<'_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (dy, rest) = F::vectors_mut::<S>(self.dy);
        let (y, y_rest) = F::vectors::<S>(self.y);
        for (dy, &y) in dy.iter_mut().zip(y) {
            *dy = F::where_positive(simd, y, *dy);
        }
        for (dy, &y) in rest.iter_mut().zip(y_rest) {
            *dy = if y > F::zero() { *dy } else { F::zero() };
        }
    }
}

/// [`scale`] as a type, which is what `pulp` compiles per instruction set.
struct Scale<'a, F, G> {
    dy: &'a mut [F],
    at: &'a [F],
    derivative: G,
}

impl<F: Scalar, G: Fn(F) -> F> NullaryFnOnce for Scale<'_, F, G> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for (dy, &at) in self.dy.iter_mut().zip(self.at) {
            *dy *= (self.derivative)(at);
        }
    }
}

impl fmt::Display for Activation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Identity => out.write_str("identity"),
            Relu => out.write_str("relu"),
            LeakyRelu { slope } => write!(out, "leaky_relu({slope})"),
            Elu { alpha } => write!(out, "elu({alpha})"),
            Gelu => out.write_str("gelu"),
            Silu => out.write_str("silu"),
            Sigmoid => out.write_str("sigmoid"),
            Tanh => out.write_str("tanh"),
            Softplus => out.write_str("softplus"),
            Softmax => out.write_str("softmax"),
        }
    }
}
