//! LeNet-5.

use dl_core::instantiate;
use dl_nn::Sequential;
use dl_nn::prelude::{Dense, Flatten, Tanh};

use crate::{AveragePool2d, Conv2d, Padding};

instantiate! {
    /// LeNet-5 for images `[28, 28, 1]` of ten classes: 61 706 parameters, logits at the end.
    ///
    /// LeCun, Bottou, Bengio, Haffner 1998, "Gradient-based learning applied to document recognition",
    /// section II.B and figure 2. As nearly everyone builds it today, it departs from the paper:
    ///
    /// - the first convolution pads the 28 × 28 image to the paper's 32 × 32 itself;
    /// - S2 and S4 are plain averages, without the paper's trained factor and bias a map and the sigmoid
    ///   after them;
    /// - pixels are expected from 0 to 1, not from −0.1 to 1.175;
    /// - C3 sees all six maps of S2, not the subsets of table I;
    /// - tanh is tanh(a), not 1.7159·tanh(⅔a) (appendix A);
    /// - the output is a dense layer for the softmax cross-entropy, not radial basis functions with
    ///   fixed codes (equation 7).
    pub fn lenet5<F: Scalar>() -> Sequential<F> {
        Sequential::input([28, 28, 1])
            .push_named(
                "c1",
                Conv2d::new(6, 5).padding(Padding::all(2)).activation(Tanh),
            )
            .push_named("s2", AveragePool2d::new(2))
            .push_named("c3", Conv2d::new(16, 5).activation(Tanh))
            .push_named("s4", AveragePool2d::new(2))
            .push(Flatten)
            .push_named("c5", Dense::new(120).activation(Tanh))
            .push_named("f6", Dense::new(84).activation(Tanh))
            .push_named("output", Dense::new(10))
    }
}
