//! Errors of weights files.

use std::io;
use std::path::PathBuf;

use dl_core::text::{excerpt, nearest, shown, shown_path};
use dl_fs::OverBudget;

use crate::TensorError;

/// A weights file that could not be read or written. A failed read leaves the model unchanged, a failed write the
/// file.
#[derive(Debug, thiserror::Error)]
#[error("weights file `{}`: {kind}", shown_path(path))]
pub struct WeightsFileError {
    /// The file.
    pub path: PathBuf,
    /// The problem.
    #[source]
    pub kind: Box<WeightsFileErrorKind>,
}

/// Why a weights file could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsFileErrorKind {
    /// The extension does not tell the format.
    #[error("its name must end in `.safetensors` or `.npz`")]
    Extension,
    /// An npz file, which this build of the crate does not support.
    #[error("to read or write npz, enable the feature `npz` of `dl-io`")]
    NpzNotEnabled,
    /// It could not be read.
    #[error("cannot be read: {0}")]
    Read(io::Error),
    /// It could not be written.
    #[error("cannot be written: {0}")]
    Write(io::Error),
    /// It is in a different format, truncated, or damaged.
    #[error("is not a complete {format} file: {why}", why = shown(why))]
    Damaged {
        /// The format according to its extension.
        format: &'static str,
        /// The problem.
        why: String,
    },
    /// A tensor has a type that the model cannot hold.
    #[error(transparent)]
    Tensor(#[from] TensorError),
    /// A parameter without a tensor.
    #[error(
        "has no tensor `{tensor}` for the model's `{parameter}` {shape:?}; it has {found}",
        tensor = shown(tensor), parameter = shown(parameter), found = shown(found)
    )]
    Missing {
        /// The name expected.
        tensor: String,
        /// The model's parameter or state.
        parameter: String,
        /// The shape expected.
        shape: Vec<usize>,
        /// The names in the file.
        found: String,
    },
    /// A tensor without a parameter.
    #[error(
        "unexpected tensor `{tensor}` {shape:?}; the model expects {expected}",
        tensor = shown(tensor), expected = shown(expected)
    )]
    Unexpected {
        /// The tensor.
        tensor: String,
        /// Its shape.
        shape: Vec<usize>,
        /// The names expected.
        expected: String,
    },
    /// A tensor has the wrong shape.
    #[error(
        "tensor `{tensor}` has shape {found:?}, but the model's `{parameter}` expects {expected:?}",
        tensor = shown(tensor), parameter = shown(parameter)
    )]
    Shape {
        /// The tensor.
        tensor: String,
        /// Its shape.
        found: Vec<usize>,
        /// The model's parameter or state.
        parameter: String,
        /// The shape expected in this file.
        expected: Vec<usize>,
    },
    /// A value is NaN or infinite.
    #[error(
        "tensor `{tensor}` contains {value} at {position:?}, but weights must be finite",
        tensor = shown(tensor)
    )]
    NonFinite {
        /// The tensor.
        tensor: String,
        /// The value's position in it.
        position: Vec<usize>,
        /// NaN or an infinity.
        value: f64,
    },
    /// The file and the model have different numbers of layers with tensors.
    #[error(
        "has tensors for the layers {found}, but the model has weights in {expected}",
        found = shown(found), expected = shown(expected)
    )]
    LayerCount {
        /// The prefixes in the file, in order.
        found: String,
        /// The model's layers that have parameters or state, in order.
        expected: String,
    },
    /// `rename` was given a layer without weights.
    #[error(
        "`{layer}` cannot be renamed: the model has weights in {expected}",
        layer = shown(layer), expected = shown(expected)
    )]
    Rename {
        /// The layer.
        layer: String,
        /// The model's layers that have parameters or state.
        expected: String,
    },
    /// The file would cost more than its size warrants.
    #[error(transparent)]
    Cost(#[from] OverBudget),
    /// The order of the file's layers cannot be determined.
    #[error(
        "cannot tell the order of its layers {layers}: {why}; specify it with `in_order_of`, or name \
         each layer with `rename`",
        layers = shown(layers), why = shown(why)
    )]
    Order {
        /// The prefixes in the file, sorted.
        layers: String,
        /// The reason.
        why: String,
    },
    /// Two tensors have the same name.
    #[error("two tensors are named `{tensor}`", tensor = shown(tensor))]
    Duplicate {
        /// The name.
        tensor: String,
    },
    /// Layers matched in order have no names to write.
    #[error(
        "to write a file, layers need names: `in_order` and `in_order_of` are for reading, `rename` \
         for both"
    )]
    InOrder,
    /// The model has no equivalent in the file's layout.
    #[error(
        "layer `{layer}` has no equivalent in PyTorch's layout: {why}",
        layer = shown(layer), why = shown(why)
    )]
    Layout {
        /// The layer.
        layer: String,
        /// The reason.
        why: String,
    },
}

impl WeightsFileErrorKind {
    pub(super) fn damaged(format: &'static str, why: impl ToString) -> Self {
        let why = why.to_string();
        Self::Damaged { format, why }
    }
}

/// As [`listed`], after the name that the one sought may be meant to be.
pub(super) fn listed_for<'a>(
    sought: &str,
    names: impl IntoIterator<Item = &'a str> + Clone,
) -> String {
    let all = listed(names.clone());
    match nearest(sought, names) {
        Some(near) => format!("{all} (did you mean `{}`?)", excerpt(near)),
        None => all,
    }
}

/// Names for a message: the first few, and the number of the others.
pub(super) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const MAX: usize = 12;
    let mut names = names.into_iter();
    let first: Vec<String> = names
        .by_ref()
        .take(MAX)
        .map(|n| format!("`{}`", excerpt(n)))
        .collect();
    match (first.is_empty(), names.count()) {
        (true, _) => "nothing".to_owned(),
        (false, 0) => first.join(", "),
        (false, more) => format!("{} and {more} more", first.join(", ")),
    }
}
