//! What has a network learnt of digits, and may its probabilities be believed?
//!
//! A convolutional network learns a thousand digits by heart, so it is too sure of itself. A single number, fitted on
//! digits it has not seen, makes its probabilities honest. Then three ways to ask which pixels speak for an answer,
//! for digits it reads and for digits it mistakes, and what they show of a network that has learnt nothing.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use dl_conv::models::mnist_cnn;
use dl_data::{ImageDataset, Mnist};
use dl_nn::metrics::{
    CalibrationBin, CalibrationCurve, Estimate, MetricError, Temperature, argmax, log_loss,
};
use dl_nn::prelude::*;
use dl_viz::Figure;
use dl_viz::style::{BLUE, RED};
use examples::digits::mnist_folder;
use examples::explained::{Explained, METHODS, correlation, explain, figure, maps};
use examples::record::RecordOptions;
use examples::score_plots::reliability;
use examples::{Options, finish, println};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

/// Bins of the reliability diagrams, as many as in the paper.
const BINS: usize = 15;
/// Digits read correctly that are explained, and mistakes, each of which is explained twice.
const SHOWN: usize = 3;
/// Digits whose maps are compared with those of an untrained network.
const COMPARED: usize = 50;

/// Explains what a convolutional network sees in digits, and calibrates its probabilities
#[derive(Debug, Parser)]
struct Args {
    /// Seed of the initial weights and of the order of the images
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Folder of MNIST's four files [default: examples/data/mnist of the repository]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    record: RecordOptions,
}

/// The numbers behind the figures.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    /// Images to learn from, to fit the temperature on, and to test on.
    images: [usize; 3],
    training_accuracy: f64,
    temperature: f64,
    before: Reliability,
    after: Reliability,
    explained: Vec<Explained>,
    /// Of the maps of each method with those of an untrained network.
    correlations: [f64; 3],
}

/// How honest the probabilities of the test images are.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reliability {
    log_loss: f64,
    /// Mean confidence, correct images and images of each bin.
    bins: Vec<(f64, usize, usize)>,
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let quick = args.options.quick;
    let (learned, held_out, tested) = if quick {
        (500, 1000, 1000)
    } else {
        (1000, 5000, 10_000)
    };
    args.options.check()?;
    let mnist = Mnist::<f32>::load(mnist_folder(args.data.as_deref()))?;
    let rows: Vec<usize> = (learned..learned + held_out).collect();
    let [learned, held_out, test] = [
        mnist.train.first(learned)?,
        mnist.train.select(&rows)?,
        mnist.test.first(tested.min(mnist.test.len()))?,
    ];
    let record = args.record.record(|| {
        let model = mnist_cnn().build(args.seed)?;
        let mut trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(1e-3))?;
        let fit = Fit::epochs(30).batch_size(64);
        trainer.fit(learned.images(), learned.labels(), fit)?;
        measure(&trainer, args.seed, [&learned, &held_out, &test])
    })?;
    print_record(&record);
    args.options
        .save_png("explain_images", &figure(&record.explained, &test)?);
    args.options
        .save("explain_images_reliability", &reliabilities(&record)?);
    Ok(())
}

/// A temperature from images held out, what it does to the test images, and what speaks for some answers.
fn measure(
    trainer: &Trainer<f32>,
    seed: u64,
    [learned, held_out, test]: [&ImageDataset<f32>; 3],
) -> Result<Record, Box<dyn Error>> {
    let model = trainer.model();
    let logits = model.predict_matrix(held_out.images())?;
    let temperature = Temperature::fit(&logits, held_out.labels())?;

    let logits = model.predict_matrix(test.images())?;
    let probabilities = Temperature::new(1.0)?.probabilities(&logits);
    let calibrated = temperature.probabilities(&logits);
    let some = test.first(COMPARED)?;
    let untrained = mnist_cnn().build(seed + 1)?;
    let ours = maps(model, some.images(), some.labels())?;
    let others = maps(&untrained, some.images(), some.labels())?;
    Ok(Record {
        images: [learned, held_out, test].map(ImageDataset::len),
        training_accuracy: trainer
            .evaluate(learned.images(), learned.labels())?
            .accuracy
            .unwrap_or(0.0),
        temperature: temperature.value(),
        before: Reliability::new(test, &probabilities)?,
        after: Reliability::new(test, &calibrated)?,
        explained: explain(
            model,
            test,
            [&probabilities, &calibrated],
            &chosen(&probabilities, test)?,
        )?,
        correlations: [0, 1, 2].map(|method| correlation(&ours[method], &others[method])),
    })
}

/// Images with a class to be explained: the first that are read correctly, and of the most confident mistakes, one of
/// each class, both the predicted and the true class.
fn chosen(
    probabilities: &Array2<f32>,
    test: &ImageDataset<f32>,
) -> Result<Vec<(usize, usize)>, MetricError> {
    let (predicted, labels) = (argmax(probabilities)?, test.labels());
    let confidence = |image: &usize| probabilities[[*image, predicted[*image]]];
    let (right, mut mistaken): (Vec<usize>, Vec<usize>) =
        (0..test.len()).partition(|&image| predicted[image] == labels[image]);
    mistaken.sort_by(|a, b| confidence(b).total_cmp(&confidence(a)));
    let mut seen = BTreeSet::new();
    mistaken.retain(|&image| seen.insert(labels[image]));
    let right = right.into_iter().take(SHOWN);
    let mistaken = mistaken.into_iter().take(SHOWN);
    let both = mistaken.flat_map(|image| [(image, predicted[image]), (image, labels[image])]);
    Ok(right
        .map(|image| (image, labels[image]))
        .chain(both)
        .collect())
}

impl Reliability {
    fn new(test: &ImageDataset<f32>, probabilities: &Array2<f32>) -> Result<Self, Box<dyn Error>> {
        let curve = CalibrationCurve::top_label(test.labels(), probabilities, BINS)?;
        let bins = curve.bins.iter().map(|bin| {
            let n = bin.positives.n;
            (
                bin.mean_probability,
                (bin.positives.value * n as f64).round() as usize,
                n,
            )
        });
        Ok(Self {
            log_loss: log_loss(test.labels(), probabilities)?.value,
            bins: bins.collect(),
        })
    }

    fn curve(&self) -> CalibrationCurve {
        let bins = self
            .bins
            .iter()
            .map(|&(mean_probability, correct, n)| CalibrationBin {
                mean_probability,
                positives: Estimate::proportion(correct, n),
            });
        CalibrationCurve {
            bins: bins.collect(),
        }
    }

    /// The mean confidence, and the accuracy.
    fn means(&self) -> (f64, f64) {
        let of = |value: fn(&(f64, usize, usize)) -> f64| self.bins.iter().map(value).sum::<f64>();
        let n = of(|bin| bin.2 as f64);
        (
            of(|bin| bin.0 * bin.2 as f64) / n,
            of(|bin| bin.1 as f64) / n,
        )
    }
}

fn print_record(record: &Record) {
    let [learned, held_out, test] = record.images;
    println!(
        "{learned} images to learn from, {held_out} to fit the temperature on, {test} to test on"
    );
    println!("training accuracy {:.4}", record.training_accuracy);
    println!("temperature {:.3}", record.temperature);
    for (when, reliability) in [("before", &record.before), ("after", &record.after)] {
        let (confidence, accuracy) = reliability.means();
        println!("{when} accuracy {accuracy:.4}");
        println!("{when} mean confidence {confidence:.4}");
        println!("{when} log loss {:.4}", reliability.log_loss);
        println!(
            "{when} calibration error {:.4}",
            reliability.curve().expected_error()
        );
    }
    for of in &record.explained {
        let [before, after] = of.probabilities;
        // no −0
        let [from, to] = of.drops.map(|drop| (1e4 * drop).round() / 1e4 + 0.0);
        println!(
            "a {} as {}: probability {before:.4}, with the temperature {after:.4}; occlusion from {from:.4} to {to:.4}",
            of.truth, of.class
        );
    }
    for (method, correlation) in METHODS.into_iter().zip(record.correlations) {
        println!("correlation with an untrained network's {method}: {correlation:.2}");
    }
}

/// The reliability diagrams before and after.
fn reliabilities(record: &Record) -> Result<Figure, Box<dyn Error>> {
    let panel = |title: &str, of: &Reliability, color| {
        let curve = of.curve();
        let title = format!("{title}: calibration error {:.3}", curve.expected_error());
        reliability(&title, &curve, "Share that is correct", color)
    };
    let after = format!("T = {:.2}", record.temperature);
    Ok(Figure::new()
        .size(10.5, 5.2)
        .grid(1, 2)
        .panel(panel("T = 1", &record.before, RED)?)
        .panel(panel(&after, &record.after, BLUE)?))
}
