//! IDX, the format of MNIST and related data sets: an array of any rank, gzipped or not.
//!
//! ```text
//! byte 0  00 00           always
//!      2  element type    08 u8, 09 i8, 0b i16, 0c i32, 0d f32, 0e f64
//!      3  rank            number of axes
//!      4  sizes           one big-endian u32 per axis
//!   then  values          row-major, big-endian, and nothing after them
//! ```
//!
//! Whether a file is gzipped is determined by its first two bytes, not by its name. A gzip file of several members
//! is their concatenation (RFC 1952, section 2.2); anything else after the last member is an error, as is a
//! checksum that does not match.
//!
//! ```
//! use dl_data::{idx, ndarray::array};
//!
//! let mut file = Vec::new(); // or a std::fs::File
//! idx::write(&mut file, &array![[1.5_f32, 2.5]], true)?;
//!
//! // a reader, or idx::open(path)
//! let values = idx::IdxReader::new(file.as_slice(), "memory")?.into_array::<f32>()?;
//! assert_eq!(values, array![[1.5, 2.5]].into_dyn());
//!
//! let error = idx::IdxReader::new(&b"\0\0\x07\x02"[..], "weights.idx").unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "weights.idx, byte 2: element type 0x07; it must be 08 (u8), 09 (i8), 0b (i16), \
//!      0c (i32), 0d (f32) or 0e (f64)"
//! );
//! # Ok::<(), idx::IdxError>(())
//! ```
//!
//! Source: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits",
//! section "File formats".

mod array;
mod element;
mod error;
mod header;
mod reader;
mod source;
mod writer;

pub use array::IdxArray;
pub use element::{ElementType, IdxElement};
pub use error::{IdxError, IdxLocation};
pub(crate) use reader::grow;
pub use reader::{IdxReader, open};
pub use writer::write;

/// Maximum number of axes of an array, the same as `NumPy`'s.
pub const MAX_RANK: usize = 64;

/// Reads a file into an array of the type it contains.
///
/// # Errors
/// A file that cannot be read or is not a valid IDX file; see [`IdxError`].
pub fn read(path: impl AsRef<std::path::Path>) -> Result<IdxArray, IdxError> {
    open(path)?.into_any()
}
