//! The operators of each kind of layer.

mod activation;
mod branches;
mod columns;
mod conv;
mod dense;
mod image;
mod norm;
mod pool;
mod variational;

use dl_nn::layers::{Branches, Dropout, Flatten, Reshape, Residual};
use dl_nn::{LayerSpec, NamedLayer, Scalar, Sequential};

use super::batch::Batch;
use super::error::OnnxError;
use super::graph::Graph;
use super::layer::Layer;

pub(super) use activation::activate;

/// Adds the nodes of a layer with a description of type `S` to the graph, and returns their output.
type Emit<S, F> = fn(&S, &mut Graph, &Layer<'_, F>, Batch) -> Result<Batch, OnnxError>;

/// The same of a layer of which this is not known; `None` if its description is of another type.
type Try<F> = Box<dyn Fn(&mut Graph, &NamedLayer<F>, &[usize], &Batch) -> Option<Emitted>>;

type Emitted = Result<Batch, OnnxError>;

/// The supported kinds of layers, by name.
fn exporters<F: Scalar>() -> [(&'static str, Try<F>); 29] {
    [
        exporter(activation::layer),
        exporter(pool::adaptive),
        exporter(pool::average),
        exporter(norm::batch),
        exporter(branches::composite::<Branches<F>, F>),
        exporter(columns::columns),
        exporter(conv::conv1d),
        exporter(conv::conv2d),
        exporter(conv::conv_transpose2d),
        exporter(dense::dense),
        exporter(nothing::<Dropout, F>),
        exporter(columns::embedding),
        exporter(nothing::<Flatten, F>),
        exporter(pool::global_average),
        exporter(pool::global_max),
        exporter(norm::group),
        exporter(norm::layer),
        exporter(norm::local_response),
        exporter(pool::max1d),
        exporter(pool::max),
        exporter(activation::prelu),
        exporter(variational::reparameterize),
        exporter(nothing::<Reshape, F>),
        exporter(branches::composite::<Residual<F>, F>),
        exporter(branches::composite::<Sequential<F>, F>),
        exporter(variational::standard_normal_kl),
        exporter(image::up_sample2d),
        exporter(image::zero_pad2d),
        exporter(columns::zero_pad_channels),
    ]
}

fn exporter<F: Scalar, S: LayerSpec<F> + 'static>(emit: Emit<S, F>) -> (&'static str, Try<F>) {
    let try_it = move |graph: &mut Graph, named: &NamedLayer<F>, input: &[usize], x: &Batch| {
        let spec = named.spec::<S>()?;
        Some(emit(spec, graph, &Layer::new(named, input), x.clone()))
    };
    (S::KIND, Box::new(try_it))
}

/// The kinds of layers that can be exported.
pub(super) fn kinds() -> [&'static str; 29] {
    exporters::<f32>().map(|(kind, _)| kind)
}

/// Adds the nodes of a layer for samples of this shape.
pub(super) fn emit<F: Scalar>(
    graph: &mut Graph,
    named: &NamedLayer<F>,
    input: &[usize],
    x: Batch,
) -> Result<Batch, OnnxError> {
    graph.enter(&named.name);
    let mut exporters = exporters().into_iter();
    let emitted = exporters.find_map(|(_, emit)| emit(graph, named, input, &x));
    emitted.unwrap_or_else(|| {
        Err(OnnxError::Unsupported {
            layer: named.name.clone(),
            kind: named.kind().to_owned(),
            known: kinds().join(", "),
        })
    })
}

/// Dropout does nothing in evaluation; a batch is reshaped only when an operator needs its shape.
fn nothing<S, F>(_: &S, _: &mut Graph, _: &Layer<'_, F>, x: Batch) -> Result<Batch, OnnxError> {
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
