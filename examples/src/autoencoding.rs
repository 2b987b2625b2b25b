//! What the programs about autoencoders share: options, networks, pictures of digits and codes.

use std::path::PathBuf;

use clap::value_parser;
use dl_conv::{Conv2d, ConvTranspose2d, Padding};
use dl_data::{ImageDataset, Mnist, Pca};
use dl_nn::prelude::*;
use dl_nn::schedule::Cosine;
use dl_nn::{BuildError, TrainError};
use dl_viz::style::{BLACK, BLUE, Color, GRAY, GREEN, ORANGE, PURPLE, RED, SKY};
use dl_viz::{Images, Panel, Scatter};
use ndarray::{Array1, Array2, ArrayView2, Axis, Slice};

use crate::Options;
use crate::digits::{OptionError, first_digits};
use crate::record::RecordOptions;

/// Rows and columns of a digit.
pub const SIDE: usize = 28;
/// Pixels of a digit.
pub const PIXELS: usize = SIDE * SIDE;

/// The colours of the digits 0 to 9.
const COLORS: [Color; 10] = [
    BLUE,
    ORANGE,
    GREEN,
    RED,
    PURPLE,
    Color::rgb(140, 86, 75),
    SKY,
    GRAY,
    Color::rgb(188, 189, 34),
    BLACK,
];

/// The options of a program that learns to encode digits.
#[derive(Debug, clap::Args)]
pub struct CodeOptions {
    /// Where figures go, and how much is done.
    #[command(flatten)]
    pub options: Options,
    /// Where the run's numbers go, or come from.
    #[command(flatten)]
    pub record: RecordOptions,
    /// Images to learn from: the first N [default: a part of MNIST; 1500 with --quick]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(100..=60_000))]
    pub train: Option<u32>,
    /// How often each image is seen [default: enough for a good picture; 3 with --quick]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=10_000))]
    pub epochs: Option<u32>,
    /// Folder of MNIST's four files [default: examples/data/mnist of the repository]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

impl CodeOptions {
    /// The data: `default_train` images to learn from, unless told otherwise.
    ///
    /// # Errors
    /// [`OptionError`].
    pub fn load(&self, default_train: u32) -> Result<Mnist<f32>, OptionError> {
        let quick = self.options.quick;
        let usual = if quick { 1500 } else { default_train };
        first_digits(
            self.data.as_deref(),
            Some(self.train.unwrap_or(usual)),
            quick,
        )
    }

    /// How often each image is seen.
    pub fn epochs(&self, default: u32) -> usize {
        let usual = if self.options.quick { 3 } else { default };
        self.epochs.unwrap_or(usual) as usize
    }
}

/// Images as rows of pixels, `[n, 784]`.
pub fn pixels(data: &ImageDataset<f32>) -> Array2<f32> {
    let shape = (data.len(), PIXELS);
    let rows = data.images().to_shape(shape);
    rows.expect("MNIST's images have 784 pixels").into_owned()
}

/// The first rows.
pub fn first<T: Clone>(rows: &Array2<T>, count: usize) -> Array2<T> {
    let count = Slice::from(..count.min(rows.nrows()));
    rows.slice_axis(Axis(0), count).to_owned()
}

/// A linear encoder and a linear decoder, both without bias: x̂ = x W V.
pub fn linear<F: Scalar>(inputs: usize, code: usize) -> Sequential<F> {
    Sequential::input([inputs])
        .push_named("code", Dense::new(code).bias(false))
        .push_named("decoder", Dense::new(inputs).bias(false))
}

/// Dense layers down to the code, and up again as they came.
pub fn deep<F: Scalar>(code: usize) -> Sequential<F> {
    Sequential::input([PIXELS])
        .push(Dense::new(256).activation(Relu))
        .push(Dense::new(64).activation(Relu))
        .push_named("code", Dense::new(code))
        .push(Dense::new(64).activation(Relu))
        .push(Dense::new(256).activation(Relu))
        .push(Dense::new(PIXELS).activation(Sigmoid))
}

/// Convolutions with stride 2 down to maps of 7 × 7 and a code; transposed convolutions up again.
pub fn convolutional<F: Scalar>(code: usize) -> Sequential<F> {
    let down = |filters| Conv2d::new(filters, 3).stride(2).padding(Padding::Same);
    let up = |filters| {
        ConvTranspose2d::new(filters, 4)
            .stride(2)
            .padding(Padding::Same)
    };
    Sequential::input([PIXELS])
        .push(Reshape::new([SIDE, SIDE, 1]))
        .push(down(16).activation(Relu))
        .push(down(32).activation(Relu))
        .push(Flatten)
        .push_named("code", Dense::new(code))
        .push(Dense::new(7 * 7 * 32).activation(Relu))
        .push(Reshape::new([7, 7, 32]))
        .push(up(16).activation(Relu))
        .push(up(1).activation(Sigmoid))
        .push(Flatten)
}

/// Images a step.
pub const BATCH_SIZE: usize = 64;

/// Trains a network to give back its input, by Adam and half a cosine wave.
///
/// # Errors
/// Whatever keeps it from being built or trained.
pub fn train(
    network: &Sequential<f32>,
    x: &Array2<f32>,
    epochs: usize,
    seed: u64,
) -> Result<Trainer<f32>, Box<dyn std::error::Error>> {
    let mut trainer = trainer(network, seed)?;
    let steps = epochs * x.nrows().div_ceil(BATCH_SIZE);
    let fit = Fit::epochs(epochs)
        .batch_size(BATCH_SIZE)
        .callback(LearningRate::per_step(Cosine::new(steps as u64)?));
    trainer.fit(x, x, fit)?;
    Ok(trainer)
}

/// Trains a network to give back `x` from `x` with noise on it, drawn anew each epoch.
///
/// # Errors
/// Whatever keeps it from being built or trained.
pub fn train_to_denoise(
    network: &Sequential<f32>,
    x: &Array2<f32>,
    epochs: usize,
    seed: u64,
) -> Result<Trainer<f32>, Box<dyn std::error::Error>> {
    let mut trainer = trainer(network, seed)?;
    let steps = epochs * x.nrows().div_ceil(BATCH_SIZE);
    let schedule = Cosine::new(steps as u64)?;
    for epoch in 0..epochs {
        let noisy = with_noise(x, seed + 1 + epoch as u64);
        let done = (epoch * steps / epochs) as u64;
        let factor = dl_nn::schedule::Schedule::factor(&schedule, done);
        let fit = Fit::epochs(1)
            .batch_size(BATCH_SIZE)
            .callback(Factor(factor));
        trainer.fit(&noisy, x, fit)?;
    }
    Ok(trainer)
}

/// A learning rate that stays the same.
#[derive(Debug)]
struct Factor(f64);

impl<F: Scalar> Callback<F> for Factor {
    fn step_begin(&mut self, _: usize, _: usize, run: &mut FitContext<'_, F>) {
        run.learning_rate_factor *= self.0;
    }
}

fn trainer(network: &Sequential<f32>, seed: u64) -> Result<Trainer<f32>, BuildError> {
    let model = network.build(seed)?;
    Ok(Trainer::new(model, MeanSquaredError, Adam::new(2e-3))?.seed(seed))
}

/// Standard deviation of the noise on a pixel, which goes from 0 to 1.
pub const NOISE: f32 = 0.5;

/// x + [`NOISE`] · ε with standard normal ε, cut off to 0 … 1.
pub fn with_noise(x: &Array2<f32>, seed: u64) -> Array2<f32> {
    let mut rng = dl_math::random::generator(seed);
    x.mapv(|x| (x + NOISE * f32::standard_normal(&mut rng)).clamp(0.0, 1.0))
}

/// The mean square of the differences, over all pixels of all images.
pub fn mean_squared_error<F: Scalar>(a: &Array2<F>, b: &Array2<F>) -> f64 {
    let squares = a.iter().zip(b).map(|(&a, &b)| (a - b).as_f64().powi(2));
    squares.sum::<f64>() / a.len() as f64
}

/// The images the model gives for these.
///
/// # Errors
/// As [`Model::predict`].
pub fn images_of(model: &Model<f32>, x: &Array2<f32>) -> Result<Array2<f32>, TrainError> {
    let y = model.predict(x)?;
    Ok(y.into_dimensionality().expect("one row an image"))
}

/// The same components, but only the first of them.
///
/// # Errors
/// More components than there are.
pub fn first_components(pca: &Pca<f32>, count: usize) -> Result<Pca<f32>, dl_data::DatasetError> {
    let kept = Slice::from(..count);
    let of = |values: &Array1<f32>| values.slice_axis(Axis(0), kept).to_owned();
    Pca::from_parts(
        pca.mean().clone(),
        first(pca.components(), count),
        of(pca.explained_variance()),
        of(pca.explained_variance_ratio()),
    )
}

/// Points on the way from the first code to the second, both included, a row each.
pub fn between(from: ArrayView2<'_, f32>, to: ArrayView2<'_, f32>, steps: usize) -> Array2<f32> {
    let mut rows = Array2::zeros((0, from.ncols()));
    for step in 0..steps {
        let t = step as f32 / (steps - 1) as f32;
        let point = &from * (1.0 - t) + &to * t;
        rows.append(Axis(0), point.view()).expect("as wide");
    }
    rows
}

/// Digits `[n, 784]` of pixels in 0 … 1, in rows of `columns`.
pub fn digits_panel(title: impl Into<String>, digits: &Array2<f64>, columns: usize) -> Panel {
    let shape = (digits.nrows(), SIDE, SIDE, 1);
    let images = digits.to_shape(shape).expect("784 pixels a digit");
    let images = Images::new(images.view()).columns(columns);
    Panel::new(title).images(images.range(0.0, 1.0))
}

/// Codes of two numbers `[n, 2]`, coloured by the digit, with each digit's number at the median of
/// its codes.
pub fn plane_panel(title: impl Into<String>, codes: &Array2<f64>, labels: &[usize]) -> Panel {
    let of_digit = |digit: usize, axis: usize| -> Vec<f64> {
        let codes = codes.column(axis).into_iter().zip(labels);
        codes
            .filter(|&(_, &label)| label == digit)
            .map(|(&code, _)| code)
            .collect()
    };
    let mut panel = Panel::new(title)
        .x_label("First number")
        .y_label("Second number");
    let median = |values: &[f64]| {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        sorted[sorted.len() / 2]
    };
    let mut middles = Vec::new();
    for (digit, color) in COLORS.into_iter().enumerate() {
        let (x, y) = (of_digit(digit, 0), of_digit(digit, 1));
        if !x.is_empty() {
            middles.push((median(&x), median(&y), digit));
            let points = Scatter::new(x, y).color(color).radius(2.6);
            panel = panel.scatter(points.label(digit.to_string()));
        }
    }
    for (x, y, digit) in middles {
        panel = panel.note(x, y, digit.to_string());
    }
    panel
}
