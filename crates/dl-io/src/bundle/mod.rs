//! A trained model with all it takes to use it, in one file.

mod answers;
mod error;
mod file;
mod preprocessing;

pub use error::{LoadError, ModelError, PredictError};
pub use preprocessing::Preprocessing;

use dl_core::instantiate;
use dl_nn::train::Trainer;
use dl_nn::{Activation, Architecture, Model, Scalar};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The most numbers that a sample may have between the layers of a model from a file, all together.
const MOST_SAMPLE: usize = 1 << 25;

/// A model with what goes before it (scalers, projections) and after it (softmax, class names), and
/// what is known of its making: raw rows in, answers out.
///
/// ```
/// use dl_data::{StandardScaler, generator, iris};
/// use dl_io::Bundle;
/// use dl_nn::prelude::*;
///
/// let (train, test) = iris::<f32>().split(0.2, &mut generator(1))?;
/// let scaler = StandardScaler::fit(train.features())?;
/// let network = Sequential::input([4]).push(Dense::new(10).activation(Relu)).push(Dense::new(3));
/// let loss = SoftmaxCrossEntropy::new();
/// let mut trainer = Trainer::new(network.build(1)?, loss, Adam::new(0.01))?;
/// let x = scaler.transform(train.features())?;
/// trainer.fit(&x, train.labels(), Fit::epochs(50))?;
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("iris.dl");
/// Bundle::of(&trainer)
///     .preprocessing(scaler)
///     .class_names(train.class_names())
///     .save(&path)?;
///
/// let model = Bundle::<f32>::load(&path)?;
/// let probabilities = model.predict(test.features())?; // raw rows, in centimetres
/// assert_eq!(probabilities.shape(), [30, 3]);
/// let names = model.predict_names(test.features())?;
/// assert!(test.class_names().iter().any(|name| name == names[0]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # The file
/// A safetensors file whose tensors are the weights by their dotted names, so that any program can
/// read them, and whose metadata hold the rest in JSON with a checksum of the whole file. It is
/// data only: loading executes nothing, and makes only layers that a
/// [`Registry`](dl_nn::Registry) knows.
#[derive(Debug)]
pub struct Bundle<F> {
    model: Model<F>,
    content: Content<F>,
    /// Why it cannot be saved.
    fault: Option<String>,
}

/// What a bundle says beside the weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[serde(bound(
    serialize = "F: Scalar + Serialize",
    deserialize = "F: Scalar + Deserialize<'de>"
))]
struct Content<F> {
    library: String,
    input_shape: Vec<usize>,
    preprocessing: Vec<Preprocessing<F>>,
    architecture: Architecture,
    output: Activation,
    class_names: Vec<String>,
    feature_names: Vec<String>,
    training: Value,
    data_sha256: Option<String>,
    /// Names of the weights, in the model's order.
    weights: Vec<String>,
}

impl<F: Scalar> Bundle<F> {
    /// A model whose outputs are the answers; for a classifier trained on logits,
    /// [`of`](Self::of).
    pub fn new(model: Model<F>) -> Self {
        new(model)
    }

    fn of_model(model: Model<F>) -> Self {
        let input_shape = model.input_shape().to_vec();
        let content = Content {
            library: format!("dl-io {}", env!("CARGO_PKG_VERSION")),
            preprocessing: Vec::new(),
            architecture: Architecture {
                input_shape: input_shape.clone(),
                layers: Vec::new(),
            },
            input_shape,
            output: Activation::Identity,
            class_names: Vec::new(),
            feature_names: Vec::new(),
            training: Value::Null,
            data_sha256: None,
            weights: Vec::new(),
        };
        let fault = None;
        Self {
            model,
            content,
            fault,
        }
    }

    /// A copy of the trainer's model; its answers are what the loss makes of the outputs:
    /// probabilities.
    pub fn of(trainer: &Trainer<F>) -> Self {
        of(trainer)
    }

    fn of_trainer(trainer: &Trainer<F>) -> Self {
        let output = trainer.loss().link();
        let mut bundle = Self::of_model(trainer.model().clone());
        bundle.content.output = output;
        bundle
    }

    /// The shape of one raw sample. If nothing is said it is that of the rows that the first scaler or
    /// projection was fitted on, or else the model's.
    pub fn input_shape(mut self, shape: impl Into<Vec<usize>>) -> Self {
        self.content.input_shape = shape.into();
        self
    }

    /// A step before the network, after those added before.
    pub fn preprocessing(mut self, step: impl Into<Preprocessing<F>>) -> Self {
        add_step(&mut self, step.into());
        self
    }

    fn push_step(&mut self, step: Preprocessing<F>) {
        let Content {
            preprocessing,
            input_shape,
            ..
        } = &mut self.content;
        let first = preprocessing.iter().all(|step| step.columns().is_none());
        if let Some(columns) = step.columns()
            && first
            && input_shape == self.model.input_shape()
        {
            *input_shape = vec![columns];
        }
        preprocessing.push(step);
    }

    /// The names of the classes, in the order of the outputs.
    pub fn class_names<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.content.class_names = names.into_iter().map(Into::into).collect();
        self
    }

    /// The names of a raw row's columns.
    pub fn feature_names<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.content.feature_names = names.into_iter().map(Into::into).collect();
        self
    }

    /// How it was trained: anything serde can write as JSON; what it cannot is an error when saved.
    pub fn training(mut self, configuration: impl Serialize) -> Self {
        match serde_json::to_value(configuration) {
            Ok(configuration) => self.content.training = configuration,
            Err(error) => self.fault = Some(format!("training configuration: {error}")),
        }
        self
    }

    /// The checksum of the data it was trained on, as [`data_sha256`](crate::data_sha256) gives it.
    pub fn data_sha256(mut self, checksum: impl Into<String>) -> Self {
        self.content.data_sha256 = Some(checksum.into());
        self
    }

    /// The network.
    pub fn model(&self) -> &Model<F> {
        &self.model
    }

    /// The network alone.
    pub fn into_model(self) -> Model<F> {
        self.model
    }

    /// The classes' names; empty where it is no classifier or they are not known.
    pub fn names(&self) -> &[String] {
        &self.content.class_names
    }

    /// The names of a raw row's columns; empty where they are not known.
    pub fn columns(&self) -> &[String] {
        &self.content.feature_names
    }

    /// The shape of one raw sample.
    pub fn raw_shape(&self) -> &[usize] {
        &self.content.input_shape
    }

    /// The steps before the network.
    pub fn steps(&self) -> &[Preprocessing<F>] {
        &self.content.preprocessing
    }

    /// What makes the outputs answers: softmax, sigmoid or nothing.
    pub fn output(&self) -> Activation {
        self.content.output
    }

    /// How it was trained; `null` where that was not told.
    pub fn training_configuration(&self) -> &Value {
        &self.content.training
    }

    /// The checksum of the data it was trained on, where it was told.
    pub fn trained_on(&self) -> Option<&str> {
        self.content.data_sha256.as_deref()
    }

    /// The library that wrote it, with its version.
    pub fn library(&self) -> &str {
        &self.content.library
    }
}

instantiate! {
    fn new<F: Scalar>(model: Model<F>) -> Bundle<F> {
        Bundle::of_model(model)
    }

    fn of<F: Scalar>(trainer: &Trainer<F>) -> Bundle<F> {
        Bundle::of_trainer(trainer)
    }

    fn add_step<F: Scalar>(bundle: &mut Bundle<F>, step: Preprocessing<F>) {
        bundle.push_step(step);
    }
}
