//! The norm of all gradients together.

use pulp::Arch;

use super::elements::{RUN, clamp};
use crate::Scalar;

/// Σ clamp(g)², summed in `f64`, halves first; the order depends on the length alone, so the bits
/// are the same for any number of threads.
pub(super) fn sum_of_squares<F: Scalar>(arch: Arch, grad: &[F], clip_value: F) -> f64 {
    if grad.len() <= RUN {
        return arch.dispatch(
            #[inline(always)]
            || run(grad, clip_value),
        );
    }
    let (left, right) = grad.split_at(grad.len() / 2);
    let (left, right) = rayon::join(
        || sum_of_squares(arch, left, clip_value),
        || sum_of_squares(arch, right, clip_value),
    );
    left + right
}

/// Sixteen sums side by side, as many as the widest vectors need to stay busy.
#[inline(always)]
fn run<F: Scalar>(grad: &[F], clip_value: F) -> f64 {
    let mut sums = [0.0; 16];
    let (blocks, rest) = grad.as_chunks::<16>();
    for block in blocks {
        for (sum, &g) in sums.iter_mut().zip(block) {
            let g = clamp(g, clip_value).as_f64();
            *sum += g * g;
        }
    }
    for (sum, &g) in sums.iter_mut().zip(rest) {
        let g = clamp(g, clip_value).as_f64();
        *sum += g * g;
    }
    sums.iter().sum()
}
