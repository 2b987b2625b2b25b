//! The norm of all gradients together.

use dl_core::sum::sum_of;
use pulp::Arch;

use super::elements::{RUN, clamp};
use crate::Scalar;

/// Σ clamp(g)², summed in `f64`, halves first; the order depends on the length alone, so the bits
/// are the same for any number of threads.
pub(super) fn sum_of_squares<F: Scalar>(arch: Arch, grad: &[F], clip_value: F) -> f64 {
    if grad.len() <= RUN {
        return arch.dispatch(
            #[inline(always)]
            || {
                sum_of(
                    grad,
                    #[inline(always)]
                    |g| {
                        let g = clamp(g, clip_value).as_f64();
                        g * g
                    },
                )
            },
        );
    }
    let (left, right) = grad.split_at(grad.len() / 2);
    let (left, right) = rayon::join(
        || sum_of_squares(arch, left, clip_value),
        || sum_of_squares(arch, right, clip_value),
    );
    left + right
}
