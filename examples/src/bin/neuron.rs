//! A neuron, a layer of them and a network of layers, in sums, in matrices and by dl-nn.
//!
//! One neuron answers along one direction of its inputs only, so its borders are straight. A layer is
//! a product of matrices. Layers without an activation between them are a single layer; with one,
//! two hidden neurons are enough for what no single neuron can do, exclusive or.

use std::{error::Error, process::ExitCode};

use clap::Parser;
use dl_math::activation::{relu, tanh};
use dl_math::random::generator;
use dl_math::{Scalar, special::sigmoid};
use dl_nn::prelude::*;
use dl_viz::style::{BLUE, GRAY, RED};
use dl_viz::{Band, Figure, Legend, Line, Panel, Regions, Scatter};
use examples::neuron::{Function, Neurons, by_dl_nn, exclusive_or, forward, weighted_sum};
use examples::{Options, finish, println};
use ndarray::{Array1, Array2, Axis, array};

/// Where the output turns from 0 to 1; on the border itself all points go the same way.
const HALF: f64 = 0.5 - 1e-9;
/// The neuron that is drawn.
const WEIGHTS: [f64; 2] = [1.5, 1.0];
const BIAS: f64 = -0.5;

/// Computes and draws one neuron, a layer and small networks
#[derive(Debug, Parser)]
struct Args {
    /// Seed of the deep network's weights
    #[arg(long, default_value_t = 42)]
    seed: u64,
    #[command(flatten)]
    options: Options,
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    one_neuron();
    one_layer()?;
    deep_network(args.seed)?;
    exclusive_or_network()?;
    args.options.save("neuron", &responses());
    args.options.save("neuron_exclusive_or", &planes());
    Ok(())
}

/// One neuron on one sample, under three activations.
fn one_neuron() {
    let (w, x) = (Array1::from_iter(WEIGHTS), array![1.0, -0.5]);
    let z = weighted_sum(w.view(), BIAS, &x);
    println!("weighted sum z {z:.4}");
    for (name, phi) in activations() {
        println!("{name} of z {:.4}", phi(z));
    }
    let length = w.dot(&w).sqrt();
    println!("length of w {length:.4}");
    println!(
        "distance of the border from the origin {:.4}",
        -BIAS / length
    );
}

fn activations() -> [(&'static str, Function); 3] {
    [("sigmoid", sigmoid), ("tanh", tanh), ("relu", relu)]
}

/// Two samples of two inputs through three neurons.
fn one_layer() -> Result<(), Box<dyn Error>> {
    let layer = Neurons {
        kernel: array![[1.5, -1.0, 0.5], [1.0, 2.0, -0.5]],
        bias: array![-0.5, 0.0, 1.0],
        activation: (relu, Relu),
    };
    let x = array![[1.0, -0.5], [2.0, 1.0]];
    let z = x.dot(&layer.kernel) + &layer.bias;
    let a = layer.forward(&x);
    println!();
    for (name, matrix) in [
        ("X", &x),
        ("W", &layer.kernel),
        ("XW + b", &z),
        ("relu(XW + b)", &a),
    ] {
        println!("{name} of shape {:?}", matrix.shape());
        for row in matrix.rows() {
            let row: Vec<String> = row.iter().map(|v| format!("{v:6.2}")).collect();
            println!("  {}", row.join(" "));
        }
    }
    let model = by_dl_nn(std::slice::from_ref(&layer), 2)?;
    let mut difference = largest_difference(&a, &model.predict(&x)?);
    for (row, a) in x.rows().into_iter().zip(a.rows()) {
        let one_by_one = layer.one_by_one(&row);
        difference = difference.max(largest_difference(&a.to_owned(), &one_by_one.into_dyn()));
    }
    println!("layer by sums, matrices and dl-nn: largest difference {difference:.0e}");
    Ok(())
}

fn largest_difference<'a>(
    a: impl IntoIterator<Item = &'a f64>,
    b: impl IntoIterator<Item = &'a f64>,
) -> f64 {
    let pairs = a.into_iter().zip(b);
    pairs.fold(0.0, |largest, (a, b)| f64::max(largest, (a - b).abs()))
}

/// A network 4-8-8-3 on five samples; and the same without activations, which is one matrix.
fn deep_network(seed: u64) -> Result<(), Box<dyn Error>> {
    let rng = &mut generator(seed);
    let mut random = |rows: usize, columns: usize| {
        Array2::from_shape_simple_fn((rows, columns), || f64::standard_normal(rng))
    };
    let sizes = [4, 8, 8, 3];
    let mut layers: Vec<Neurons> = sizes
        .windows(2)
        .map(|sizes| Neurons {
            kernel: random(sizes[0], sizes[1]) / (sizes[0] as f64).sqrt(),
            bias: random(1, sizes[1]).remove_axis(Axis(0)),
            activation: (tanh, Tanh),
        })
        .collect();
    let x = random(5, 4);
    let model = by_dl_nn(&layers, 4)?;
    println!("\n{}\n", model.summary());
    let mut a = x.clone();
    for (l, layer) in layers.iter().enumerate() {
        let before = a.dim();
        a = layer.forward(&a);
        println!(
            "layer {}: {:?} times {:?} gives {:?}",
            l + 1,
            before,
            layer.kernel.dim(),
            a.dim()
        );
    }
    let difference = largest_difference(&a, &model.predict(&x)?);
    println!("network by matrices and dl-nn: largest difference {difference:.0e}");

    for layer in &mut layers {
        layer.activation = (|z| z, Identity);
    }
    let deep = forward(&layers, &x);
    let one = collapsed(&layers);
    println!(
        "one matrix of shape {:?}, {} parameters",
        one.kernel.dim(),
        one.kernel.len() + one.bias.len()
    );
    let difference = largest_difference(&deep, &one.forward(&x));
    println!(
        "three linear layers against one: largest difference below 1e-12: {}",
        difference < 1e-12
    );
    Ok(())
}

/// Linear layers as one: (X·W₁ + b₁)·W₂ + b₂ = X·(W₁W₂) + (b₁W₂ + b₂).
fn collapsed(layers: &[Neurons]) -> Neurons {
    let mut one = layers[0].clone();
    for layer in &layers[1..] {
        one.bias = one.bias.dot(&layer.kernel) + &layer.bias;
        one.kernel = one.kernel.dot(&layer.kernel);
    }
    one
}

fn corners() -> Array2<f64> {
    array![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
}

fn exclusive_or_network() -> Result<(), Box<dyn Error>> {
    let layers = exclusive_or();
    let (x, model) = (corners(), by_dl_nn(&exclusive_or(), 2)?);
    let (hidden, output) = (layers[0].forward(&x), model.predict(&x)?);
    println!("\nx1  x2  h1  h2  output");
    for ((x, h), y) in x.rows().into_iter().zip(hidden.rows()).zip(&output) {
        println!(
            "{:2.0}  {:2.0}  {:2.0}  {:2.0}  {y:6.0}",
            x[0], x[1], h[0], h[1]
        );
    }
    Ok(())
}

/// The neuron's response over two inputs, for three activations, in steps: every border between two
/// steps is a straight line, at right angles to w.
fn responses() -> Figure {
    const REACH: f64 = 2.0;
    let panels = [
        ("Sigmoid", sigmoid as Function, [-2.0, -1.0, 0.0, 1.0, 2.0]),
        ("Tanh", tanh, [-1.5, -0.75, 0.0, 0.75, 1.5]),
        ("ReLU", relu, [0.0, 0.75, 1.5, 2.25, 3.0]),
    ]
    .map(|(title, phi, levels)| {
        let x1 = Array1::linspace(-REACH, REACH, 401);
        // where z = w₁x₁ + w₂x₂ + b has this value
        let x2 = |z: f64| x1.mapv(|x1| (z - BIAS - WEIGHTS[0] * x1) / WEIGHTS[1]);
        let mut panel = Panel::new(title)
            .equal_aspect()
            .x_label("x₁")
            .y_label("x₂")
            .x_range(-REACH, REACH)
            .y_range(-REACH, REACH)
            .legend(Legend::Hidden);
        for z in levels {
            let (line, top) = (x2(z), x1.mapv(|_| REACH));
            let inside = line.mapv(|x2: f64| x2.clamp(-REACH, REACH));
            panel = panel
                .band(Band::new(&x1, &inside, &top).color(RED))
                .line(Line::new(&x1, &line).color(GRAY).width(1.0));
        }
        for z in levels {
            // along the line through the origin in the direction of w, a little to the side
            let along = (z - BIAS) / (WEIGHTS[0] * WEIGHTS[0] + WEIGHTS[1] * WEIGHTS[1]);
            let (x, y) = (along * WEIGHTS[0], along * WEIGHTS[1]);
            panel = panel.note(
                x - 0.55,
                y + 0.62,
                format!("{:.2}", phi(z)).replace('-', "−"),
            );
        }
        let tip = [WEIGHTS[0], WEIGHTS[1]];
        panel
            .line(
                Line::new([0.0, tip[0]], [0.0, tip[1]])
                    .color(BLUE)
                    .width(3.0),
            )
            .scatter(Scatter::new([tip[0]], [tip[1]]).color(BLUE))
            .note(tip[0], tip[1] - 0.22, "w")
    });
    Figure::new().size(15.0, 5.4).grid(1, 3).panels(panels)
}

/// Exclusive or in the plane of the inputs, and in the plane of the hidden neurons.
fn planes() -> Figure {
    let layers = exclusive_or();
    let classes = [0, 1, 1, 0];
    let names = ["0", "1"];
    let axes =
        |title: &str, x: &str, y: &str| Panel::new(title).equal_aspect().x_label(x).y_label(y);
    let x = corners();
    let inputs = Regions::predict((-0.5, 1.5), (-0.5, 1.5), 0.02, |points| {
        let output = forward(&layers, &points.to_owned());
        output
            .iter()
            .map(|&y| usize::from(y > HALF))
            .collect::<Vec<_>>()
    });
    let input_plane = axes("Inputs: no straight line parts the classes", "x₁", "x₂")
        .regions(inputs)
        .scatter(
            Scatter::new(x.column(0), x.column(1))
                .classes(classes, names)
                .radius(7.0),
        )
        .legend(Legend::Above);
    let hidden = layers[0].forward(&x);
    let separated = Regions::predict((-0.5, 2.5), (-1.0, 2.0), 0.02, |points| {
        let output = layers[1].forward(&points.to_owned());
        output
            .iter()
            .map(|&y| usize::from(y > HALF))
            .collect::<Vec<_>>()
    });
    let hidden_plane = axes("Hidden neurons: one does", "h₁", "h₂")
        .regions(separated)
        .scatter(
            Scatter::new(hidden.column(0), hidden.column(1))
                .classes(classes, names)
                .radius(7.0),
        )
        .legend(Legend::Above);
    Figure::new()
        .size(12.0, 5.6)
        .grid(1, 2)
        .panel(input_plane)
        .panel(hidden_plane)
}
