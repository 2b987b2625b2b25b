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
            let vectors = [images[i], images[i + 1]];
            let transform = LayoutTransform::new(layout, layer, name, value.ndim(), vectors)?;
            mappings.push(TensorMapping {
                parameter: format!("{}.{name}", layer.name),
                tensor: joined(prefix, layout, name),
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

/// Joins prefix and name; a single layer saved by itself has no prefix.
fn joined(prefix: &str, layout: Layout, parameter: &str) -> String {
    let parameter = layout.parameter(parameter);
    match prefix {
        "" => parameter.to_owned(),
        _ => format!("{prefix}{}{parameter}", layout.separator()),
    }
}

/// The names of the layers that have weights.
pub(super) fn layers_with_weights<F: Scalar>(model: &Model<F>) -> Vec<&str> {
    let layers = model.layers().iter();
    let with_weights = layers.filter(|layer| !params_and_state(layer).is_empty());
    with_weights.map(|layer| layer.name.as_str()).collect()
}
