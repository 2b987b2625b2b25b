//! Pooling and the other layers without parameters on blocks of eight images, one core:
//! `cargo bench -p dl-conv --bench pool`.
//!
//! The throughput counts every array once: forward x and y; backward ∂L/∂y and ∂L/∂x, for max
//! pooling x and y, too.

use divan::Bencher;
use divan::counter::BytesCount;
use dl_conv::{
    AveragePool2d, GlobalAveragePool2d, Interpolation, LocalResponseNorm, MaxPool2d, UpSample2d,
};
use dl_core::random::generator;
use dl_nn::contract::samples;
use dl_nn::ndarray::ArrayD;
use dl_nn::{Backward, Batch, BatchMut, Cache, Layer, LayerSpec, Mode};

fn main() {
    divan::main();
}

/// Shapes of the MNIST CNN, and the first two poolings of AlexNet.
const SHAPES: [[usize; 4]; 4] = [
    [8, 26, 26, 32],
    [8, 11, 11, 64],
    [8, 55, 55, 96],
    [8, 27, 27, 256],
];

/// A layer with its buffers.
struct Pass {
    layer: Box<dyn Layer<f32>>,
    cache: Cache<f32>,
    x: ArrayD<f32>,
    y: ArrayD<f32>,
    dy: ArrayD<f32>,
    dx: ArrayD<f32>,
    /// The shape of one sample of y.
    output: Vec<usize>,
}

impl Pass {
    fn new(spec: &impl LayerSpec<f32>, shape: [usize; 4]) -> Self {
        let layer = spec.build(&shape[1..], &mut generator(0)).unwrap();
        let sample = layer.output_shape(&shape[1..]).unwrap();
        let output = [&shape[..1], &sample].concat();
        let mut pass = Self {
            layer,
            cache: Cache::default(),
            x: samples(&shape, 1),
            y: ArrayD::zeros(&output[..]),
            dy: samples(&output, 2),
            dx: ArrayD::zeros(&shape[..]),
            output: sample,
        };
        pass.forward();
        pass
    }

    fn forward(&mut self) {
        let x = Batch::from_array(&self.x);
        let y = BatchMut::from_array(&self.output, &mut self.y);
        self.layer.forward(x, y, &mut self.cache, Mode::Eval);
    }

    fn backward(&mut self) {
        let (x, y) = (Batch::from_array(&self.x), Batch::from_array(&self.y));
        let dy = BatchMut::from_array(&self.output, &mut self.dy);
        let dx = BatchMut::from_array(x.sample_shape(), &mut self.dx);
        self.layer
            .backward(Backward::new(x, y, dy, &mut self.cache).dx(dx));
    }
}

fn forward(bencher: Bencher, spec: impl LayerSpec<f32>, shape: [usize; 4]) {
    let mut pass = Pass::new(&spec, shape);
    let bytes = BytesCount::of_many::<f32>(pass.x.len() + pass.y.len());
    bencher.counter(bytes).bench_local(|| pass.forward());
}

fn backward(bencher: Bencher, spec: impl LayerSpec<f32>, shape: [usize; 4], reads: bool) {
    let mut pass = Pass::new(&spec, shape);
    let elements = (pass.x.len() + pass.y.len()) * if reads { 2 } else { 1 };
    let bytes = BytesCount::of_many::<f32>(elements);
    bencher.counter(bytes).bench_local(|| pass.backward());
}

#[divan::bench(args = SHAPES)]
fn max_2_forward(bencher: Bencher, shape: [usize; 4]) {
    forward(bencher, MaxPool2d::new(2), shape);
}

#[divan::bench(args = SHAPES)]
fn max_2_backward(bencher: Bencher, shape: [usize; 4]) {
    backward(bencher, MaxPool2d::new(2), shape, true);
}

#[divan::bench(args = SHAPES)]
fn max_3_stride_2_forward(bencher: Bencher, shape: [usize; 4]) {
    forward(bencher, MaxPool2d::new(3).stride(2), shape);
}

#[divan::bench(args = SHAPES)]
fn max_3_stride_2_backward(bencher: Bencher, shape: [usize; 4]) {
    backward(bencher, MaxPool2d::new(3).stride(2), shape, true);
}

#[divan::bench(args = SHAPES)]
fn average_2_forward(bencher: Bencher, shape: [usize; 4]) {
    forward(bencher, AveragePool2d::new(2), shape);
}

#[divan::bench(args = SHAPES)]
fn average_2_backward(bencher: Bencher, shape: [usize; 4]) {
    backward(bencher, AveragePool2d::new(2), shape, false);
}

#[divan::bench(args = SHAPES)]
fn global_average_forward(bencher: Bencher, shape: [usize; 4]) {
    forward(bencher, GlobalAveragePool2d::new(), shape);
}

#[divan::bench(args = SHAPES)]
fn global_average_backward(bencher: Bencher, shape: [usize; 4]) {
    backward(bencher, GlobalAveragePool2d::new(), shape, false);
}

#[divan::bench(args = SHAPES)]
fn local_response_norm_forward(bencher: Bencher, shape: [usize; 4]) {
    forward(bencher, LocalResponseNorm::new(), shape);
}

#[divan::bench(args = SHAPES)]
fn local_response_norm_backward(bencher: Bencher, shape: [usize; 4]) {
    backward(bencher, LocalResponseNorm::new(), shape, false);
}

/// From half the height and width.
#[divan::bench(args = SHAPES)]
fn bilinear_2_forward(bencher: Bencher, [n, h, w, c]: [usize; 4]) {
    let up = UpSample2d::new(2).interpolation(Interpolation::Bilinear);
    forward(bencher, up, [n, h / 2, w / 2, c]);
}

/// What memory gives: x copied to ∂L/∂x.
#[divan::bench(args = SHAPES)]
fn copy(bencher: Bencher, shape: [usize; 4]) {
    let mut pass = Pass::new(&MaxPool2d::new(2), shape);
    let bytes = BytesCount::of_many::<f32>(2 * pass.x.len());
    bencher
        .counter(bytes)
        .bench_local(|| pass.dx.assign(&pass.x));
}
