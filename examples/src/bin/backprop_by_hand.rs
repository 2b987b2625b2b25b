//! Backpropagation with numbers: a network of 2, 2 and 1 neurons, drawn with every value and derivative.

use std::{error::Error, process::ExitCode};

use clap::Parser;
use dl_viz::{
    Figure, Network, Panel,
    style::{BLUE, RED},
};
use examples::{
    Options,
    by_hand::{
        Derivatives, EXAMPLE, Example, NAMES, Values, backward, by_differences, by_dl_nn, forward,
    },
    println,
};

/// Carry one sample forward and back through a small network by hand, and compare with dl-nn and with
/// differences of the loss.
#[derive(Debug, Parser)]
struct Arguments {
    /// Learning rate of the one step at the end
    #[arg(long, default_value_t = 0.1)]
    learning_rate: f64,
    #[command(flatten)]
    options: Options,
}

fn main() -> ExitCode {
    examples::finish(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let rate = arguments.learning_rate;
    if !(rate > 0.0 && rate.is_finite()) {
        return Err(format!("--learning-rate is {rate}, but must be positive and finite").into());
    }
    let values = forward(&EXAMPLE);
    let slopes = backward(&EXAMPLE, &values);
    let pairs =
        |name: &str, [first, second]: [f64; 2]| println!("{name:<8} {first:>9.6} {second:>9.6}");
    println!("forward");
    pairs("z₁, z₂", values.z);
    pairs("h₁, h₂", values.h);
    println!("{:<8} {:>9.6}", "y", values.y);
    println!("{:<8} {:>9.6}", "L", values.loss);
    println!("backward");
    println!("{:<8} {:>9.6}", "∂L/∂y", slopes.y);
    pairs("∂L/∂h", slopes.h);
    pairs("∂L/∂z", slopes.z);
    pairs("∂L/∂x", slopes.x);

    let (by_hand, library) = (slopes.parameters(), by_dl_nn(&EXAMPLE)?);
    let differences = by_differences(&EXAMPLE);
    println!(
        "{:<8} {:>9} {:>12} {:>12} {:>12}",
        "weight", "value", "by hand", "dl-nn", "differences"
    );
    let here = EXAMPLE.parameters();
    for (i, name) in NAMES.iter().enumerate() {
        println!(
            "{name:<8} {:>9.2} {:>12.8} {:>12.8} {:>12.8}",
            here[i], by_hand[i], library[i], differences[i]
        );
    }
    let next = &here - &(rate * &by_hand);
    let next = forward(&EXAMPLE.with_parameters(&next)).loss;
    println!("loss after a step with η = {rate}: {next:.6}");

    arguments
        .options
        .save("backprop_by_hand", &drawing(&EXAMPLE, &values, &slopes));
    Ok(())
}

/// The network with forward values and weights in blue, derivatives in red.
fn drawing(example: &Example, values: &Values, slopes: &Derivatives) -> Figure {
    let number = |value: f64| format!("{value:.4}").replace('-', "−");
    let weight = |value: &f64| format!("{value}").replace('-', "−");
    let each = |name: &str, values: [f64; 2]| {
        [("₁", values[0]), ("₂", values[1])]
            .map(|(index, value)| format!("{} = {}", name.replace('·', index), number(value)))
    };
    let network = Network::new([2, 2, 1, 1])
        .layer_names([
            "inputs",
            "hidden, sigmoid",
            "output, linear",
            "loss (y − t)²",
        ])
        .names(0, ["x₁", "x₂"])
        .names(1, ["h₁", "h₂"])
        .names(2, ["y"])
        .names(3, ["L"])
        .above(0, example.x.map(|x| weight(&x)), BLUE)
        .below(0, each("∂L/∂x·", slopes.x), RED)
        .above(
            1,
            [0, 1].map(|j| format!("b{} = {}", ["₁", "₂"][j], weight(&example.b[j]))),
            BLUE,
        )
        .above(1, each("z·", values.z), BLUE)
        .above(1, each("h·", values.h), BLUE)
        .below(1, each("∂L/∂h·", slopes.h), RED)
        .below(1, each("∂L/∂z· = ∂L/∂b·", slopes.z), RED)
        .above(2, [format!("c = {}", weight(&example.c))], BLUE)
        .above(2, [format!("y = {}", number(values.y))], BLUE)
        .below(2, [format!("∂L/∂y = ∂L/∂c = {}", number(slopes.y))], RED)
        .above(3, [format!("t = {}", weight(&example.t))], BLUE)
        .above(3, [format!("L = {}", number(values.loss))], BLUE)
        .edge_labels(0, example.w.as_flattened().iter().map(weight), BLUE)
        .edge_labels(0, slopes.w.as_flattened().iter().map(|&w| number(w)), RED)
        .edge_labels(1, example.v.iter().map(weight), BLUE)
        .edge_labels(1, slopes.v.map(number), RED);
    Figure::from(
        Panel::new("Forward values and weights in blue, derivatives of the loss in red")
            .network(network),
    )
    .size(12.0, 6.0)
}
