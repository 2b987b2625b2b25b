//! Backpropagation demonstrated: one input, one hidden neuron and one output learn y = 2x + 1.

use std::{error::Error, process::ExitCode};

use clap::Parser;
use dl_math::{linear_gaussian::least_squares, random::generator};
use dl_nn::metrics::mean_squared_error;
use dl_viz::{
    Color, Figure, Line, Panel, Scatter,
    style::{BLACK, BLUE, GREEN, PURPLE, RED},
};
use examples::{
    Options,
    backpropagation::{History, INTERCEPT, Network, SLOPE, by_hand, noisy_line},
    println,
};
use indicatif::ProgressIterator;
use ndarray::{Array1, ArrayView1, Axis};

/// Train a network of one hidden neuron on y = 2x + 1 by backpropagation, point by point, and
/// show how its loss and its parameters move.
#[derive(Debug, Parser)]
struct Arguments {
    /// Passes over the 100 points; 20 with --quick.
    #[arg(long, default_value_t = 100, default_value_if("quick", "true", "20"),
          value_parser = clap::value_parser!(u32).range(1..=10_000))]
    epochs: u32,
    /// Learning rate, above 0.
    #[arg(long, default_value_t = 0.01, value_parser = positive, allow_negative_numbers = true)]
    learning_rate: f64,
    /// Seed of the noise and of the first weights.
    #[arg(long, default_value_t = 42)]
    seed: u64,
    #[command(flatten)]
    options: Options,
}

fn positive(text: &str) -> Result<f64, String> {
    let number = text.parse().map_err(|_| "not a number".to_owned())?;
    if number > 0.0 && f64::is_finite(number) {
        Ok(number)
    } else {
        Err("not positive and finite".to_owned())
    }
}

fn main() -> ExitCode {
    examples::finish(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    arguments.options.check()?;
    let mut rng = generator(arguments.seed);
    let (x, y) = noisy_line(100, &mut rng);
    let start = Network::random(&mut rng);

    let epochs = (0..arguments.epochs).progress();
    let history = by_hand(&x, &y, start, arguments.learning_rate, epochs);
    if let Some(update) = history.loss.iter().position(|loss| !loss.is_finite()) {
        return Err(format!(
            "the training diverged: the loss of update {} is {}; choose a learning rate below {}",
            update + 1,
            history.loss[update],
            arguments.learning_rate
        )
        .into());
    }
    let network = history.network().ok_or("no update was made")?;

    let options = &arguments.options;
    let fit = fit(&x, &y, network);
    options.save(
        "linear_regression_fit",
        &Figure::from(fit.clone()).size(8.0, 6.0),
    );
    options.save("linear_regression", &dynamics(&history, x.len(), fit));

    print_first_update(x[0], y[0], start, &history, arguments.learning_rate);
    println!();
    for epoch in [1, 2, 3, 5, 10, 20, 50, 100] {
        let updates = history.loss.chunks(x.len()).nth(epoch - 1);
        if let Some(mean) = updates.and_then(|losses| ArrayView1::from(losses).mean()) {
            println!("epoch {epoch:<3} mean loss {mean:.4}");
        }
    }
    println!(
        "loss of the last update {:.4}",
        history.loss[history.loss.len() - 1]
    );
    let (first, last) = (start, network);
    println!(
        "start w1 {:.4} b1 {:.4} w2 {:.4} b2 {:.4}",
        first.w1, first.b1, first.w2, first.b2
    );
    println!(
        "end   w1 {:.4} b1 {:.4} w2 {:.4} b2 {:.4}",
        last.w1, last.b1, last.w2, last.b2
    );
    println!(
        "balance at the start {:.4} at the end {:.4}",
        balance(first),
        balance(last)
    );
    println!();
    let (weights, bias) = least_squares(&x.clone().insert_axis(Axis(1)), &y)?;
    println!(
        "{:<14} {:>7} {:>10} {:>19}",
        "line", "slope", "intercept", "mean squared error"
    );
    for (name, slope, intercept) in [
        ("true", SLOPE, INTERCEPT),
        ("least squares", weights[0], bias),
        ("network", network.slope(), network.intercept()),
    ] {
        let mse = mean_squared_error(&y, &x.mapv(|x| slope * x + intercept))?;
        println!("{name:<14} {slope:>7.4} {intercept:>10.4} {mse:>19.4}");
    }
    Ok(())
}

/// What the chapter works out by hand: forward, backward and update for the first point.
fn print_first_update(x: f64, y: f64, start: Network, history: &History, learning_rate: f64) {
    let hidden = start.w1 * x + start.b1;
    let output = start.w2 * hidden + start.b2;
    println!("first point x {x:.4} y {y:.4}");
    println!(
        "first hidden {hidden:.4} output {output:.4} loss {:.4}",
        history.loss[0]
    );
    for (name, before, after) in [
        ("w1", start.w1, history.w1[0]),
        ("b1", start.b1, history.b1[0]),
        ("w2", start.w2, history.w2[0]),
        ("b2", start.b2, history.b2[0]),
    ] {
        let gradient = (before - after) / learning_rate;
        println!("first {name} {before:.4} gradient {gradient:.4} then {after:.4}");
    }
}

/// w1² + b1² − w2², which an update leaves as it is but for the square of the learning rate.
fn balance(network: Network) -> f64 {
    network.w1.powi(2) + network.b1.powi(2) - network.w2.powi(2)
}

/// The data, what the network learnt and what it should have learnt.
fn fit(x: &Array1<f64>, y: &Array1<f64>, network: Network) -> Panel {
    let line = |slope: f64, intercept: f64| Line::new(x, &x.mapv(|x| slope * x + intercept));
    let learnt = line(network.slope(), network.intercept());
    let truth = line(SLOPE, INTERCEPT).dashed().width(1.5);
    Panel::new("Model fit")
        .x_label("x")
        .y_label("y")
        .scatter(Scatter::new(x, y).label("data").color(RED).radius(3.0))
        .line(learnt.label("network").color(BLUE).width(3.0))
        .line(truth.label("y = 2x + 1").color(BLACK))
}

/// The loss and the four parameters, update by update, and the fit.
fn dynamics(history: &History, points: usize, fit: Panel) -> Figure {
    // The points of an epoch differ in their noise; only the mean over all of them shows progress.
    let panel = |title: &str, y_label: &str, values: &[f64], color: Color| {
        let means = values
            .chunks(points)
            .map(|epoch| epoch.iter().sum::<f64>() / epoch.len() as f64);
        let middles = (0..values.len() / points).map(|epoch| (epoch as f64 + 0.5) * points as f64);
        let each = Line::steps(values).color(color.tint(0.35)).width(0.8);
        Panel::new(title)
            .x_label("Update")
            .y_label(y_label)
            .line(each.label("each update"))
            .line(
                Line::new(middles, means)
                    .color(color)
                    .label("mean of an epoch"),
            )
    };
    Figure::new()
        .title("The dynamics of training")
        .size(14.0, 7.0)
        .grid(2, 3)
        .panel(panel(
            "Loss",
            "Squared error of a point",
            &history.loss,
            BLUE,
        ))
        .panel(panel("Weight w₁", "w₁", &history.w1, GREEN))
        .panel(panel("Bias b₁", "b₁", &history.b1, GREEN))
        .panel(panel("Weight w₂", "w₂", &history.w2, PURPLE))
        .panel(panel("Bias b₂", "b₂", &history.b2, PURPLE))
        .panel(fit)
}
