//! The networks of the jobs. `xtask/peers/pytorch_networks.py` has the same under the same names.

use dl_conv::models::{lenet5, mnist_cnn, resnet20};
use dl_conv::{Conv2d, GlobalAveragePool2d, MaxPool2d, Padding};
use dl_nn::prelude::*;

use super::samples::Samples;

/// A network and its inputs.
#[derive(Debug)]
pub(super) struct Network {
    /// Its name in the peers' scripts.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) samples: Samples,
    /// Whether it takes images rather than rows.
    pub(super) images: bool,
    pub(super) describe: fn() -> Sequential<f32>,
}

pub(super) static CNN: Network = Network {
    name: "cnn",
    title: "MNIST CNN",
    samples: Samples::Mnist,
    images: true,
    describe: mnist_cnn,
};

pub(super) static MLP: Network = Network {
    name: "mlp",
    title: "MLP 784-512-512-10",
    samples: Samples::Mnist,
    images: false,
    describe: || {
        Sequential::input([784])
            .push(Dense::new(512).activation(Relu))
            .push(Dense::new(512).activation(Relu))
            .push(Dense::new(10))
    },
};

pub(super) static LENET: Network = Network {
    name: "lenet",
    title: "LeNet-5",
    samples: Samples::Mnist,
    images: true,
    describe: lenet5,
};

/// Five convolutions, the third and the fifth of stride 2, on colour images of 32 × 32.
pub(super) static CONV5: Network = Network {
    name: "conv5",
    title: "five convolutions 32×32×3",
    samples: Samples::Colour32,
    images: true,
    describe: || {
        let conv = |filters| {
            let conv = Conv2d::new(filters, 3).padding(Padding::all(1));
            conv.activation(Relu)
        };
        Sequential::input([32, 32, 3])
            .push(conv(32))
            .push(conv(32))
            .push(conv(64).stride(2))
            .push(conv(64))
            .push(conv(128).stride(2))
            .push(GlobalAveragePool2d::new())
            .push(Dense::new(10))
    },
};

/// The residual network of He et al. 2016, section 4.2.
pub(super) static RESNET20: Network = Network {
    name: "resnet20",
    title: "ResNet-20 32×32×3",
    samples: Samples::Colour32,
    images: true,
    describe: resnet20,
};

/// Two blocks of branches with kernels of 1 × 1, 3 × 3 and 5 × 5, concatenated (Szegedy et al. 2015, figure 2b).
pub(super) static CONCAT: Network = Network {
    name: "concat",
    title: "concatenated branches 32×32×3",
    samples: Samples::Colour32,
    images: true,
    describe: || {
        let conv = |filters, kernel: usize| {
            let conv = Conv2d::new(filters, kernel).padding(Padding::all(kernel / 2));
            conv.activation(Relu)
        };
        let branches = |filters: usize| {
            Branches::concat([
                Sequential::new().push(conv(filters, 1)),
                Sequential::new()
                    .push(conv(filters, 1))
                    .push(conv(2 * filters, 3)),
                Sequential::new()
                    .push(conv(filters / 2, 1))
                    .push(conv(filters, 5)),
            ])
        };
        Sequential::input([32, 32, 3])
            .push(conv(32, 3))
            .push(branches(16))
            .push(MaxPool2d::new(2))
            .push(branches(32))
            .push(GlobalAveragePool2d::new())
            .push(Dense::new(10))
    },
};

pub(super) static IRIS: Network = Network {
    name: "iris",
    title: "Iris MLP 4-10-10-3",
    samples: Samples::Iris,
    images: false,
    describe: || {
        Sequential::input([4])
            .push(Dense::new(10).activation(Relu))
            .push(Dense::new(10).activation(Relu))
            .push(Dense::new(3))
    },
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_have_the_parameters_that_the_peers_have() {
        let parameters = |network: &Network| {
            let model = (network.describe)().build(0).expect("sound");
            model.parameter_count()
        };
        let counts = [&CNN, &MLP, &LENET, &CONV5, &RESNET20, &CONCAT, &IRIS].map(parameters);
        assert_eq!(
            counts,
            [93_322, 669_706, 61_706, 140_714, 269_722, 47_890, 193]
        );
    }
}
