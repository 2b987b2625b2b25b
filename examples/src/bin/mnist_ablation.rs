//! Augmentation and dropout, each alone and both together, over several seeds.
//!
//! The convolutional network of `mnist_cnn` learns from the first images of MNIST in four ways:
//! from the images as they are or from images that are shifted, turned and scaled a little in every
//! epoch, without dropout or with dropout before both dense layers. A single run of each would not
//! tell a better way from a luckier seed. So each way runs with the same seeds, and what is
//! compared is each seed with itself.

use std::path::PathBuf;
use std::{error::Error, process::ExitCode};

use clap::Parser;
use clap::value_parser;
use dl_conv::{Conv2d, MaxPool2d};
use dl_data::{Augment, AugmentError, Augmenter, ImageDataset, Mnist};
use dl_nn::init::Initializer::GlorotUniform;
use dl_nn::metrics::Estimate;
use dl_nn::prelude::*;
use dl_viz::style::{BLUE, GRAY, RED};
use dl_viz::{Bars, Figure, Images, Panel, Series};
use examples::digits::{first_digits, predictions};
use examples::record::RecordOptions;
use examples::{Options, finish, println};
use ndarray::{Array1, Array4, Axis, concatenate};
use serde::{Deserialize, Serialize};

const BATCH_SIZE: usize = 64;
/// Digits that are drawn, and how often each is changed.
const DRAWN: (usize, u64) = (6, 9);

/// Compares augmentation and dropout on MNIST's digits over several seeds
#[derive(Debug, Parser)]
struct Args {
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    record: RecordOptions,
    /// Images to learn from: the first N [default: 8000; 1000 with --quick]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(64..=60_000))]
    train: Option<u32>,
    /// How often each image is seen [default: 6; 2 with --quick]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=10_000))]
    epochs: Option<u32>,
    /// Runs of each way, with the seeds 0, 1, … [default: 5; 2 with --quick]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(2..=1000))]
    seeds: Option<u32>,
    /// Folder of MNIST's four files [default: examples/data/mnist of the repository]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

/// A way to train.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Way {
    augmentation: bool,
    dropout: bool,
}

impl Way {
    /// In the order they are printed.
    const ALL: [Self; 4] = [
        Self::new(false, false),
        Self::new(false, true),
        Self::new(true, false),
        Self::new(true, true),
    ];

    const fn new(augmentation: bool, dropout: bool) -> Self {
        Self {
            augmentation,
            dropout,
        }
    }

    fn name(self) -> &'static str {
        match (self.augmentation, self.dropout) {
            (false, false) => "neither",
            (false, true) => "dropout",
            (true, false) => "augmentation",
            (true, true) => "both",
        }
    }
}

/// The numbers behind the figures.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    train_images: usize,
    test_images: usize,
    epochs: u32,
    /// In the order of [`Way::ALL`].
    runs: Vec<Runs>,
}

/// What a way comes to, a count for each seed.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Runs {
    way: Way,
    /// Training images, unchanged, that are right at the end.
    right_in_training: Vec<usize>,
    /// Test images that are right.
    right_in_test: Vec<usize>,
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let quick = args.options.quick;
    let train = args.train.unwrap_or(if quick { 1000 } else { 8000 });
    let data = first_digits(args.data.as_deref(), Some(train), quick)?;
    let drawn = augmented_digits(&data.train)?;
    let record = args.record.record(|| train_all(args, data))?;
    print_record(&record)?;
    args.options
        .save("mnist_ablation", &errors_and_differences(&record)?);
    args.options.save_png("mnist_ablation_digits", &drawn);
    Ok(())
}

/// The network of `mnist_cnn`, with dropout before both dense layers. A rate of 0 drops nothing, but
/// leaves each layer its place, and so its initial weights.
fn network(rate: f64) -> Sequential<f32> {
    let convolution = |filters| {
        Conv2d::new(filters, 3)
            .activation(Relu)
            .kernel_initializer(GlorotUniform)
    };
    let hidden = Dense::new(64)
        .activation(Relu)
        .kernel_initializer(GlorotUniform);
    Sequential::input([28, 28, 1])
        .push(convolution(32))
        .push(MaxPool2d::new(2))
        .push(convolution(64))
        .push(MaxPool2d::new(2))
        .push(convolution(64))
        .push(Flatten)
        .push(Dropout::new(rate))
        .push(hidden)
        .push(Dropout::new(rate))
        .push(Dense::new(10))
}

/// Shifts by up to 2 pixels, turns by up to 10 degrees, grows or shrinks by up to a tenth; or
/// leaves the images as they are.
fn augmenter(augmentation: bool, seed: u64) -> Result<Augmenter, AugmentError> {
    match augmentation {
        true => Augment::new().shift(2.0).rotate(10.0).scale(0.1),
        false => Augment::new(),
    }
    .build(seed)
}

fn train_all(args: &Args, data: Mnist<f32>) -> Result<Record, Box<dyn Error>> {
    let quick = args.options.quick;
    let seeds = args.seeds.unwrap_or(if quick { 2 } else { 5 });
    let epochs = args.epochs.unwrap_or(if quick { 2 } else { 6 });
    let (train, test) = (data.train, data.test);
    let mut runs = Vec::new();
    for way in Way::ALL {
        let (mut right_in_training, mut right_in_test) = (Vec::new(), Vec::new());
        for seed in 0..u64::from(seeds) {
            let trainer = train_one(way, &train, epochs, seed)?;
            right_in_training.push(count_right(&trainer, &train)?);
            right_in_test.push(count_right(&trainer, &test)?);
        }
        println!("trained: {}", way.name());
        runs.push(Runs {
            way,
            right_in_training,
            right_in_test,
        });
    }
    Ok(Record {
        train_images: train.len(),
        test_images: test.len(),
        epochs,
        runs,
    })
}

/// The same seed gives all ways the same initial weights and the same order of the images.
fn train_one(
    way: Way,
    train: &ImageDataset<f32>,
    epochs: u32,
    seed: u64,
) -> Result<Trainer<f32>, Box<dyn Error>> {
    let rate = if way.dropout { 0.5 } else { 0.0 };
    let model = network(rate).build(seed)?;
    let loss = SoftmaxCrossEntropy::new();
    let mut trainer = Trainer::new(model, loss, Adam::new(1e-3))?;
    let images = augmenter(way.augmentation, seed)?.on(train);
    trainer.fit_source(&images, Fit::epochs(epochs as usize).batch_size(BATCH_SIZE))?;
    Ok(trainer)
}

fn count_right(trainer: &Trainer<f32>, data: &ImageDataset<f32>) -> Result<usize, Box<dyn Error>> {
    let all = predictions(trainer, data)?;
    Ok(all.iter().filter(|p| p.is_right()).count())
}

impl Record {
    /// Test accuracy of a way, a value for each seed.
    fn test(&self, way: Way) -> Array1<f64> {
        shares(&self.of(way).right_in_test, self.test_images)
    }

    fn training(&self, way: Way) -> Array1<f64> {
        shares(&self.of(way).right_in_training, self.train_images)
    }

    fn of(&self, way: Way) -> &Runs {
        let runs = self.runs.iter().find(|runs| runs.way == way);
        runs.expect("all ways were trained")
    }

    /// What each step gains in test accuracy, seed by seed.
    fn differences(&self) -> [(&'static str, Estimate); 5] {
        let [neither, dropout, augmentation, both] = Way::ALL.map(|way| self.test(way));
        [
            ("dropout alone", Estimate::difference(&dropout, &neither)),
            (
                "augmentation alone",
                Estimate::difference(&augmentation, &neither),
            ),
            (
                "dropout after augmentation",
                Estimate::difference(&both, &augmentation),
            ),
            (
                "augmentation after dropout",
                Estimate::difference(&both, &dropout),
            ),
            (
                "interaction",
                Estimate::difference(&(both - augmentation), &(dropout - neither)),
            ),
        ]
    }
}

fn shares(right: &[usize], all: usize) -> Array1<f64> {
    right
        .iter()
        .map(|&right| right as f64 / all as f64)
        .collect()
}

fn print_record(record: &Record) -> Result<(), Box<dyn Error>> {
    println!(
        "{} images to learn from, {} epochs, {} seeds, {} images to test on",
        record.train_images,
        record.epochs,
        record.runs[0].right_in_test.len(),
        record.test_images
    );
    println!("\n{:<44} mean    lower    upper", "accuracy, 95 % interval");
    for way in Way::ALL {
        let name = way.name();
        print_accuracy(&format!("test accuracy, {name}"), &record.test(way))?;
    }
    for way in Way::ALL {
        let name = way.name();
        print_accuracy(&format!("training accuracy, {name}"), &record.training(way))?;
    }
    println!("\ngain in test accuracy, seed by seed");
    for (name, gain) in record.differences() {
        let interval = gain.interval(0.95)?;
        let ends = (interval.lower, interval.upper);
        print_line(&format!("gain, {name}"), gain.value, ends);
    }
    println!("\nright of {} test images, by seed", record.test_images);
    for runs in &record.runs {
        let counts = runs
            .right_in_test
            .iter()
            .map(|right| format!(" {right:>6}"));
        println!(
            "right, {:<14}{}",
            runs.way.name(),
            counts.collect::<String>()
        );
    }
    println!();
    Ok(())
}

/// As 1 − error, whose interval ends at 0.
fn print_accuracy(name: &str, accuracies: &Array1<f64>) -> Result<(), Box<dyn Error>> {
    let error = Estimate::mean(&accuracies.mapv(|accuracy| 1.0 - accuracy));
    let interval = error.interval(0.95)?;
    let ends = (1.0 - interval.upper, 1.0 - interval.lower);
    print_line(name, 1.0 - error.value, ends);
    Ok(())
}

fn print_line(name: &str, value: f64, (lower, upper): (f64, f64)) {
    println!("{name:<40} {value:>8.4} {lower:>8.4} {upper:>8.4}");
}

/// Test errors of the four ways, and what each step changes, in per cent with 95 % intervals.
fn errors_and_differences(record: &Record) -> Result<Figure, Box<dyn Error>> {
    let seeds = record.runs[0].right_in_test.len();
    let mut errors = Bars::new(["images as they are", "augmented images"]).value_labels(2);
    for (dropout, label, color) in [(false, "no dropout", BLUE), (true, "dropout ½", RED)] {
        let ways = [false, true].map(|augmentation| Way::new(augmentation, dropout));
        let estimates =
            ways.map(|way| Estimate::mean(&record.test(way).mapv(|a| 100.0 * (1.0 - a))));
        errors = errors.series(series(&estimates)?.label(label).color(color));
    }
    let errors = Panel::new(format!("Test error, mean of {seeds} seeds"))
        .x_label("Training")
        .y_label("Test images mistaken (%)")
        .bars(errors);

    let differences = record.differences();
    let names = differences.iter().map(|(name, _)| *name);
    let mut ends = (Vec::new(), Vec::new(), Vec::new());
    for (_, gain) in &differences {
        let interval = gain.interval(0.95)?;
        ends.0.push(100.0 * gain.value);
        ends.1.push(100.0 * interval.lower);
        ends.2.push(100.0 * interval.upper);
    }
    // room for the numbers beyond the intervals
    let furthest = ends
        .1
        .iter()
        .chain(&ends.2)
        .fold(0.01, |m: f64, v| m.max(v.abs()));
    let gains = Series::new(ends.0).intervals(ends.1, ends.2).color(GRAY);
    let gains = Bars::new(names).horizontal().value_labels(2).series(gains);
    let gains = Panel::new("What each adds, seed by seed")
        .x_label("Gain in test accuracy (percentage points)")
        .x_range(-1.25 * furthest, 1.25 * furthest)
        .bars(gains);
    Ok(Figure::new()
        .size(13.0, 5.2)
        .grid(1, 2)
        .panel(errors)
        .panel(gains))
}

fn series(estimates: &[Estimate]) -> Result<Series, Box<dyn Error>> {
    let mut ends = (Vec::new(), Vec::new());
    for estimate in estimates {
        let interval = estimate.interval(0.95)?;
        ends.0.push(interval.lower);
        ends.1.push(interval.upper);
    }
    Ok(Series::new(estimates.iter().map(|estimate| estimate.value)).intervals(ends.0, ends.1))
}

/// Some digits, each as it is and then as the network meets it in one epoch after another.
fn augmented_digits(train: &ImageDataset<f32>) -> Result<Figure, Box<dyn Error>> {
    let (digits, epochs) = DRAWN;
    let augmenter = augmenter(true, 0)?;
    let rows: Vec<usize> = (0..digits).collect();
    let digits = train.select(&rows)?;
    let draw = |epoch: u64| augmenter.apply(digits.images(), epoch * train.len() as u64);
    let versions: Vec<Array4<f32>> = std::iter::once(digits.images().clone())
        .chain((0..epochs).map(draw))
        .collect();
    let each: Vec<_> = rows
        .iter()
        .flat_map(|&row| versions.iter().map(move |v| v.select(Axis(0), &[row])))
        .collect();
    let views: Vec<_> = each.iter().map(|digit| digit.view()).collect();
    let images = concatenate(Axis(0), &views)?;
    let images = Images::new(images.view())
        .columns(versions.len())
        .range(0.0, 1.0);
    let panel =
        Panel::new("Training digits: as they are (first column), and augmented, a draw an epoch")
            .images(images);
    Ok(Figure::from(panel).size(10.0, 6.4))
}
