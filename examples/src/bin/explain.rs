//! What has a network learnt from a table? Permutation importance and partial dependence on Iris.
//!
//! The importance of a column is how much worse the answers get when its values are shuffled. The petal's length and
//! width say nearly the same, so each can stand in for the other: without one of them, the other is more important.

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;
use dl_data::{Dataset, StandardScaler, generator, iris};
use dl_nn::metrics::{accuracy, argmax};
use dl_nn::prelude::*;
use dl_select::{grid, partial_dependence, permutation_importance};
use dl_viz::style::{BLUE, GRAY, ORANGE, PALETTE, RED};
use dl_viz::{Bars, Figure, Legend, Line, Panel, Series};
use examples::choosing::{Failure, without};
use examples::record::{RecordOptions, rounded};
use examples::{Options, finish, println};
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

const PETAL_LENGTH: usize = 2;
const PETAL_WIDTH: usize = 3;
const VERSICOLOR: usize = 1;

/// Asks a network for Iris which columns it relies on, and what it makes of the petal's length
#[derive(Debug, Parser)]
struct Args {
    #[command(flatten)]
    options: Options,
    /// Times that each column is shuffled [default: 100; 5 with --quick]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    repeats: Option<u32>,
    #[command(flatten)]
    record: RecordOptions,
}

/// What the numbers and the figures come from.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    classes: Vec<String>,
    /// Importances on test rows, and on training rows.
    test: Asked,
    train: Asked,
    /// On test rows, of a network without the petal's width.
    without_width: Asked,
    grid: Array1<f64>,
    /// The mean probability of each class at each length of the petal, `[class, grid]`.
    average: Array2<f64>,
    /// The probability of versicolor for each flower, `[flower, grid]`.
    individual: Array2<f64>,
}

/// The accuracy, and how much it drops when a column is shuffled.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    columns: Vec<String>,
    accuracy: f64,
    mean: Array1<f64>,
    std: Array1<f64>,
}

/// A scaler and a network, both fitted on the training rows.
struct Fitted {
    scaler: StandardScaler<f64>,
    trainer: Trainer<f64>,
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    args.options.check()?;
    let usual = if args.options.quick { 5 } else { 100 };
    let repeats = args.repeats.map_or(usual, |repeats| repeats as usize);
    let measured = || measured(repeats).map_err(|error| error as Box<dyn Error>);
    let record = args.record.record(measured)?;
    print(&record);
    args.options
        .save("explain_importance", &importances(&record));
    args.options
        .save("explain_dependence", &dependence(&record));
    Ok(())
}

impl Fitted {
    fn new(train: &Dataset<f64>) -> Result<Self, Failure> {
        let scaler = StandardScaler::fit(train.features())?;
        let network = Sequential::input([train.features().ncols()])
            .push(Dense::new(16).activation(Relu))
            .push(Dense::new(3));
        let rule = Adam::new(0.01);
        let mut trainer = Trainer::new(network.build(1)?, SoftmaxCrossEntropy::new(), rule)?;
        let x = scaler.transform(train.features())?;
        trainer.fit(&x, train.labels(), Fit::epochs(100).batch_size(16))?;
        Ok(Self { scaler, trainer })
    }

    /// From centimetres to the probability of each class.
    fn probabilities(&self, x: &Array2<f64>) -> Result<Array2<f64>, Failure> {
        Ok(self.trainer.predict_matrix(&self.scaler.transform(x)?)?)
    }

    fn ask(&self, data: &Dataset<f64>, repeats: usize) -> Result<Asked, Failure> {
        let score = |x: &Array2<f64>| -> Result<f64, Failure> {
            let predicted = argmax(&self.probabilities(x)?)?;
            Ok(accuracy(data.labels(), &predicted)?.value)
        };
        let importances = permutation_importance(data.features(), repeats, 0, score)?;
        Ok(Asked {
            columns: spelled(data.feature_names()),
            accuracy: importances.baseline,
            mean: importances.mean(),
            std: importances.std(),
        })
    }
}

/// Names of columns as words.
fn spelled(names: &[String]) -> Vec<String> {
    names.iter().map(|name| name.replace('_', " ")).collect()
}

fn measured(repeats: usize) -> Result<Record, Failure> {
    let flowers = iris::<f64>();
    // half to test on: an importance is a difference of accuracies, and needs rows
    let (train, test) = flowers.split(0.5, &mut generator(0))?;
    let network = Fitted::new(&train)?;
    let narrow = |data| without(data, PETAL_WIDTH);
    let without_width = Fitted::new(&narrow(&train)?)?.ask(&narrow(&test)?, repeats)?;

    let points = grid(&flowers.features().column(PETAL_LENGTH), (0.0, 1.0), 40)?;
    let mut average = Array2::zeros((flowers.class_names().len(), points.len()));
    let mut individual = Array2::zeros((0, 0));
    for (class, mut row) in average.rows_mut().into_iter().enumerate() {
        let probability = |x: &Array2<f64>| -> Result<Array1<f64>, Failure> {
            Ok(network.probabilities(x)?.column(class).to_owned())
        };
        let found = partial_dependence(test.features(), PETAL_LENGTH, &points, probability)?;
        row.assign(&found.average());
        if class == VERSICOLOR {
            individual = rounded(found.individual.view());
        }
    }
    Ok(Record {
        classes: flowers.class_names().to_vec(),
        test: network.ask(&test, repeats)?,
        train: network.ask(&train, repeats)?,
        without_width,
        grid: points.into(),
        average,
        individual,
    })
}

fn print(record: &Record) {
    for (name, asked) in [
        ("test rows", &record.test),
        ("training rows", &record.train),
        ("without width", &record.without_width),
    ] {
        println!("{name}: accuracy {:.4}", asked.accuracy);
        println!("drop when a column is shuffled: mean, standard deviation");
        for ((column, mean), std) in asked.columns.iter().zip(&asked.mean).zip(&asked.std) {
            println!("{name}, {column:<18} {mean:>8.4} {std:>8.4}");
        }
        println!();
    }
    println!("mean probability of each class by the petal's length");
    for (i, length) in record.grid.iter().enumerate().step_by(6) {
        let [a, b, c] = [0, 1, 2].map(|class| record.average[[class, i]]);
        println!("{length:.2} cm {a:>8.4} {b:>8.4} {c:>8.4}");
    }
    println!();
}

fn importances(record: &Record) -> Figure {
    let panel = |title: &str, asked: &[(&str, &Asked, _)]| {
        let mut bars = Bars::new(asked[0].1.columns.clone()).horizontal();
        for (label, asked, color) in asked {
            let ends = |sign: f64| &asked.mean + &(sign * &asked.std);
            let series = Series::new(asked.mean.iter().copied());
            bars = bars.series(
                series
                    .intervals(ends(-1.0), ends(1.0))
                    .label(*label)
                    .color(*color),
            );
        }
        Panel::new(title)
            .x_label("Drop in accuracy, mean ± standard deviation")
            .x_range(-0.1, 0.7)
            .bars(bars)
    };
    let all = [
        ("test rows", &record.test, BLUE),
        ("training rows", &record.train, ORANGE),
    ];
    let narrow = [("test rows", &record.without_width, RED)];
    Figure::new()
        .size(13.0, 4.6)
        .grid(1, 2)
        .panel(panel("All four columns", &all))
        .panel(panel("Without the petal's width", &narrow))
}

fn dependence(record: &Record) -> Figure {
    let panel = |title: &str| {
        Panel::new(title)
            .x_label("Petal length (cm)")
            .y_label("Probability")
            .y_range(0.0, 1.0)
    };
    let line = |y: ndarray::ArrayView1<'_, f64>| Line::new(record.grid.to_vec(), y.to_vec());
    let mut average = panel("Partial dependence");
    for (class, (name, y)) in record.classes.iter().zip(record.average.rows()).enumerate() {
        average = average.line(line(y).label(name).color(PALETTE[class]));
    }
    let mut individual =
        panel("Versicolor: every third flower, and the mean").legend(Legend::Hidden);
    for y in record.individual.rows().into_iter().step_by(3) {
        individual = individual.line(line(y).color(GRAY).width(0.6));
    }
    let mean = line(record.average.row(VERSICOLOR))
        .label("mean")
        .color(RED);
    Figure::new()
        .size(12.0, 4.6)
        .grid(1, 2)
        .panel(average)
        .panel(individual.line(mean))
}
