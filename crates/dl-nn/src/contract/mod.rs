//! What [`Layer`] promises, checked for any layer, such as your own.
//!
//! [`check`] checks that
//! - the layer takes the input, and writes outputs of the shape it announces;
//! - `params` and `params_mut`, `state` and `state_mut` list the same arrays, under different names and with
//!   the same decay;
//! - outputs and gradients do not depend on what the buffers and the cache held before, come out
//!   the same a second time, and gradients of parameters the same where `dx` is not asked for;
//! - in evaluation the output of a sample depends on that sample alone: bit-identical for
//!   [`Batching::Blocks`] layers, to half of the digits for others, whose products may be summed
//!   in a different order;
//! - results are bit-identical with 1, 2 and 8 threads;
//! - `dx` and `grads` are overwritten, and both agree with central differences
//!   ([`gradient_check`](crate::gradient_check)).
//!
//! ```
//! use dl_nn::contract::{check, samples};
//! use dl_nn::prelude::*;
//!
//! let report = check(&mut Activate(Tanh), &samples(&[4, 3, 2], 7))?;
//! assert_eq!(report.checked, 4 * 3 * 2); // derivatives
//! # Ok::<(), dl_nn::contract::ContractError>(())
//! ```

pub(crate) mod description;
mod error;
mod lists;
mod passes;

use dl_core::gemm::Packings;
use dl_core::random::generator;
use dl_core::{Scalar, instantiate};
use ndarray::{ArrayD, Axis, IxDyn, Slice};

use crate::error::ShapeError;
use crate::gradient_check::{GradientReport, check_layer};
use crate::layer::{Batch, BatchMut, Batching, Cache, Layer, Mode};

pub use error::ContractError;

use passes::{Passes, close, output};

/// Numbers of threads whose results must agree.
const THREADS: [usize; 3] = [1, 2, 8];

/// Checks everything, gradients included, on samples `[n, …]`; see the [module](self).
///
/// The report counts the derivatives compared. Differences take two passes per element: keep the
/// input and the parameters small.
///
/// # Errors
/// [`ContractError`] for the first promise broken.
pub fn check(layer: &mut dyn Layer<f64>, x: &ArrayD<f64>) -> Result<GradientReport, ContractError> {
    check_passes(layer, x)?;
    Ok(check_layer(layer, x)?)
}

instantiate! {
    /// Checks everything but the gradients' values, in either precision: for inputs of the size
    /// where a layer splits its work, and for `f32`.
    ///
    /// # Errors
    /// [`ContractError`] for the first promise broken.
    pub fn check_passes<F: Scalar>(
        layer: &mut dyn Layer<F>,
        x: &ArrayD<F>,
    ) -> Result<(), ContractError> {
        keeps_promises(layer, x)
    }
}

fn keeps_promises<F: Scalar>(layer: &mut dyn Layer<F>, x: &ArrayD<F>) -> Result<(), ContractError> {
    lists::check(layer)?;
    let layer = &*layer;
    let fresh = Passes::run(layer, x, &mut Cache::default(), F::nan(), true)?;

    let mut used = Cache {
        values: vec![F::nan(); 3 * x.len()],
        statistics: vec![F::nan(); x.len() + 7],
        indices: vec![u32::MAX; x.len() + 2],
        scratch: [5, x.len(), 3, 1, 2].map(|length| vec![F::nan(); length]),
        packings: Packings::keeping(),
        ..Cache::default()
    };
    let again = Passes::run(layer, x, &mut used, F::cast(0.75), true)?;
    fresh.same(&again, "where the buffers held something else")?;
    let again = Passes::run(layer, x, &mut used, F::nan(), true)?;
    fresh.same(&again, "the second time")?;
    let again = Passes::run(layer, x, &mut used, F::nan(), false)?;
    fresh.same(&again, "where ∂L/∂input is not asked for")?;

    check_samples(layer, x)?;

    for threads in THREADS {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.map_err(|error| ContractError::Threads {
            threads,
            reason: error.to_string(),
        })?;
        let run = || Passes::run(layer, x, &mut Cache::default(), F::nan(), true);
        fresh.same(
            &pool.install(run)?,
            &format!("where the number of threads is {threads}"),
        )?;
    }
    Ok(())
}

instantiate! {
    /// Standard normal numbers of this shape; those of the first sample are positive, so that not
    /// every ReLU is dead.
    pub fn samples<F: Scalar>(shape: &[usize], seed: u64) -> ArrayD<F> {
        let mut rng = generator(seed);
        let mut x = ArrayD::from_shape_simple_fn(IxDyn(shape), || F::standard_normal(&mut rng));
        if shape.first().is_some_and(|&n| n > 0) {
            let mut first = x.index_axis_mut(Axis(0), 0);
            first.mapv_inplace(|x| x.abs() + F::cast(0.1));
        }
        x
    }

    /// Moves parameters and state from where they start, zeros and ones, to where a mistake shows.
    /// Unit 0 of kernels and biases becomes positive, so that it is alive for positive samples; the
    /// state grows.
    pub fn perturb<F: Scalar>(layer: &mut dyn Layer<F>, seed: u64) {
        move_apart(layer, seed);
    }
}

fn move_apart<F: Scalar>(layer: &mut dyn Layer<F>, seed: u64) {
    let mut rng = generator(seed);
    for mut param in layer.params_mut() {
        param.value.mapv_inplace(|w| {
            let spread = if w == F::zero() { 0.3 } else { 0.1 };
            w + F::cast(spread) * F::standard_normal(&mut rng)
        });
        if param.name == "kernel" || param.name == "bias" {
            let units = Axis(param.value.ndim() - 1);
            let mut first = param.value.index_axis_mut(units, 0);
            first.mapv_inplace(F::abs);
        }
    }
    for mut state in layer.state_mut() {
        state.value.mapv_inplace(|s| s + F::uniform(&mut rng));
    }
}

/// The output of each sample by itself against that of the batch, in evaluation.
fn check_samples<F: Scalar>(layer: &dyn Layer<F>, x: &ArrayD<F>) -> Result<(), ContractError> {
    let evaluate = |x: &ArrayD<F>| {
        let mut y = output(layer, x, F::nan())?;
        let sample_shape = y.shape()[1..].to_vec();
        let output = BatchMut::from_array(&sample_shape, &mut y);
        let cache = &mut Cache::default();
        layer.forward(Batch::from_array(x), output, cache, Mode::Eval);
        Ok::<_, ShapeError>(y)
    };
    let y = evaluate(x)?;
    let tolerance = match layer.batching() {
        Batching::Blocks => F::zero(),
        Batching::Whole => {
            let largest = y.iter().fold(F::zero(), |most, y| y.abs().max(most));
            F::epsilon().sqrt() * largest
        }
    };
    for i in 0..x.len_of(Axis(0)) {
        let row = Slice::from(i..i + 1);
        let alone = evaluate(&x.slice_axis(Axis(0), row).to_owned())?;
        let together = y.slice_axis(Axis(0), row);
        let condition = format!("where sample {i} is alone");
        close("y", together, alone.view(), tolerance, &condition)?;
    }
    Ok(())
}
