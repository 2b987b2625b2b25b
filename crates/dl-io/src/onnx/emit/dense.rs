//! Fully connected layers.

use dl_nn::Scalar;
use dl_nn::layers::Dense;

use super::super::batch::Batch;
use super::super::error::OnnxError;
use super::super::graph::Graph;
use super::super::layer::Layer;
use super::activate;

/// `Gemm`. A flattened image stays channels-first: the kernel's rows are permuted instead.
pub(super) fn dense<F: Scalar>(
    dense: &Dense,
    graph: &mut Graph,
    layer: &Layer<'_, F>,
    x: Batch,
) -> Result<Batch, OnnxError> {
    let shape = [layer.input, layer.output].concat();
    let kernel = layer.param("kernel", &shape)?;
    let bias = layer.optional_param("bias", layer.output)?;
    let x = x.vector(graph, layer.input.iter().product());
    let kernel = graph.tensor("kernel", &shape, &x.reordered(kernel))?;
    let name = match bias {
        Some(bias) => {
            let bias = graph.tensor("bias", layer.output, &bias)?;
            graph.node("Gemm", &[&x.name, &kernel, &bias], [])
        }
        None => graph.node("Gemm", &[&x.name, &kernel], []),
    };
    let y = Batch::new(name, layer.output);
    Ok(activate(graph, dense.activation, y, layer.output))
}
