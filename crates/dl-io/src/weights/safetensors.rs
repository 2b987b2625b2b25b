//! The safetensors format (<https://github.com/huggingface/safetensors>, "Format"): a JSON header
//! with every tensor's type, shape and place, then their bytes. The crate of that name compares all of
//! them with each other and with the file.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, Write};

use dl_nn::Scalar;
use ndarray::ArrayD;
use safetensors::tensor::{Dtype, SafeTensors, View, serialize};

use super::archive::Entry;
use super::error::WeightsProblem;
use crate::tensors::{Narrowing, array_from, bytes_of, dtype};

const FORMAT: &str = "safetensors";

#[derive(Debug)]
pub(super) struct Tensors<'a>(SafeTensors<'a>);

impl<'a> Tensors<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, WeightsProblem> {
        let tensors = SafeTensors::deserialize(bytes);
        let damaged = |why| WeightsProblem::damaged(FORMAT, why);
        Ok(Self(tensors.map_err(damaged)?))
    }

    pub(super) fn entries(&self) -> Vec<Entry> {
        let entry = |(name, tensor): (&str, safetensors::tensor::TensorView<'_>)| Entry {
            name: name.to_owned(),
            dtype: tensor.dtype().to_string(),
            shape: tensor.shape().to_vec(),
        };
        let mut entries: Vec<Entry> = self.0.iter().map(entry).collect();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        entries
    }

    pub(super) fn array<F: Scalar>(
        &self,
        entry: &Entry,
        narrowing: Narrowing,
    ) -> Result<ArrayD<F>, WeightsProblem> {
        let tensor = self.0.tensor(&entry.name);
        let tensor = tensor.map_err(|why| WeightsProblem::damaged(FORMAT, why))?;
        Ok(array_from(&entry.name, &tensor, narrowing)?)
    }
}

/// An array that becomes bytes when its turn has come.
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

/// Writes tensors; `metadata` goes to the header.
pub(super) fn write<F: Scalar>(
    out: &mut impl Write,
    tensors: Vec<(String, ArrayD<F>)>,
    metadata: Option<HashMap<String, String>>,
) -> io::Result<()> {
    let tensors = tensors.into_iter().map(|(name, array)| (name, Lazy(array)));
    let bytes = serialize(tensors, metadata).map_err(io::Error::other)?;
    out.write_all(&bytes)
}
