//! Learning curves.

use dl_nn::prelude::History;
use dl_viz::style::{BLUE, RED};
use dl_viz::{Figure, Line, Panel};

/// Loss and accuracy by epoch on `train` and `held_out`, as the samples are called (`training
/// rows`, `test rows`). The accuracy's axis starts at a multiple of 0.02 below them all.
///
/// A training value is gathered before each update of its epoch, a held-out value after all of
/// them.
pub fn learning_curves(history: &History, train: &str, held_out: &str) -> Figure {
    let curves = |title: &str, label: &str, on_train: Vec<f64>, on_held_out: Vec<f64>| {
        let on_train =
            Line::new(1..=on_train.len(), on_train).label(format!("{train} (during the epoch)"));
        let on_held_out =
            Line::new(1..=on_held_out.len(), on_held_out).label(format!("{held_out} (after it)"));
        Panel::new(title)
            .x_label("Epoch")
            .integer_x_ticks()
            .y_label(label)
            .line(on_train.color(BLUE))
            .line(on_held_out.color(RED).dashed())
    };
    let loss = curves(
        "Loss",
        "Cross-entropy (nats)",
        history.losses(),
        history.validation_losses(),
    );
    let accuracy = curves(
        "Accuracy",
        "Accuracy",
        history.accuracies(),
        history.validation_accuracies(),
    );
    Figure::new()
        .size(12.0, 5.0)
        .grid(1, 2)
        .panel(loss)
        .panel(accuracy.y_range(below_accuracies(history), 1.0))
}

fn below_accuracies(history: &History) -> f64 {
    let all = [history.accuracies(), history.validation_accuracies()].concat();
    let lowest = all.into_iter().fold(0.98, f64::min);
    (lowest * 50.0).floor() / 50.0
}
