//! A layer for images of one row, as one for signals.

use dl_core::{Scalar, instantiate};
use dl_nn::{
    Activation, Backward, Batch, BatchMut, Batching, Cache, Layer, LayerError, Mode, Param,
    ParamMut, ShapeError,
};
use ndarray::{ArrayD, Axis, IxDyn};

use super::image_shape;

/// Signals `[length, channels]` go through a layer for images `[1, length, channels]`: the elements are the same. So are
/// those of a kernel `[taps, channels, filters]`, which is `[1, taps, channels, filters]` inside.
#[derive(Debug, Clone)]
struct SignalLayer<F: Scalar> {
    image: Box<dyn Layer<F>>,
    input: [usize; 3],
    output: Vec<usize>,
}

/// A layer for images of one row, built for this shape, as one for signals.
pub(super) fn of_image<F: Scalar>(
    image: Box<dyn Layer<F>>,
    input: [usize; 3],
) -> Result<Box<dyn Layer<F>>, LayerError> {
    let output = image.output_shape(&input)?;
    Ok(boxed(image, input, output))
}

instantiate! {
    /// Boxed here, so that the passes are compiled here.
    fn boxed<F: Scalar>(
        image: Box<dyn Layer<F>>,
        input: [usize; 3],
        output: Vec<usize>,
    ) -> Box<dyn Layer<F>> {
        Box::new(SignalLayer { image, input, output })
    }
}

/// The rank of a kernel inside.
const KERNEL: usize = 4;

impl<F: Scalar> Layer<F> for SignalLayer<F> {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, ShapeError> {
        let takes = format!("a signal {:?}", &self.input[1..]);
        let fits = image_shape(input).is_ok_and(|image| image == self.input);
        ShapeError::require(fits, input, takes)?;
        Ok(self.output[1..].to_vec())
    }

    fn forward(&self, x: Batch<F>, y: BatchMut<F>, cache: &mut Cache<F>, mode: Mode) {
        let x = Batch::new(&self.input, x.slice());
        let y = BatchMut::new(&self.output, y.into_slice());
        self.image.forward(x, y, cache, mode);
    }

    fn backward(&self, pass: Backward<F>) {
        let Backward {
            x,
            y,
            dy,
            dx,
            cache,
            grads,
            ..
        } = pass;
        let grads = grads.into_arrays();
        let kernels: Vec<bool> = grads.iter().map(|g| g.ndim() == KERNEL - 1).collect();
        let kernels = || kernels.iter().enumerate().filter(|(_, kernel)| **kernel);
        // an axis comes and goes in place
        let take =
            |gradient: &mut ArrayD<F>| std::mem::replace(gradient, ArrayD::zeros(IxDyn(&[0])));
        for (i, _) in kernels() {
            grads[i] = take(&mut grads[i]).insert_axis(Axis(0));
        }
        let (x, y) = (
            Batch::new(&self.input, x.slice()),
            Batch::new(&self.output, y.slice()),
        );
        let dy = BatchMut::new(&self.output, dy.into_slice());
        let dx = dx.map(|dx| BatchMut::new(&self.input, dx.into_slice()));
        let pass = Backward::new(x, y, dy, cache).dx(dx).grads(grads);
        self.image.backward(pass);
        for (i, _) in kernels() {
            grads[i] = take(&mut grads[i]).index_axis_move(Axis(0), 0);
        }
    }

    fn params(&self) -> Vec<Param<'_, F>> {
        let mut params = self.image.params();
        for param in params
            .iter_mut()
            .filter(|param| param.value.ndim() == KERNEL)
        {
            param.value.index_axis_inplace(Axis(0), 0);
        }
        params
    }

    fn params_mut(&mut self) -> Vec<ParamMut<'_, F>> {
        let mut params = self.image.params_mut();
        for param in params
            .iter_mut()
            .filter(|param| param.value.ndim() == KERNEL)
        {
            param.value.index_axis_inplace(Axis(0), 0);
        }
        params
    }

    fn cached(&self, outputs: usize) -> usize {
        self.image.cached(outputs)
    }

    fn batching(&self) -> Batching {
        self.image.batching()
    }

    fn output_activation(&self) -> Option<Activation> {
        self.image.output_activation()
    }
}
