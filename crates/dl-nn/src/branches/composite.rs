//! Branches between one input and one output, as a layer.

use dl_core::{Scalar, instantiate};
use ndarray::ArrayD;

use super::branch::Branch;
use super::merge::{self, Merge};
use crate::activation::Activation;
use crate::error::ShapeError;
use crate::execute::Division;
use crate::layer::{Backward, Batch, BatchMut, Batching, Cache, Layer, Mode, Param, ParamMut};

/// y = g(merge(b₁(x), b₂(x), …)). One branch without a merge is a sequence inside a sequence.
#[derive(Debug, Clone)]
pub(crate) struct Composite<F: Scalar> {
    pub(super) branches: Vec<Branch<F>>,
    pub(super) merge: Merge,
    /// g.
    pub(super) activation: Activation,
    pub(super) input_shape: Vec<usize>,
    pub(super) output_shape: Vec<usize>,
}

instantiate! {
    /// Boxed here, so that the passes are compiled here.
    pub(super) fn boxed<F: Scalar>(layer: Composite<F>) -> Box<dyn Layer<F>> {
        Box::new(layer)
    }
}

impl<F: Scalar> Composite<F> {
    pub(crate) fn branches(&self) -> &[Branch<F>] {
        &self.branches
    }

    /// The elements of one sample after each of the layers inside, all together.
    pub(crate) fn activations(&self) -> usize {
        let layers = self.branches.iter().flat_map(|branch| &branch.layers);
        let elements = layers.map(|named| named.size().saturating_add(named.activations_inside()));
        elements.fold(0, usize::saturating_add)
    }

    /// Length of the last axis of the output.
    fn width(&self) -> usize {
        self.output_shape.last().copied().unwrap_or(1)
    }

    /// A layer that is given blocks is serial code.
    fn division(&self) -> Division {
        match self.batching() {
            Batching::Blocks => Division::OneBlock,
            Batching::Whole => Division::Blocks,
        }
    }

    /// Writes ∂L/∂output of a branch, given ∂L/∂y before the activation. `first`: of its columns, if concatenated.
    fn take_gradient(&self, delta: &[F], first: usize, width: usize, out: &mut [F]) {
        let division = self.division();
        match self.merge {
            Merge::Add => merge::copy(out, delta, division),
            Merge::Concat => {
                let all = (delta, self.width());
                merge::take_columns(all, first, (out, width), division);
            }
        }
    }

    /// The backward pass of all branches: ∂L/∂x is the sum of theirs.
    fn backward_branches(
        &self,
        x: Batch<F>,
        delta: &[F],
        dx: Option<BatchMut<F>>,
        cache: &mut Cache<F>,
        grads: &mut [ArrayD<F>],
    ) {
        let (mut dx, mut rest, mut first) = (dx, grads, 0);
        let Cache { inner, scratch, .. } = cache;
        for (i, (branch, cache)) in self.branches.iter().zip(inner).enumerate() {
            let grads;
            (grads, rest) = rest.split_at_mut(branch.arrays);
            let width = branch.output_shape.last().copied().unwrap_or(1);
            // the first branch writes ∂L/∂x, the others add to it
            let mut of_branch = match (&mut dx, i) {
                (None, _) => None,
                (Some(dx), 0) => Some(dx.slice_mut()),
                (Some(dx), _) => {
                    scratch[0].resize(dx.slice().len(), F::zero());
                    Some(&mut scratch[0][..])
                }
            };
            if !branch.is_identity() && (of_branch.is_some() || branch.arrays > 0) {
                let gradient = branch.output_gradient(x.len(), cache);
                self.take_gradient(delta, first, width, gradient);
                let of_branch = of_branch.as_deref_mut();
                let of_branch = of_branch.map(|dx| BatchMut::new(x.sample_shape(), dx));
                branch.backward(x, of_branch, cache, grads);
            } else if let Some(of_branch) = of_branch {
                self.take_gradient(delta, first, width, of_branch);
            }
            if let (Some(dx), true) = (&mut dx, i > 0) {
                merge::add_assign(dx.slice_mut(), &scratch[0], self.division());
            }
            first += width;
        }
    }
}

impl<F: Scalar> Layer<F> for Composite<F> {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, ShapeError> {
        let takes = format!("{:?}", self.input_shape);
        ShapeError::require(input == self.input_shape, input, takes)?;
        Ok(self.output_shape.clone())
    }

    /// Y = g(b₁(X) + b₂(X) + …), or g of them side by side.
    fn forward(&self, x: Batch<F>, mut y: BatchMut<F>, cache: &mut Cache<F>, mode: Mode) {
        let (division, width) = (self.division(), self.width());
        cache.nest(self.branches.len());
        let Cache { inner, values, .. } = cache;
        for (i, (branch, cache)) in self.branches.iter().zip(&mut *inner).enumerate() {
            branch.forward(x, cache, mode.part(i), division);
        }
        let branches = self.branches.iter().zip(&*inner);
        let outputs: Vec<_> = branches.map(|(b, cache)| b.output(x, cache)).collect();
        let y = y.slice_mut();
        let g = self.activation;
        match self.merge {
            // while the sum is in cache
            Merge::Add if !g.needs_input() => merge::add(&outputs, g, y, width, division),
            Merge::Add => merge::add(&outputs, Activation::Identity, y, width, division),
            Merge::Concat => merge::concat(&outputs, y, division),
        }
        if g.needs_input() {
            values.clear();
            values.extend_from_slice(y);
        }
        if g.needs_input() || self.merge == Merge::Concat {
            merge::activate(g, width, y, division);
        }
    }

    /// δ = ∂L/∂Y ⊙ g′; every branch gets δ, or its columns of it; ∂L/∂X is the sum over the branches.
    fn backward(&self, pass: Backward<F>) {
        let Backward {
            x,
            y,
            mut dy,
            dx,
            cache,
            grads,
            ..
        } = pass;
        let (division, width) = (self.division(), self.width());
        let at = [&cache.values[..], y.slice()];
        merge::activate_backward(self.activation, at, dy.slice_mut(), width, division);
        self.backward_branches(x, dy.slice(), dx, cache, grads.into_arrays());
    }

    fn params(&self) -> Vec<Param<'_, F>> {
        self.branches.iter().flat_map(Branch::params).collect()
    }

    fn params_mut(&mut self) -> Vec<ParamMut<'_, F>> {
        let branches = self.branches.iter_mut();
        branches.flat_map(Branch::params_mut).collect()
    }

    fn state(&self) -> Vec<Param<'_, F>> {
        self.branches.iter().flat_map(Branch::state).collect()
    }

    fn state_mut(&mut self) -> Vec<ParamMut<'_, F>> {
        self.branches
            .iter_mut()
            .flat_map(Branch::state_mut)
            .collect()
    }

    fn commit(&mut self, cache: &Cache<F>) {
        for (branch, cache) in self.branches.iter_mut().zip(&cache.inner) {
            branch.commit(cache);
        }
    }

    /// What the layers inside cache, and the gradients of their outputs; the outputs themselves are scratch.
    fn cached(&self, outputs: usize) -> usize {
        let layers = self.branches.iter().flat_map(|branch| &branch.layers);
        let inside = layers.map(|named| named.size().saturating_add(named.cached()));
        let own = self.activation.cached(outputs);
        inside.fold(own, usize::saturating_add)
    }

    fn batching(&self) -> Batching {
        let mut branches = self.branches.iter();
        match branches.all(|branch| branch.batching() == Batching::Blocks) {
            true => Batching::Blocks,
            false => Batching::Whole,
        }
    }

    fn output_activation(&self) -> Option<Activation> {
        match (&self.branches[..], self.activation) {
            ([only], Activation::Identity) => {
                let layers = only.layers.iter().rev();
                let mut applied = layers.filter_map(|named| named.layer.output_activation());
                applied.next()
            }
            (_, activation) => Some(activation),
        }
    }
}
