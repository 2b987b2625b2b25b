//! How other frameworks name and order the same numbers. The one place where weights are permuted.

use dl_nn::{NamedLayer, Scalar};
use ndarray::{ArrayD, ArrayViewD, Axis};

use super::error::WeightsProblem;
use super::flattened::Flattened;

/// Whose names and orders of axes a weights file has.
///
/// | here | PyTorch | Keras |
/// |---|---|---|
/// | `dense_1.kernel` `[in, out]` | `dense_1.weight` `[out, in]` | `dense_1/kernel`, as here |
/// | `conv2d_1.kernel` `[kh, kw, in / groups, out]` | `….weight` `[out, in / groups, kh, kw]` | as here |
/// | `conv_transpose2d_1.kernel` `[kh, kw, out / groups, in]` | `….weight` `[in, out / groups, kh, kw]` | as here |
/// | `….bias` | `….bias` | `…/bias` |
/// | `….gamma`, `….beta` of normalisations | `….weight`, `….bias` | `…/gamma`, `…/beta` |
/// | `….running_mean`, `….running_variance` | `….running_mean`, `….running_var` | `…/moving_mean`, `…/moving_variance` |
///
/// So both kernels of convolutions have their axes in the order 3, 2, 0, 1 in PyTorch, and none is
/// mirrored: y = Kᵀ x adds K`[i, j, o, c]`·x`[v, u, c]` to pixel `(v·stride + i, u·stride + j)` there as
/// here. PyTorch's images are `[c, h, w]`; where one becomes a vector (`Flatten`, `Reshape`), the numbers
/// of that vector are reordered in the parameters beside it, found from the model's layers.
/// `num_batches_tracked` is neither read nor written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Layout {
    /// This project's.
    #[default]
    Native,
    /// PyTorch's, as in a module's `state_dict`.
    PyTorch,
    /// Keras's, as in the `path` of a model's variables.
    Keras,
}

impl Layout {
    /// What stands between a layer's name and its parameter's.
    pub(super) fn separator(self) -> char {
        match self {
            Self::Native | Self::PyTorch => '.',
            Self::Keras => '/',
        }
    }

    /// The name of a layer's parameter.
    pub(super) fn parameter(self, ours: &str) -> &str {
        match (self, ours) {
            (Self::PyTorch, "kernel" | "gamma") => "weight",
            (Self::PyTorch, "beta") => "bias",
            (Self::PyTorch, "running_variance") => "running_var",
            (Self::Keras, "running_mean") => "moving_mean",
            (Self::Keras, "running_variance") => "moving_variance",
            _ => ours,
        }
    }

    /// The name of a tensor's layer: what stands before its own.
    pub(super) fn layer_of(self, tensor: &str) -> &str {
        tensor
            .rsplit_once(self.separator())
            .map_or("", |(layer, _)| layer)
    }

    /// Whether a tensor says nothing about the weights.
    pub(super) fn ignores(self, tensor: &str) -> bool {
        let name = tensor.rsplit(self.separator()).next();
        self == Self::PyTorch && name == Some("num_batches_tracked")
    }
}

/// The kind of a layer, as its description says.
pub(super) fn kind<F: Scalar>(layer: &NamedLayer<F>) -> &str {
    let described = layer.config.as_ref().map(|config| config.kind.as_str());
    described.unwrap_or_else(|| layer.layer.kind())
}

/// How the array of a parameter differs in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    /// Axis i in the file is this axis of ours.
    axes: Vec<usize>,
    /// For each of our axes the image that it runs over, if it does.
    images: Vec<Option<Flattened>>,
}

impl Change {
    fn none(rank: usize) -> Self {
        Self {
            axes: (0..rank).collect(),
            images: vec![None; rank],
        }
    }

    /// For a parameter of a layer that reads and writes these vectors.
    pub(super) fn new<F: Scalar>(
        layout: Layout,
        layer: &NamedLayer<F>,
        parameter: &str,
        rank: usize,
        [input, output]: [Option<Flattened>; 2],
    ) -> Result<Self, WeightsProblem> {
        let none = Self::none(rank);
        if layout != Layout::PyTorch {
            return Ok(none);
        }
        Ok(match (kind(layer), parameter) {
            ("dense", "kernel") => Self {
                axes: vec![1, 0],
                images: vec![input, output],
            },
            ("conv2d" | "conv_transpose2d", "kernel") => Self {
                axes: vec![3, 2, 0, 1],
                ..none
            },
            ("conv2d" | "conv_transpose2d", "bias") => none,
            ("dense" | "batch_norm" | "layer_norm", _) => Self {
                images: vec![output],
                ..none
            },
            (kind, _) => {
                return Err(WeightsProblem::Layout {
                    layer: layer.name.clone(),
                    why: format!("the layout of `{kind}` layers is not known"),
                });
            }
        })
    }

    /// The shape in the file.
    pub(super) fn shape(&self, ours: &[usize]) -> Vec<usize> {
        self.axes.iter().map(|&axis| ours[axis]).collect()
    }

    /// Our array as it stands in the file.
    pub(super) fn in_file<F: Scalar>(&self, ours: ArrayViewD<'_, F>) -> ArrayD<F> {
        let theirs = self.reordered(ours.to_owned(), Flattened::channels_first);
        theirs.permuted_axes(self.axes.as_slice())
    }

    /// The file's array as it stands here.
    pub(super) fn here<F: Scalar>(&self, theirs: ArrayD<F>) -> ArrayD<F> {
        let mut back = vec![0; self.axes.len()];
        for (i, &axis) in self.axes.iter().enumerate() {
            back[axis] = i;
        }
        let ours = theirs.permuted_axes(back);
        self.reordered(ours, Flattened::channels_last)
    }

    fn reordered<F: Scalar>(
        &self,
        mut array: ArrayD<F>,
        order: impl Fn(Flattened) -> Vec<usize>,
    ) -> ArrayD<F> {
        for (axis, image) in self.images.iter().enumerate() {
            if let Some(image) = image {
                array = array.select(Axis(axis), &order(*image));
            }
        }
        array
    }
}
