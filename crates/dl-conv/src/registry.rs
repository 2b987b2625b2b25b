//! The kinds of layers that a model file may name.

use dl_core::instantiate;
use dl_nn::Registry;

use crate::{
    AveragePool2d, Conv2d, ConvTranspose2d, GlobalAveragePool2d, GlobalMaxPool2d,
    LocalResponseNorm, MaxPool2d, UpSample2d, ZeroPad2d,
};

instantiate! {
    /// The layers of `dl-nn` and of this crate.
    pub fn registry<F: Scalar>() -> Registry<F> {
        Registry::new()
            .with::<AveragePool2d>("average_pool2d")
            .with::<Conv2d>("conv2d")
            .with::<ConvTranspose2d>("conv_transpose2d")
            .with::<GlobalAveragePool2d>("global_average_pool2d")
            .with::<GlobalMaxPool2d>("global_max_pool2d")
            .with::<LocalResponseNorm>("local_response_norm")
            .with::<MaxPool2d>("max_pool2d")
            .with::<UpSample2d>("up_sample2d")
            .with::<ZeroPad2d>("zero_pad2d")
    }
}
