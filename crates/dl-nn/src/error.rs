//! What a caller can get wrong, as values that name the thing, the place and what was expected.

use dl_core::memory::OutOfMemory;
use dl_core::sampling::SamplingError;
use dl_core::text::shown;

/// A configuration value outside its allowed range.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error(
    "{parameter} is {value}, but must be {allowed}",
    parameter = shown(parameter), value = shown(value)
)]
pub struct ConfigError {
    /// The parameter, with its owner: `Adam learning_rate`.
    pub parameter: String,
    /// The value given.
    pub value: String,
    /// The allowed range in words: `in [0, 1)`.
    pub allowed: &'static str,
}

impl ConfigError {
    /// `Ok` where `holds`, otherwise the error naming parameter, value and allowed range.
    pub fn require(
        holds: bool,
        parameter: &str,
        value: impl ToString,
        allowed: &'static str,
    ) -> Result<(), Self> {
        if holds {
            return Ok(());
        }
        Err(Self {
            parameter: parameter.to_owned(),
            value: value.to_string(),
            allowed,
        })
    }
}

/// A sample shape that a layer cannot take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("got a sample of shape {got:?}, but takes {takes}", takes = shown(takes))]
pub struct ShapeError {
    /// The shape of one sample that reached the layer.
    pub got: Vec<usize>,
    /// What the layer takes, in words.
    pub takes: String,
}

impl ShapeError {
    /// `Ok` where `holds`, otherwise the error with the shape got and what is taken.
    pub fn require(holds: bool, got: &[usize], takes: impl Into<String>) -> Result<(), Self> {
        if holds {
            return Ok(());
        }
        Err(Self {
            got: got.to_vec(),
            takes: takes.into(),
        })
    }
}

/// Why one layer could not be built: its shape or its configuration.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LayerError {
    /// The input shape does not suit the layer.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// A configuration value is out of range.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Its parameters and state need more memory than there is.
    #[error(transparent)]
    Memory(#[from] OutOfMemory),
    /// The outputs of its branches do not fit together.
    #[error(transparent)]
    Branch(#[from] Box<BranchError>),
    /// A network inside the layer could not be built.
    #[error(transparent)]
    Inner(#[from] Box<BuildError>),
}

impl LayerError {
    /// As that of the layer of this name in a model.
    pub(crate) fn of(self, layer: &str) -> BuildError {
        let layer = layer.to_owned();
        BuildError::Layer {
            layer,
            source: self,
        }
    }
}

/// A branch whose output does not fit those of the others.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "branch `{branch}` has outputs of shape {got:?}, and branch `{first}` {shape:?}; {allowed}",
    branch = shown(branch), first = shown(first)
)]
pub struct BranchError {
    /// The branch.
    pub branch: String,
    /// The shape of one sample of its outputs.
    pub got: Vec<usize>,
    /// The first branch.
    pub first: String,
    /// The shape of one sample of its outputs.
    pub shape: Vec<usize>,
    /// What would fit, in words.
    pub allowed: &'static str,
}

impl From<BuildError> for LayerError {
    fn from(error: BuildError) -> Self {
        Self::Inner(Box::new(error))
    }
}

/// Why a model could not be built.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A layer refuses its input shape or its configuration.
    #[error("layer `{layer}`: {source}", layer = shown(layer))]
    Layer {
        /// The layer's name in the model.
        layer: String,
        /// What is wrong.
        source: LayerError,
    },
    /// Two layers have one name.
    #[error("layer name `{}` is used twice; names must be unique", shown(.0))]
    DuplicateName(String),
    /// The model has no layer.
    #[error("the model has no layer; push at least one")]
    Empty,
    /// A sequence meant to go into another one has no input shape.
    #[error(
        "the model has no input shape; start it with `Sequential::input`, not `Sequential::new`"
    )]
    NoInput,
    /// An input axis has length zero.
    #[error("input shape {0:?} has an axis of length 0; every axis must be at least 1")]
    EmptyInput(Vec<usize>),
    /// An input sample has more elements than can be counted.
    #[error("input shape {0:?} has too many elements to count")]
    HugeInput(Vec<usize>),
    /// A layer is larger than the limits the model is built within.
    #[error(
        "layer `{layer}`: {got} {what}, but at most {most} are allowed here",
        layer = shown(layer)
    )]
    TooLarge {
        /// The layer's name.
        layer: String,
        /// What is counted.
        what: &'static str,
        /// How many there would be.
        got: usize,
        /// The limit.
        most: usize,
    },
    /// The loss computes its own softmax or sigmoid, but the last layer applies one already.
    #[error(
        "loss {loss} takes logits, but the last layer `{layer}` applies {activation}; \
         remove that activation (the loss contains it in a stable form)",
        layer = shown(layer), activation = shown(activation)
    )]
    LogitsExpected {
        /// The loss.
        loss: &'static str,
        /// The last layer's name.
        layer: String,
        /// The activation the last layer applies.
        activation: String,
    },
    /// A setting of an optimiser, a loss or a predictor is out of range.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Not enough memory for the buffers of a pass.
    #[error(transparent)]
    Memory(#[from] OutOfMemory),
}

impl BuildError {
    /// The same error, of a layer inside a layer or branch of this name; an empty one is left out.
    pub(crate) fn inside(mut self, outer: &str) -> Self {
        if let Self::Layer { layer, .. } | Self::TooLarge { layer, .. } | Self::DuplicateName(layer) =
            &mut self
            && !outer.is_empty()
        {
            *layer = format!("{outer}.{layer}");
        }
        self
    }
}

/// What is wrong with the arrays handed to training, evaluation or prediction.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// There are no samples.
    #[error("the data is empty: 0 samples")]
    Empty,
    /// The samples do not have the model's input shape.
    #[error("samples have shape {got:?}, but the model takes {expected:?}")]
    SampleShape {
        /// Shape of one sample of the data.
        got: Vec<usize>,
        /// The model's input shape.
        expected: Vec<usize>,
    },
    /// A single sample, without an axis that counts samples.
    #[error(
        "the array {got:?} has the shape of one sample; the model takes samples along axis 0, one of them as \
         [1, …]: `x.insert_axis(Axis(0))`"
    )]
    NoBatchAxis {
        /// Shape of the array.
        got: Vec<usize>,
    },
    /// More samples at once than was planned for.
    #[error("{got} samples at once; the predictor was made for up to {capacity}")]
    TooManySamples {
        /// Number of samples.
        got: usize,
        /// The largest number it takes.
        capacity: usize,
    },
    /// Inputs and targets differ in number.
    #[error("{samples} samples, but {targets} {what}")]
    Count {
        /// Number of samples.
        samples: usize,
        /// Number of targets (or weights).
        targets: usize,
        /// `targets`, `sample weights` …
        what: &'static str,
    },
    /// An input value is NaN or infinite.
    #[error("input value {value} in sample {sample}, position {position}; inputs must be finite")]
    NonFinite {
        /// Row of the data.
        sample: usize,
        /// Flat position within the sample.
        position: usize,
        /// The value.
        value: f64,
    },
    /// An integer among the targets that cannot be a class number.
    #[error(
        "target of sample {sample} is {class}, which cannot be a class number; classes count from 0"
    )]
    NotAClass {
        /// Row of the data.
        sample: usize,
        /// The integer.
        class: String,
    },
    /// Class numbers, of which each sample has one, in an array that is not a vector.
    #[error(
        "integers of shape {shape:?} as targets: class numbers are a vector, one a sample \
         (rows of zeros and ones are given as numbers of the model's scalar)"
    )]
    ClassShape {
        /// The array's shape.
        shape: Vec<usize>,
    },
    /// A target does not suit the loss.
    #[error(
        "target of sample {sample}: got {got}, but {loss} takes {takes}",
        got = shown(got), takes = shown(takes)
    )]
    Target {
        /// Row of the data.
        sample: usize,
        /// What stands there.
        got: String,
        /// The loss.
        loss: &'static str,
        /// What the loss takes.
        takes: String,
    },
    /// The kind or width of the targets does not suit the loss and the model's output.
    #[error(
        "targets are {got}, but {loss} takes {takes} (model outputs: {outputs})",
        got = shown(got), takes = shown(takes)
    )]
    TargetKind {
        /// What was given.
        got: String,
        /// The loss.
        loss: &'static str,
        /// Width of the model's output.
        outputs: usize,
        /// What the loss takes.
        takes: String,
    },
    /// A classifier was given a single class.
    #[error("all {samples} training samples are of class {class}; a classifier needs two classes")]
    SingleClass {
        /// The only class present.
        class: usize,
        /// Number of samples.
        samples: usize,
    },
    /// The network's output for a sample is NaN.
    #[error(
        "the network's output {output} for sample {sample} is NaN, so there is no prediction; \
         its weights are NaN or its values overflow"
    )]
    NanOutput {
        /// Row of the data.
        sample: usize,
        /// Which output, counted flat.
        output: usize,
    },
    /// The validation split cannot be made.
    #[error("validation split: {0}")]
    Split(#[from] SamplingError),
    /// A source cannot read samples.
    #[error("cannot read the data: {}", shown(.0))]
    Source(String),
    /// Not enough memory for a pass through the network, or for what comes out of it.
    #[error(transparent)]
    Memory(#[from] OutOfMemory),
}

impl DataError {
    /// The error for a batch of these samples, in which the samples of the error are counted.
    pub(crate) fn in_batch(self, samples: &[usize]) -> Self {
        match self {
            Self::Target {
                sample,
                got,
                loss,
                takes,
            } => Self::Target {
                sample: samples[sample],
                got,
                loss,
                takes,
            },
            error => error,
        }
    }
}
