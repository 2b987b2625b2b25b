//! A sequence of layers inside a layer.

use dl_core::Scalar;
use dl_core::memory::OutOfMemory;
use ndarray::ArrayD;

use crate::execute::{Division, NO_BACKWARD, Stages};
use crate::layer::cache::Buffers;
use crate::layer::{Batch, BatchMut, Batching, Cache, Mode, Param, ParamMut};
use crate::model::NamedLayer;

/// A sequence of layers inside a layer; without any, the identity.
#[derive(Debug, Clone)]
pub(crate) struct Branch<F: Scalar> {
    /// Stands before the names of its layers; empty if there is only one branch.
    pub(crate) name: String,
    pub(crate) layers: Vec<NamedLayer<F>>,
    /// The shape of one output sample.
    pub(crate) output_shape: Vec<usize>,
    /// How many arrays its parameters are.
    pub(super) arrays: usize,
}

impl<F: Scalar> Branch<F> {
    pub(super) fn new(name: String, layers: Vec<NamedLayer<F>>, input: &[usize]) -> Self {
        let output_shape = layers.last().map_or(input, |last| &last.output_shape);
        let arrays = layers.iter().map(|named| named.layer.params().len()).sum();
        Self {
            name,
            output_shape: output_shape.to_vec(),
            layers,
            arrays,
        }
    }

    pub(super) fn is_identity(&self) -> bool {
        self.layers.is_empty()
    }

    pub(super) fn batching(&self) -> Batching {
        let mut layers = self.layers.iter();
        match layers.all(|named| named.layer.batching() == Batching::Blocks) {
            true => Batching::Blocks,
            false => Batching::Whole,
        }
    }

    /// Leaves the output in the cache, where [`output`](Self::output) finds it.
    pub(super) fn forward(
        &self,
        x: Batch<F>,
        cache: &mut Cache<F>,
        mode: Mode,
        division: Division,
    ) {
        if self.is_identity() {
            return;
        }
        let (keeps_packed, for_backward) = (cache.packings.keeps(), !cache.forward_only);
        let capacity = cache.capacity.max(x.len());
        let fits =
            |stages: &&mut Stages<F>| stages.capacity >= capacity && stages.fits(&self.layers);
        if planned(cache).filter(fits).is_none() {
            let planned = Stages::plan(&self.layers, capacity, false, division);
            let mut planned = reserved(planned);
            if keeps_packed {
                planned.keep_packed();
            }
            cache.buffers = Some(Box::new(planned));
        }
        let stages = planned(cache).expect("just planned");
        if !keeps_packed {
            // the parameters may have changed, or be those of another layer
            stages.forget_packed();
        }
        let skip = if for_backward { 0 } else { NO_BACKWARD };
        stages.forward(&self.layers, x, mode, skip);
    }

    pub(super) fn output<'a>(&self, x: Batch<'a, F>, cache: &'a Cache<F>) -> Batch<'a, F> {
        if self.is_identity() {
            return x;
        }
        let buffers = cache.buffers.as_ref().expect("after a forward pass");
        let stages = buffers.as_any().downcast_ref::<Stages<F>>();
        stages.expect("of these layers").output(x.len())
    }

    /// Where ∂L/∂output of `n` samples is written before [`backward`](Self::backward). Not for the identity.
    pub(super) fn output_gradient<'a>(&self, n: usize, cache: &'a mut Cache<F>) -> &'a mut [F] {
        let stages = planned(cache).expect("after a forward pass");
        reserved(stages.plan_backward(&self.layers));
        stages.output_gradient(n)
    }

    /// From ∂L/∂output to `grads` and ∂L/∂x. Not for the identity.
    pub(super) fn backward(
        &self,
        x: Batch<F>,
        dx: Option<BatchMut<F>>,
        cache: &mut Cache<F>,
        grads: &mut [ArrayD<F>],
    ) {
        let stages = planned(cache).expect("after a forward pass");
        let has_params = |named: &NamedLayer<F>| !named.layer.params().is_empty();
        // without `dx`, the first layers need no gradients
        let skip = match dx {
            Some(_) => 0,
            None => self
                .layers
                .iter()
                .take_while(|named| !has_params(named))
                .count(),
        };
        stages.backward(&self.layers, x, skip, dx.map(BatchMut::into_slice));
        // arrays of the same shapes change places
        let written = stages.grads.iter_mut().flatten();
        for (gradient, written) in grads.iter_mut().zip(written) {
            std::mem::swap(gradient, written);
        }
    }

    pub(super) fn commit(&mut self, cache: &Cache<F>) {
        let Some(buffers) = &cache.buffers else {
            return;
        };
        if let Some(stages) = buffers.as_any().downcast_ref::<Stages<F>>() {
            stages.commit(&mut self.layers);
        }
    }

    pub(super) fn params(&self) -> impl Iterator<Item = Param<'_, F>> {
        self.layers.iter().flat_map(|named| {
            let params = named.layer.params().into_iter();
            params.map(|param| self.outside(param.within(&named.name)))
        })
    }

    pub(super) fn state(&self) -> impl Iterator<Item = Param<'_, F>> {
        self.layers.iter().flat_map(|named| {
            let state = named.layer.state().into_iter();
            state.map(|state| self.outside(state.within(&named.name)))
        })
    }

    fn outside<'a>(&self, param: Param<'a, F>) -> Param<'a, F> {
        match self.name.is_empty() {
            true => param,
            false => param.within(&self.name),
        }
    }

    pub(super) fn params_mut(&mut self) -> impl Iterator<Item = ParamMut<'_, F>> {
        let Self { name, layers, .. } = self;
        layers.iter_mut().flat_map(|named| {
            let params = named.layer.params_mut().into_iter();
            params.map(|param| outside_mut(name, param.within(&named.name)))
        })
    }

    pub(super) fn state_mut(&mut self) -> impl Iterator<Item = ParamMut<'_, F>> {
        let Self { name, layers, .. } = self;
        layers.iter_mut().flat_map(|named| {
            let state = named.layer.state_mut().into_iter();
            state.map(|state| outside_mut(name, state.within(&named.name)))
        })
    }
}

fn outside_mut<'a, F>(branch: &str, param: ParamMut<'a, F>) -> ParamMut<'a, F> {
    match branch.is_empty() {
        true => param,
        false => param.within(branch),
    }
}

fn planned<F: Scalar>(cache: &mut Cache<F>) -> Option<&mut Stages<F>> {
    cache.buffers.as_mut()?.as_any_mut().downcast_mut()
}

/// A pass cannot return an error: a workspace has made sure that there is memory for the first one.
fn reserved<T>(planned: Result<T, OutOfMemory>) -> T {
    planned.unwrap_or_else(|error| panic!("{error}"))
}
