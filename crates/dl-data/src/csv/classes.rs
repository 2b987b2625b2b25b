//! Labels as numbers.

use std::collections::HashMap;

use super::{CsvError, error::listed, missing::is_missing, source::Field};

/// Classes met so far, numbered in the order met, or known in advance.
pub(super) struct Classes {
    number_of: HashMap<String, usize>,
    known: Option<Vec<String>>,
}

impl Classes {
    pub(super) fn new(known: Option<&[String]>) -> Self {
        let numbered = known.unwrap_or_default().iter().cloned().zip(0..);
        Self {
            number_of: numbered.collect(),
            known: known.map(<[String]>::to_vec),
        }
    }

    /// The number of a label; none if it is missing.
    pub(super) fn number(&mut self, field: &Field<'_>) -> Result<Option<usize>, CsvError> {
        // known first: NA may be the name of a class
        if let Some(&number) = self.number_of.get(field.text) {
            return Ok(Some(number));
        }
        if is_missing(field.text) {
            return Ok(None);
        }
        if let Some(known) = &self.known {
            return Err(CsvError::UnknownClass {
                at: field.place(),
                text: field.excerpt(),
                known: listed(known),
            });
        }
        let number = self.number_of.len();
        self.number_of.insert(field.text.to_owned(), number);
        Ok(Some(number))
    }

    /// Labels and class names, these in the order given or else in alphabetic order.
    pub(super) fn finish(self, labels: Vec<usize>) -> (Vec<usize>, Vec<String>) {
        if let Some(known) = self.known {
            return (labels, known);
        }
        let mut by_name: Vec<(String, usize)> = self.number_of.into_iter().collect();
        by_name.sort_unstable();
        let mut rank = vec![0; by_name.len()];
        for (place, (_, met)) in by_name.iter().enumerate() {
            rank[*met] = place;
        }
        let labels = labels.into_iter().map(|met| rank[met]).collect();
        (labels, by_name.into_iter().map(|(name, _)| name).collect())
    }
}
