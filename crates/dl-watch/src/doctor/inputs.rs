//! Checks of inputs: NaN, scale, constant columns.

use dl_nn::Scalar;
use ndarray::{ArrayViewD, Axis, Ix2};

use super::{Check, Finding, Severity, Thresholds};
use crate::statistics::{Statistics, short};

const STANDARDISE: &str = "standardise each column with the training set's mean and standard deviation (zero \
                           mean, unit standard deviation), and validation and test data with the same values";

pub(super) fn check<F: Scalar>(x: &ArrayViewD<'_, F>, thresholds: &Thresholds) -> Vec<Finding> {
    let mut findings: Vec<Finding> = non_finite(x).into_iter().collect();
    match x.view().into_dimensionality::<Ix2>() {
        Ok(table) => {
            // contiguous columns, since each is iterated over several times
            let columns = table.t();
            let columns = columns.as_standard_layout();
            let columns = columns
                .rows()
                .into_iter()
                .map(|c| Statistics::new(c.iter()));
            let columns: Vec<Statistics> = columns.collect();
            findings.extend(columns_to_scale(&columns, thresholds));
            findings.extend(constant_columns(&columns));
        }
        Err(_) => findings.extend(images(&Statistics::new(x.iter()), thresholds)),
    }
    findings
}

fn non_finite<F: Scalar>(x: &ArrayViewD<'_, F>) -> Option<Finding> {
    let first = x.iter().position(|v| !v.is_finite())?;
    let count = x.iter().filter(|v| !v.is_finite()).count();
    let size = x.len() / x.len_of(Axis(0));
    Some(Finding {
        check: Check::NonFiniteInput,
        severity: Severity::Error,
        subject: "inputs".to_owned(),
        number: count as f64,
        threshold: 0.0,
        message: format!(
            "{count} values are NaN or infinite, but none should be; the first is in sample {}, \
             position {}",
            first / size,
            first % size
        ),
        advice: "find out how the source marks missing values; drop those samples, or impute \
                 the column's mean and add an indicator column"
            .to_owned(),
        at: None,
    })
}

/// Columns whose mean or standard deviation is too large, or whose standard deviation is too small: the worst, and
/// the number of others.
fn columns_to_scale(columns: &[Statistics], thresholds: &Thresholds) -> Option<Finding> {
    let extent = |s: &Statistics| s.mean.abs().max(s.std);
    let varied = columns.iter().enumerate();
    let varied = || {
        varied
            .clone()
            .filter(|(_, s)| !is_constant(s) && !s.std.is_nan())
    };
    let large = varied()
        .filter(|(_, s)| extent(s) > thresholds.max_scale)
        .count();
    let small = varied()
        .filter(|(_, s)| s.std < thresholds.min_scale)
        .count();
    if large + small == 0 {
        return None;
    }
    let (worst, s) = match large {
        0 => varied().min_by(|a, b| a.1.std.total_cmp(&b.1.std))?,
        _ => varied().max_by(|a, b| extent(a.1).total_cmp(&extent(b.1)))?,
    };
    let (number, threshold, bound) = match large {
        0 => (s.std, thresholds.min_scale, "the latter should be at least"),
        _ => (
            extent(s),
            thresholds.max_scale,
            "the larger of the two should be at most",
        ),
    };
    let others = match large + small - 1 {
        0 => String::new(),
        more => format!("; {more} more columns are out of range"),
    };
    Some(Finding {
        check: Check::InputScale,
        severity: Severity::Warning,
        subject: format!("input column {worst}"),
        number,
        threshold,
        message: format!(
            "mean {}, standard deviation {}: {bound} {}{others}",
            short(s.mean),
            short(s.std),
            short(threshold)
        ),
        advice: STANDARDISE.to_owned(),
        at: None,
    })
}

/// Up to rounding.
fn is_constant(s: &Statistics) -> bool {
    s.std <= 1e-6 * s.mean.abs()
}

fn constant_columns(columns: &[Statistics]) -> Option<Finding> {
    let constant = || columns.iter().enumerate().filter(|(_, s)| is_constant(s));
    let (first, s) = constant().next()?;
    let count = constant().count();
    let others = match count - 1 {
        0 => String::new(),
        more => format!("; {more} more of {} columns are constant", columns.len()),
    };
    Some(Finding {
        check: Check::ConstantInput,
        severity: Severity::Note,
        subject: format!("input column {first}"),
        number: count as f64,
        threshold: 0.0,
        message: format!(
            "is {} for every sample, so it carries no information{others}",
            short(s.mean)
        ),
        advice: "drop the column, or find out why it was not filled; for pixels at the border of centred \
                 images this is normal"
            .to_owned(),
        at: None,
    })
}

/// Images and sequences, all their values together: pixels share a unit.
fn images(s: &Statistics, thresholds: &Thresholds) -> Option<Finding> {
    let extent = s.mean.abs().max(s.std);
    let (number, threshold, bound) = if extent > thresholds.max_scale {
        (
            extent,
            thresholds.max_scale,
            "the larger of the two should be at most",
        )
    } else if s.std < thresholds.min_scale {
        (s.std, thresholds.min_scale, "the latter should be at least")
    } else {
        return None;
    };
    Some(Finding {
        check: Check::InputScale,
        severity: Severity::Warning,
        subject: "inputs".to_owned(),
        number,
        threshold,
        message: format!(
            "values from {} to {}, mean {}, standard deviation {}: {bound} {}",
            short(s.min),
            short(s.max),
            short(s.mean),
            short(s.std),
            short(threshold)
        ),
        advice: "divide pixels by 255, so that they range from 0 to 1, or subtract their mean and \
                 divide by their standard deviation; do the same for validation and test data"
            .to_owned(),
        at: None,
    })
}
