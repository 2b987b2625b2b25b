//! Log-sum-exp and softmax, shifted by the maximum so that no exponential overflows
//! (Goodfellow et al. 2016, section 4.1).

use ndarray::{Array, ArrayRef, Axis, Dimension, RemoveAxis};
use pulp::NullaryFnOnce;

use crate::simd::{arch, map};
use crate::special::exp;
use crate::sum::sum_of;
use crate::{Scalar, instantiate};

/// Exponentials that [`softmax_rows`] takes in one go, those of short rows together: a few do not fill the vectors.
const STRIP: usize = 256;

/// The largest number, NaNs being passed over.
#[inline(always)]
fn maximum<F: Scalar>(x: &[F]) -> F {
    let larger = |a: F, b: F| if b > a { b } else { a };
    let (lanes, rest) = x.as_chunks::<16>();
    let rest = rest.iter().copied().fold(F::neg_infinity(), larger);
    let Some((first, others)) = lanes.split_first() else {
        return rest;
    };
    let mut largest = *first;
    for x in others {
        for i in 0..16 {
            largest[i] = larger(largest[i], x[i]);
        }
    }
    largest.into_iter().fold(rest, larger)
}

/// Σᵢ e^(xᵢ − m), without the term of one i.
fn sum_exponentials<F: Scalar>(x: &[F], m: F, without: Option<usize>) -> f64 {
    match x.len() {
        // fewer zeros to be set up
        ..=16 => sum_by_strips::<F, 16>(x, m, without),
        _ => sum_by_strips::<F, 64>(x, m, without),
    }
}

/// The same, in blocks of this many exponentials.
fn sum_by_strips<F: Scalar, const N: usize>(x: &[F], m: F, without: Option<usize>) -> f64 {
    let mut total = 0.0;
    let mut y = [F::zero(); N];
    for (strip, x) in x.chunks(N).enumerate() {
        let y = &mut y[..x.len()];
        exponentials(x, m, y);
        let left_out = without.map(|i| i.wrapping_sub(strip * N));
        total += match left_out.and_then(|i| y.split_at_checked(i)) {
            Some((before, [_, after @ ..])) => sum_of(before, F::as_f64) + sum_of(after, F::as_f64),
            _ => sum_of(y, F::as_f64),
        };
    }
    total
}

instantiate! {
    /// yᵢ ← e^(xᵢ − m), over as many entries as both have.
    pub fn exponentials<F: Scalar>(x: &[F], m: F, y: &mut [F]) {
        arch().dispatch(Exponentials { x, m, y });
    }

    /// m = maxᵢ xᵢ and ln Σᵢ e^(xᵢ − m), which are ln Σᵢ e^xᵢ together. Apart, −ln softmax(x)ᵢ =
    /// (m − xᵢ) + the logarithm keeps the digits that the logarithm loses beside a large m.
    ///
    /// The largest entry's own e⁰ is the 1 of ln(1 + …), so that what the others add to it is not lost,
    /// however little it is.
    pub fn log_sum_exp_parts<F: Scalar>(x: &[F]) -> (F, F) {
        let m = maximum(x);
        match x.iter().position(|&x| x == m && m.is_finite()) {
            Some(largest) => {
                let others = sum_exponentials(x, m, Some(largest));
                (m, F::cast(others).ln_1p())
            }
            // ±∞ − ±∞ is NaN; unshifted, infinities (and NaN) come out right
            None => (F::zero(), F::cast(sum_exponentials(x, F::zero(), None)).ln()),
        }
    }

    /// ln Σᵢ e^xᵢ = m + ln Σᵢ e^(xᵢ − m), m = maxᵢ xᵢ. −∞ for an empty slice, NaN where an entry is.
    ///
    /// ```
    /// assert_eq!(dl_core::softmax::log_sum_exp(&[1e4_f32, 1e4]), 1e4 + 2f32.ln());
    /// ```
    pub fn log_sum_exp<F: Scalar>(x: &[F]) -> F {
        let (m, log_sum) = log_sum_exp_parts(x);
        m + log_sum
    }

    /// softmax(x)ᵢ = e^(xᵢ − m) / Σⱼ e^(xⱼ − m), m = maxᵢ xᵢ, in place.
    ///
    /// An entry of −∞ becomes 0. NaN, +∞ or nothing but −∞ make every entry NaN.
    pub fn softmax_in_place<F: Scalar>(x: &mut [F]) {
        let m = maximum(x);
        map(
            x,
            #[inline(always)]
            |x| exp(x - m),
        );
        let sum = F::cast(sum_of(x, F::as_f64));
        for x in x {
            *x /= sum;
        }
    }

    /// [`softmax_in_place`] of each row of `width` entries; what is no whole row is left as it is.
    ///
    /// # Panics
    /// Where `width` is 0.
    pub fn softmax_rows<F: Scalar>(x: &mut [F], width: usize) {
        let whole = x.len() - x.len() % width;
        let rows = (STRIP / width).max(1);
        for strip in x[..whole].chunks_mut(rows * width) {
            for row in strip.chunks_exact_mut(width) {
                let m = maximum(row);
                row.iter_mut().for_each(|x| *x -= m);
            }
            map(strip, exp);
            for row in strip.chunks_exact_mut(width) {
                let sum = F::cast(sum_of(row, F::as_f64));
                row.iter_mut().for_each(|x| *x /= sum);
            }
        }
    }

    /// ln softmax(x)ᵢ = (xᵢ − m) − ln Σⱼ e^(xⱼ − m), m = maxⱼ xⱼ, in place: exact beside a large m,
    /// too.
    pub fn log_softmax_in_place<F: Scalar>(x: &mut [F]) {
        let (m, log_sum) = log_sum_exp_parts(x);
        for x in x {
            *x = (*x - m) - log_sum;
        }
    }
}

/// [`exponentials`], as a type because that is what `pulp` compiles per instruction set.
struct Exponentials<'a, F> {
    x: &'a [F],
    m: F,
    y: &'a mut [F],
}

impl<F: Scalar> NullaryFnOnce for Exponentials<'_, F> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { x, m, y } = self;
        let count = x.len().min(y.len());
        let (x, y) = (&x[..count], &mut y[..count]);
        let (x, x_rest) = x.split_at(count - count % 16);
        let (y, y_rest) = y.split_at_mut(x.len());
        for (y, &x) in y.iter_mut().zip(x) {
            *y = exp(x - m);
        }
        few_exponentials(x_rest, m, y_rest);
    }
}

/// Four at a time: one by one the last three would take as long as many more in vectors.
#[inline(always)]
fn few_exponentials<F: Scalar>(x: &[F], m: F, y: &mut [F]) {
    let (x, x_rest) = x.as_chunks();
    let (y, y_rest) = y.as_chunks_mut();
    for (y, &[a, b, c, d]) in y.iter_mut().zip(x) {
        *y = four([a - m, b - m, c - m, d - m]);
    }
    let zero = F::zero();
    match (x_rest, y_rest) {
        (&[a], [x]) => *x = exp(a - m),
        (&[a, b], [x, y]) => [*x, *y, _, _] = four([a - m, b - m, zero, zero]),
        (&[a, b, c], [x, y, z]) => [*x, *y, *z, _] = four([a - m, b - m, c - m, zero]),
        _ => {}
    }
}

/// Without a loop, which would keep the four in memory.
#[inline(always)]
fn four<F: Scalar>([a, b, c, d]: [F; 4]) -> [F; 4] {
    [exp(a), exp(b), exp(c), exp(d)]
}

/// [`log_sum_exp`] along an axis, which disappears.
///
/// # Panics
/// Where the array has no such axis.
pub fn log_sum_exp_axis<F: Scalar, D: RemoveAxis>(
    x: &ArrayRef<F, D>,
    axis: Axis,
) -> Array<F, D::Smaller> {
    x.map_axis(axis, |lane| match lane.as_slice() {
        Some(lane) => log_sum_exp(lane),
        None => log_sum_exp(&lane.to_vec()),
    })
}

/// softmax along an axis: every lane sums to 1.
///
/// ```
/// use dl_core::{ndarray::{array, Axis}, softmax::softmax};
/// let p = softmax(&array![[0.0, 0.0], [0.0, 3f64.ln()]], Axis(1));
/// assert!((&p - &array![[0.5, 0.5], [0.25, 0.75]]).iter().all(|d| d.abs() <= 1e-15));
/// ```
///
/// # Panics
/// Where the array has no such axis.
pub fn softmax<F: Scalar, D: Dimension>(x: &ArrayRef<F, D>, axis: Axis) -> Array<F, D> {
    along(x, axis, softmax_in_place)
}

/// ln softmax along an axis, without taking the logarithm of a rounded zero.
///
/// # Panics
/// Where the array has no such axis.
pub fn log_softmax<F: Scalar, D: Dimension>(x: &ArrayRef<F, D>, axis: Axis) -> Array<F, D> {
    along(x, axis, log_softmax_in_place)
}

fn along<F: Scalar, D: Dimension>(
    x: &ArrayRef<F, D>,
    axis: Axis,
    in_place: impl Fn(&mut [F]),
) -> Array<F, D> {
    let mut y = x.to_owned();
    for mut lane in y.lanes_mut(axis) {
        match lane.as_slice_mut() {
            Some(lane) => in_place(lane),
            None => {
                let mut copy = lane.to_vec();
                in_place(&mut copy);
                lane.iter_mut().zip(copy).for_each(|(to, from)| *to = from);
            }
        }
    }
    y
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::close;
    use ndarray::{Array1, Array3, array};
    use proptest::collection::vec;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_shift_changes_nothing_but_log_sum_exp(
            x in vec(-50.0f64..50.0, 1..8),
            shift in -1e3f64..1e3,
        ) {
            let x = Array1::from(x);
            let shifted = &x + shift;
            let (p, q) = (softmax(&x, Axis(0)), softmax(&shifted, Axis(0)));
            prop_assert!(p.iter().zip(&q).all(|(&p, &q)| close(p, q, 1e-12)));
            let (s, t) = (log_sum_exp(&x.to_vec()), log_sum_exp(&shifted.to_vec()));
            prop_assert!(close(s + shift, t, 1e-12));
        }

        #[test]
        fn they_are_the_sums_they_stand_for(x in vec(-20.0f64..20.0, 1..8)) {
            let x = Array1::from(x);
            let sum = x.mapv(f64::exp).sum();
            prop_assert!(close(log_sum_exp(&x.to_vec()), sum.ln(), 1e-13));
            let (p, ln_p) = (softmax(&x, Axis(0)), log_softmax(&x, Axis(0)));
            for i in 0..x.len() {
                prop_assert!(close(p[i], x[i].exp() / sum, 1e-13));
                prop_assert!(close(ln_p[i], p[i].ln(), 1e-12));
            }
        }

        #[test]
        fn logits_of_any_size_are_stable_in_single_precision(x in vec(-1e4f32..1e4, 1..8)) {
            let x = Array1::from(x);
            let p = softmax(&x, Axis(0));
            prop_assert!((p.sum() - 1.0).abs() <= 1e-6);
            let ln_p = log_softmax(&x, Axis(0));
            prop_assert!(ln_p.iter().all(|l| l.is_finite() && *l <= 0.0));
        }
    }

    #[test]
    fn every_axis_of_every_layout_is_its_lanes() {
        let x = Array3::from_shape_fn((2, 3, 4), |(i, j, k)| ((7 * i + 5 * j + 3 * k) % 11) as f64);
        for x in [x.clone(), x.reversed_axes()] {
            for axis in [Axis(0), Axis(1), Axis(2)] {
                let (p, ln_p) = (softmax(&x, axis), log_softmax(&x, axis));
                let sums = log_sum_exp_axis(&x, axis);
                let lanes = x.lanes(axis).into_iter().zip(&sums);
                for (((x, &sum), p), ln_p) in lanes.zip(p.lanes(axis)).zip(ln_p.lanes(axis)) {
                    let mut expected = x.to_vec();
                    assert_eq!(log_sum_exp(&expected), sum);
                    softmax_in_place(&mut expected);
                    assert_eq!(p.to_vec(), expected);
                    expected = x.to_vec();
                    log_softmax_in_place(&mut expected);
                    assert_eq!(ln_p.to_vec(), expected);
                }
            }
        }
    }

    /// Rows that share a strip of exponentials, that fill one, and that take several.
    #[test]
    fn rows_are_softmaxes_of_their_own() {
        for width in [1, 3, 10, 17, 100, 256, 700] {
            let value = |i: usize| ((i * 37) % 101) as f32 * 0.1;
            let mut x: Vec<f32> = (0..5 * width).map(value).collect();
            x[3 * width] = f32::NAN;
            x[4 * width] = f32::NEG_INFINITY;
            let mut expected = x.clone();
            expected.chunks_mut(width).for_each(softmax_in_place);
            assert!(expected[3 * width..4 * width].iter().all(|p| p.is_nan()));
            let sum: f32 = expected[..width].iter().sum();
            assert!((sum - 1.0).abs() <= 1e-5);
            // what is no whole row
            let rest = vec![0.5; width - 1];
            x.extend(&rest);
            expected.extend(&rest);
            softmax_rows(&mut x, width);
            let mut pairs = x.iter().zip(&expected);
            assert!(pairs.all(|(a, b)| a == b || a.is_nan() && b.is_nan()));
        }
    }

    /// Closed forms: ln softmax of (a, a + ½) is −ln(1 + e^±½) for any a, and of (a, a − b) for a large
    /// b it is (−e^−b, −b).
    #[test]
    fn log_softmax_keeps_its_digits() {
        for a in [0.0, 1e6_f32, -1e6] {
            let [low, high] = [0.5_f64, -0.5].map(|x| -x.exp().ln_1p());
            let found = log_softmax(&array![a, a + 0.5], Axis(0));
            assert!((f64::from(found[0]) / low - 1.0).abs() <= 2e-7, "{found}");
            assert!((f64::from(found[1]) / high - 1.0).abs() <= 2e-7, "{found}");
        }
        let found = log_softmax(&array![0.0_f32, -20.0], Axis(0));
        assert!((f64::from(found[0]) / -(-20_f64).exp() - 1.0).abs() <= 2e-7);
        assert_eq!(found[1], -20.0);
    }

    /// A hundred thousand equal logits.
    #[test]
    fn many_classes_sum_to_one() {
        let p = softmax(&Array1::from_elem(100_000, 0.3_f32), Axis(0));
        assert!(p.iter().all(|&p| (p - 1e-5).abs() <= 1e-12));
    }

    #[test]
    fn infinities_and_nan_are_not_lost() {
        let (inf, nan) = (f64::INFINITY, f64::NAN);
        assert_eq!(log_sum_exp::<f64>(&[]), -inf);
        assert_eq!(log_sum_exp(&[-inf, -inf]), -inf);
        assert_eq!(log_sum_exp(&[-inf, 3.0]), 3.0);
        assert_eq!(log_sum_exp(&[inf, 3.0, -inf]), inf);
        for x in [[nan, 0.0], [nan, inf], [nan, -inf]] {
            assert!(log_sum_exp(&x).is_nan());
            assert!(
                softmax(&Array1::from_iter(x), Axis(0))
                    .iter()
                    .all(|p| p.is_nan())
            );
        }
        assert_eq!(softmax(&array![-inf, 0.0], Axis(0)), array![0.0, 1.0]);
        assert_eq!(log_softmax(&array![-inf, 0.0], Axis(0)), array![-inf, 0.0]);
        assert!(
            softmax(&array![-inf, -inf], Axis(0))
                .iter()
                .all(|p| p.is_nan())
        );
        assert_eq!(softmax(&Array1::<f64>::zeros(0), Axis(0)).len(), 0);
    }
}
