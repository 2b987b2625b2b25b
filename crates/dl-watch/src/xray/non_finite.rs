//! Finds the first NaN or infinity.

use std::fmt;

use dl_core::{instantiate, text::shown};
use dl_nn::losses::Loss;
use dl_nn::{DataError, IntoTarget, Mode, Model, Scalar, Target};
use ndarray::{ArrayD, ArrayRef, ArrayViewD, Dimension};
use serde::{Deserialize, Serialize};

use super::XRay;

/// The first array of a step, in the order of computation, that contains a NaN or an infinity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NonFinite {
    /// The array.
    pub quantity: Quantity,
    /// Number of its values that are NaN or infinite.
    pub count: usize,
    /// Number of its values.
    pub values: usize,
}

/// A quantity computed in a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub enum Quantity {
    /// The samples.
    Input,
    /// A parameter's value.
    Parameter {
        /// The layer's name.
        layer: String,
        /// The parameter's name.
        parameter: String,
    },
    /// A layer's output.
    Output {
        /// The layer's name.
        layer: String,
    },
    /// The loss, although every output is finite.
    Loss,
    /// ∂L/∂output of a layer.
    OutputGradient {
        /// The layer's name.
        layer: String,
    },
    /// ∂L/∂parameter.
    ParameterGradient {
        /// The layer's name.
        layer: String,
        /// The parameter's name.
        parameter: String,
    },
}

impl fmt::Display for Quantity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Quantity::Input => out.write_str("the input"),
            Quantity::Parameter { layer, parameter } => {
                write!(out, "{}.{}", shown(layer), shown(parameter))
            }
            Quantity::Output { layer } => write!(out, "the output of {}", shown(layer)),
            Quantity::Loss => out.write_str("the loss"),
            Quantity::OutputGradient { layer } => write!(out, "∂L/∂output of {}", shown(layer)),
            Quantity::ParameterGradient { layer, parameter } => {
                write!(out, "∂L/∂{}.{}", shown(layer), shown(parameter))
            }
        }
    }
}

impl<F: Scalar> XRay<F> {
    /// The first array that contains a NaN or an infinity: in the forward pass from the input, each layer's
    /// parameters before its output, then the loss, then in the backward pass from the last layer.
    pub fn first_non_finite(&self) -> Option<NonFinite> {
        first(self)
    }

    fn first(&self) -> Option<NonFinite> {
        let forward = || {
            self.layers.iter().find_map(|layer| {
                let parameter = layer.parameters.iter().find_map(|parameter| {
                    found(&parameter.value, || Quantity::Parameter {
                        layer: layer.name.clone(),
                        parameter: parameter.name.clone(),
                    })
                });
                parameter.or_else(|| {
                    found(&layer.output, || Quantity::Output {
                        layer: layer.name.clone(),
                    })
                })
            })
        };
        let loss = || {
            (!self.loss.is_finite()).then_some(NonFinite {
                quantity: Quantity::Loss,
                count: 1,
                values: 1,
            })
        };
        let backward = || {
            self.layers.iter().rev().find_map(|layer| {
                let output = found(&layer.output_gradient, || Quantity::OutputGradient {
                    layer: layer.name.clone(),
                });
                output.or_else(|| {
                    layer.parameters.iter().find_map(|parameter| {
                        found(&parameter.gradient, || Quantity::ParameterGradient {
                            layer: layer.name.clone(),
                            parameter: parameter.name.clone(),
                        })
                    })
                })
            })
        };
        found(&self.input, || Quantity::Input)
            .or_else(forward)
            .or_else(loss)
            .or_else(backward)
    }
}

fn found<F: Scalar>(array: &ArrayD<F>, quantity: impl Fn() -> Quantity) -> Option<NonFinite> {
    let count = array.iter().filter(|v| !v.is_finite()).count();
    (count > 0).then(|| NonFinite {
        quantity: quantity(),
        count,
        values: array.len(),
    })
}

/// Where a NaN or an infinity first appears in a training step on this batch: the input, a
/// parameter, a layer's output, the loss, or a gradient. `None` if everything is finite.
///
/// For use with the batch and the model after a [`TrainError::NonFiniteStep`](dl_nn::TrainError). A failed `fit`
/// restores the last finite weights; [`DoctorCallback`](crate::doctor::DoctorCallback) checks before it does.
///
/// # Errors
/// Same as [`XRay::new`].
pub fn first_non_finite<'a, F: Scalar, D: Dimension>(
    model: &Model<F>,
    loss: &dyn Loss<F>,
    x: &ArrayRef<F, D>,
    targets: impl IntoTarget<'a, F>,
) -> Result<Option<NonFinite>, DataError> {
    find_in_step(model, loss, x.view().into_dyn(), targets.into_target()?)
}

instantiate! {
    fn first<F: Scalar>(xray: &XRay<F>) -> Option<NonFinite> {
        xray.first()
    }

    fn find_in_step<F: Scalar>(
        model: &Model<F>,
        loss: &dyn Loss<F>,
        x: ArrayViewD<'_, F>,
        targets: Target<'_, F>,
    ) -> Result<Option<NonFinite>, DataError> {
        let xray = XRay::from_step(model, loss, x, targets, Mode::Train { seed: 0 })?;
        Ok(xray.first())
    }
}
