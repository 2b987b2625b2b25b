//! Errors in an IDX file, each with its location.

use std::{fmt, io};

use super::{ElementType, MAX_RANK};
use dl_core::text::escaped;

/// A byte offset in an IDX file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdxLocation {
    /// Path of the file, or the name given to [`IdxReader::new`](super::IdxReader::new).
    pub name: String,
    /// The byte offset, from 0.
    pub offset: u64,
    /// The file is gzipped, and `offset` counts the decompressed bytes.
    pub decompressed: bool,
}

impl IdxLocation {
    /// The first byte of a file that is not known to be gzipped.
    pub(super) fn start(name: String) -> Self {
        Self {
            name,
            offset: 0,
            decompressed: false,
        }
    }
}

impl fmt::Display for IdxLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decompressed = if self.decompressed {
            "decompressed "
        } else {
            ""
        };
        write!(
            f,
            "{}, {decompressed}byte {}",
            escaped(&self.name),
            self.offset
        )
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
        at: IdxLocation,
        /// The operating system's error.
        source: io::Error,
    },
    /// A gzipped file that is damaged, truncated or followed by something other than gzip.
    #[error("{at}: the gzip data is damaged or truncated: {source}")]
    Gzip {
        /// The last byte that could be decompressed.
        at: IdxLocation,
        /// The decoder's error.
        source: io::Error,
    },
    /// A gzipped file that decompresses to far more than its size. It can be read once decompressed.
    #[error("{at}: {source}; if the file is valid, decompress it first")]
    OverBudget {
        /// Where.
        at: IdxLocation,
        /// The budget exceeded.
        source: dl_fs::OverBudget,
    },
    /// Neither IDX nor gzip.
    #[error(
        "{at}: begins with {:02x} {:02x}; an IDX file begins with 00 00, a gzipped one with 1f 8b",
        found[0], found[1]
    )]
    Magic {
        /// Where.
        at: IdxLocation,
        /// The first two bytes.
        found: [u8; 2],
    },
    /// An unknown element type.
    #[error(
        "{at}: element type 0x{found:02x}; it must be 08 (u8), 09 (i8), 0b (i16), 0c (i32), \
         0d (f32) or 0e (f64)"
    )]
    ElementType {
        /// Where.
        at: IdxLocation,
        /// The code.
        found: u8,
    },
    /// An unsupported number of axes.
    #[error("{at}: {found} axes; there must be 1 to {MAX_RANK}")]
    Rank {
        /// Where.
        at: IdxLocation,
        /// The number of axes.
        found: u8,
    },
    /// A shape that exceeds addressable memory.
    #[error("{at}: {element} values of shape {shape:?} exceed addressable memory")]
    TooLarge {
        /// Where the data would begin.
        at: IdxLocation,
        /// The element type.
        element: ElementType,
        /// The shape in the header.
        shape: Vec<u32>,
    },
    /// The file ends within the header.
    #[error("{at}: the file ends here, within the header of {expected} bytes")]
    TruncatedHeader {
        /// Where the file ends.
        at: IdxLocation,
        /// Bytes of the header, as far as it is known.
        expected: usize,
    },
    /// Fewer values than the header declares.
    #[error(
        "{at}: the file ends here, after {found} bytes of data; shape {shape:?} of {element} needs \
         {expected}"
    )]
    TruncatedData {
        /// Where the file ends.
        at: IdxLocation,
        /// The element type.
        element: ElementType,
        /// The shape in the header.
        shape: Vec<usize>,
        /// Bytes of data the shape needs.
        expected: u64,
        /// Bytes of data found.
        found: u64,
    },
    /// More values than the header declares, or anything else after them.
    #[error("{at}: the data of shape {shape:?} of {element} ends here, but more bytes follow")]
    TrailingData {
        /// Where the data ends.
        at: IdxLocation,
        /// The element type.
        element: ElementType,
        /// The shape in the header.
        shape: Vec<usize>,
    },
    /// Values of a different type than requested.
    #[error("{at}: the values are {found}, expected {expected}")]
    WrongElement {
        /// Location of the type.
        at: IdxLocation,
        /// The type requested.
        expected: ElementType,
        /// The type of the file.
        found: ElementType,
    },
    /// An array that the IDX format cannot represent.
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
    #[error("cannot write the IDX data: {0}")]
    Write(#[source] io::Error),
}
