//! Convolution as one matrix product, the textbook way.
//!
//! Every position of the window becomes a row, every tap and channel a column; then convolution
//! with a kernel `[kh, kw, c, filters]` is the product of this matrix with the kernel seen as
//! `[kh·kw·c, filters]` (Chellapilla, Puri, Simard 2006). For a 3 × 3 image and a 2 × 2 window:
//!
//! ```text
//!   image x          im2col(x)              kernel     y
//!   a b c            a b d e                k          a·k + b·l + d·m + e·n
//!   d e f      →     b c e f         ·      l     =    b·k + c·l + e·m + f·n
//!   g h i            d e g h                m          d·k + e·l + g·m + h·n
//!                    e f h i                n          e·k + f·l + h·m + i·n
//! ```
//!
//! `col2im` is its adjoint, not its inverse: it adds every number back to the pixel it was copied
//! from (e above: four of them), so that ⟨im2col(x), c⟩ = ⟨x, col2im(c)⟩. With it, the gradients
//! of the product are those of the convolution.

use dl_core::instantiate;
use ndarray::{Array2, Array3, ArrayView2, ArrayView3, Ix2, Ix3};

use crate::geometry::Geometry;
use crate::shape::zeros;

instantiate! {
    /// The positions of a window on an image `[h, w, c]` as rows:
    /// `[output height · output width, kernel height · kernel width · c]`, zeros in the padding.
    ///
    /// ```
    /// use dl_conv::{Window, im2col};
    /// use ndarray::array;
    ///
    /// let image = array![[[1.], [2.], [3.]], [[4.], [5.], [6.]], [[7.], [8.], [9.]]];
    /// let geometry = Window::new(2).over(3.into())?;
    /// assert_eq!(im2col(image.view(), &geometry).row(1).to_vec(), [2., 3., 5., 6.]);
    /// # Ok::<(), dl_nn::ShapeError>(())
    /// ```
    ///
    /// # Panics
    /// Where the image has not the geometry's input size, or no channel, or not enough memory for the
    /// matrix.
    pub fn im2col<F: Scalar>(image: ArrayView3<'_, F>, geometry: &Geometry) -> Array2<F> {
        let (height, width, channels) = image.dim();
        assert_eq!(
            [height, width],
            [geometry.input.height, geometry.input.width]
        );
        let taps = geometry.kernel.height * geometry.kernel.width;
        let positions = geometry.output.height * geometry.output.width;
        let mut columns = zeros(Ix2(positions, taps * channels)).expect("memory for the matrix");
        for (position, mut row) in columns.rows_mut().into_iter().enumerate() {
            let row = row.as_slice_mut().expect("rows of a new array");
            let taps = taps_of(position, geometry);
            for (pixel, column) in taps.zip(row.chunks_exact_mut(channels)) {
                if let Some((y, x)) = pixel {
                    for (c, value) in column.iter_mut().enumerate() {
                        *value = image[[y, x, c]];
                    }
                }
            }
        }
        columns
    }
}

instantiate! {
    /// The adjoint of [`im2col`]: adds each number of `[positions, taps · c]` to the pixel that it
    /// would have been copied from, and gives the image `[h, w, c]` of these sums, which have as many
    /// terms as the window has taps and are summed in `f64`.
    ///
    /// # Panics
    /// Where the matrix has not the geometry's number of positions, or no whole number of channels, or
    /// there is not enough memory for the image.
    pub fn col2im<F: Scalar>(columns: ArrayView2<'_, F>, geometry: &Geometry) -> Array3<F> {
        let taps = geometry.kernel.height * geometry.kernel.width;
        let positions = geometry.output.height * geometry.output.width;
        let channels = columns.ncols() / taps;
        assert_eq!(columns.dim(), (positions, taps * channels));
        let shape = Ix3(geometry.input.height, geometry.input.width, channels);
        let mut sums = zeros::<f64, _>(shape).expect("memory for the image");
        for (position, row) in columns.rows().into_iter().enumerate() {
            for (tap, pixel) in taps_of(position, geometry).enumerate() {
                if let Some((y, x)) = pixel {
                    for c in 0..channels {
                        sums[[y, x, c]] += row[tap * channels + c].as_f64();
                    }
                }
            }
        }
        sums.mapv(F::cast)
    }
}

/// The pixels that the window sees at a position, tap by tap; `None` in the padding.
fn taps_of(
    position: usize,
    geometry: &Geometry,
) -> impl Iterator<Item = Option<(usize, usize)>> + '_ {
    let (y, x) = (
        position / geometry.output.width,
        position % geometry.output.width,
    );
    let taps = geometry.kernel.height * geometry.kernel.width;
    (0..taps).map(move |tap| {
        let (i, j) = (tap / geometry.kernel.width, tap % geometry.kernel.width);
        Some((geometry.row(y, i)?, geometry.column(x, j)?))
    })
}
