//! Loss functions: their values and gradients, and what one mistyped number does to each.

use std::{error::Error, process::ExitCode};

use clap::Parser;
use dl_data::iris;
use dl_math::{activation::sigmoid_derivative, special::sigmoid};
use dl_nn::{
    Target, TargetRow,
    losses::{Loss, mean_loss},
    prelude::*,
    schedule::Cosine,
    train::LearningRate,
};
use dl_viz::{
    Color, Figure, Legend, Line, Panel, Scatter,
    style::{BLUE, GRAY, GREEN, PURPLE, RED},
};
use examples::{Options, println};
use ndarray::{Array1, Array2, Axis, array};

/// Draw the losses and their gradients, and fit numbers and lines by them, with and without a
/// mistyped number.
#[derive(Debug, Parser)]
struct Arguments {
    /// Full-batch steps of each fitted line; 1000 with --quick.
    #[arg(long, default_value_t = 4000, default_value_if("quick", "true", "1000"),
          value_parser = clap::value_parser!(u32).range(100..=100_000))]
    steps: u32,
    #[command(flatten)]
    options: Options,
}

/// Where Huber's loss turns from a parabola into a line, for the curves and the numbers.
const DELTA: f64 = 1.0;
/// The same for the lines, whose errors are about 0.2 cm.
const LINE_DELTA: f64 = 0.3;

fn main() -> ExitCode {
    examples::finish(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    arguments.options.check()?;
    let options = &arguments.options;
    options.save("losses_regression", &regression());
    options.save("losses_classification", &classification());
    options.save("losses_outlier", &outlier(arguments.steps)?);
    Ok(())
}

/// A loss's value and gradient at one output.
fn at(loss: &dyn Loss<f64>, output: f64, target: f64) -> (f64, f64) {
    let mut gradient = [0.0];
    let value = loss.sample(&[output], TargetRow::Values(&[target]), &mut gradient);
    (value, gradient[0])
}

/// A loss's name, its colour, and its value and gradient at an x.
type Curve<'a> = (&'a str, Color, &'a dyn Fn(f64) -> (f64, f64));

/// Two panels of curves over x: values and gradients.
fn panels((x, x_label): (&Array1<f64>, &str), curves: &[Curve<'_>]) -> (Panel, Panel) {
    let mut value = Panel::new("Loss").x_label(x_label).y_label("Loss ℓ");
    let mut gradient = Panel::new("Gradient").x_label(x_label).y_label("dℓ / dx");
    for &(label, color, curve) in curves {
        let (values, gradients): (Vec<f64>, Vec<f64>) = x.iter().map(|&x| curve(x)).unzip();
        value = value.line(Line::new(x, values).color(color).label(label));
        gradient = gradient.line(Line::new(x, gradients).color(color).label(label));
    }
    (value, gradient)
}

/// The losses of a real value, against the error y − t.
fn regression() -> Figure {
    // An even number of points misses 0, where the absolute error's gradient jumps.
    let errors = Array1::linspace(-3.0, 3.0, 602);
    let huber = Huber::new(DELTA);
    for (name, loss) in [
        ("squared", &MeanSquaredError::new() as &dyn Loss<f64>),
        ("absolute", &MeanAbsoluteError::new()),
        ("huber", &huber),
    ] {
        for error in [0.5, 3.0] {
            let (value, gradient) = at(loss, error, 0.0);
            println!("{:<32} {value:.3}", format!("{name}: loss at {error}"));
            println!(
                "{:<32} {gradient:.3}",
                format!("{name}: gradient at {error}")
            );
        }
    }
    let (value, gradient) = panels(
        (&errors, "Error ŷ − y"),
        &[
            ("squared", BLUE, &|e| at(&MeanSquaredError::new(), e, 0.0)),
            ("absolute", GREEN, &|e| {
                at(&MeanAbsoluteError::new(), e, 0.0)
            }),
            ("Huber, δ = 1", RED, &|e| at(&huber, e, 0.0)),
        ],
    );
    Figure::new()
        .size(12.0, 5.0)
        .panel(value.y_range(0.0, 5.0).legend(Legend::Above))
        .panel(gradient.y_label("dℓ / dŷ").legend(Legend::Above))
}

/// (σ(z) − t)², which is a loss but not that of a coin, and its gradient by the chain rule.
fn squared_of_sigmoid(z: f64, t: f64) -> (f64, f64) {
    let (value, gradient) = at(&MeanSquaredError::new(), sigmoid(z), t);
    (value, gradient * sigmoid_derivative(z))
}

/// The losses of a class, against the logit z of the right one.
fn classification() -> Figure {
    let z = Array1::linspace(-6.0, 6.0, 481);
    for z in [-5.0, 0.0, 5.0] {
        let (loss, gradient) = at(&BinaryCrossEntropy::new(), z, 1.0);
        let (squared, squared_gradient) = squared_of_sigmoid(z, 1.0);
        println!("{:<32} {:.4}", format!("z = {z}: sigmoid"), sigmoid(z));
        println!("{:<32} {:.4}", format!("z = {z}: cross-entropy"), loss);
        println!("{:<32} {:.4}", format!("z = {z}: its gradient"), gradient);
        println!("{:<32} {:.4}", format!("z = {z}: squared error"), squared);
        println!(
            "{:<32} {:.4}",
            format!("z = {z}: gradient of that"),
            squared_gradient
        );
    }
    let (value, gradient) = panels(
        (&z, "Logit z of the true class"),
        &[
            ("binary cross-entropy", PURPLE, &|z| {
                at(&BinaryCrossEntropy::new(), z, 1.0)
            }),
            ("squared error of σ(z)", BLUE, &|z| {
                squared_of_sigmoid(z, 1.0)
            }),
        ],
    );
    Figure::new()
        .size(12.0, 5.0)
        .panel(value.legend(Legend::TopRight))
        .panel(gradient.y_label("dℓ / dz").legend(Legend::BottomRight))
}

/// The constant c with the smallest mean loss: where the gradient, which grows with c, changes
/// its sign.
fn best_constant(loss: &dyn Loss<f64>, y: &Array1<f64>) -> f64 {
    let (mut low, mut high) = (-100.0, 100.0);
    while high - low > 1e-9 {
        let c = 0.5 * (low + high);
        let slope: f64 = y.iter().map(|&y| at(loss, c, y).1).sum();
        if slope > 0.0 { high = c } else { low = c }
    }
    0.5 * (low + high)
}

/// ŷ = wx + b of the smallest mean loss, by `steps` full-batch steps of Adam.
fn best_line(
    loss: impl Loss<f64> + 'static,
    x: &Array2<f64>,
    y: &Array2<f64>,
    steps: u32,
) -> Result<(f64, f64), Box<dyn Error>> {
    let model = Sequential::input([1]).push(Dense::new(1)).build(0)?;
    let mut trainer = Trainer::new(model, loss, Adam::new(0.05))?;
    let cooling = LearningRate::per_step(Cosine::new(u64::from(steps)));
    let fit = Fit::epochs(steps as usize)
        .batch_size(x.nrows())
        .callback(cooling);
    trainer.fit(x, y, fit)?;
    let bias = trainer.predict(&array![[0.0]])?[[0, 0]];
    Ok((trainer.predict(&array![[1.0]])?[[0, 0]] - bias, bias))
}

/// Nine numbers and 150 flowers, one of each mistyped.
fn outlier(steps: u32) -> Result<Figure, Box<dyn Error>> {
    let flowers = iris::<f64>();
    let sepals = flowers.features().column(1).into_iter().take(9).copied();
    let sepals = Array1::from_iter(sepals);
    let mut mistyped = sepals.clone();
    mistyped[5] *= 10.0;
    println!("numbers: {sepals}");
    let losses: [(&str, &dyn Loss<f64>, Color); 3] = [
        ("squared", &MeanSquaredError::new(), BLUE),
        ("absolute", &MeanAbsoluteError::new(), GREEN),
        ("Huber, δ = 1", &Huber::new(DELTA), RED),
    ];
    let c = Array1::linspace(1.0, 10.0, 361);
    let mut left = Panel::new("One of nine numbers is 39 instead of 3.9")
        .x_label("Constant c (cm)")
        .y_label("Mean loss, less its minimum")
        .y_range(-0.4, 10.0)
        .legend(Legend::TopRight);
    for (name, loss, color) in losses {
        let label = name.split(',').next().unwrap_or(name).to_lowercase();
        println!(
            "{:<32} {:.3}",
            format!("constant: {label}, right"),
            best_constant(loss, &sepals)
        );
        let best = best_constant(loss, &mistyped);
        println!("{:<32} {best:.3}", format!("constant: {label}, mistyped"));
        let mean = |c: f64| {
            let (outputs, mut delta) = (vec![c; mistyped.len()], vec![0.0; mistyped.len()]);
            let targets = mistyped.clone().insert_axis(Axis(1));
            let targets = Target::from_values(targets.view());
            mean_loss(
                loss,
                &outputs,
                &targets,
                0..mistyped.len(),
                None,
                &mut delta,
            )
        };
        let lowest = mean(best);
        let curve = Line::new(&c, &c.mapv(|c| mean(c) - lowest))
            .color(color)
            .label(name);
        left = left.line(curve);
        left = left.scatter(Scatter::new([best], [0.0]).color(color).radius(5.0));
    }

    let x = flowers.features().select(Axis(1), &[2]);
    let y = flowers.features().select(Axis(1), &[3]);
    let longest = x.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    let (longest, length) = longest.expect("150 flowers");
    let mut spoiled = y.clone();
    spoiled[[longest, 0]] *= 10.0;
    println!("flower: length                   {length:.1}");
    println!("flower: width                    {:.1}", y[[longest, 0]]);
    let mut right = Panel::new("One of 150 widths is 23 instead of 2.3")
        .x_label("Petal length (cm)")
        .y_label("Petal width (cm)")
        .y_range(-0.5, 4.2)
        .legend(Legend::TopLeft)
        .scatter(
            Scatter::new(&x, &y)
                .color(GRAY.tint(0.5))
                .radius(3.0)
                .label("as measured"),
        )
        .note(*length, 4.0, "↑ 23 cm");
    let ends = [1.0, 7.0];
    let lines = |y: &Array2<f64>| -> Result<[(f64, f64); 3], Box<dyn Error>> {
        Ok([
            best_line(MeanSquaredError::new(), &x, y, steps)?,
            best_line(MeanAbsoluteError::new(), &x, y, steps)?,
            best_line(Huber::new(LINE_DELTA), &x, y, steps)?,
        ])
    };
    let fits = lines(&y)?.into_iter().zip(lines(&spoiled)?);
    let names = [
        ("squared", BLUE),
        ("absolute", GREEN),
        ("Huber, δ = 0.3", RED),
    ];
    for ((name, color), (clean, (slope, bias))) in names.into_iter().zip(fits) {
        let label = name.split(',').next().unwrap_or(name).to_lowercase();
        println!("{:<32} {:.3}", format!("slope: {label}, right"), clean.0);
        println!("{:<32} {slope:.3}", format!("slope: {label}, mistyped"));
        println!(
            "{:<32} {:.3}",
            format!("width of 7 cm: {label}, right"),
            clean.0 * 7.0 + clean.1
        );
        println!(
            "{:<32} {:.3}",
            format!("width of 7 cm: {label}, mistyped"),
            slope * 7.0 + bias
        );
        let line = Line::new(ends, ends.map(|x| slope * x + bias)).color(color);
        // The last line lies on the one before: dashes let both be seen.
        let line = if color == RED { line.dashed() } else { line };
        right = right.line(line.label(name));
    }
    Ok(Figure::new().size(13.0, 5.5).panel(left).panel(right))
}
