//! Checks of the loss: before training, and from epoch to epoch.

use dl_nn::losses::{Loss, mean_loss};
use dl_nn::{Activation, Scalar, Target, TargetRow};

use super::{Check, Finding, Severity, Thresholds};
use crate::statistics::short;

/// The loss of all-zero outputs, as of a network that has learnt nothing. For a softmax over C classes it is ln C,
/// for a sigmoid ln 2, for the squared error the mean square of the targets.
pub(super) fn zero_output_loss<F: Scalar>(
    loss: &dyn Loss<F>,
    outputs: usize,
    targets: &Target<'_, F>,
) -> f64 {
    let zeros = vec![F::zero(); outputs * targets.len()];
    let mut delta = zeros.clone();
    mean_loss(loss, &zeros, targets, 0..targets.len(), None, &mut delta)
}

/// The loss of a network that only predicts the targets' mean, or the class frequencies.
pub(super) fn mean_output_loss<F: Scalar>(
    loss: &dyn Loss<F>,
    outputs: usize,
    targets: &Target<'_, F>,
) -> f64 {
    let n = targets.len();
    let mut mean = vec![0.0; outputs];
    for i in 0..n {
        match targets.row(i) {
            // one output: the probability of class 1
            TargetRow::Class(class) if outputs == 1 => mean[0] += class as f64 / n as f64,
            TargetRow::Class(class) => {
                let count = mean.get_mut(class).into_iter();
                count.for_each(|fraction| *fraction += 1.0 / n as f64);
            }
            TargetRow::Values(values) if values.len() == outputs => {
                let values = mean.iter_mut().zip(values);
                values.for_each(|(mean, v)| *mean += v.as_f64() / n as f64);
            }
            // outputs other than the targets' mean, such as a variance
            TargetRow::Values(_) => return zero_output_loss(loss, outputs, targets),
        }
    }
    // a class without samples has a tiny probability, not 0
    let some = |p: f64| p.clamp(1e-9, 1.0 - 1e-9);
    let output = mean.into_iter().map(|mean| match loss.inverse_link() {
        Activation::Softmax => some(mean).ln(),
        Activation::Sigmoid => (some(mean) / (1.0 - some(mean))).ln(),
        _ => mean,
    });
    let output: Vec<F> = output.map(F::cast).collect();
    let outputs = output.repeat(n);
    let mut delta = outputs.clone();
    mean_loss(loss, &outputs, targets, 0..n, None, &mut delta)
}

/// The loss before training, for losses that contain a softmax or a sigmoid.
pub(super) fn initial<F: Scalar>(
    loss: &dyn Loss<F>,
    outputs: usize,
    initial: f64,
    zero: f64,
    thresholds: &Thresholds,
) -> Option<Finding> {
    let formula = match loss.inverse_link() {
        Activation::Identity => return None,
        Activation::Sigmoid => "ln 2".to_owned(),
        _ => format!("ln {outputs}"),
    };
    let max = zero + thresholds.initial_excess;
    let min = zero * thresholds.initial_fraction;
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
        "the loss before training is {}; that of zero outputs is {} ({formula} for hard \
         labels)",
        short(initial),
        short(zero)
    );
    if initial > max {
        return Some(finding(
            Severity::Warning,
            max,
            format!("{compared}; at most {} is healthy", short(max)),
            "scale the inputs, and use smaller initial weights, especially in the last layer \
             (Glorot or He initialisers, which depend on the layer's width)",
        ));
    }
    (initial < min).then(|| {
        finding(
            Severity::Note,
            min,
            format!(
                "{compared}; below {} the network already knows something",
                short(min)
            ),
            "expected for a pretrained network; otherwise check whether the label leaks into the \
             inputs",
        )
    })
}

/// Checks that the epochs' losses fall in time and do not rise. `constant` is the loss of a network that only
/// predicts the targets' mean.
pub(super) fn trend(
    epochs: &[f64],
    steps: usize,
    constant: f64,
    thresholds: &Thresholds,
) -> Option<Finding> {
    let (&first, &last) = (epochs.first()?, epochs.last()?);
    let lowest = epochs.iter().copied().fold(f64::INFINITY, f64::min);
    // a loss that can be negative (that of a density) has no such bounds
    if constant <= 0.0 {
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
    let max = (thresholds.rising * first).max(constant);
    if last > max {
        return Some(finding(
            Check::LossRising,
            last,
            max,
            format!(
                "{} in this epoch, {} in the first; at most {} is healthy",
                short(last),
                short(first),
                short(max)
            ),
            "lower the learning rate by a factor of 3 to 10, or clip the gradient's norm \
             (`Optimizer::clip_norm`)",
        ));
    }
    let min = thresholds.not_falling * constant;
    let patient = epochs.len() >= thresholds.patience && steps >= thresholds.patience_steps;
    (patient && lowest > min).then(|| {
        finding(
            Check::LossNotFalling,
            lowest,
            min,
            format!(
                "{} at best after {} epochs ({steps} steps); a network that only predicts the targets' \
                 mean has {}, and the loss should be below {}",
                short(lowest),
                epochs.len(),
                short(constant),
                short(min)
            ),
            "first overfit a single batch (`Doctor::examine`); then try learning rates a factor \
             of 3 apart, up and down, and check whether inputs and labels still match",
        )
    })
}
