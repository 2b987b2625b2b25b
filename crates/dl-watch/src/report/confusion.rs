//! The confusion matrix and the metrics per class.

use dl_core::text::shortened;
use dl_nn::metrics::{Average, ConfusionMatrix};
use dl_viz::{Figure, HeatMap, Panel};
use maud::{Markup, html};

use super::figure::figure;
use super::format::{percent, thousands};
use super::{Report, ReportError};

/// Maximum number of classes in the figure of the matrix, and of lines of the table.
const MAX_CLASSES: usize = 50;
/// Maximum number of classes for which the cells show their counts.
const MAX_CLASSES_WITH_COUNTS: usize = 20;
/// Maximum length of a class name in the figure.
const LETTERS: usize = 16;
/// Maximum total length of the names under the figure.
const LETTERS_IN_A_ROW: usize = 60;

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
    let drawing = if classes <= MAX_CLASSES {
        let right = matrix.accuracy();
        let wrong = right.n - matrix.counts().diag().sum();
        let caption = format!(
            "{} of {} samples correct, {} wrong. Rows are true classes, columns predicted classes.",
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
    let (rows, columns) = labels(names);
    let max = matrix.counts().iter().copied().max();
    let mut map = HeatMap::new(matrix.counts())
        .rows(rows)
        .columns(columns)
        .range(0.0, max.map_or(1.0, |max| max as f64))
        .log_colors()
        .color_bar("Samples");
    if matrix.classes() <= MAX_CLASSES_WITH_COUNTS {
        map = map.value_labels(0);
    }
    let side = (2.6 + 0.55 * matrix.classes() as f64).clamp(4.4, 11.0);
    let panel = Panel::new("")
        .x_label("Predicted")
        .y_label("True")
        .heat_map(map);
    Figure::from(panel).size(side + 1.0, side)
}

/// The labels of rows and columns. If the names are too long to fit side by side, columns are labelled with class
/// indices, and rows with both.
fn labels(names: &[String]) -> (Vec<String>, Vec<String>) {
    let names = names
        .iter()
        .map(|name| shortened(name, LETTERS).into_owned());
    let names: Vec<String> = names.collect();
    let longest = names.iter().map(|name| name.chars().count()).max();
    if names.len() * longest.unwrap_or(0) <= LETTERS_IN_A_ROW {
        return (names.clone(), names);
    }
    let numbered = names.iter().enumerate();
    let rows = numbered.map(|(class, name)| format!("{name}  {class}"));
    (
        rows.collect(),
        (0..names.len()).map(|class| class.to_string()).collect(),
    )
}

/// Precision, recall and F1 per class, only those with the lowest F1 if there are many.
fn table(matrix: &ConfusionMatrix, names: &[String]) -> Markup {
    let (precision, recall) = (matrix.precision(), matrix.recall());
    let (f1, support) = (matrix.f1(), matrix.support());
    let mut shown: Vec<usize> = (0..names.len()).collect();
    let cut = shown.len() > MAX_CLASSES;
    if cut {
        shown.sort_by(|&a, &b| f1[a].total_cmp(&f1[b]));
        shown.truncate(MAX_CLASSES);
    }
    let mean = matrix.average(Average::Macro);
    html! {
        div class="card scroll" {
            table {
                @if cut { caption { "The " (MAX_CLASSES) " of " (names.len()) " classes with the lowest F1" } }
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
                            @for fraction in [precision[class].value, recall[class].value, f1[class]] {
                                td class="number" { (percent(fraction)) }
                            }
                            td class="number" { (thousands(support[class])) }
                        }
                    }
                }
                tfoot {
                    tr {
                        th scope="row" { "Macro average" }
                        @for fraction in [mean.precision, mean.recall, mean.f1] {
                            td class="number" { (percent(fraction)) }
                        }
                        td class="number" { (thousands(support.sum())) }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_of_columns_become_numbers() {
        let names = |names: &[&str]| {
            names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>()
        };
        let short = names(&["cat", "dog"]);
        assert_eq!(labels(&short), (short.clone(), short));
        let long = vec!["a name of many letters".to_owned(); 5];
        let (rows, columns) = labels(&long);
        assert_eq!(rows[4], "a name of many l…  4");
        assert_eq!(columns, ["0", "1", "2", "3", "4"]);
    }
}
