//! The drawbacks of fully connected networks, measured: many parameters, and no idea of where.
//!
//! A fully connected network and a convolutional one of about as many parameters learn the same digits.
//! Then the test digits are moved by a few pixels. And both learn once more from digits whose
//! pixels have been shuffled, all in the same way: to the one this is the same task, to the other
//! it is not.

use std::{error::Error, process::ExitCode};

use clap::Parser;
use dl_conv::{Conv2d, models::mnist_cnn};
use dl_data::{ImageDataset, Mnist};
use dl_math::random::generator;
use dl_nn::metrics::Estimate;
use dl_nn::prelude::*;
use dl_viz::style::{BLUE, GREEN, RED};
use dl_viz::{Band, Figure, Images, Legend, Line, Panel};
use examples::digits::{DigitOptions, predictions};
use examples::shift::{shift_at_random, shift_each, shifted, shuffled_pixels};
use examples::{Options, finish, println};
use ndarray::{Axis, stack};
use serde::{Deserialize, Serialize};

/// The farthest the test digits are moved.
const REACH: i32 = 6;
/// Training images of the default run.
const TRAIN: u32 = 10_000;
/// The test digit that is drawn.
const DIGIT: usize = 0;

/// Compares a fully connected with a convolutional network on digits that are out of place
#[derive(Debug, Parser)]
struct Args {
    #[command(flatten)]
    digits: DigitOptions,
}

/// The numbers behind the figures.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    /// In the order they are printed.
    networks: Vec<Outcome>,
    /// Test digits right of all, for each network trained on shuffled pixels.
    shuffled: Vec<(String, usize, usize)>,
}

/// How a network does on digits moved by 0, 1, … pixels.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Outcome {
    name: String,
    parameters: usize,
    /// Right of all; a digit moved counts once for each direction.
    right: Vec<(usize, usize)>,
    /// What it takes the drawn digit for, moved to the right.
    takes_for: Vec<usize>,
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let data = args.digits.load(Some(TRAIN))?;
    let record = args.digits.record.record(|| train_all(args, &data))?;
    print_parameters()?;
    print_record(&record)?;
    draw(&record, &data.test, &args.digits.options)
}

/// Hidden layers of 108 and 64: about as many parameters as the convolutional network.
fn fully_connected() -> Sequential<f32> {
    Sequential::input([28, 28, 1])
        .push(Flatten)
        .push(Dense::new(108).activation(Relu))
        .push(Dense::new(64).activation(Relu))
        .push(Dense::new(10))
}

fn train_all(args: &Args, data: &Mnist<f32>) -> Result<Record, Box<dyn Error>> {
    let moved = shift_at_random(&data.train, REACH, args.digits.seed)?;
    let mut networks = Vec::new();
    for (name, description, train) in [
        ("fully connected", fully_connected(), &data.train),
        ("convolutional", mnist_cnn(), &data.train),
        ("trained on moved digits", fully_connected(), &moved),
    ] {
        println!("\n{name}");
        let trainer = train_one(args, &description, train)?;
        networks.push(measure(name, &trainer, &data.test)?);
    }
    let mut shuffled = Vec::new();
    let train = shuffled_pixels(&data.train, &mut generator(args.digits.seed))?;
    let test = shuffled_pixels(&data.test, &mut generator(args.digits.seed))?;
    for (name, description) in [
        ("fully connected", fully_connected()),
        ("convolutional", mnist_cnn()),
    ] {
        println!("\n{name}, shuffled pixels");
        let trainer = train_one(args, &description, &train)?;
        let (right, all) = count_right(&trainer, &test)?;
        shuffled.push((name.to_owned(), right, all));
    }
    Ok(Record { networks, shuffled })
}

fn train_one(
    args: &Args,
    description: &Sequential<f32>,
    train: &ImageDataset<f32>,
) -> Result<Trainer<f32>, Box<dyn Error>> {
    let model = description.build(args.digits.seed)?;
    let loss = SoftmaxCrossEntropy::new();
    let mut trainer = Trainer::new(model, loss, Adam::new(1e-3))?;
    trainer.fit(train.images(), train.labels(), args.digits.fit())?;
    Ok(trainer)
}

fn count_right(
    trainer: &Trainer<f32>,
    data: &ImageDataset<f32>,
) -> Result<(usize, usize), Box<dyn Error>> {
    let all = predictions(trainer, data)?;
    Ok((all.iter().filter(|p| p.is_right()).count(), all.len()))
}

fn measure(
    name: &str,
    trainer: &Trainer<f32>,
    test: &ImageDataset<f32>,
) -> Result<Outcome, Box<dyn Error>> {
    let mut right = Vec::new();
    let mut takes_for = Vec::new();
    for pixels in 0..=REACH as isize {
        let mut sum = (0, 0);
        for (down, to_right) in [(0, pixels), (0, -pixels), (pixels, 0), (-pixels, 0)] {
            let moved = shift_each(test, |_| (down, to_right))?;
            let (right, all) = count_right(trainer, &moved)?;
            sum = (sum.0 + right, sum.1 + all);
        }
        right.push(sum);
        let digit = shift_each(&test.select(&[DIGIT])?, |_| (0, pixels))?;
        takes_for.extend(predictions(trainer, &digit)?.iter().map(|p| p.predicted));
    }
    Ok(Outcome {
        name: name.to_owned(),
        parameters: trainer.model().parameter_count(),
        right,
        takes_for,
    })
}

/// What the first layer alone costs on larger images.
fn print_parameters() -> Result<(), Box<dyn Error>> {
    println!("\nfirst layer of 100 neurons, or of 32 kernels of 3 by 3");
    for (side, channels) in [(28, 1), (64, 3), (224, 3)] {
        let dense = Sequential::<f32>::input([side, side, channels])
            .push(Flatten)
            .push(Dense::new(100))
            .build(0)?;
        let convolution = Sequential::<f32>::input([side, side, channels])
            .push(Conv2d::new(32, 3))
            .build(0)?;
        println!(
            "image {side} by {side} by {channels}: dense {} convolution {}",
            dense.parameter_count(),
            convolution.parameter_count()
        );
    }
    Ok(())
}

fn print_record(record: &Record) -> Result<(), Box<dyn Error>> {
    println!();
    for network in &record.networks {
        println!("parameters of {} {}", network.name, network.parameters);
    }
    println!(
        "\n{:<36} accuracy    lower    upper",
        "accuracy on moved digits"
    );
    for network in &record.networks {
        for (pixels, &(right, all)) in network.right.iter().enumerate() {
            // the four directions of a digit are not independent: as many trials as there are digits
            let estimate = Estimate::proportion(right / 4, all / 4);
            let interval = estimate.interval(0.95)?;
            println!(
                "{:<36} {:>8.4} {:>8.4} {:>8.4}",
                format!("{}, moved by {pixels}", network.name),
                right as f64 / all as f64,
                interval.lower,
                interval.upper
            );
        }
    }
    println!();
    for (name, right, all) in &record.shuffled {
        let share = *right as f64 / *all as f64;
        println!("shuffled pixels, {name} {share:.4}");
    }
    Ok(())
}

fn draw(
    record: &Record,
    test: &ImageDataset<f32>,
    options: &Options,
) -> Result<(), Box<dyn Error>> {
    let mut panel = Panel::new("Test digits out of place")
        .x_label("Moved by (pixels; mean of four directions)")
        .integer_x_ticks()
        .y_label("Accuracy")
        .y_range(0.0, 1.02)
        .legend(Legend::BottomLeft);
    for (network, color) in record.networks.iter().zip([BLUE, RED, GREEN]) {
        let pixels = 0..network.right.len();
        let (mut values, mut lower, mut upper) = (Vec::new(), Vec::new(), Vec::new());
        for &(right, all) in &network.right {
            let interval = Estimate::proportion(right / 4, all / 4).interval(0.95)?;
            values.push(right as f64 / all as f64);
            lower.push(interval.lower);
            upper.push(interval.upper);
        }
        panel = panel
            .band(Band::new(pixels.clone(), lower, upper).color(color))
            .line(Line::new(pixels, values).color(color).label(&network.name));
    }
    options.save("shifted_digits", &Figure::from(panel).size(8.5, 5.5));

    let image = test.images().index_axis(Axis(0), DIGIT);
    let panels = (0..=REACH as isize).map(|pixels| {
        let moved = shifted(image, 0, pixels);
        let takes_for = |network: usize| record.networks[network].takes_for[pixels as usize];
        let title = format!("+{pixels}: {} / {}", takes_for(0), takes_for(1));
        let moved = stack(Axis(0), &[moved.view()]).expect("one image");
        Panel::new(title).images(Images::new(moved.view()).range(0.0, 1.0))
    });
    let figure = Figure::new()
        .title("Moved by 0 to 6 pixels: fully connected / convolutional take it for")
        .size(12.0, 2.6)
        .grid(1, 7)
        .panels(panels);
    options.save_png("shifted_digits_example", &figure);
    Ok(())
}
