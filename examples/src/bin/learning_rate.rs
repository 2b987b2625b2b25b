//! A search for the learning rate of the Iris network, and training at what it suggests, below and above.

use std::{error::Error, process::ExitCode};

use clap::Parser;
use dl_data::StandardScaler;
use dl_nn::prelude::*;
use dl_nn::train::{FindLearningRate, LearningRateCurve};
use dl_viz::style::{BLUE, GREEN, RED};
use dl_viz::{Band, Color, Figure, Legend, Line, Panel};
use dl_watch::{Doctor, learning_rate_panel};
use examples::{Options, iris::network, println, record::RecordOptions};
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

/// Search for a learning rate of the Iris network by letting it rise, then train at the suggested rate, at a tenth
/// and at ten times of it.
#[derive(Debug, Parser)]
struct Arguments {
    /// Runs with each rate, which differ in their seeds; 2 with --quick
    #[arg(long, default_value_t = 10, default_value_if("quick", "true", "2"),
          value_parser = clap::value_parser!(u64).range(2..=1000))]
    seeds: u64,
    /// Epochs of each run; 5 with --quick
    #[arg(long, default_value_t = 30, default_value_if("quick", "true", "5"),
          value_parser = clap::value_parser!(u32).range(1..=10_000))]
    epochs: u32,
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    record: RecordOptions,
}

/// Samples a step.
const BATCH_SIZE: usize = 16;
/// The rate of the trainer that searches; the curve does not depend on it.
const USUAL_RATE: f64 = 1e-3;

/// The rates trained at, as multiples of the suggested one.
const RATES: [(&str, f64, Color); 3] = [
    ("a tenth", 0.1, BLUE),
    ("suggested", 1.0, GREEN),
    ("ten times", 10.0, RED),
];

/// What the numbers and the figure come from.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    curve: LearningRateCurve,
    /// The training loss after each epoch, for each rate and seed.
    losses: Vec<Vec<Vec<f64>>>,
}

fn main() -> ExitCode {
    examples::finish(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    arguments.options.check()?;
    let record = arguments
        .record
        .record(|| measured(arguments.seeds, arguments.epochs as usize))?;
    arguments.options.save("learning_rate", &printed(&record)?);
    Ok(())
}

/// The standardised flowers and their species.
fn flowers() -> Result<(Array2<f64>, Array1<usize>), Box<dyn Error>> {
    let (x, labels) = dl_data::iris::<f64>().into_parts();
    Ok((StandardScaler::fit(&x)?.transform(&x)?, labels))
}

fn trainer(seed: u64, learning_rate: f64) -> Result<Trainer<f64>, Box<dyn Error>> {
    let rule = Adam::new(learning_rate);
    Ok(Trainer::new(
        network(4, 3, seed)?,
        SoftmaxCrossEntropy::new(),
        rule,
    )?)
}

fn search() -> Result<LearningRateCurve, Box<dyn Error>> {
    let (x, labels) = flowers()?;
    // 0.98, the default, would lag behind so steep a fall
    let options = FindLearningRate::new()
        .batch_size(BATCH_SIZE)
        .smoothing(0.9);
    Ok(trainer(0, USUAL_RATE)?.find_learning_rate(&x, &labels, options)?)
}

/// The largest stable rate by the curve.
fn suggested(curve: &LearningRateCurve) -> Result<f64, Box<dyn Error>> {
    let rates = curve.suggestion().ok_or("the loss falls at no rate")?;
    Ok(rates.tenth_of_minimum())
}

fn measured(seeds: u64, epochs: usize) -> Result<Record, Box<dyn Error>> {
    let (x, labels) = flowers()?;
    let curve = search()?;
    let suggested = suggested(&curve)?;
    let run = |rate: f64, seed: u64| -> Result<Vec<f64>, Box<dyn Error>> {
        let mut trainer = trainer(seed, rate)?;
        let mut losses = vec![trainer.evaluate(&x, &labels)?.loss];
        for _ in 0..epochs {
            trainer.fit(&x, &labels, Fit::epochs(1).batch_size(BATCH_SIZE))?;
            losses.push(trainer.evaluate(&x, &labels)?.loss);
        }
        Ok(losses)
    };
    let runs = |&(_, factor, _): &(&str, f64, Color)| -> Result<Vec<_>, Box<dyn Error>> {
        (1..=seeds)
            .map(|seed| run(factor * suggested, seed))
            .collect()
    };
    Ok(Record {
        losses: RATES.iter().map(runs).collect::<Result<_, _>>()?,
        curve,
    })
}

fn printed(record: &Record) -> Result<Figure, Box<dyn Error>> {
    let Record { curve, losses } = record;
    let rates = curve.suggestion().ok_or("the loss falls at no rate")?;
    let suggested = suggested(curve)?;
    println!(
        "search, {} steps of {BATCH_SIZE} flowers, learning rate {:.0e} to {:.2}",
        curve.points.len(),
        curve.points[0].learning_rate,
        curve.points[curve.points.len() - 1].learning_rate
    );
    println!("search, steepest descent at {:.4}", rates.steepest);
    println!("search, lowest loss at {:.3}", rates.minimum);
    println!("search, a tenth of that {suggested:.4}");
    let doctor = Doctor::new();
    if let Some(advice) = doctor.one_cycle(curve) {
        println!("doctor, {advice}");
    }
    for rate in [1e-5, suggested, 10.0] {
        println!(
            "doctor, at {rate:.2e}: {}",
            doctor.examine_learning_rate(curve, rate)
        );
    }

    let mut panel = Panel::new("Training at three rates")
        .x_label("Epoch")
        .y_label("Training loss (nats)")
        .log_y()
        .y_range(0.02, 10.0)
        .legend(Legend::TopRight);
    for ((name, factor, color), runs) in RATES.into_iter().zip(losses) {
        let rate = factor * suggested;
        let epochs = runs[0].len();
        let at = |epoch: usize| runs.iter().map(move |losses| losses[epoch]);
        let least = (0..epochs).map(|epoch| at(epoch).fold(f64::INFINITY, f64::min));
        let most = (0..epochs).map(|epoch| at(epoch).fold(0.0, f64::max));
        let middle = (0..epochs).map(|epoch| median(at(epoch).collect()));
        println!(
            "training, {name} ({rate:.4}): median loss after {} epochs {:.3}, from {:.3} to {:.3} over {} seeds",
            epochs - 1,
            median(at(epochs - 1).collect()),
            at(epochs - 1).fold(f64::INFINITY, f64::min),
            at(epochs - 1).fold(0.0, f64::max),
            runs.len()
        );
        panel = panel
            .band(Band::new(0..epochs, least, most).color(color))
            .line(
                Line::new(0..epochs, middle)
                    .label(format!("{name}: {rate:.4}"))
                    .color(color),
            );
    }
    Ok(Figure::new()
        .title("The learning rate of the Iris network")
        .size(12.0, 5.4)
        .panel(learning_rate_panel("Search", curve))
        .panel(panel))
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    f64::midpoint(values[(n - 1) / 2], values[n / 2])
}
