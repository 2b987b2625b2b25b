//! Data sets as sources of batches.

mod datasets;

use dl_core::{
    PerScalar, Scalar,
    source::{SourceBatch, SourceError},
};
use rayon::prelude::*;

use crate::DatasetError;

/// A read that a source can serve: every sample exists.
///
/// # Panics
/// If the buffers are not those of `samples`, which breaks the contract of [`Source::read`](dl_core::Source::read).
pub(crate) fn check_read<F>(
    samples: &[usize],
    count: usize,
    sample_len: usize,
    width: usize,
    batch: &SourceBatch<'_, F>,
) -> Result<(), DatasetError> {
    let values = batch.values.len();
    assert_eq!(batch.x.len(), samples.len() * sample_len, "length of x");
    assert!(
        values == 0 || values == samples.len() * width,
        "length of values: {values} for {} samples of {width}",
        samples.len()
    );
    match samples.iter().find(|&&sample| sample >= count) {
        Some(&sample) => Err(DatasetError::Row {
            row: sample,
            rows: count,
        }),
        None => Ok(()),
    }
}

/// The first error of reading samples in parallel, whichever thread is first.
pub(crate) fn first_error(
    reads: impl IndexedParallelIterator<Item = Result<(), SourceError>>,
) -> Result<(), SourceError> {
    match reads.filter_map(Result::err).find_first(|_| true) {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// Bytes as values in [0, 1], byte ÷ 255, rounded once.
pub(crate) fn to_unit<F: Scalar>(bytes: &[u8], values: &mut [F]) {
    // looked up, since converting and dividing takes several times as long
    let units = F::select::<Units>(&SINGLE, &DOUBLE);
    for (value, &byte) in values.iter_mut().zip(bytes) {
        *value = units[usize::from(byte)];
    }
}

/// The value of each byte.
struct Units;

impl PerScalar for Units {
    type Of<F: Scalar> = &'static [F; 256];
}

static SINGLE: [f32; 256] = {
    let mut units = [0.; 256];
    let mut byte = 0;
    while byte < 256 {
        units[byte] = byte as f32 / 255.;
        byte += 1;
    }
    units
};

static DOUBLE: [f64; 256] = {
    let mut units = [0.; 256];
    let mut byte = 0;
    while byte < 256 {
        units[byte] = byte as f64 / 255.;
        byte += 1;
    }
    units
};
