//! Panels for scores: how they are distributed, ROC and precision–recall curves, calibration.

use dl_nn::metrics::{CalibrationCurve, MetricError, PrecisionRecallCurve, RocCurve};
use dl_viz::style::{BLUE, Color, GRAY, RED};
use dl_viz::{Band, Legend, Line, Panel, Scatter};

use crate::scores::Scores;

/// A task with its colour and its name in the legend.
pub type Named<'a> = (&'a str, Color, &'a Scores);

/// False alarms against recall as the threshold falls, with the point of the threshold ½.
///
/// # Errors
/// A task with samples of one class only.
pub fn roc(tasks: &[Named<'_>]) -> Result<Panel, MetricError> {
    let mut panel = unit_square("ROC curves")
        .x_label("False alarms: share of the negatives")
        .y_label("Recall: share of the positives")
        .legend(Legend::Above);
    for &(name, color, scores) in tasks {
        let curve = RocCurve::new(&scores.truth, &scores.probability)?;
        let label = format!("{name}, area {:.3}", curve.auc());
        let (x, y) = (&curve.false_positive_rate, &curve.true_positive_rate);
        let at = |i: usize| (x[i], y[i]);
        panel = panel.line(Line::new(x, y).color(color).label(label));
        panel = panel.scatter(point(at(last_yes(&curve.thresholds)), color));
    }
    let chance = Line::new([0.0, 1.0], [0.0, 1.0])
        .color(GRAY)
        .dashed()
        .width(1.4);
    Ok(panel.line(chance.label("by chance")))
}

/// Recall against precision as the threshold falls, with the point of the threshold ½; dashed, the
/// precision of guessing.
///
/// # Errors
/// A task without positives.
pub fn precision_recall(tasks: &[Named<'_>]) -> Result<Panel, MetricError> {
    let mut panel = unit_square("Precision–recall curves")
        .x_label("Recall: share of the positives")
        .y_label("Precision: share of the yes")
        .legend(Legend::Above);
    for &(name, color, scores) in tasks {
        let curve = PrecisionRecallCurve::new(&scores.truth, &scores.probability)?;
        let label = format!("{name}, average precision {:.3}", curve.average_precision());
        let (x, y) = (&curve.recall, &curve.precision);
        panel = panel.line(Line::new(x, y).color(color).label(label));
        let i = last_yes(&curve.thresholds);
        panel = panel.scatter(point((x[i], y[i]), color));
        let prevalence = scores.positives() as f64 / scores.len() as f64;
        let chance = Line::new([0.0, 1.0], [prevalence; 2]).color(color);
        panel = panel.line(chance.dashed().width(1.4));
    }
    Ok(panel)
}

/// How often samples of about a probability are positive, with 95 % intervals, beside the diagonal.
///
/// # Errors
/// As [`CalibrationCurve::new`].
pub fn calibration(
    title: &str,
    scores: &Scores,
    bins: usize,
    color: Color,
) -> Result<Panel, MetricError> {
    let curve = CalibrationCurve::new(&scores.truth, &scores.probability, bins)?;
    reliability(title, &curve, "Share that is positive", color)
}

/// A calibration curve with 95 % intervals, beside the diagonal.
///
/// # Errors
/// None for a curve of samples.
pub fn reliability(
    title: &str,
    curve: &CalibrationCurve,
    share: &str,
    color: Color,
) -> Result<Panel, MetricError> {
    let perfect = Line::new([0.0, 1.0], [0.0, 1.0])
        .color(GRAY)
        .dashed()
        .width(1.4);
    let mut panel = unit_square(title)
        .x_label("Predicted probability")
        .y_label(share)
        .legend(Legend::BottomRight)
        .line(perfect.label("calibrated"));
    for bin in &curve.bins {
        let interval = bin.positives.interval(0.95)?;
        let whisker = Line::new([bin.mean_probability; 2], [interval.lower, interval.upper]);
        panel = panel.line(whisker.color(color).width(1.6));
    }
    let x: Vec<f64> = curve.bins.iter().map(|bin| bin.mean_probability).collect();
    let y: Vec<f64> = curve.bins.iter().map(|bin| bin.positives.value).collect();
    let line = Line::new(&x, &y)
        .color(color)
        .label("measured, 95 % interval");
    Ok(panel.line(line).scatter(Scatter::new(&x, &y).color(color)))
}

/// Histograms of the logits of positives and negatives, each of area 1.
pub fn logits(positive: &str, negative: &str, scores: &Scores) -> Panel {
    const BIN: f64 = 0.5;
    let mut highest: f64 = 0.0;
    let mut panel = Panel::new("What the model says, as logits")
        .x_label("Logit: above 0, the model says yes")
        .y_label("Share of the class per unit of the logit");
    for (name, color, class) in [(negative, BLUE, false), (positive, RED, true)] {
        let logit = |p: f64| dl_math::special::logit(p.clamp(1e-30, 1.0 - 1e-12));
        let pairs = scores.truth.iter().zip(&scores.probability);
        let values: Vec<f64> = pairs
            .filter(|(t, _)| **t == class)
            .map(|(_, &p)| logit(p))
            .collect();
        let bin = |value: f64| (value / BIN).floor();
        let first = values.iter().map(|&v| bin(v)).fold(f64::INFINITY, f64::min);
        let last = values
            .iter()
            .map(|&v| bin(v))
            .fold(f64::NEG_INFINITY, f64::max);
        let mut heights = vec![0.0; (last - first) as usize + 1];
        for &value in &values {
            heights[(bin(value) - first) as usize] += 1.0 / (BIN * values.len() as f64);
        }
        highest = heights.iter().copied().fold(highest, f64::max);
        // each bin is two corners
        let edge = |i: usize| (first + i as f64) * BIN;
        let x: Vec<f64> = (0..heights.len())
            .flat_map(|i| [edge(i), edge(i + 1)])
            .collect();
        let y: Vec<f64> = heights.iter().flat_map(|&h| [h, h]).collect();
        panel = panel
            .band(Band::new(&x, vec![0.0; x.len()], &y).color(color))
            .line(Line::new(&x, &y).color(color).width(1.6).label(name));
    }
    // room for the rule's name above the hills
    panel
        .y_range(0.0, 1.15 * highest)
        .vertical_line(0.0, "threshold")
}

fn unit_square(title: &str) -> Panel {
    Panel::new(title).x_range(-0.02, 1.02).y_range(-0.02, 1.02)
}

fn point((x, y): (f64, f64), color: Color) -> Scatter {
    Scatter::new([x], [y]).color(color).radius(5.5)
}

/// The last of the falling thresholds that is above ½.
fn last_yes(thresholds: &ndarray::Array1<f64>) -> usize {
    thresholds.iter().rposition(|&t| t > 0.5).unwrap_or(0)
}
