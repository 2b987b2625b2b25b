//! Which column is what.

use super::error::{ColumnPlace, CsvErrorKind, list};
use super::{Column, Csv};

/// The columns of a table and their parts, found from its first line.
pub(super) struct Layout {
    pub(super) header: bool,
    pub(super) names: Vec<String>,
    pub(super) label: usize,
    pub(super) features: Vec<usize>,
}

/// A fault of the first line, in one of its columns or in all.
pub(super) type LayoutError = (Option<ColumnPlace>, CsvErrorKind);

impl Layout {
    pub(super) fn new(csv: &Csv, first: &::csv::StringRecord) -> Result<Self, LayoutError> {
        let fields = || first.iter().map(str::trim);
        if csv.header.is_none()
            && let Some(place) =
                fields().position(|text| text.parse::<f64>().is_ok_and(f64::is_finite))
        {
            let text = super::error::excerpt(fields().nth(place).unwrap_or_default());
            let place = ColumnPlace {
                number: place + 1,
                name: None,
            };
            return Err((Some(place), CsvErrorKind::NumberInHeader { text }));
        }
        let header = csv.header != Some(false);
        let names: Vec<String> = if header {
            fields().map(str::to_owned).collect()
        } else {
            (1..=first.len())
                .map(|number| format!("column {number}"))
                .collect()
        };
        let find = |column: &Column| find(column, &names, header).map_err(|kind| (None, kind));
        let label = find(&csv.label)?;
        let ignored = csv
            .ignored
            .iter()
            .map(find)
            .collect::<Result<Vec<_>, _>>()?;
        let features: Vec<usize> = (0..names.len())
            .filter(|place| *place != label && !ignored.contains(place))
            .collect();
        let layout = Self {
            header,
            names,
            label,
            features,
        };
        if ignored.contains(&label) {
            return Err((Some(layout.place(label)), CsvErrorKind::IgnoredLabel));
        }
        if layout.features.is_empty() {
            let columns = layout.names.len();
            return Err((
                None,
                CsvErrorKind::NoFeatures {
                    columns,
                    ignored: columns - 1,
                },
            ));
        }
        Ok(layout)
    }

    /// A column as errors name it.
    pub(super) fn place(&self, column: usize) -> ColumnPlace {
        let name = self.header.then(|| self.names[column].clone());
        ColumnPlace {
            number: column + 1,
            name,
        }
    }
}

fn find(column: &Column, names: &[String], header: bool) -> Result<usize, CsvErrorKind> {
    let none = || {
        let columns = if header {
            list(names)
        } else {
            format!("0 to {}", names.len() - 1)
        };
        CsvErrorKind::NoColumn {
            column: column.clone(),
            columns,
        }
    };
    match column {
        Column::Last => Ok(names.len() - 1),
        Column::Index(index) if *index < names.len() => Ok(*index),
        Column::Index(_) => Err(none()),
        Column::Name(name) => {
            let mut found = (0..names.len()).filter(|&place| header && names[place] == *name);
            match (found.next(), found.next()) {
                (None, _) => Err(none()),
                (Some(place), None) => Ok(place),
                (Some(first), Some(second)) => Err(CsvErrorKind::AmbiguousColumn {
                    name: super::error::excerpt(name),
                    first: first + 1,
                    second: second + 1,
                }),
            }
        }
    }
}
