//! A variational autoencoder on handwritten digits: a code that can be drawn from.
//!
//! The encoder answers with a normal distribution and not with a point, and pays for every nat by
//! which that differs from the prior N(0, I). So codes fill the space around 0 without holes, and a
//! point drawn from the prior decodes to a digit that nobody wrote.

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;
use dl_math::DiagonalNormal;
use dl_math::sampling::permutation;
use dl_nn::metrics::Estimate;
use dl_nn::prelude::*;
use dl_nn::schedule::{Cosine, Schedule};
use dl_viz::style::{BLUE, GRAY, GREEN, RED};
use dl_viz::{Figure, Line, Panel};
use examples::autoencoding::{
    CodeOptions, PIXELS, between, digits_panel, first, pixels, plane_panel,
};
use examples::record::rounded;
use examples::vae::{BATCH_SIZE, Bound, Vae};
use examples::{Options, finish, println};
use ndarray::{Array2, Axis, Slice, concatenate};
use serde::{Deserialize, Serialize};

/// Latent dimensions: two to look at, ten for better digits.
const DIMENSIONS: [usize; 2] = [2, 10];
/// Codes drawn in the plane.
const POINTS: usize = 1500;
/// Digits a side of the picture of the plane, which goes from −REACH to REACH.
const ACROSS: usize = 15;
const REACH: f32 = 2.2;
/// Digits drawn in a row, and drawn from the prior.
const SHOWN: usize = 10;
const SAMPLES: usize = 40;

/// Trains variational autoencoders on MNIST, draws digits from them and walks through their codes
#[derive(Debug, Parser)]
struct Args {
    #[command(flatten)]
    code: CodeOptions,
    /// Seed of the initial weights, the order of the images and all draws
    #[arg(long, default_value_t = 42)]
    seed: u64,
}

/// The numbers behind the figures.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    images: usize,
    test_images: usize,
    runs: Vec<Measured>,
    /// Test codes of the two-dimensional one, and digits across its plane.
    plane: Array2<f64>,
    across: Array2<f64>,
    /// Of the larger one.
    originals: Array2<f64>,
    reconstructions: Array2<f64>,
    samples: Array2<f64>,
    on_the_way: Vec<Array2<f64>>,
    kl_by_dimension: Vec<f64>,
    /// Shares of images that a classifier is 90 % sure of: test digits, samples, and what the
    /// decoder makes of codes far from the prior.
    sure: [f64; 3],
}

/// One run: the negative bound by epoch, and on the test images.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Measured {
    dimensions: usize,
    reconstruction: Vec<f64>,
    kl: Vec<f64>,
    test_reconstruction: f64,
    test_kl: f64,
    test_bound: f64,
    test_interval: [f64; 2],
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let data = args.code.load(60_000)?;
    let (x, test) = (pixels(&data.train), pixels(&data.test));
    let record = args.code.record.record(|| {
        let labels = data.train.labels().to_vec();
        measure(args, &x, &labels, &test)
    })?;
    print(&record);
    let labels = data.test.labels().to_vec();
    draw(&record, &labels, &args.code.options)
}

/// Trains on all images, in an order of its own each epoch.
fn train(
    args: &Args,
    dimensions: usize,
    x: &Array2<f32>,
    test: &Array2<f32>,
) -> Result<(Vae, Measured), Box<dyn Error>> {
    let epochs = args.code.epochs(15);
    let mut vae = Vae::new(dimensions, args.seed)?;
    let batches = x.nrows().div_ceil(BATCH_SIZE);
    let schedule = Cosine::new((epochs * batches) as u64);
    let mut rng = dl_data::generator(args.seed);
    let (mut reconstruction, mut kl) = (Vec::new(), Vec::new());
    let mut steps = 0;
    for epoch in 1..=epochs {
        let order = permutation(x.nrows(), &mut rng)?;
        let mut sum = Bound {
            reconstruction: 0.0,
            kl: 0.0,
        };
        for rows in order.chunks(BATCH_SIZE) {
            let batch = x.select(Axis(0), rows);
            let bound = vae.step(batch.view(), schedule.factor(steps))?;
            steps += 1;
            let share = rows.len() as f64 / x.nrows() as f64;
            sum.reconstruction += share * bound.reconstruction;
            sum.kl += share * bound.kl;
        }
        println!(
            "{dimensions:>2} dimensions, epoch {epoch:>2}/{epochs}: {:.2} nats, of which KL {:.2}",
            sum.total(),
            sum.kl
        );
        reconstruction.push(sum.reconstruction);
        kl.push(sum.kl);
    }
    let bounds = vae.bounds(test, args.seed)?;
    let mean = |f: fn(&Bound) -> f64| Estimate::mean(&bounds.iter().map(f).collect());
    let total = mean(|bound| bound.total());
    let interval = total.interval(0.95)?;
    let measured = Measured {
        dimensions,
        reconstruction,
        kl,
        test_reconstruction: mean(|bound| bound.reconstruction).value,
        test_kl: mean(|bound| bound.kl).value,
        test_bound: total.value,
        test_interval: [interval.lower, interval.upper],
    };
    Ok((vae, measured))
}

fn measure(
    args: &Args,
    x: &Array2<f32>,
    labels: &[usize],
    test: &Array2<f32>,
) -> Result<Record, Box<dyn Error>> {
    let (flat, flat_run) = train(args, DIMENSIONS[0], x, test)?;
    let (vae, vae_run) = train(args, DIMENSIONS[1], x, test)?;

    let step = 2.0 * REACH / (ACROSS - 1) as f32;
    let grid = Array2::from_shape_fn((ACROSS * ACROSS, 2), |(i, axis)| match axis {
        0 => (i % ACROSS) as f32 * step - REACH,
        _ => REACH - (i / ACROSS) as f32 * step,
    });

    let shown = first(test, SHOWN);
    let codes = vae.encode(&shown)?;
    let mut rng = dl_data::generator(args.seed + 1);
    let many = DiagonalNormal::standard(DIMENSIONS[1])?.sample_n(1000, &mut rng)?;
    let samples = vae.decode(&many)?;
    let far = vae.decode(&many.mapv(|z| 4.0 * z))?;
    let mut on_the_way = Vec::new();
    for (from, to) in [(0, 1), (3, 7), (2, 4)] {
        let row = |i: usize| codes.slice_axis(Axis(0), Slice::from(i..=i));
        on_the_way.push(rounded(
            vae.decode(&between(row(from), row(to), SHOWN))?.view(),
        ));
    }

    let classifier = Sequential::input([PIXELS])
        .push(Dense::new(128).activation(Relu))
        .push(Dense::new(10))
        .build(args.seed)?;
    let judge = Trainer::new(classifier, SoftmaxCrossEntropy::new(), Adam::new(1e-3))?;
    let mut judge = judge.seed(0); // of all networks the same order of images
    judge.fit(x, labels, Fit::epochs(5).batch_size(BATCH_SIZE))?;
    let sure = |images: &Array2<f32>| -> Result<f64, Box<dyn Error>> {
        let probabilities = judge.predict(images)?;
        let sure = |row: ndarray::ArrayViewD<'_, f32>| row.iter().any(|&p| p >= 0.9);
        let count = probabilities
            .outer_iter()
            .filter(|row| sure(row.view()))
            .count();
        Ok(count as f64 / images.nrows() as f64)
    };
    Ok(Record {
        images: x.nrows(),
        test_images: test.nrows(),
        runs: vec![flat_run, vae_run],
        plane: rounded(flat.encode(&first(test, POINTS))?.view()),
        across: rounded(flat.decode(&grid)?.view()),
        originals: rounded(shown.view()),
        reconstructions: rounded(vae.decode(&codes)?.view()),
        samples: rounded(first(&samples, SAMPLES).view()),
        on_the_way,
        kl_by_dimension: vae.kl_by_dimension(test)?,
        sure: [sure(test)?, sure(&samples)?, sure(&far)?],
    })
}

fn print(record: &Record) {
    println!(
        "{} images to learn from, {} to test on",
        record.images, record.test_images
    );
    for run in &record.runs {
        let d = run.dimensions;
        println!("{d} dimensions: test ELBO {:.2} nats", -run.test_bound);
        let [lower, upper] = run.test_interval;
        println!(
            "{d} dimensions: 95 % interval of the test ELBO [{:.2}, {:.2}]",
            -upper, -lower
        );
        println!(
            "{d} dimensions: test reconstruction {:.2} nats",
            run.test_reconstruction
        );
        println!("{d} dimensions: test KL {:.2} nats", run.test_kl);
    }
    let used = record
        .kl_by_dimension
        .iter()
        .filter(|&&kl| kl >= 0.1)
        .count();
    println!("latent dimensions that carry at least 0.1 nats: {used}");
    let [test, samples, far] = record.sure.map(|share| 100.0 * share);
    println!("classifier 90 % sure: of test digits {test:.1} %");
    println!("classifier 90 % sure: of samples {samples:.1} %");
    println!("classifier 90 % sure: of codes four times as far from 0 {far:.1} %");
}

fn draw(record: &Record, labels: &[usize], options: &Options) -> Result<(), Box<dyn Error>> {
    let curves = record.runs.iter().map(|run| {
        let epochs = 1..=run.kl.len();
        let total: Vec<f64> = run
            .kl
            .iter()
            .zip(&run.reconstruction)
            .map(|(a, b)| a + b)
            .collect();
        Panel::new(format!("{} latent dimensions", run.dimensions))
            .x_label("Epoch")
            .integer_x_ticks()
            .y_label("Nats an image")
            .y_range(0.0, 200.0)
            .line(
                Line::new(epochs.clone(), total)
                    .label("negative ELBO")
                    .color(BLUE),
            )
            .line(
                Line::new(epochs.clone(), run.reconstruction.clone())
                    .label("reconstruction")
                    .color(GREEN)
                    .dashed(),
            )
            .line(
                Line::new(epochs, run.kl.clone())
                    .label("KL to the prior")
                    .color(RED)
                    .dashed(),
            )
    });
    let figure = Figure::new().size(12.0, 5.0).grid(1, 2).panels(curves);
    options.save("vae_learning_curves", &figure);

    let codes = plane_panel(
        "Means μ of test digits",
        &record.plane,
        &labels[..record.plane.nrows()],
    );
    let reach = f64::from(REACH);
    let corners = [-reach, reach, reach, -reach, -reach];
    let square = Line::new(corners, [-reach, -reach, reach, reach, -reach]).color(GRAY);
    let codes = codes.line(square.label("decoded at the right"));
    let figure = Figure::new()
        .title("A plane of digits: two latent dimensions")
        .size(15.0, 7.4)
        .grid(1, 2)
        .panel(codes.equal_aspect())
        .panel(digits_panel(
            format!("Decoded codes, −{REACH} to {REACH} in both directions"),
            &record.across,
            ACROSS,
        ));
    options.save_png("vae_plane", &figure);

    let figure = Figure::new()
        .size(8.0, 3.2)
        .grid(2, 1)
        .panel(digits_panel("Test digits", &record.originals, SHOWN))
        .panel(digits_panel(
            "Decoded means, ten latent dimensions",
            &record.reconstructions,
            SHOWN,
        ));
    options.save_png("vae_reconstructions", &figure);

    let title = "Digits nobody wrote: decoded draws from N(0, I) in ten dimensions";
    let samples = digits_panel(title, &record.samples, SHOWN);
    options.save_png("vae_samples", &Figure::from(samples).size(8.0, 4.0));

    let title = "From one digit to another, ten latent dimensions";
    let rows: Vec<_> = record.on_the_way.iter().map(|rows| rows.view()).collect();
    let rows = digits_panel(title, &concatenate(Axis(0), &rows)?, SHOWN);
    options.save_png("vae_interpolation", &Figure::from(rows).size(8.0, 3.2));
    Ok(())
}
