//! What a training program needs, in one `use`.

pub use crate::activation::Activation::{
    self, Elu, Gelu, Identity, LeakyRelu, Relu, Sigmoid, Silu, Softmax, Softplus, Tanh,
};
pub use crate::layers::built_in::*;
pub use crate::losses::{
    BinaryCrossEntropy, GaussianNll, Huber, KlDivergence, Loss, MeanAbsoluteError,
    MeanSquaredError, SoftmaxCrossEntropy,
};
pub use crate::optim::{AdaGrad, Adam, AdamW, Optimizer, RmsProp, Sgd};
#[cfg(feature = "progress")]
pub use crate::train::Progress;
pub use crate::train::{
    Callback, EarlyStopping, Epoch, Evaluation, Fit, FitContext, Flow, History, LearningRate,
    Monitor, StepEnd, Trainer,
};
pub use crate::{
    Backward, Batch, BatchMut, Batching, Cache, Layer, LayerSpec, Mode, Model, Param, ParamMut,
    Scalar, Sequential, ShapeError, Target,
};
