//! The kinds of layers that a model file may name.

use dl_core::instantiate;
use dl_nn::Registry;

use crate::{
    AdaptiveAveragePool2d, AveragePool2d, Conv1d, Conv2d, ConvTranspose2d, GlobalAveragePool2d,
    GlobalMaxPool2d, LocalResponseNorm, MaxPool1d, MaxPool2d, UpSample2d, ZeroPad2d,
    ZeroPadChannels,
};

instantiate! {
    /// The layers of `dl-nn` and of this crate.
    pub fn registry<F: Scalar>() -> Registry<F> {
        Registry::new()
            .with::<AdaptiveAveragePool2d>()
            .with::<AveragePool2d>()
            .with::<Conv1d>()
            .with::<Conv2d>()
            .with::<ConvTranspose2d>()
            .with::<GlobalAveragePool2d>()
            .with::<GlobalMaxPool2d>()
            .with::<LocalResponseNorm>()
            .with::<MaxPool1d>()
            .with::<MaxPool2d>()
            .with::<UpSample2d>()
            .with::<ZeroPad2d>()
            .with::<ZeroPadChannels>()
    }
}
