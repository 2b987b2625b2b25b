//! A map of another size.

use dl_nn::Scalar;
use ndarray::{Array2, ArrayView2};

/// The map in `(height, width)` pixels by bilinear interpolation. Pixels are areas: the centre of pixel p lies at
/// (p + ½) · small / large − ½ of the small map, or on its border where that is outside.
pub(super) fn bilinear<F: Scalar>(
    small: ArrayView2<'_, F>,
    (height, width): (usize, usize),
) -> Array2<F> {
    let (rows, columns) = (places(small.nrows(), height), places(small.ncols(), width));
    Array2::from_shape_fn((height, width), |(y, x)| {
        let ((top, down), (left, right)) = (rows[y], columns[x]);
        let (bottom, far) = (
            (top + 1).min(small.nrows() - 1),
            (left + 1).min(small.ncols() - 1),
        );
        let at = |y, x| small[[y, x]].as_f64();
        let upper = (1.0 - right) * at(top, left) + right * at(top, far);
        let lower = (1.0 - right) * at(bottom, left) + right * at(bottom, far);
        F::cast((1.0 - down) * upper + down * lower)
    })
}

/// For each pixel of an axis of length `large`, the pixel before it on the small axis and how far it is beyond that.
fn places(small: usize, large: usize) -> Vec<(usize, f64)> {
    let last = (small - 1) as f64;
    let place = |p: usize| {
        let at = (p as f64 + 0.5) * small as f64 / large as f64 - 0.5;
        let at = at.clamp(0.0, last);
        (at as usize, at.fract())
    };
    (0..large).map(place).collect()
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn a_row_by_hand() {
        // centres of the large pixels at −¼, ¼, ¾, 1¼ of the small ones
        let large = bilinear(array![[0.0, 4.0]].view(), (1, 4));
        assert_eq!(large, array![[0.0, 1.0, 3.0, 4.0]]);
        // and of a smaller one at ½
        assert_eq!(bilinear(array![[0.0], [4.0]].view(), (1, 1)), array![[2.0]]);
    }

    #[test]
    fn the_same_size_is_the_same_map() {
        let map = array![[1.0, 2.0, 5.0], [3.0, 0.0, -1.0]];
        assert_eq!(bilinear(map.view(), (2, 3)), map);
    }
}
