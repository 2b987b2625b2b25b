//! Mini-batches (Goodfellow et al. 2016, section 8.1.3), as blocks of row numbers.

use std::slice::Chunks;

use dl_core::{
    rand::Rng,
    sampling::{in_order, permutation},
};

use crate::DataError;

/// How a last batch is handled that is smaller than the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LastBatch {
    /// It is used: every row is seen in every epoch.
    #[default]
    Keep,
    /// It is left out: all batches have the same size.
    Drop,
}

/// The batches of one epoch.
///
/// ```
/// use dl_data::{Batches, LastBatch, generator};
/// let batches = Batches::shuffled(10, 4, LastBatch::Keep, &mut generator(0))?;
/// let sizes: Vec<usize> = batches.iter().map(<[usize]>::len).collect();
/// assert_eq!(sizes, [4, 4, 2]);
/// # Ok::<(), dl_data::DataError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batches {
    rows: Vec<usize>,
    size: usize,
}

impl Batches {
    /// `rows` rows in random order, `size` a batch.
    ///
    /// # Errors
    /// A size of 0 or above the number of rows; more rows than there is memory for.
    pub fn shuffled<R: Rng + ?Sized>(
        rows: usize,
        size: usize,
        last: LastBatch,
        rng: &mut R,
    ) -> Result<Self, DataError> {
        check(rows, size)?;
        Ok(Self::of(permutation(rows, rng)?, size, last))
    }

    /// `rows` rows in their own order, `size` a batch.
    ///
    /// # Errors
    /// A size of 0 or above the number of rows; more rows than there is memory for.
    pub fn in_order(rows: usize, size: usize, last: LastBatch) -> Result<Self, DataError> {
        check(rows, size)?;
        Ok(Self::of(in_order(rows)?, size, last))
    }

    fn of(mut rows: Vec<usize>, size: usize, last: LastBatch) -> Self {
        if last == LastBatch::Drop {
            rows.truncate(rows.len() / size * size);
        }
        Self { rows, size }
    }

    /// The rows of one batch after another.
    pub fn iter(&self) -> Chunks<'_, usize> {
        self.rows.chunks(self.size)
    }
}

impl<'a> IntoIterator for &'a Batches {
    type Item = &'a [usize];
    type IntoIter = Chunks<'a, usize>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

fn check(rows: usize, size: usize) -> Result<(), DataError> {
    if size == 0 || size > rows {
        return Err(DataError::BatchSize { size, rows });
    }
    Ok(())
}
