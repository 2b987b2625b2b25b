//! One training step under the X-ray: every number of a small network, every map of a larger one.
//!
//! What a teacher draws on the board, made of the numbers that the library computes: inputs, weights,
//! sums and outputs on the way forward, and beside each of them the derivative of the loss on the way
//! back.

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;
use dl_conv::{Conv2d, MaxPool2d};
use dl_nn::prelude::*;
use dl_watch::XRay;
use examples::digits::first_digits;
use examples::{Options, finish, println};
use ndarray::{Axis, array};

/// The test digit that is looked through: a 7.
const DIGIT: usize = 0;

/// Records every input, output and gradient of one step, and draws them
#[derive(Debug, Parser)]
struct Args {
    #[command(flatten)]
    options: Options,
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let step = small_network()?;
    println!("one step of a small network\n{step}");
    println!("loss of the small network {:.4}", step.loss);
    args.options.save("xray_step", &step.figure());

    let digit = convolutional_network()?;
    println!("\n{digit}");
    args.options.save_png("xray_digit", &digit.figure());
    Ok(())
}

/// Exclusive or with three hidden units, one sample, nothing learnt yet.
fn small_network() -> Result<XRay<f64>, Box<dyn Error>> {
    let model = Sequential::input([2])
        .push(Dense::new(3).activation(Tanh))
        .push(Dense::new(2))
        .build(5)?;
    let (x, labels) = (array![[1.0, 0.0]], vec![1]);
    let loss = SoftmaxCrossEntropy::new();
    Ok(XRay::new(&model, &loss, &x, &labels, Mode::Eval)?)
}

/// A convolution with eight filters on one digit.
fn convolutional_network() -> Result<XRay<f64>, Box<dyn Error>> {
    let data = first_digits(None, Some(1), true)?;
    let image = data.test.images().select(Axis(0), &[DIGIT]);
    let labels = vec![data.test.labels()[DIGIT]];
    let model = Sequential::input([28, 28, 1])
        .push(Conv2d::new(8, 5).activation(Relu))
        .push(MaxPool2d::new(2))
        .push(Flatten)
        .push(Dense::new(10))
        .build(1)?;
    let loss = SoftmaxCrossEntropy::new();
    let x = image.mapv(f64::from);
    Ok(XRay::new(&model, &loss, &x, &labels, Mode::Eval)?)
}
