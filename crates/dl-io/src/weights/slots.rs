//! Which tensor of a file belongs to which parameter of a model.

use std::collections::{BTreeMap, BTreeSet};

use dl_nn::{Model, NamedLayer, Param, Scalar};

use super::error::WeightsProblem;
use super::flattened::flattened;
use super::layout::{Change, Layout};

/// A parameter or state of a model, and the tensor it is in a file.
#[derive(Debug)]
pub(super) struct Slot {
    /// Its dotted name in the model.
    pub(super) parameter: String,
    /// Its name in the file.
    pub(super) tensor: String,
    /// Its shape in the file.
    pub(super) shape: Vec<usize>,
    /// How its array differs in the file.
    pub(super) change: Change,
}

/// Parameters, then state.
pub(super) fn numbers<F: Scalar>(layer: &NamedLayer<F>) -> Vec<Param<'_, F>> {
    let params = layer.layer.params().into_iter();
    params.chain(layer.layer.state()).collect()
}

/// All slots of a model, in its order. `names` has the file's names of layers that are not ours.
pub(super) fn slots<F: Scalar>(
    model: &Model<F>,
    layout: Layout,
    names: &BTreeMap<String, String>,
) -> Result<Vec<Slot>, WeightsProblem> {
    let images = match layout {
        Layout::PyTorch => flattened(model)?,
        _ => vec![None; model.layers().len() + 1],
    };
    let mut slots = Vec::new();
    for (i, layer) in model.layers().iter().enumerate() {
        let prefix = names.get(&layer.name).unwrap_or(&layer.name);
        for Param { name, value } in numbers(layer) {
            let vectors = [images[i], images[i + 1]];
            let change = Change::new(layout, layer, name, value.ndim(), vectors)?;
            slots.push(Slot {
                parameter: format!("{}.{name}", layer.name),
                tensor: joined(prefix, layout, name),
                shape: change.shape(value.shape()),
                change,
            });
        }
    }
    let mut seen = BTreeSet::new();
    match slots.iter().find(|slot| !seen.insert(&slot.tensor)) {
        Some(Slot { tensor, .. }) => Err(WeightsProblem::Duplicate {
            tensor: tensor.clone(),
        }),
        None => Ok(slots),
    }
}

/// A single layer saved by itself has no prefix.
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
    let with_weights = layers.filter(|layer| !numbers(layer).is_empty());
    with_weights.map(|layer| layer.name.as_str()).collect()
}
