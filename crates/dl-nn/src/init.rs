//! Initial values of parameters.
//!
//! The variance-scaling schemes keep the size of signals (and of gradients) from layer to layer:
//! a sum of `fan_in` independent terms has `fan_in` times their variance, so weights get a
//! variance of about `1 / fan_in`. Goodfellow et al. §8.4.
//!
//! ```
//! use dl_nn::init::{Fans, Initializer};
//! use dl_core::random::generator;
//!
//! let shape = [784, 128];
//! let fans = Fans::from_shape(&shape);
//! let kernel = Initializer::HeNormal.sample::<f32>(&shape, fans, &mut generator(1))?;
//! assert_eq!(kernel.shape(), [784, 128]);
//! assert!((kernel.std(0.0) - (2.0f32 / 784.0).sqrt()).abs() < 1e-3);
//! # Ok::<(), dl_core::memory::OutOfMemory>(())
//! ```

use dl_core::memory::{OutOfMemory, filled, room};
use dl_core::rand::{Rng, RngCore};
use dl_core::{Scalar, instantiate, linalg::Qr};
use ndarray::{Array2, ArrayD};
use serde::{Deserialize, Serialize};

use crate::error::ConfigError;

/// How many inputs one output of a layer sums up, and how many outputs one input goes into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fans {
    /// Inputs summed in one output.
    pub fan_in: usize,
    /// Outputs one input goes into.
    pub fan_out: usize,
}

impl Fans {
    /// The fans of a channels-last kernel: of shape `[in, out]` they are `in` and `out`; of shape
    /// `[kh, kw, c_in, c_out]` they are `kh · kw · c_in` and `kh · kw · c_out` (stride 1). A
    /// vector of length `n` has `n` and `n`, a scalar 1 and 1. Counts saturate.
    ///
    /// ```
    /// use dl_nn::init::Fans;
    /// assert_eq!(Fans::from_shape(&[3, 3, 32, 64]), Fans { fan_in: 288, fan_out: 576 });
    /// ```
    pub fn from_shape(shape: &[usize]) -> Self {
        let (fan_in, fan_out) = match *shape {
            [] => (1, 1),
            [n] => (n, n),
            [ref field @ .., c_in, c_out] => {
                let field = element_count(field);
                (field.saturating_mul(c_in), field.saturating_mul(c_out))
            }
        };
        Self { fan_in, fan_out }
    }
}

/// A rule for initial values. `U(a, b)` is the uniform distribution, `N(μ, σ²)` the normal one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub enum Initializer {
    /// `U(−l, l)`, `l = √(6 / (fan_in + fan_out))`. For tanh, sigmoid and linear outputs. Glorot
    /// and Bengio, "Understanding the difficulty of training deep feedforward neural networks"
    /// (2010), eq. 16.
    GlorotUniform,
    /// `N(0, 2 / (fan_in + fan_out))`, the variance of the same paper's eq. 12.
    GlorotNormal,
    /// `U(−l, l)`, `l = √(6 / fan_in)`: the variance of [`HeNormal`](Self::HeNormal).
    HeUniform,
    /// `N(0, 2 / fan_in)`. For ReLU, which halves the second moment. He et al., "Delving Deep
    /// into Rectifiers" (2015), eq. 10.
    HeNormal,
    /// `U(−l, l)`, `l = √(3 / fan_in)`: the variance of [`LecunNormal`](Self::LecunNormal).
    LecunUniform,
    /// `N(0, 1 / fan_in)`. For linear layers. LeCun et al., "Efficient backprop" (1998),
    /// eq. 16.
    LecunNormal,
    /// `N(0, std²)`.
    Normal {
        /// Standard deviation, at least 0.
        std: f64,
    },
    /// `U(−limit, limit)`.
    Uniform {
        /// Largest magnitude, at least 0.
        limit: f64,
    },
    /// `N(0, std²)` with draws beyond ±2 std drawn again. `std` is that of the normal distribution
    /// before truncation, as in Keras and PyTorch; the values' own is 0.8796 std.
    TruncatedNormal {
        /// Standard deviation before truncation, at least 0.
        std: f64,
    },
    /// `gain` times an orthogonal matrix, drawn uniformly: the kernel as a matrix of all axes but
    /// the last against the last has orthogonal columns (or rows, if it has fewer rows). Saxe
    /// et al., "Exact solutions to the nonlinear dynamics of learning in deep linear neural
    /// networks" (2014).
    Orthogonal {
        /// Factor, finite; √2 is usual before ReLU.
        gain: f64,
    },
    /// One value everywhere.
    Constant(f64),
    /// 0 everywhere. For biases: equal kernels would stay equal.
    Zeros,
}

impl Initializer {
    /// Whether the options are in their ranges.
    ///
    /// # Errors
    /// Names the option that is not.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let not_negative = |parameter, value: f64| {
            let holds = value >= 0.0 && value.is_finite();
            ConfigError::require(holds, parameter, value, "finite and at least 0")
        };
        let finite = |parameter, value: f64| {
            ConfigError::require(value.is_finite(), parameter, value, "finite")
        };
        match *self {
            Self::Normal { std } => not_negative("Normal std", std),
            Self::Uniform { limit } => not_negative("Uniform limit", limit),
            Self::TruncatedNormal { std } => not_negative("TruncatedNormal std", std),
            Self::Orthogonal { gain } => finite("Orthogonal gain", gain),
            Self::Constant(value) => finite("Constant value", value),
            _ => Ok(()),
        }
    }

    /// An array of the shape, values in row-major order.
    ///
    /// Drawn in `f64` and rounded, so that `f32` and `f64` models of one seed start alike.
    ///
    /// # Errors
    /// [`OutOfMemory`] where there is none for an array of this shape.
    pub fn sample<F: Scalar>(
        &self,
        shape: &[usize],
        fans: Fans,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<ArrayD<F>, OutOfMemory> {
        let mut rng = rng;
        sample(*self, shape, fans, &mut rng)
    }

    fn draw<F: Scalar>(
        self,
        shape: &[usize],
        fans: Fans,
        rng: &mut dyn RngCore,
    ) -> Result<ArrayD<F>, OutOfMemory> {
        let fan_in = fans.fan_in as f64;
        let fan_mean = (fan_in + fans.fan_out as f64) / 2.0;
        match self {
            Self::GlorotUniform => fill(shape, || uniform((3.0 / fan_mean).sqrt(), rng)),
            Self::GlorotNormal => fill(shape, || normal((1.0 / fan_mean).sqrt(), rng)),
            Self::HeUniform => fill(shape, || uniform((6.0 / fan_in).sqrt(), rng)),
            Self::HeNormal => fill(shape, || normal((2.0 / fan_in).sqrt(), rng)),
            Self::LecunUniform => fill(shape, || uniform((3.0 / fan_in).sqrt(), rng)),
            Self::LecunNormal => fill(shape, || normal((1.0 / fan_in).sqrt(), rng)),
            Self::Normal { std } => fill(shape, || normal(std, rng)),
            Self::Uniform { limit } => fill(shape, || uniform(limit, rng)),
            Self::TruncatedNormal { std } => fill(shape, || truncated_normal(std, rng)),
            Self::Orthogonal { gain } => {
                // the matrix, its columns as rows, the reflections and Q
                room::<f64>(element_count(shape).saturating_mul(4))?;
                let mut values = orthogonal(shape, rng).into_iter();
                fill(shape, || gain * values.next().unwrap_or_default())
            }
            Self::Constant(value) => fill(shape, || value),
            Self::Zeros => fill(shape, || 0.0),
        }
    }
}

instantiate! {
    fn sample<F: Scalar>(
        initializer: Initializer,
        shape: &[usize],
        fans: Fans,
        rng: &mut dyn RngCore,
    ) -> Result<ArrayD<F>, OutOfMemory> {
        initializer.draw(shape, fans, rng)
    }
}

fn fill<F: Scalar>(
    shape: &[usize],
    mut draw: impl FnMut() -> f64,
) -> Result<ArrayD<F>, OutOfMemory> {
    let values = filled(element_count(shape), || F::cast(draw()))?;
    Ok(ArrayD::from_shape_vec(shape, values).expect("as many elements as the shape"))
}

/// Number of elements of an array of this shape.
fn element_count(shape: &[usize]) -> usize {
    shape
        .iter()
        .fold(1, |product, &length| product.saturating_mul(length))
}

fn uniform(limit: f64, rng: &mut (impl Rng + ?Sized)) -> f64 {
    limit * (2.0 * f64::uniform(rng) - 1.0)
}

fn normal(std: f64, rng: &mut (impl Rng + ?Sized)) -> f64 {
    std * f64::standard_normal(rng)
}

fn truncated_normal(std: f64, rng: &mut (impl Rng + ?Sized)) -> f64 {
    loop {
        let z = f64::standard_normal(rng);
        if z.abs() <= 2.0 {
            return std * z;
        }
    }
}

/// A matrix of the shape, flattened to two axes, with orthonormal columns or rows; row-major.
///
/// The Q of a normal matrix's QR decomposition, which is uniformly distributed if R's diagonal is
/// positive, as [`Qr`]'s is (Mezzadri, "How to generate random matrices from the classical compact
/// groups" (2007), §5).
fn orthogonal(shape: &[usize], rng: &mut (impl Rng + ?Sized)) -> Array2<f64> {
    let columns = shape.last().copied().unwrap_or(1);
    let rows = shape.iter().rev().skip(1).product::<usize>();
    let (long, short) = (rows.max(columns), rows.min(columns));
    // drawn column by column
    let normal = Array2::from_shape_simple_fn((short, long), || f64::standard_normal(rng));
    let q = Qr::new(&normal.t()).q();
    if rows >= columns {
        q
    } else {
        q.reversed_axes()
    }
}
