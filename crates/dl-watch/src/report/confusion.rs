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
/// Letters for which there is room under the figure.
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
    let (rows, columns) = labels(names);
    let most = matrix.counts().iter().copied().max();
    let mut map = HeatMap::new(matrix.counts())
        .rows(rows)
        .columns(columns)
        .range(0.0, most.map_or(1.0, |most| most as f64))
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

/// The names of rows and columns. Where names are too long to stand side by side, columns have the
/// classes' numbers, and rows have both.
fn labels(names: &[String]) -> (Vec<String>, Vec<String>) {
    let names = names.iter().map(|name| shortened(name, LETTERS));
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
        assert_eq!(rows[4], "a name of many…  4");
        assert_eq!(columns, ["0", "1", "2", "3", "4"]);
    }
}
