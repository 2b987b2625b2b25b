//! A weights file's bytes as named arrays, whatever its format.

use std::path::Path;

use dl_nn::Scalar;
use ndarray::ArrayD;

use super::error::WeightsProblem;
#[cfg(feature = "npz")]
use super::npz::Npz;
use super::safetensors::Tensors;
use crate::tensors::Narrowing;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Safetensors,
    #[cfg(feature = "npz")]
    Npz,
}

impl Format {
    pub(super) fn of(path: &Path) -> Result<Self, WeightsProblem> {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("safetensors") => Ok(Self::Safetensors),
            #[cfg(feature = "npz")]
            Some("npz") => Ok(Self::Npz),
            #[cfg(not(feature = "npz"))]
            Some("npz") => Err(WeightsProblem::NpzNotEnabled),
            _ => Err(WeightsProblem::Extension),
        }
    }
}

/// What a file says about a tensor of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: String,
    /// `F16`, `BF16`, `F32`, `F64`, or a type that no model holds, as the format writes it.
    pub(super) dtype: String,
    pub(super) shape: Vec<usize>,
}

#[derive(Debug)]
pub(super) enum Archive<'a> {
    Safetensors(Tensors<'a>),
    #[cfg(feature = "npz")]
    Npz(Npz<'a>),
}

impl<'a> Archive<'a> {
    /// Reads what the file says about itself.
    pub(super) fn new(format: Format, bytes: &'a [u8]) -> Result<Self, WeightsProblem> {
        Ok(match format {
            Format::Safetensors => Self::Safetensors(Tensors::new(bytes)?),
            #[cfg(feature = "npz")]
            Format::Npz => Self::Npz(Npz::new(bytes)?),
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

    /// The numbers of a tensor, whose type and shape the caller has accepted.
    pub(super) fn array<F: Scalar>(
        &mut self,
        entry: &Entry,
        narrowing: Narrowing,
    ) -> Result<ArrayD<F>, WeightsProblem> {
        match self {
            Self::Safetensors(tensors) => tensors.array(entry, narrowing),
            #[cfg(feature = "npz")]
            Self::Npz(npz) => npz.array(entry),
        }
    }
}
