//! The figure of a search for the learning rate.

use dl_nn::train::LearningRateCurve;
use dl_viz::style::{BLUE, GRAY};
use dl_viz::{Figure, Legend, Line, Panel};

use crate::statistics::short;

/// The loss of each step over its learning rate, on a logarithmic axis, with the smoothed loss and the
/// [suggested rates](LearningRateCurve::suggestion) marked.
///
/// The axis of the loss covers the smoothed one, so that a last loss beyond measure does not hide the rest.
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
    let high = smoothed.clone().fold(f64::NEG_INFINITY, f64::max);
    let margin = 0.25 * (high - low);
    let mut panel = Panel::new(title)
        .x_label("Learning rate")
        .y_label("Loss")
        .log_x()
        .legend(Legend::BottomLeft)
        .line(
            Line::new(rates(), losses)
                .label("of each step")
                .color(GRAY)
                .width(1.0),
        )
        .line(Line::new(rates(), smoothed).label("smoothed").color(BLUE));
    if margin > 0.0 && margin.is_finite() {
        panel = panel.y_range(low - 2.0 * margin, high + margin);
    }
    let Some(rates) = curve.suggestion() else {
        return panel;
    };
    let tenth = rates.tenth_of_minimum();
    panel
        .vertical_line(
            rates.steepest,
            format!("steepest {}", short(rates.steepest)),
        )
        .vertical_line(tenth, format!("minimum / 10: {}", short(tenth)))
}
