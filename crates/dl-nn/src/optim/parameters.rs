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
}

instantiate! {
    /// Every parameter of the model with its gradient, as
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
            .map(|((name, param), grad)| Parameter {
                name,
                value: param
                    .value
                    .into_slice()
                    .expect("parameters are in standard layout"),
                grad: grad.as_slice().expect("gradients are in standard layout"),
                decay: param.decay,
            })
            .collect()
    }
}
