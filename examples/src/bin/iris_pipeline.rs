//! What Iris's pipeline is worth, over many splits: two components or four features, and what it
//! matters which rows the steps before the network have seen.
//!
//! On Iris a scaler and principal components that saw the test rows hardly change the test's
//! verdict: they do not look at the labels. The second part shows a step that does: of a thousand
//! columns of noise, the ten that correlate best with the class. Chosen on all rows, they make the
//! network look good at telling what cannot be told; chosen on the training rows, the test shows
//! the truth, which is chance.

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;
use dl_data::Dataset;
use dl_math::random::stream;
use dl_nn::metrics::Estimate;
use dl_viz::style::{BLUE, RED};
use dl_viz::{Bars, Figure, Panel, Series};
use examples::leakage::LearntFrom::{self, AllRows, TrainingRows};
use examples::leakage::{
    Accuracy, correlations, iris_split, learn, learn_at_rate_001, noise, prepare, select,
    with_columns,
};
use examples::record::RecordOptions;
use examples::{Options, finish, println};
use ndarray::Array1;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Rows and columns of the noise, and the columns kept.
const NOISE: (usize, usize) = (60, 1000);
const KEPT: usize = 10;
/// Share of the noise's rows to test on.
const NOISE_TEST: f64 = 1.0 / 3.0;

/// Measures Iris's pipeline over many splits, with and without a look at the test rows
#[derive(Debug, Parser)]
struct Args {
    #[command(flatten)]
    options: Options,
    /// Splits of Iris, and sets of noise [default: 100; 10 with --quick]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=100_000))]
    splits: Option<u32>,
    #[command(flatten)]
    record: RecordOptions,
}

/// What the numbers and the figure come from, a number for each split or set of noise.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    splits: u64,
    /// In the order of [`CASES`].
    iris: Vec<Accuracies>,
    /// The correlations of the noise's columns that are kept, the largest first.
    strengths: Vec<Vec<f64>>,
    /// In the order of [`NOISE_CASES`]: accuracies on test rows and on training rows.
    noise: Vec<[Accuracies; 2]>,
}

/// A test accuracy for each split.
type Accuracies = Array1<f64>;

/// What is trained in each split.
type Training = fn(&Dataset<f64>, &Dataset<f64>, u64) -> Outcome<Accuracy>;

/// With errors that can be handed from thread to thread.
type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// A way to prepare Iris and learn it.
struct Case {
    name: &'static str,
    components: Option<usize>,
    from: LearntFrom,
    test_fraction: f64,
    training: Training,
}

impl Case {
    /// As the course does it: 2 components, 120 flowers to train on.
    const fn new(name: &'static str, from: LearntFrom) -> Self {
        Self {
            name,
            components: Some(2),
            from,
            test_fraction: 0.2,
            training: learn,
        }
    }

    const fn four_features(self) -> Self {
        Self {
            components: None,
            ..self
        }
    }

    /// 138 of the 150 flowers to test on.
    const fn twelve_flowers(self) -> Self {
        Self {
            test_fraction: 0.92,
            ..self
        }
    }

    const fn trained_by(self, training: Training) -> Self {
        Self { training, ..self }
    }
}

const CASES: [Case; 7] = [
    Case::new("2 components, all rows", AllRows),
    Case::new("2 components, training rows", TrainingRows),
    Case::new("4 features, all rows", AllRows).four_features(),
    Case::new("4 features, training rows", TrainingRows).four_features(),
    Case::new("4 features, rate 0.01", TrainingRows)
        .four_features()
        .trained_by(learn_at_rate_001),
    Case::new("12 flowers, all rows", AllRows).twelve_flowers(),
    Case::new("12 flowers, training rows", TrainingRows).twelve_flowers(),
];

/// Whose rows choose the columns of noise, and whose the scaler sees.
const NOISE_CASES: [(&str, LearntFrom, LearntFrom); 3] = [
    ("columns chosen on all rows", AllRows, TrainingRows),
    (
        "columns chosen on training rows",
        TrainingRows,
        TrainingRows,
    ),
    ("only the scaler sees all rows", TrainingRows, AllRows),
];

/// Which cases are compared.
const COMPARED: [(&str, usize, usize); 5] = [
    ("2 components: all − training rows", 0, 1),
    ("4 features: all − training rows", 2, 3),
    ("12 flowers: all − training rows", 5, 6),
    ("4 features − 2 components", 3, 1),
    ("4 features: rate 0.01 − 0.001", 4, 3),
];

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    args.options.check()?;
    let usual = if args.options.quick { 10 } else { 100 };
    let splits = u64::from(args.splits.unwrap_or(usual));
    let plain = |error: Box<dyn Error + Send + Sync>| -> Box<dyn Error> { error };
    let record = args.record.record(|| measured(splits).map_err(plain))?;
    let figure = printed(&record).map_err(plain)?;
    args.options.save("iris_pipeline", &figure);
    Ok(())
}

fn measured(splits: u64) -> Outcome<Record> {
    let test = |found: &[Accuracy]| found.iter().map(|accuracy| accuracy.test).collect();
    let mut iris = Vec::new();
    for case in &CASES {
        iris.push(test(&over_splits(splits, |seed| {
            iris_accuracy(case, seed)
        })?));
    }
    let mut noise = Vec::new();
    for (_, selected, scaled) in NOISE_CASES {
        let found = over_splits(splits, |seed| noise_accuracy(selected, scaled, seed))?;
        let training = found.iter().map(|accuracy| accuracy.training).collect();
        noise.push([test(&found), training]);
    }
    Ok(Record {
        splits,
        iris,
        strengths: over_splits(splits, strengths)?,
        noise,
    })
}

fn printed(record: &Record) -> Outcome<Figure> {
    let splits = record.splits;
    println!("Iris, test accuracy: mean of {splits} splits, 95 % interval");
    let names = CASES.iter().map(|case| case.name);
    let iris: Vec<_> = names.zip(record.iris.iter().cloned()).collect();
    for (name, accuracies) in &iris {
        print_estimate(name, Estimate::mean(accuracies))?;
    }
    println!("\nIris, differences in the same splits, 95 % interval");
    for (name, one, other) in COMPARED {
        print_estimate(
            name,
            Estimate::difference(&record.iris[one], &record.iris[other]),
        )?;
    }

    let (rows, columns) = NOISE;
    println!(
        "\nnoise, {rows} rows of {columns} columns, {KEPT} kept: mean of {splits} sets, 95 % interval"
    );
    let strengths = &record.strengths;
    let strongest = strengths.iter().map(|r| r[0]).collect();
    print_estimate("largest correlation", Estimate::mean(&strongest))?;
    let kept = strengths.iter().map(|r| r.iter().sum::<f64>());
    let kept = kept.map(|sum| sum / KEPT as f64).collect();
    print_estimate("correlation of those kept", Estimate::mean(&kept))?;
    let names = NOISE_CASES.map(|(name, ..)| name).into_iter();
    let on_noise: Vec<_> = names
        .clone()
        .zip(record.noise.iter().map(|both| both[0].clone()))
        .collect();
    for (name, accuracies) in &on_noise {
        print_estimate(name, Estimate::mean(accuracies))?;
    }
    let in_training = names.zip(record.noise.iter().map(|both| &both[1]));
    for (name, accuracies) in in_training {
        print_estimate(
            &format!("training rows, {name}"),
            Estimate::mean(accuracies),
        )?;
    }
    println!();
    figure(&iris, &on_noise, splits)
}

/// What `measure` finds for the seeds 0, 1, …
fn over_splits<T: Send>(
    splits: u64,
    measure: impl Fn(u64) -> Outcome<T> + Send + Sync,
) -> Outcome<Vec<T>> {
    (0..splits).into_par_iter().map(measure).collect()
}

fn iris_accuracy(case: &Case, seed: u64) -> Outcome<Accuracy> {
    let (train, test) = iris_split(case.test_fraction, seed)?;
    let (train, test) = prepare(&train, &test, case.components, case.from)?;
    (case.training)(&train, &test, seed)
}

/// Columns are chosen and standardised, each by what those rows say; then the network learns.
fn noise_accuracy(selected: LearntFrom, scaled: LearntFrom, seed: u64) -> Outcome<Accuracy> {
    let rng = &mut stream(seed, 1);
    let (train, test) = noise(NOISE.0, NOISE.1, rng)?.split(NOISE_TEST, rng)?;
    let columns = select(&train, &test, KEPT, selected)?;
    let (train, test) = (
        with_columns(&train, &columns)?,
        with_columns(&test, &columns)?,
    );
    let (train, test) = prepare(&train, &test, None, scaled)?;
    learn(&train, &test, seed)
}

/// The largest correlations of the noise's columns with the class, on all rows, by falling magnitude.
fn strengths(seed: u64) -> Outcome<Vec<f64>> {
    let data = noise(NOISE.0, NOISE.1, &mut stream(seed, 1))?;
    let correlations = correlations(data.features(), data.labels())?;
    let mut strengths = correlations.mapv(f64::abs).to_vec();
    strengths.sort_by(|a, b| b.total_cmp(a));
    strengths.truncate(KEPT);
    Ok(strengths)
}

fn print_estimate(name: &str, estimate: Estimate) -> Outcome<()> {
    let interval = estimate.interval(0.95)?;
    println!(
        "{name:<42} {:>8.4} {:>8.4} {:>8.4}",
        estimate.value, interval.lower, interval.upper
    );
    Ok(())
}

/// Both parts on one scale, with 95 % intervals.
fn figure(
    iris: &[(&str, Accuracies)],
    on_noise: &[(&str, Accuracies)],
    splits: u64,
) -> Outcome<Figure> {
    let panel = |title: String, cases: &[(&str, Accuracies)], color| {
        let mut ends = (Vec::new(), Vec::new(), Vec::new());
        for (_, accuracies) in cases {
            let estimate = Estimate::mean(accuracies);
            let interval = estimate.interval(0.95)?;
            ends.0.push(estimate.value);
            ends.1.push(interval.lower);
            ends.2.push(interval.upper);
        }
        let series = Series::new(ends.0).intervals(ends.1, ends.2).color(color);
        let bars = Bars::new(cases.iter().map(|(name, _)| *name))
            .horizontal()
            .series(series)
            .value_labels(3);
        Ok::<_, Box<dyn Error + Send + Sync>>(
            Panel::new(title)
                .x_label("Test accuracy, mean and 95 % interval")
                .x_range(0.0, 1.12)
                .bars(bars),
        )
    };
    let left = panel(format!("Iris, {splits} splits"), iris, BLUE)?;
    let right = panel(format!("Noise, {splits} sets"), on_noise, RED)?.vertical_line(0.5, "chance");
    Ok(Figure::new()
        .size(13.0, 5.0)
        .grid(1, 2)
        .panel(left)
        .panel(right))
}
