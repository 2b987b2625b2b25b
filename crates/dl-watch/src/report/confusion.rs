//! The confusion matrix and the measures of the classes.

use dl_nn::metrics::{Average, ConfusionMatrix};
use dl_viz::{Figure, HeatMap, Panel};
use maud::{Markup, html};

use super::format::{percent, shortened, thousands};
use super::page::figure;
use super::{Report, ReportError};

/// The most classes a figure of the matrix has room for, and lines of the table.
const MOST_CLASSES: usize = 50;
/// The most classes whose cells have room for their counts.
const MOST_NUMBERED: usize = 20;
/// Letters of a class's name in the figure.
const LETTERS: usize = 16;

pub(super) fn confusion(report: &Report) -> Result<Markup, ReportError> {
    let Some((matrix, names)) = &report.confusion else {
        return Ok(Markup::default());
    };
    let classes = matrix.classes();
    if names.len() != classes {
        return Err(ReportError::ClassNames {
            names: names.len(),
            classes,
        });
    }
    let drawing = if classes <= MOST_CLASSES {
        let right = matrix.accuracy();
        let wrong = right.n - matrix.counts().diag().sum();
        let caption = format!(
            "{} of {} samples right, {} wrong. A row is a true class, a column what was predicted.",
            thousands(right.n - wrong),
            thousands(right.n),
            thousands(wrong)
        );
        Some(figure(
            "Confusion matrix",
            &heat_map(matrix, names),
            &caption,
        )?)
    } else {
        None
    };
    Ok(html! {
        @if let Some(drawing) = drawing { (drawing) }
        (table(matrix, names))
    })
}

fn heat_map(matrix: &ConfusionMatrix, names: &[String]) -> Figure {
    let names = names.iter().map(|name| shortened(name, LETTERS));
    let names: Vec<String> = names.collect();
    let mut map = HeatMap::new(matrix.counts())
        .rows(names.clone())
        .columns(names)
        .log_colors()
        .color_bar("Samples");
    if matrix.classes() <= MOST_NUMBERED {
        map = map.value_labels(0);
    }
    let side = (2.6 + 0.55 * matrix.classes() as f64).clamp(4.4, 11.0);
    let panel = Panel::new("")
        .x_label("Predicted")
        .y_label("True")
        .heat_map(map);
    Figure::from(panel).size(side + 1.0, side)
}

/// Precision, recall and F1 of the classes, those with the lowest F1 where there are many.
fn table(matrix: &ConfusionMatrix, names: &[String]) -> Markup {
    let (precision, recall) = (matrix.precision(), matrix.recall());
    let (f1, support) = (matrix.f1(), matrix.support());
    let mut shown: Vec<usize> = (0..names.len()).collect();
    let cut = shown.len() > MOST_CLASSES;
    if cut {
        shown.sort_by(|&a, &b| f1[a].total_cmp(&f1[b]));
        shown.truncate(MOST_CLASSES);
    }
    let mean = matrix.average(Average::Macro);
    html! {
        div class="card scroll" {
            table {
                @if cut { caption { "The " (MOST_CLASSES) " of " (names.len()) " classes with the lowest F1" } }
                thead {
                    tr {
                        th scope="col" { "Class" }
                        @for measure in ["Precision", "Recall", "F1", "Samples"] {
                            th scope="col" class="number" { (measure) }
                        }
                    }
                }
                tbody {
                    @for class in shown {
                        tr {
                            th scope="row" { (names[class]) }
                            @for share in [precision[class].value, recall[class].value, f1[class]] {
                                td class="number" { (percent(share)) }
                            }
                            td class="number" { (thousands(support[class])) }
                        }
                    }
                }
                tfoot {
                    tr {
                        th scope="row" { "Mean of the classes" }
                        @for share in [mean.precision, mean.recall, mean.f1] {
                            td class="number" { (percent(share)) }
                        }
                        td class="number" { (thousands(support.sum())) }
                    }
                }
            }
        }
    }
}
