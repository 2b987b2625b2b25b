//! A graph under construction.

use std::collections::HashSet;

use dl_nn::Scalar;
use dl_nn::ndarray::{ArrayBase, Data, Dimension};

use super::error::{MAX_BYTES, OnnxError};
use super::proto::{AttributeProto, AttributeType, DataType, GraphProto, NodeProto, TensorProto};

/// Nodes and constants so far. Names are unique among all values, as ONNX requires.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) nodes: Vec<NodeProto>,
    pub(super) initializers: Vec<TensorProto>,
    names: HashSet<String>,
    /// The current layer; names of its nodes and constants begin with it.
    scope: String,
    /// What stands before the names of layers inside a layer.
    outer: String,
    /// Total bytes of all constants.
    bytes: usize,
}

impl Graph {
    /// An empty graph in which these names are taken.
    pub(super) fn new(names: [&str; 2]) -> Self {
        Self {
            names: names.map(str::to_owned).into(),
            ..Self::default()
        }
    }

    /// Makes this the current layer.
    pub(super) fn enter(&mut self, layer: &str) {
        self.scope = format!("{}{layer}", self.outer);
    }

    /// The layers entered by `work` are inside this branch of the current layer, which is the current one again
    /// afterwards.
    pub(super) fn inside<T>(&mut self, branch: &str, work: impl FnOnce(&mut Self) -> T) -> T {
        let scope = self.scope.clone();
        let inner = match branch {
            "" => format!("{scope}."),
            _ => format!("{scope}.{branch}."),
        };
        let outer = std::mem::replace(&mut self.outer, inner);
        let result = work(self);
        (self.outer, self.scope) = (outer, scope);
        result
    }

    /// Adds a node and returns the name of its output.
    pub(super) fn node<const N: usize>(
        &mut self,
        operator: &str,
        inputs: &[&str],
        attributes: [AttributeProto; N],
    ) -> String {
        let name = self.unique(format!("{}/{operator}", self.scope));
        self.nodes.push(NodeProto {
            input: inputs.iter().map(|&input| input.to_owned()).collect(),
            output: vec![name.clone()],
            name: Some(name.clone()),
            op_type: Some(operator.to_owned()),
            attribute: attributes.into(),
        });
        name
    }

    /// Adds a constant of this shape with the values of an array in logical order, and returns its name.
    pub(super) fn tensor<F: Scalar, S: Data<Elem = F>, D: Dimension>(
        &mut self,
        name: &str,
        shape: &[usize],
        values: &ArrayBase<S, D>,
    ) -> Result<String, OnnxError> {
        self.room_for(values.len())?;
        self.bytes += values.len() * size_of::<f32>();
        let name = self.unique(format!("{}.{name}", self.scope));
        let mut raw_data = Vec::with_capacity(values.len() * size_of::<f32>());
        for &value in values {
            let value = value.as_f64();
            if !(value as f32).is_finite() {
                return Err(OnnxError::NotFinite { name, value });
            }
            raw_data.extend((value as f32).to_le_bytes());
        }
        Ok(self.initializer(name, DataType::Float, shape, raw_data))
    }

    /// Adds a scalar and returns its name.
    pub(super) fn scalar(&mut self, name: &str, value: f32) -> String {
        let name = self.unique(format!("{}.{name}", self.scope));
        self.initializer(name, DataType::Float, &[], value.to_le_bytes().into())
    }

    /// Adds a vector of integers and returns its name.
    pub(super) fn integers(&mut self, name: &str, values: &[usize]) -> String {
        let name = self.unique(format!("{}.{name}", self.scope));
        let bytes = values.iter().flat_map(|&n| int64(n).to_le_bytes());
        self.initializer(name, DataType::Int64, &[values.len()], bytes.collect())
    }

    /// Checks the size limit before a constant of `elements` elements is allocated.
    pub(super) fn room_for(&self, elements: usize) -> Result<(), OnnxError> {
        let bytes = elements.saturating_mul(size_of::<f32>());
        check_bytes(self.bytes.saturating_add(bytes))
    }

    /// Returns the graph; the last node's output gets this name.
    pub(super) fn finish(mut self, output: &str) -> GraphProto {
        if let Some(last) = self.nodes.last_mut() {
            last.output = vec![output.to_owned()];
        }
        GraphProto {
            node: self.nodes,
            initializer: self.initializers,
            ..GraphProto::default()
        }
    }

    fn initializer(
        &mut self,
        name: String,
        data_type: DataType,
        shape: &[usize],
        raw_data: Vec<u8>,
    ) -> String {
        self.initializers.push(TensorProto {
            dims: shape.iter().map(|&size| int64(size)).collect(),
            data_type: Some(data_type.into()),
            name: Some(name.clone()),
            raw_data: Some(raw_data),
        });
        name
    }

    fn unique(&mut self, name: String) -> String {
        let mut unique = name.clone();
        let mut count = 1;
        while !self.names.insert(unique.clone()) {
            count += 1;
            unique = format!("{name}_{count}");
        }
        unique
    }
}

/// `Ok` if `bytes` bytes fit into a file.
pub(super) fn check_bytes(bytes: usize) -> Result<(), OnnxError> {
    if bytes > MAX_BYTES {
        return Err(OnnxError::TooLarge { bytes });
    }
    Ok(())
}

/// Converts sizes and window settings, which fit into 63 bits.
pub(super) fn int64(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn attribute(name: &str, kind: AttributeType) -> AttributeProto {
    AttributeProto {
        name: Some(name.to_owned()),
        r#type: Some(kind.into()),
        ..AttributeProto::default()
    }
}

pub(super) fn float(name: &str, value: f64) -> AttributeProto {
    AttributeProto {
        f: Some(value as f32),
        ..attribute(name, AttributeType::Float)
    }
}

pub(super) fn int(name: &str, value: usize) -> AttributeProto {
    AttributeProto {
        i: Some(int64(value)),
        ..attribute(name, AttributeType::Int)
    }
}

pub(super) fn ints<const N: usize>(name: &str, values: [usize; N]) -> AttributeProto {
    AttributeProto {
        ints: values.map(int64).into(),
        ..attribute(name, AttributeType::Ints)
    }
}

pub(super) fn text(name: &str, value: &str) -> AttributeProto {
    AttributeProto {
        s: Some(value.into()),
        ..attribute(name, AttributeType::String)
    }
}
