//! AlexNet.

use dl_core::Scalar;
use dl_nn::Sequential;
use dl_nn::init::Initializer;
use dl_nn::prelude::{Dense, Dropout, Flatten, Relu};

use crate::{Conv2d, LocalResponseNorm, MaxPool2d, Padding, Size};

/// AlexNet in one tower for colour images `[height, width, 3]`; 62 378 344 parameters for images of
/// 227 × 227 pixels and 1000 classes, logits at the end.
///
/// Krizhevsky, Sutskever, Hinton 2012, "`ImageNet` classification with deep convolutional neural
/// networks", section 3.5 and figure 2: five convolutions, response normalisation after the first
/// two, overlapping pooling (section 3.4), dropout of one half (section 4.2), weights from
/// `N(0, 0.01²)` and biases of 1 where the paper has them (section 5). It departs in that
///
/// - the two towers, one a graphics card, are one: each layer sees all maps of the one before;
/// - images are 227 pixels wide, which the sizes in the paper imply, not the 224 it names.
///
/// Images must be at least 67 pixels high and wide, so that the last pooling has a window.
pub fn alexnet<F: Scalar>(image: impl Into<Size>, classes: usize) -> Sequential<F> {
    let Size { height, width } = image.into();
    let normal = Initializer::Normal { std: 0.01 };
    let one = Initializer::Constant(1.0);
    let conv = |filters, kernel: usize| {
        let conv = Conv2d::new(filters, kernel).activation(Relu);
        conv.kernel_initializer(normal)
    };
    let dense = |units| Dense::new(units).kernel_initializer(normal);
    let pool = || MaxPool2d::new(3).stride(2);
    Sequential::input([height, width, 3])
        .push_named("conv1", conv(96, 11).stride(4))
        .push_named("norm1", LocalResponseNorm::new())
        .push_named("pool1", pool())
        .push_named(
            "conv2",
            conv(256, 5).padding(Padding::all(2)).bias_initializer(one),
        )
        .push_named("norm2", LocalResponseNorm::new())
        .push_named("pool2", pool())
        .push_named("conv3", conv(384, 3).padding(Padding::all(1)))
        .push_named(
            "conv4",
            conv(384, 3).padding(Padding::all(1)).bias_initializer(one),
        )
        .push_named(
            "conv5",
            conv(256, 3).padding(Padding::all(1)).bias_initializer(one),
        )
        .push_named("pool5", pool())
        .push(Flatten)
        .push_named("fc6", dense(4096).activation(Relu).bias_initializer(one))
        .push_named("drop6", Dropout::new(0.5))
        .push_named("fc7", dense(4096).activation(Relu).bias_initializer(one))
        .push_named("drop7", Dropout::new(0.5))
        .push_named("fc8", dense(classes))
}
