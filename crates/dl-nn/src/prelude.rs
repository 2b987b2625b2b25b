//! What a training program needs, in one `use`, with the traits of layers, losses and rules of your own and what their
//! methods name; none of these names is one of `ndarray`'s. (The exception is [`ShapeError`](crate::ShapeError), which
//! `ndarray` has too: it is imported by name.)

pub use crate::activation::Activation::{
    self, Elu, Gelu, Identity, LeakyRelu, Relu, Sigmoid, Silu, Softmax, Softplus, Tanh,
};
pub use crate::layers::built_in::*;
pub use crate::layers::{Branches, Residual};
pub use crate::losses::{
    BinaryCrossEntropy, GaussianNll, Huber, KlDivergence, Loss, MeanAbsoluteError,
    MeanSquaredError, SoftmaxCrossEntropy,
};
pub use crate::optim::{AdaGrad, Adam, AdamW, Adjusted, Elements, Optimizer, RmsProp, Rule, Sgd};
#[cfg(feature = "progress")]
pub use crate::train::Progress;
pub use crate::train::{
    Callback, EarlyStopping, Epoch, Evaluation, Fit, FitContext, Flow, History, LearningRate,
    Monitor, StepEnd, Trainer,
};
pub use crate::{
    Backward, Batch, BatchMut, Batching, Cache, ConfigError, Generator, Gradients, IntoSamples,
    IntoTarget, Layer, LayerError, LayerSpec, Mode, Model, Param, ParamMut, Registry, Scalar,
    Sequential, Target, TargetRow,
};
