//! The loss: at the start, and from epoch to epoch.

use dl_nn::losses::{Loss, mean_loss};
use dl_nn::{Activation, Scalar, Target};

use super::{Check, Finding, Severity, Thresholds};
use crate::statistics::short;

/// The loss of outputs that are all zero: of a network that knows nothing. For a softmax over C
/// classes it is ln C, for a sigmoid ln 2, for the squared error the mean square of the targets.
pub(super) fn of_zero_outputs<F: Scalar>(
    loss: &dyn Loss<F>,
    outputs: usize,
    targets: &Target<'_, F>,
) -> f64 {
    let zeros = vec![F::zero(); outputs * targets.len()];
    let mut delta = zeros.clone();
    mean_loss(loss, &zeros, targets, 0..targets.len(), None, &mut delta)
}

/// The loss before training, for losses that contain a softmax or a sigmoid.
pub(super) fn initial<F: Scalar>(
    loss: &dyn Loss<F>,
    outputs: usize,
    initial: f64,
    zero: f64,
    thresholds: &Thresholds,
) -> Option<Finding> {
    let formula = match loss.link() {
        Activation::Identity => return None,
        Activation::Sigmoid => "ln 2".to_owned(),
        _ => format!("ln {outputs}"),
    };
    let most = zero + thresholds.initial_excess;
    let least = zero * thresholds.initial_share;
    let finding = |severity, threshold, message, advice: &str| Finding {
        check: Check::InitialLoss,
        severity,
        subject: loss.name().to_owned(),
        number: initial,
        threshold,
        message,
        advice: advice.to_owned(),
        at: None,
    };
    let compared = format!(
        "the loss before training is {}; a network that knows nothing has {} ({formula} for hard \
         labels)",
        short(initial),
        short(zero)
    );
    if initial > most {
        return Some(finding(
            Severity::Warning,
            most,
            format!("{compared}, and at most {} is healthy", short(most)),
            "scale the inputs, and draw smaller initial weights, above all of the last layer \
             (Glorot or He initialisers, which follow the layer's width)",
        ));
    }
    (initial < least).then(|| {
        finding(
            Severity::Note,
            least,
            format!(
                "{compared}; below {} it knows something already",
                short(least)
            ),
            "right for a network that was trained before; otherwise look for the label among the \
             inputs",
        )
    })
}

/// The epochs' losses: whether they have fallen by the time they should, and have not risen.
pub(super) fn trend(epochs: &[f64], zero: f64, thresholds: &Thresholds) -> Option<Finding> {
    let (&first, &last) = (epochs.first()?, epochs.last()?);
    let lowest = epochs.iter().copied().fold(f64::INFINITY, f64::min);
    // a loss that can be negative (a density's) has no such bounds
    if zero <= 0.0 {
        return None;
    }
    let finding = |check, number, threshold, message, advice: &str| Finding {
        check,
        severity: Severity::Warning,
        subject: "loss".to_owned(),
        number,
        threshold,
        message,
        advice: advice.to_owned(),
        at: None,
    };
    let most = (thresholds.risen * first).max(zero);
    if last > most {
        return Some(finding(
            Check::LossRising,
            last,
            most,
            format!(
                "{} in this epoch, {} in the first; at most {} is healthy",
                short(last),
                short(first),
                short(most)
            ),
            "lower the learning rate by a factor of 3 to 10, or clip the gradient's norm \
             (`Optimizer::clip_norm`)",
        ));
    }
    let least = thresholds.fallen * zero;
    (epochs.len() == thresholds.patience && lowest > least).then(|| {
        finding(
            Check::LossNotFalling,
            lowest,
            least,
            format!(
                "{} at best after {} epochs; a network that knows nothing has {}, and below {} \
                 was to be expected",
                short(lowest),
                epochs.len(),
                short(zero),
                short(least)
            ),
            "first learn one batch by heart (`Doctor::examine`); then try learning rates a factor \
             of 3 apart, up and down, and look whether inputs and labels still belong together",
        )
    })
}
