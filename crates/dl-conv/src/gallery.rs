//! Kernels made by hand, which show what a filter extracts.
//!
//! Each is a small array to be laid over the image as it is printed (cross-correlation, as in
//! [`Conv2d`](crate::Conv2d)); rows go down, columns to the right, bright is large. [`kernel`] makes
//! of several of them the kernel of a convolution with as many filters on grey images.
//!
//! ```
//! use dl_conv::gallery::{gaussian, kernel, laplacian, sobel_x, sobel_y};
//!
//! let edges = kernel(&[sobel_x::<f32>(), sobel_y(), laplacian()])?;
//! assert_eq!(edges.dim(), (3, 3, 1, 3));
//! assert_eq!(gaussian::<f32>(5, 1.0)?.dim(), (5, 5));
//! # Ok::<(), dl_nn::LayerError>(())
//! ```

use dl_core::Scalar;
use dl_nn::{ConfigError, ShapeError};
use ndarray::{Array1, Array2, Array4, Axis};

/// The most rows of a kernel made here.
const MAX_ROWS: usize = 1001;

/// A kernel and the name it goes by.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter<F> {
    /// Its name, e.g. `Sobel x`.
    pub name: &'static str,
    /// 3 × 3 weights.
    pub kernel: Array2<F>,
}

/// Every 3 × 3 kernel of the gallery, in the order of this page; the Gaussian has σ = 0.85.
pub fn all<F: Scalar>() -> Vec<Filter<F>> {
    let filter = |name, kernel| Filter { name, kernel };
    let smooth = |name, kernel: Result<_, ConfigError>| {
        let kernel = kernel.expect("3 rows are odd and few, and σ is positive");
        filter(name, kernel)
    };
    vec![
        filter("identity", identity()),
        filter("Sobel x", sobel_x()),
        filter("Sobel y", sobel_y()),
        filter("Prewitt x", prewitt_x()),
        filter("Prewitt y", prewitt_y()),
        filter("Laplacian", laplacian()),
        filter("Laplacian, 8 neighbours", laplacian_8()),
        smooth("Gaussian", gaussian(3, 0.85)),
        smooth("box blur", box_blur(3)),
        filter("sharpen", sharpen()),
        filter("emboss", emboss()),
    ]
}

/// Leaves the image as it is: one 1 in the middle.
pub fn identity<F: Scalar>() -> Array2<F> {
    three([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
}

/// Eight times the slope to the right, smoothed downwards with weights 1 2 1: vertical edges,
/// positive where it gets brighter (Sobel, Feldman 1968, "An isotropic 3×3 image gradient
/// operator").
pub fn sobel_x<F: Scalar>() -> Array2<F> {
    three([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
}

/// Eight times the slope downwards: horizontal edges; the transpose of [`sobel_x`].
pub fn sobel_y<F: Scalar>() -> Array2<F> {
    sobel_x().reversed_axes().as_standard_layout().into_owned()
}

/// Six times the slope to the right, smoothed downwards by equal weights: vertical edges (Prewitt
/// 1970, "Object enhancement and extraction").
pub fn prewitt_x<F: Scalar>() -> Array2<F> {
    three([[-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0]])
}

/// Six times the slope downwards: horizontal edges; the transpose of [`prewitt_x`].
pub fn prewitt_y<F: Scalar>() -> Array2<F> {
    prewitt_x()
        .reversed_axes()
        .as_standard_layout()
        .into_owned()
}

/// ∂²/∂x² + ∂²/∂y² by differences with the 4 neighbours: edges and points in all directions, with
/// a change of sign on the edge (Gonzalez, Woods, "Digital Image Processing", section 3.6).
pub fn laplacian<F: Scalar>() -> Array2<F> {
    three([[0.0, 1.0, 0.0], [1.0, -4.0, 1.0], [0.0, 1.0, 0.0]])
}

/// [`laplacian`] with the diagonals: three times ∂²/∂x² + ∂²/∂y², about the same in all directions
/// (Gonzalez, Woods, section 3.6).
pub fn laplacian_8<F: Scalar>() -> Array2<F> {
    three([[1.0, 1.0, 1.0], [1.0, -8.0, 1.0], [1.0, 1.0, 1.0]])
}

/// The mean of the pixels around, weighted by the density of a normal distribution with standard
/// deviation `sigma` pixels at their centres: takes noise and detail smaller than σ away. Sums to
/// 1; the outer product of a column and a row.
///
/// # Errors
/// An even `size` or one above 1001, or a `sigma` that is not positive and finite.
pub fn gaussian<F: Scalar>(size: usize, sigma: f64) -> Result<Array2<F>, ConfigError> {
    require_size("gaussian size", size)?;
    let positive = sigma > 0.0 && sigma.is_finite();
    ConfigError::require(positive, "gaussian sigma", sigma, "positive and finite")?;
    let middle = (size / 2) as f64;
    let weights = Array1::from_shape_fn(size, |i| {
        let distance = (i as f64 - middle) / sigma;
        (-distance * distance / 2.0).exp()
    });
    let weights = &weights / weights.sum();
    let shape = (size, size);
    Ok(Array2::from_shape_fn(shape, |(i, j)| {
        F::cast(weights[i] * weights[j])
    }))
}

/// The plain mean of `size` × `size` pixels.
///
/// # Errors
/// An even `size` or one above 1001.
pub fn box_blur<F: Scalar>(size: usize) -> Result<Array2<F>, ConfigError> {
    require_size("box_blur size", size)?;
    let weight = F::cast(1.0 / (size * size) as f64);
    Ok(Array2::from_elem((size, size), weight))
}

/// The image minus its [`laplacian`]: exaggerates edges, leaves flat parts as they are (Gonzalez,
/// Woods, section 3.6).
pub fn sharpen<F: Scalar>() -> Array2<F> {
    identity() - laplacian()
}

/// The image plus its slope towards the lower right: edges stand out as a relief that is lit from the
/// upper left.
pub fn emboss<F: Scalar>() -> Array2<F> {
    three([[-2.0, -1.0, 0.0], [-1.0, 1.0, 1.0], [0.0, 1.0, 2.0]])
}

/// The kernel `[height, width, 1, n]` of a convolution of grey images with these n filters.
///
/// # Errors
/// No filter, or filters of different sizes.
pub fn kernel<F: Scalar>(filters: &[Array2<F>]) -> Result<Array4<F>, ShapeError> {
    let takes = "at least one filter, all of one size";
    let Some(first) = filters.first() else {
        return Err(ShapeError {
            got: vec![0],
            takes: takes.to_owned(),
        });
    };
    let (height, width) = first.dim();
    let mut kernel = Array4::zeros((height, width, 1, filters.len()));
    for (filter, mut channel) in filters.iter().zip(kernel.axis_iter_mut(Axis(3))) {
        ShapeError::require(filter.dim() == first.dim(), filter.shape(), takes)?;
        channel.index_axis_mut(Axis(2), 0).assign(filter);
    }
    Ok(kernel)
}

fn three<F: Scalar>(rows: [[f64; 3]; 3]) -> Array2<F> {
    Array2::from_shape_fn((3, 3), |(i, j)| F::cast(rows[i][j]))
}

fn require_size(parameter: &str, size: usize) -> Result<(), ConfigError> {
    let holds = size % 2 == 1 && size <= MAX_ROWS;
    ConfigError::require(holds, parameter, size, "odd and at most 1001")
}
