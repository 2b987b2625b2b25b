//! The safetensors format (<https://github.com/huggingface/safetensors>, "Format"): a JSON header with every
//! tensor's type, shape and offsets, then their bytes. The `safetensors` crate checks that all of them are
//! consistent with each other and with the file.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, Write};

use dl_core::text::excerpt;
use dl_fs::Budget;
use dl_nn::Scalar;
use ndarray::ArrayD;
use safetensors::tensor::{Dtype, SafeTensors, TensorInfo, View, serialize};

use super::entry::Entry;
use super::error::WeightsFileErrorKind;
use crate::container::header_text;
use crate::json::{self, JsonError};
use crate::tensors::{Narrowing, array_from, bytes_of, dtype};

const FORMAT: &str = "safetensors";

#[derive(Debug)]
pub(super) struct Tensors<'a> {
    tensors: SafeTensors<'a>,
    /// In the order of the data in the file.
    entries: Vec<Entry>,
}

impl<'a> Tensors<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, WeightsFileErrorKind> {
        if let Some(header) = header_text(bytes) {
            let budget = Budget::for_file(bytes.len() as u64);
            match json::check(header, "its header", &budget) {
                Ok(()) | Err(JsonError::Syntax) => {}
                Err(JsonError::Duplicate(key)) => return Err(duplicate(bytes, key)),
                Err(JsonError::Cost(over)) => return Err(over.into()),
            }
        }
        let damaged = |why| WeightsFileErrorKind::damaged(FORMAT, why);
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(damaged)?;
        let mut entries: Vec<_> = metadata.tensors().into_iter().collect();
        // empty tensors may share an offset
        entries
            .sort_by(|(a, left), (b, right)| (left.data_offsets, a).cmp(&(right.data_offsets, b)));
        let entry = |(name, info): (String, &TensorInfo)| Entry {
            name,
            dtype: info.dtype.to_string(),
            shape: info.shape.clone(),
        };
        Ok(Self {
            entries: entries.into_iter().map(entry).collect(),
            tensors: SafeTensors::deserialize(bytes).map_err(damaged)?,
        })
    }

    pub(super) fn entries(&self) -> Vec<Entry> {
        self.entries.clone()
    }

    pub(super) fn array<F: Scalar>(
        &self,
        entry: &Entry,
        narrowing: Narrowing,
    ) -> Result<ArrayD<F>, WeightsFileErrorKind> {
        let tensor = self.tensors.tensor(&entry.name);
        let tensor = tensor.map_err(|why| WeightsFileErrorKind::damaged(FORMAT, why))?;
        Ok(array_from(&entry.name, &tensor, narrowing)?)
    }
}

/// The error for a duplicate key in the header: the name of a tensor, or of a field of its description.
fn duplicate(bytes: &[u8], key: String) -> WeightsFileErrorKind {
    match SafeTensors::read_metadata(bytes) {
        Ok((_, metadata)) if metadata.info(&key).is_some() => {
            WeightsFileErrorKind::Duplicate { tensor: key }
        }
        _ => WeightsFileErrorKind::damaged(
            FORMAT,
            format!("an object has the duplicate key `{}`", excerpt(&key)),
        ),
    }
}

/// An array that is converted to bytes when it is written.
struct Lazy<F>(ArrayD<F>);

impl<F: Scalar> View for Lazy<F> {
    fn dtype(&self) -> Dtype {
        dtype::<F>()
    }

    fn shape(&self) -> &[usize] {
        self.0.shape()
    }

    fn data(&self) -> Cow<'_, [u8]> {
        bytes_of(&self.0).into()
    }

    fn data_len(&self) -> usize {
        self.0.len() * size_of::<F>()
    }
}

/// Writes tensors, with `metadata` in the header.
pub(super) fn write<F: Scalar>(
    out: &mut impl Write,
    tensors: Vec<(String, ArrayD<F>)>,
    metadata: Option<HashMap<String, String>>,
) -> io::Result<()> {
    let tensors = tensors.into_iter().map(|(name, array)| (name, Lazy(array)));
    let bytes = serialize(tensors, metadata).map_err(io::Error::other)?;
    out.write_all(&bytes)
}
