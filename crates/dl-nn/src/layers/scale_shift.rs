//! y = γ x̂ + β over the last axis: what normalisations learn.

use dl_core::Scalar;
use dl_core::memory::{OutOfMemory, filled};
use dl_core::sum::add_column_sums_and_products;
use ndarray::Array1;

use crate::error::{ConfigError, LayerError, ShapeError};
use crate::layer::{Gradients, Param, ParamMut};

/// `width` times `value`.
pub(super) fn constant<F: Scalar>(width: usize, value: F) -> Result<Array1<F>, OutOfMemory> {
    Ok(Array1::from(filled(width, || value)?))
}

/// Checks ε, and returns the length of the last axis.
pub(super) fn width_for(
    epsilon: f64,
    parameter: &str,
    input: &[usize],
) -> Result<usize, LayerError> {
    let holds = epsilon > 0.0 && epsilon.is_finite();
    ConfigError::require(holds, parameter, epsilon, "positive and finite")?;
    ShapeError::require(!input.is_empty(), input, "at least one axis")?;
    Ok(input[input.len() - 1])
}

/// The shape of an output sample, for a last axis of γ's length, counted in `units`.
pub(super) fn output_shape<F>(
    gamma: &Array1<F>,
    input: &[usize],
    units: &str,
) -> Result<Vec<usize>, ShapeError> {
    let takes = format!("a last axis of {} {units}", gamma.len());
    ShapeError::require(input.last() == Some(&gamma.len()), input, takes)?;
    Ok(input.to_vec())
}

pub(super) fn params<'a, F>(gamma: &'a Array1<F>, beta: &'a Array1<F>) -> Vec<Param<'a, F>> {
    vec![Param::new("gamma", gamma), Param::new("beta", beta)]
}

pub(super) fn params_mut<'a, F>(
    gamma: &'a mut Array1<F>,
    beta: &'a mut Array1<F>,
) -> Vec<ParamMut<'a, F>> {
    vec![ParamMut::new("gamma", gamma), ParamMut::new("beta", beta)]
}

/// ∂L/∂γ = Σ δ x̂ and ∂L/∂β = Σ δ over the rows of δ and x̂.
pub(super) fn gradients<F: Scalar>(delta: &[F], x_hat: &[F], grads: &mut Gradients<'_, F>) {
    let [gamma, beta] = grads.slices();
    let mut sums = vec![0.0; 2 * gamma.len()];
    let (sum, product) = sums.split_at_mut(gamma.len());
    add_column_sums_and_products(delta, x_hat, sum, product);
    for (c, (&sum, &product)) in sum.iter().zip(&*product).enumerate() {
        beta[c] = F::cast(sum);
        gamma[c] = F::cast(product);
    }
}
