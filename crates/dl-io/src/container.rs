//! The file that bundles and checkpoints are: a safetensors file, so that any program can read the
//! arrays, whose metadata hold a manifest in JSON and a checksum of the whole file.
//!
//! ```text
//! 8 bytes       length of the header, little-endian
//! header        JSON: { "__metadata__": { "dl": MANIFEST }, NAME: { dtype, shape, data_offsets } … }
//! rest          the numbers of all tensors
//! MANIFEST      JSON, as a string: { "sha256": …, "format": …, "version": …, "content": … }
//! ```
//!
//! The checksum is the SHA-256 of the whole file with zeros in its own place. Reading executes
//! nothing, and allocates no more than a few times the bytes that are there.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use dl_nn::Scalar;
use ndarray::ArrayD;
use safetensors::{Dtype, SafeTensorError, SafeTensors, View};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::WriteError;
use crate::tensors::{Narrowing, TensorError, array_from, bytes_of, dtype};

/// The metadata's key of the manifest.
const KEY: &str = "dl";

/// What stands before the checksum in the file: the manifest is JSON in a JSON string.
const BEFORE_CHECKSUM: &[u8] = br#"{\"sha256\":\""#;

/// What stands in the checksum's place while it is computed.
const NO_CHECKSUM: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A file that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read `{}`: {kind}", path.display())]
pub struct ReadError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub kind: ReadErrorKind,
}

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadErrorKind {
    /// It cannot be opened or read.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// It is no safetensors file, or less of it than its header says.
    #[error("it is no whole safetensors file of {bytes} bytes: {source}")]
    Format {
        /// The bytes there are.
        bytes: usize,
        /// What the format's library says.
        source: SafeTensorError,
    },
    /// It is a safetensors file without a manifest.
    #[error("it holds tensors, but no manifest; plain weights are read by `weights`")]
    NoManifest,
    /// The manifest is not what this library writes.
    #[error("its manifest cannot be read: {0}")]
    Manifest(serde_json::Error),
    /// Its bytes are not those that were written.
    #[error("its checksum is {found}, but its bytes have {expected}: it was changed or damaged")]
    Checksum {
        /// The checksum in the file.
        found: String,
        /// That of its bytes.
        expected: String,
    },
    /// It is another kind of file.
    #[error("it is a `{found}`, but a `{expected}` is read here")]
    Kind {
        /// Its kind.
        found: String,
        /// The kind that was asked for.
        expected: &'static str,
    },
    /// It was written by a later version of this library.
    #[error("its format has version {found}, but this library reads version {known}")]
    Version {
        /// The file's version.
        found: u32,
        /// The version read here.
        known: u32,
    },
    /// A tensor does not hold what it should.
    #[error(transparent)]
    Tensor(#[from] TensorError),
    /// The manifest names more than the file holds: a tensor more than once.
    #[error("its manifest names `{0}` and others, which are more numbers than the file holds")]
    Repeated(String),
    /// A tensor is missing.
    #[error("it has no tensor `{0}`, which its manifest names")]
    MissingTensor(String),
}

/// The manifest; the checksum comes first, so that its place is known.
#[derive(Serialize, Deserialize)]
struct Manifest<T> {
    sha256: String,
    format: String,
    version: u32,
    content: T,
}

/// The part of a manifest that says whether the rest can be read.
#[derive(Deserialize)]
struct Kind {
    sha256: String,
    format: String,
    version: u32,
}

/// A kind of file.
#[derive(Clone, Copy)]
pub(crate) struct Format {
    pub(crate) name: &'static str,
    pub(crate) version: u32,
}

/// What is written of a tensor.
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

/// Writes named arrays with a manifest whose content is `content`, whole or not at all.
pub(crate) fn write<F: Scalar>(
    path: &Path,
    format: Format,
    content: &impl Serialize,
    arrays: Vec<(String, ArrayD<F>)>,
) -> Result<(), WriteError> {
    let manifest = Manifest {
        sha256: NO_CHECKSUM.to_owned(),
        format: format.name.to_owned(),
        version: format.version,
        content,
    };
    let manifest = serde_json::to_string(&manifest);
    let manifest = manifest.map_err(|error| WriteError::at(path)(error.into()))?;
    let tensors = arrays.into_iter().map(|(name, array)| {
        let bytes = Bytes {
            dtype: dtype::<F>(),
            shape: array.shape().to_vec(),
            bytes: bytes_of(&array),
        };
        (name, bytes)
    });
    let metadata = HashMap::from([(KEY.to_owned(), manifest)]);
    let mut bytes = safetensors::serialize(tensors, Some(metadata))
        .map_err(|error| WriteError::at(path)(std::io::Error::other(error)))?;
    let place = checksum_place(&bytes).expect("the manifest begins with the checksum");
    let checksum = hexadecimal(&Sha256::digest(&bytes));
    bytes[place].copy_from_slice(checksum.as_bytes());
    let written = dl_fs::write_atomically(path, |file| file.write_all(&bytes));
    written.map_err(WriteError::at(path))
}

/// A file's bytes, whose checksum is right.
pub(crate) struct Container {
    path: PathBuf,
    bytes: Vec<u8>,
    manifest: String,
    /// Bytes of tensors that have not been read yet: a tensor named again and again would take
    /// more memory than the file warrants.
    unread: Cell<usize>,
}

impl Container {
    /// Reads a file of this format.
    pub(crate) fn read(path: &Path, format: Format) -> Result<Self, ReadError> {
        let failed = |kind| ReadError {
            path: path.to_owned(),
            kind,
        };
        let bytes = dl_fs::read(path).map_err(|error| failed(error.into()))?;
        let manifest = manifest(&bytes, format).map_err(failed)?;
        Ok(Self {
            path: path.to_owned(),
            unread: Cell::new(bytes.len()),
            bytes,
            manifest,
        })
    }

    /// The manifest's content.
    pub(crate) fn content<T: DeserializeOwned>(&self) -> Result<T, ReadError> {
        let manifest: Result<Manifest<T>, _> = serde_json::from_str(&self.manifest);
        let content = manifest.map(|manifest| manifest.content);
        content.map_err(|error| self.failed(ReadErrorKind::Manifest(error)))
    }

    /// The arrays of these names.
    pub(crate) fn arrays<F: Scalar>(
        &self,
        names: impl IntoIterator<Item = String>,
    ) -> Result<Vec<(String, ArrayD<F>)>, ReadError> {
        let tensors = SafeTensors::deserialize(&self.bytes);
        let tensors = tensors.map_err(|source| {
            let bytes = self.bytes.len();
            self.failed(ReadErrorKind::Format { bytes, source })
        })?;
        let array = |name: String| {
            let tensor = tensors.tensor(&name);
            let tensor = tensor.map_err(|_| ReadErrorKind::MissingTensor(name.clone()))?;
            match self.unread.get().checked_sub(tensor.data().len()) {
                Some(unread) => self.unread.set(unread),
                None => return Err(ReadErrorKind::Repeated(name)),
            }
            let array = array_from(&name, &tensor, Narrowing::Refuse)?;
            Ok((name, array))
        };
        let arrays = names.into_iter().map(array).collect::<Result<_, _>>();
        arrays.map_err(|kind| self.failed(kind))
    }

    /// The error for this file.
    pub(crate) fn failed(&self, kind: ReadErrorKind) -> ReadError {
        ReadError {
            path: self.path.clone(),
            kind,
        }
    }
}

/// The manifest of a file's bytes, once checksum, kind and version are right.
fn manifest(bytes: &[u8], format: Format) -> Result<String, ReadErrorKind> {
    let (_, metadata) =
        SafeTensors::read_metadata(bytes).map_err(|source| ReadErrorKind::Format {
            bytes: bytes.len(),
            source,
        })?;
    let metadata = metadata.metadata().as_ref();
    let manifest = metadata.and_then(|metadata| metadata.get(KEY));
    let manifest = manifest.ok_or(ReadErrorKind::NoManifest)?;
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
    if kind.version != format.version {
        return Err(ReadErrorKind::Version {
            found: kind.version,
            known: format.version,
        });
    }
    Ok(manifest.clone())
}

/// Where the checksum stands in the file.
fn checksum_place(bytes: &[u8]) -> Option<std::ops::Range<usize>> {
    let mut windows = bytes.windows(BEFORE_CHECKSUM.len());
    let start = windows.position(|window| window == BEFORE_CHECKSUM)? + BEFORE_CHECKSUM.len();
    let place = start..start + NO_CHECKSUM.len();
    (place.end <= bytes.len()).then_some(place)
}

/// The checksum that a file of these bytes should have.
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
