//! Checks of the layers in the X-ray of one step: saturated and dead units, vanishing or exploding gradients, the
//! first NaN.

use dl_nn::{Activation, Scalar};
use ndarray::Axis;

use super::{Check, Finding, Severity, Thresholds};
use crate::statistics::{norm, short};
use crate::xray::{LayerXRay, Quantity, XRay};

pub(super) fn check<F: Scalar>(xray: &XRay<F>, thresholds: &Thresholds) -> Vec<Finding> {
    if let Some(finding) = non_finite(xray) {
        return vec![finding];
    }
    let mut findings = Vec::new();
    // the last layer's units should be saturated once trained
    let hidden = &xray.layers[..xray.layers.len() - 1];
    findings.extend(
        hidden
            .iter()
            .filter_map(|layer| saturated(layer, thresholds)),
    );
    findings.extend(
        xray.layers
            .iter()
            .filter_map(|layer| dead(layer, thresholds)),
    );
    findings.extend(gradients(xray, thresholds));
    findings
}

/// Where a NaN or an infinity first appears.
pub(super) fn non_finite<F: Scalar>(xray: &XRay<F>) -> Option<Finding> {
    let found = xray.first_non_finite()?;
    let advice = match &found.quantity {
        Quantity::Input => "clean the inputs: a NaN propagates through every layer",
        Quantity::Parameter { .. } => {
            "an earlier update was too large: lower the learning rate, clip the gradient's norm \
             (`Optimizer::clip_norm`), and scale inputs and targets"
        }
        Quantity::Output { .. } => {
            "the values before it are finite, so this layer's values overflow: scale the inputs, \
             use smaller initial weights, lower the learning rate; in a custom layer, look \
             for a division by 0, a logarithm or a root"
        }
        Quantity::Loss => {
            "use a loss on logits instead of a logarithm of probabilities, and look at the \
             targets' range"
        }
        Quantity::OutputGradient { .. } | Quantity::ParameterGradient { .. } => {
            "the forward pass is finite: check this layer's backward pass (`dl_nn::gradient_check`), \
             and reduce the scale of inputs, targets and weights"
        }
    };
    Some(Finding {
        check: Check::NonFinite,
        severity: Severity::Error,
        subject: found.quantity.to_string(),
        number: found.count as f64,
        threshold: 0.0,
        message: format!(
            "{} of {} values are NaN or infinite; everything computed before is finite",
            found.count, found.values
        ),
        advice: advice.to_owned(),
        at: None,
    })
}

/// Tanh or sigmoid units whose slope, and therefore gradient, is nearly 0.
pub(super) fn saturated<F: Scalar>(
    layer: &LayerXRay<F>,
    thresholds: &Thresholds,
) -> Option<Finding> {
    // the slope relative to its maximum, computed from the output
    let slope: fn(f64) -> f64 = match layer.activation? {
        Activation::Tanh => |y| 1.0 - y * y,
        Activation::Sigmoid => |y| 4.0 * y * (1.0 - y),
        _ => return None,
    };
    let flat = layer.output.iter().map(|y| slope(y.as_f64()));
    let flat = flat
        .filter(|&slope| slope < thresholds.saturated_slope)
        .count();
    let fraction = flat as f64 / layer.output.len() as f64;
    (fraction > thresholds.saturated_fraction).then(|| Finding {
        check: Check::Saturation,
        severity: Severity::Warning,
        subject: layer.name.clone(),
        number: fraction,
        threshold: thresholds.saturated_fraction,
        message: format!(
            "{} of its {} outputs are saturated, with almost zero slope; at most {} is healthy",
            short(fraction),
            layer.activation.unwrap_or_default(),
            short(thresholds.saturated_fraction)
        ),
        advice: "scale the inputs, use smaller initial weights (Glorot), lower the learning rate, \
                 normalise before the activation (`BatchNorm`), or use ReLU"
            .to_owned(),
        at: None,
    })
}

/// Units of a ReLU layer, or channels of its feature maps, that are 0 everywhere.
fn dead<F: Scalar>(layer: &LayerXRay<F>, thresholds: &Thresholds) -> Option<Finding> {
    if layer.activation != Some(Activation::Relu) {
        return None;
    }
    let units = layer.output.shape().last().copied()?;
    let unit = |i| layer.output.index_axis(Axis(layer.output.ndim() - 1), i);
    let dead = (0..units)
        .filter(|&i| unit(i).iter().all(|&y| y == F::zero()))
        .count();
    let fraction = dead as f64 / units as f64;
    (fraction > thresholds.dead_fraction).then(|| Finding {
        check: Check::DeadRelu,
        severity: Severity::Warning,
        subject: layer.name.clone(),
        number: fraction,
        threshold: thresholds.dead_fraction,
        message: format!(
            "{dead} of {units} ReLU units ({}) are 0 for all of {} samples, and so is their \
             gradient; a fraction of up to {} is healthy",
            short(fraction),
            layer.output.len_of(Axis(0)),
            short(thresholds.dead_fraction)
        ),
        advice: "lower the learning rate, start with biases of 0 or slightly above and He's \
                 initialiser, centre the inputs, or use `LeakyRelu` or `Elu`"
            .to_owned(),
        at: None,
    })
}

/// Norms of ∂L/∂output of all layers with a kernel, relative to the last one. (Not of the kernels' own gradients
/// xᵀδ, which stay the same if x grows from layer to layer as δ does in the backward pass.)
fn gradients<F: Scalar>(xray: &XRay<F>, thresholds: &Thresholds) -> Option<Finding> {
    let kernels = xray.layers.iter().filter(|layer| {
        let mut parameters = layer.parameters.iter();
        parameters.any(|parameter| parameter.decay)
    });
    let norms: Vec<(&str, f64)> = kernels
        .map(|layer| (layer.name.as_str(), norm(layer.output_gradient.iter())))
        .collect();
    let (&(last, reference), before) = norms.split_last()?;
    if reference == 0.0 {
        return None;
    }
    let ratios = || before.iter().map(|&(name, norm)| (name, norm / reference));
    let by_ratio = |a: &(&str, f64), b: &(&str, f64)| a.1.total_cmp(&b.1);
    let (faintest, min) = ratios().min_by(by_ratio)?;
    let (loudest, max) = ratios().max_by(by_ratio)?;
    let (check, subject, number, threshold, bound, advice) = if min < thresholds.vanishing {
        (
            Check::VanishingGradient,
            faintest,
            min,
            thresholds.vanishing,
            "at least",
            "use ReLU instead of sigmoid or tanh, He's or Glorot's initialiser, `BatchNorm` or \
             `LayerNorm` between the layers, or fewer layers (Glorot, Bengio 2010; He, Zhang, Ren, \
             Sun 2015); if units are dead or saturated, begin with those",
        )
    } else if max > thresholds.exploding {
        (
            Check::ExplodingGradient,
            loudest,
            max,
            thresholds.exploding,
            "at most",
            "use smaller initial weights (He's initialiser with ReLU, Glorot's otherwise), scale \
             the inputs, normalise between the layers, and clip the gradient's norm \
             (`Optimizer::clip_norm`)",
        )
    } else {
        return None;
    };
    Some(Finding {
        check,
        severity: Severity::Warning,
        subject: subject.to_owned(),
        number,
        threshold,
        message: format!(
            "the gradient of its output has {} times the norm of that of {last} ({}); {bound} {} \
             is healthy",
            short(number),
            short(reference),
            short(threshold)
        ),
        advice: advice.to_owned(),
        at: None,
    })
}
