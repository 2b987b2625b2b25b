//! From the names of classes to their numbers.

use std::collections::BTreeMap;

use super::error::{CsvErrorKind, excerpt, list};
use super::missing::is_missing;

/// Numbers labels in the order in which they appear, or as the known classes say.
pub(super) struct Classes<'a> {
    known: Option<&'a [String]>,
    numbers: BTreeMap<String, usize>,
}

impl<'a> Classes<'a> {
    pub(super) fn new(known: Option<&'a [String]>) -> Self {
        let names = known.unwrap_or_default().iter().cloned();
        Self {
            known,
            numbers: names
                .enumerate()
                .map(|(number, name)| (name, number))
                .collect(),
        }
    }

    /// The number of a label; `None` for a missing one.
    pub(super) fn label(&mut self, text: &str) -> Result<Option<usize>, CsvErrorKind> {
        if let Some(&number) = self.numbers.get(text) {
            return Ok(Some(number));
        }
        if is_missing(text) {
            return Ok(None);
        }
        if let Some(known) = self.known {
            return Err(CsvErrorKind::UnknownLabel {
                label: excerpt(text),
                known: list(known),
            });
        }
        let number = self.numbers.len();
        self.numbers.insert(text.to_owned(), number);
        Ok(Some(number))
    }

    /// Renumbers the labels to the order of the classes' names, and gives these.
    pub(super) fn finish(self, labels: Vec<usize>) -> (Vec<usize>, Vec<String>) {
        if let Some(known) = self.known {
            return (labels, known.to_vec());
        }
        let mut names: Vec<(String, usize)> = self.numbers.into_iter().collect();
        let value = |name: &str| name.parse::<i64>().ok();
        if names.iter().all(|(name, _)| value(name).is_some()) {
            names.sort_by_key(|(name, _)| value(name));
        }
        let mut rank = vec![0; names.len()];
        for (place, &(_, number)) in names.iter().enumerate() {
            rank[number] = place;
        }
        let labels = labels.into_iter().map(|number| rank[number]).collect();
        (labels, names.into_iter().map(|(name, _)| name).collect())
    }
}
