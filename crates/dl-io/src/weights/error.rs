//! What a weights file, or a wish to read or write one, can get wrong.

use std::io;
use std::path::PathBuf;

use dl_core::text::{excerpt, shown, shown_path};
use dl_fs::OverBudget;

use crate::TensorError;

/// A weights file that could not be read or written. After a failed read the model is as it was,
/// after a failed write the file is.
#[derive(Debug, thiserror::Error)]
#[error("weights file `{}`: {problem}", shown_path(path))]
pub struct WeightsFileError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong.
    #[source]
    pub problem: Box<WeightsProblem>,
}

/// What is wrong with a weights file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsProblem {
    /// The name does not say which format is meant.
    #[error("its name must end in `.safetensors` or `.npz`")]
    Extension,
    /// An npz file, which this build of the crate does not know.
    #[error("to read or write npz, enable the feature `npz` of `dl-io`")]
    NpzNotEnabled,
    /// It could not be read.
    #[error("cannot be read: {0}")]
    Read(io::Error),
    /// It could not be written.
    #[error("cannot be written: {0}")]
    Write(io::Error),
    /// It is not of this format, cut off, or damaged.
    #[error("is not a whole {format} file: {why}", why = shown(why))]
    Damaged {
        /// The format its name says.
        format: &'static str,
        /// What is wrong.
        why: String,
    },
    /// A tensor is of a type that the model cannot hold.
    #[error(transparent)]
    Tensor(#[from] TensorError),
    /// A parameter has no tensor.
    #[error(
        "has no tensor `{tensor}` for the model's `{parameter}` {shape:?}; it has {found}",
        tensor = shown(tensor), parameter = shown(parameter), found = shown(found)
    )]
    Missing {
        /// The name looked for.
        tensor: String,
        /// The model's parameter or state.
        parameter: String,
        /// The tensor's shape, had it been there.
        shape: Vec<usize>,
        /// The names there are.
        found: String,
    },
    /// A tensor belongs to no parameter.
    #[error(
        "tensor `{tensor}` {shape:?} has no place in the model, which takes {expected}",
        tensor = shown(tensor), expected = shown(expected)
    )]
    Unexpected {
        /// The tensor.
        tensor: String,
        /// Its shape.
        shape: Vec<usize>,
        /// The names the model takes.
        expected: String,
    },
    /// A tensor has another shape than the model's.
    #[error(
        "tensor `{tensor}` has shape {found:?}, but the model's `{parameter}` takes {expected:?}",
        tensor = shown(tensor), parameter = shown(parameter)
    )]
    Shape {
        /// The tensor.
        tensor: String,
        /// Its shape.
        found: Vec<usize>,
        /// The model's parameter or state.
        parameter: String,
        /// The shape it must have in this file.
        expected: Vec<usize>,
    },
    /// A number is NaN or infinite.
    #[error(
        "tensor `{tensor}` holds {value} at {position:?}, but weights must be finite",
        tensor = shown(tensor)
    )]
    NonFinite {
        /// The tensor.
        tensor: String,
        /// The number's place in it.
        position: Vec<usize>,
        /// NaN or an infinity.
        value: f64,
    },
    /// The file and the model have different numbers of layers with tensors.
    #[error(
        "has tensors of the layers {found}, but the model has weights in {expected}",
        found = shown(found), expected = shown(expected)
    )]
    LayerCount {
        /// The prefixes in the file, in order.
        found: String,
        /// The model's layers that have parameters or state, in order.
        expected: String,
    },
    /// A renaming names a layer that has no weights.
    #[error(
        "`{layer}` cannot be renamed: the model has weights in {expected}",
        layer = shown(layer), expected = shown(expected)
    )]
    Rename {
        /// The layer named.
        layer: String,
        /// The model's layers that have parameters or state.
        expected: String,
    },
    /// The file would cost more than its size warrants.
    #[error(transparent)]
    Cost(#[from] OverBudget),
    /// Nothing says which of the file's layers comes first.
    #[error(
        "cannot tell the order of its layers {layers}: {why}; specify it with `in_order_of`, or name \
         each layer with `rename`",
        layers = shown(layers), why = shown(why)
    )]
    Order {
        /// The prefixes in the file, sorted.
        layers: String,
        /// Why not.
        why: String,
    },
    /// Two tensors have one name.
    #[error("two tensors are named `{tensor}`", tensor = shown(tensor))]
    Duplicate {
        /// The name.
        tensor: String,
    },
    /// Layers taken in order have no names that could be written.
    #[error(
        "to be written, layers need names: `in_order` and `in_order_of` are for reading, `rename` \
         for both"
    )]
    InOrder,
    /// The model has no equal in the file's layout.
    #[error(
        "layer `{layer}` has no equal in PyTorch's layout: {why}",
        layer = shown(layer), why = shown(why)
    )]
    Layout {
        /// The layer.
        layer: String,
        /// Why not.
        why: String,
    },
}

impl WeightsProblem {
    pub(super) fn damaged(format: &'static str, why: impl ToString) -> Self {
        let why = why.to_string();
        Self::Damaged { format, why }
    }
}

/// Names for a message: the first few, and how many more there are.
pub(super) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const MOST: usize = 12;
    let mut names = names.into_iter();
    let first: Vec<String> = names
        .by_ref()
        .take(MOST)
        .map(|n| format!("`{}`", excerpt(n)))
        .collect();
    match (first.is_empty(), names.count()) {
        (true, _) => "nothing".to_owned(),
        (false, 0) => first.join(", "),
        (false, more) => format!("{} and {more} more", first.join(", ")),
    }
}
