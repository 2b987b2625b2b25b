//! The figure of a search for the learning rate.

use dl_nn::train::LearningRateCurve;
use dl_viz::style::{BLUE, GRAY, GREEN, RED};
use dl_viz::{Figure, Legend, Line, Panel};

use crate::statistics::short;

/// The loss of each step over its learning rate, on a logarithmic axis, with the smoothed loss and the
/// [suggested rates](LearningRateCurve::suggestion) marked.
///
/// The axis of the loss ends a little above the first one, so that the rise at the end does not hide the fall.
pub fn learning_rate_figure(title: impl Into<String>, curve: &LearningRateCurve) -> Figure {
    Figure::from(learning_rate_panel(title, curve)).size(8.0, 5.4)
}

/// The panel of [`learning_rate_figure`], for figures with others.
pub fn learning_rate_panel(title: impl Into<String>, curve: &LearningRateCurve) -> Panel {
    let points = &curve.points;
    let rates = || points.iter().map(|point| point.learning_rate);
    let losses = points.iter().map(|point| point.loss);
    let smoothed = points.iter().map(|point| point.smoothed);
    let low = smoothed.clone().fold(f64::INFINITY, f64::min);
    let fall = smoothed.clone().next().unwrap_or(low) - low;
    let range = (low - 0.8 * fall, low + 1.5 * fall);
    let mut panel = Panel::new(title)
        .x_label("Learning rate")
        .y_label("Loss")
        .log_x()
        .legend(Legend::BottomLeft)
        .line(
            Line::new(rates(), losses)
                .label("loss of each step")
                .color(GRAY)
                .width(1.0),
        )
        .line(Line::new(rates(), smoothed).label("smoothed").color(BLUE));
    if fall > 0.0 && range.1.is_finite() {
        panel = panel.y_range(range.0, range.1);
    }
    let Some(rates) = curve.suggestion() else {
        return panel;
    };
    let tenth = rates.tenth_of_minimum();
    let marks = [
        (rates.steepest, "steepest", RED),
        (tenth, "a tenth of the minimum", GREEN),
    ];
    for (rate, name, color) in marks {
        let mark = Line::new([rate, rate], [range.0, range.1]).dashed();
        panel = panel.line(mark.label(format!("{name}: {}", short(rate))).color(color));
    }
    panel
}
