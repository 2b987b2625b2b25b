//! Long sums keep their digits: pooling of large images, gradients of kernels over many pixels and of pixels
//! that many others come from, normalisation over many channels; single precision against sums in double precision.

use dl_conv::{
    AveragePool2d, Conv2d, GlobalAveragePool2d, Interpolation, LocalResponseNorm, MaxPool2d,
    Padding, UpSample2d, Window, col2im,
};
use dl_core::random::generator;
use dl_nn::ndarray::{Array2, ArrayD, Axis, IxDyn};
use dl_nn::prelude::*;
use dl_nn::single_layer::{backward, forward};
use dl_nn::{Cache, LayerSpec, Mode, Scalar};

/// Numbers around `centre`, within 0.05.
fn near(centre: f32, shape: &[usize]) -> ArrayD<f32> {
    let mut generator = generator(3);
    ArrayD::from_shape_simple_fn(IxDyn(shape), || {
        centre + 0.1 * (f32::uniform(&mut generator) - 0.5)
    })
}

#[track_caller]
fn assert_near(found: f32, expected: f64, relative: f64) {
    let difference = (f64::from(found) - expected).abs();
    assert!(
        difference <= relative * expected.abs(),
        "{found} against {expected}"
    );
}

#[test]
fn the_mean_of_a_million_pixels() {
    for x in [
        near(0.1, &[1, 1024, 1024, 1]),
        near(0.1, &[1, 100, 1024, 10]),
        ArrayD::from_elem(IxDyn(&[1, 1024, 1024, 1]), 0.1),
    ] {
        let channels = x.shape()[3];
        let model = Sequential::<f32>::input(&x.shape()[1..]);
        let model = model.push(GlobalAveragePool2d::new()).build(0).unwrap();
        let y = model.predict(&x).unwrap();
        for channel in 0..channels {
            let pixels = x.index_axis(Axis(3), channel).mapv(f64::from);
            assert_near(y[[0, channel]], pixels.sum() / pixels.len() as f64, 1e-7);
        }
    }
    let x = near(0.1, &[1, 64, 64, 3]);
    let pool = AveragePool2d::new(33).stride(31);
    let model = Sequential::<f32>::input([64, 64, 3])
        .push(pool)
        .build(0)
        .unwrap();
    let y = model.predict(&x).unwrap();
    let exact: f64 = (0..33 * 33)
        .map(|i| f64::from(x[[0, i / 33, i % 33, 2]]))
        .sum();
    assert_near(y[[0, 0, 0, 2]], exact / f64::from(33 * 33), 1e-7);
}

/// ∂L/∂K and ∂L/∂b over 2 × 150 × 150 pixels, whose terms have one sign.
#[test]
fn kernel_gradients_over_many_pixels() {
    for (kernel, padding) in [(1, Padding::Valid), (3, Padding::Same)] {
        let conv = Conv2d::new(4, kernel).padding(padding);
        let model = Sequential::<f32>::input([150, 150, 2])
            .push(conv)
            .build(0)
            .unwrap();
        let layer = &model.layers()[0].layer;
        let (x, dy) = (near(0.3, &[2, 150, 150, 2]), near(0.1, &[2, 150, 150, 4]));
        let mut cache = Cache::default();
        let y = forward(&**layer, &x, &mut cache, Mode::Eval).unwrap();
        let (_, grads) = backward(&**layer, &x, &y, &dy, &mut cache);
        let (x, dy) = (x.mapv(f64::from), dy.mapv(f64::from));
        let middle = kernel / 2;
        for filter in 0..4 {
            let delta = dy.index_axis(Axis(3), filter);
            assert_near(grads[1][filter], delta.sum(), 1e-7);
            for channel in 0..2 {
                let exact = (&x.index_axis(Axis(3), channel) * &delta).sum();
                assert_near(grads[0][[middle, middle, channel, filter]], exact, 5e-7);
            }
        }
    }
}

#[test]
fn response_normalisation_over_thousands_of_channels() {
    let norm = LocalResponseNorm::new().size(8191).alpha(1.0).beta(1.0);
    let model = Sequential::<f32>::input([4096])
        .push(norm)
        .build(0)
        .unwrap();
    let x = near(1.0, &[1, 4096]);
    let y = model.predict(&x).unwrap();
    let sum = 2.0 + x.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>();
    for channel in [0, 17, 4095] {
        assert_near(y[[0, channel]], f64::from(x[[0, channel]]) / sum, 5e-7);
    }
}

/// ∂L/∂x of one layer for ∂L/∂y of numbers near 0.1, and ∂L/∂y.
fn input_gradient<F: Scalar>(
    input: [usize; 3],
    layer: impl LayerSpec<F> + 'static,
) -> [ArrayD<F>; 2] {
    let model = Sequential::<F>::input(input).push(layer).build(0).unwrap();
    let named = &model.layers()[0];
    let shape = [&[1], &named.output_shape[..]].concat();
    let dy = near(0.1, &shape).mapv(|dy| F::cast(f64::from(dy)));
    let x = near(0.3, &[&[1], &input[..]].concat()).mapv(|x| F::cast(f64::from(x)));
    let (layer, mut cache) = (&*named.layer, Cache::default());
    let y = forward(layer, &x, &mut cache, Mode::Eval).unwrap();
    let (dx, _) = backward(layer, &x, &y, &dy, &mut cache);
    [dx, dy]
}

/// Each pixel's gradient is a sum of thousands; the same in double precision has them all.
#[test]
fn gradients_of_pixels_that_many_others_come_from() {
    fn check(input: [usize; 3], layer: impl LayerSpec<f32> + LayerSpec<f64> + Clone + 'static) {
        let [found, _] = input_gradient::<f32>(input, layer.clone());
        let [exact, dy] = input_gradient::<f64>(input, layer);
        for (&found, &exact) in found.iter().zip(&exact) {
            assert_near(found, exact, 2e-7);
        }
        // all that is given back comes from somewhere
        assert!((exact.sum() / dy.sum() - 1.0).abs() < 1e-12);
    }
    for interpolation in [Interpolation::Nearest, Interpolation::Bilinear] {
        for factor in [[64, 64], [1, 2000], [9, 8]] {
            let up = UpSample2d::new(factor).interpolation(interpolation);
            check([2, 3, 2], up);
        }
    }
    check([120, 120, 2], AveragePool2d::new(60).stride(1));
    check([90, 90, 1], MaxPool2d::new(45).stride(1));
    check(
        [70, 70, 40],
        AveragePool2d::new(20).stride(2).padding(Padding::Same),
    );
}

#[test]
fn columns_of_large_windows() {
    let geometry = Window::new(40).over(79.into()).unwrap();
    let columns = Array2::from_elem((40 * 40, 40 * 40), 0.1_f32);
    let image = col2im(columns.view(), &geometry);
    // from every position
    assert_near(image[[39, 39, 0]], 1600.0 * f64::from(0.1_f32), 6e-8);
}
