//! A small network for 28 × 28 digits.

use dl_core::instantiate;
use dl_nn::Sequential;
use dl_nn::init::Initializer::GlorotUniform;
use dl_nn::prelude::{Dense, Flatten, Relu};

use crate::{Conv2d, MaxPool2d};

instantiate! {
    /// Three convolutions and two dense layers for images `[28, 28, 1]` of ten classes: 93 322
    /// parameters, logits at the end (the loss contains the softmax). The network of the Keras
    /// introduction to convolution, with Keras's initial weights (Glorot, Bengio 2010).
    pub fn mnist_cnn<F: Scalar>() -> Sequential<F> {
        Sequential::input([28, 28, 1])
            .push(
                Conv2d::new(32, 3)
                    .activation(Relu)
                    .kernel_initializer(GlorotUniform),
            )
            .push(MaxPool2d::new(2))
            .push(
                Conv2d::new(64, 3)
                    .activation(Relu)
                    .kernel_initializer(GlorotUniform),
            )
            .push(MaxPool2d::new(2))
            .push(
                Conv2d::new(64, 3)
                    .activation(Relu)
                    .kernel_initializer(GlorotUniform),
            )
            .push(Flatten)
            .push(
                Dense::new(64)
                    .activation(Relu)
                    .kernel_initializer(GlorotUniform),
            )
            .push(Dense::new(10))
    }
}
