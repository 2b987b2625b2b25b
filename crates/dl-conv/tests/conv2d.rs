//! The convolution layer against its definition.

mod cases;

use cases::{Case, cases, rank4, whole};
use dl_conv::{Conv2d, naive};
use dl_core::random::generator;
use dl_nn::gradient_check::check_layer;
use dl_nn::prelude::*;
use dl_nn::single_layer::{backward, forward};
use ndarray::{Array4, ArrayD, IxDyn};
use proptest::prelude::*;

fn equals_its_definition<F: Scalar>(case: &Case) {
    let Case {
        images,
        image: [h, w],
        depths: [depth, filters],
        groups,
        window,
    } = *case;
    let (channels, filters) = (depth * groups, filters * groups);
    let spec = Conv2d::new(filters, window.kernel)
        .stride(window.stride)
        .dilation(window.dilation)
        .padding(window.padding)
        .groups(groups);
    let shape = [h, w, channels];
    let mut layer: Box<dyn Layer<F>> = LayerSpec::build(&spec, &shape, &mut generator(1)).unwrap();
    for mut param in layer.params_mut() {
        let values = whole(param.value.shape(), 2);
        param.value.assign(&values);
    }
    let geometry = window.over([h, w].into()).unwrap();
    let kernel = layer.params()[0].value.to_owned();
    let bias = layer.params()[1].value.to_owned();

    let x: ArrayD<F> = whole(&[images, h, w, channels], 3);
    let expected: Array4<F> = naive::convolve(rank4(&x), rank4(&kernel), groups, &geometry);
    let expected = expected.into_dyn() + &bias;
    let sample = layer.output_shape(&shape).unwrap();
    assert_eq!(expected.shape()[1..], sample);
    let mut cache = Cache::default();
    let y = forward(&*layer, &x, &mut cache, Mode::Eval).unwrap();
    assert_eq!(y, expected);

    let dy: ArrayD<F> = whole(y.shape(), 4);
    let dx_expected = naive::input_gradient(rank4(&dy), rank4(&kernel), groups, &geometry);
    let dk_expected = naive::kernel_gradient(rank4(&x), rank4(&dy), groups, &geometry);
    let pixels = dy.to_shape((y.len() / filters, filters)).unwrap();
    let db_expected = pixels.sum_axis(ndarray::Axis(0));
    let (dx, grads) = backward(&*layer, &x, &y, &dy, &mut cache);
    assert_eq!(dx, dx_expected.into_dyn());
    assert_eq!(grads, [dk_expected.into_dyn(), db_expected.into_dyn()]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn equals_the_sums(case in cases(12, 5)) {
        equals_its_definition::<f64>(&case);
        equals_its_definition::<f32>(&case);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// More channels than a tile is wide.
    #[test]
    fn equals_the_sums_of_many_channels(case in cases(9, 90)) {
        equals_its_definition::<f32>(&case);
    }
}

#[test]
fn gradients_of_every_activation() {
    for activation in [Identity, Relu, Gelu, Silu, Tanh, Softplus, Softmax] {
        let spec = Conv2d::new(3, 2).activation(activation);
        let mut layer: Box<dyn Layer<f64>> =
            LayerSpec::build(&spec, &[3, 4, 2], &mut generator(1)).unwrap();
        let mut rng = generator(2);
        let x =
            ArrayD::from_shape_simple_fn(IxDyn(&[2, 3, 4, 2]), || f64::standard_normal(&mut rng));
        check_layer(&mut *layer, &x).unwrap();
    }
}
