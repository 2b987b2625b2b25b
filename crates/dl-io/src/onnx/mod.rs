//! Exports models to ONNX (Open Neural Network Exchange, <https://onnx.ai>), to run them outside Rust: in ONNX
//! Runtime, in browsers, on phones.
//!
//! [`Onnx`] writes the inference graph, without the loss, of any model made of dl-nn's and dl-conv's layers:
//!
//! | layer | operators |
//! |---|---|
//! | `dense` | `Gemm` |
//! | `conv2d`, `conv_transpose2d` | `Conv`, `ConvTranspose` |
//! | `max_pool2d`, `average_pool2d` | `MaxPool`, `AveragePool`; with dilation, which `AveragePool` does not support before opset 19, `Conv` with ones and `Div` |
//! | `global_max_pool2d`, `global_average_pool2d` | `GlobalMaxPool`, `GlobalAveragePool` |
//! | `local_response_norm` | `LRN` with bias 1 and α times the size divided by k; then `Mul` with k^−β |
//! | `batch_norm` | `BatchNormalization`; if the channels are not axis 1, `Mul` and `Add` |
//! | `layer_norm` | `LayerNormalization` |
//! | `up_sample2d`, `zero_pad2d` | `Resize`, `Pad` |
//! | `activation`, and activations in other layers | `Relu`, `LeakyRelu`, `Elu`, `Sigmoid`, `Tanh`, `Softplus`, `Softmax`; `Gelu` with `Erf`, `Silu` with `Sigmoid` and `Mul` |
//! | `reparameterize` | `Slice`: the means |
//! | `standard_normal_kl` | `Slice`, `Exp`, `Mul`, `Add`, `Sub`, `ReduceSum` |
//! | `dropout`, `flatten`, `reshape` | none, or a `Reshape` before the next operator |
//!
//! - **Opset 13**, ONNX IR version 7 (ONNX 1.8, 2020), if it has all operators of the model; with
//!   `LayerNormalization`, opset 17, IR version 8 (ONNX 1.12, 2022).
//! - **Input `input`, output `output`**, both with a free first axis `batch` and, as in the model,
//!   channels-last, like the inputs and outputs of [`Model::predict`].
//! - **Single precision**, whatever the model's: runtimes support few operators in double precision, and ONNX's
//!   settings (ε, α …) are single precision anyway. A value too large for it is an error.
//! - **Few transpositions.** ONNX's images are channels-first. One `Transpose` comes before the first operator on
//!   images, and one after the last if the outputs are images; none for images with one channel. For a dense layer
//!   after flattened images, the rows of the kernel are permuted instead.
//! - **At most 2 GiB**, a limit of protocol buffers: a larger model is an error.
//! - **Names**: constants have the model's dotted names (`conv2d_1.kernel`), nodes those of layer
//!   and operator (`conv2d_1/Relu`).
//!
//! The tests run every layer in ONNX Runtime. In Rust, tract 0.22 runs them, too, with two exceptions that it does
//! not report: it ignores the dilation of `MaxPool`, and a bilinear `Resize` is wrong along the upper and left
//! borders.

mod batch;
mod emit;
mod error;
mod graph;
mod layer;
mod proto;
#[cfg(test)]
mod tests;

use std::io::Write;
use std::path::Path;

use dl_core::instantiate;
use dl_nn::activation::{Activation, Identity, Sigmoid, Softmax};
use dl_nn::{Model, Scalar};
use prost::Message;

use self::batch::Batch;
use self::emit::{activate, emit};
use self::graph::{Graph, check_bytes, int64};
use self::proto::{
    DataType, DimensionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto,
    StringStringEntryProto, TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto,
};
use crate::error::WriteError;

pub use self::error::OnnxError;

/// An operator set of ONNX, and the IR version that goes with it.
struct Version {
    opset: i64,
    ir: i64,
}

impl Version {
    /// The oldest with all operators of the graph.
    fn for_graph(graph: &GraphProto) -> Self {
        let is_new = |node: &NodeProto| node.op_type.as_deref() == Some("LayerNormalization");
        match graph.node.iter().any(is_new) {
            true => Self { opset: 17, ir: 8 },
            false => Self { opset: 13, ir: 7 },
        }
    }
}

const INPUT: &str = "input";
const OUTPUT: &str = "output";

/// A model to be written as an ONNX file; for the details, see the [module](self).
///
/// ```
/// use dl_io::onnx::Onnx;
/// use dl_nn::prelude::*;
///
/// let model: Model<f32> = Sequential::input([4])
///     .push(Dense::new(10).activation(Relu))
///     .push(Dense::new(3))
///     .build(0)?;
/// let folder = tempfile::tempdir()?;
/// Onnx::new(&model)
///     .output(Softmax)
///     .class_names(["setosa", "versicolor", "virginica"])
///     .save(folder.path().join("iris.onnx"))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Onnx<'a, F> {
    model: &'a Model<F>,
    output: Activation,
    class_names: Vec<String>,
    doc_string: String,
}

impl<'a, F: Scalar> Onnx<'a, F> {
    /// The model as it is.
    pub fn new(model: &'a Model<F>) -> Self {
        Self {
            model,
            output: Identity,
            class_names: Vec::new(),
            doc_string: String::new(),
        }
    }

    /// Applies an activation to the model's outputs: the softmax or sigmoid that is part of a loss on logits.
    pub fn output(mut self, activation: Activation) -> Self {
        self.output = activation;
        self
    }

    /// Adds the class names, in order, to the file's metadata: a JSON array named `class_names`.
    pub fn class_names<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.class_names = names.into_iter().map(Into::into).collect();
        self
    }

    /// Sets a description for human readers.
    pub fn doc_string(mut self, text: impl Into<String>) -> Self {
        self.doc_string = text.into();
        self
    }

    /// Writes the file atomically.
    ///
    /// # Errors
    /// Same as [`to_bytes`](Self::to_bytes), and [`OnnxError::Write`].
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), OnnxError> {
        save(self, path.as_ref())
    }

    /// The contents of the file.
    ///
    /// # Errors
    /// [`OnnxError`]: a layer that cannot be exported, class names or an output activation that do not match the
    /// model, a model that is too large.
    pub fn to_bytes(&self) -> Result<Vec<u8>, OnnxError> {
        to_bytes(self)
    }

    fn encoded(&self) -> Result<Vec<u8>, OnnxError> {
        let model = self.to_proto()?;
        check_bytes(model.encoded_len())?;
        Ok(model.encode_to_vec())
    }

    fn to_proto(&self) -> Result<ModelProto, OnnxError> {
        self.check()?;
        let graph = self.graph()?;
        let version = Version::for_graph(&graph);
        Ok(ModelProto {
            ir_version: Some(version.ir),
            producer_name: Some(env!("CARGO_PKG_NAME").to_owned()),
            producer_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            doc_string: Some(self.doc_string.clone()),
            graph: Some(graph),
            opset_import: vec![OperatorSetIdProto {
                domain: None,
                version: Some(version.opset),
            }],
            metadata_props: self.metadata(),
        })
    }

    /// All checks that do not depend on the layers.
    fn check(&self) -> Result<(), OnnxError> {
        self.output.validate()?;
        let model = self.model.output_activation();
        let twice = |activation| matches!(activation, Softmax | Sigmoid);
        if twice(model) && twice(self.output) {
            let requested = self.output;
            return Err(OnnxError::OutputTwice { model, requested });
        }
        let names = self.class_names.len();
        let outputs = self.model.output_shape().last().copied().unwrap_or(1);
        let fits = names == outputs || (names, outputs) == (2, 1);
        if names > 0 && !fits {
            return Err(OnnxError::ClassNames { names, outputs });
        }
        Graph::default().room_for(self.model.parameter_count())
    }

    fn graph(&self) -> Result<GraphProto, OnnxError> {
        let mut graph = Graph::new([INPUT, OUTPUT]);
        let mut shape = self.model.input_shape();
        let mut x = Batch::new(INPUT, shape);
        for named in self.model.layers() {
            x = emit(&mut graph, named, shape, x)?;
            shape = &named.output_shape;
        }
        graph.enter(OUTPUT);
        x = activate(&mut graph, self.output, x, shape);
        x = x.channels_last(&mut graph, shape);
        if x.name == INPUT {
            graph.node("Identity", &[INPUT], []);
        }
        Ok(GraphProto {
            name: Some("model".to_owned()),
            input: vec![batch_of(INPUT, self.model.input_shape())],
            output: vec![batch_of(OUTPUT, shape)],
            ..graph.finish(OUTPUT)
        })
    }

    fn metadata(&self) -> Vec<StringStringEntryProto> {
        if self.class_names.is_empty() {
            return Vec::new();
        }
        let names = serde_json::Value::from(self.class_names.clone());
        vec![StringStringEntryProto {
            key: Some("class_names".to_owned()),
            value: Some(names.to_string()),
        }]
    }
}

instantiate! {
    fn to_bytes<F: Scalar>(onnx: &Onnx<'_, F>) -> Result<Vec<u8>, OnnxError> {
        onnx.encoded()
    }

    fn save<F: Scalar>(onnx: &Onnx<'_, F>, path: &Path) -> Result<(), OnnxError> {
        let bytes = onnx.encoded()?;
        let written = dl_fs::write_atomically(path, |file| file.write_all(&bytes));
        Ok(written.map_err(WriteError::at(path))?)
    }
}

/// An input or output: a batch of samples of this shape.
fn batch_of(name: &str, sample: &[usize]) -> ValueInfoProto {
    let batch = DimensionProto {
        dim_value: None,
        dim_param: Some("batch".to_owned()),
    };
    let sizes = sample.iter().map(|&size| DimensionProto {
        dim_value: Some(int64(size)),
        dim_param: None,
    });
    let dim = std::iter::once(batch).chain(sizes).collect();
    ValueInfoProto {
        name: Some(name.to_owned()),
        r#type: Some(TypeProto {
            tensor_type: Some(TensorTypeProto {
                elem_type: Some(DataType::Float.into()),
                shape: Some(TensorShapeProto { dim }),
            }),
        }),
    }
}
