//! Gradient descent with four learning rates: too small, right, too large, divergent.

use std::{error::Error, process::ExitCode};

use clap::Parser;
use dl_nn::train::Trainer;
use dl_viz::{
    Color, Contours, Figure, Legend, Line, Panel, Scatter,
    style::{BLUE, GREEN, ORANGE, RED, WHITE},
};
use examples::{
    Options,
    descent::{
        Quadratic, coordinates, gradient_descent, largest_curvature, parameters, set_parameters,
    },
    println,
    softmax_iris::{Flowers, PENALTY, gradient, largest_second_moment, losses, trainer},
};

/// Go down a quadratic bowl and the loss of softmax regression on Iris by gradient descent, each
/// with four learning rates.
#[derive(Debug, Parser)]
struct Arguments {
    /// Steps on the loss of softmax regression, at least 10; 20 with --quick
    #[arg(long, default_value_t = 60, default_value_if("quick", "true", "20"),
          value_parser = clap::value_parser!(u32).range(10..=100_000))]
    steps: u32,
    #[command(flatten)]
    options: Options,
}

/// Curvature 1 along w₁, 10 along w₂.
const BOWL: Quadratic = Quadratic {
    curvatures: [1.0, 10.0],
};
const START: [f64; 2] = [-4.5, 1.0];
const STEPS: usize = 20;

/// What becomes of a learning rate, and its colour.
const KINDS: [(&str, Color); 4] = [
    ("too small", ORANGE),
    ("right", GREEN),
    ("too large", BLUE),
    ("divergent", RED),
];
const BOWL_RATES: [f64; 4] = [0.02, 0.15, 0.19, 0.21];
const SOFTMAX_RATES: [f64; 4] = [0.02, 1.0, 3.0, 21.0];

fn main() -> ExitCode {
    examples::finish(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    arguments.options.check()?;
    let options = &arguments.options;
    options.save("gradient_descent_quadratic", &quadratic()?);
    options.save(
        "gradient_descent_softmax",
        &softmax(arguments.steps as usize)?,
    );
    Ok(())
}

/// The paths on the contours of the bowl.
fn quadratic() -> Result<Figure, Box<dyn Error>> {
    println!("quadratic, loss at the start {:.3}", BOWL.loss(START));
    let mut figure = Figure::new().size(12.0, 7.4).grid(2, 2);
    for (rate, (kind, color)) in BOWL_RATES.into_iter().zip(KINDS) {
        let path = gradient_descent(rate, START, STEPS, |w| BOWL.gradient(w))?;
        let last = path[STEPS];
        println!(
            "quadratic, η = {rate} ({kind}), after {STEPS} steps: w {:.3} {:.3}, loss {:.3}",
            last[0],
            last[1],
            BOWL.loss(last)
        );
        let (w1, w2) = ((-5.0, 5.0), (-2.5, 2.5));
        // a path that has left the picture is not followed further
        let outside = path.iter().position(|w| w[1].abs() > w2.1);
        let seen = &path[..=outside.unwrap_or(STEPS)];
        let (x, y) = coordinates(seen);
        let mut panel = Panel::new(format!("η = {rate}: {kind}"))
            .x_label("w₁")
            .y_label("w₂")
            .equal_aspect()
            .contours(Contours::from_fn(w1, w2, |a, b| BOWL.loss([a, b])))
            .line(Line::new(&x, &y).dots().color(color))
            .scatter(Scatter::new([0.0], [0.0]).color(WHITE).radius(3.5))
            .scatter(Scatter::new([x[0]], [y[0]]).color(WHITE).radius(6.0))
            .note(x[0], y[0], "start");
        if outside.is_none() {
            let end = Scatter::new([last[0]], [last[1]]).color(color).radius(6.0);
            panel = panel.scatter(end);
        }
        figure = figure.panel(panel);
    }
    Ok(figure)
}

/// The loss of softmax regression step by step, and what its curvature says about the rates.
fn softmax(steps: usize) -> Result<Figure, Box<dyn Error>> {
    let flowers = Flowers::new()?;
    let panel = |title: &str| {
        let panel = Panel::new(title).x_label("Step").y_label("Loss (nats)");
        panel.legend(Legend::TopRight)
    };
    let mut near = panel("Three that stay").y_range(0.45, 1.3);
    let mut all = panel("All four").log_y().legend(Legend::TopLeft);
    for (rate, (kind, color)) in SOFTMAX_RATES.into_iter().zip(KINDS) {
        let losses = losses(&mut trainer(rate)?, &flowers, steps)?;
        println!(
            "softmax, η = {rate} ({kind}), loss after 0, 1, 2, 5 and {steps} steps: \
             {:.3} {:.3} {:.3} {:.3} {:.3}",
            losses[0], losses[1], losses[2], losses[5], losses[steps]
        );
        let line = Line::steps(&losses)
            .label(format!("η = {rate}: {kind}"))
            .color(color);
        if kind != "divergent" {
            near = near.line(line.clone());
        }
        all = all.line(line);
    }

    let mut trainer = trainer(1.0)?;
    let curvature = |place: &str, trainer: &mut Trainer<f64>| -> Result<(), Box<dyn Error>> {
        let here = parameters(trainer.model());
        let curvature = largest_curvature(&here, |w| gradient(trainer, &flowers, w))?;
        set_parameters(trainer.model_mut(), &here);
        println!(
            "softmax, largest curvature {place} {curvature:.3}, so η < {:.3}",
            2.0 / curvature
        );
        Ok(())
    };
    curvature("at the start", &mut trainer)?;
    let minimum = losses(&mut trainer, &flowers, 1000)?[1000];
    println!("softmax, minimum of the loss {minimum:.3}");
    curvature("at the minimum", &mut trainer)?;
    let moment = largest_second_moment(&flowers)?;
    let bound = moment / 2.0 + PENALTY;
    println!("softmax, largest second moment of the features {moment:.3}");
    println!(
        "softmax, no curvature is above {bound:.3}, so η < {:.3} goes down everywhere",
        2.0 / bound
    );
    println!(
        "softmax, no curvature along a weight is below {PENALTY}, so nothing holds η > {}",
        2.0 / PENALTY
    );
    Ok(Figure::new()
        .title("Gradient descent on softmax regression, Iris")
        .size(12.0, 5.4)
        .panel(near.horizontal_line(minimum, "minimum"))
        .panel(all))
}
