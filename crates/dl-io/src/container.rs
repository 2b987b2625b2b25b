//! The file format of bundles and checkpoints: a safetensors file, so that any program can read the arrays, whose
//! metadata contain a JSON manifest with a checksum of the whole file.
//!
//! ```text
//! 8 bytes       length of the header, little-endian
//! header        JSON: { "__metadata__": { "dl": MANIFEST }, NAME: { dtype, shape, data_offsets } … }
//! rest          the values of all tensors
//! MANIFEST      JSON, as a string: { "sha256": …, "format": …, "version": …, "content": … }
//! ```
//!
//! The checksum is the SHA-256 of the whole file with zeros in place of the checksum itself. Reading executes
//! nothing, and allocates no more than a few times the size of the file.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use dl_core::text::{shown, shown_path};
use dl_fs::{Budget, OverBudget};
use dl_nn::Scalar;
use ndarray::ArrayD;
use safetensors::tensor::{Metadata, TensorView};
use safetensors::{Dtype, SafeTensorError, SafeTensors, View};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::WriteError;
use crate::json::{self, JsonError};
use crate::tensors::{Narrowing, TensorError, array_from, bytes_of, dtype};

/// Size of the header's length field in bytes.
const HEADER_LENGTH: usize = 8;

/// Memory for an empty array and its name, in bytes.
const ARRAY_BYTES: u64 = 256;

/// The metadata key of the manifest.
const KEY: &str = "dl";

/// What precedes the checksum in the file: the manifest is JSON in a JSON string.
const BEFORE_CHECKSUM: &[u8] = br#"{\"sha256\":\""#;

/// Placeholder for the checksum while it is computed.
const NO_CHECKSUM: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A file that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read `{}`: {kind}", shown_path(path))]
pub struct ReadError {
    /// The file.
    pub path: PathBuf,
    /// The problem.
    pub kind: ReadErrorKind,
}

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadErrorKind {
    /// It cannot be opened or read.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// It is not a safetensors file, or it is truncated.
    #[error(
        "it is not a complete safetensors file ({bytes} bytes): {source}",
        source = shown(&source.to_string())
    )]
    Format {
        /// Size of the file in bytes.
        bytes: usize,
        /// The safetensors library's error.
        source: SafeTensorError,
    },
    /// It is a safetensors file without a manifest.
    #[error("it contains tensors but no manifest; use `WeightsFile` to read plain weights")]
    NoManifest,
    /// The manifest is not in the form this library writes.
    #[error("its manifest is invalid: {}", shown(&.0.to_string()))]
    Manifest(serde_json::Error),
    /// Its bytes have changed since it was written.
    #[error(
        "its checksum is {found}, but should be {expected}: the file was modified or damaged",
        found = shown(found), expected = shown(expected)
    )]
    Checksum {
        /// The checksum in the file.
        found: String,
        /// The checksum of its bytes.
        expected: String,
    },
    /// It is a file in a different format.
    #[error("its format is `{found}`, expected `{expected}`", found = shown(found))]
    Kind {
        /// Its format.
        found: String,
        /// The expected format.
        expected: &'static str,
    },
    /// It was written by a later version of this library, or by one too old.
    #[error(
        "its format version is {found}, but this library reads {}",
        known_versions(*found, *oldest, *newest)
    )]
    Version {
        /// The file's version.
        found: u32,
        /// The oldest version this library reads.
        oldest: u32,
        /// The newest version this library reads, and the one it writes.
        newest: u32,
    },
    /// A tensor has the wrong type or size.
    #[error(transparent)]
    Tensor(#[from] TensorError),
    /// The manifest names a tensor more than once.
    #[error("its manifest names the tensor `{}` more than once", shown(.0))]
    Repeated(String),
    /// A JSON object in it has a duplicate key: a tensor or a setting.
    #[error("its JSON has the duplicate key `{}` in one object", shown(.0))]
    Duplicate(String),
    /// It would cost more than its size warrants.
    #[error(transparent)]
    Cost(#[from] OverBudget),
    /// A tensor is missing.
    #[error("it has no tensor `{}`, although its manifest names it", shown(.0))]
    MissingTensor(String),
}

/// The versions that are read, and what to do with a file of another one.
fn known_versions(found: u32, oldest: u32, newest: u32) -> String {
    let known = match oldest == newest {
        true => format!("version {newest}"),
        false => format!("versions {oldest} to {newest}"),
    };
    let advice = match found > newest {
        true => "a later version of the library wrote it: use that version",
        false => {
            "an earlier version of the library wrote it: use that version, or delete the file to start again"
        }
    };
    format!("{known}; {advice}")
}

/// The manifest; the checksum comes first, so that its position is known.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest<T> {
    sha256: String,
    format: String,
    version: u32,
    content: T,
}

/// The part of a manifest that determines whether the rest can be read.
#[derive(Deserialize)]
struct Kind {
    sha256: String,
    format: String,
    version: u32,
}

/// A file format.
pub(crate) struct Format {
    pub(crate) name: &'static str,
    /// The versions that are read; the last is written.
    pub(crate) versions: RangeInclusive<u32>,
}

/// A tensor to be written.
struct Bytes {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl View for Bytes {
    fn dtype(&self) -> Dtype {
        self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

/// Encodes a file of named arrays with a manifest for `content`.
pub(crate) fn encode<F: Scalar>(
    format: &Format,
    content: &impl Serialize,
    arrays: Vec<(String, ArrayD<F>)>,
) -> std::io::Result<Vec<u8>> {
    let manifest = Manifest {
        sha256: NO_CHECKSUM.to_owned(),
        format: format.name.to_owned(),
        version: *format.versions.end(),
        content,
    };
    let manifest = serde_json::to_string(&manifest)?;
    let tensors = arrays.into_iter().map(|(name, array)| {
        let bytes = Bytes {
            dtype: dtype::<F>(),
            shape: array.shape().to_vec(),
            bytes: bytes_of(&array),
        };
        (name, bytes)
    });
    let metadata = HashMap::from([(KEY.to_owned(), manifest)]);
    let bytes = safetensors::serialize(tensors, Some(metadata));
    let mut bytes = bytes.map_err(std::io::Error::other)?;
    let place = checksum_place(&bytes).expect("the manifest begins with the checksum");
    let checksum = hexadecimal(&Sha256::digest(&bytes));
    bytes[place].copy_from_slice(checksum.as_bytes());
    Ok(bytes)
}

/// Writes the bytes of a file atomically.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    dl_fs::write(path, bytes).map_err(WriteError::at(path))
}

/// The bytes of a file with a valid checksum.
pub(crate) struct Container {
    path: PathBuf,
    bytes: Vec<u8>,
    /// Where the tensor data begins.
    data: usize,
    metadata: Metadata,
    /// Names of the tensors that have been read: reading one repeatedly could take more memory than the file
    /// warrants.
    read: RefCell<HashSet<String>>,
    budget: Budget,
}

impl Container {
    /// Reads a file of this format.
    pub(crate) fn read(path: &Path, format: &Format) -> Result<Self, ReadError> {
        let container = || {
            let bytes = dl_fs::read(path)?;
            let budget = Budget::for_file(bytes.len() as u64);
            let (data, metadata) = header(&bytes, &budget)?;
            check_manifest(manifest(&metadata)?, &bytes, format, &budget)?;
            Ok(Self {
                path: path.to_owned(),
                bytes,
                data,
                metadata,
                read: RefCell::default(),
                budget,
            })
        };
        container().map_err(|kind| ReadError {
            path: path.to_owned(),
            kind,
        })
    }

    /// What the file may still cost after what has been read.
    pub(crate) fn budget(&self) -> &Budget {
        &self.budget
    }

    /// The manifest's content.
    pub(crate) fn content<T: DeserializeOwned>(&self) -> Result<T, ReadError> {
        let content = || {
            let manifest: Manifest<T> =
                serde_json::from_str(manifest(&self.metadata)?).map_err(ReadErrorKind::Manifest)?;
            Ok(manifest.content)
        };
        content().map_err(|kind| self.failed(kind))
    }

    /// Reads the arrays with these names, each at most once per file.
    pub(crate) fn arrays<F: Scalar>(
        &self,
        names: impl IntoIterator<Item = String>,
    ) -> Result<Vec<(String, ArrayD<F>)>, ReadError> {
        let arrays = names.into_iter().map(|name| {
            let array = self.array(&name)?;
            Ok((name, array))
        });
        arrays.collect()
    }

    /// Reads an array, at most once per file.
    pub(crate) fn array<F: Scalar>(&self, name: &str) -> Result<ArrayD<F>, ReadError> {
        let array = self.read_array(name);
        array.map_err(|kind| self.failed(kind))
    }

    fn read_array<F: Scalar>(&self, name: &str) -> Result<ArrayD<F>, ReadErrorKind> {
        let info = self.metadata.info(name);
        let info = info.ok_or_else(|| ReadErrorKind::MissingTensor(name.to_owned()))?;
        if !self.read.borrow_mut().insert(name.to_owned()) {
            return Err(ReadErrorKind::Repeated(name.to_owned()));
        }
        let (start, end) = info.data_offsets;
        let data = &self.bytes[self.data + start..self.data + end];
        let elements = data.len() as u64 * 8 / info.dtype.bitsize() as u64;
        let memory = elements.saturating_mul(size_of::<F>() as u64);
        let what = format_args!("tensor `{}`", shown(name));
        self.budget.take_memory(what, memory + ARRAY_BYTES)?;
        let shape = info.shape.clone();
        let tensor = TensorView::new(info.dtype, shape, data).map_err(|source| {
            let bytes = self.bytes.len();
            ReadErrorKind::Format { bytes, source }
        })?;
        Ok(array_from(name, &tensor, Narrowing::Reject)?)
    }

    /// The error for this file.
    pub(crate) fn failed(&self, kind: ReadErrorKind) -> ReadError {
        ReadError {
            path: self.path.clone(),
            kind,
        }
    }
}

/// The metadata in a file's header, and where the tensor data begins.
fn header(bytes: &[u8], budget: &Budget) -> Result<(usize, Metadata), ReadErrorKind> {
    if let Some(text) = header_text(bytes) {
        checked(json::check(text, "its header", budget))?;
    }
    let read = SafeTensors::read_metadata(bytes);
    let (length, metadata) = read.map_err(|source| {
        let bytes = bytes.len();
        ReadErrorKind::Format { bytes, source }
    })?;
    Ok((HEADER_LENGTH + length, metadata))
}

/// The header of a safetensors file, if it has one.
pub(crate) fn header_text(bytes: &[u8]) -> Option<&str> {
    let (length, rest) = bytes.split_first_chunk::<HEADER_LENGTH>()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    std::str::from_utf8(rest.get(..length)?).ok()
}

/// Invalid JSON is left for the parser to report.
fn checked(result: Result<(), JsonError>) -> Result<(), ReadErrorKind> {
    match result {
        Ok(()) | Err(JsonError::Syntax) => Ok(()),
        Err(JsonError::Duplicate(key)) => Err(ReadErrorKind::Duplicate(key)),
        Err(JsonError::Cost(over)) => Err(over.into()),
    }
}

fn manifest(metadata: &Metadata) -> Result<&str, ReadErrorKind> {
    let metadata = metadata.metadata().as_ref();
    let manifest = metadata.and_then(|metadata| metadata.get(KEY));
    Ok(manifest.ok_or(ReadErrorKind::NoManifest)?)
}

/// Checks checksum, format and version, before the rest is read.
fn check_manifest(
    manifest: &str,
    bytes: &[u8],
    format: &Format,
    budget: &Budget,
) -> Result<(), ReadErrorKind> {
    checked(json::check(manifest, "its manifest", budget))?;
    let kind: Kind = serde_json::from_str(manifest).map_err(ReadErrorKind::Manifest)?;
    let expected = checksum(bytes).ok_or(ReadErrorKind::NoManifest)?;
    if kind.sha256 != expected {
        return Err(ReadErrorKind::Checksum {
            found: kind.sha256,
            expected,
        });
    }
    if kind.format != format.name {
        return Err(ReadErrorKind::Kind {
            found: kind.format,
            expected: format.name,
        });
    }
    if !format.versions.contains(&kind.version) {
        return Err(ReadErrorKind::Version {
            found: kind.version,
            oldest: *format.versions.start(),
            newest: *format.versions.end(),
        });
    }
    Ok(())
}

/// Position of the checksum in the file.
fn checksum_place(bytes: &[u8]) -> Option<std::ops::Range<usize>> {
    let mut windows = bytes.windows(BEFORE_CHECKSUM.len());
    let start = windows.position(|window| window == BEFORE_CHECKSUM)? + BEFORE_CHECKSUM.len();
    let place = start..start + NO_CHECKSUM.len();
    (place.end <= bytes.len()).then_some(place)
}

/// The checksum that a file with these bytes should have.
fn checksum(bytes: &[u8]) -> Option<String> {
    let place = checksum_place(bytes)?;
    let mut hash = Sha256::new();
    hash.update(&bytes[..place.start]);
    hash.update(NO_CHECKSUM);
    hash.update(&bytes[place.end..]);
    Some(hexadecimal(&hash.finalize()))
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
#[path = "container_tests.rs"]
mod tests;
