//! Convolution as its definition, one multiplication a line: what every other form is tested
//! against. For images `x[n, h, w, c_in]`, kernels `k[kh, kw, c_in / groups, c_out]` and a window's
//! [`Geometry`]
//!
//! ```text
//! y[n, v, u, o] = Σᵢⱼ꜀ x[n, v·s + i·d − top, u·s + j·d − left, c] · k[i, j, c, o]
//! ```
//!
//! where c runs over the input channels of o's group (Goodfellow, Bengio, Courville 2016, eq. 9.8
//! and section 9.5; it is cross-correlation, called convolution as everywhere in the field). The sums run
//! on in their scalar type: those of a large kernel's gradient have digits to compare with only in
//! `f64`.

use dl_core::{Scalar, instantiate};
use ndarray::{Array4, ArrayView4, Ix4};

use crate::geometry::Geometry;
use crate::shape::zeros;

/// Calls `term` with the indices of x, of k and of y for every multiplication of the sum.
fn for_each_term(
    [images, channels, filters]: [usize; 3],
    groups: usize,
    geometry: &Geometry,
    mut term: impl FnMut([usize; 4], [usize; 4], [usize; 4]),
) {
    let (inputs, outputs) = (channels / groups, filters / groups);
    for n in 0..images {
        for v in 0..geometry.output.height {
            for u in 0..geometry.output.width {
                for i in 0..geometry.kernel.height {
                    for j in 0..geometry.kernel.width {
                        let (Some(row), Some(column)) = (geometry.row(v, i), geometry.column(u, j))
                        else {
                            continue;
                        };
                        for c in 0..inputs {
                            for o in 0..filters {
                                let channel = o / outputs * inputs + c;
                                term([n, row, column, channel], [i, j, c, o], [n, v, u, o]);
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Zeros, to be added to.
fn new<F: Scalar>((a, b, c, d): (usize, usize, usize, usize)) -> Array4<F> {
    zeros(Ix4(a, b, c, d)).expect("memory for the result")
}

instantiate! {
    /// y `[n, h′, w′, filters]` as defined above, of x `[n, h, w, c]` and a kernel
    /// `[kernel height, kernel width, c / groups, filters]`.
    ///
    /// # Panics
    /// Where the shapes do not fit each other or the geometry, no groups are asked for, or there is no
    /// memory for the result.
    pub fn convolve<F: Scalar>(
        x: ArrayView4<'_, F>,
        kernel: ArrayView4<'_, F>,
        groups: usize,
        geometry: &Geometry,
    ) -> Array4<F> {
        let (n, _, _, channels) = x.dim();
        let filters = kernel.dim().3;
        let mut y = new((n, geometry.output.height, geometry.output.width, filters));
        for_each_term(
            [n, channels, filters],
            groups,
            geometry,
            |at_x, at_k, at_y| {
                y[at_y] += x[at_x] * kernel[at_k];
            },
        );
        y
    }
}

instantiate! {
    /// ∂L/∂x `[n, h, w, c]` for a given ∂L/∂y `[n, h′, w′, filters]`: each term carries its part back to its
    /// pixel.
    ///
    /// # Panics
    /// As [`convolve`].
    pub fn input_gradient<F: Scalar>(
        dy: ArrayView4<'_, F>,
        kernel: ArrayView4<'_, F>,
        groups: usize,
        geometry: &Geometry,
    ) -> Array4<F> {
        let (n, _, _, filters) = dy.dim();
        let channels = kernel.dim().2 * groups;
        let mut dx = new((n, geometry.input.height, geometry.input.width, channels));
        for_each_term(
            [n, channels, filters],
            groups,
            geometry,
            |at_x, at_k, at_y| {
                dx[at_x] += dy[at_y] * kernel[at_k];
            },
        );
        dx
    }
}

instantiate! {
    /// ∂L/∂kernel `[kernel height, kernel width, c / groups, filters]` for a given ∂L/∂y
    /// `[n, h′, w′, filters]`: each term carries its part back to its weight.
    ///
    /// # Panics
    /// As [`convolve`].
    pub fn kernel_gradient<F: Scalar>(
        x: ArrayView4<'_, F>,
        dy: ArrayView4<'_, F>,
        groups: usize,
        geometry: &Geometry,
    ) -> Array4<F> {
        let (n, _, _, channels) = x.dim();
        let filters = dy.dim().3;
        let taps = geometry.kernel;
        let mut dk = new((taps.height, taps.width, channels / groups, filters));
        for_each_term(
            [n, channels, filters],
            groups,
            geometry,
            |at_x, at_k, at_y| {
                dk[at_k] += dy[at_y] * x[at_x];
            },
        );
        dk
    }
}
