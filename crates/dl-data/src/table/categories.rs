//! Columns of categories.

use std::collections::HashMap;

/// Cells that are one of a few names each, or missing.
///
/// The names are in numeric order if all are numbers, or else in alphabetical order (by Unicode code points).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Categories {
    names: Vec<String>,
    codes: Vec<Option<u32>>,
}

impl Categories {
    /// The names. Not all need occur: a selection of rows keeps the names of the whole table.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The index of each cell's name, `None` where missing.
    pub fn codes(&self) -> &[Option<u32>] {
        &self.codes
    }

    /// The names of the cells, `None` where missing.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<&str>> {
        let name = |code: &Option<u32>| code.map(|code| self.names[code as usize].as_str());
        self.codes.iter().map(name)
    }

    /// Names with their numbers, by which cells refer to them.
    pub(crate) fn ordered(code_of: HashMap<String, u32>, mut codes: Vec<Option<u32>>) -> Self {
        let mut numbered: Vec<(String, u32)> = code_of.into_iter().collect();
        sort(&mut numbered, |(name, _)| name);
        let mut ranks = vec![0; numbered.len()];
        for (rank, &(_, code)) in (0..).zip(&numbered) {
            ranks[code as usize] = rank;
        }
        for code in codes.iter_mut().flatten() {
            *code = ranks[*code as usize];
        }
        let names = numbered.into_iter().map(|(name, _)| name).collect();
        Self { names, codes }
    }

    pub(super) fn select(&self, rows: &[usize]) -> Self {
        Self {
            names: self.names.clone(),
            codes: rows.iter().map(|&row| self.codes[row]).collect(),
        }
    }
}

impl<S: Into<String>> FromIterator<Option<S>> for Categories {
    fn from_iter<I: IntoIterator<Item = Option<S>>>(cells: I) -> Self {
        let mut code_of = HashMap::new();
        let codes = cells.into_iter().map(|cell| {
            let next = u32::try_from(code_of.len()).expect("fewer than 2³² names");
            cell.map(|name| *code_of.entry(name.into()).or_insert(next))
        });
        let codes = codes.collect();
        Self::ordered(code_of, codes)
    }
}

/// Sorts by name: as numbers if all are numbers, or else by code points.
pub(crate) fn sort<T>(items: &mut [T], name: impl Fn(&T) -> &str) {
    let number = |item: &T| name(item).trim().parse().unwrap_or(f64::NAN);
    if items.iter().all(|item| number(item).is_finite()) {
        items.sort_by(|a, b| {
            let values = number(a).total_cmp(&number(b));
            values.then_with(|| name(a).cmp(name(b)))
        });
    } else {
        items.sort_by(|a, b| name(a).cmp(name(b)));
    }
}
