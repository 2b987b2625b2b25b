//! Learning curves and timings.

use std::time::Duration;

use dl_nn::train::{Epoch, History};
use dl_viz::style::{BLUE, GREEN, RED};
use dl_viz::{Color, Figure, Line, Panel};
use maud::{Markup, html};

use super::figure::card;
use super::format::{duration, thousands};
use super::results::best;
use super::{Report, ReportError, tables};
use crate::history::metrics;

/// Size of a chart in inches.
const SIZE: (f64, f64) = (5.2, 3.6);
/// Maximum ratio of losses on a linear axis; beyond it the axis is logarithmic.
const LINEAR_SPAN: f64 = 50.0;

/// A curve with one value per epoch.
struct Curve<'a> {
    label: &'a str,
    color: Color,
    values: Vec<(f64, f64)>,
}

impl<'a> Curve<'a> {
    /// The finite values by epoch, counted from 1.
    fn new(
        history: &History,
        label: &'a str,
        color: Color,
        value: impl Fn(&Epoch) -> Option<f64>,
    ) -> Self {
        let point = |epoch: &Epoch| Some((epoch.epoch.saturating_add(1) as f64, value(epoch)?));
        let values = history.epochs.iter().filter_map(point);
        Self {
            label,
            color,
            values: values.filter(|(_, value)| value.is_finite()).collect(),
        }
    }
}

/// A panel of the curves that have values; `None` if there are none.
fn panel(title: &str, y_label: &str, curves: &[Curve<'_>]) -> Option<Panel> {
    let mut panel = Panel::new(title)
        .x_label("Epoch")
        .integer_x_ticks()
        .y_label(y_label);
    let drawn = curves.iter().filter(|curve| !curve.values.is_empty());
    let drawn: Vec<&Curve<'_>> = drawn.collect();
    for curve in &drawn {
        let (x, y): (Vec<f64>, Vec<f64>) = curve.values.iter().copied().unzip();
        let line = Line::new(x, y).color(curve.color);
        panel = panel.line(if drawn.len() > 1 {
            line.label(curve.label)
        } else {
            line
        });
    }
    (!drawn.is_empty()).then_some(panel)
}

fn chart(panel: Panel, section: &str, description: &str) -> Result<Markup, ReportError> {
    card(
        section,
        &Figure::from(panel).size(SIZE.0, SIZE.1),
        description,
    )
}

/// Loss, accuracy, metrics of one's own, and the learning rate if it changes.
pub(super) fn curves(report: &Report) -> Result<Markup, ReportError> {
    const SECTION: &str = "Learning curves";
    let Some(history) = &report.history else {
        return Ok(Markup::default());
    };
    let curve =
        |label, color, value: fn(&Epoch) -> Option<f64>| Curve::new(history, label, color, value);
    let losses = [
        curve("training", BLUE, |epoch| Some(epoch.train.loss)),
        curve("validation", RED, |epoch| epoch.validation.map(|v| v.loss)),
    ];
    let accuracies = [
        curve("training", BLUE, |epoch| epoch.train.accuracy),
        curve("validation", RED, |epoch| {
            epoch.validation.and_then(|v| v.accuracy)
        }),
    ];
    let rates = [curve("", GREEN, |epoch| Some(epoch.learning_rate))];
    let spans = |curves: &[Curve<'_>], factor: f64| {
        let values = || {
            curves
                .iter()
                .flat_map(|curve| curve.values.iter().map(|point| point.1))
        };
        let low = values().fold(f64::INFINITY, f64::min);
        low > 0.0 && values().any(|value| value > low * factor)
    };

    let mut charts = Vec::new();
    if let Some(mut panel) = panel("Loss", "Loss", &losses) {
        if spans(&losses, LINEAR_SPAN) {
            panel = panel.log_y();
        }
        if let Some(best) = best(history).filter(|_| history.epochs.len() > 1) {
            panel = panel.vertical_line(best.epoch.saturating_add(1) as f64, "best");
        }
        charts.push(chart(panel, SECTION, "Loss by epoch")?);
    }
    if let Some(panel) = panel("Accuracy", "Accuracy", &accuracies) {
        charts.push(chart(panel, SECTION, "Accuracy by epoch")?);
    }
    for metric in metrics(history) {
        let value = |epoch: &Epoch| {
            let mut named = epoch.metrics.iter().filter(|m| m.name == metric.name);
            named.next().map(|metric| metric.value)
        };
        let direction = match metric.higher_is_better {
            true => "higher is better",
            false => "lower is better",
        };
        let title = format!("{} ({direction})", metric.name);
        let values = [Curve::new(history, "", RED, value)];
        if let Some(panel) = panel(&title, &metric.name, &values) {
            charts.push(chart(panel, SECTION, &format!("{} by epoch", metric.name))?);
        }
    }
    if let Some(panel) = panel("Learning rate", "Learning rate", &rates)
        && spans(&rates, 1.0)
    {
        let description = "Learning rate of each epoch's last step";
        charts.push(chart(panel, SECTION, description)?);
    }
    Ok(html! {
        @if !charts.is_empty() {
            div class="charts" { @for chart in &charts { (chart) } }
            p class="small" {
                "Training values are averaged over an epoch, before each update; validation values are computed at its end."
            }
        }
    })
}

/// The times of the epochs, and other timings.
pub(super) fn timings(report: &Report) -> Result<Markup, ReportError> {
    const SECTION: &str = "Timings";
    let none = History::default();
    let history = report.history.as_ref().unwrap_or(&none);
    let mut lines: Vec<(String, String)> = report
        .timings
        .iter()
        .map(|(name, time)| (name.clone(), duration(*time)))
        .collect();
    lines.extend(of_epochs(history));
    let seconds = [Curve::new(history, "", BLUE, |epoch| Some(epoch.seconds))];
    let panel = panel("Time of an epoch", "Seconds", &seconds).filter(|_| history.epochs.len() > 1);
    let chart = panel.map(|panel| {
        chart(
            panel,
            SECTION,
            "Wall-clock time of each epoch, validation included",
        )
    });
    let chart = chart.transpose()?;
    Ok(html! {
        (tables::lines(&lines))
        @if let Some(chart) = chart { div class="charts" { (chart) } }
    })
}

fn of_epochs(history: &History) -> Vec<(String, String)> {
    let seconds: f64 = history.epochs.iter().map(|epoch| epoch.seconds).sum();
    let epochs = history.epochs.len();
    let samples = history.epochs.iter().map(|epoch| epoch.train.samples);
    // from a file, which may contain any values
    let samples = samples.fold(0, usize::saturating_add);
    let (Ok(total), true) = (Duration::try_from_secs_f64(seconds), epochs > 0) else {
        return Vec::new();
    };
    let mut lines = vec![
        ("all epochs".to_owned(), duration(total)),
        (
            "average per epoch".to_owned(),
            duration(total / epochs as u32),
        ),
    ];
    if seconds > 0.0 {
        let rate = thousands((samples as f64 / seconds).round() as usize);
        let name = "training samples per second, validation included";
        lines.push((name.to_owned(), rate));
    }
    lines
}
