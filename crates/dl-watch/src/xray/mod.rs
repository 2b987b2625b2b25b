//! The X-ray: every input, output and gradient of one step, as data, as a table and as a figure.

mod diagram;
mod figure;
mod maps;
mod non_finite;
mod run;
mod table;

pub use non_finite::{NonFinite, Quantity, first_non_finite};

use dl_core::instantiate;
use dl_nn::losses::{Loss, check_targets, mean_loss};
use dl_nn::{Activation, DataError, IntoTarget, Mode, Model, Scalar, Target};
use ndarray::{Array1, Array2, ArrayD, ArrayRef, ArrayViewD, Axis, Dimension};
use serde::{Deserialize, Serialize};

use run::Run;

/// Everything that one step of training computes, before the update: plain data that serde writes and reads (JSON
/// cannot represent NaN and infinity: an X-ray that contains one cannot be read back).
///
/// [`Display`](std::fmt::Display) shows it as a table, [`figure`](Self::figure) draws it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct XRay<F> {
    /// The loss's name.
    pub loss_name: String,
    /// L: the mean loss of the batch.
    pub loss: f64,
    /// The samples `[n, …]`, the input of the first layer.
    pub input: ArrayD<F>,
    /// ∂L/∂input, which training does not compute; it shows which inputs the loss depends on.
    pub input_gradient: ArrayD<F>,
    /// The targets.
    pub targets: Targets<F>,
    /// The outputs as predictions: after softmax or sigmoid, if the loss contains one.
    pub predictions: ArrayD<F>,
    /// The layers, in order. The input of a layer is the output of the previous one.
    pub layers: Vec<LayerXRay<F>>,
}

/// One layer of an [`XRay`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerXRay<F> {
    /// The layer's name in the model.
    pub name: String,
    /// Its kind: `dense`.
    pub kind: String,
    /// The activation it applies last; `None` if there is none.
    pub activation: Option<Activation>,
    /// Its output `[n, …]`.
    pub output: ArrayD<F>,
    /// ∂L/∂output.
    pub output_gradient: ArrayD<F>,
    /// Its parameters, in the layer's order, with those of the layers inside it.
    pub parameters: Vec<ParameterXRay<F>>,
    /// The layers inside it, branch by branch, under names such as `branch.dense_1`. The input of a branch's first layer
    /// is that of this layer.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub inside: Vec<LayerXRay<F>>,
}

/// One parameter of a layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParameterXRay<F> {
    /// Its name within the layer: `kernel`.
    pub name: String,
    /// Whether weight decay applies to it: a kernel, not a bias.
    pub decay: bool,
    /// Its value.
    pub value: ArrayD<F>,
    /// ∂L/∂value.
    pub gradient: ArrayD<F>,
}

/// The targets of a batch, owned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Targets<F> {
    /// One class index per sample.
    Classes(Array1<usize>),
    /// One row of values per sample.
    Values(Array2<F>),
}

impl<F: Scalar> Targets<F> {
    /// A view of the targets for dl-nn.
    pub fn view(&self) -> Target<'_, F> {
        match self {
            Targets::Classes(classes) => Target::Classes(classes.into()),
            Targets::Values(values) => Target::from_values(values.view()),
        }
    }

    /// The targets of these samples, in this order.
    pub(crate) fn from_rows(targets: &Target<'_, F>, rows: &[usize]) -> Self {
        match targets {
            Target::Classes(classes) => Targets::Classes(classes.select(Axis(0), rows)),
            Target::Values { 0: values, .. } => Targets::Values(values.select(Axis(0), rows)),
        }
    }
}

impl<F: Scalar> From<&Target<'_, F>> for Targets<F> {
    fn from(targets: &Target<'_, F>) -> Self {
        match targets {
            Target::Classes(classes) => Targets::Classes(classes.to_owned()),
            Target::Values { 0: values, .. } => Targets::Values(values.to_owned()),
        }
    }
}

impl<F: Scalar> XRay<F> {
    /// Runs the forward and backward pass of a batch `[n, …input]`, layer by layer, and records everything. Neither
    /// parameters nor running statistics are changed.
    ///
    /// The gradients are those of [`Trainer::step`](dl_nn::train::Trainer::step): bit-identical if the trainer
    /// processes the batch as one block, and equal up to rounding if it sums several. With the trainer's
    /// [`next_mode`](dl_nn::train::Trainer::next_mode), dropout drops what it drops in the trainer's next step, if that
    /// processes the batch as one block.
    ///
    /// Inputs may be NaN or infinite, so that an X-ray can show how such values propagate.
    ///
    /// # Errors
    /// [`DataError`]: no samples, samples whose shape is not the model's, or targets that do not match the samples
    /// or the loss.
    pub fn new<'a, D: Dimension>(
        model: &Model<F>,
        loss: &dyn Loss<F>,
        x: &ArrayRef<F, D>,
        targets: impl IntoTarget<'a, F>,
        mode: Mode,
    ) -> Result<Self, DataError> {
        new(
            model,
            loss,
            x.view().into_dyn(),
            targets.into_target()?,
            mode,
        )
    }

    fn from_step(
        model: &Model<F>,
        loss: &dyn Loss<F>,
        x: ArrayViewD<'_, F>,
        targets: Target<'_, F>,
        mode: Mode,
    ) -> Result<Self, DataError> {
        let input = x.as_standard_layout().into_owned();
        check(model, loss, &input, &targets)?;
        let n = input.len_of(Axis(0));
        let run = Run::forward(model.layers(), &input, mode);
        let output = run.output(&input);
        let mut delta = ArrayD::zeros(output.raw_dim());
        let loss_value = mean_loss(
            loss,
            output.as_slice().expect("in standard layout"),
            &targets,
            0..n,
            None,
            delta.as_slice_mut().expect("in standard layout"),
        );
        let predictions = predicted(loss, output);
        let (records, input_gradient) = run.backward("", &input, delta);
        Ok(Self {
            loss_name: loss.name().to_owned(),
            loss: loss_value,
            input,
            input_gradient,
            targets: (&targets).into(),
            predictions,
            layers: records,
        })
    }

    /// The input of layer `index`, and ∂L/∂input; `None` if there is no such layer.
    pub fn layer_input(&self, index: usize) -> Option<(&ArrayD<F>, &ArrayD<F>)> {
        let up_to = self.layers.get(..=index)?;
        Some(match up_to.iter().nth_back(1) {
            Some(before) => (&before.output, &before.output_gradient),
            None => (&self.input, &self.input_gradient),
        })
    }

    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.input.len_of(Axis(0))
    }
}

impl<F: Scalar> LayerXRay<F> {
    /// Its name with its activation: `dense_1, relu`.
    fn title(&self) -> String {
        match self.activation {
            None | Some(Activation::Identity) => self.name.clone(),
            Some(activation) => format!("{}, {activation}", self.name),
        }
    }
}

instantiate! {
    fn new<F: Scalar>(
        model: &Model<F>,
        loss: &dyn Loss<F>,
        x: ArrayViewD<'_, F>,
        targets: Target<'_, F>,
        mode: Mode,
    ) -> Result<XRay<F>, DataError> {
        XRay::from_step(model, loss, x, targets, mode)
    }
}

/// Checks everything except whether the inputs are finite.
fn check<F: Scalar>(
    model: &Model<F>,
    loss: &dyn Loss<F>,
    x: &ArrayD<F>,
    targets: &Target<'_, F>,
) -> Result<(), DataError> {
    check_shapes(model, x.shape(), targets)?;
    let outputs = model.output_shape().iter().product();
    check_targets(loss, outputs, targets)
}

/// Checks that there are samples of the model's input shape, and one target per sample.
pub(crate) fn check_shapes<F: Scalar>(
    model: &Model<F>,
    shape: &[usize],
    targets: &Target<'_, F>,
) -> Result<(), DataError> {
    let sample = shape.get(1..).unwrap_or(&[]);
    if shape.is_empty() || sample != model.input_shape() {
        return Err(DataError::SampleShape {
            got: sample.to_vec(),
            expected: model.input_shape().to_vec(),
        });
    }
    if shape[0] == 0 {
        return Err(DataError::Empty);
    }
    if shape[0] != targets.len() {
        return Err(DataError::Count {
            samples: shape[0],
            targets: targets.len(),
            what: "targets",
        });
    }
    Ok(())
}

/// The outputs after the activation that the loss contains.
fn predicted<F: Scalar>(loss: &dyn Loss<F>, output: &ArrayD<F>) -> ArrayD<F> {
    let mut predictions = output.clone();
    let width = predictions.shape().last().copied().unwrap_or(1);
    let values = predictions.as_slice_mut().expect("in standard layout");
    loss.inverse_link().forward(values, width);
    predictions
}
