//! What measures measure: the same predictions seen through a dozen of them.
//!
//! Logistic regression on two tasks: versicolor against the rest of Iris, which one straight border
//! cannot solve, and "is this digit a 5?", which it does well, but where nine in ten answers are no,
//! so that a model that says no to everything looks good, too.

use std::{error::Error, path::PathBuf, process::ExitCode};

use clap::Parser;
use dl_data::Mnist;
use dl_math::{linear_gaussian::least_squares, rand::Rng, random::generator};
use dl_nn::metrics::{
    CalibrationCurve, Estimate, accuracy, average_precision, binary_probabilities, brier_score,
    log_loss, mean_absolute_error, mean_squared_error, r2_score, roc_auc, root_mean_squared_error,
};
use dl_viz::style::{BLUE, GREEN, ORANGE, RED};
use dl_viz::{Figure, HeatMap, Legend, Line, Panel, Scatter};
use examples::backpropagation::noisy_line;
use examples::digits::mnist_folder;
use examples::record::RecordOptions;
use examples::score_plots::{calibration, logits, precision_recall, roc};
use examples::scores::{Scores, at_balance, fives, versicolor};
use examples::{Options, finish, println};
use ndarray::{Array1, Axis};
use serde::{Deserialize, Serialize};

/// The confidence of every interval.
const LEVEL: f64 = 0.95;

/// Measures two logistic regressions and a line in every way the course knows
#[derive(Debug, Parser)]
struct Args {
    /// Seed of folds, initial weights and noise
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

/// What the numbers and figures come from.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    flowers: Scores,
    digits: Scores,
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let options = &args.options;
    let Record { flowers, digits } = args.record.record(|| {
        let mut mnist = Mnist::<f32>::load(mnist_folder(args.data.as_deref()))?;
        if options.quick {
            mnist.train = mnist.train.first(6000)?;
            mnist.test = mnist.test.first(2000)?;
        }
        Ok(Record {
            flowers: versicolor(args.seed)?,
            digits: fives(&mnist.train, &mnist.test, args.seed)?,
        })
    })?;

    print_measures("versicolor", &flowers)?;
    print_measures("fives", &digits)?;
    print_measures("tripled", &digits.sharpened(3.0))?;
    print_pairs(&digits, args.seed)?;
    print_thresholds(&digits)?;
    print_regression(args.seed)?;

    options.save("measures_confusion", &confusions(&flowers, &digits)?);
    let scores = logits("fives", "other digits", &digits);
    options.save("measures_scores", &Figure::from(scores).size(9.0, 4.8));
    let tasks = [("versicolor", BLUE, &flowers), ("fives", RED, &digits)];
    let curves = Figure::new()
        .size(12.5, 6.0)
        .grid(1, 2)
        .panel(roc(&tasks)?)
        .panel(precision_recall(&tasks)?);
    options.save("measures_curves", &curves);
    let tripled = digits.sharpened(3.0);
    let calibrations = Figure::new()
        .size(14.0, 5.2)
        .grid(1, 3)
        .panel(calibration("Versicolor, 150 flowers", &flowers, 5, BLUE)?)
        .panel(calibration(
            &format!("Fives, {} digits", digits.len()),
            &digits,
            10,
            RED,
        )?)
        .panel(calibration("Fives, logits tripled", &tripled, 10, GREEN)?);
    options.save("measures_calibration", &calibrations);
    options.save("measures_balance", &balance(&digits)?);
    Ok(())
}

/// Every measure of a task at the threshold ½, with its interval where there is one.
fn print_measures(task: &str, scores: &Scores) -> Result<(), Box<dyn Error>> {
    let confusion = scores.confusion(0.5)?;
    let counts = confusion.counts();
    println!(
        "\n{task} samples {} positive {}",
        scores.len(),
        scores.positives()
    );
    println!(
        "{task} true positives {} false positives {} false negatives {} true negatives {}",
        counts[[1, 1]],
        counts[[0, 1]],
        counts[[1, 0]],
        counts[[0, 0]]
    );
    let (truth, p) = (&scores.truth, &scores.probability);
    let both = binary_probabilities(p)?;
    let labels = scores.labels();
    let never = Array1::zeros(labels.len());
    let recall = confusion.recall();
    let with_interval = [
        ("accuracy", confusion.accuracy()),
        ("always no", accuracy(&labels, &never)?),
        ("precision", confusion.precision()[1]),
        ("recall", recall[1]),
        ("specificity", recall[0]),
        ("ROC AUC", roc_auc(truth, p)?),
        ("log loss", log_loss(&labels, &both)?),
        ("Brier score", brier_score(&labels, &both)?),
    ];
    println!(
        "{:<30} {:>8} {:>8} {:>8}",
        format!("{task} measure"),
        "value",
        "lower",
        "upper"
    );
    for (name, estimate) in with_interval {
        print_estimate(&format!("{task} {name}"), estimate)?;
    }
    let calibration = CalibrationCurve::new(truth, p, 10)?;
    for (name, value) in [
        ("F1", confusion.f1()[1]),
        ("average precision", average_precision(truth, p)?),
        ("calibration error", calibration.expected_error()),
    ] {
        println!("{:<30} {value:>8.4}", format!("{task} {name}"));
    }
    Ok(())
}

fn print_estimate(name: &str, estimate: Estimate) -> Result<(), Box<dyn Error>> {
    let interval = estimate.interval(LEVEL)?;
    let (lower, upper) = (interval.lower, interval.upper);
    println!("{name:<30} {estimate:>8.4} {lower:>8.4} {upper:>8.4}");
    Ok(())
}

/// The area under the ROC curve by its meaning: how often a random positive scores above a random
/// negative.
fn print_pairs(scores: &Scores, seed: u64) -> Result<(), Box<dyn Error>> {
    const PAIRS: usize = 100_000;
    let rng = &mut generator(seed);
    let (yes, no): (Vec<usize>, Vec<usize>) = (0..scores.len()).partition(|&i| scores.truth[i]);
    let mut in_order = 0;
    for _ in 0..PAIRS {
        let (a, b) = (
            yes[rng.random_range(0..yes.len())],
            no[rng.random_range(0..no.len())],
        );
        in_order += usize::from(scores.probability[a] > scores.probability[b]);
    }
    println!("\npairs drawn {PAIRS}");
    print_estimate("pairs in order", Estimate::proportion(in_order, PAIRS))
}

fn print_thresholds(scores: &Scores) -> Result<(), Box<dyn Error>> {
    println!("\nfives by threshold  precision   recall       F1  accuracy");
    for threshold in [0.1, 0.2, 0.3, 0.5, 0.7, 0.9] {
        let confusion = scores.confusion(threshold)?;
        println!(
            "threshold {threshold:<9} {:>9.4} {:>8.4} {:>8.4} {:>9.4}",
            confusion.precision()[1],
            confusion.recall()[1],
            confusion.f1()[1],
            confusion.accuracy()
        );
    }
    Ok(())
}

/// A line fitted to 100 noisy points, measured on 100 others; and on the same with one outlier.
fn print_regression(seed: u64) -> Result<(), Box<dyn Error>> {
    let rng = &mut generator(seed);
    let (x, y) = noisy_line(100, rng);
    let (weights, bias) = least_squares(&x.insert_axis(Axis(1)), &y)?;
    let (x, mut truth) = noisy_line(100, rng);
    let predicted = x.mapv(|x| weights[0] * x + bias);
    println!(
        "\n{:<30} {:>8} {:>8} {:>8}",
        "regression measure", "value", "lower", "upper"
    );
    for name in ["line", "outlier"] {
        print_estimate(
            &format!("{name} MAE"),
            mean_absolute_error(&truth, &predicted)?,
        )?;
        print_estimate(
            &format!("{name} MSE"),
            mean_squared_error(&truth, &predicted)?,
        )?;
        print_estimate(
            &format!("{name} RMSE"),
            root_mean_squared_error(&truth, &predicted)?,
        )?;
        println!(
            "{:<30} {:>8.4}",
            format!("{name} R2"),
            r2_score(&truth, &predicted)?
        );
        truth[50] += 10.0;
    }
    Ok(())
}

fn confusions(flowers: &Scores, digits: &Scores) -> Result<Figure, Box<dyn Error>> {
    let panel = |title: &str, names: [&str; 2], scores: &Scores| -> Result<Panel, Box<dyn Error>> {
        let map = HeatMap::new(&scores.confusion(0.5)?.counts().to_owned())
            .rows(names)
            .columns(names.map(|name| format!("\u{201c}{name}\u{201d}")))
            .value_labels(0)
            .log_colors();
        let panel = Panel::new(title).x_label("The model says").y_label("It is");
        Ok(panel.heat_map(map))
    };
    Ok(Figure::new()
        .size(9.5, 4.6)
        .grid(1, 2)
        .panel(panel(
            "Versicolor against the rest",
            ["other", "versicolor"],
            flowers,
        )?)
        .panel(panel("Is it a 5?", ["other", "5"], digits)?))
}

/// Accuracy and precision on test sets of another balance: by formula, and measured.
fn balance(digits: &Scores) -> Result<Figure, Box<dyn Error>> {
    let recalls = digits.confusion(0.5)?.recall();
    let (recall, false_alarms) = (recalls[1].value, 1.0 - recalls[0].value);
    println!("\nfives share of positives  accuracy  never says yes  precision   recall  ROC AUC");
    let shares = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9];
    let (mut accuracies, mut precisions) = (Vec::new(), Vec::new());
    for share in shares {
        let some = digits.rebalanced(share, 1);
        let confusion = some.confusion(0.5)?;
        let (accuracy, precision) = (confusion.accuracy().value, confusion.precision()[1].value);
        println!(
            "share {share:<19} {accuracy:>8.4} {:>15.4} {precision:>10.4} {:>8.4} {:>8.4}",
            1.0 - share,
            confusion.recall()[1],
            roc_auc(&some.truth, &some.probability)?
        );
        accuracies.push(accuracy);
        precisions.push(precision);
    }
    let x = Array1::linspace(0.004, 0.98, 400);
    let of = |which: fn((f64, f64)) -> f64| {
        x.mapv(|share| which(at_balance(share, recall, false_alarms)))
    };
    let accuracy = Line::new(&x, of(|both| both.0))
        .color(BLUE)
        .label("accuracy");
    let precision = Line::new(&x, of(|both| both.1))
        .color(RED)
        .label("precision");
    let never = Line::new(&x, x.mapv(|share| 1.0 - share))
        .color(ORANGE)
        .dashed();
    let recalled = Line::new(&x, x.mapv(|_| recall))
        .color(GREEN)
        .label("recall");
    let panel = Panel::new("One classifier, test sets of different balance")
        .x_label("Share of fives in the test set")
        .y_label("Measure")
        .y_range(0.0, 1.04)
        .legend(Legend::BottomLeft)
        .line(accuracy)
        .line(precision)
        .line(recalled)
        .line(never.label("accuracy of always saying no"))
        .scatter(
            Scatter::new(shares, accuracies)
                .color(BLUE)
                .label("resampled test sets"),
        )
        .scatter(Scatter::new(shares, precisions).color(RED));
    Ok(Figure::from(panel).size(9.5, 5.6))
}
