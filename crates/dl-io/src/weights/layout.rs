//! How other frameworks name and order the same weights. All permutations of weights are here.

use dl_nn::{NamedLayer, Scalar};
use ndarray::{ArrayD, ArrayViewD, Axis};

use super::error::WeightsFileErrorKind;
use super::flattened_image::FlattenedImage;

/// The framework whose names and axis orders a weights file uses.
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
/// So both kinds of convolution kernels have their axes in the order 3, 2, 0, 1 in PyTorch, and neither is flipped:
/// y = Kᵀ x adds K`[i, j, o, c]`·x`[v, u, c]` to pixel `(v·stride + i, u·stride + j)` there as here. PyTorch's
/// images are `[c, h, w]`; where one is flattened (`Flatten`, `Reshape`), the adjacent parameters are reordered
/// accordingly, as determined from the model's layers. `num_batches_tracked` is neither read nor written.
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
    /// The separator between the names of a layer and a parameter.
    pub(super) fn separator(self) -> char {
        match self {
            Self::Native | Self::PyTorch => '.',
            Self::Keras => '/',
        }
    }

    /// The name of a layer's parameter.
    pub(super) fn parameter(self, ours: &str) -> &str {
        match (self, ours) {
            (Self::PyTorch, "kernel" | "gamma" | "slope" | "table") => "weight",
            (Self::PyTorch, "beta") => "bias",
            (Self::PyTorch, "running_variance") => "running_var",
            (Self::Keras, "running_mean") => "moving_mean",
            (Self::Keras, "running_variance") => "moving_variance",
            _ => ours,
        }
    }

    /// The name of a tensor's layer: its prefix.
    pub(super) fn layer_of(self, tensor: &str) -> &str {
        tensor
            .rsplit_once(self.separator())
            .map_or("", |(layer, _)| layer)
    }

    /// Whether a tensor is not a weight.
    pub(super) fn ignores(self, tensor: &str) -> bool {
        let name = tensor.rsplit(self.separator()).next();
        self == Self::PyTorch && name == Some("num_batches_tracked")
    }
}

/// How the array of a parameter is transformed in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LayoutTransform {
    /// Axis i in the file is axis `axes[i]` of ours.
    axes: Vec<usize>,
    /// For each of our axes, the flattened image along it, if any.
    images: Vec<Option<FlattenedImage>>,
}

impl LayoutTransform {
    fn none(rank: usize) -> Self {
        Self {
            axes: (0..rank).collect(),
            images: vec![None; rank],
        }
    }

    /// For a parameter of a layer with these input and output vectors.
    pub(super) fn new<F: Scalar>(
        layout: Layout,
        layer: &NamedLayer<F>,
        parameter: &str,
        rank: usize,
        [input, output]: [Option<FlattenedImage>; 2],
    ) -> Result<Self, WeightsFileErrorKind> {
        let none = Self::none(rank);
        if layout != Layout::PyTorch {
            return Ok(none);
        }
        Ok(match (layer.kind(), parameter) {
            ("dense", "kernel") => Self {
                axes: vec![1, 0],
                images: vec![input, output],
            },
            ("conv2d" | "conv_transpose2d", "kernel") => Self {
                axes: vec![3, 2, 0, 1],
                ..none
            },
            ("conv1d", "kernel") => Self {
                axes: vec![2, 1, 0],
                ..none
            },
            ("conv1d" | "conv2d" | "conv_transpose2d", "bias") | ("embedding", _) => none,
            ("dense" | "batch_norm" | "group_norm" | "layer_norm" | "prelu", _) => Self {
                images: vec![output],
                ..none
            },
            (kind, _) => {
                return Err(WeightsFileErrorKind::Layout {
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

    /// Converts our array to the file's layout.
    pub(super) fn in_file<F: Scalar>(&self, ours: ArrayViewD<'_, F>) -> ArrayD<F> {
        let theirs = self.reordered(ours.to_owned(), FlattenedImage::channels_first);
        theirs.permuted_axes(self.axes.as_slice())
    }

    /// Converts the file's array to our layout.
    pub(super) fn here<F: Scalar>(&self, theirs: ArrayD<F>) -> ArrayD<F> {
        let mut back = vec![0; self.axes.len()];
        for (i, &axis) in self.axes.iter().enumerate() {
            back[axis] = i;
        }
        let ours = theirs.permuted_axes(back);
        self.reordered(ours, FlattenedImage::channels_last)
    }

    fn reordered<F: Scalar>(
        &self,
        mut array: ArrayD<F>,
        order: impl Fn(FlattenedImage) -> Vec<usize>,
    ) -> ArrayD<F> {
        for (axis, image) in self.images.iter().enumerate() {
            if let Some(image) = image {
                array = array.select(Axis(axis), &order(*image));
            }
        }
        array
    }
}
