//! Class labels as indices.

use std::collections::HashMap;

use super::{CsvError, field::Field, missing::Markers, number_format::NumberFormat};
use crate::text::listed;

/// The classes: known in advance, or numbered in order of appearance.
pub(super) struct Classes<'a> {
    number_of: HashMap<String, usize>,
    known: Option<&'a [String]>,
    markers: Markers<'a>,
    number_format: NumberFormat,
    /// Maximum number of classes.
    max: usize,
}

impl<'a> Classes<'a> {
    /// For a file of `file_size` bytes.
    pub(super) fn new(
        known: Option<&'a [String]>,
        markers: Markers<'a>,
        number_format: NumberFormat,
        file_size: usize,
    ) -> Self {
        // memory per class besides its name, which may be a few bytes: its entries in the table of names, in the
        // list that is sorted, and in the resulting order
        const CLASS: u64 = 320;
        let budget = dl_fs::Budget::for_file(file_size as u64);
        let numbered = known.unwrap_or_default().iter().cloned().zip(0..);
        Self {
            number_of: numbered.collect(),
            known,
            markers,
            number_format,
            max: usize::try_from(budget.memory() / CLASS).unwrap_or(usize::MAX),
        }
    }

    /// The index of a label's class; `None` if the label is missing.
    pub(super) fn number(&mut self, field: &Field<'_>) -> Result<Option<usize>, CsvError> {
        // known classes first: NA may be the name of one
        if let Some(&number) = self.number_of.get(&*field.text) {
            return Ok(Some(number));
        }
        if self.markers.are_a_missing_label(&field.text) {
            return Ok(None);
        }
        if let Some(known) = self.known {
            return Err(CsvError::UnknownClass {
                at: field.location(),
                text: field.excerpt(),
                known: listed(known.iter().map(String::as_str)),
            });
        }
        let number = self.number_of.len();
        if number == self.max {
            return Err(CsvError::TooManyClasses {
                at: field.location(),
                max: self.max,
            });
        }
        self.number_of
            .insert(field.text.clone().into_owned(), number);
        Ok(Some(number))
    }

    /// Whether a text is one of the labels seen.
    pub(super) fn contains(&self, text: &str) -> bool {
        self.number_of.contains_key(text)
    }

    /// Labels and class names; the names are in the given order, or else in numeric order if all are numbers, or
    /// else in alphabetical order.
    pub(super) fn finish(self, labels: Vec<usize>) -> (Vec<usize>, Vec<String>) {
        if let Some(known) = self.known {
            return (labels, known.to_vec());
        }
        let (names, ranks) = match self.numeric() {
            Some(ordered) => ordered,
            None => alphabetical(self.number_of),
        };
        let labels = labels.into_iter().map(|met| ranks[met]).collect();
        (labels, names)
    }

    /// Names of classes that are all numbers, and the rank of each label seen. A number written in several ways is
    /// one class, named by the shortest.
    fn numeric(&self) -> Option<(Vec<String>, Vec<usize>)> {
        let mut classes = Vec::with_capacity(self.number_of.len());
        for (name, &met) in &self.number_of {
            let (value, digits) = self.number_format.canonical(name)?;
            classes.push((value, digits, name, met));
        }
        classes.sort_unstable_by(|a, b| {
            let values = a.0.total_cmp(&b.0).then_with(|| a.1.cmp(&b.1));
            values.then_with(|| (a.2.len(), a.2).cmp(&(b.2.len(), b.2)))
        });
        let mut names: Vec<String> = Vec::new();
        let mut ranks = vec![0; classes.len()];
        let mut last = None;
        for (_, digits, name, met) in &classes {
            if last != Some(digits) {
                names.push((*name).clone());
                last = Some(digits);
            }
            ranks[*met] = names.len() - 1;
        }
        Some((names, ranks))
    }
}

fn alphabetical(number_of: HashMap<String, usize>) -> (Vec<String>, Vec<usize>) {
    let mut by_name: Vec<(String, usize)> = number_of.into_iter().collect();
    by_name.sort_unstable();
    let mut ranks = vec![0; by_name.len()];
    for (rank, (_, met)) in by_name.iter().enumerate() {
        ranks[*met] = rank;
    }
    (by_name.into_iter().map(|(name, _)| name).collect(), ranks)
}
