//! The cells of a column as they are read.

use std::collections::HashMap;

use super::{Csv, CsvError, date::days, field::Field, source::Source};
use crate::{
    ColumnKind,
    table::{Categories, Series},
};

/// The cells of a column.
pub(super) enum Cells {
    Numbers(Vec<f64>),
    Dates(Vec<f64>),
    Categories(Texts),
}

/// Texts, numbered as they appear.
pub(super) struct Texts {
    code_of: HashMap<String, u32>,
    codes: Vec<Option<u32>>,
}

/// How many different texts the file may have: their names take memory out of proportion to it.
pub(super) struct Names {
    left: usize,
    max: usize,
}

impl Names {
    pub(super) fn new(source: &Source<'_>) -> Self {
        // memory per text besides its own, which may be a byte: its entries in the table of names and in the list of
        // names, a buffer each, while the table of names grows
        const NAME: u64 = 320;
        let budget = dl_fs::Budget::for_file(source.data.len() as u64);
        let max = usize::try_from(budget.memory() / NAME).unwrap_or(usize::MAX);
        let max = max.min(u32::MAX as usize);
        Self { left: max, max }
    }
}

impl Cells {
    pub(super) fn new(kind: ColumnKind, rows: usize) -> Self {
        match kind {
            ColumnKind::Number => Self::Numbers(Vec::with_capacity(rows)),
            ColumnKind::Date => Self::Dates(Vec::with_capacity(rows)),
            ColumnKind::Category => Self::Categories(Texts {
                code_of: HashMap::new(),
                codes: Vec::with_capacity(rows),
            }),
        }
    }

    pub(super) fn push(
        &mut self,
        csv: &Csv,
        field: &Field<'_>,
        names: &mut Names,
    ) -> Result<(), CsvError> {
        let is_missing = csv.markers().are_missing(&field.text);
        match self {
            Self::Numbers(values) if is_missing => values.push(f64::NAN),
            Self::Numbers(values) => values.push(field.number(csv.number_format())?),
            Self::Dates(values) if is_missing => values.push(f64::NAN),
            Self::Dates(values) => {
                let days = days(&field.text).ok_or_else(|| CsvError::NotADate {
                    at: field.location(),
                    text: field.excerpt(),
                });
                values.push(days?);
            }
            Self::Categories(texts) if is_missing => texts.codes.push(None),
            Self::Categories(texts) => texts.push(field, names)?,
        }
        Ok(())
    }

    /// Number of different texts in a column of categories.
    pub(super) fn distinct(&self) -> Option<usize> {
        match self {
            Self::Categories(texts) => Some(texts.code_of.len()),
            _ => None,
        }
    }

    pub(super) fn finish(self) -> Series {
        match self {
            Self::Numbers(values) => Series::Numbers(values),
            Self::Dates(values) => Series::Dates(values),
            Self::Categories(Texts { code_of, codes }) => {
                Series::Categories(Categories::ordered(code_of, codes))
            }
        }
    }
}

impl Texts {
    fn push(&mut self, field: &Field<'_>, names: &mut Names) -> Result<(), CsvError> {
        let code = match self.code_of.get(&*field.text) {
            Some(&code) => code,
            None => {
                names.left = names.left.checked_sub(1).ok_or_else(|| {
                    let at = field.location();
                    CsvError::TooManyClasses { at, max: names.max }
                })?;
                let code = self.code_of.len() as u32;
                self.code_of.insert(field.text.clone().into_owned(), code);
                code
            }
        };
        self.codes.push(Some(code));
        Ok(())
    }
}
