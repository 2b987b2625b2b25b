//! Passes through one layer, and their comparison.

use dl_core::Scalar;
use dl_core::random::generator;
use ndarray::{ArrayD, ArrayViewD, Dimension, IxDyn};

use super::ContractError;
use crate::error::ShapeError;
use crate::layer::{Backward, Batch, BatchMut, Cache, Layer, Mode, Param};

const MODE: Mode = Mode::Train { seed: 1 };

/// What a forward and a backward pass write.
pub(super) struct Passes<F> {
    y: ArrayD<F>,
    dx: Option<ArrayD<F>>,
    grads: Vec<(String, ArrayD<F>)>,
}

impl<F: Scalar> Passes<F> {
    /// Both passes of training, in buffers that hold `before`; ∂L/∂y is standard normal.
    pub(super) fn run(
        layer: &dyn Layer<F>,
        x: &ArrayD<F>,
        cache: &mut Cache<F>,
        before: F,
        dx_wanted: bool,
    ) -> Result<Self, ShapeError> {
        let mut y = output(layer, x, before)?;
        let sample_shape = y.shape()[1..].to_vec();
        let input = Batch::from_array(x);
        layer.forward(
            input,
            BatchMut::from_array(&sample_shape, &mut y),
            cache,
            MODE,
        );
        for scratch in &mut cache.scratch {
            scratch.fill(before);
        }
        let mut rng = generator(11);
        let mut dy = y.map(|_| F::standard_normal(&mut rng));
        let mut dx = dx_wanted.then(|| ArrayD::from_elem(x.raw_dim(), before));
        let params = layer.params();
        let arbitrary = |p: &Param<'_, F>| ArrayD::from_elem(p.value.raw_dim(), before);
        let mut grads: Vec<ArrayD<F>> = params.iter().map(arbitrary).collect();
        let dy = BatchMut::from_array(&sample_shape, &mut dy);
        let pass = Backward::new(input, Batch::from_array(&y), dy, cache);
        let sample = input.sample_shape();
        let wanted = dx.as_mut().map(|dx| BatchMut::from_array(sample, dx));
        layer.backward(pass.dx(wanted).grads(&mut grads));
        let names = params.iter().map(|p| p.name.to_string());
        let grads = names.zip(grads).collect();
        Ok(Self { y, dx, grads })
    }

    pub(super) fn same(&self, other: &Self, condition: &str) -> Result<(), ContractError> {
        close("y", self.y.view(), other.y.view(), F::zero(), condition)?;
        if let (Some(dx), Some(other)) = (&self.dx, &other.dx) {
            close("∂L/∂input", dx.view(), other.view(), F::zero(), condition)?;
        }
        for ((name, grad), (_, other)) in self.grads.iter().zip(&other.grads) {
            let array = format!("∂L/∂{name}");
            close(&array, grad.view(), other.view(), F::zero(), condition)?;
        }
        Ok(())
    }
}

/// A buffer for the outputs of `x`.
pub(super) fn output<F: Scalar>(
    layer: &dyn Layer<F>,
    x: &ArrayD<F>,
    before: F,
) -> Result<ArrayD<F>, ShapeError> {
    ShapeError::require(!x.is_empty() && x.ndim() > 0, x.shape(), "samples")?;
    let sample = layer.output_shape(&x.shape()[1..])?;
    let shape = [&x.shape()[..1], &sample].concat();
    Ok(ArrayD::from_elem(IxDyn(&shape), before))
}

/// `Ok` if the values are bit-identical or differ by no more than the tolerance.
pub(super) fn close<F: Scalar>(
    array: &str,
    expected: ArrayViewD<'_, F>,
    found: ArrayViewD<'_, F>,
    tolerance: F,
    condition: &str,
) -> Result<(), ContractError> {
    for ((index, &a), &b) in expected.indexed_iter().zip(found) {
        let same = a.as_f64().to_bits() == b.as_f64().to_bits();
        if !same && (tolerance == F::zero() || (a - b).abs() > tolerance || (a - b).is_nan()) {
            return Err(ContractError::Different {
                array: array.to_owned(),
                index: index.slice().to_vec(),
                expected: a.as_f64(),
                found: b.as_f64(),
                condition: condition.to_owned(),
            });
        }
    }
    Ok(())
}
