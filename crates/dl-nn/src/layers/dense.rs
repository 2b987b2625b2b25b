//! The fully connected layer.

use dl_core::gemm::{Init, gemm, gemm_keeping};
use dl_core::sum::column_sums;
use dl_core::{Scalar, instantiate, random::Generator};
use ndarray::{Array1, Array2};

use crate::activation::Activation;
use crate::error::{ConfigError, LayerError, ShapeError};
use crate::init::{Fans, Initializer};
use crate::kernel_setters;
use crate::layer::{Backward, Batch, BatchMut, Batching, Cache, Layer, Mode, Param, ParamMut};
use crate::layers::kernel::{self, KernelInit};
use crate::model::LayerSpec;

/// The largest kernel that is initialised, so that a typo is an error, not an abort.
const MAX_WEIGHTS: usize = u32::MAX as usize;

/// The largest kernel for which a layer is fused with its neighbours into one stage: it stays in
/// second-level cache, and so does each block's own gradient.
const MAX_BLOCK_WEIGHTS: usize = 1 << 16;

/// Where the packed kernel of each pass is kept.
const FORWARD: usize = 0;
const BACKWARD: usize = 1;

/// A fully connected layer y = g(x·W + b): samples `[in]` → `[units]`.
///
/// ```
/// use dl_nn::prelude::*;
/// let model: Model<f32> = Sequential::input([4])
///     .push(Dense::new(10).activation(Relu))
///     .push(Dense::new(3).bias(false))
///     .build(0)?;
/// assert_eq!(model.parameter_count(), 4 * 10 + 10 + 10 * 3);
/// # Ok::<(), dl_nn::BuildError>(())
/// ```
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dense {
    /// Number of outputs.
    pub units: usize,
    /// Whether there is a bias.
    pub bias: bool,
    /// g.
    pub activation: Activation,
    /// Initialiser of the kernel; `None` for the activation's default.
    pub kernel_initializer: Option<Initializer>,
    /// Initialiser of the bias.
    pub bias_initializer: Initializer,
}

impl Dense {
    /// `units` outputs, a bias of zero, no activation.
    pub fn new(units: usize) -> Self {
        Self {
            units,
            bias: true,
            activation: Activation::Identity,
            kernel_initializer: None,
            bias_initializer: Initializer::Zeros,
        }
    }

    kernel_setters!();
}

impl<F: Scalar> LayerSpec<F> for Dense {
    const KIND: &'static str = "dense";

    fn element_count(&self, input: &[usize]) -> usize {
        let inputs = input.first().copied().unwrap_or(0);
        let rows = inputs.saturating_add(usize::from(self.bias));
        self.units.saturating_mul(rows)
    }

    fn build(
        &self,
        input: &[usize],
        generator: &mut Generator,
    ) -> Result<Box<dyn Layer<F>>, LayerError> {
        ConfigError::require(self.units > 0, "Dense units", self.units, "at least 1")?;
        ShapeError::require(
            input.len() == 1,
            input,
            "a vector [in] (push a Flatten layer before a Dense one)",
        )?;
        let initial = KernelInit {
            activation: self.activation,
            kernel: self.kernel_initializer,
            bias: self.bias_initializer,
            has_bias: self.bias,
        };
        initial.validate()?;
        let shape = [input[0], self.units];
        let weights = input[0].checked_mul(self.units);
        ConfigError::require(
            weights.is_some_and(|weights| weights <= MAX_WEIGHTS),
            "Dense units",
            self.units,
            "small enough for a kernel of fewer than 2^32 weights",
        )?;
        let fans = Fans::from_shape(&shape);
        let (kernel, bias) = initial.sample(shape, self.units, fans, generator)?;
        Ok(boxed(DenseLayer {
            kernel,
            bias,
            activation: self.activation,
        }))
    }
}

/// A fully connected layer with its parameters, as [`Dense`] builds it.
#[derive(Debug, Clone, PartialEq)]
pub struct DenseLayer<F> {
    /// W, `[in, units]`.
    pub kernel: Array2<F>,
    /// b, `[units]`.
    pub bias: Option<Array1<F>>,
    /// g, element-wise.
    pub activation: Activation,
}

instantiate! {
    /// Boxed here, so that the passes are compiled here.
    fn boxed<F: Scalar>(layer: DenseLayer<F>) -> Box<dyn Layer<F>> {
        Box::new(layer)
    }
}

impl<F: Scalar> Layer<F> for DenseLayer<F> {
    fn kind(&self) -> &'static str {
        <Dense as LayerSpec<F>>::KIND
    }

    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, ShapeError> {
        let inputs = self.kernel.nrows();
        ShapeError::require(input == [inputs], input, format!("a vector [{inputs}]"))?;
        let units = self.kernel.ncols();
        let biases = self.bias.as_ref().map_or(units, |bias| bias.len());
        let takes = format!("none, since its bias has {biases} elements for {units} units");
        ShapeError::require(biases == units, input, takes)?;
        Ok(vec![units])
    }

    /// Z = X·W + b, Y = g(Z).
    fn forward(&self, x: Batch<F>, mut y: BatchMut<F>, cache: &mut Cache<F>, _: Mode) {
        let units = self.kernel.ncols();
        let bias = self.bias.as_ref();
        let init = bias.map_or(Init::Zero, |b| Init::Bias(b.as_slice().expect("a vector")));
        // x·W + b; W stays packed for the next block
        let (x, kernel, packings) = (x.matrix(), self.kernel.view(), &mut cache.packings);
        gemm_keeping(init, x, kernel, y.matrix_mut(), packings, FORWARD);
        self.activation
            .forward_for_backward(y.slice_mut(), units, cache);
    }

    /// δ = ∂L/∂Z = ∂L/∂Y ⊙ g′(Z); ∂L/∂W = Xᵀδ; ∂L/∂b = Σₙ δₙ; ∂L/∂X = δWᵀ.
    fn backward(&self, pass: Backward<F>) {
        let Backward {
            x,
            y,
            mut dy,
            dx,
            cache,
            mut grads,
            ..
        } = pass;
        let units = self.kernel.ncols();
        self.activation
            .backward(&cache.values, y.slice(), dy.slice_mut(), units);
        let delta = dy.view();
        if self.bias.is_some() {
            column_sums(delta.slice(), grads.slice(1));
        }
        let delta = delta.matrix();
        gemm(Init::Zero, x.matrix().t(), delta, grads.matrix(0));
        if let Some(mut dx) = dx {
            let (kernel, dx) = (self.kernel.t(), dx.matrix_mut());
            gemm_keeping(Init::Zero, delta, kernel, dx, &mut cache.packings, BACKWARD);
        }
    }

    fn params(&self) -> Vec<Param<'_, F>> {
        kernel::params(&self.kernel, self.bias.as_ref())
    }

    fn params_mut(&mut self) -> Vec<ParamMut<'_, F>> {
        kernel::params_mut(&mut self.kernel, self.bias.as_mut())
    }

    fn cached(&self, outputs: usize) -> usize {
        self.activation.cached(outputs)
    }

    fn batching(&self) -> Batching {
        if self.kernel.len() <= MAX_BLOCK_WEIGHTS {
            Batching::Blocks
        } else {
            Batching::Whole
        }
    }

    fn output_activation(&self) -> Option<Activation> {
        Some(self.activation)
    }
}
