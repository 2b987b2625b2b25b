//! The measures of a classifier as text.

use std::fmt;

use dl_core::text::shown;

use super::{Average, Averages, ConfusionMatrix, Estimate, MetricError, check};

/// Precision, recall, F1 and support of every class and their averages, which prints in the
/// layout of scikit-learn's `classification_report`. Made by [`ConfusionMatrix::report`].
///
/// ```
/// use dl_nn::metrics::ConfusionMatrix;
/// use dl_nn::ndarray::array;
///
/// let matrix = ConfusionMatrix::new(&array![0, 0, 0, 1, 1], &array![0, 0, 1, 1, 1], 2)?;
/// let report = matrix.report(&["cat", "dog"])?;
/// println!("{report}");
/// # Ok::<(), dl_nn::metrics::MetricError>(())
/// ```
///
/// prints
///
/// ```text
///               precision    recall  f1-score   support
///
///          cat       1.00      0.67      0.80         3
///          dog       0.67      1.00      0.80         2
///
///     accuracy                           0.80         5
///    macro avg       0.83      0.83      0.80         5
/// weighted avg       0.87      0.80      0.80         5
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ClassificationReport {
    classes: Vec<Class>,
    accuracy: Estimate,
    macro_average: Averages,
    weighted_average: Averages,
    digits: usize,
    level: Option<f64>,
}

#[derive(Debug, Clone, PartialEq)]
struct Class {
    name: String,
    precision: Estimate,
    recall: Estimate,
    f1: f64,
    support: usize,
}

impl ConfusionMatrix {
    /// All of it as a table, a class a line.
    ///
    /// # Errors
    /// There is not one name for each class.
    pub fn report<S: AsRef<str>>(
        &self,
        class_names: &[S],
    ) -> Result<ClassificationReport, MetricError> {
        let names = class_names.iter().map(|name| name.as_ref().to_owned());
        ClassificationReport::new(self, names.collect())
    }
}

impl ClassificationReport {
    pub(super) fn new(matrix: &ConfusionMatrix, names: Vec<String>) -> Result<Self, MetricError> {
        let (found, classes) = (names.len(), matrix.classes());
        if found != classes {
            return Err(MetricError::ClassNames { found, classes });
        }
        let (precision, recall) = (matrix.precision(), matrix.recall());
        let (f1, support) = (matrix.f1(), matrix.support());
        let class = |(c, name): (usize, String)| Class {
            name,
            precision: precision[c],
            recall: recall[c],
            f1: f1[c],
            support: support[c],
        };
        Ok(Self {
            classes: names.into_iter().enumerate().map(class).collect(),
            accuracy: matrix.accuracy(),
            macro_average: matrix.average(Average::Macro),
            weighted_average: matrix.average(Average::Weighted),
            digits: 2,
            level: None,
        })
    }

    /// Prints measures with `digits` decimals instead of 2; at most 17, all that an `f64` has.
    pub fn digits(self, digits: usize) -> Self {
        Self {
            digits: digits.min(17),
            ..self
        }
    }

    /// Prints Wilson's interval at `level` beside each precision and recall and the accuracy.
    ///
    /// # Errors
    /// `level` is not inside (0, 1).
    pub fn intervals(self, level: f64) -> Result<Self, MetricError> {
        check::level(level)?;
        Ok(Self {
            level: Some(level),
            ..self
        })
    }

    /// The table's lines, cell by cell: name, precision, recall, F1, support.
    fn lines(&self) -> Vec<[String; 5]> {
        let (digits, n) = (self.digits, self.accuracy.n.to_string());
        // The level was checked when it was set.
        let interval = |e: &Estimate| {
            let interval = e.interval(self.level?).ok()?;
            Some(format!(" {interval:.digits$}"))
        };
        // What has no interval leaves its room blank, so that the numbers stay aligned.
        let room = " ".repeat(interval(&self.accuracy).map_or(0, |text| text.len()));
        let number = |x: f64| format!("{x:.digits$}{room}");
        let estimate = |e: &Estimate| match interval(e) {
            Some(interval) => format!("{e:.digits$}{interval}"),
            None => number(e.value),
        };
        let average = |name: &str, a: &Averages| {
            let [precision, recall, f1] = [a.precision, a.recall, a.f1].map(number);
            [name.to_owned(), precision, recall, f1, n.clone()]
        };
        let blank = || <[String; 5]>::default();

        let [precision, recall, f1] =
            ["precision", "recall", "f1-score"].map(|heading| format!("{heading}{room}"));
        let mut lines = vec![[String::new(), precision, recall, f1, "support".to_owned()]];
        lines.push(blank());
        lines.extend(self.classes.iter().map(|class| {
            [
                shown(&class.name).to_string(),
                estimate(&class.precision),
                estimate(&class.recall),
                number(class.f1),
                class.support.to_string(),
            ]
        }));
        lines.push(blank());
        let accuracy = estimate(&self.accuracy);
        lines.push(["accuracy", "", "", &accuracy, &n].map(String::from));
        lines.push(average("macro avg", &self.macro_average));
        lines.push(average("weighted avg", &self.weighted_average));
        lines
    }
}

impl fmt::Display for ClassificationReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.lines();
        let widest = |column: usize| lines.iter().map(|line| line[column].chars().count()).max();
        let width = |column: usize| widest(column).unwrap_or(0).max(9);
        let widths: [usize; 5] = std::array::from_fn(width);
        let text = lines.iter().map(|line| {
            let name = format!("{:>1$} ", line[0], widths[0]);
            let cells = (1..5).map(|c| format!(" {:>1$}", line[c], widths[c]));
            let line: String = std::iter::once(name).chain(cells).collect();
            line.trim_end().to_owned()
        });
        f.write_str(&text.collect::<Vec<_>>().join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn prints_no_more_digits_than_there_are() {
        let matrix = ConfusionMatrix::new(&array![0, 1], &array![0, 1], 2).unwrap();
        let report = matrix.report(&["cat", "dog"]).unwrap();
        let most = report.clone().digits(usize::MAX);
        assert_eq!(most.to_string(), report.digits(17).to_string());
    }

    #[test]
    fn prints_wilson_intervals_on_request() {
        let (truth, predicted) = (array![0, 0, 0, 1, 1], array![0, 0, 1, 1, 1]);
        let matrix = ConfusionMatrix::new(&truth, &predicted, 2).unwrap();
        let report = matrix.report(&["cat", "dog"]).unwrap();
        let report = report.intervals(0.95).unwrap();
        insta::assert_snapshot!(report, @r"
                      precision              recall              f1-score                support

                 cat       1.00 [0.34, 1.00]   0.67 [0.21, 0.94]     0.80                      3
                 dog       0.67 [0.21, 0.94]   1.00 [0.34, 1.00]     0.80                      2

            accuracy                                                 0.80 [0.38, 0.96]         5
           macro avg       0.83                0.83                  0.80                      5
        weighted avg       0.87                0.80                  0.80                      5
        ");
    }
}
