//! AlexNet: the network of 2012 in full size, timed; and a quarter of it that learns digits in
//! colour.
//!
//! Five convolutions, response normalisation, overlapping pooling, dropout: Krizhevsky, Sutskever
//! and Hinton needed two graphics cards for a week and 1.2 million photographs. Here the full
//! network does its training step on a few images, to see its shapes and its cost. The same
//! architecture with a quarter of the maps on images of 28 × 28 pixels learns in a minute to read
//! MNIST's digits in random colours on random paper. First it overfits a single batch, the
//! oldest check there is that layers, gradients and optimiser work together.

use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use dl_conv::models::alexnet;
use dl_conv::{Conv2d, LocalResponseNorm, MaxPool2d, Padding};
use dl_data::ImageDataset;
use dl_io::{Bundle, Divide, data_sha256};
use dl_nn::init::Initializer::HeNormal;
use dl_nn::prelude::*;
use dl_viz::style::BLUE;
use dl_viz::{Figure, Images, Line, Panel};
use examples::color_digits::color_digits;
use examples::curves::learning_curves;
use examples::digits::{DigitOptions, Prediction, prediction_panels, predictions};
use examples::keep::KeepOptions;
use examples::record::{rounded, untimed};
use examples::{Options, check_targets, finish, println};
use ndarray::{Array1, Array4, Axis, Ix4};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Images of the full network's step.
const FULL_BATCH: usize = 8;
const FULL_CLASSES: usize = 1000;
/// Colour digits to learn from, unless `--train` says otherwise.
const TRAIN: u32 = 20_000;
/// Images of the batch that is overfitted.
const BY_HEART: usize = 32;
/// The loss at which it is memorised.
const KNOWN: f64 = 1e-4;
const MAX_STEPS: usize = 400;

/// Times AlexNet at 227 × 227 × 3, then trains a quarter of it on digits in colour
#[derive(Debug, Parser)]
struct Args {
    #[command(flatten)]
    digits: DigitOptions,
    #[command(flatten)]
    keep: KeepOptions,
}

/// The numbers behind the figures.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    /// Loss of the batch that is overfitted, after each step.
    by_heart: Vec<f64>,
    history: History,
    test: Evaluation,
    first: Vec<Prediction>,
    /// The first layer's kernel, `[5, 5, 3, 24]`.
    filters: Array4<f64>,
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let quick = args.digits.options.quick;
    let seed = args.digits.seed;
    let grey = args.digits.load(Some(TRAIN))?;
    let train = color_digits(&grey.train, seed)?;
    let test = color_digits(&grey.test, seed.wrapping_add(1))?;
    let batch = train.first(BY_HEART)?;
    let record = &args.digits.record;
    record.require_training(args.keep.is_asked_for())?;
    let targets = args.keep.targets().chain(&record.record);
    check_targets(targets, args.digits.inputs(), &args.digits.options.out)?;
    let record = record.record(|| {
        time_in_full(if quick { 1 } else { FULL_BATCH }, seed)?;
        let by_heart = learn_by_heart(&batch, seed)?;
        println!(
            "\n{BY_HEART} images by heart: loss {:.4} after 1 step, {:.6} after {}\n",
            by_heart[0],
            by_heart[by_heart.len() - 1],
            by_heart.len()
        );

        let mut trainer = quarter(seed)?;
        let settings = json!({
            "program": "alexnet",
            "images": train.len(),
            "batch_size": args.digits.batch_size,
            "seed": seed,
        });
        let fit = args.keep.keep(args.digits.fit(), &settings)?;
        let history = trainer.fit(train.images(), train.labels(), fit)?;
        let names = train.class_names();
        args.keep.network(&trainer, names, |trainer| {
            Bundle::from_trainer(trainer)
                .with_preprocessing(Divide(255.0))
                .with_class_names(names)
                .with_data_sha256(data_sha256(train.images(), train.labels()))
                .with_training(settings)
        });
        let params = trainer.model().params().next();
        let (_, kernel) = params.ok_or("the model has no parameters")?;
        let record = Record {
            by_heart,
            history: untimed(history),
            test: trainer.evaluate(test.images(), test.labels())?,
            first: predictions(&trainer, &test.first(20)?)?,
            filters: rounded(kernel.into_dimensionality::<Ix4>()?),
        };
        Ok(record)
    })?;
    draw(&record, &test, &args.digits.options)?;
    println!("test loss {:.4}", record.test.loss);
    println!("test accuracy {:.4}", record.test.accuracy.unwrap_or(0.0));
    Ok(())
}

/// The network of the paper: its summary, and how long its passes take on a few images.
fn time_in_full(images: usize, seed: u64) -> Result<(), Box<dyn Error>> {
    let model = alexnet(227, FULL_CLASSES).build(seed)?;
    println!("{}\n", model.summary());
    let x = Array4::from_shape_fn((images, 227, 227, 3), |(n, row, column, channel)| {
        ((31 * n + 17 * row + 7 * column + 3 * channel) % 101) as f32 / 101.0
    });
    let labels: Array1<usize> = (0..images).map(|n| 97 * n % FULL_CLASSES).collect();
    let mut trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), Sgd::new(1e-3))?.seed(seed);
    trainer.step(&x, &labels)?; // makes the buffers
    let (forward, evaluation) = timed(|| trainer.evaluate(&x, &labels));
    let loss = evaluation?.loss;
    println!(
        "loss {loss:.3}; a network that knows nothing has ln {FULL_CLASSES} = {:.3}",
        (FULL_CLASSES as f64).ln()
    );
    println!("forward:                      {forward:.3} s for {images} images");
    let (step, result) = timed(|| trainer.step(&x, &labels));
    result?;
    println!(
        "forward, backward and update: {step:.3} s, {:.1} images/s",
        images as f64 / step
    );
    Ok(())
}

fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let start = Instant::now();
    let result = work();
    (start.elapsed().as_secs_f64(), result)
}

/// AlexNet's layers with a quarter of its maps and a 32nd of its dense units, for images of 28 × 28
/// pixels. The first convolution has a smaller kernel and no stride, since the images are small;
/// initial weights follow He et al. 2015 (eq. 10), since few maps make small sums.
fn quarter(seed: u64) -> Result<Trainer<f32>, Box<dyn Error>> {
    let conv = |filters, kernel: usize| {
        Conv2d::new(filters, kernel)
            .padding(Padding::all(kernel / 2))
            .activation(Relu)
            .kernel_initializer(HeNormal)
    };
    let dense = |units| {
        Dense::new(units)
            .activation(Relu)
            .kernel_initializer(HeNormal)
    };
    let pool = || MaxPool2d::new(3).stride(2);
    let model = Sequential::input([28, 28, 3])
        .push_named("conv1", conv(24, 5))
        .push_named("norm1", LocalResponseNorm::new())
        .push_named("pool1", pool())
        .push_named("conv2", conv(64, 5))
        .push_named("norm2", LocalResponseNorm::new())
        .push_named("pool2", pool())
        .push_named("conv3", conv(96, 3))
        .push_named("conv4", conv(96, 3))
        .push_named("conv5", conv(64, 3))
        .push_named("pool5", pool())
        .push(Flatten)
        .push_named("fc6", dense(128))
        .push_named("drop6", Dropout::new(0.5))
        .push_named("fc7", dense(128))
        .push_named("drop7", Dropout::new(0.5))
        .push_named("fc8", Dense::new(10))
        .build(seed)?;
    let trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(1e-3))?;
    Ok(trainer.seed(seed))
}

/// The same batch again and again, until its loss (without dropout) is as good as zero.
fn learn_by_heart(batch: &ImageDataset<f32>, seed: u64) -> Result<Vec<f64>, Box<dyn Error>> {
    let mut trainer = quarter(seed)?;
    println!("{}", trainer.model().summary());
    let mut losses = Vec::new();
    while losses.len() < MAX_STEPS && losses.last().is_none_or(|&loss| loss > KNOWN) {
        trainer.step(batch.images(), batch.labels())?;
        losses.push(trainer.evaluate(batch.images(), batch.labels())?.loss);
    }
    Ok(losses)
}

fn draw(
    record: &Record,
    test: &ImageDataset<f32>,
    options: &Options,
) -> Result<(), Box<dyn Error>> {
    let losses = Line::new(1..=record.by_heart.len(), &record.by_heart).color(BLUE);
    let panel = Panel::new(format!("{BY_HEART} images learnt by heart"))
        .x_label("Step")
        .y_label("Cross-entropy (nats), without dropout")
        .log_y()
        .line(losses);
    options.save("alexnet_by_heart", &Figure::from(panel).size(7.0, 4.5));

    let curves = learning_curves(
        &record.history,
        "training images, dropout",
        "validation images",
    );
    options.save("alexnet_learning_curves", &curves);

    let predictions = Figure::new()
        .title("Digits in colour: predicted (true)")
        .size(10.0, 9.2)
        .grid(4, 5)
        .panels(prediction_panels(&record.first, test, false)?);
    options.save_png("alexnet_predictions", &predictions);

    // each filter in the colours it answers to, zero as grey
    let mut filters = record.filters.view().permuted_axes([3, 0, 1, 2]).to_owned();
    for mut filter in filters.axis_iter_mut(Axis(0)) {
        let most = filter.iter().fold(1e-12_f64, |most, w| most.max(w.abs()));
        filter.mapv_inplace(|weight| 0.5 + 0.5 * weight / most);
    }
    let panel = Panel::new("The 24 filters of the first convolution, grey where the weight is 0")
        .images(Images::new(&filters).columns(8));
    options.save_png("alexnet_filters", &Figure::from(panel).size(9.0, 3.9));
    Ok(())
}
