//! The header: element type and shape.

use std::io::Read;

use super::{ElementType, IdxError, MAX_RANK, source::Source};

#[derive(Debug)]
pub(super) struct Header {
    pub(super) element: ElementType,
    pub(super) shape: Vec<usize>,
    /// Number of values, which fit into addressable memory.
    pub(super) values: usize,
}

impl Header {
    /// Reads the header from a source.
    pub(super) fn read<R: Read>(source: &mut Source<R>) -> Result<Self, IdxError> {
        source.fill(4)?;
        // a file that is not IDX at all is not reported as truncated
        if let &[a, b, ..] = source.chunk()
            && [a, b] != [0, 0]
        {
            return Err(IdxError::Magic {
                at: source.location(0),
                found: [a, b],
            });
        }
        let &[_, _, code, rank] = source.chunk() else {
            return Err(ends(source, 4));
        };
        let element = ElementType::from_code(code).ok_or_else(|| IdxError::ElementType {
            at: source.location(2),
            found: code,
        })?;
        if !(1..=MAX_RANK).contains(&usize::from(rank)) {
            return Err(IdxError::Rank {
                at: source.location(3),
                found: rank,
            });
        }
        let bytes = 4 * usize::from(rank);
        if source.fill(bytes)? < bytes {
            return Err(ends(source, 4 + bytes));
        }
        let (sizes, _) = source.chunk().as_chunks();
        let shape: Vec<u32> = sizes.iter().map(|size| u32::from_be_bytes(*size)).collect();
        let Some(values) = count(&shape, element.bytes()) else {
            return Err(IdxError::TooLarge {
                at: source.here(),
                element,
                shape,
            });
        };
        Ok(Self {
            element,
            shape: shape.iter().map(|&size| size as usize).collect(),
            values,
        })
    }
}

fn ends<R>(source: &Source<R>, expected: usize) -> IdxError {
    IdxError::TruncatedHeader {
        at: source.here(),
        expected,
    }
}

/// Number of values of a shape; `None` if such an array exceeds addressable memory, even if it is empty.
fn count(shape: &[u32], element_bytes: usize) -> Option<usize> {
    let addressable = (shape.iter().filter(|&&size| size > 0))
        .try_fold(element_bytes, |bytes, &size| {
            bytes.checked_mul(usize::try_from(size).ok()?)
        })
        .filter(|&bytes| isize::try_from(bytes).is_ok())?;
    Some(if shape.contains(&0) {
        0
    } else {
        addressable / element_bytes
    })
}
