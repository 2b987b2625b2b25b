//! Writes arrays.

use std::io::{self, BufWriter, Write};

use flate2::{Compression, write::GzEncoder};
use ndarray::{ArrayRef, Dimension};

use super::{IdxElement, IdxError, MAX_RANK};

/// Writes an array of any layout, gzipped or not, and flushes the writer.
///
/// ```
/// use dl_data::{idx, ndarray::arr2};
/// let mut file = Vec::new();
/// idx::write(&mut file, &arr2(&[[1_u8, 2, 3]]), false)?;
/// assert_eq!(file, [0, 0, 0x08, 2, 0, 0, 0, 1, 0, 0, 0, 3, 1, 2, 3]);
/// # Ok::<(), idx::IdxError>(())
/// ```
///
/// # Errors
/// An array without axes or with more than [`MAX_RANK`]; an axis of more than 2³² − 1 values; an I/O error.
pub fn write<T: IdxElement, D: Dimension>(
    writer: impl Write,
    array: &ArrayRef<T, D>,
    gzip: bool,
) -> Result<(), IdxError> {
    let header = header::<T>(array.shape()).ok_or_else(|| IdxError::Unwritable {
        shape: array.shape().to_vec(),
    })?;
    let written = if gzip {
        let mut packed = GzEncoder::new(writer, Compression::default());
        write_all(&mut packed, &header, array)
            .and_then(|()| packed.finish())
            .and_then(|mut writer| writer.flush())
    } else {
        write_all(writer, &header, array)
    };
    written.map_err(IdxError::Write)
}

fn header<T: IdxElement>(shape: &[usize]) -> Option<Vec<u8>> {
    let rank = u8::try_from(shape.len()).ok()?;
    if !(1..=MAX_RANK).contains(&shape.len()) {
        return None;
    }
    let mut header = vec![0, 0, T::ELEMENT_TYPE.code(), rank];
    for &size in shape {
        header.extend(u32::try_from(size).ok()?.to_be_bytes());
    }
    Some(header)
}

fn write_all<T: IdxElement, D: Dimension>(
    writer: impl Write,
    header: &[u8],
    array: &ArrayRef<T, D>,
) -> io::Result<()> {
    let mut writer = BufWriter::with_capacity(64 << 10, writer);
    writer.write_all(header)?;
    let mut bytes = Vec::with_capacity(T::ELEMENT_TYPE.bytes());
    for &value in array {
        bytes.clear();
        value.push_bytes(&mut bytes);
        writer.write_all(&bytes)?;
    }
    writer.flush()
}
