//! Normalisation.

use dl_conv::LocalResponseNorm;
use dl_nn::Scalar;
use dl_nn::layers::{BatchNorm, GroupNorm, LayerNorm};
use dl_nn::ndarray::{Array1, Zip};

use super::super::batch::Batch;
use super::super::error::OnnxError;
use super::super::graph::{Graph, float, int};
use super::super::layer::Layer;

/// `BatchNormalization` if the channels are on ONNX's channel axis, 1; otherwise a product and a sum: y = s x + (β
/// − s μ) with s = γ / √(σ² + ε).
pub(super) fn batch<F: Scalar>(
    BatchNorm { epsilon, .. }: &BatchNorm,
    graph: &mut Graph,
    layer: &Layer<'_, F>,
    x: Batch,
) -> Result<Batch, OnnxError> {
    let channels = &layer.input[layer.input.len().saturating_sub(1)..];
    let gamma = layer.param("gamma", channels)?;
    let beta = layer.param("beta", channels)?;
    let mean = layer.param("running_mean", channels)?;
    let variance = layer.param("running_variance", channels)?;
    let (x, axis) = x.with_channel_axis(graph, layer.input);
    let name = if axis == 1 {
        let mut constant = |name, value| {
            let value = if layer.input.len() == 1 {
                x.reordered(value)
            } else {
                value
            };
            graph.tensor(name, channels, &value)
        };
        let gamma = constant("gamma", gamma)?;
        let beta = constant("beta", beta)?;
        let mean = constant("running_mean", mean)?;
        let variance = constant("running_variance", variance)?;
        let inputs = [&*x.name, &*gamma, &*beta, &*mean, &*variance];
        graph.node("BatchNormalization", &inputs, [float("epsilon", *epsilon)])
    } else {
        let scale = Zip::from(&gamma)
            .and(&variance)
            .map_collect(|&gamma, &variance| gamma / (variance + F::cast(*epsilon)).sqrt());
        let shift = &beta - &(&scale * &mean);
        let scale = graph.tensor("scale", channels, &scale)?;
        let shift = graph.tensor("shift", channels, &shift)?;
        let scaled = graph.node("Mul", &[&x.name, &scale], []);
        graph.node("Add", &[&scaled, &shift], [])
    };
    Ok(x.element_wise(name))
}

/// `LayerNormalization` over the last axis.
pub(super) fn layer<F: Scalar>(
    LayerNorm { epsilon }: &LayerNorm,
    graph: &mut Graph,
    layer: &Layer<'_, F>,
    x: Batch,
) -> Result<Batch, OnnxError> {
    let features = &layer.input[layer.input.len().saturating_sub(1)..];
    let mut gamma = layer.param("gamma", features)?;
    let mut beta = layer.param("beta", features)?;
    let x = match *layer.input {
        [n] => {
            let x = x.vector(graph, n);
            (gamma, beta) = (x.reordered(gamma), x.reordered(beta));
            x
        }
        _ => x.channels_last(graph, layer.input),
    };
    let gamma = graph.tensor("gamma", features, &gamma)?;
    let beta = graph.tensor("beta", features, &beta)?;
    let attributes = [int("axis", layer.input.len()), float("epsilon", *epsilon)];
    let name = graph.node("LayerNormalization", &[&x.name, &gamma, &beta], attributes);
    Ok(x.element_wise(name))
}

/// `InstanceNormalization` of the groups, then a product and a sum with γ and β. (ONNX's `GroupNormalization` has had a
/// γ for each channel since opset 21 alone.)
pub(super) fn group<F: Scalar>(
    GroupNorm { groups, epsilon }: &GroupNorm,
    graph: &mut Graph,
    layer: &Layer<'_, F>,
    x: Batch,
) -> Result<Batch, OnnxError> {
    let image = as_image(layer.input);
    let [height, width, channels] = image;
    let gamma = layer.param("gamma", &[channels])?;
    let beta = layer.param("beta", &[channels])?;
    let x = x.channels_first(graph, image);
    // a size of 0 means that of the input
    let size = channels / groups * height * width;
    let grouped = graph.integers("groups", &[0, *groups, size]);
    let grouped = graph.node("Reshape", &[&x.name, &grouped], []);
    let ones = graph.tensor("ones", &[*groups], &Array1::from_elem(*groups, 1_f32))?;
    let zeros = graph.tensor("zeros", &[*groups], &Array1::from_elem(*groups, 0_f32))?;
    let inputs = [&*grouped, &*ones, &*zeros];
    let normal = graph.node(
        "InstanceNormalization",
        &inputs,
        [float("epsilon", *epsilon)],
    );
    let shape = graph.integers("shape", &[0, channels, height, width]);
    let normal = graph.node("Reshape", &[&normal, &shape], []);
    let gamma = graph.tensor("gamma", &[channels, 1, 1], &gamma)?;
    let beta = graph.tensor("beta", &[channels, 1, 1], &beta)?;
    let scaled = graph.node("Mul", &[&normal, &gamma], []);
    let name = graph.node("Add", &[&scaled, &beta], []);
    Ok(Batch::image(name, image))
}

/// Samples of any shape as images with a single column of pixels.
fn as_image(sample: &[usize]) -> [usize; 3] {
    match *sample {
        [height, width, channels] => [height, width, channels],
        [ref pixels @ .., channels] => [pixels.iter().product(), 1, channels],
        [] => [1; 3],
    }
}

/// `LRN`, which, unlike ours, divides α by the number of channels summed.
///
/// Its bias is 1, since `OpenVINO` treats k as an integer: (k + α Σ a²)^β = k^β (1 + α/k Σ a²)^β, so a product with
/// k^−β follows. Runtimes require positive α and β; if one of them is 0, the product is all there is.
pub(super) fn local_response<F: Scalar>(
    &LocalResponseNorm {
        size,
        k,
        alpha,
        beta,
    }: &LocalResponseNorm,
    graph: &mut Graph,
    layer: &Layer<'_, F>,
    x: Batch,
) -> Result<Batch, OnnxError> {
    let alpha = alpha * size as f64 / k;
    let factor = k.powf(-beta);
    if !(alpha as f32).is_finite() || !(factor as f32).is_normal() {
        let why = format!("α/k = {alpha:e} or k^−β = {factor:e} is beyond single precision");
        return Err(layer.wrong_settings(why));
    }
    let image = as_image(layer.input);
    let mut x = x;
    if alpha as f32 != 0.0 && beta as f32 != 0.0 {
        x = x.channels_first(graph, image);
        let attributes = [
            int("size", size),
            float("alpha", alpha),
            float("beta", beta),
            float("bias", 1.0),
        ];
        let name = graph.node("LRN", &[&x.name], attributes);
        x = Batch::image(name, image);
    }
    if factor == 1.0 {
        return Ok(x);
    }
    let factor = graph.scalar("factor", factor as f32);
    let name = graph.node("Mul", &[&x.name, &factor], []);
    Ok(x.element_wise(name))
}
