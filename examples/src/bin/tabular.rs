//! From a table to a service: a table with columns of every kind and with gaps, a pipeline fitted on its training rows, a
//! network that predicts prices, and the file that does so for raw rows.
//!
//! The homes are invented (`src/homes.rs`). `python/tabular.py` does the same with scikit-learn, and trains its gradient
//! boosting, whose scores are printed beside the network's.

use std::{error::Error, process::ExitCode};

use clap::Parser;
use dl_data::ndarray::Array1;
use dl_data::{Csv, FittedPipeline, RegressionTable, Scale, Table, TargetScaler};
use dl_io::Bundle;
use dl_nn::{metrics::r2_score, prelude::*};
use dl_viz::style::{BLACK, BLUE, RED};
use dl_viz::{Bars, Figure, Line, Panel, Scatter, Series};
use examples::homes::{self, TRAIN, relative_error};
use examples::record::{RecordOptions, rounded};
use examples::{Options, finish, println};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Homes that the network has not seen, some of whose cells are missing.
const NEW: &str = include_str!("../../data/new_homes.csv");

/// What scikit-learn makes of the same rows.
const SCIKIT_LEARN: &str = include_str!("../../python/tabular.json");

/// Predicts prices of homes from a table with columns of every kind and with gaps, and saves what predicts them
#[derive(Debug, Parser)]
struct Args {
    #[command(flatten)]
    options: Options,
    /// Networks, each with its own first weights; 1 with --quick.
    #[arg(long, default_value_t = 5, default_value_if("quick", "true", "1"),
          value_parser = clap::value_parser!(u32).range(1..=100))]
    networks: u32,
    /// Passes over the training rows; 10 with --quick.
    #[arg(long, default_value_t = 100, default_value_if("quick", "true", "10"),
          value_parser = clap::value_parser!(u32).range(1..=10_000))]
    epochs: u32,
    #[command(flatten)]
    record: RecordOptions,
}

/// What the networks give: scores of each, the rest of the last.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    /// R² on test rows.
    r2: Array1<f64>,
    /// Mean relative error on test rows.
    relative_error: Array1<f64>,
    /// By epoch.
    losses: Array1<f64>,
    test_losses: Array1<f64>,
    /// Prices of the test rows, in thousands.
    predictions: Array1<f64>,
    new_homes: Array1<f64>,
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    args.options.check()?;
    let csv = Csv::new().dates(["sold"]);
    let table = csv.read_table(homes::csv().as_bytes(), "homes.csv")?;
    print_columns(&table);
    let homes = table.clone().target("price")?;
    let (train, test): (Vec<_>, Vec<_>) = (0..table.len()).partition(|&row| row < TRAIN);
    let (train, test) = (homes.select(&train)?, homes.select(&test)?);
    let pipeline = homes::pipeline(train.features())?;
    print_first_row(&pipeline, test.features())?;
    let record = args
        .record
        .record(|| trained(args, &pipeline, &train, &test))?;
    print_scores(&record)?;
    println!("\nprices of new homes, from the saved file");
    for price in &record.new_homes {
        println!("new home {price:>7.1}");
    }
    let figure = figure(&table, &record, test.target());
    args.options.save("tabular", &figure);
    Ok(())
}

fn trained(
    args: &Args,
    pipeline: &FittedPipeline,
    train: &RegressionTable,
    test: &RegressionTable,
) -> Result<Record, Box<dyn Error>> {
    let scaler = TargetScaler::fit(Scale::Standard, train.target())?;
    let (x, y) = arrays(pipeline, &scaler, train)?;
    let (x_test, y_test) = arrays(pipeline, &scaler, test)?;
    let (mut r2, mut relative_errors) = (Vec::new(), Vec::new());
    let mut last = None;
    for seed in 1..=u64::from(args.networks) {
        let network = Sequential::input([x.ncols()])
            .push(Dense::new(32).activation(Relu))
            .push(Dense::new(1));
        let adam = Adam::new(0.003);
        let mut trainer = Trainer::new(network.build(seed)?, MeanSquaredError::new(), adam)?;
        let fit = Fit::epochs(args.epochs as usize).validation(&x_test, &y_test);
        let history = trainer.fit(&x, &y, fit)?;
        let bundle = Bundle::from_trainer(&trainer)
            .with_pipeline(pipeline.clone())
            .with_target(scaler.clone());
        let predictions = prices(&bundle, test.features())?;
        r2.push(r2_score(test.target(), &predictions)?);
        relative_errors.push(relative_error(test.target(), &predictions));
        last = Some((bundle, history, predictions));
    }
    let (bundle, history, predictions) = last.ok_or("no network")?;

    let path = args.options.out.join("homes.dl");
    bundle.save(&path)?;
    let served = Bundle::<f32>::load(&path)?;
    let new = served.csv()?.read_table(NEW.as_bytes(), "new_homes.csv")?;
    Ok(Record {
        r2: r2.into(),
        relative_error: relative_errors.into(),
        losses: history.losses().into(),
        test_losses: history.validation_losses().into(),
        predictions: rounded(predictions.view()),
        new_homes: rounded(prices(&served, &new)?.view()),
    })
}

type Arrays = (dl_data::ndarray::Array2<f32>, Array1<f32>);

/// What the network takes: rows after the pipeline, and scaled prices.
fn arrays(
    pipeline: &FittedPipeline,
    scaler: &TargetScaler,
    rows: &RegressionTable,
) -> Result<Arrays, Box<dyn Error>> {
    let x = pipeline.transform(rows.features())?;
    Ok((x, scaler.transform(rows.target())?))
}

/// The price of each row.
fn prices(bundle: &Bundle<f32>, rows: &Table) -> Result<Array1<f64>, Box<dyn Error>> {
    let predictions = bundle.predict_table(rows)?;
    Ok(predictions.column(0).mapv(f64::from))
}

fn print_columns(table: &Table) {
    println!("{} homes", table.len());
    println!("{:<10} {:<10} {:>7}", "column", "kind", "missing");
    for (name, series) in table.columns() {
        let kind = series.kind().to_string();
        println!("{name:<10} {kind:<10} {:>7}", series.missing());
    }
}

fn print_first_row(pipeline: &FittedPipeline, test: &Table) -> Result<(), Box<dyn Error>> {
    println!("\nthe first test row after the pipeline");
    let row = pipeline.transform_rows::<f64>(test, 0..1)?;
    for (name, value) in pipeline.feature_names().iter().zip(&row) {
        println!("{name:<24} {value:>9.6}");
    }
    Ok(())
}

/// Ours are the mean over networks, with the lowest and the highest.
fn print_scores(record: &Record) -> Result<(), Box<dyn Error>> {
    let reference: Value = serde_json::from_str(SCIKIT_LEARN)?;
    let mean = |values: &Array1<f64>| values.mean().unwrap_or(f64::NAN);
    let range = |values: &Array1<f64>| {
        let lowest = values.fold(f64::INFINITY, |a, &b| a.min(b));
        let highest = values.fold(f64::NEG_INFINITY, |a, &b| a.max(b));
        format!("{lowest:.3} to {highest:.3}")
    };
    let (r2, error) = (&record.r2, &record.relative_error);
    println!("\non {} homes not seen", homes::ROWS - TRAIN);
    println!("{:<34} {:>14} {:>16}", "", "R²", "relative error");
    let line = |name: &str, r2: f64, error: f64| println!("{name:<34} {r2:>14.3} {error:>16.3}");
    line("our network", mean(r2), mean(error));
    let networks = format!("lowest to highest of {}", r2.len());
    println!("{networks:<34} {:>14} {:>16}", range(r2), range(error));
    let peers = reference["scores"].as_object().ok_or("no scores")?;
    for (name, scores) in peers {
        let score = |key: &str| scores[key].as_f64().unwrap_or(f64::NAN);
        line(name, score("r2"), score("relative_error"));
    }
    Ok(())
}

/// What is missing, how the network learns, and what it predicts.
fn figure(table: &Table, record: &Record, prices: &Array1<f64>) -> Figure {
    let share = |missing: usize| 100.0 * missing as f64 / table.len() as f64;
    let names = table.columns().map(|(name, _)| name.to_owned());
    let missing = table.columns().map(|(_, series)| share(series.missing()));
    let gaps = Bars::new(names)
        .horizontal()
        .series(Series::new(missing).color(BLUE))
        .value_labels(1);
    let gaps = Panel::new("Cells that are missing")
        .x_label("Percent of the rows")
        .bars(gaps);

    let curve = |losses: &Array1<f64>| Line::new(1..=losses.len(), losses);
    let train = curve(&record.losses).label("training rows").color(BLUE);
    let test = curve(&record.test_losses).label("test rows").color(RED);
    let losses = Panel::new("Loss")
        .x_label("Epoch")
        .integer_x_ticks()
        .y_label("Squared error of the scaled price")
        .log_y()
        .line(train)
        .line(test.dashed());

    let most = prices.fold(0.0, |a: f64, &b| a.max(b)) * 1.05;
    let predicted = Panel::new("Prices of homes not seen")
        .x_label("Price (thousands)")
        .y_label("Predicted price (thousands)")
        .x_range(0.0, most)
        .y_range(0.0, most)
        .line(Line::new([0.0, most], [0.0, most]).color(BLACK).width(1.0))
        .scatter(
            Scatter::new(prices, &record.predictions)
                .color(BLUE)
                .radius(2.5),
        );
    Figure::new()
        .size(15.0, 4.8)
        .grid(1, 3)
        .panel(gaps)
        .panel(losses)
        .panel(predicted)
}
