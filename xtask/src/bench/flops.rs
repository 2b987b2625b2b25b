//! The floating-point operations of a network's matrix products; all others are negligible.

use dl_nn::{Model, NamedLayer};

/// Multiply-adds per image of a layer that has a kernel: every weight of a dense layer once, every
/// weight of a convolution once per output position.
pub(super) fn multiply_adds_of(named: &NamedLayer<f32>) -> Option<usize> {
    let params = named.layer.params();
    let kernel = params.iter().find(|param| param.name == "kernel")?;
    let (_, positions) = named.output_shape.split_last()?;
    Some(kernel.value.len() * positions.iter().product::<usize>())
}

fn multiply_adds(model: &Model<f32>) -> Vec<usize> {
    of_layers(model.layers())
}

/// Those of the layers, and of those inside them.
fn of_layers(layers: &[NamedLayer<f32>]) -> Vec<usize> {
    let of_layer = |named: &NamedLayer<f32>| match named.inside() {
        Some(inside) => {
            let branches = inside.branches.iter();
            branches.flat_map(|(_, layers)| of_layers(layers)).collect()
        }
        None => Vec::from_iter(multiply_adds_of(named)),
    };
    layers.iter().flat_map(of_layer).collect()
}

/// Operations per image of a forward pass.
pub(super) fn forward(model: &Model<f32>) -> f64 {
    2.0 * multiply_adds(model).iter().sum::<usize>() as f64
}

/// Operations per image of a forward and a backward pass: as many again for the gradients of the
/// kernels, and for those of the layers' inputs, which the first layer does not need.
pub(super) fn training(model: &Model<f32>) -> f64 {
    let first = multiply_adds(model)
        .first()
        .map_or(0.0, |&n| 2.0 * n as f64);
    3.0 * forward(model) - first
}

#[cfg(test)]
mod tests {
    use super::*;
    use dl_conv::models::mnist_cnn;

    #[test]
    fn operations_of_the_mnist_cnn() {
        let model = mnist_cnn().build(0).expect("sound");
        let convolutions = [26 * 26 * 32 * 9, 11 * 11 * 64 * 9 * 32, 3 * 3 * 64 * 9 * 64];
        let dense = [576 * 64, 64 * 10];
        assert_eq!(multiply_adds(&model), [&convolutions[..], &dense].concat());
        assert_eq!(forward(&model), 5_588_480.0);
        assert_eq!(training(&model), 16_376_064.0);
        let model = dl_conv::models::resnet20().build(0).expect("sound");
        // 32 × 32 × 27 × 16, then 6 + 1 + 5 + 1 + 5 convolutions: He et al. 2016 count 41 million
        assert_eq!(multiply_adds(&model).len(), 1 + 18 + 1);
        assert_eq!(forward(&model), 2.0 * 40_551_040.0);
    }
}
