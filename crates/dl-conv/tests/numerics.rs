//! Long sums keep their digits: pooling of large images, gradients of kernels over many pixels,
//! normalisation over many channels; single precision against sums in double precision.

use dl_conv::{AveragePool2d, Conv2d, GlobalAveragePool2d, LocalResponseNorm, Padding};
use dl_core::random::generator;
use dl_nn::ndarray::{ArrayD, Axis, IxDyn};
use dl_nn::prelude::*;
use dl_nn::{Cache, Mode, Scalar};

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
        let model = model.push(GlobalAveragePool2d).build(0).unwrap();
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
        let (mut y, mut cache) = (dy.clone(), Cache::default());
        layer.forward(x.view(), y.view_mut(), &mut cache, Mode::Eval);
        let params = layer.params();
        let zeros = params.iter().map(|p| ArrayD::zeros(p.value.raw_dim()));
        let mut grads: Vec<ArrayD<f32>> = zeros.collect();
        layer.backward(
            x.view(),
            y.view(),
            dy.clone().view_mut(),
            None,
            &mut cache,
            &mut grads,
        );
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
