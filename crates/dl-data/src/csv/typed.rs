//! Tables with columns of several kinds.

use std::collections::HashMap;

use super::{
    Csv, CsvError,
    cells::{Cells, Names},
    field::Field,
    rows::{Labels, Rows, no_rows},
    source::Source,
};
use crate::{ColumnKind, Table, text::excerpt};

/// Columns of text with more different texts, and more than one for every two cells, are free text.
const FEW: usize = 20;

/// Reads a table: once for the kinds of its columns, and once for its cells, so that each is stored once.
pub(super) fn read(csv: &Csv, source: &Source<'_>) -> Result<Table, CsvError> {
    for (is_set, setting) in [
        (csv.label.is_some(), "Csv::label"),
        (csv.classes.is_some(), "Csv::classes"),
    ] {
        if is_set {
            return Err(CsvError::NoLabels { setting });
        }
    }
    let mut kept = 0;
    let mut dropped = 0;
    let mut rows = Rows::open(csv, source, Labels::None)?;
    let mut contents = contents(csv, &rows)?;
    each_row(csv, &mut rows, &mut dropped, |fields| {
        kept += 1;
        let cells = contents.iter_mut().zip(fields);
        cells.for_each(|(content, field)| content.count(csv, field));
        Ok(())
    })?;
    if kept == 0 {
        return Err(no_rows(source, dropped));
    }

    let mut rows = Rows::open(csv, source, Labels::None)?;
    let kinds = contents.iter().map(|content| content.kind(&rows));
    let kinds = kinds.collect::<Result<Vec<_>, _>>()?;
    let mut columns: Vec<Cells> = kinds.iter().map(|&kind| Cells::new(kind, kept)).collect();
    let mut names = Names::new(source);
    each_row(csv, &mut rows, &mut dropped, |fields| {
        let mut cells = columns.iter_mut().zip(fields);
        cells.try_for_each(|(cells, field)| cells.push(csv, field, &mut names))
    })?;
    let series = columns.into_iter().zip(&contents).map(|(cells, content)| {
        content.check_text(&cells, &rows)?;
        Ok((rows.columns.names[content.column].clone(), cells.finish()))
    });
    let series = series.collect::<Result<Vec<_>, CsvError>>()?;
    Ok(Table::from_series(series, kept))
}

/// Calls `each` with the fields of each row that is kept, those of the columns used.
fn each_row(
    csv: &Csv,
    rows: &mut Rows<'_>,
    dropped: &mut usize,
    mut each: impl FnMut(&[Field<'_>]) -> Result<(), CsvError>,
) -> Result<(), CsvError> {
    let markers = csv.markers();
    while rows.advance()? {
        let used = rows.columns.features.iter();
        let fields = used.map(|&column| rows.field(column));
        let fields = fields.collect::<Result<Vec<_>, _>>()?;
        let is_missing = |field: &Field<'_>| markers.are_missing(&field.text);
        match csv.drop_missing && fields.iter().any(is_missing) {
            true => *dropped += 1,
            false => each(&fields)?,
        }
    }
    Ok(())
}

/// What the cells of a column are.
struct Content {
    /// Index of the column, from 0.
    column: usize,
    chosen: Option<ColumnKind>,
    cells: usize,
    numbers: usize,
    /// The first text that is no number: where it begins, and its beginning.
    text: Option<(usize, String)>,
}

/// The columns used, with the kinds that were chosen.
fn contents(csv: &Csv, rows: &Rows<'_>) -> Result<Vec<Content>, CsvError> {
    let columns = &rows.columns;
    let mut chosen: HashMap<usize, ColumnKind> = HashMap::new();
    for (&column, &(_, kind)) in columns.chosen.iter().zip(&csv.kinds) {
        match chosen.insert(column, kind) {
            Some(first) if first != kind => {
                return Err(CsvError::TwoKinds {
                    path: rows.source.path.to_owned(),
                    column: column + 1,
                    name: excerpt(&columns.names[column]),
                    first,
                    second: kind,
                });
            }
            _ => {}
        }
    }
    let used = columns.features.iter().map(|&column| Content {
        column,
        chosen: chosen.get(&column).copied(),
        cells: 0,
        numbers: 0,
        text: None,
    });
    Ok(used.collect())
}

impl Content {
    fn count(&mut self, csv: &Csv, field: &Field<'_>) {
        if self.chosen.is_some() || csv.markers().are_missing(&field.text) {
            return;
        }
        self.cells += 1;
        let number = csv.number_format().parse(&field.text);
        match number.is_some_and(f64::is_finite) {
            true => self.numbers += 1,
            false if self.text.is_none() => self.text = Some((field.start(), field.excerpt())),
            false => {}
        }
    }

    fn kind(&self, rows: &Rows<'_>) -> Result<ColumnKind, CsvError> {
        match (self.chosen, &self.text) {
            (Some(kind), _) => Ok(kind),
            (None, None) => Ok(ColumnKind::Number),
            (None, Some((start, text))) if self.numbers * 2 >= self.cells => {
                Err(CsvError::MixedColumn {
                    at: self.location(*start, rows),
                    text: text.clone(),
                    numbers: self.numbers,
                    cells: self.cells,
                })
            }
            (None, Some(_)) => Ok(ColumnKind::Category),
        }
    }

    /// Free text is refused.
    fn check_text(&self, cells: &Cells, rows: &Rows<'_>) -> Result<(), CsvError> {
        let (Some(distinct), Some((start, text))) = (cells.distinct(), &self.text) else {
            return Ok(());
        };
        if self.chosen.is_some() || distinct <= FEW || distinct * 2 <= self.cells {
            return Ok(());
        }
        Err(CsvError::FreeText {
            at: self.location(*start, rows),
            text: text.clone(),
            distinct,
            cells: self.cells,
        })
    }

    fn location(&self, start: usize, rows: &Rows<'_>) -> super::CellLocation {
        let name = &rows.columns.names[self.column];
        rows.source.location(start, self.column, name)
    }
}
