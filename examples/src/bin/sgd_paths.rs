//! Batch, mini-batch and stochastic gradient descent: their paths, their noise, their time.

use std::{error::Error, process::ExitCode, time::Instant};

use clap::Parser;
use dl_data::{Batches, LastBatch, Mnist, generator};
use dl_nn::{init::Initializer, prelude::*};
use dl_viz::{
    Color, Contours, Figure, Legend, Line, Panel, Scatter,
    style::{BLUE, GRAY, GREEN, RED, WHITE},
};
use examples::{
    Options,
    descent::coordinates,
    digits::mnist_folder,
    petals::{Petals, chapter_generator, noise_share},
    println,
    record::RecordOptions,
};
use ndarray::{Array1, Array2, Axis};
use serde::{Deserialize, Serialize};

/// Fit a line to Iris's petals by batches of 150, 10 and 1 flowers, measure the gradient's noise, and
/// learn digits by batches of 6000, 64 and 1 images against the clock.
#[derive(Debug, Parser)]
struct Arguments {
    /// Random batches over which the noise is measured; 200 with --quick
    #[arg(long, default_value_t = 4000, default_value_if("quick", "true", "200"),
          value_parser = clap::value_parser!(u32).range(10..=1_000_000))]
    draws: u32,
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    record: RecordOptions,
}

/// Where the line starts: falling, and too high.
const START: [f64; 2] = [-0.9, 1.3];
const LEARNING_RATE: f64 = 0.1;

/// A way to descend on the petals.
struct Descent {
    name: &'static str,
    batch: usize,
    /// Steps that are drawn.
    steps: usize,
    color: Color,
}

const DESCENTS: [Descent; 3] = [
    Descent {
        name: "Batch: all 150 flowers a step",
        batch: 150,
        steps: 30,
        color: BLUE,
    },
    Descent {
        name: "Mini-batch: 10 flowers a step",
        batch: 10,
        steps: 30,
        color: GREEN,
    },
    Descent {
        name: "Stochastic: 1 flower a step",
        batch: 1,
        steps: 150,
        color: RED,
    },
];

/// Batches of digits: images a step, learning rate, passes. The rates are those of 0.001, 0.003, 0.01 … 1 with which
/// the loss falls fastest.
const DIGIT_BATCHES: [(usize, f64, usize, Color); 3] = [
    (6000, 1.0, 200, BLUE),
    (64, 0.3, 100, GREEN),
    (1, 0.01, 20, RED),
];

/// How the loss on unseen digits falls.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Curve {
    batch: usize,
    images: Vec<usize>,
    seconds: Vec<f64>,
    losses: Vec<f64>,
}

fn main() -> ExitCode {
    examples::finish(run(&Arguments::parse()))
}

fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    arguments.options.check()?;
    let options = &arguments.options;
    let petals = Petals::new()?;
    options.save("sgd_paths", &paths(&petals)?);
    options.save(
        "sgd_paths_noise",
        &noise(&petals, arguments.draws as usize)?,
    );
    let curves = arguments.record.record(|| digits(options.quick))?;
    options.save("sgd_paths_digits", &against_time(&curves));
    Ok(())
}

/// The three paths on the contours of the loss, and the loss of each against flowers seen.
fn paths(petals: &Petals) -> Result<Figure, Box<dyn Error>> {
    let mut figure = Figure::new().size(12.0, 10.0).grid(2, 2);
    let mut losses = Panel::new("Loss above the least, over 30 passes")
        .x_label("Flowers seen")
        .y_label("Mean squared error above the least")
        .log_x()
        .log_y()
        .y_range(2e-6, 10.0)
        .legend(Legend::BottomLeft);
    println!(
        "petals, correlation {:.3}, least loss {:.4}, loss at the start {:.3}",
        petals.correlation(),
        petals.least_loss(),
        petals.loss(START)
    );
    for descent in &DESCENTS {
        let rng = &mut chapter_generator();
        let path = petals.descend(START, LEARNING_RATE, descent.batch, 30, rng)?;
        let excess = |step: usize| petals.loss(path[step]) - petals.least_loss();
        println!(
            "petals, batch {:>3}: {} steps a pass, loss above the least after 1 pass {:.4}, settled {:.5}",
            descent.batch,
            (path.len() - 1) / 30,
            excess(150 / descent.batch),
            petals.settled_excess(&path)
        );
        let (x, y) = coordinates(&path[..=descent.steps]);
        let end = (x[descent.steps], y[descent.steps]);
        let surface = Contours::from_fn((-1.3, 2.1), (-1.0, 1.7), |slope, intercept| {
            petals.loss([slope, intercept])
        });
        let passes = descent.steps * descent.batch / 150;
        let plural = if passes == 1 { "" } else { "es" };
        let title = format!(
            "{}, {} steps ({passes} pass{plural})",
            descent.name, descent.steps
        );
        let lowest = Scatter::new([petals.correlation()], [0.0]);
        figure = figure.panel(
            Panel::new(title)
                .x_label("Slope")
                .y_label("Intercept")
                .equal_aspect()
                .contours(surface)
                .line(Line::new(&x, &y).dots().color(descent.color).width(1.6))
                .scatter(lowest.color(WHITE).radius(3.5))
                .scatter(Scatter::new([x[0]], [y[0]]).color(WHITE).radius(6.0))
                .scatter(
                    Scatter::new([end.0], [end.1])
                        .color(descent.color)
                        .radius(6.0),
                )
                .note(x[0], y[0], "start"),
        );
        let (seen, means) = smoothed(descent.batch, &path[1..], |&w| {
            petals.loss(w) - petals.least_loss()
        });
        let line = Line::new(seen, means);
        let label = format!("{} a step", descent.batch);
        losses = losses.line(line.label(label).color(descent.color));
    }
    Ok(figure.panel(losses))
}

/// Samples seen and the mean of `value` over the steps between them, which grow by an eighth: single steps
/// jump about too much to be seen.
fn smoothed<T>(batch: usize, steps: &[T], value: impl Fn(&T) -> f64) -> (Vec<usize>, Vec<f64>) {
    let (mut seen, mut means) = (Vec::new(), Vec::new());
    let mut start = 0;
    while start < steps.len() {
        let end = (start + 1 + start / 8).min(steps.len());
        let sum: f64 = steps[start..end].iter().map(&value).sum();
        seen.push(end * batch);
        means.push(sum / (end - start) as f64);
        start = end;
    }
    (seen, means)
}

/// The noise of the gradient at the start, by the size of the batch.
fn noise(petals: &Petals, draws: usize) -> Result<Figure, Box<dyn Error>> {
    const SIZES: [usize; 9] = [1, 2, 5, 10, 20, 40, 75, 110, 140];
    let rng = &mut chapter_generator();
    let spread = petals.spread(START)?;
    println!("noise, σ of a single flower's gradient {spread:.3}");
    let mut measured = Vec::new();
    for batch in SIZES {
        let noise = petals.noise(START, batch, draws, rng)?;
        let expected = spread * noise_share(batch, petals.count());
        println!("noise, batch {batch:>3}: measured {noise:.3}, expected {expected:.3}");
        measured.push(noise);
    }
    let batches: Vec<usize> = (1..150).collect();
    let line = |share: &dyn Fn(usize) -> f64| {
        Line::new(&batches, batches.iter().map(|&batch| spread * share(batch)))
    };
    let independent = line(&|batch| 1.0 / (batch as f64).sqrt());
    let panel = Panel::new("Noise of the gradient, 1 to 140 of 150 flowers a batch")
        .x_label("Flowers in a batch, B")
        .y_label("Root mean square error of the gradient")
        .log_x()
        .log_y()
        .line(independent.label("σ/√B").color(GRAY).dashed())
        .line(
            line(&|batch| noise_share(batch, 150))
                .label("without putting back")
                .color(BLUE),
        )
        .scatter(
            Scatter::new(SIZES, measured)
                .label("measured")
                .color(RED)
                .radius(5.0),
        );
    Ok(Figure::from(panel).size(8.0, 5.5))
}

/// Softmax regression on digits with three sizes of batches: the loss on unseen ones, by images seen and by
/// seconds spent in steps.
fn digits(quick: bool) -> Result<Vec<Curve>, Box<dyn Error>> {
    let (train, test) = if quick { (600, 500) } else { (6000, 2000) };
    let data = Mnist::<f32>::load(mnist_folder(None))?;
    let pixels = |images: &dl_data::ImageDataset<f32>| -> Result<Array2<f32>, Box<dyn Error>> {
        let shape = (images.len(), 28 * 28);
        Ok(images.images().clone().into_shape_with_order(shape)?)
    };
    let (train, test) = (data.train.first(train)?, data.test.first(test)?);
    let (x, x_test) = (pixels(&train)?, pixels(&test)?);
    let mut curves = Vec::new();
    for (batch, learning_rate, passes, _) in DIGIT_BATCHES {
        let batch = batch.min(train.len());
        let passes = if quick { passes.min(3) } else { passes };
        let model = Sequential::input([28 * 28])
            .push(Dense::new(10).kernel_initializer(Initializer::Zeros))
            .build(0)?;
        let mut trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), Sgd::new(learning_rate))?;
        let mut curve = Curve {
            batch,
            images: Vec::new(),
            seconds: Vec::new(),
            losses: Vec::new(),
        };
        let (mut seen, mut seconds, mut next) = (0, 0.0, 100.0);
        let rng = &mut generator(42);
        for _ in 0..passes {
            for rows in &Batches::shuffled(train.len(), batch, LastBatch::Keep, rng)? {
                let start = Instant::now();
                let labels: Array1<usize> = train.labels().select(Axis(0), rows);
                trainer.step(&x.select(Axis(0), rows), &labels)?;
                seconds += start.elapsed().as_secs_f64();
                seen += rows.len();
                if seen as f64 >= next {
                    next = seen as f64 * 1.2;
                    curve.images.push(seen);
                    curve.seconds.push(seconds);
                    let loss = trainer.evaluate(&x_test, test.labels())?.loss;
                    curve.losses.push(loss);
                }
            }
        }
        curves.push(curve);
    }
    Ok(curves)
}

fn against_time(curves: &[Curve]) -> Figure {
    let panel = |title: &str, label: &str, x: &dyn Fn(&Curve) -> Vec<f64>| {
        let panel = Panel::new(title)
            .x_label(label)
            .y_label("Test loss (nats)")
            .log_x()
            .log_y()
            .legend(Legend::BottomLeft);
        curves
            .iter()
            .zip(DIGIT_BATCHES)
            .fold(panel, |panel, (curve, (_, rate, _, color))| {
                let line = Line::new(x(curve), &curve.losses);
                let label = format!("{} a step, η = {rate}", curve.batch);
                panel.line(line.label(label).color(color))
            })
    };
    for curve in curves {
        let least = curve.losses.iter().copied().fold(f64::INFINITY, f64::min);
        let reached = curve.losses.iter().position(|&loss| loss <= 0.5);
        let reached = reached.map_or("never".to_owned(), |i| curve.images[i].to_string());
        println!(
            "digits, batch {:>4}: least test loss {least:.3}, images seen until it was 0.5: {reached}",
            curve.batch
        );
    }
    Figure::new()
        .title("Softmax regression on digits")
        .size(12.0, 5.4)
        .panel(panel("By images seen", "Images seen", &|curve| {
            curve.images.iter().map(|&images| images as f64).collect()
        }))
        .panel(panel("By time", "Seconds spent in steps", &|curve| {
            curve.seconds.clone()
        }))
}
