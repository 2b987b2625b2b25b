//! The two passes of a layer by itself, in new arrays: for looking inside a network, for composing layers by hand, and
//! for tests. A [`Workspace`](crate::Workspace) runs whole networks, and allocates nothing.
//!
//! ```
//! use dl_nn::ndarray::array;
//! use dl_nn::prelude::*;
//! use dl_nn::single_layer::{backward, forward};
//!
//! let (layer, mut cache) = (Activate(Tanh), Cache::default());
//! let x = array![[0.0], [1.0]].into_dyn();
//! let y = forward(&layer, &x, &mut cache, Mode::Eval)?;
//! assert_eq!(y, x.mapv(f64::tanh));
//! let (dx, _) = backward(&layer, &x, &y, &array![[1.0], [1.0]].into_dyn(), &mut cache);
//! assert_eq!(dx[[0, 0]], 1.0); // 1 − tanh² 0
//! # Ok::<(), dl_nn::ShapeError>(())
//! ```

use dl_core::instantiate;
use ndarray::{ArrayD, ArrayRef, IxDyn};

use super::stage::stage_from;
use crate::error::ShapeError;
use crate::layer::{Backward, Batch, BatchMut, Batching, Cache, Layer, Mode};
use crate::model::{Model, NamedLayer};

instantiate! {
    /// y = f(x), `[n, …output]`, for samples `[n, …input]` in any memory layout.
    ///
    /// # Errors
    /// [`ShapeError`] if the layer does not take such samples.
    pub fn forward<F: Scalar>(
        layer: &dyn Layer<F>,
        x: &ArrayRef<F, IxDyn>,
        cache: &mut Cache<F>,
        mode: Mode,
    ) -> Result<ArrayD<F>, ShapeError> {
        ShapeError::require(x.ndim() > 0, x.shape(), "samples")?;
        let sample_shape = layer.output_shape(&x.shape()[1..])?;
        let mut y = ArrayD::zeros([&x.shape()[..1], &sample_shape].concat());
        let x = x.as_standard_layout();
        let batch = BatchMut::from_array(&sample_shape, &mut y);
        layer.forward(Batch::from_array(&x), batch, cache, mode);
        Ok(y)
    }

    /// ∂L/∂x, and the gradients of the parameters in the order of [`Layer::params`], from `dy` = ∂L/∂y for the `x`
    /// and `y` of a [`forward`] pass with this cache.
    ///
    /// # Panics
    /// If x, y and the cache are not those of one forward pass, or `dy` does not have y's shape.
    pub fn backward<F: Scalar>(
        layer: &dyn Layer<F>,
        x: &ArrayRef<F, IxDyn>,
        y: &ArrayRef<F, IxDyn>,
        dy: &ArrayRef<F, IxDyn>,
        cache: &mut Cache<F>,
    ) -> (ArrayD<F>, Vec<ArrayD<F>>) {
        let zeros = |like: &ArrayRef<F, IxDyn>| ArrayD::zeros(like.raw_dim());
        let params = layer.params();
        let mut grads: Vec<_> = params.iter().map(|param| zeros(&param.value)).collect();
        let (mut dx, x, y) = (zeros(x), x.as_standard_layout(), y.as_standard_layout());
        // the layer may overwrite it
        let mut dy = dy.as_standard_layout().into_owned();
        let (x, y) = (Batch::from_array(&x), Batch::from_array(&y));
        let pass = Backward::new(x, y, BatchMut::from_array(y.sample_shape(), &mut dy), cache);
        let gradient = BatchMut::from_array(x.sample_shape(), &mut dx);
        layer.backward(pass.dx(gradient).grads(&mut grads));
        (dx, grads)
    }

    /// The mode in which a pass of a [`Workspace`](crate::Workspace) in this `mode` calls each layer, if it processes
    /// the batch as one block: with the same random numbers.
    pub fn layer_modes<F: Scalar>(model: &Model<F>, mode: Mode) -> Vec<Mode> {
        run_modes(model.layers(), mode)
    }

    /// The same for a sequence of layers inside a layer that is called in this `mode`, of which it is branch i: given
    /// [`mode.part(i)`](Mode::part).
    pub fn run_modes<F: Scalar>(layers: &[NamedLayer<F>], mode: Mode) -> Vec<Mode> {
        let mut modes = Vec::with_capacity(layers.len());
        while modes.len() < layers.len() {
            let stage = stage_from(layers, modes.len());
            let mode = mode.part(stage.start);
            match layers[stage.start].layer.batching() {
                Batching::Whole => modes.push(mode),
                Batching::Blocks => modes.extend((0..stage.len()).map(|i| mode.part(0).part(i))),
            }
        }
        let modes = layers.iter().zip(modes);
        modes.map(|(named, mode)| named.mode(mode)).collect()
    }
}
