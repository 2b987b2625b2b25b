//! Choosing a network for Iris by a search, and what the winner's score is worth.
//!
//! The same search is run a second time on flowers whose labels are in random order. Nothing can be learnt there, so
//! every network is worth a third; but the best of many scores is above that, and only nested folds say how far.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use dl_nn::metrics::{Estimate, Interval};
use dl_select::folds::Split;
use dl_select::{
    Direction, NestedFold, Outcome, Params, Scores, Search, SearchResult, SuccessiveHalving, Trial,
    cross_validate, learning_curve, nested, train_sizes,
};
use dl_viz::style::{BLUE, GRAY, RED};
use dl_viz::{Band, Bars, Figure, Legend, Line, Panel, Scatter, Series};
use examples::choosing::{Failure, Table, space};
use examples::record::RecordOptions;
use examples::{Options, finish, println};
use ndarray::Array1;
use serde::{Deserialize, Serialize};

const EPOCHS: usize = 20;
const OUTER: usize = 5;
const INNER: usize = 4;
/// Sets of outer folds for the nested search.
const REPEATS: u64 = 4;
/// Rows to test on per row to train on, with [`OUTER`] folds.
const RATIO: f64 = 1.0 / (OUTER as f64 - 1.0);

/// Searches for a network for Iris, and measures what the winner's score is worth
#[derive(Debug, Parser)]
struct Args {
    #[command(flatten)]
    options: Options,
    /// Trials of a search [default: 40; 6 with --quick]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=10_000))]
    trials: Option<u32>,
    /// Keep the trials of the search on Iris in this file, and continue from those that are in it
    #[arg(long, value_name = "FILE", conflicts_with = "replay")]
    file: Option<PathBuf>,
    /// Run only this trial of the search on Iris, as a job array does, and add it to --file
    #[arg(long, value_name = "INDEX", requires = "file")]
    index: Option<usize>,
    #[command(flatten)]
    record: RecordOptions,
}

/// What the numbers and the figures come from.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    flowers: Found,
    shuffled: Found,
    /// Candidates, epochs and the best accuracy of each rung of successive halving.
    rungs: Vec<(usize, u64, f64)>,
    halving_winner: Params,
    curve: Curve,
}

/// What a search has found, and what nested folds say of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Found {
    /// Settings and mean accuracy of each trial.
    trials: Vec<(Params, f64)>,
    winner: Params,
    winner_folds: Array1<f64>,
    /// The winners' accuracies in each outer fold: on the rows that chose them, and on others.
    inner: Array1<f64>,
    outer: Array1<f64>,
    /// The settings of the winner that is worth the least.
    worst: Params,
}

/// A learning curve: training and test accuracies for each size.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Curve {
    sizes: Vec<usize>,
    /// Mean and ends of the interval.
    train: Vec<[f64; 3]>,
    test: Vec<[f64; 3]>,
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    args.options.check()?;
    let usual = if args.options.quick { 6 } else { 40 };
    let trials = args.trials.map_or(usual, |trials| trials as usize);
    if let (Some(index), Some(path)) = (args.index, &args.file) {
        let table = Table::flowers();
        let folds = table.folds(OUTER, 0)?;
        let score = |trial: &Trial| score(&table, &folds, trial);
        let record = search(trials).run_one(path, index, score)?;
        let score = record
            .score()
            .map_or("failed".to_owned(), |score| format!("{score:.4}"));
        println!("trial {index}: {}: {score}", record.trial.params);
        return Ok(());
    }
    let quick = args.options.quick;
    let measured =
        || measured(trials, quick, args.file.as_ref()).map_err(|error| error as Box<dyn Error>);
    let record = args.record.record(measured)?;
    print(&record)?;
    args.options.save("search", &figure(&record)?);
    args.options
        .save("search_learning_curve", &curve_figure(&record.curve));
    Ok(())
}

/// Random settings, the best accuracy wins.
fn search(trials: usize) -> Search {
    Search::random(space(), trials, Direction::Maximize).seed(1)
}

/// A trial's score: the accuracy of its network in each fold.
fn score(table: &Table, folds: &[Split], trial: &Trial) -> Result<Outcome, Failure> {
    let epochs = trial.budget.map_or(EPOCHS, |budget| budget as usize);
    let scores = cross_validate(folds, trial.seed, |fold| {
        let accuracy = table.accuracy(&trial.params, epochs, fold)?;
        Ok::<_, Failure>(Scores::new().with("accuracy", accuracy))
    })?;
    Ok(scores.outcome("accuracy")?)
}

fn found(
    table: &Table,
    trials: usize,
    repeats: u64,
    file: Option<&PathBuf>,
) -> Result<Found, Failure> {
    let (search, folds) = (search(trials), table.folds(OUTER, 0)?);
    let score = |trial: &Trial| score(table, &folds, trial);
    let result = match file {
        Some(path) => search.run(path, score)?,
        None => search.run_in_memory(score)?,
    };
    let honest = nested(
        &repeated_folds(table, repeats)?,
        |rows| table.inner_folds(rows, INNER),
        &search,
        |trial, fold| table.accuracy(&trial.params, EPOCHS, fold),
    )?;
    let winner = result.best()?;
    let by_worth = |a: &&NestedFold, b: &&NestedFold| a.outer.total_cmp(&b.outer);
    let worst = &honest
        .folds
        .iter()
        .min_by(by_worth)
        .expect("5 folds or more")
        .winner;
    Ok(Found {
        trials: scored(&result),
        winner: winner.trial.params.clone(),
        winner_folds: winner.folds().to_vec().into(),
        inner: honest.folds.iter().map(|fold| fold.inner).collect(),
        outer: honest.folds.iter().map(|fold| fold.outer).collect(),
        worst: worst.trial.params.clone(),
    })
}

/// Folds of several seeds, since a few test rows are a matter of luck.
fn repeated_folds(table: &Table, repeats: u64) -> Result<Vec<Split>, Failure> {
    let mut folds = Vec::new();
    for seed in 0..repeats {
        folds.extend(table.folds(OUTER, seed)?);
    }
    Ok(folds)
}

fn scored(result: &SearchResult) -> Vec<(Params, f64)> {
    let scored =
        |record: &dl_select::TrialRecord| Some((record.trial.params.clone(), record.score()?));
    result.trials.iter().filter_map(scored).collect()
}

fn measured(trials: usize, quick: bool, file: Option<&PathBuf>) -> Result<Record, Failure> {
    let table = Table::flowers();
    let repeats = if quick { 1 } else { REPEATS };
    let flowers = found(&table, trials, repeats, file)?;
    let shuffled = found(&Table::shuffled(2)?, trials, repeats, None)?;
    let budget = if quick { 9 } else { 27 };
    let halving = SuccessiveHalving::new(1, budget);
    let search = Search::halving(space(), halving, Direction::Maximize).seed(1);
    let folds = table.folds(OUTER, 0)?;
    let result = search.run_in_memory(|trial| score(&table, &folds, trial))?;
    let mut rungs = Vec::new();
    for (rung, (candidates, epochs)) in halving.rungs()?.into_iter().enumerate() {
        let of_rung = result
            .trials
            .iter()
            .filter(|record| record.trial.rung == rung);
        let best = of_rung
            .filter_map(|record| record.score())
            .fold(0.0, f64::max);
        rungs.push((candidates, epochs, best));
    }
    Ok(Record {
        curve: curve(&table, repeats)?,
        flowers,
        shuffled,
        rungs,
        halving_winner: result.best()?.trial.params.clone(),
    })
}

fn curve(table: &Table, repeats: u64) -> Result<Curve, Failure> {
    let params: Params = serde_json::from_str(r#"{"rate": 0.02, "width": 16}"#)?;
    let folds = repeated_folds(table, repeats)?;
    let sizes = train_sizes::<Failure>(&[0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0], 120)?;
    let curve = learning_curve(&sizes, &folds, 0, |fold| {
        // as many steps for each size
        let epochs = EPOCHS * 120 / fold.train.len();
        table.accuracies(&params, epochs, fold)
    })?;
    let ends = |estimate: Estimate| -> Result<[f64; 3], Failure> {
        let interval = estimate.interval(0.95)?;
        Ok([estimate.value, interval.lower, interval.upper])
    };
    let train: Result<_, Failure> = (0..sizes.len())
        .map(|i| ends(curve.train_mean(i)))
        .collect();
    let test: Result<_, Failure> = (0..sizes.len()).map(|i| ends(curve.test_mean(i))).collect();
    Ok(Curve {
        sizes,
        train: train?,
        test: test?,
    })
}

fn print(record: &Record) -> Result<(), Box<dyn Error>> {
    for (name, found) in [
        ("Iris", &record.flowers),
        ("shuffled labels", &record.shuffled),
    ] {
        println!("{name}: accuracy, 95 % interval");
        println!(
            "{name}, best of {} trials: {}",
            found.trials.len(),
            found.winner
        );
        for (label, estimate) in found.estimates() {
            let Interval { lower, upper, .. } = estimate.interval(0.95)?;
            let value = estimate.value;
            println!("{name}, {label:<26} {value:>8.4} {lower:>8.4} {upper:>8.4}");
        }
        let worst = found.outer.iter().copied().fold(1.0, f64::min);
        println!("{name}, nested: worst of winners   {worst:>8.4}");
        println!("{name}, nested: its settings: {}", found.worst);
        println!();
    }
    println!("successive halving on Iris: candidates, epochs of each, best accuracy");
    for (rung, (candidates, epochs, best)) in record.rungs.iter().enumerate() {
        println!("rung {rung} {candidates:>10} {epochs:>10} {best:>10.4}");
    }
    let spent: u64 = record
        .rungs
        .iter()
        .map(|&(n, epochs, _)| n as u64 * epochs)
        .sum();
    let last = record.rungs.last().map_or(0, |rung| rung.1);
    let all = record.rungs.first().map_or(0, |rung| rung.0 as u64) * last;
    println!("epochs: {spent}; for all candidates: {all}");
    println!("winner: {}\n", record.halving_winner);
    println!("training rows, accuracy on them and on test rows");
    let curve = &record.curve;
    for ((size, train), test) in curve.sizes.iter().zip(&curve.train).zip(&curve.test) {
        println!("{size:>4} rows {:>8.4} {:>8.4}", train[0], test[0]);
    }
    println!();
    Ok(())
}

impl Found {
    fn estimates(&self) -> [(&'static str, Estimate); 4] {
        let estimate = |values: &Array1<f64>| Estimate::cross_validated(values, RATIO);
        [
            ("the winner's score", estimate(&self.winner_folds)),
            ("nested: winning scores", estimate(&self.inner)),
            ("nested: worth of winners", estimate(&self.outer)),
            ("optimism", estimate(&(&self.inner - &self.outer))),
        ]
    }
}

/// The trials of both searches, and what their winners are worth.
fn figure(record: &Record) -> Result<Figure, Box<dyn Error>> {
    let trials = |title: &str, found: &Found, color| {
        let rate = |params: &Params| params.number("rate").unwrap_or(1.0);
        let x = found.trials.iter().map(|(params, _)| rate(params));
        let y = found.trials.iter().map(|(_, score)| *score);
        let worth = found.outer.mean().unwrap_or(0.0);
        Panel::new(title)
            .x_label("Learning rate")
            .log_x()
            .y_label("Accuracy, mean of 5 folds")
            .scatter(Scatter::new(x, y).color(color))
            .line(
                Line::new([1e-4, 1.0], [worth; 2])
                    .dashed()
                    .color(GRAY)
                    .label("worth of the winners"),
            )
            .legend(Legend::BottomRight)
    };
    let both = [&record.flowers, &record.shuffled];
    let bars = |label: &str, index: usize, color| {
        let mut ends = (Vec::new(), Vec::new(), Vec::new());
        for found in both {
            let estimate = found.estimates()[index].1;
            let interval = estimate.interval(0.95)?;
            ends.0.push(estimate.value);
            ends.1.push(interval.lower);
            ends.2.push(interval.upper);
        }
        let series = Series::new(ends.0).intervals(ends.1, ends.2);
        Ok::<_, Box<dyn Error>>(series.label(label).color(color))
    };
    let worth = Bars::new(["Iris", "shuffled labels"])
        .series(bars("winning scores", 1, RED)?)
        .series(bars("worth of the winners", 2, BLUE)?);
    let worth = Panel::new("Nested folds, 95 % intervals")
        .y_label("Accuracy")
        .y_range(0.0, 1.3)
        .bars(worth);
    Ok(Figure::new()
        .size(15.0, 4.8)
        .grid(1, 3)
        .panel(trials("Iris", &record.flowers, BLUE).y_range(0.0, 1.1))
        .panel(trials("Shuffled labels", &record.shuffled, RED).y_range(0.2, 0.5))
        .panel(worth))
}

fn curve_figure(curve: &Curve) -> Figure {
    // an accuracy is at most 1
    let column = |ends: &[[f64; 3]], i: usize| -> Vec<f64> {
        ends.iter().map(|ends| ends[i].min(1.0)).collect()
    };
    let mut panel = Panel::new("Iris: would more flowers help?")
        .x_label("Training rows")
        .y_label("Accuracy, mean and 95 % interval");
    for (label, ends, color) in [
        ("test rows", &curve.test, RED),
        ("training rows", &curve.train, BLUE),
    ] {
        let sizes = || curve.sizes.iter().copied();
        panel = panel
            .band(Band::new(sizes(), column(ends, 1), column(ends, 2)).color(color))
            .line(
                Line::new(sizes(), column(ends, 0))
                    .label(label)
                    .color(color)
                    .dots(),
            );
    }
    Figure::from(panel).size(7.5, 4.8)
}
