//! The arguments of a backward pass.

use std::ops::{Index, IndexMut};

use ndarray::{ArrayD, ArrayViewMut2, Ix2};

use crate::layer::{Batch, BatchMut, Cache};

/// What [`Layer::backward`](crate::Layer::backward) reads and writes. A layer names the fields it needs:
///
/// ```
/// # use dl_nn::{Backward, Scalar};
/// # fn backward<F: Scalar>(pass: Backward<'_, F>) {
/// let Backward { x, dy, dx, .. } = pass;
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Backward<'a, F> {
    /// The input of the forward pass.
    pub x: Batch<'a, F>,
    /// Its output.
    pub y: Batch<'a, F>,
    /// ∂L/∂y; may be used as scratch space.
    pub dy: BatchMut<'a, F>,
    /// ∂L/∂x, which is *overwritten*; `None` if it is not needed.
    pub dx: Option<BatchMut<'a, F>>,
    /// What the forward pass left.
    pub cache: &'a mut Cache<F>,
    /// ∂L/∂parameter, which is *overwritten*.
    pub grads: Gradients<'a, F>,
}

impl<'a, F> Backward<'a, F> {
    /// Neither ∂L/∂x nor gradients of parameters are asked for.
    pub fn new(
        x: Batch<'a, F>,
        y: Batch<'a, F>,
        dy: BatchMut<'a, F>,
        cache: &'a mut Cache<F>,
    ) -> Self {
        Self {
            x,
            y,
            dy,
            dx: None,
            cache,
            grads: Gradients::new(&mut []),
        }
    }

    /// Asks for ∂L/∂x.
    #[must_use]
    pub fn dx(mut self, dx: impl Into<Option<BatchMut<'a, F>>>) -> Self {
        self.dx = dx.into();
        self
    }

    /// Writes these gradients, which mirror [`Layer::params`](crate::Layer::params).
    #[must_use]
    pub fn grads(mut self, grads: &'a mut [ArrayD<F>]) -> Self {
        self.grads = Gradients::new(grads);
        self
    }
}

/// The gradients of a layer's parameters, in the order of [`Layer::params`](crate::Layer::params) and in standard
/// layout.
///
/// ```
/// use dl_nn::Gradients;
/// use dl_nn::ndarray::array;
///
/// let mut arrays = [array![[1.0, 2.0]].into_dyn(), array![3.0].into_dyn()];
/// let mut grads = Gradients::new(&mut arrays);
/// grads.matrix(0).assign(&array![[0.5, 1.5]]);
/// grads.slice(1)[0] = 4.0;
/// assert_eq!(arrays[0], array![[0.5, 1.5]].into_dyn());
/// assert_eq!(arrays[1], array![4.0].into_dyn());
/// ```
#[derive(Debug)]
pub struct Gradients<'a, F>(&'a mut [ArrayD<F>]);

impl<'a, F> Gradients<'a, F> {
    /// Arrays with the shapes of the parameters.
    pub fn new(arrays: &'a mut [ArrayD<F>]) -> Self {
        Self(arrays)
    }

    /// Number of parameters.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no parameters.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The arrays, to be shared out among the layers inside a layer.
    pub fn into_arrays(self) -> &'a mut [ArrayD<F>] {
        self.0
    }

    /// The elements of one parameter's gradient in order.
    ///
    /// # Panics
    /// Where there is no such parameter.
    pub fn slice(&mut self, parameter: usize) -> &mut [F] {
        elements(&mut self.0[parameter])
    }

    /// The elements of all `N` gradients.
    ///
    /// # Panics
    /// Where there are not `N` of them.
    pub fn slices<const N: usize>(&mut self) -> [&mut [F]; N] {
        let found = self.0.len();
        let arrays: &mut [ArrayD<F>; N] = (&mut *self.0)
            .try_into()
            .unwrap_or_else(|_| panic!("gradients of {found} parameters, not {N}"));
        arrays.each_mut().map(elements)
    }

    /// The gradient of a parameter that is a matrix.
    ///
    /// # Panics
    /// Where there is no such parameter.
    pub fn matrix(&mut self, parameter: usize) -> ArrayViewMut2<'_, F> {
        let gradient = self.0[parameter].view_mut();
        gradient
            .into_dimensionality::<Ix2>()
            .expect("the gradient of a matrix")
    }
}

fn elements<F>(gradient: &mut ArrayD<F>) -> &mut [F] {
    gradient
        .as_slice_mut()
        .expect("gradients are in standard layout")
}

impl<F> Index<usize> for Gradients<'_, F> {
    type Output = ArrayD<F>;

    fn index(&self, parameter: usize) -> &ArrayD<F> {
        &self.0[parameter]
    }
}

impl<F> IndexMut<usize> for Gradients<'_, F> {
    fn index_mut(&mut self, parameter: usize) -> &mut ArrayD<F> {
        &mut self.0[parameter]
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn slices_of_all_gradients() {
        let mut arrays = [array![1.0, 2.0].into_dyn(), array![[3.0]].into_dyn()];
        let mut grads = Gradients::new(&mut arrays);
        let [first, second] = grads.slices();
        first[1] = 4.0;
        second[0] = 5.0;
        assert_eq!((grads.len(), grads.is_empty()), (2, false));
        assert_eq!(grads[0], array![1.0, 4.0].into_dyn());
        assert_eq!(grads[1], array![[5.0]].into_dyn());
    }

    #[test]
    #[should_panic(expected = "gradients of 1 parameters, not 2")]
    fn as_many_as_there_are() {
        let [_, _] = Gradients::new(&mut [array![1.0].into_dyn()]).slices();
    }
}
