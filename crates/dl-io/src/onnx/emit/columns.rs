//! Columns and categories.

use dl_conv::ZeroPadChannels;
use dl_nn::Scalar;
use dl_nn::layers::{Columns, Embedding};

use super::super::batch::Batch;
use super::super::error::OnnxError;
use super::super::graph::{Graph, int};
use super::super::layer::Layer;

/// `TensorProto.INT64`.
const INT64: usize = 7;

/// `Gather` along the last axis.
pub(super) fn columns<F: Scalar>(
    columns: &Columns,
    graph: &mut Graph,
    layer: &Layer<'_, F>,
    x: Batch,
) -> Result<Batch, OnnxError> {
    let (x, axis) = Batch::alike(vec![(x, layer.input)], graph);
    let indices = graph.integers("columns", &columns.columns);
    let name = graph.node("Gather", &[&x[0].name, &indices], [int("axis", axis)]);
    Ok(Batch::with_axis(name, layer.output, axis))
}

/// `Gather` from the table. (A number that is not one of a category is an error of the runtime, or counts from the end.)
pub(super) fn embedding<F: Scalar>(
    embedding: &Embedding,
    graph: &mut Graph,
    layer: &Layer<'_, F>,
    x: Batch,
) -> Result<Batch, OnnxError> {
    let shape = [embedding.categories, embedding.width];
    let table = layer.param("table", &shape)?;
    let table = graph.tensor("table", &shape, &table)?;
    let x = x.channels_last(graph, layer.input);
    let categories = graph.node("Cast", &[&x.name], [int("to", INT64)]);
    let name = graph.node("Gather", &[&table, &categories], [int("axis", 0)]);
    Ok(Batch::new(name, layer.output))
}

/// `Pad` of the last axis.
pub(super) fn zero_pad_channels<F: Scalar>(
    zeros: &ZeroPadChannels,
    graph: &mut Graph,
    layer: &Layer<'_, F>,
    x: Batch,
) -> Result<Batch, OnnxError> {
    let (x, axis) = Batch::alike(vec![(x, layer.input)], graph);
    // before all axes, then after all of them
    let rank = layer.input.len() + 1;
    let mut pads = vec![0; 2 * rank];
    pads[axis] = zeros.before;
    pads[rank + axis] = zeros.after;
    let pads = graph.integers("pads", &pads);
    let name = graph.node("Pad", &[&x[0].name, &pads], []);
    Ok(Batch::with_axis(name, layer.output, axis))
}
