//! Checks of targets: those the loss does not accept, missing or rare classes, values far from unit scale.

use dl_nn::losses::{Loss, check_targets};
use dl_nn::{Activation, Scalar, Target, TargetRow};

use super::{Check, Finding, Severity, Thresholds};
use crate::statistics::{Statistics, short};

pub(super) fn check<F: Scalar>(
    loss: &dyn Loss<F>,
    outputs: usize,
    targets: &Target<'_, F>,
    thresholds: &Thresholds,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(rejected(loss, outputs, targets));
    let counts = class_counts(loss, outputs, targets);
    findings.extend(missing(&counts));
    findings.extend(imbalance(&counts, thresholds));
    if let (Target::Values { 0: values, .. }, Activation::Identity) = (targets, loss.inverse_link())
    {
        findings.extend(scale(&Statistics::new(values.iter()), thresholds));
    }
    findings
}

/// All targets that the loss does not accept, in one finding.
fn rejected<F: Scalar>(
    loss: &dyn Loss<F>,
    outputs: usize,
    targets: &Target<'_, F>,
) -> Option<Finding> {
    let first = check_targets(loss, outputs, targets).err()?;
    let rejected = (0..targets.len()).filter(|&i| !loss.accepts(outputs, targets.row(i)));
    let rejected = rejected.count();
    let classes = targets.classes();
    let classes = classes.filter(|_| loss.accepts(outputs, TargetRow::Class(0)));
    let largest = classes.and_then(|classes| classes.iter().max().copied());
    let advice = match largest {
        Some(largest) => format!(
            "count classes from 0 (subtract 1 if they start at 1); or, if class {largest} is \
             intended, give the last layer {} outputs instead of {outputs}, for a loss with a softmax",
            largest.saturating_add(1)
        ),
        None => {
            "compare the targets with what the loss accepts: their width, their range, NaN where \
                 a value is missing"
                .to_owned()
        }
    };
    Some(Finding {
        check: Check::Targets,
        severity: Severity::Error,
        subject: "targets".to_owned(),
        number: rejected as f64,
        threshold: 0.0,
        message: format!(
            "{rejected} of {} are rejected by the loss, but none should be; the first: {first}",
            targets.len()
        ),
        advice,
        at: None,
    })
}

/// Samples of each class: their number, or the sum of the target probabilities. Empty if there are no classes.
fn class_counts<F: Scalar>(
    loss: &dyn Loss<F>,
    outputs: usize,
    targets: &Target<'_, F>,
) -> Vec<f64> {
    match targets {
        Target::Classes(_) if loss.inverse_link() == Activation::Identity => Vec::new(),
        Target::Classes(classes) => {
            let mut counts = vec![0.0; outputs.max(2)];
            for &class in classes {
                if let Some(count) = counts.get_mut(class) {
                    *count += 1.0;
                }
            }
            counts
        }
        Target::Values { 0: values, .. } if loss.inverse_link() == Activation::Softmax => {
            let columns = values.columns().into_iter();
            columns
                .map(|column| column.iter().map(|v| v.as_f64()).sum())
                .collect()
        }
        Target::Values { .. } => Vec::new(),
    }
}

/// Maximum number of classes named in one finding.
const MAX_NAMED: usize = 5;

/// All classes without samples, in one finding.
fn missing(counts: &[f64]) -> Option<Finding> {
    let missing = counts
        .iter()
        .enumerate()
        .filter(|&(_, &count)| count == 0.0);
    let missing: Vec<String> = missing.map(|(class, _)| class.to_string()).collect();
    let named = missing[..missing.len().min(MAX_NAMED)].join(", ");
    let subject = match missing.len() {
        0 => return None,
        1 => format!("class {named}"),
        2..=MAX_NAMED => format!("classes {named}"),
        all => format!("classes {named} and {} more", all - MAX_NAMED),
    };
    Some(Finding {
        check: Check::MissingClass,
        severity: Severity::Warning,
        subject,
        number: missing.len() as f64,
        threshold: 0.0,
        message: format!(
            "no samples for {} of the {} classes that the network has outputs for, but each should \
             have some",
            missing.len(),
            counts.len()
        ),
        advice:
            "check whether sorted data was split without shuffling (shuffle or stratify it), or a \
                 filter dropped the class; or give the last layer fewer outputs"
                .to_owned(),
        at: None,
    })
}

fn imbalance(counts: &[f64], thresholds: &Thresholds) -> Option<Finding> {
    let present = || {
        counts
            .iter()
            .copied()
            .enumerate()
            .filter(|&(_, count)| count > 0.0)
    };
    let by_count = |a: &(usize, f64), b: &(usize, f64)| a.1.total_cmp(&b.1);
    let (rarest, few) = present().min_by(by_count)?;
    let (commonest, many) = present().max_by(by_count)?;
    let ratio = many / few;
    let all: f64 = counts.iter().sum();
    (ratio > thresholds.class_imbalance).then(|| Finding {
        check: Check::ClassImbalance,
        severity: Severity::Note,
        subject: format!("class {rarest}"),
        number: ratio,
        threshold: thresholds.class_imbalance,
        message: format!(
            "class {commonest} has {} times as many samples ({} and {}); the threshold is {}",
            short(ratio),
            short(many),
            short(few),
            short(thresholds.class_imbalance)
        ),
        advice: format!(
            "weight the classes (`Fit::class_weights`), and judge by recall and precision of each \
             class: always predicting the largest class has an accuracy of {}",
            short(many / all)
        ),
        at: None,
    })
}

fn scale(s: &Statistics, thresholds: &Thresholds) -> Option<Finding> {
    let number = s.mean.abs().max(s.std);
    (number > thresholds.max_scale).then(|| Finding {
        check: Check::TargetScale,
        severity: Severity::Warning,
        subject: "targets".to_owned(),
        number,
        threshold: thresholds.max_scale,
        message: format!(
            "mean {}, standard deviation {}: the larger of the two should be at most {}",
            short(s.mean),
            short(s.std),
            short(thresholds.max_scale)
        ),
        advice: "standardise the target values with the training set's mean and standard \
                 deviation, and invert this for predictions; or set the last layer's bias to the mean"
            .to_owned(),
        at: None,
    })
}
