//! Layers that hold layers.

use dl_nn::Scalar;
use dl_nn::layers::Merge;

use super::super::batch::Batch;
use super::super::error::OnnxError;
use super::super::graph::{Graph, int};
use super::super::layer::Layer;
use super::{activate, emit};

/// The nodes of every branch, then `Add` or `Concat`, and the activation.
pub(super) fn composite<S, F: Scalar>(
    _: &S,
    graph: &mut Graph,
    layer: &Layer<'_, F>,
    x: Batch,
) -> Result<Batch, OnnxError> {
    let Some(inside) = layer.inside() else {
        return Err(layer.wrong_settings("it has no branches"));
    };
    let mut outputs = Vec::with_capacity(inside.branches.len());
    for (name, layers) in &inside.branches {
        let output = graph.inside(name, |graph| {
            let (mut x, mut shape) = (x.clone(), layer.input);
            for named in *layers {
                x = emit(graph, named, shape, x)?;
                shape = &named.output_shape;
            }
            Ok::<_, OnnxError>((x, shape))
        })?;
        outputs.push(output);
    }
    let y = match outputs.len() {
        1 => outputs.swap_remove(0).0,
        _ => {
            let (outputs, axis) = Batch::alike(outputs, graph);
            let name = match inside.merge {
                Merge::Add => sum(graph, &outputs),
                Merge::Concat => {
                    let names: Vec<&str> = outputs.iter().map(|x| &*x.name).collect();
                    graph.node("Concat", &names, [int("axis", axis)])
                }
            };
            Batch::with_axis(name, layer.output, axis)
        }
    };
    Ok(activate(graph, inside.activation, y, layer.output))
}

/// In the order in which our sum is.
fn sum(graph: &mut Graph, outputs: &[Batch]) -> String {
    let mut names = outputs.iter().map(|x| x.name.clone());
    let first = names.next().unwrap_or_default();
    names.fold(first, |sum, next| graph.node("Add", &[&sum, &next], []))
}
