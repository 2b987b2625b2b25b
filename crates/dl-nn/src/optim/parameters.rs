//! A model as an optimiser sees it.

use dl_core::instantiate;
use ndarray::ArrayD;

use crate::model::Model;

/// A parameter as the optimiser sees it: flat slices of equal length.
#[derive(Debug)]
pub struct Parameter<'a, F> {
    /// The dotted name: `dense_1.kernel`.
    pub name: &'a str,
    /// The weights.
    pub value: &'a mut [F],
    /// The gradient of the loss.
    pub grad: &'a [F],
    /// Whether penalties and weight decay apply, as [`Param`](crate::Param) says.
    pub decay: bool,
    /// Factor on the learning rate, as [`Model::layer_rate`] sets it: 1 unless another is.
    pub rate: f64,
}

impl<'a, F> Parameter<'a, F> {
    /// One that is not decayed, at the learning rate itself.
    pub fn new(name: &'a str, value: &'a mut [F], grad: &'a [F]) -> Self {
        Self {
            name,
            value,
            grad,
            decay: false,
            rate: 1.0,
        }
    }
}

instantiate! {
    /// Every parameter of the model that is not [frozen](Model::freeze) with its gradient, as
    /// [`Workspace::grads`](crate::Workspace::grads) gives them: what
    /// [`Optimizer::step`](super::Optimizer::step) takes, for training loops of one's own.
    ///
    /// # Panics
    /// Where the gradients are those of another model.
    pub fn parameters<'a, F: Scalar>(
        model: &'a mut Model<F>,
        grads: &'a [Vec<ArrayD<F>>],
    ) -> Vec<Parameter<'a, F>> {
        let grads = grads.iter().flatten();
        model
            .named_params_mut()
            .zip(grads)
            .filter_map(|((name, param, training), grad)| {
                let value = param.value.into_slice();
                Some(Parameter {
                    name,
                    value: value.expect("parameters are in standard layout"),
                    grad: grad.as_slice().expect("gradients are in standard layout"),
                    decay: param.decay,
                    rate: training.rate()?,
                })
            })
            .collect()
    }
}
