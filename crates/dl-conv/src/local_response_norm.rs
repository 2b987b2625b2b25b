//! Local response normalisation.

use dl_math::Scalar;
use dl_math::random::Generator;
use dl_nn::{
    Batching, Cache, ConfigError, Layer, LayerError, LayerSpec, Mode, ShapeError, View, ViewMut,
};
use ndarray::ArrayD;
use pulp::{Arch, NullaryFnOnce};
use serde::{Deserialize, Serialize};

use crate::shape::{slice, slice_mut};

/// Local response normalisation across channels (Krizhevsky, Sutskever, Hinton 2012, section 3.3):
/// every channel a of a pixel is divided by a power of the squares of itself and its neighbours,
///
/// ```text
/// b = a / s^β,   s = k + α · Σ a²,
/// ```
///
/// summed over the `size` channels around it, fewer at both ends. Takes samples of any shape with
/// the channels as last axis.
///
/// PyTorch and the Caffe reference network divide α by the number of channels summed: their α is
/// `size` times ours. TensorFlow counts the neighbours on one side: its depth radius is
/// `(size − 1) / 2`.
///
/// ```
/// use dl_conv::LocalResponseNorm;
/// use dl_nn::prelude::*;
///
/// let norm = LocalResponseNorm::new().alpha(0.5);
/// let model: Model<f64> = Sequential::input([1]).push(norm).build(0)?;
/// let y = model.predict(&dl_nn::ndarray::array![[2.0]])?;
/// assert!((y[[0, 0]] - 2.0 / 4_f64.powf(0.75)).abs() < 1e-15); // s = 2 + 0.5 · 2²
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LocalResponseNorm {
    size: usize,
    k: f64,
    alpha: f64,
    beta: f64,
}

impl Default for LocalResponseNorm {
    fn default() -> Self {
        Self::new()
    }
}

impl LocalResponseNorm {
    /// The constants of AlexNet: 5 channels, k 2, α 1e-4, β 0.75.
    pub fn new() -> Self {
        Self {
            size: 5,
            k: 2.0,
            alpha: 1e-4,
            beta: 0.75,
        }
    }

    /// How many channels are summed, odd: the one normalised in their middle.
    pub fn size(mut self, size: usize) -> Self {
        self.size = size;
        self
    }

    /// What the sum starts from, positive.
    pub fn k(mut self, k: f64) -> Self {
        self.k = k;
        self
    }

    /// The weight of the squares, not negative.
    pub fn alpha(mut self, alpha: f64) -> Self {
        self.alpha = alpha;
        self
    }

    /// The power the sum is raised to, not negative.
    pub fn beta(mut self, beta: f64) -> Self {
        self.beta = beta;
        self
    }

    fn validate(&self) -> Result<(), ConfigError> {
        let odd = self.size % 2 == 1;
        ConfigError::require(odd, "LocalResponseNorm size", self.size, "odd")?;
        let positive = self.k > 0.0 && self.k.is_finite();
        ConfigError::require(
            positive,
            "LocalResponseNorm k",
            self.k,
            "positive and finite",
        )?;
        let not_negative = |x: f64| x >= 0.0 && x.is_finite();
        let allowed = "not negative and finite";
        let (alpha, beta) = (self.alpha, self.beta);
        ConfigError::require(
            not_negative(alpha),
            "LocalResponseNorm alpha",
            alpha,
            allowed,
        )?;
        ConfigError::require(not_negative(beta), "LocalResponseNorm beta", beta, allowed)
    }
}

impl<F: Scalar> LayerSpec<F> for LocalResponseNorm {
    fn kind(&self) -> &'static str {
        "local_response_norm"
    }

    fn build(&self, input: &[usize], _: &mut Generator) -> Result<Box<dyn Layer<F>>, LayerError> {
        self.validate()?;
        let channels = input.last().copied().unwrap_or(0);
        ShapeError::require(channels > 0, input, "a last axis of at least one channel")?;
        Ok(Box::new(LocalResponseNormLayer {
            channels,
            reach: self.size / 2,
            k: F::of(self.k),
            alpha: F::of(self.alpha),
            beta: F::of(self.beta),
        }))
    }
}

#[derive(Debug, Clone)]
struct LocalResponseNormLayer<F> {
    channels: usize,
    /// Neighbours on one side.
    reach: usize,
    k: F,
    alpha: F,
    beta: F,
}

impl<F: Scalar> LocalResponseNormLayer<F> {
    /// s = k + α Σ a² and s^−β for the channels of one pixel.
    #[inline(always)]
    fn scale(&self, a: &[F], squares: &mut [F], s: &mut [F], power: &mut [F]) {
        for (square, &a) in squares.iter_mut().zip(a) {
            *square = self.alpha * a * a;
        }
        s.fill(self.k);
        add_neighbours(squares, self.reach, s);
        if self.beta == F::of(0.75) {
            for (power, &s) in power.iter_mut().zip(&*s) {
                *power = F::one() / (s * s.sqrt()).sqrt();
            }
        } else {
            for (power, &s) in power.iter_mut().zip(&*s) {
                *power = s.powf(-self.beta);
            }
        }
    }
}

/// sums ← sums + Σ of the terms up to `reach` places away.
#[inline(always)]
fn add_neighbours<F: Scalar>(terms: &[F], reach: usize, sums: &mut [F]) {
    let n = terms.len();
    add(terms, sums);
    for distance in 1..=reach.min(n - 1) {
        add(&terms[distance..], &mut sums[..n - distance]);
        add(&terms[..n - distance], &mut sums[distance..]);
    }
}

#[inline(always)]
fn add<F: Scalar>(terms: &[F], sums: &mut [F]) {
    for (sum, &term) in sums.iter_mut().zip(terms) {
        *sum += term;
    }
}

impl<F: Scalar> Layer<F> for LocalResponseNormLayer<F> {
    fn kind(&self) -> &'static str {
        "local_response_norm"
    }

    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, ShapeError> {
        let takes = format!("a last axis of {} channels", self.channels);
        ShapeError::require(input.last() == Some(&self.channels), input, takes)?;
        Ok(input.to_vec())
    }

    /// b = a s^−β.
    fn forward(&self, x: View<F>, mut y: ViewMut<F>, cache: &mut Cache<F>, _: Mode) {
        Arch::new().dispatch(Forward {
            layer: self,
            scratch: scratch(cache, self.channels),
            a: slice(&x),
            b: slice_mut(&mut y),
        });
    }

    /// With r = ∂L/∂b · a s^−β−1, summed over the neighbours, whose windows hold this channel:
    /// ∂L/∂a = ∂L/∂b · s^−β − 2αβ a Σ r.
    fn backward(
        &self,
        x: View<F>,
        _: View<F>,
        dy: ViewMut<F>,
        dx: Option<ViewMut<F>>,
        cache: &mut Cache<F>,
        _: &mut [ArrayD<F>],
    ) {
        let Some(mut dx) = dx else { return };
        let dy = dy.view();
        Arch::new().dispatch(Backward {
            layer: self,
            scratch: scratch(cache, self.channels),
            a: slice(&x),
            db: slice(&dy),
            da: slice_mut(&mut dx),
        });
    }

    fn batching(&self) -> Batching {
        Batching::Blocks
    }
}

/// Three rows of channels to work in.
fn scratch<F: Scalar>(cache: &mut Cache<F>, channels: usize) -> [&mut [F]; 3] {
    let space = &mut cache.scratch[0];
    space.resize(3 * channels, F::zero());
    let (first, rest) = space.split_at_mut(channels);
    let (second, third) = rest.split_at_mut(channels);
    [first, second, third]
}

// Types of their own, because that is what `pulp` compiles per instruction set.
struct Forward<'a, F> {
    layer: &'a LocalResponseNormLayer<F>,
    scratch: [&'a mut [F]; 3],
    a: &'a [F],
    b: &'a mut [F],
}

impl<F: Scalar> NullaryFnOnce for Forward<'_, F> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let channels = self.layer.channels;
        let [squares, s, power] = self.scratch;
        let pixels = self.a.chunks_exact(channels);
        for (a, b) in pixels.zip(self.b.chunks_exact_mut(channels)) {
            self.layer.scale(a, squares, s, power);
            for ((b, &a), &power) in b.iter_mut().zip(a).zip(&*power) {
                *b = a * power;
            }
        }
    }
}

struct Backward<'a, F> {
    layer: &'a LocalResponseNormLayer<F>,
    scratch: [&'a mut [F]; 3],
    a: &'a [F],
    db: &'a [F],
    da: &'a mut [F],
}

impl<F: Scalar> NullaryFnOnce for Backward<'_, F> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let layer = self.layer;
        let channels = layer.channels;
        let factor = F::of(2.0) * layer.alpha * layer.beta;
        let [r, s, power] = self.scratch;
        let pixels = self.a.chunks_exact(channels);
        let gradients = self.db.chunks_exact(channels);
        let gradients = gradients.zip(self.da.chunks_exact_mut(channels));
        for (a, (db, da)) in pixels.zip(gradients) {
            layer.scale(a, r, s, power);
            for c in 0..channels {
                r[c] = db[c] * a[c] * power[c] / s[c];
            }
            let sums = &mut *s;
            sums.fill(F::zero());
            add_neighbours(r, layer.reach, sums);
            for c in 0..channels {
                da[c] = db[c] * power[c] - factor * a[c] * sums[c];
            }
        }
    }
}
