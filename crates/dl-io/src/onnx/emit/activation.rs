//! Activations, as layers and after others.

use std::f32::consts::SQRT_2;

use dl_nn::Scalar;
use dl_nn::activation::{
    Activation, Elu, Gelu, Identity, LeakyRelu, Relu, Sigmoid, Silu, Softmax, Softplus, Tanh,
};
use dl_nn::layers::{Activate, PRelu};

use super::super::batch::Batch;
use super::super::error::OnnxError;
use super::super::graph::{Graph, float, int};
use super::super::layer::Layer;

pub(super) fn layer<F: Scalar>(
    &Activate(activation): &Activate,
    graph: &mut Graph,
    layer: &Layer<'_, F>,
    x: Batch,
) -> Result<Batch, OnnxError> {
    Ok(activate(graph, activation, x, layer.output))
}

/// `PRelu`.
pub(super) fn prelu<F: Scalar>(
    _: &PRelu,
    graph: &mut Graph,
    layer: &Layer<'_, F>,
    x: Batch,
) -> Result<Batch, OnnxError> {
    let channels = layer.input.last().copied().unwrap_or(1);
    let slope = layer.param("slope", &[channels])?;
    let (x, axis) = x.with_channel_axis(graph, layer.input);
    // the slopes are broadcast along the axes after that of the channels
    let after = layer.input.len() - axis;
    let shape = [&[channels][..], &vec![1; after]].concat();
    let slope = match layer.input.len() {
        1 => x.reordered(slope),
        _ => slope,
    };
    let slope = graph.tensor("slope", &shape, &slope)?;
    let name = graph.node("PRelu", &[&x.name, &slope], []);
    Ok(x.element_wise(name))
}

/// g(x) for samples of this shape.
pub(in super::super) fn activate(
    graph: &mut Graph,
    activation: Activation,
    x: Batch,
    sample: &[usize],
) -> Batch {
    let inputs = &[x.name.as_str()];
    let name = match activation {
        Identity => return x,
        Relu => graph.node("Relu", inputs, []),
        LeakyRelu { slope } => graph.node("LeakyRelu", inputs, [float("alpha", slope)]),
        Elu { alpha } => graph.node("Elu", inputs, [float("alpha", alpha)]),
        Gelu => gelu(graph, &x.name),
        Silu => {
            let sigmoid = graph.node("Sigmoid", inputs, []);
            graph.node("Mul", &[&x.name, &sigmoid], [])
        }
        Sigmoid => graph.node("Sigmoid", inputs, []),
        Tanh => graph.node("Tanh", inputs, []),
        Softplus => graph.node("Softplus", inputs, []),
        Softmax => {
            let (x, axis) = x.with_channel_axis(graph, sample);
            let name = graph.node("Softmax", &[&x.name], [int("axis", axis)]);
            return x.element_wise(name);
        }
    };
    x.element_wise(name)
}

/// x·Φ(x) = x·(1 + erf(x/√2))/2, in the form that runtimes fuse into one operator; ONNX has a `Gelu` operator since
/// opset 20.
fn gelu(graph: &mut Graph, x: &str) -> String {
    let [root, one, half] = [("root", SQRT_2), ("one", 1.0), ("half", 0.5)]
        .map(|(name, value)| graph.scalar(name, value));
    let scaled = graph.node("Div", &[x, &root], []);
    let erf = graph.node("Erf", &[&scaled], []);
    let sum = graph.node("Add", &[&erf, &one], []);
    let product = graph.node("Mul", &[x, &sum], []);
    graph.node("Mul", &[&product, &half], [])
}
