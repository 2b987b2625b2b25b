//! Mini-batches (Goodfellow et al. 2016, section 8.1.3), as blocks of row indices.

use std::slice::Chunks;

use dl_core::{
    rand::Rng,
    sampling::{in_order, permutation},
};

use crate::DatasetError;

/// How a last batch smaller than the others is handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LastBatch {
    /// It is kept: every row is seen in every epoch.
    #[default]
    Keep,
    /// It is dropped: all batches have the same size.
    Drop,
}

/// The batches of one epoch.
///
/// ```
/// use dl_data::{Batches, LastBatch, generator};
/// let batches = Batches::shuffled(10, 4, LastBatch::Keep, &mut generator(0))?;
/// let sizes: Vec<usize> = batches.iter().map(<[usize]>::len).collect();
/// assert_eq!(sizes, [4, 4, 2]);
/// # Ok::<(), dl_data::DatasetError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batches {
    rows: Vec<usize>,
    size: usize,
}

impl Batches {
    /// `rows` rows in random order, `size` per batch.
    ///
    /// # Errors
    /// A size of 0 or above the number of rows; not enough memory.
    pub fn shuffled<R: Rng + ?Sized>(
        rows: usize,
        size: usize,
        last: LastBatch,
        rng: &mut R,
    ) -> Result<Self, DatasetError> {
        check(rows, size)?;
        Ok(Self::from_rows(permutation(rows, rng)?, size, last))
    }

    /// `rows` rows in their original order, `size` per batch.
    ///
    /// # Errors
    /// A size of 0 or above the number of rows; not enough memory.
    pub fn in_order(rows: usize, size: usize, last: LastBatch) -> Result<Self, DatasetError> {
        check(rows, size)?;
        Ok(Self::from_rows(in_order(rows)?, size, last))
    }

    fn from_rows(mut rows: Vec<usize>, size: usize, last: LastBatch) -> Self {
        if last == LastBatch::Drop {
            rows.truncate(rows.len() / size * size);
        }
        Self { rows, size }
    }

    /// Iterates over the batches, each a slice of row indices.
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

fn check(rows: usize, size: usize) -> Result<(), DatasetError> {
    if size == 0 || size > rows {
        return Err(DatasetError::BatchSize { size, rows });
    }
    Ok(())
}
