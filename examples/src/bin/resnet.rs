//! Plain and residual networks of the same depth, over several seeds.
//!
//! A network that is deepened should not get worse: the layers that are added could leave everything as it is. Plain
//! networks do get worse, on the training images too, since training does not find that solution. With shortcuts past
//! every two layers, leaving everything as it is takes no more than weights near zero (He et al. 2016).
//!
//! The digits are MNIST's, of half the size. A single run would not tell a better network from a luckier seed, so each
//! network is trained with the same seeds.

use std::path::PathBuf;
use std::{error::Error, process::ExitCode};

use clap::{Parser, value_parser};
use dl_conv::models::{plain, resnet};
use dl_data::ImageDataset;
use dl_nn::metrics::Estimate;
use dl_nn::prelude::*;
use dl_viz::style::{BLUE, Color, RED};
use dl_viz::{Figure, Legend, Line, Panel};
use examples::digits::first_digits;
use examples::record::RecordOptions;
use examples::{Options, finish, println};
use ndarray::{Array1, Array4, Axis, Slice};
use serde::{Deserialize, Serialize};

const BATCH_SIZE: usize = 64;
/// Side of the images, half of MNIST's.
const SIDE: usize = 14;
/// Blocks a stage, and so the depth 6·blocks + 2.
const BLOCKS: [usize; 2] = [3, 9];

/// Compares plain and residual networks of 20 and 56 layers on MNIST's digits
#[derive(Debug, Parser)]
struct Args {
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    record: RecordOptions,
    /// Images to learn from: the first N [default: 1000; 128 with --quick]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(64..=60_000))]
    train: Option<u32>,
    /// How often each image is seen [default: 8; 1 with --quick]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=10_000))]
    epochs: Option<u32>,
    /// Runs of each network, with the seeds 0, 1, … [default: 3; 2 with --quick]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(2..=1000))]
    seeds: Option<u32>,
    /// Folder of MNIST's four files [default: examples/data/mnist of the repository]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// The numbers behind the figure.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    train_images: usize,
    test_images: usize,
    /// Plain and residual, shallow first.
    networks: Vec<Trained>,
}

/// What the runs of one network came to.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Trained {
    depth: usize,
    residual: bool,
    parameters: usize,
    /// Mean loss of each epoch, a row for each seed.
    losses: Vec<Vec<f64>>,
    /// Share of the test images that are right, for each seed.
    accuracies: Vec<f64>,
    /// Root mean square of ∂L/∂kernel of each convolution in the first step, first layer first, for the seed 0.
    gradients: Vec<f64>,
}

impl Trained {
    fn name(&self) -> String {
        let kind = if self.residual { "residual" } else { "plain" };
        format!("{kind}, {} layers", self.depth)
    }

    fn color(&self) -> Color {
        if self.residual { BLUE } else { RED }
    }

    /// The mean over the seeds, epoch by epoch.
    fn mean_losses(&self) -> Vec<f64> {
        let runs = self.losses.len() as f64;
        let epochs = 0..self.losses[0].len();
        let mean = |epoch: usize| self.losses.iter().map(|run| run[epoch]).sum::<f64>() / runs;
        epochs.map(mean).collect()
    }
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    args.options.check()?;
    let record = args.record.record(|| train_all(args))?;
    print(&record)?;
    args.options.save("resnet", &figure(&record));
    Ok(())
}

fn train_all(args: &Args) -> Result<Record, Box<dyn Error>> {
    let quick = args.options.quick;
    let or =
        |given: Option<u32>, usual: u32, few: u32| given.unwrap_or(if quick { few } else { usual });
    let images = or(args.train, 1000, 128);
    let (epochs, seeds) = (or(args.epochs, 8, 1), or(args.seeds, 3, 2));
    let data = first_digits(args.data.as_deref(), Some(images), quick)?;
    let (train, test) = (halved(&data.train), halved(&data.test));
    let mut networks = Vec::new();
    for blocks in BLOCKS {
        for residual in [false, true] {
            let mut trained = Trained {
                depth: 6 * blocks + 2,
                residual,
                parameters: 0,
                losses: Vec::new(),
                accuracies: Vec::new(),
                gradients: Vec::new(),
            };
            for seed in 0..u64::from(seeds) {
                let model = network(blocks, residual).build(seed)?;
                trained.parameters = model.parameter_count();
                if seed == 0 {
                    trained.gradients = gradients(model.clone(), &train, data.train.labels())?;
                }
                let optimizer = Sgd::new(0.05).momentum(0.9).l2(1e-4);
                let mut trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), optimizer)?;
                let options = Fit::epochs(epochs as usize).batch_size(BATCH_SIZE);
                let history = trainer.fit(&train, data.train.labels(), options)?;
                trained.losses.push(
                    history
                        .losses()
                        .iter()
                        .map(|&loss| shortened(loss))
                        .collect(),
                );
                let evaluation = trainer.evaluate(&test, data.test.labels())?;
                trained
                    .accuracies
                    .push(evaluation.accuracy.unwrap_or(f64::NAN));
            }
            networks.push(trained);
        }
    }
    Ok(Record {
        train_images: train.dim().0,
        test_images: test.dim().0,
        networks,
    })
}

/// With or without shortcuts; either has the same parameters, and for one seed the same initial weights in each branch.
fn network(blocks: usize, residual: bool) -> Sequential<f32> {
    let input = [SIDE, SIDE, 1];
    match residual {
        true => resnet(blocks, input, 10),
        false => plain(blocks, input, 10),
    }
}

/// Each pixel is the mean of four.
fn halved(data: &ImageDataset<f32>) -> Array4<f32> {
    let images = data.images();
    Array4::from_shape_fn((data.len(), SIDE, SIDE, 1), |(n, y, x, c)| {
        let at = |dy: usize, dx: usize| images[[n, 2 * y + dy, 2 * x + dx, c]];
        (at(0, 0) + at(0, 1) + at(1, 0) + at(1, 1)) / 4.0
    })
}

/// The root mean square of ∂L/∂kernel in the first step, convolution by convolution.
fn gradients(
    model: Model<f32>,
    images: &Array4<f32>,
    labels: &Array1<usize>,
) -> Result<Vec<f64>, Box<dyn Error>> {
    let kernels: Vec<bool> = model.params().map(|(_, value)| value.ndim() == 4).collect();
    let mut trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), Sgd::new(0.05))?;
    let first = Slice::from(..BATCH_SIZE.min(labels.len()));
    let (images, labels) = (
        images.slice_axis(Axis(0), first),
        labels.slice_axis(Axis(0), first),
    );
    trainer.step(images, labels)?;
    let gradients = trainer.grads().iter().flatten().zip(kernels);
    let sizes = gradients
        .filter(|(_, kernel)| *kernel)
        .map(|(gradient, _)| {
            let squares: f64 = gradient.iter().map(|&g| f64::from(g).powi(2)).sum();
            shortened((squares / gradient.len() as f64).sqrt())
        });
    Ok(sizes.collect())
}

/// With four significant digits: a small file.
fn shortened(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap_or(value)
}

fn print(record: &Record) -> Result<(), Box<dyn Error>> {
    let seeds = record.networks[0].accuracies.len();
    println!(
        "{} digits to learn from, {} to test, {seeds} seeds: mean and 95 % interval",
        record.train_images, record.test_images
    );
    for trained in &record.networks {
        println!("parameters, {:<24} {}", trained.name(), trained.parameters);
    }
    let estimates = |what: &str, of: &dyn Fn(&Trained) -> Array1<f64>| {
        for trained in &record.networks {
            let estimate = Estimate::mean(&of(trained));
            let interval = estimate.interval(0.95)?;
            println!(
                "{what}, {:<24} {:>8.4} {:>8.4} {:>8.4}",
                trained.name(),
                estimate.value,
                interval.lower,
                interval.upper
            );
        }
        Ok::<_, Box<dyn Error>>(())
    };
    let last = |run: &Vec<f64>| run.last().copied().unwrap_or(f64::NAN);
    estimates("last training loss", &|trained| {
        trained.losses.iter().map(last).collect()
    })?;
    estimates("test accuracy", &|trained| {
        trained.accuracies.iter().copied().collect()
    })?;
    for trained in &record.networks {
        let gradients = &trained.gradients;
        let ratio = gradients[0] / gradients[gradients.len() - 1];
        println!(
            "gradient, first by last layer, {:<24} {ratio:.2}",
            trained.name()
        );
    }
    Ok(())
}

fn figure(record: &Record) -> Figure {
    let mut losses = Panel::new("Training loss")
        .x_label("Epoch")
        .y_label("Mean over the seeds")
        .integer_x_ticks()
        .legend(Legend::TopRight);
    let mut gradients = Panel::new("Gradients in the first step")
        .x_label("Convolution, first to last")
        .y_label("Root mean square of a kernel's gradient")
        .log_y()
        .legend(Legend::TopRight);
    for trained in &record.networks {
        let style = |line: Line| {
            let line = line.label(trained.name()).color(trained.color());
            if trained.depth > 20 {
                line
            } else {
                line.dashed()
            }
        };
        let mean = trained.mean_losses();
        losses = losses.line(style(Line::new(1..=mean.len(), mean)));
        let count = trained.gradients.len();
        let sizes = trained.gradients.iter().copied();
        gradients = gradients.line(style(Line::new(1..=count, sizes)));
    }
    Figure::new()
        .size(12.0, 4.8)
        .grid(1, 2)
        .panel(losses)
        .panel(gradients)
}
