//! The operators of each kind of layer.

mod activation;
mod conv;
mod dense;
mod image;
mod norm;
mod pool;
mod variational;

use dl_nn::{NamedLayer, Scalar};

use super::batch::Batch;
use super::error::OnnxError;
use super::graph::Graph;
use super::layer::Layer;

pub(super) use activation::activate;

/// Adds a layer's nodes to the graph and returns their output.
type Emit<F> = fn(&mut Graph, &Layer<'_, F>, Batch) -> Result<Batch, OnnxError>;

/// The supported kinds of layers, by the names in their descriptions.
fn exporters<F: Scalar>() -> [(&'static str, Emit<F>); 18] {
    [
        ("activation", activation::layer),
        ("average_pool2d", pool::average),
        ("batch_norm", norm::batch),
        ("conv2d", conv::conv2d),
        ("conv_transpose2d", conv::conv_transpose2d),
        ("dense", dense::dense),
        ("dropout", nothing),
        ("flatten", nothing),
        ("global_average_pool2d", pool::global_average),
        ("global_max_pool2d", pool::global_max),
        ("layer_norm", norm::layer),
        ("local_response_norm", norm::local_response),
        ("max_pool2d", pool::max),
        ("reparameterize", variational::reparameterize),
        ("reshape", nothing),
        ("standard_normal_kl", variational::standard_normal_kl),
        ("up_sample2d", image::up_sample2d),
        ("zero_pad2d", image::zero_pad2d),
    ]
}

/// The kinds of layers that can be exported.
pub(super) fn kinds() -> [&'static str; 18] {
    exporters::<f32>().map(|(kind, _)| kind)
}

/// Adds the nodes of a layer for samples of this shape.
pub(super) fn emit<F: Scalar>(
    graph: &mut Graph,
    named: &NamedLayer<F>,
    input: &[usize],
    x: Batch,
) -> Result<Batch, OnnxError> {
    let layer = Layer::new(named, input);
    let exporter = layer.and_then(|layer| {
        let mut all = exporters().into_iter();
        let (_, emit) = all.find(|(kind, _)| *kind == layer.kind)?;
        Some((layer, emit))
    });
    let Some((layer, emit)) = exporter else {
        return Err(OnnxError::Unsupported {
            layer: named.name.clone(),
            kind: layer
                .map_or(named.layer.kind(), |layer| layer.kind)
                .to_owned(),
            known: kinds().join(", "),
        });
    };
    graph.enter(&named.name);
    emit(graph, &layer, x)
}

/// Dropout does nothing in evaluation; a batch is reshaped only when an operator needs its shape.
fn nothing<F>(_: &mut Graph, _: &Layer<'_, F>, x: Batch) -> Result<Batch, OnnxError> {
    Ok(x)
}

#[cfg(test)]
mod tests {
    use super::kinds;

    #[test]
    fn every_kind_of_layer_has_an_exporter() {
        // a registry's debug output is the set of its kinds
        let registry = format!("{:?}", dl_conv::registry::<f32>());
        let kinds = kinds().map(|kind| format!("{kind:?}")).join(", ");
        assert_eq!(registry, format!("{{{kinds}}}"));
    }
}
