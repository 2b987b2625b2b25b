//! The results of a run.

use std::time::Duration;

use dl_nn::train::{Epoch, Evaluation, History};
use maud::{Markup, html};

use super::Report;
use super::format::{duration, number, percent, thousands};

/// The epoch with the lowest validation loss, or the lowest training loss if nothing was held out. NaN losses are
/// ignored.
pub(super) fn best(history: &History) -> Option<&Epoch> {
    let loss = |epoch: &Epoch| epoch.validation.as_ref().unwrap_or(&epoch.train).loss;
    let epochs = history.epochs.iter().filter(|epoch| !loss(epoch).is_nan());
    epochs.min_by(|a, b| loss(a).total_cmp(&loss(b)))
}

/// One tile per result.
pub(super) fn results(report: &Report) -> Markup {
    let mut tiles = report.results.clone();
    let history = report.history.as_ref();
    if let Some(history) = history {
        tiles.extend(of_history(history));
    }
    if let Some(model) = &report.model {
        tiles.push(("Parameters".to_owned(), thousands(model.parameters())));
    }
    let stopped = history.and_then(|history| history.stopped.as_ref());
    html! {
        @if !tiles.is_empty() {
            dl class="tiles" {
                @for (name, value) in &tiles {
                    div { dt { (name) } dd { (value) } }
                }
            }
        }
        @if let Some(reason) = stopped {
            p class="note" { strong { "Training stopped early: " } (reason) }
        }
    }
}

fn of_history(history: &History) -> Vec<(String, String)> {
    let Some(last) = history.epochs.last() else {
        return Vec::new();
    };
    let mut tiles = Vec::new();
    let mut add = |name: &str, value: String| tiles.push((name.to_owned(), value));
    let mut evaluation = |set: &str, evaluation: &Evaluation| {
        if let Some(accuracy) = evaluation.accuracy {
            add(&format!("{set} accuracy"), percent(accuracy));
        }
        add(&format!("{set} loss"), number(evaluation.loss));
    };
    if let Some(validation) = &last.validation {
        evaluation("Validation", validation);
    }
    evaluation("Training", &last.train);
    for metric in &last.metrics {
        add(&metric.name, number(metric.value));
    }
    let epochs = history.epochs.len();
    if let Some(best) = best(history) {
        let by = best.validation.map_or("training", |_| "validation");
        let name = format!("Best epoch, by {by} loss");
        add(
            &name,
            format!("{} of {epochs}", best.epoch.saturating_add(1)),
        );
    }
    let seconds = history.epochs.iter().map(|epoch| epoch.seconds).sum();
    if let Ok(time) = Duration::try_from_secs_f64(seconds) {
        add("Training time", duration(time));
    }
    tiles
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(losses: &[(f64, Option<f64>)]) -> History {
        let evaluation = |loss| Evaluation {
            loss,
            accuracy: None,
            samples: 1,
        };
        let epoch = |(i, &(train, validation)): (usize, &(f64, Option<f64>))| Epoch {
            epoch: i,
            train: evaluation(train),
            validation: validation.map(evaluation),
            metrics: Vec::new(),
            learning_rate: 0.1,
            seconds: 1.0,
        };
        History {
            epochs: losses.iter().enumerate().map(epoch).collect(),
            stopped: None,
        }
    }

    #[test]
    fn the_best_epoch_has_the_lowest_held_out_loss() {
        let best = |losses: &[_]| best(&history(losses)).map(|epoch| epoch.epoch);
        assert_eq!(best(&[(3.0, None), (1.0, None), (2.0, None)]), Some(1));
        assert_eq!(
            best(&[(3.0, Some(0.5)), (1.0, Some(0.6)), (0.1, Some(f64::NAN))]),
            Some(0)
        );
        assert_eq!(best(&[(f64::NAN, None)]), None);
        assert_eq!(best(&[]), None);
    }

    #[test]
    fn results_are_those_after_the_last_epoch() {
        let tiles = of_history(&history(&[(0.5, Some(0.25)), (0.125, Some(0.75))]));
        let tile = |name| {
            tiles
                .iter()
                .find(|(n, _)| n == name)
                .map(|(_, value)| value.as_str())
        };
        assert_eq!(tile("Training loss"), Some("0.1250"));
        assert_eq!(tile("Validation loss"), Some("0.7500"));
        assert_eq!(tile("Best epoch, by validation loss"), Some("1 of 2"));
        assert_eq!(tile("Training time"), Some("2.00 s"));
        assert_eq!(tile("Training accuracy"), None);
    }
}
