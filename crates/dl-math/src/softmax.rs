//! Log-sum-exp and softmax, shifted by the maximum so that no exponential overflows
//! (Goodfellow et al. 2016, section 4.1).

use ndarray::{Array, ArrayRef, Axis, Dimension, RemoveAxis};

use crate::Scalar;

fn maximum<F: Scalar>(x: &[F]) -> F {
    x.iter().copied().fold(F::neg_infinity(), F::max)
}

/// ln Σᵢ e^xᵢ = m + ln Σᵢ e^(xᵢ − m), m = maxᵢ xᵢ. −∞ for an empty slice, NaN where an entry is.
///
/// ```
/// assert_eq!(dl_math::softmax::log_sum_exp(&[1e4_f32, 1e4]), 1e4 + 2f32.ln());
/// ```
pub fn log_sum_exp<F: Scalar>(x: &[F]) -> F {
    let m = maximum(x);
    // ±∞ − ±∞ is NaN; unshifted, infinities (and NaN) come out right
    let m = if m.is_finite() { m } else { F::zero() };
    m + x.iter().map(|&x| (x - m).exp()).sum::<F>().ln()
}

/// softmax(x)ᵢ = e^(xᵢ − m) / Σⱼ e^(xⱼ − m), m = maxᵢ xᵢ, in place.
///
/// An entry of −∞ becomes 0. NaN, +∞ or nothing but −∞ make every entry NaN.
pub fn softmax_in_place<F: Scalar>(x: &mut [F]) {
    let m = maximum(x);
    let mut sum = F::zero();
    for x in &mut *x {
        *x = (*x - m).exp();
        sum += *x;
    }
    for x in x {
        *x /= sum;
    }
}

/// ln softmax(x)ᵢ = xᵢ − ln Σⱼ e^xⱼ, in place.
pub fn log_softmax_in_place<F: Scalar>(x: &mut [F]) {
    let log_sum = log_sum_exp(x);
    for x in x {
        *x -= log_sum;
    }
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
/// use dl_math::{ndarray::{array, Axis}, softmax::softmax};
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
