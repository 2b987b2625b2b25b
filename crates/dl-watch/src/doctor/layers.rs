//! What the X-ray of one step shows of the layers: saturated and dead units, gradients that fade
//! or grow on their way back, the first NaN.

use dl_nn::{Activation, Scalar};
use ndarray::Axis;

use super::{Check, Finding, Severity, Thresholds};
use crate::statistics::{norm, short};
use crate::xray::{LayerXRay, Place, XRay};

pub(super) fn check<F: Scalar>(xray: &XRay<F>, thresholds: &Thresholds) -> Vec<Finding> {
    if let Some(finding) = non_finite(xray) {
        return vec![finding];
    }
    let mut findings = Vec::new();
    // the last layer's units are to be sure of themselves once trained
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
    let advice = match &found.place {
        Place::Input => "clean the inputs: a NaN goes through every layer",
        Place::Parameter { .. } => {
            "an earlier update was too large: lower the learning rate, clip the gradient's norm \
             (`Optimizer::clip_norm`), and scale inputs and targets"
        }
        Place::Output { .. } => {
            "the values before it are finite, so this layer's numbers overflow: scale the inputs, \
             draw smaller initial weights, lower the learning rate; in a layer of your own, look \
             for a division by 0, a logarithm or a root"
        }
        Place::Loss => {
            "take a loss on logits instead of a logarithm of probabilities, and look at the \
             targets' range"
        }
        Place::OutputGradient { .. } | Place::ParameterGradient { .. } => {
            "the way forward is finite: look at this layer's backward (`dl_nn::gradient_check`), \
             and lower the scale of inputs, targets and weights"
        }
    };
    Some(Finding {
        check: Check::NonFinite,
        severity: Severity::Error,
        subject: found.place.to_string(),
        number: found.count as f64,
        threshold: 0.0,
        message: format!(
            "{} of {} values are NaN or infinite, and everything computed before is finite",
            found.count, found.values
        ),
        advice: advice.to_owned(),
        at: None,
    })
}

/// Units of tanh or sigmoid whose slope, and so whose gradient, is nearly 0.
pub(super) fn saturated<F: Scalar>(
    layer: &LayerXRay<F>,
    thresholds: &Thresholds,
) -> Option<Finding> {
    // the slope against its greatest, from the output
    let slope: fn(f64) -> f64 = match layer.activation? {
        Activation::Tanh => |y| 1.0 - y * y,
        Activation::Sigmoid => |y| 4.0 * y * (1.0 - y),
        _ => return None,
    };
    let flat = layer.output.iter().map(|y| slope(y.as_f64()));
    let flat = flat
        .filter(|&slope| slope < thresholds.saturated_slope)
        .count();
    let share = flat as f64 / layer.output.len() as f64;
    (share > thresholds.saturated_share).then(|| Finding {
        check: Check::Saturation,
        severity: Severity::Warning,
        subject: layer.name.clone(),
        number: share,
        threshold: thresholds.saturated_share,
        message: format!(
            "{} of its {} outputs are saturated, with hardly any slope left; at most {} is healthy",
            short(share),
            layer.activation.unwrap_or_default(),
            short(thresholds.saturated_share)
        ),
        advice:
            "scale the inputs, draw smaller initial weights (Glorot), lower the learning rate, \
                 normalise before the activation (`BatchNorm`), or use ReLU"
                .to_owned(),
        at: None,
    })
}

/// Units of a ReLU layer, channels of its feature maps, that are 0 wherever one looks.
fn dead<F: Scalar>(layer: &LayerXRay<F>, thresholds: &Thresholds) -> Option<Finding> {
    if layer.activation != Some(Activation::Relu) {
        return None;
    }
    let units = layer.output.shape().last().copied()?;
    let unit = |i| layer.output.index_axis(Axis(layer.output.ndim() - 1), i);
    let dead = (0..units)
        .filter(|&i| unit(i).iter().all(|&y| y == F::zero()))
        .count();
    let share = dead as f64 / units as f64;
    (share > thresholds.dead_share).then(|| Finding {
        check: Check::DeadRelu,
        severity: Severity::Warning,
        subject: layer.name.clone(),
        number: share,
        threshold: thresholds.dead_share,
        message: format!(
            "{dead} of {units} ReLU units ({}) are 0 for all of {} samples, and so is their \
             gradient; a share up to {} is healthy",
            short(share),
            layer.output.len_of(Axis(0)),
            short(thresholds.dead_share)
        ),
        advice: "lower the learning rate, start with biases of 0 or slightly above and He's \
                 initialiser, centre the inputs, or use `LeakyRelu` or `Elu`"
            .to_owned(),
        at: None,
    })
}

/// Norms of ∂L/∂output of all layers with a kernel, against the last of them. (Not of the kernels'
/// own gradients xᵀδ: where x grows from layer to layer as δ does on its way back, they stay the
/// same.)
fn gradients<F: Scalar>(xray: &XRay<F>, thresholds: &Thresholds) -> Option<Finding> {
    let kernels = xray.layers.iter().filter(|layer| {
        let mut parameters = layer.parameters.iter();
        parameters.any(|parameter| parameter.value.ndim() >= 2)
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
    let (faintest, least) = ratios().min_by(by_ratio)?;
    let (loudest, most) = ratios().max_by(by_ratio)?;
    let (check, subject, number, threshold, bound, advice) = if least < thresholds.vanishing {
        (
            Check::VanishingGradient,
            faintest,
            least,
            thresholds.vanishing,
            "at least",
            "use ReLU instead of sigmoid or tanh, He's or Glorot's initialiser, `BatchNorm` or \
             `LayerNorm` between the layers, or fewer layers (Glorot, Bengio 2010; He, Zhang, Ren, \
             Sun 2015); where units are dead or saturated, begin with those",
        )
    } else if most > thresholds.exploding {
        (
            Check::ExplodingGradient,
            loudest,
            most,
            thresholds.exploding,
            "at most",
            "draw smaller initial weights (He's initialiser with ReLU, Glorot's otherwise), scale \
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
