//! Maps the parameters of a model to the tensors of a file.

use std::collections::{BTreeMap, BTreeSet};

use dl_nn::{Model, NamedLayer, Param, Scalar};

use super::error::WeightsFileErrorKind;
use super::flattened_image::flattened_images;
use super::layout::{Layout, LayoutTransform};

/// A parameter or state of a model, and the corresponding tensor in a file.
#[derive(Debug)]
pub(super) struct TensorMapping {
    /// Its dotted name in the model.
    pub(super) parameter: String,
    /// Its name in the file.
    pub(super) tensor: String,
    /// Its shape in the file.
    pub(super) shape: Vec<usize>,
    /// How its array is transformed in the file.
    pub(super) transform: LayoutTransform,
}

/// The parameters of a layer, followed by its state.
pub(super) fn params_and_state<F: Scalar>(layer: &NamedLayer<F>) -> Vec<Param<'_, F>> {
    let params = layer.layer.params().into_iter();
    params.chain(layer.layer.state()).collect()
}

/// All mappings of a model, in order. `names` has the file's names of layers where they differ from ours.
pub(super) fn tensor_mappings<F: Scalar>(
    model: &Model<F>,
    layout: Layout,
    names: &BTreeMap<String, String>,
) -> Result<Vec<TensorMapping>, WeightsFileErrorKind> {
    let images = match layout {
        Layout::PyTorch => flattened_images(model)?,
        _ => vec![None; model.layers().len() + 1],
    };
    let mut mappings = Vec::new();
    for (i, layer) in model.layers().iter().enumerate() {
        let prefix = names.get(&layer.name).unwrap_or(&layer.name);
        for Param { name, value, .. } in params_and_state(layer) {
            let name = &*name;
            let (owner, own_name) = owner(layer, name);
            let vectors = match std::ptr::eq(owner, layer) {
                true => [images[i], images[i + 1]],
                // images that are flattened inside are rejected
                false => [None; 2],
            };
            let transform = LayoutTransform::new(layout, owner, own_name, value.ndim(), vectors)?;
            let path = name.strip_suffix(own_name).unwrap_or_default();
            let path = path.replace('.', &layout.separator().to_string());
            mappings.push(TensorMapping {
                parameter: format!("{}.{name}", layer.name),
                tensor: joined(prefix, layout, &path, own_name),
                shape: transform.shape(value.shape()),
                transform,
            });
        }
    }
    let mut seen = BTreeSet::new();
    match mappings
        .iter()
        .find(|mapping| !seen.insert(&mapping.tensor))
    {
        Some(TensorMapping { tensor, .. }) => Err(WeightsFileErrorKind::Duplicate {
            tensor: tensor.clone(),
        }),
        None => Ok(mappings),
    }
}

/// The layer that has a parameter, which may be inside this one, and the parameter's name there.
fn owner<'a, F: Scalar>(
    layer: &'a NamedLayer<F>,
    parameter: &'a str,
) -> (&'a NamedLayer<F>, &'a str) {
    let inside = layer.inside().into_iter();
    for (branch, layers) in inside.flat_map(|inside| inside.branches) {
        let within = |name: &'a str, outer: &str| name.strip_prefix(outer)?.strip_prefix('.');
        let rest = match branch {
            "" => Some(parameter),
            _ => within(parameter, branch),
        };
        let mut found = layers.iter().map(|inner| {
            let rest = rest.and_then(|rest| within(rest, &inner.name));
            (inner, rest)
        });
        if let Some((inner, Some(rest))) = found.find(|(_, rest)| rest.is_some()) {
            return owner(inner, rest);
        }
    }
    (layer, parameter)
}

/// Joins prefix, path inside the layer and name; a single layer saved by itself has no prefix.
fn joined(prefix: &str, layout: Layout, path: &str, parameter: &str) -> String {
    let parameter = layout.parameter(parameter);
    match prefix {
        "" => format!("{path}{parameter}"),
        _ => format!("{prefix}{}{path}{parameter}", layout.separator()),
    }
}

/// The names of the layers that have weights.
pub(super) fn layers_with_weights<F: Scalar>(model: &Model<F>) -> Vec<&str> {
    let layers = model.layers().iter();
    let with_weights = layers.filter(|layer| !params_and_state(layer).is_empty());
    with_weights.map(|layer| layer.name.as_str()).collect()
}
