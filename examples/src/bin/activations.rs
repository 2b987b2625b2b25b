//! Activation functions and their derivatives; output units and the losses that belong to them.

use std::{error::Error, process::ExitCode};

use clap::Parser;
use dl_math::{
    MathError,
    activation::*,
    likelihood::{bernoulli_nll, categorical_nll, gaussian_nll},
    softmax::softmax,
};
use dl_nn::{
    TargetRow,
    losses::{Loss, SoftmaxCrossEntropy},
};
use dl_viz::{
    Color, Figure, Legend, Line, Panel,
    style::{BLUE, GREEN, PURPLE, RED},
};
use examples::{Options, println};
use ndarray::{Array1, Axis, array};

/// Draw sigmoid, tanh, ReLU and softmax, every activation of dl-nn with its derivative, and the
/// output units with their losses.
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
    slopes();
    gradients_at_the_logits()?;
    overflow();
    options.save("activations", &functions(arguments.points as usize));
    options.save("activations_output_units", &output_units()?);
    options.save("activations_stability", &stability());
    options.save("activations_derivatives", &derivatives());
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

/// How much of a gradient each saturating unit lets through.
fn slopes() {
    for x in [0.0, 5.0] {
        println!(
            "{:<32} {:.4}",
            format!("slope at {x}: sigmoid"),
            sigmoid_derivative(x)
        );
        println!(
            "{:<32} {:.4}",
            format!("slope at {x}: tanh"),
            tanh_derivative(x)
        );
        println!(
            "{:<32} {:.4}",
            format!("slope at {x}: relu"),
            relu_derivative(x)
        );
    }
}

/// −ln p(y|z) of the three output units, as a function of the logits z alone.
type NegativeLogLikelihood<'a> = &'a dyn Fn(&Array1<f64>) -> Result<f64, MathError>;

/// dℓ/dz as a function of one logit.
type Gradient<'a> = &'a dyn Fn(f64) -> f64;

/// ∂ℓ/∂z by central differences.
fn by_differences(
    nll: NegativeLogLikelihood<'_>,
    z: &Array1<f64>,
) -> Result<Array1<f64>, MathError> {
    let h = 1e-5;
    let at = |k: usize, offset: f64| {
        let mut z = z.clone();
        z[k] += offset;
        nll(&z)
    };
    let entry = |k| Ok((at(k, h)? - at(k, -h)?) / (2.0 * h));
    (0..z.len()).map(entry).collect()
}

/// ŷ − y against differences of the loss, for one sample of each output unit.
fn gradients_at_the_logits() -> Result<(), MathError> {
    let compare = |name: &str,
                   z: &Array1<f64>,
                   output: Array1<f64>,
                   y: Array1<f64>,
                   nll: NegativeLogLikelihood<'_>| {
        let print = |what: &str, x: &Array1<f64>| {
            let numbers: Vec<String> = x.iter().map(|x| format!("{x:.4}")).collect();
            let numbers = numbers.join(" ");
            println!("{:<32} {numbers}", format!("{name}: {what}"));
        };
        print("output", &output);
        print("less the target", &(output - y));
        print("by differences", &by_differences(nll, z)?);
        Ok::<(), MathError>(())
    };
    let (z, y) = (array![2.5], array![1.2]);
    compare("linear", &z, z.clone(), y.clone(), &|z| {
        gaussian_nll(&y, z, 1.0)
    })?;

    let z = array![0.8];
    compare("sigmoid", &z, z.mapv(sigmoid), array![1.0], &|z| {
        bernoulli_nll(&array![true], z)
    })?;

    let z = array![2.0, 1.0, -1.0];
    let y = array![0.0, 1.0, 0.0];
    compare("softmax", &z, softmax(&z, Axis(0)), y, &|z| {
        categorical_nll(&array![1], &z.clone().insert_axis(Axis(0)))
    })
}

/// e^zᵢ / Σⱼ e^zⱼ as it is written, which is how not to compute it.
fn naive_softmax(z: &Array1<f32>) -> Array1<f32> {
    let exponentials = z.mapv(f32::exp);
    let sum = exponentials.sum();
    exponentials / sum
}

/// −ln softmax(z)ₖ of the last class k, in f32: as it is written, with the logarithm taken of a
/// stable softmax, and with both in one.
fn three_losses(z: &Array1<f32>) -> [f32; 3] {
    let last = z.len() - 1;
    let mut delta = vec![0.0; z.len()];
    [
        -naive_softmax(z)[last].ln(),
        -softmax(z, Axis(0))[last].ln(),
        SoftmaxCrossEntropy::new().sample(&z.to_vec(), TargetRow::Class(last), &mut delta),
    ]
}

/// What overflow and underflow do to the loss.
fn overflow() {
    println!("overflow: e^88 in f32            {:.3e}", 88f32.exp());
    println!("overflow: e^89 in f32            {}", 89f32.exp());
    for z in [
        array![2.0, 1.0, 0.0],
        array![102.0, 101.0, 100.0],
        array![200.0, 100.0, 0.0],
    ] {
        let [naive, apart, fused] = three_losses(&z);
        let logits = format!("{:.0}, {:.0}, {:.0}", z[0], z[1], z[2]);
        println!(
            "logits {logits:<14}  naive {naive:>6.3}  apart {apart:>6.3}  in one {fused:>7.3}"
        );
    }
}

/// Output, loss and gradient of the three units against a logit.
fn output_units() -> Result<Figure, MathError> {
    let z = Array1::linspace(-4.0, 4.0, 321);
    let three = |z: f64| array![z, 1.0, 0.0];
    let panel = |title: &str, y_label: &str| {
        Panel::new(title)
            .x_label("Logit z")
            .y_label(y_label)
            .legend(Legend::TopLeft)
    };
    let line =
        |y: Array1<f64>, label: &str, color: Color| Line::new(&z, &y).label(label).color(color);
    let linear = panel("Linear: a normal distribution", "Output ŷ").line(line(
        z.clone(),
        "ŷ = z, the mean",
        BLUE,
    ));
    let coin = panel("Sigmoid: a coin", "Output ŷ")
        .y_range(0.0, 1.25)
        .line(line(z.mapv(sigmoid), "ŷ = σ(z), P(y = 1)", BLUE));
    let mut die = panel("Softmax of (z, 1, 0): a die", "Output ŷ").y_range(0.0, 1.5);
    for (k, color) in [BLUE, GREEN, PURPLE].into_iter().enumerate() {
        let p = z.mapv(|z| softmax(&three(z), Axis(0))[k]);
        die = die.line(line(p, &format!("P(class {})", k + 1), color));
    }

    let losses: [(&str, Gradient<'_>, NegativeLogLikelihood<'_>); 3] = [
        ("y = 1", &|z| z - 1.0, &|z| {
            gaussian_nll(&array![1.0], &array![z[0]], 1.0)
        }),
        ("y = 1", &|z| sigmoid(z) - 1.0, &|z| {
            bernoulli_nll(&array![true], &array![z[0]])
        }),
        (
            "y is class 1",
            &|z| softmax(&three(z), Axis(0))[0] - 1.0,
            &|z| categorical_nll(&array![0], &three(z[0]).insert_axis(Axis(0))),
        ),
    ];
    let mut below = Vec::new();
    for (target, gradient, nll) in losses {
        let loss = z.iter().map(|&z| nll(&array![z]));
        let loss: Array1<f64> = loss.collect::<Result<_, _>>()?;
        below.push(
            panel(&format!("Its loss, {target}"), "ℓ and dℓ/dz")
                .y_range(-3.0, 8.0)
                .legend(Legend::TopRight)
                .line(line(loss, "ℓ = −ln p(y | z)", RED))
                .line(line(z.mapv(gradient), "dℓ/dz = ŷ − y", BLUE).dashed()),
        );
    }
    Ok(Figure::new()
        .size(14.0, 8.5)
        .grid(2, 3)
        .panels([linear, coin, die])
        .panels(below))
}

/// The losses of `three_losses` against the gap between two logits, as far as they are finite.
fn stability() -> Figure {
    let gaps = Array1::from_iter((0..=600).map(|i| i as f32 / 4.0));
    let losses: Vec<[f32; 3]> = gaps
        .iter()
        .map(|&g| three_losses(&array![g, 0.0]))
        .collect();
    let forms = [
        ("As written", RED),
        ("Softmax, then ln", PURPLE),
        ("In one", BLUE),
    ];
    let panel = |(form, (title, color)): (usize, (&str, Color))| {
        let finite = losses.iter().filter(|losses| losses[form].is_finite());
        let last = gaps[finite.count() - 1];
        println!("{:<32} {last}", format!("finite up to: {title}"));
        let y = losses.iter().map(|losses| losses[form]);
        let y = y.map(|y| if y.is_finite() { y } else { f32::NAN });
        let panel = Panel::new(title)
            .x_label("Gap g")
            .y_label("Loss of the logits (g, 0)")
            .x_range(0.0, 155.0)
            .y_range(0.0, 155.0)
            .line(Line::new(&gaps, y).color(color));
        match last < 150.0 {
            true => panel.vertical_line(f64::from(last), "∞"),
            false => panel,
        }
    };
    let panels = forms.into_iter().enumerate().map(panel);
    Figure::new()
        .title("The loss in f32, where the second class is true")
        .size(13.0, 4.8)
        .panels(panels.collect::<Vec<_>>())
}
