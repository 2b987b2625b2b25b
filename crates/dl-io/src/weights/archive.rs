//! The named arrays in the bytes of a weights file, whatever its format.

use std::path::Path;

use dl_nn::Scalar;
use ndarray::ArrayD;

use super::entry::Entry;
use super::error::WeightsFileErrorKind;
#[cfg(feature = "npz")]
use super::npz::Npz;
use super::safetensors::Tensors;
use crate::tensors::Narrowing;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ArchiveFormat {
    Safetensors,
    #[cfg(feature = "npz")]
    Npz,
}

impl ArchiveFormat {
    pub(super) fn from_path(path: &Path) -> Result<Self, WeightsFileErrorKind> {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("safetensors") => Ok(Self::Safetensors),
            #[cfg(feature = "npz")]
            Some("npz") => Ok(Self::Npz),
            #[cfg(not(feature = "npz"))]
            Some("npz") => Err(WeightsFileErrorKind::NpzNotEnabled),
            _ => Err(WeightsFileErrorKind::Extension),
        }
    }
}

#[derive(Debug)]
pub(super) enum Archive<'a> {
    Safetensors(Tensors<'a>),
    #[cfg(feature = "npz")]
    Npz(Npz<'a>),
}

impl<'a> Archive<'a> {
    /// Reads the descriptions of the tensors.
    pub(super) fn new(
        format: ArchiveFormat,
        bytes: &'a [u8],
    ) -> Result<Self, WeightsFileErrorKind> {
        Ok(match format {
            ArchiveFormat::Safetensors => Self::Safetensors(Tensors::new(bytes)?),
            #[cfg(feature = "npz")]
            ArchiveFormat::Npz => Self::Npz(Npz::new(bytes)?),
        })
    }

    /// All tensors, in the file's order.
    pub(super) fn entries(&self) -> Vec<Entry> {
        match self {
            Self::Safetensors(tensors) => tensors.entries(),
            #[cfg(feature = "npz")]
            Self::Npz(npz) => npz.entries(),
        }
    }

    /// The values of a tensor whose type and shape the caller has accepted.
    pub(super) fn array<F: Scalar>(
        &mut self,
        entry: &Entry,
        narrowing: Narrowing,
    ) -> Result<ArrayD<F>, WeightsFileErrorKind> {
        match self {
            Self::Safetensors(tensors) => tensors.array(entry, narrowing),
            #[cfg(feature = "npz")]
            Self::Npz(npz) => npz.array(entry),
        }
    }
}
