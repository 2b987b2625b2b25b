//! The layers of a variational autoencoder, whose inputs are means μ and log variances s, concatenated.

use dl_nn::Scalar;
use dl_nn::layers::{Reparameterize, StandardNormalKl};

use super::super::batch::Batch;
use super::super::error::OnnxError;
use super::super::graph::{Graph, int};
use super::super::layer::Layer;

/// z = μ, as in evaluation: `Slice`.
pub(super) fn reparameterize<F: Scalar>(
    _: &Reparameterize,
    graph: &mut Graph,
    layer: &Layer<'_, F>,
    x: Batch,
) -> Result<Batch, OnnxError> {
    let x = x.channels_last(graph, layer.input);
    let half = halves(layer.input)[0];
    let name = slice(graph, &x.name, half, layer.input.len());
    Ok(Batch::new(name, layer.output))
}

/// ½ Σ (eˢ + μ² − 1 − s).
pub(super) fn standard_normal_kl<F: Scalar>(
    _: &StandardNormalKl,
    graph: &mut Graph,
    layer: &Layer<'_, F>,
    x: Batch,
) -> Result<Batch, OnnxError> {
    let x = x.channels_last(graph, layer.input);
    let axis = layer.input.len();
    let [mean, log_variance] = halves(layer.input).map(|half| slice(graph, &x.name, half, axis));
    let [one, half] = [("one", 1.0), ("half", 0.5)].map(|(name, value)| graph.scalar(name, value));
    let variance = graph.node("Exp", &[&log_variance], []);
    let square = graph.node("Mul", &[&mean, &mean], []);
    let sum = graph.node("Add", &[&variance, &square], []);
    let sum = graph.node("Sub", &[&sum, &one], []);
    let sum = graph.node("Sub", &[&sum, &log_variance], []);
    let axes = graph.integers("axes", &[axis]);
    let sum = graph.node("ReduceSum", &[&sum, &axes], [int("keepdims", 1)]);
    let name = graph.node("Mul", &[&sum, &half], []);
    Ok(Batch::new(name, layer.output))
}

/// The ranges of the means and the log variances on the last axis.
fn halves(input: &[usize]) -> [[usize; 2]; 2] {
    let width = input.last().copied().unwrap_or(0);
    [[0, width / 2], [width / 2, width]]
}

fn slice(graph: &mut Graph, x: &str, [start, end]: [usize; 2], axis: usize) -> String {
    let starts = graph.integers("starts", &[start]);
    let ends = graph.integers("ends", &[end]);
    let axes = graph.integers("axes", &[axis]);
    graph.node("Slice", &[x, &starts, &ends, &axes], [])
}
