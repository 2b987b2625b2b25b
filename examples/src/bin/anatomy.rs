//! The library from the inside: a training step in the open, and what must not change its bits.

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;
use dl_conv::models::mnist_cnn;
use dl_data::{StandardScaler, iris};
use dl_math::random::generator;
use dl_nn::gradient_check::{TOLERANCE, check_layer};
use dl_nn::losses::mean_loss;
use dl_nn::prelude::*;
use dl_nn::{LossPart, Workspace};
use examples::{Options, finish, println};
use ndarray::{Array1, Array2, Array4, Axis};

/// Steps in the open and by the trainer.
const STEPS: usize = 20;
const LEARNING_RATE: f64 = 0.1;
/// Images of a step of the convolutional network: several blocks of them.
const IMAGES: usize = 32;

/// Takes a training step apart, and shows that neither that nor threads change a bit
#[derive(Debug, Parser)]
struct Args {
    #[command(flatten)]
    options: Options,
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let data = iris::<f32>();
    let x = StandardScaler::fit(data.features())?.transform(data.features())?;
    let labels = data.labels().to_vec();

    let mut model = network().build(42)?;
    println!("{}\n", model.summary());
    println!("parameters in all  {}", model.parameter_count());
    let activations = model.summary().activation_bytes / size_of::<f32>();
    println!("activations of one sample  {activations}");

    println!(
        "\na network of {} classes before training",
        data.class_names().len()
    );
    let mut workspace = Workspace::training(&model, labels.len())?;
    let mut losses = Vec::new();
    for _ in 0..STEPS {
        losses.push(step(&mut model, &mut workspace, &x, &labels));
    }
    println!("loss of step 1  {:.4}", losses[0]);
    println!("loss of step {STEPS}  {:.4}", losses[STEPS - 1]);

    let sgd = Sgd::new(LEARNING_RATE);
    let mut trainer = Trainer::new(network().build(42)?, SoftmaxCrossEntropy::new(), sgd)?;
    for _ in 0..STEPS {
        trainer.step(&x, &labels)?;
    }
    let differ = differing(&model, trainer.model());
    println!("weights in which trainer and open loop differ  {differ}");

    let steps = if args.options.quick { 1 } else { 5 };
    let (one, two) = (on_threads(1, steps)?, on_threads(2, steps)?);
    println!(
        "\nparameters of the convolutional network  {}",
        one.parameter_count()
    );
    println!(
        "weights in which 1 and 2 threads differ  {}",
        differing(&one, &two)
    );

    let compared = derivatives(3, 4, 3)?;
    println!("\nderivatives of a dense layer compared  {compared}");
    let compared = derivatives(5, 6, 2)?;
    println!("derivatives of a layer from 6 to 2, 5 samples  {compared}");
    println!("largest relative error allowed  {TOLERANCE:e}");

    let (left, right) = ((0.1 + 0.2) + 0.3, 0.1 + (0.2 + 0.3));
    println!("\nsum from the left  {left}");
    println!("sum from the right  {right}");

    let losses = Array1::from_shape_fn(10, |i| if i < 8 { 1.0 } else { 2.0 });
    let blocks = losses.axis_chunks_iter(Axis(0), 8);
    let means: Vec<f64> = blocks.filter_map(|block| block.mean()).collect();
    println!("\nmean over samples  {}", losses.sum() / 10.0);
    println!("mean of the blocks' means  {}", (means[0] + means[1]) / 2.0);
    Ok(())
}

/// How many derivatives of a dense layer agree with differences.
fn derivatives(samples: usize, inputs: usize, units: usize) -> Result<usize, Box<dyn Error>> {
    let spec = Dense::new(units).activation(Tanh);
    let mut layer = LayerSpec::<f64>::build(&spec, &[inputs], &mut generator(1))?;
    let x = dl_nn::contract::samples(&[samples, inputs], 7);
    Ok(check_layer(&mut *layer, &x)?.checked)
}

/// The network of the README.
fn network() -> Sequential<f32> {
    Sequential::input([4])
        .push(Dense::new(10).activation(Relu))
        .push(Dense::new(10).activation(Relu))
        .push(Dense::new(3))
}

/// One step of gradient descent on all samples; returns the loss before it.
fn step(
    model: &mut Model<f32>,
    workspace: &mut Workspace<f32>,
    x: &Array2<f32>,
    labels: &[usize],
) -> f64 {
    let loss = SoftmaxCrossEntropy::new();
    let targets = Target::from(labels);
    // forward, through the loss, and back
    let part = workspace.train(
        model,
        Batch::from_array(x),
        Mode::Train { seed: 0 },
        &|samples, outputs, delta| LossPart {
            loss: mean_loss(&loss, outputs, &targets, samples, None, delta),
            correct: 0,
        },
    );
    // w ← w − η ∂L/∂w
    let gradients = workspace.grads().iter().flatten();
    for ((_, mut weights), gradient) in model.params_mut().zip(gradients) {
        weights.scaled_add(-LEARNING_RATE as f32, gradient);
    }
    part.loss
}

/// The convolutional network after some steps on noise, computed by this many threads.
fn on_threads(threads: usize, steps: usize) -> Result<Model<f32>, Box<dyn Error>> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()?;
    let generator = &mut generator(7);
    let images = Array4::from_shape_simple_fn((IMAGES, 28, 28, 1), || f32::uniform(generator));
    let labels: Vec<usize> = (0..IMAGES).map(|i| i % 10).collect();
    let model = mnist_cnn().build(42)?;
    let mut trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(0.001))?;
    pool.install(|| (0..steps).try_for_each(|_| trainer.step(&images, &labels).map(drop)))?;
    Ok(trainer.into_model())
}

/// How many weights of two models are not the same bits.
fn differing(a: &Model<f32>, b: &Model<f32>) -> usize {
    let values = |model: &Model<f32>| -> Vec<u32> {
        let params = model
            .params()
            .flat_map(|(_, value)| value.iter().map(|w| w.to_bits()).collect::<Vec<_>>());
        params.collect()
    };
    values(a)
        .iter()
        .zip(values(b))
        .filter(|(a, b)| **a != *b)
        .count()
}
