//! Activation functions, and their derivatives.

use std::{error::Error, process::ExitCode};

use clap::Parser;
use dl_math::{activation::*, softmax::softmax};
use dl_viz::{
    Color, Figure, Legend, Line, Panel,
    style::{BLUE, GREEN, PURPLE, RED},
};
use examples::Options;
use ndarray::{Array1, Axis};

/// Draw sigmoid, tanh, ReLU and softmax, and every activation of dl-nn with its derivative.
#[derive(Debug, Parser)]
struct Arguments {
    /// Points of [-10, 10] at which the first figure's functions are evaluated, at least 2; 25
    /// with --quick.
    #[arg(long, default_value_t = 100, default_value_if("quick", "true", "25"),
          value_parser = clap::value_parser!(u32).range(2..=100_000))]
    points: u32,
    #[command(flatten)]
    options: Options,
}

/// Slope of the leaky ReLU: ten times the usual 0.01, so that it is seen.
const SLOPE: f64 = 0.1;
/// α of the ELU.
const ALPHA: f64 = 1.0;

type Function = fn(f64) -> f64;

/// Every element-wise activation with its derivative.
const ACTIVATIONS: [(&str, Function, Function); 9] = [
    ("Identity", |x| x, |_| 1.0),
    ("ReLU", relu, relu_derivative),
    (
        "Leaky ReLU, slope 0.1",
        |x| leaky_relu(x, SLOPE),
        |x| leaky_relu_derivative(x, SLOPE),
    ),
    (
        "ELU, α = 1",
        |x| elu(x, ALPHA),
        |x| elu_derivative(x, ALPHA),
    ),
    ("GELU", gelu, gelu_derivative),
    ("SiLU", silu, silu_derivative),
    ("Sigmoid", sigmoid, sigmoid_derivative),
    ("Tanh", tanh, tanh_derivative),
    ("Softplus", softplus, softplus_derivative),
];

fn main() -> ExitCode {
    examples::finish(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let options = &arguments.options;
    options.save("activations", &functions(arguments.points as usize))?;
    options.save("activations_derivatives", &derivatives())?;
    Ok(())
}

/// The course's four, over [−10, 10].
fn functions(points: usize) -> Figure {
    let x = Array1::linspace(-10.0, 10.0, points);
    let panel = |title: &str, y_label: &str, y: Array1<f64>, color: Color| {
        let line = Line::new(&x, &y).label(title).color(color);
        Panel::new(title).x_label("x").y_label(y_label).line(line)
    };
    // Softmax turns the scores of many classes into probabilities. Here each point of x is the
    // score of a class of its own, only to have one variable to draw it over.
    let probabilities = softmax(&x, Axis(0));
    Figure::new()
        .size(12.0, 10.0)
        .grid(2, 2)
        .panel(panel("Sigmoid", "σ(x)", x.mapv(sigmoid), BLUE))
        .panel(panel("Tanh", "tanh(x)", x.mapv(tanh), RED))
        .panel(panel("ReLU", "max(0, x)", x.mapv(relu), GREEN))
        .panel(panel("Softmax", "softmax(x)ᵢ", probabilities, PURPLE).note(
            -9.0,
            0.12,
            "a multi-class function: here each point is a class",
        ))
}

/// Each activation and its derivative, over [−4, 4].
fn derivatives() -> Figure {
    let x = Array1::linspace(-4.0, 4.0, 401);
    let panel = |&(title, f, derivative): &(&str, Function, Function)| {
        // A jump of the derivative at 0 is a gap, not a steep line.
        let jumps = (derivative(1e-9) - derivative(-1e-9)).abs() > 0.5;
        let derivative = x.mapv(|x: f64| match jumps && x.abs() < 1e-9 {
            true => f64::NAN,
            false => derivative(x),
        });
        let (f, derivative) = (Line::new(&x, &x.mapv(f)), Line::new(&x, &derivative));
        Panel::new(title)
            .x_label("x")
            .y_label("y")
            .y_range(-1.25, 3.25)
            .legend(Legend::TopLeft)
            .line(f.label("f(x)").color(BLUE))
            .line(derivative.label("f′(x)").color(RED).dashed())
    };
    Figure::new()
        .title("Activations and their derivatives")
        .size(12.0, 10.0)
        .grid(3, 3)
        .panels(ACTIVATIONS.iter().map(panel))
}
