//! The header: what the values are and how many there should be.

use std::io::Read;

use super::{Element, IdxError, MAX_RANK, source::Source};

#[derive(Debug)]
pub(super) struct Header {
    pub(super) element: Element,
    pub(super) shape: Vec<usize>,
    /// Number of values, whose bytes can be addressed.
    pub(super) values: usize,
}

impl Header {
    /// Reads the first bytes of a source.
    pub(super) fn read<R: Read>(source: &mut Source<R>) -> Result<Self, IdxError> {
        source.fill(4)?;
        // what is no IDX file at all is not called a short one
        if let &[a, b, ..] = source.chunk()
            && [a, b] != [0, 0]
        {
            return Err(IdxError::Magic {
                at: source.place(0),
                found: [a, b],
            });
        }
        let &[_, _, code, rank] = source.chunk() else {
            return Err(ends(source, 4));
        };
        let element = Element::of_code(code).ok_or_else(|| IdxError::ElementType {
            at: source.place(2),
            found: code,
        })?;
        if !(1..=MAX_RANK).contains(&usize::from(rank)) {
            return Err(IdxError::Rank {
                at: source.place(3),
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

/// Values of a shape; `None` if an array of it cannot be addressed, even if it is empty.
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
