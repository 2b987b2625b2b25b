//! Gradients against central differences, for any layer or loss.
//!
//! For a scalar L and one element w in it, D(h) = [L(w + h) − L(w − h)] / 2h is ∂L/∂w up to
//! O(h²); (4·D(h/2) − D(h)) / 3 is so up to O(h⁴) (Richardson extrapolation). Where D(h) and
//! D(h/2) disagree, or the two one-sided slopes do, there is a kink (ReLU at 0) within h, and the
//! element is left out. [`contract`](crate::contract) checks the rest of what a layer promises.
//!
//! ```
//! use dl_nn::prelude::*;
//! use dl_nn::gradient_check::check_layer;
//! use dl_nn::ndarray::array;
//!
//! let x = array![[0.5, -1.0, 2.0], [1.5, 0.3, -0.7]].into_dyn();
//! let report = check_layer(&mut Activate(Tanh), &x)?;
//! assert_eq!(report.checked, 6);
//! assert!(report.worst <= 1e-6);
//! # Ok::<(), dl_nn::gradient_check::GradientError>(())
//! ```

use dl_core::Scalar;
use dl_core::random::generator;
use ndarray::{ArrayD, ArrayView2, IxDyn, array};

use crate::contract::description::{described, described_mut, first_difference};
use crate::error::{DataError, ShapeError};
use crate::layer::{Backward, Batch, BatchMut, Cache, Layer, Mode};
use crate::losses::{Loss, check_targets};
use crate::target::{Target, TargetRow};

/// The largest relative error that passes.
pub const TOLERANCE: f64 = 1e-6;

/// h: small compared with the inputs, large compared with rounding errors.
const STEP: f64 = 2e-4;

/// Gradients below this fraction of the largest one of their array are compared with that fraction.
const FLOOR: f64 = 1e-2;

/// Slopes that differ by more than this fraction of the largest gradient or the second derivative
/// show a kink.
const KINK: f64 = 1e-6;

/// The one-sided slopes of a smooth function differ by h·L″, so twice as much at h as at h/2, but for some h³ and
/// for rounding; at a kink they differ by its angle at both. This is the smallest angle that is seen, as a share of
/// the largest gradient.
const ONE_SIDED_KINK: f64 = 1e-6;

/// Maximum fraction of elements that may be left out because of kinks.
const MAX_KINKS: f64 = 0.2;

/// What a check that passed has compared.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct GradientReport {
    /// Number of elements compared.
    pub checked: usize,
    /// Number of elements left out because of a kink nearby.
    pub kinks: usize,
    /// The largest relative error.
    pub worst: f64,
}

/// Why a gradient check failed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GradientError {
    /// The layer refuses the input.
    #[error("the input: {0}")]
    Shape(#[from] ShapeError),
    /// The loss refuses the target.
    #[error("the target: {0}")]
    Target(#[from] DataError),
    /// `params` and `params_mut` differ in number, names or shapes.
    #[error("parameter {index}: params has {params}, params_mut has {params_mut}")]
    Parameters {
        /// Position in the list.
        index: usize,
        /// What `params` has there.
        params: String,
        /// What `params_mut` has there.
        params_mut: String,
    },
    /// A derivative disagrees with the differences.
    #[error(
        "∂L/∂{array}{index:?}: backward gives {backward}, differences give {differences} \
         (relative error {error:.1e}, tolerance {TOLERANCE:.0e})"
    )]
    Mismatch {
        /// The array: `input`, or a parameter's name.
        array: String,
        /// Where in it.
        index: Vec<usize>,
        /// The derivative from `backward`.
        backward: f64,
        /// The derivative from the differences.
        differences: f64,
        /// Their relative difference.
        error: f64,
    },
    /// A gradient is zero everywhere, so that nothing was tested.
    #[error("∂L/∂{array} is zero everywhere; check at an input where it is not")]
    Zero {
        /// The array.
        array: String,
    },
    /// Too many elements are near a kink to say anything.
    #[error("{kinks} of {elements} elements of {array} are within {STEP} of a kink")]
    Kinks {
        /// The array.
        array: String,
        /// Elements left out.
        kinks: usize,
        /// Elements in all.
        elements: usize,
    },
}

/// Checks a layer in training mode: L = Σ r ⊙ f(x) for a random r, with respect to the input and
/// every parameter. `dx` and `grads` are NaN before, so that an element not overwritten shows.
///
/// # Errors
/// [`GradientError`] naming the array and the index.
pub fn check_layer(
    layer: &mut dyn Layer<f64>,
    x: &ArrayD<f64>,
) -> Result<GradientReport, GradientError> {
    check_parameter_lists(layer)?;
    ShapeError::require(!x.is_empty() && x.ndim() > 0, x.shape(), "samples")?;
    let mode = Mode::Train { seed: 1 };
    let mut shape = vec![x.shape()[0]];
    shape.extend(layer.output_shape(&x.shape()[1..])?);
    let mut rng = generator(11);
    let r = ArrayD::from_shape_simple_fn(IxDyn(&shape), || f64::standard_normal(&mut rng));

    let mut cache = Cache::default();
    let mut y = ArrayD::from_elem(IxDyn(&shape), f64::NAN);
    let (sample, output) = (&x.shape()[1..], &shape[1..]);
    let batch = BatchMut::from_array(output, &mut y);
    layer.forward(Batch::from_array(x), batch, &mut cache, mode);
    let mut dx = ArrayD::from_elem(x.raw_dim(), f64::NAN);
    let params = layer.params();
    let names: Vec<String> = params.iter().map(|p| p.name.to_string()).collect();
    let mut grads: Vec<ArrayD<f64>> = params
        .iter()
        .map(|p| ArrayD::from_elem(p.value.raw_dim(), f64::NAN))
        .collect();
    drop(params);
    let mut dy = r.clone();
    let delta = BatchMut::from_array(output, &mut dy);
    let pass = Backward::new(
        Batch::from_array(x),
        Batch::from_array(&y),
        delta,
        &mut cache,
    );
    let gradient = BatchMut::from_array(sample, &mut dx);
    layer.backward(pass.dx(gradient).grads(&mut grads));

    let mut report = GradientReport::default();
    let objective = |layer: &dyn Layer<f64>, x: &ArrayD<f64>| {
        let mut y = ArrayD::from_elem(IxDyn(&shape), f64::NAN);
        let batch = BatchMut::from_array(output, &mut y);
        layer.forward(Batch::from_array(x), batch, &mut Cache::default(), mode);
        (&y * &r).sum()
    };
    let mut moved = x.clone();
    compare("input", &dx, &mut report, |index, offset| {
        moved[index] = x[index] + offset;
        let value = objective(layer, &moved);
        moved[index] = x[index];
        value
    })?;
    for (i, name) in names.iter().enumerate() {
        compare(name, &grads[i], &mut report, |index, offset| {
            let original = layer.params()[i].value[index];
            layer.params_mut()[i].value[index] = original + offset;
            let value = objective(layer, x);
            layer.params_mut()[i].value[index] = original;
            value
        })?;
    }
    Ok(report)
}

/// Checks a loss at one prediction, with respect to it.
///
/// # Errors
/// [`GradientError`] naming the index, or saying that the loss does not take such a target.
pub fn check_loss(
    loss: &dyn Loss<f64>,
    prediction: &[f64],
    target: TargetRow<'_, f64>,
) -> Result<GradientReport, GradientError> {
    let targets = match target {
        TargetRow::Class(class) => Target::Classes(array![class].into()),
        TargetRow::Values(values) => {
            Target::from_values(ArrayView2::from_shape((1, values.len()), values).expect("a row"))
        }
    };
    check_targets(loss, prediction.len(), &targets)?;
    let mut delta = vec![f64::NAN; prediction.len()];
    loss.sample(prediction, target, &mut delta);
    let mut report = GradientReport::default();
    let mut moved = prediction.to_vec();
    let mut scratch = delta.clone();
    compare(
        "prediction",
        &ArrayD::from_shape_vec(IxDyn(&[delta.len()]), delta).expect("a vector"),
        &mut report,
        |index, offset| {
            moved[index[0]] = prediction[index[0]] + offset;
            let value = loss.sample(&moved, target, &mut scratch);
            moved[index[0]] = prediction[index[0]];
            value
        },
    )?;
    Ok(report)
}

/// Compares one array's gradient with differences of `objective(index, offset)`.
fn compare(
    array: &str,
    gradient: &ArrayD<f64>,
    report: &mut GradientReport,
    mut objective: impl FnMut(&IxDyn, f64) -> f64,
) -> Result<(), GradientError> {
    let scale = gradient
        .iter()
        .fold(0.0, |scale: f64, g| scale.max(g.abs()));
    let mut kinks = 0;
    for (index, &backward) in gradient.indexed_iter() {
        let centre = objective(&index, 0.0);
        let [near, far] = [STEP / 2.0, STEP].map(|h| {
            let (up, down) = (objective(&index, h), objective(&index, -h));
            ((up - down) / (2.0 * h), (up - 2.0 * centre + down) / h)
        });
        // near a minimum the slope is small compared with its change
        let curvature = near.1.abs() / (STEP / 2.0);
        if scale > 0.0
            && ((near.0 - far.0).abs() > KINK * scale.max(curvature)
                || (2.0 * near.1 - far.1).abs() > ONE_SIDED_KINK * scale)
        {
            kinks += 1;
            continue;
        }
        let differences = (4.0 * near.0 - far.0) / 3.0;
        let size = backward.abs().max(differences.abs()).max(FLOOR * scale);
        let error = if backward == differences {
            0.0
        } else {
            (backward - differences).abs() / size
        };
        report.worst = report.worst.max(error);
        report.checked += 1;
        if error.is_nan() || error > TOLERANCE {
            return Err(GradientError::Mismatch {
                array: array.to_owned(),
                index: ndarray::Dimension::slice(&index).to_vec(),
                backward,
                differences,
                error,
            });
        }
    }
    report.kinks += kinks;
    if kinks as f64 > MAX_KINKS * gradient.len() as f64 {
        return Err(GradientError::Kinks {
            array: array.to_owned(),
            kinks,
            elements: gradient.len(),
        });
    }
    if scale == 0.0 {
        return Err(GradientError::Zero {
            array: array.to_owned(),
        });
    }
    Ok(())
}

fn check_parameter_lists(layer: &mut dyn Layer<f64>) -> Result<(), GradientError> {
    let params = described(&layer.params());
    let params_mut = described_mut(&layer.params_mut());
    match first_difference(&params, &params_mut) {
        None => Ok(()),
        Some((index, params, params_mut)) => Err(GradientError::Parameters {
            index,
            params,
            params_mut,
        }),
    }
}
