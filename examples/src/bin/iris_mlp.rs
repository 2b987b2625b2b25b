//! Classifies iris flowers, or the rows of a CSV file, and draws the decision boundary.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use dl_data::ndarray::{Array2, ArrayView2};
use dl_data::{Dataset, generator, iris};
use dl_io::data_sha256;
use dl_nn::metrics::ConfusionMatrix;
use dl_nn::prelude::*;
use dl_viz::{Figure, HeatMap, Panel, Regions, Scatter};
use examples::curves::learning_curves;
use examples::iris::{BATCH_SIZE, NoProgress, Preprocessing, all_features, trainer};
use examples::keep::KeepOptions;
use examples::table::{advised, table};
use examples::{Options, check_targets, finish, println};
use serde_json::json;

/// Side of a cell of the decision mesh, and the margin around the data.
const STEP: f64 = 0.02;
const MARGIN: f64 = 1.0;

/// Trains a (10, 10) network on Fisher's Iris (or your own table) and draws what it learnt
#[derive(Debug, Parser)]
struct Args {
    #[command(flatten)]
    options: Options,
    /// Seed of the split, the initial weights and the order of the samples
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// The most epochs; training stops earlier once the loss no longer falls
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    epochs: u32,
    /// Principal components the network sees [default: 2, or 1 where there is one column]
    #[arg(long)]
    components: Option<usize>,
    /// A CSV file with a header, numeric columns, and the class in the last column
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// The column of the CSV file that holds the class, by name
    #[arg(
        long,
        value_name = "COLUMN",
        requires = "csv",
        conflicts_with = "no_header"
    )]
    label: Option<String>,
    /// The first line of the CSV file is no header, but a row of data
    #[arg(long, requires = "csv")]
    no_header: bool,
    /// Rows from which scaler and principal components are learnt [default: all for Iris, as in
    /// the course; train for a CSV file, so that the test rows stay unseen]
    #[arg(long, value_enum)]
    fit_on: Option<FitOn>,
    #[command(flatten)]
    keep: KeepOptions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FitOn {
    All,
    Train,
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    args.options.check()?;
    check_targets(args.keep.targets(), args.csv.clone(), &args.options.out)?;
    let data: Dataset<f64> = match &args.csv {
        None => iris(),
        Some(path) => match &args.label {
            None => table(args.no_header)
                .load(path)
                .map_err(|error| advised(error, ", --label NAME for column names"))?,
            Some(label) => table(false).label(label.as_str()).load(path)?,
        },
    };
    let columns = data.features().ncols();
    let components = args.components.unwrap_or(columns.min(2));
    let default = if args.csv.is_none() {
        FitOn::All
    } else {
        FitOn::Train
    };
    let fit_on = args.fit_on.unwrap_or(default);

    let (train, test) = data.split(0.2, &mut generator(args.seed))?;
    let learnt_from = match fit_on {
        FitOn::All => all_features(&train, &test),
        FitOn::Train => train.features().clone(),
    };
    let preprocessing = Preprocessing::fit(&learnt_from, components)?;
    let explained: Vec<String> = preprocessing
        .explained_variance_ratio()
        .iter()
        .map(|ratio| format!("{:.1} %", 100.0 * ratio))
        .collect();
    let names: Vec<String> = (1..=components).map(|i| format!("PC{i}")).collect();
    let project = |rows: Dataset<f64>| -> Result<Dataset<f64>, Box<dyn Error>> {
        let features = preprocessing.transform(rows.features())?;
        Ok(rows.with_features(features, names.clone())?)
    };
    let (train, test) = (project(train)?, project(test)?);
    println!(
        "{} rows of {columns} columns, {} classes: {} to train on, {} to test on",
        data.len(),
        data.class_names().len(),
        train.len(),
        test.len(),
    );
    println!(
        "standardised and projected on {components} principal components ({} of the variance), \
         both learnt from {}",
        explained.join(" + "),
        if fit_on == FitOn::All {
            "all rows"
        } else {
            "the training rows"
        },
    );

    let mut trainer = trainer(&train, args.seed)?;
    println!("\n{}\n", trainer.model().summary());
    let epochs = if args.options.quick {
        args.epochs.min(100)
    } else {
        args.epochs
    };
    let fit = Fit::epochs(epochs as usize)
        .batch_size(BATCH_SIZE)
        .validation(test.features(), test.labels())
        .callback(NoProgress::default())
        .callback(Progress::new());
    let checksum = data_sha256(data.features(), data.labels());
    let settings = json!({
        "program": "iris_mlp",
        "data_sha256": checksum,
        "seed": args.seed,
        "components": components,
        "fit_on": format!("{fit_on:?}"),
    });
    let fit = args.keep.keep(fit, &settings)?;
    let history = trainer.fit(train.features(), train.labels(), fit)?;
    args.keep.network(&trainer, data.class_names(), |trainer| {
        preprocessing
            .bundle(trainer)
            .with_class_names(data.class_names())
            .with_feature_names(data.feature_names())
            .with_data_sha256(checksum)
            .with_training(settings)
    });
    print_epochs(&history);

    let predicted = trainer.predict_classes(test.features())?;
    let truth = test.labels();
    let classes = data.class_names().len();
    let confusion = ConfusionMatrix::new(truth, &predicted, classes)?;
    println!(
        "\n{}",
        confusion.report(data.class_names())?.intervals(0.95)?
    );

    if components >= 2 {
        let boundary = decision_boundary(&trainer, &train, &test)?;
        args.options.save("iris_decision_boundary", &boundary);
    }
    let curves = learning_curves(&history, "training rows", "test rows");
    args.options.save("iris_learning_curves", &curves);
    let heat_map = HeatMap::new(&confusion.counts().to_owned())
        .rows(data.class_names())
        .columns(data.class_names())
        .value_labels(0)
        .color_bar("Test rows");
    let panel = Panel::new("Confusion matrix, test rows")
        .x_label("Predicted")
        .y_label("True")
        .heat_map(heat_map);
    args.options
        .save("iris_confusion_matrix", &Figure::from(panel).size(7.0, 5.5));

    let accuracy = confusion.accuracy();
    println!(
        "95 % interval of the test accuracy: {:.4}",
        accuracy.interval(0.95)?
    );
    println!(
        "train accuracy {:.4}",
        trainer
            .evaluate(train.features(), train.labels())?
            .accuracy
            .unwrap_or(0.0)
    );
    println!("test accuracy {:.4}", accuracy.value);
    Ok(())
}

/// About ten of the epochs, and why training ended.
fn print_epochs(history: &History) {
    println!("epoch  train loss  accuracy   test loss  accuracy");
    let last = history.epochs.len() - 1;
    let every = history.epochs.len().div_ceil(10);
    for epoch in history
        .epochs
        .iter()
        .filter(|e| e.epoch % every == 0 || e.epoch == last)
    {
        let test = epoch.validation.unwrap_or(epoch.train);
        println!(
            "{:5}  {:10.4}  {:8.3}  {:10.4}  {:8.3}",
            epoch.epoch + 1,
            epoch.train.loss,
            epoch.train.accuracy.unwrap_or(0.0),
            test.loss,
            test.accuracy.unwrap_or(0.0),
        );
    }
    let seconds: f64 = history.epochs.iter().map(|e| e.seconds).sum();
    let reason = history.stopped.as_deref().unwrap_or("all epochs done");
    println!(
        "stopped after {} epochs, {:.1} ms: {reason}",
        last + 1,
        1e3 * seconds
    );
}

/// The classes the network predicts over the plane of the first two components (the others at 0,
/// their mean), and the rows on top.
fn decision_boundary(
    trainer: &Trainer<f64>,
    train: &Dataset<f64>,
    test: &Dataset<f64>,
) -> Result<Figure, Box<dyn Error>> {
    let rows = all_features(train, test);
    let labels: Vec<usize> = train
        .labels()
        .iter()
        .chain(test.labels())
        .copied()
        .collect();
    let components = rows.ncols();
    let range = |column: usize| {
        let values = rows.column(column);
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        (low - MARGIN, high + MARGIN)
    };
    let (x, y) = (range(0), range(1));
    // no finer than 500 cells a side, whatever the user's data spans
    let step = STEP.max((x.1 - x.0).max(y.1 - y.0) / 500.0);
    let predict = |points: ArrayView2<'_, f64>| {
        let mut inputs = Array2::zeros((points.nrows(), components));
        for (mut input, point) in inputs.rows_mut().into_iter().zip(points.rows()) {
            (input[0], input[1]) = (point[0], point[1]);
        }
        trainer
            .predict_classes(&inputs)
            .expect("the mesh has the model's width")
    };
    let regions = Regions::predict(x, y, step, predict).names(train.class_names());
    let rows_on_top =
        Scatter::new(rows.column(0), rows.column(1)).classes(labels, train.class_names());
    let panel = Panel::new("Decision Boundary after PCA")
        .x_label("Principal Component 1")
        .y_label("Principal Component 2")
        .regions(regions)
        .scatter(rows_on_top);
    Ok(Figure::from(panel).size(9.0, 6.5))
}
