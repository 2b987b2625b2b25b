//! The convolution layer's two passes.

use dl_core::gemm::{GatherGemm, Init, KBatch, PackedB, RowBatch};
use dl_core::sum::column_sums;
use dl_core::{Scalar, instantiate};
use dl_nn::kernel;
use dl_nn::{
    Activation, Backward, Batch, BatchMut, Batching, Cache, Layer, Mode, Param, ParamMut,
    ShapeError,
};
use ndarray::{Array1, Array4, ArrayView2, Axis, Slice};

use super::patterns::Patterns;
use super::plan::{Channels, Padded, TERMS_AT_A_TIME};
use super::winograd::Winograd;
use crate::geometry::Geometry;

/// A convolution with its parameters, as [`Conv2d`](crate::Conv2d) builds it.
#[derive(Debug, Clone)]
pub struct Conv2dLayer<F> {
    /// K, `[kernel height, kernel width, channels / groups, filters]`.
    pub kernel: Array4<F>,
    /// b, `[filters]`.
    pub bias: Option<Array1<F>>,
    /// g, element-wise.
    pub activation: Activation,
    channels: Channels,
    geometry: Geometry,
    patterns: Patterns,
    winograd: Option<Winograd<F>>,
}

impl<F: Scalar> Conv2dLayer<F> {
    pub(super) fn new(
        kernel: Array4<F>,
        bias: Option<Array1<F>>,
        activation: Activation,
        groups: usize,
        geometry: Geometry,
    ) -> Self {
        let (_, _, depth, filters) = kernel.dim();
        let channels = Channels {
            inputs: depth * groups,
            filters,
            groups,
        };
        Self {
            kernel,
            bias,
            activation,
            channels,
            geometry,
            patterns: Patterns::new(geometry, channels),
            winograd: Winograd::new(geometry, channels),
        }
    }

    /// The input with the zeros that the window reaches beside it.
    fn padded_input<'a>(&self, x: &'a [F], scratch: &'a mut Vec<F>) -> &'a [F] {
        pad(x, self.patterns.input, self.channels.inputs, scratch)
    }

    /// The kernel's elements in order.
    fn kernel(&self) -> &[F] {
        self.kernel.as_slice().expect("in standard layout")
    }

    /// The kernel as a matrix `[taps · depth, filters]`, of one group.
    fn kernel_of_group(&self, group: usize) -> ArrayView2<'_, F> {
        let filters = self.channels.filters;
        let rows = self.kernel.len() / filters;
        let kernel = ArrayView2::from_shape((rows, filters), self.kernel());
        let kernel = kernel.expect("as many elements");
        kernel.slice_axis_move(Axis(1), self.filters_of(group))
    }

    fn filters_of(&self, group: usize) -> Slice {
        let filters = self.channels.filters / self.channels.groups;
        Slice::from(group * filters..(group + 1) * filters)
    }

    /// Y = X ∗ K + b, before any activation but ReLU, which costs nothing here.
    pub(crate) fn convolve(&self, x: &[F], y: &mut [F], n: usize, cache: &mut Cache<F>) {
        let relu = self.activation == Activation::Relu;
        let bias = self.bias.as_ref().map(|b| b.as_slice().expect("a vector"));
        let Cache {
            packings, scratch, ..
        } = cache;
        if let Some(winograd) = &self.winograd {
            return winograd.convolve(x, self.kernel(), (bias, relu), y, packings, scratch);
        }
        let Channels {
            inputs,
            filters,
            groups,
        } = self.channels;
        let pattern = self.patterns.output();
        let row_batch = RowBatch {
            count: n,
            a: x.len() / n,
            c: y.len() / n,
        };
        for group in 0..groups {
            let kernel = self.kernel_of_group(group);
            let depth = kernel.nrows();
            let kernel = std::iter::once(kernel);
            let b = packings.pack(group, kernel, depth, filters / groups);
            let first = group * (filters / groups);
            let init = bias.map_or(Init::Zero, |bias| Init::Bias(&bias[first..]));
            let a = &x[group * (inputs / groups)..];
            pattern
                .product(init, a, &b, row_batch, relu)
                .run(&mut y[first..]);
        }
    }

    /// ∂L/∂K = Xᵀ ∗ δ.
    pub(crate) fn kernel_gradient(
        &self,
        x: &[F],
        delta: &[F],
        gradient: &mut [F],
        n: usize,
        scratch: &mut [Vec<F>; 5],
    ) {
        gradient.fill(F::zero());
        if let Some(winograd) = &self.winograd {
            return winograd.add_kernel_gradient(x, delta, gradient, scratch);
        }
        let Channels {
            inputs,
            filters,
            groups,
        } = self.channels;
        let [padded, panels, ..] = scratch;
        let x = self.padded_input(x, padded);
        let pattern = self.patterns.kernel_gradient();
        let (input, pixels) = (x.len() / n, delta.len() / filters / n);
        let images = (TERMS_AT_A_TIME / pixels).max(1);
        let parts = x.chunks(images * input);
        for (x, delta) in parts.zip(delta.chunks(images * pixels * filters)) {
            let terms = delta.len() / filters;
            let delta = ArrayView2::from_shape((terms, filters), delta).expect("as many elements");
            for group in 0..groups {
                let delta = delta.slice_axis_move(Axis(1), self.filters_of(group));
                let delta = std::iter::once(delta);
                let a = &x[group * (inputs / groups)..];
                let b = PackedB::pack_stacked(delta, terms, filters / groups, panels);
                GatherGemm {
                    k_batch: KBatch {
                        count: terms / pixels,
                        a: input,
                        b: pixels,
                    },
                    ..pattern.product(Init::Accumulate, a, &b, RowBatch::ONE, false)
                }
                .run(&mut gradient[group * (filters / groups)..]);
            }
        }
    }

    /// ∂L/∂X = δ ∗ K, flipped and transposed.
    pub(crate) fn input_gradient(&self, delta: &[F], dx: &mut [F], n: usize, cache: &mut Cache<F>) {
        let Cache {
            packings, scratch, ..
        } = cache;
        if let Some(winograd) = &self.winograd {
            return winograd.input_gradient(delta, self.kernel(), dx, packings, scratch);
        }
        let Channels {
            inputs,
            filters,
            groups,
        } = self.channels;
        let pattern = self.patterns.input_gradient();
        let row_batch = RowBatch {
            count: n,
            a: delta.len() / n,
            c: dx.len() / n,
        };
        let taps = self.geometry.kernel.height * self.geometry.kernel.width;
        let depth = inputs / groups;
        for group in 0..groups {
            let kernel = self.kernel_of_group(group);
            let taps_flipped = (0..taps).rev().map(|tap| {
                let tap = Slice::from(tap * depth..(tap + 1) * depth);
                kernel.slice_axis_move(Axis(0), tap).reversed_axes()
            });
            let terms = taps * (filters / groups);
            // behind the slots of the forward pass
            let b = packings.pack(groups + group, taps_flipped, terms, depth);
            let a = &delta[group * (filters / groups)..];
            let c = &mut dx[group * depth..];
            pattern.product(Init::Zero, a, &b, row_batch, false).run(c);
        }
    }
}

/// Rows with zeros beside them; as they are, where none are needed.
fn pad<'a, F: Scalar>(
    rows: &'a [F],
    padded: Padded,
    channels: usize,
    scratch: &'a mut Vec<F>,
) -> &'a [F] {
    if !padded.is_needed() {
        return rows;
    }
    let before = padded.left * channels;
    let after = (padded.width - padded.left - padded.inner) * channels;
    let inner = padded.inner * channels;
    scratch.clear();
    scratch.reserve(rows.len() / inner * padded.width * channels);
    for row in rows.chunks_exact(inner) {
        scratch.extend(std::iter::repeat_n(F::zero(), before));
        scratch.extend_from_slice(row);
        scratch.extend(std::iter::repeat_n(F::zero(), after));
    }
    scratch
}

instantiate! {
    /// Boxed here, so that the passes are compiled here.
    pub(crate) fn boxed<F: Scalar>(layer: Conv2dLayer<F>) -> Box<dyn Layer<F>> {
        Box::new(layer)
    }
}

impl<F: Scalar> Layer<F> for Conv2dLayer<F> {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, ShapeError> {
        let size = self.geometry.input;
        let takes = [size.height, size.width, self.channels.inputs];
        ShapeError::require(input == takes, input, format!("an image {takes:?}"))?;
        let size = self.geometry.output;
        Ok(vec![size.height, size.width, self.channels.filters])
    }

    /// Z = X ∗ K + b, Y = g(Z).
    fn forward(&self, x: Batch<F>, mut y: BatchMut<F>, cache: &mut Cache<F>, _: Mode) {
        let (n, y) = (x.len(), y.slice_mut());
        self.convolve(x.slice(), y, n, cache);
        if self.activation != Activation::Relu {
            let filters = self.channels.filters;
            self.activation.forward_for_backward(y, filters, cache);
        }
    }

    /// δ = ∂L/∂Z = ∂L/∂Y ⊙ g′(Z); ∂L/∂K = Xᵀ ∗ δ; ∂L/∂b = Σ δ over images and pixels;
    /// ∂L/∂X = δ ∗ K, flipped and transposed (Goodfellow, Bengio, Courville 2016, eq. 9.11–9.13).
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
        let (n, filters) = (x.len(), self.channels.filters);
        self.activation
            .backward(&cache.values, y.slice(), dy.slice_mut(), filters);
        let delta = dy.slice();
        self.kernel_gradient(x.slice(), delta, grads.slice(0), n, &mut cache.scratch);
        if self.bias.is_some() {
            column_sums(delta, grads.slice(1));
        }
        if let Some(mut dx) = dx {
            self.input_gradient(delta, dx.slice_mut(), n, cache);
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
        Batching::Blocks
    }

    fn output_activation(&self) -> Option<Activation> {
        Some(self.activation)
    }
}
