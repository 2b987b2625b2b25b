//! What can be wrong with an IDX file, each with its place.

use std::{fmt, io};

use super::{Element, MAX_RANK};
use dl_core::text::escaped;

/// A byte of an IDX file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdxPlace {
    /// Path of the file, or the name given to [`IdxReader::new`](super::IdxReader::new).
    pub name: String,
    /// The byte, from 0.
    pub offset: u64,
    /// The file is gzipped, and `offset` counts the unpacked bytes.
    pub unpacked: bool,
}

impl IdxPlace {
    /// The first byte of a file, not known to be gzipped.
    pub(super) fn start(name: String) -> Self {
        Self {
            name,
            offset: 0,
            unpacked: false,
        }
    }
}

impl fmt::Display for IdxPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unpacked = if self.unpacked { "unpacked " } else { "" };
        write!(f, "{}, {unpacked}byte {}", escaped(&self.name), self.offset)
    }
}

/// Why an IDX file cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdxError {
    /// The file cannot be read.
    #[error("{at}: {source}")]
    Io {
        /// Where.
        at: IdxPlace,
        /// What the system says.
        source: io::Error,
    },
    /// A gzipped file that is damaged, incomplete or followed by something else than gzip.
    #[error("{at}: the gzip data are damaged or end too soon: {source}")]
    Gzip {
        /// The last byte that could be unpacked.
        at: IdxPlace,
        /// What the decoder says.
        source: io::Error,
    },
    /// A gzipped file that unpacks to far more than its size. The file unpacked can be read.
    #[error("{at}: {source}; if the file is valid, decompress it first")]
    OverBudget {
        /// Where.
        at: IdxPlace,
        /// What it takes.
        source: dl_fs::OverBudget,
    },
    /// Neither IDX nor gzip.
    #[error(
        "{at}: begins with {:02x} {:02x}; an IDX file begins with 00 00, a gzipped one with 1f 8b",
        found[0], found[1]
    )]
    Magic {
        /// Where.
        at: IdxPlace,
        /// The first two bytes.
        found: [u8; 2],
    },
    /// A code no type has.
    #[error(
        "{at}: element type 0x{found:02x}; it must be 08 (u8), 09 (i8), 0b (i16), 0c (i32), \
         0d (f32) or 0e (f64)"
    )]
    ElementType {
        /// Where.
        at: IdxPlace,
        /// The code.
        found: u8,
    },
    /// A number of axes no array has.
    #[error("{at}: {found} axes; there must be 1 to {MAX_RANK}")]
    Rank {
        /// Where.
        at: IdxPlace,
        /// The number of axes.
        found: u8,
    },
    /// A shape no memory can hold.
    #[error("{at}: {element} values of shape {shape:?} are more than memory can address")]
    TooLarge {
        /// Where the data would begin.
        at: IdxPlace,
        /// The element type.
        element: Element,
        /// The shape the header gives.
        shape: Vec<u32>,
    },
    /// The file ends within the header.
    #[error("{at}: the file ends here, within the header, which takes {expected} bytes")]
    TruncatedHeader {
        /// Where the file ends.
        at: IdxPlace,
        /// Bytes of the header, as far as can be known.
        expected: usize,
    },
    /// Fewer values than the header says.
    #[error(
        "{at}: the file ends here, after {found} bytes of data; shape {shape:?} of {element} takes \
         {expected}"
    )]
    TruncatedData {
        /// Where the file ends.
        at: IdxPlace,
        /// The element type.
        element: Element,
        /// The shape the header gives.
        shape: Vec<usize>,
        /// Bytes of data the shape takes.
        expected: u64,
        /// Bytes of data found.
        found: u64,
    },
    /// More values than the header says, or anything else behind them.
    #[error("{at}: the data of shape {shape:?} of {element} end here, but more bytes follow")]
    TrailingData {
        /// Where the data end.
        at: IdxPlace,
        /// The element type.
        element: Element,
        /// The shape the header gives.
        shape: Vec<usize>,
    },
    /// Values of another type than asked for.
    #[error("{at}: the values are {found}, expected {expected}")]
    WrongElement {
        /// Where the type stands.
        at: IdxPlace,
        /// The type asked for.
        expected: Element,
        /// The type of the file.
        found: Element,
    },
    /// An array that an IDX file cannot hold.
    #[error(
        "an array of shape {shape:?} cannot be written: there must be 1 to {MAX_RANK} axes, \
         each at most {} long",
        u32::MAX
    )]
    Unwritable {
        /// Shape of the array.
        shape: Vec<usize>,
    },
    /// The array cannot be written.
    #[error("writing IDX: {0}")]
    Write(#[source] io::Error),
}
