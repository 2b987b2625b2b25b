//! A trained model with everything needed to use it, in one file.

mod error;
mod file;
mod predict;
mod predict_table;
mod temperature;
mod transform;

pub use error::{LoadError, ModelError, PredictError};
pub use transform::{Divide, Inverse, Transform, TransformRegistry};

use dl_core::instantiate;
use dl_data::{FittedPipeline, TargetScaler};
use dl_nn::train::Trainer;
use dl_nn::{Activation, Architecture, Model, Scalar};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use transform::TransformConfig;

/// Maximum total number of values between the layers for one sample, in a model from a file of any size.
const MAX_SAMPLE: usize = 1 << 25;

/// A trained model with its preprocessing (scalers, projections), postprocessing (softmax, a target scaled back, class
/// names) and a record of its training: raw rows in, predictions out.
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
/// Bundle::from_trainer(&trainer)
///     .with_preprocessing(scaler)
///     .with_class_names(train.class_names())
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
/// A safetensors file whose tensors are the weights by their dotted names, so that any program can read them, and
/// whose metadata contain the rest in JSON with a checksum of the whole file. It is pure data: loading executes
/// nothing and builds only layers from a [`Registry`](dl_nn::Registry).
#[derive(Debug)]
pub struct Bundle<F> {
    model: Model<F>,
    preprocessing: Vec<Box<dyn Transform<F>>>,
    postprocessing: Vec<Box<dyn Transform<F>>>,
    content: BundleContent,
    /// Why it cannot be saved.
    fault: Option<String>,
}

/// The contents of a bundle besides the weights. In memory, what describes the model and the transforms is empty.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BundleContent {
    library: String,
    input_shape: Vec<usize>,
    preprocessing: Vec<TransformConfig>,
    architecture: Architecture,
    output: Activation,
    /// Not in version 1.
    #[serde(default)]
    postprocessing: Vec<TransformConfig>,
    /// Since version 3.
    #[serde(default)]
    pipeline: Option<FittedPipeline>,
    class_names: Vec<String>,
    feature_names: Vec<String>,
    training: Value,
    data_sha256: Option<String>,
    /// Names of the weights, in the model's order.
    weights: Vec<String>,
}

impl<F: Scalar> Bundle<F> {
    /// A model whose outputs are the predictions; for a classifier trained on logits, use
    /// [`from_trainer`](Self::from_trainer).
    pub fn new(model: Model<F>) -> Self {
        new(model)
    }

    fn from_model(model: Model<F>) -> Self {
        let input_shape = model.input_shape().to_vec();
        let content = BundleContent {
            library: format!("dl-io {}", env!("CARGO_PKG_VERSION")),
            preprocessing: Vec::new(),
            postprocessing: Vec::new(),
            pipeline: None,
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
        Self {
            model,
            preprocessing: Vec::new(),
            postprocessing: Vec::new(),
            content,
            fault: None,
        }
    }

    /// A copy of the trainer's model with the output activation of its loss, so that predictions are probabilities.
    pub fn from_trainer(trainer: &Trainer<F>) -> Self {
        from_trainer(trainer)
    }

    /// Sets the shape of one raw sample; by default that of the rows the first scaler or projection was fitted on,
    /// or else the model's.
    pub fn with_input_shape(mut self, shape: impl Into<Vec<usize>>) -> Self {
        self.content.input_shape = shape.into();
        self
    }

    /// Adds a transform of raw samples after those added before.
    pub fn with_preprocessing(mut self, transform: impl Transform<F> + 'static) -> Self {
        add_preprocessing(&mut self, Box::new(transform));
        self
    }

    fn push_preprocessing(&mut self, transform: Box<dyn Transform<F>>) {
        let mut before = self.preprocessing.iter();
        let input_shape = &mut self.content.input_shape;
        if let Some(columns) = transform.columns()
            && before.all(|transform| transform.columns().is_none())
            && input_shape == self.model.input_shape()
        {
            *input_shape = vec![columns];
        }
        self.preprocessing.push(transform);
    }

    /// Adds a transform of the network's outputs, after the [`output`](Self::output) activation and those added
    /// before: [`Inverse`] scales the target of a regression back, a [`Temperature`](dl_nn::metrics::Temperature)
    /// calibrates the probabilities of a classifier.
    pub fn with_postprocessing(mut self, transform: impl Transform<F> + 'static) -> Self {
        self.postprocessing.push(Box::new(transform));
        self
    }

    /// Sets the pipeline that turns the rows of a table into raw samples, which are then its rows after the pipeline:
    /// [`predict_table`](Self::predict_table) takes tables, and [`predict`](Self::predict) is an error.
    pub fn with_pipeline(mut self, pipeline: FittedPipeline) -> Self {
        self.content.input_shape = vec![pipeline.width()];
        self.content.pipeline = Some(pipeline);
        self
    }

    /// Scales predictions back to the units of a target that was scaled for training: the
    /// [postprocessing](Self::with_postprocessing) `Inverse(scaler)`.
    pub fn with_target(self, scaler: TargetScaler) -> Self {
        self.with_postprocessing(Inverse(scaler))
    }

    /// Sets the class names, in the order of the outputs.
    pub fn with_class_names<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.content.class_names = names.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the names of the columns of raw rows.
    pub fn with_feature_names<S: Into<String>>(
        mut self,
        names: impl IntoIterator<Item = S>,
    ) -> Self {
        self.content.feature_names = names.into_iter().map(Into::into).collect();
        self
    }

    /// Sets a record of the training configuration: anything serde can write as JSON; anything else is an error
    /// when saving.
    pub fn with_training(mut self, configuration: impl Serialize) -> Self {
        match serde_json::to_value(configuration) {
            Ok(configuration) => self.content.training = configuration,
            Err(error) => self.fault = Some(format!("training configuration: {error}")),
        }
        self
    }

    /// Sets the checksum of the training data, as computed by [`data_sha256`](crate::data_sha256).
    pub fn with_data_sha256(mut self, checksum: impl Into<String>) -> Self {
        self.content.data_sha256 = Some(checksum.into());
        self
    }

    /// The network.
    pub fn model(&self) -> &Model<F> {
        &self.model
    }

    /// Consumes the bundle and returns the network.
    pub fn into_model(self) -> Model<F> {
        self.model
    }

    /// The class names; empty if it is not a classifier or they are unknown.
    pub fn class_names(&self) -> &[String] {
        &self.content.class_names
    }

    /// The names of the columns of raw rows; empty if unknown.
    pub fn feature_names(&self) -> &[String] {
        &self.content.feature_names
    }

    /// The shape of one raw sample.
    pub fn input_shape(&self) -> &[usize] {
        &self.content.input_shape
    }

    /// The pipeline that turns the rows of a table into raw samples, if there is one.
    pub fn pipeline(&self) -> Option<&FittedPipeline> {
        self.content.pipeline.as_ref()
    }

    /// The transforms of raw samples.
    pub fn preprocessing(&self) -> &[Box<dyn Transform<F>>] {
        &self.preprocessing
    }

    /// The transforms of the network's outputs.
    pub fn postprocessing(&self) -> &[Box<dyn Transform<F>>] {
        &self.postprocessing
    }

    /// The activation that turns outputs into predictions: softmax, sigmoid or the identity.
    pub fn output(&self) -> Activation {
        self.content.output
    }

    /// The training configuration; `null` if unknown.
    pub fn training(&self) -> &Value {
        &self.content.training
    }

    /// The checksum of the training data, if known.
    pub fn data_sha256(&self) -> Option<&str> {
        self.content.data_sha256.as_deref()
    }

    /// The library that created it, with its version.
    pub fn library(&self) -> &str {
        &self.content.library
    }
}

instantiate! {
    fn new<F: Scalar>(model: Model<F>) -> Bundle<F> {
        Bundle::from_model(model)
    }

    fn from_trainer<F: Scalar>(trainer: &Trainer<F>) -> Bundle<F> {
        let output = trainer.loss().inverse_link();
        let mut bundle = Bundle::from_model(trainer.model().clone());
        bundle.content.output = output;
        bundle
    }

    fn add_preprocessing<F: Scalar>(bundle: &mut Bundle<F>, transform: Box<dyn Transform<F>>) {
        bundle.push_preprocessing(transform);
    }
}
