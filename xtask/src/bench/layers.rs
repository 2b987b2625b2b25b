//! The layers of the MNIST CNN one by one, on one core: each one's share of the time, and how near it
//! comes to the limits of arithmetic and cache (the roofline: Williams, Waterman, Patterson 2009).

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use dl_conv::models::mnist_cnn;
use dl_nn::contract::samples;
use dl_nn::ndarray::ArrayD;
use dl_nn::{Backward, Batch, BatchMut, Cache, Mode, Model, NamedLayer};
use examples::println;
use rayon::ThreadPoolBuilder;

use super::{flops, peak};

/// Images per block, as in the executor.
const BLOCK: usize = 8;
/// Elements of an array that fits into the L2 cache together with another one.
const CACHED: usize = 1 << 16;
/// How often each pass is run; the fastest counts, since others may use the machine.
const ROUNDS: usize = 1000;

/// One pass of a layer over a block.
struct Pass {
    seconds: f64,
    operations: f64,
    /// Read and written, each array once.
    bytes: f64,
}

/// Prints the table.
pub(super) fn run() -> Result<(), Box<dyn Error>> {
    let pool = ThreadPoolBuilder::new().num_threads(1).build()?;
    pool.install(|| {
        let model: Model<f32> = mnist_cnn().build(0).map_err(|error| error.to_string())?;
        let (peak, bandwidth) = (peak::best(), bandwidth());
        println!(
            "one core: {:.0} GFLOP/s, {:.0} GB/s to second-level cache; blocks of {BLOCK} images\n",
            peak / 1e9,
            bandwidth / 1e9
        );
        println!(
            "| layer | pass | µs an image | GFLOP/s | FLOP a byte | roof, GFLOP/s | share of roof |\n\
             |---|---|---|---|---|---|---|"
        );
        let mut shape = model.input_shape().to_vec();
        for (i, named) in model.layers().iter().enumerate() {
            let (forward, backward) = measure(named, &shape, i > 0);
            for (name, pass) in [("forward", forward), ("backward", backward)] {
                println!("{}", row(&named.name, name, &pass, peak, bandwidth));
            }
            shape.clone_from(&named.output_shape);
        }
        Ok::<_, String>(())
    })?;
    Ok(())
}

fn row(layer: &str, name: &str, pass: &Pass, peak: f64, bandwidth: f64) -> String {
    let time = pass.seconds / BLOCK as f64 * 1e6;
    let rate = pass.operations / pass.seconds;
    if pass.operations == 0.0 {
        // Nothing but movement: the roof is the cache's.
        let share = 100.0 * pass.bytes / pass.seconds / bandwidth;
        return format!("| {layer} | {name} | {time:.2} | - | 0 | - | {share:.0} % of GB/s |");
    }
    let intensity = pass.operations / pass.bytes;
    let roof = peak.min(intensity * bandwidth);
    format!(
        "| {layer} | {name} | {time:.2} | {:.0} | {intensity:.1} | {:.0} | {:.0} % |",
        rate / 1e9,
        roof / 1e9,
        100.0 * rate / roof
    )
}

/// The fastest of the rounds, of both passes; `inner` layers pass a gradient on.
fn measure(named: &NamedLayer<f32>, input: &[usize], inner: bool) -> (Pass, Pass) {
    let batch = |sample: &[usize]| [&[BLOCK], sample].concat();
    let x: ArrayD<f32> = samples(&batch(input), 1);
    let mut y: ArrayD<f32> = ArrayD::zeros(batch(&named.output_shape));
    let dy: ArrayD<f32> = samples(&batch(&named.output_shape), 2);
    let mut scratch = dy.clone();
    let mut dx: ArrayD<f32> = ArrayD::zeros(x.raw_dim());
    let params = named.layer.params();
    let output = &named.output_shape;
    let mut grads: Vec<ArrayD<f32>> = params
        .iter()
        .map(|p| ArrayD::zeros(p.value.raw_dim()))
        .collect();
    // kept for all blocks of a step
    let mut cache = Cache::keeping();
    let weights: usize = params.iter().map(|p| p.value.len()).sum();

    let mut best = [f64::INFINITY; 2];
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let (seed, layer) = (0, &named.layer);
        let (x, y_mut) = (Batch::from_array(&x), BatchMut::from_array(output, &mut y));
        layer.forward(x, y_mut, &mut cache, Mode::Train { seed });
        best[0] = best[0].min(start.elapsed().as_secs_f64());
        scratch.assign(&dy);
        let dx = inner.then(|| BatchMut::from_array(input, &mut dx));
        let start = Instant::now();
        let dy = BatchMut::from_array(output, &mut scratch);
        let pass = Backward::new(x, Batch::from_array(&y), dy, &mut cache);
        layer.backward(pass.dx(dx).grads(&mut grads));
        best[1] = best[1].min(start.elapsed().as_secs_f64());
    }
    let operations = (2 * BLOCK * flops::multiply_adds_of(named).unwrap_or(0)) as f64;
    let numbers = |numbers: usize| (numbers * size_of::<f32>()) as f64;
    let backward_products = if inner { 2.0 } else { 1.0 };
    let passed_on = if inner { x.len() } else { 0 };
    (
        Pass {
            seconds: best[0],
            operations,
            bytes: numbers(x.len() + y.len() + weights),
        },
        Pass {
            seconds: best[1],
            operations: backward_products * operations,
            bytes: numbers(x.len() + 2 * y.len() + passed_on + 2 * weights),
        },
    )
}

/// Bytes per second that a sum of two cached arrays reads and writes.
fn bandwidth() -> f64 {
    let mut a = vec![1.0_f32; CACHED];
    let b = vec![0.5_f32; CACHED];
    let mut best = f64::INFINITY;
    for _ in 0..200 {
        let start = Instant::now();
        for (a, b) in a.iter_mut().zip(&b) {
            *a += *b;
        }
        black_box(&mut a);
        best = best.min(start.elapsed().as_secs_f64());
    }
    (3 * CACHED * size_of::<f32>()) as f64 / best
}
