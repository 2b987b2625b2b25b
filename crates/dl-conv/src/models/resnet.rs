//! Residual networks for small images.

use dl_core::{Scalar, instantiate};
use dl_nn::Sequential;
use dl_nn::init::Initializer::HeNormal;
use dl_nn::prelude::{Activate, BatchNorm, Dense, Relu, Residual};

use crate::{Conv2d, GlobalAveragePool2d, MaxPool2d, Padding, ZeroPadChannels};

/// 3 × 3, without a bias, since a normalisation follows; padded as in PyTorch.
fn convolution(filters: usize, stride: usize) -> Conv2d {
    Conv2d::new(filters, 3)
        .stride(stride)
        .padding(Padding::all(1))
        .bias(false)
        .kernel_initializer(HeNormal)
}

/// Two convolutions, each with its normalisation.
fn branch<F: Scalar>(filters: usize, stride: usize) -> Sequential<F> {
    Sequential::new()
        .push(convolution(filters, stride))
        .push(BatchNorm::new())
        .push(Activate(Relu))
        .push(convolution(filters, 1))
        .push(BatchNorm::new())
}

/// x itself; where a branch halves the image and doubles the channels, every other pixel, and zeros (option A of the
/// paper, without parameters).
fn shortcut<F: Scalar>(filters: usize, stride: usize) -> Sequential<F> {
    match stride {
        1 => Sequential::new(),
        _ => Sequential::new()
            .push(MaxPool2d::new(1).stride(stride))
            .push(ZeroPadChannels::new(0, filters / 2)),
    }
}

/// What comes before and after the blocks, which `block` adds, given the filters and the stride of each.
fn around<F: Scalar>(
    blocks: usize,
    input: [usize; 3],
    classes: usize,
    block: impl Fn(Sequential<F>, usize, usize) -> Sequential<F>,
) -> Sequential<F> {
    let mut network = Sequential::input(input)
        .push(convolution(16, 1))
        .push(BatchNorm::new())
        .push(Activate(Relu));
    for (stage, filters) in [16, 32, 64].into_iter().enumerate() {
        for i in 0..blocks {
            let stride = if stage > 0 && i == 0 { 2 } else { 1 };
            network = block(network, filters, stride);
        }
    }
    network
        .push(GlobalAveragePool2d::new())
        .push(Dense::new(classes))
}

instantiate! {
    /// The residual network of He, Zhang, Ren, Sun 2016, "Deep residual learning for image recognition", section 4.2,
    /// for small images, such as CIFAR-10's `[32, 32, 3]`: a convolution; three stages of `blocks` blocks with 16, 32 and
    /// 64 filters; a mean over all pixels; logits at the end. It is `6 · blocks + 2` layers deep.
    ///
    /// A block is relu(x + branch(x)) with two 3 × 3 convolutions, each with batch normalisation. The first block of the
    /// second and third stage halves the image; its shortcut takes every other pixel and fills the new channels with
    /// zeros, which has no parameters.
    pub fn resnet<F: Scalar>(blocks: usize, input: [usize; 3], classes: usize) -> Sequential<F> {
        around(blocks, input, classes, |network, filters, stride| {
            let residual = Residual::new(branch(filters, stride));
            network.push(residual.shortcut(shortcut(filters, stride)).activation(Relu))
        })
    }

    /// The same network without its shortcuts: the "plain" one that the paper compares with.
    pub fn plain<F: Scalar>(blocks: usize, input: [usize; 3], classes: usize) -> Sequential<F> {
        around(blocks, input, classes, |network, filters, stride| {
            network.push(branch(filters, stride)).push(Activate(Relu))
        })
    }

    /// [`resnet`] of 20 layers for images `[32, 32, 3]` of ten classes: 269 722 parameters.
    pub fn resnet20<F: Scalar>() -> Sequential<F> {
        resnet(3, [32, 32, 3], 10)
    }

    /// [`resnet`] of 32 layers for images `[32, 32, 3]` of ten classes: 464 154 parameters.
    pub fn resnet32<F: Scalar>() -> Sequential<F> {
        resnet(5, [32, 32, 3], 10)
    }

    /// [`resnet`] of 56 layers for images `[32, 32, 3]` of ten classes: 853 018 parameters.
    pub fn resnet56<F: Scalar>() -> Sequential<F> {
        resnet(9, [32, 32, 3], 10)
    }
}
