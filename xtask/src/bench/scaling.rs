//! How the cost of training grows with the batch, the image, the channels and the threads.

use std::error::Error;
use std::time::Instant;

use dl_conv::{Conv2d, MaxPool2d};
use dl_nn::contract::samples;
use dl_nn::ndarray::{Array1, ArrayD};
use dl_nn::prelude::*;
use examples::println;
use rayon::ThreadPoolBuilder;

use super::{flops, peak};

const CLASSES: usize = 10;
/// Operations timed together, about a tenth of a second.
const OPERATIONS: f64 = 2e10;
const ROUNDS: usize = 5;

/// A network of two convolutions on square images.
#[derive(Debug, Clone, Copy)]
struct Setting {
    batch: usize,
    side: usize,
    channels: usize,
    threads: usize,
}

/// Prints the table: starting from the middle of each scale, one quantity changes.
pub(super) fn run(threads: usize) -> Result<(), Box<dyn Error>> {
    let middle = Setting {
        batch: 64,
        side: 28,
        channels: 32,
        threads,
    };
    let batches = [1, 4, 16, 64, 256].map(|batch| Setting { batch, ..middle });
    let sides = [12, 20, 28, 56, 112].map(|side| Setting { side, ..middle });
    let channels = [4, 8, 16, 32, 64, 128].map(|channels| Setting { channels, ..middle });
    let threads = (1..=threads).map(|threads| Setting { threads, ..middle });
    let peaks = [peak::measure(1), peak::measure(middle.threads)];
    println!(
        "two convolutions 3×3 of c and 2c filters, each followed by 2×2 pooling, and a dense layer; \
         training with Adam\npeak of one thread {:.0}, of {} {:.0} GFLOP/s\n",
        peaks[0] / 1e9,
        middle.threads,
        peaks[1] / 1e9
    );
    println!("| batch | pixels | c | threads | images/s | GFLOP/s | share of peak |");
    println!("|---|---|---|---|---|---|---|");
    let all = batches.into_iter().chain(sides).chain(channels);
    for setting in all.chain(threads) {
        println!("{}", row(setting)?);
    }
    Ok(())
}

fn row(setting: Setting) -> Result<String, Box<dyn Error>> {
    let Setting {
        batch,
        side,
        channels,
        threads,
    } = setting;
    let pool = ThreadPoolBuilder::new().num_threads(threads).build()?;
    let (images, rate) = pool.install(|| measure(setting).map_err(|error| error.to_string()))?;
    let share = 100.0 * rate / peak::measure(threads);
    let rate = rate / 1e9;
    Ok(format!(
        "| {batch} | {side}×{side} | {channels} | {threads} | {images:.0} | {rate:.0} | {share:.0} % |"
    ))
}

/// Images and operations per second, the median of the rounds.
fn measure(setting: Setting) -> Result<(f64, f64), Box<dyn Error>> {
    let Setting {
        batch,
        side,
        channels,
        ..
    } = setting;
    let model: Model<f32> = Sequential::input([side, side, 1])
        .push(Conv2d::new(channels, 3).activation(Relu))
        .push(MaxPool2d::new(2))
        .push(Conv2d::new(2 * channels, 3).activation(Relu))
        .push(MaxPool2d::new(2))
        .push(Flatten)
        .push(Dense::new(CLASSES))
        .build(0)?;
    let operations = flops::training(&model) * batch as f64;
    let steps = (OPERATIONS / operations).ceil().clamp(4.0, 2000.0) as usize;
    let x: ArrayD<f32> = samples(&[batch, side, side, 1], 1);
    let labels: Array1<usize> = (0..batch).map(|i| i % CLASSES).collect();
    let mut trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(1e-4))?;
    trainer.step(&x, &labels)?;
    let mut seconds = Vec::new();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for _ in 0..steps {
            trainer.step(&x, &labels)?;
        }
        seconds.push(start.elapsed().as_secs_f64() / steps as f64);
    }
    seconds.sort_by(f64::total_cmp);
    let seconds = seconds[ROUNDS / 2];
    Ok((batch as f64 / seconds, operations / seconds))
}
