//! The normal distribution with a variance of its own for each sample.

use dl_core::special::{exp, weighted};
use dl_core::{Scalar, instantiate};

use super::{Loss, plural, values};
use crate::target::TargetRow;

/// ℓ = 1/d Σᵢ ½ [ln 2π + sᵢ + (tᵢ − μᵢ)² e^−sᵢ]: the negative log-likelihood of
/// N(μᵢ, e^sᵢ) (Nix, Weigend 1994).
///
/// A network with 2·d outputs outputs the means μ first, then the logarithms s of the variances,
/// which are thereby positive without a constraint. Targets have d values.
#[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct GaussianNll;

impl GaussianNll {
    /// The loss, which has no settings.
    pub fn new() -> Self {
        Self
    }
}

instantiate! {
    fn sample<F: Scalar>(outputs: &[F], targets: &[F], delta: &mut [F]) -> F {
        let d = targets.len();
        let (half, count) = (F::cast(0.5), F::cast(d as f64));
        let ln_2_pi = F::cast((2.0 * std::f64::consts::PI).ln());
        let mut sum = 0.0;
        for (i, &t) in targets.iter().enumerate() {
            let (mean, log_variance) = (outputs[i], outputs[d + i]);
            // e^−s by itself would overflow where (t − μ)² e^−s does not
            let inverse_deviation = exp(-half * log_variance);
            let error = weighted(mean - t, inverse_deviation);
            sum += (half * (ln_2_pi + log_variance + error * error)).as_f64();
            delta[i] = weighted(error, inverse_deviation) / count;
            delta[d + i] = half * (F::one() - error * error) / count;
        }
        F::cast(sum / count.as_f64())
    }
}

impl<F: Scalar> Loss<F> for GaussianNll {
    fn name(&self) -> &'static str {
        "GaussianNll"
    }

    fn sample(&self, outputs: &[F], target: TargetRow<'_, F>, delta: &mut [F]) -> F {
        sample(outputs, values(target), delta)
    }

    fn takes(&self, outputs: usize) -> String {
        if outputs % 2 == 1 {
            return "an even number of outputs, a mean and a log variance for each value".into();
        }
        plural(outputs / 2, "finite value") + " a sample"
    }

    fn accepts(&self, outputs: usize, target: TargetRow<'_, F>) -> bool {
        outputs.is_multiple_of(2) && super::is_finite(target, outputs / 2)
    }
}
