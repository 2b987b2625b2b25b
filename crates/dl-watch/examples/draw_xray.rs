//! Scratch.
use dl_conv::models::mnist_cnn;
use dl_nn::prelude::*;
use dl_watch::XRay;
use dl_watch::ndarray::{Array2, Array4, array};

fn main() {
    let dir = std::env::args().nth(1).unwrap();
    let w = |i: usize| (i as f64 * 0.7).sin();
    let line: Model<f64> = Sequential::input([1]).push(Dense::new(1)).build(1).unwrap();
    let x = XRay::of(
        &line,
        &MeanSquaredError,
        &array![[2.0]],
        &array![[5.0]],
        Mode::Eval,
    )
    .unwrap();
    x.figure().save(format!("{dir}/line.png")).unwrap();
    println!("{x}\n");
    let m: Model<f64> = Sequential::input([2])
        .push(Dense::new(2).activation(Sigmoid))
        .push(Dense::new(1))
        .build(1)
        .unwrap();
    let x = XRay::of(
        &m,
        &MeanSquaredError,
        &array![[1.0, 2.0]],
        &array![[1.0]],
        Mode::Eval,
    )
    .unwrap();
    x.figure().save(format!("{dir}/mlp221.png")).unwrap();
    let m: Model<f64> = Sequential::input([2])
        .push(Dense::new(3).activation(Relu))
        .push(Dense::new(2).activation(Tanh))
        .push(Dense::new(3))
        .build(3)
        .unwrap();
    let x = XRay::of(
        &m,
        &SoftmaxCrossEntropy::new(),
        &array![[1.0, 2.0], [0.3, -1.0]],
        &vec![2, 0],
        Mode::Eval,
    )
    .unwrap();
    x.figure().save(format!("{dir}/mlp2333.png")).unwrap();
    let m: Model<f64> = Sequential::input([30])
        .push(Dense::new(64).activation(Relu))
        .push(Dropout::new(0.5))
        .push(Dense::new(100).activation(Relu))
        .push(Dense::new(3))
        .build(3)
        .unwrap();
    let x = XRay::of(
        &m,
        &SoftmaxCrossEntropy::new(),
        &Array2::from_shape_fn((20, 30), |(i, j)| w(i * 30 + j)),
        &vec![1; 20],
        Mode::Train { seed: 0 },
    )
    .unwrap();
    x.figure().save(format!("{dir}/wide.png")).unwrap();
    println!("{x}\n");
    let m: Model<f32> = mnist_cnn().build(1).unwrap();
    let img = Array4::from_shape_fn((4, 28, 28, 1), |(n, y, x, _)| {
        let r =
            (((y as f32 - 13.5).powi(2) + (x as f32 - 13.5).powi(2)).sqrt() - 8.0 - n as f32).abs();
        (1.5 - r).clamp(0.0, 1.0)
    });
    let x = XRay::of(
        &m,
        &SoftmaxCrossEntropy::new(),
        &img,
        &vec![0; 4],
        Mode::Eval,
    )
    .unwrap();
    x.figure().save(format!("{dir}/cnn.png")).unwrap();
    println!("{x}");
}
