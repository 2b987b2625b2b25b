//! The passes of a convolution on one core, the direct form beside im2col and one product:
//! `cargo bench -p dl-conv --bench conv`.
//!
//! Throughput in items counts floating-point operations, two for every multiply-add of the
//! definition, those with the padding's zeros included: Gitem/s are GFLOP/s.

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use dl_conv::functions::conv2d_im2col;
use dl_conv::{Conv2d, ConvTranspose2d, Geometry, Padding, Window, col2im, im2col};
use dl_core::gemm::{Init, gemm};
use dl_core::random::generator;
use dl_nn::contract::samples;
use dl_nn::ndarray::{Array2, Array3, Array4, ArrayD, Ix4};
use dl_nn::{Backward, Batch, BatchMut, Cache, Layer, LayerSpec, Mode};

fn main() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    pool.expect("a thread").install(divan::main);
}

/// A layer of a network on a block of images.
#[derive(Debug, Clone, Copy)]
struct Job {
    name: &'static str,
    /// `[n, h, w, c]`.
    images: [usize; 4],
    filters: usize,
    kernel: usize,
    padding: usize,
}

impl std::fmt::Display for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Job {
            name,
            images: [n, h, w, c],
            filters,
            kernel,
            ..
        } = self;
        write!(f, "{name} {n}×{h}×{w}×{c} → {filters}, {kernel}×{kernel}")
    }
}

const fn job(
    name: &'static str,
    images: [usize; 4],
    filters: usize,
    kernel: usize,
    padding: usize,
) -> Job {
    Job {
        name,
        images,
        filters,
        kernel,
        padding,
    }
}

const JOBS: [Job; 5] = [
    job("MNIST 1", [8, 28, 28, 1], 32, 3, 0),
    job("MNIST 2", [8, 13, 13, 32], 64, 3, 0),
    job("MNIST 3", [8, 5, 5, 64], 64, 3, 0),
    job("AlexNet 2", [1, 27, 27, 96], 256, 5, 2),
    job("AlexNet 3", [2, 13, 13, 256], 384, 3, 1),
];

impl Job {
    fn window(&self) -> Window {
        Window {
            padding: Padding::all(self.padding),
            ..Window::new(self.kernel)
        }
    }

    fn kernel_shape(&self) -> [usize; 4] {
        [self.kernel, self.kernel, self.images[3], self.filters]
    }

    fn output(&self) -> [usize; 4] {
        let size = self.geometry().output;
        [self.images[0], size.height, size.width, self.filters]
    }

    fn operations(&self) -> ItemsCount {
        let terms: usize = self.kernel_shape()[..3].iter().product();
        ItemsCount::new(2 * terms * self.output().iter().product::<usize>())
    }

    fn geometry(&self) -> Geometry {
        let [_, h, w, _] = self.images;
        self.window().over([h, w].into()).expect("it fits")
    }
}

fn array(shape: [usize; 4], seed: u64) -> Array4<f32> {
    let values = samples(&shape, seed);
    values.into_dimensionality::<Ix4>().expect("of rank 4")
}

/// A layer with its buffers.
struct Direct {
    layer: Box<dyn Layer<f32>>,
    cache: Cache<f32>,
    x: ArrayD<f32>,
    y: ArrayD<f32>,
    dy: ArrayD<f32>,
    grads: Vec<ArrayD<f32>>,
    /// The shape of one sample of y.
    output: Vec<usize>,
}

impl Direct {
    fn new(spec: &impl LayerSpec<f32>, images: [usize; 4]) -> Self {
        let built = spec.build(&images[1..], &mut generator(0));
        let layer = built.expect("it fits");
        let sample = layer.output_shape(&images[1..]).expect("it fits");
        let output = [&images[..1], &sample].concat();
        let params = layer.params();
        let grads = params.iter().map(|p| ArrayD::zeros(p.value.raw_dim()));
        Self {
            grads: grads.collect(),
            layer,
            cache: Cache::default(),
            x: samples(&images, 1),
            y: ArrayD::zeros(&output[..]),
            dy: samples(&output, 2),
            output: sample,
        }
    }

    fn convolution(job: &Job) -> Self {
        let spec = Conv2d::new(job.filters, job.kernel).bias(false);
        Self::new(&spec.padding(Padding::all(job.padding)), job.images)
    }

    fn forward(&mut self) {
        let x = Batch::from_array(&self.x);
        let y = BatchMut::from_array(&self.output, &mut self.y);
        self.layer.forward(x, y, &mut self.cache, Mode::Eval);
    }

    fn kernel_gradient(&mut self) {
        let (x, y) = (Batch::from_array(&self.x), Batch::from_array(&self.y));
        let dy = BatchMut::from_array(&self.output, &mut self.dy);
        let pass = Backward::new(x, y, dy, &mut self.cache);
        self.layer.backward(pass.grads(&mut self.grads));
    }
}

#[divan::bench(args = JOBS)]
fn forward(bencher: Bencher, job: Job) {
    let mut direct = Direct::convolution(&job);
    let bencher = bencher.counter(job.operations());
    bencher.bench_local(|| direct.forward());
}

#[divan::bench(args = JOBS)]
fn kernel_gradient(bencher: Bencher, job: Job) {
    let mut direct = Direct::convolution(&job);
    let bencher = bencher.counter(job.operations());
    bencher.bench_local(|| direct.kernel_gradient());
}

/// The transposed convolution's way forward.
#[divan::bench(args = JOBS)]
fn input_gradient(bencher: Bencher, job: Job) {
    let spec = ConvTranspose2d::new(job.images[3], job.kernel).bias(false);
    let mut direct = Direct::new(&spec.padding(Padding::all(job.padding)), job.output());
    let bencher = bencher.counter(job.operations());
    bencher.bench_local(|| direct.forward());
}

/// Images, a kernel as a matrix, ∂L/∂y as matrices.
struct Textbook {
    geometry: Geometry,
    x: Array4<f32>,
    kernel: Array2<f32>,
    dy: Array3<f32>,
}

impl Textbook {
    fn new(job: &Job) -> Self {
        let [n, height, width, filters] = job.output();
        let terms = job.kernel_shape()[..3].iter().product();
        Self {
            geometry: job.geometry(),
            x: array(job.images, 1),
            kernel: array([1, 1, terms, filters], 2)
                .into_shape_with_order((terms, filters))
                .expect("as many"),
            dy: array([n, height, width, filters], 3)
                .into_shape_with_order((n, height * width, filters))
                .expect("as many"),
        }
    }
}

#[divan::bench(args = JOBS)]
fn columns(bencher: Bencher, job: Job) {
    let Textbook {
        geometry,
        x,
        kernel,
        dy,
    } = Textbook::new(&job);
    let elements = x.len() + dy.len() / job.filters * kernel.nrows();
    let bencher = bencher.counter(BytesCount::of_many::<f32>(elements));
    bencher.bench_local(|| {
        for x in x.outer_iter() {
            divan::black_box(im2col(x, &geometry));
        }
    });
}

#[divan::bench(args = JOBS)]
fn forward_by_columns(bencher: Bencher, job: Job) {
    let (x, kernel) = (array(job.images, 1), array(job.kernel_shape(), 2));
    let bencher = bencher.counter(job.operations());
    bencher.bench_local(|| conv2d_im2col(x.view(), kernel.view(), None, &job.window(), 1));
}

#[divan::bench(args = JOBS)]
fn kernel_gradient_by_columns(bencher: Bencher, job: Job) {
    let Textbook {
        geometry,
        x,
        mut kernel,
        dy,
    } = Textbook::new(&job);
    bencher.counter(job.operations()).bench_local(|| {
        for (x, dy) in x.outer_iter().zip(dy.outer_iter()) {
            let columns = im2col(x, &geometry);
            gemm(Init::Accumulate, columns.t(), dy, kernel.view_mut());
        }
    });
}

#[divan::bench(args = JOBS)]
fn input_gradient_by_columns(bencher: Bencher, job: Job) {
    let Textbook {
        geometry,
        kernel,
        dy,
        ..
    } = Textbook::new(&job);
    bencher.counter(job.operations()).bench_local(|| {
        for dy in dy.outer_iter() {
            let mut columns = Array2::zeros((dy.nrows(), kernel.nrows()));
            gemm(Init::Zero, dy, kernel.t(), columns.view_mut());
            divan::black_box(col2im(columns.view(), &geometry));
        }
    });
}
