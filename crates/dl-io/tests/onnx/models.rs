//! Whole models.

use dl_conv::models::{alexnet, lenet5, mnist_cnn, resnet};
use dl_conv::{Conv2d, ConvTranspose2d, Padding};
use dl_nn::prelude::*;

use super::Case;

pub(crate) fn cases() -> Vec<Case<f32>> {
    let mut cases = vec![
        ("model_iris", iris()),
        ("model_lenet5", lenet5()),
        ("model_mnist_cnn", mnist_cnn()),
        ("model_resnet", resnet(2, [12, 12, 3], 5)),
        ("model_alexnet_of_small_images", alexnet(67, 10)),
        ("model_dense_autoencoder", dense_autoencoder()),
        (
            "model_convolutional_autoencoder",
            convolutional_autoencoder(),
        ),
        ("model_variational_encoder", variational_encoder()),
        ("model_reordered_twice", reordered_twice()),
    ];
    if std::env::var_os("ONNX_ALEXNET").is_some() {
        cases.push(("model_alexnet", alexnet(227, 1000)));
    }
    let owned = |(name, network): (&str, _)| (name.to_owned(), network);
    cases.into_iter().map(owned).collect()
}

pub(crate) fn in_double_precision() -> Vec<Case<f64>> {
    vec![
        ("double_lenet5".to_owned(), lenet5()),
        ("double_autoencoder".to_owned(), convolutional_autoencoder()),
    ]
}

pub(crate) fn iris() -> Sequential<f32> {
    Sequential::input([4])
        .push(Dense::new(10).activation(Relu))
        .push(Dense::new(10).activation(Relu))
        .push(Dense::new(3))
}

fn dense_autoencoder() -> Sequential<f32> {
    Sequential::input([784])
        .push(Dense::new(256).activation(Relu))
        .push(Dense::new(64).activation(Relu))
        .push_named("code", Dense::new(8))
        .push(Dense::new(64).activation(Relu))
        .push(Dense::new(256).activation(Relu))
        .push(Dense::new(784).activation(Sigmoid))
}

fn convolutional_autoencoder<F: Scalar>() -> Sequential<F> {
    let down = |filters| Conv2d::new(filters, 3).stride(2).padding(Padding::Same);
    let up = |filters| {
        ConvTranspose2d::new(filters, 4)
            .stride(2)
            .padding(Padding::Same)
    };
    Sequential::input([784])
        .push(Reshape::new([28, 28, 1]))
        .push(down(16).activation(Relu))
        .push(down(32).activation(Relu))
        .push(Flatten)
        .push_named("code", Dense::new(8))
        .push(Dense::new(7 * 7 * 32).activation(Relu))
        .push(Reshape::new([7, 7, 32]))
        .push(up(16).activation(Relu))
        .push(up(1).activation(Sigmoid))
        .push(Flatten)
}

fn variational_encoder() -> Sequential<f32> {
    Sequential::input([20])
        .push(Dense::new(16).activation(Relu))
        .push(Dense::new(8))
        .push(Reparameterize)
}

/// Flattened images that are not followed by a dense layer.
fn reordered_twice() -> Sequential<f32> {
    Sequential::input([4, 6, 3])
        .push(Conv2d::new(5, 3).padding(Padding::Same).activation(Tanh))
        .push(Flatten)
        .push(Reshape::new([6, 4, 5]))
        .push(Conv2d::new(4, 2).activation(Tanh))
        .push(Flatten)
        .push(Reshape::new([6, 10]))
        .push(Activate(Softmax))
        .push(Flatten)
        .push(Dense::new(3))
}
