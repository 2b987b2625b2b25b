//! What a network may cost, and what it does cost.

use dl_core::{Scalar, instantiate};

use super::Model;
use super::cost::Cost;
use crate::error::BuildError;

/// How much an untrusted description may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Elements of all parameters and states.
    pub elements: usize,
    /// Elements of a sample, at the input, after every layer and in the layers' working space
    /// ([`Cost::scratch`]), all together.
    pub sample: usize,
    /// Bytes of the layers' plans ([`Cost::plan`]) and of their shapes.
    pub plan: usize,
    /// Multiply-adds of a sample on its way through the layers: one for each parameter and each
    /// element that comes out of a layer, and [`Cost::operations`].
    pub operations: usize,
}

impl Limits {
    /// No limits.
    pub const NONE: Self = Self {
        elements: usize::MAX,
        sample: usize::MAX,
        plan: usize::MAX,
        operations: usize::MAX,
    };
}

/// Number of elements of a shape; `None` if it overflows.
pub(crate) fn elements(shape: &[usize]) -> Option<usize> {
    shape.iter().copied().try_fold(1, usize::checked_mul)
}

/// How much of the limits the layers so far have used.
#[derive(Debug)]
pub struct Spent {
    limits: Limits,
    pub(crate) so_far: Limits,
}

impl Spent {
    pub(crate) fn new(limits: Limits) -> Self {
        let so_far = Limits {
            elements: 0,
            sample: 0,
            plan: 0,
            operations: 0,
        };
        Self { limits, so_far }
    }

    /// No limits; what is built is counted.
    pub(crate) fn unlimited() -> Self {
        Self::new(Limits::NONE)
    }

    /// What has been spent since `before` on one layer, other than on its parameters.
    pub(crate) fn since(&self, before: Limits) -> Cost {
        let Limits {
            elements,
            sample,
            plan,
            operations,
        } = self.so_far;
        let scratch = sample - before.sample;
        // `layer` and `sample` add one for each element
        let counted = (elements - before.elements).saturating_add(scratch);
        Cost {
            plan: plan - before.plan,
            scratch,
            operations: (operations - before.operations).saturating_sub(counted),
        }
    }

    /// Adds a layer, before it is built.
    pub(crate) fn layer(
        &mut self,
        name: &str,
        elements: usize,
        cost: Cost,
    ) -> Result<(), BuildError> {
        let Cost {
            plan,
            scratch,
            operations,
        } = cost;
        let what = "elements in its parameters and those before it";
        add(
            name,
            what,
            &mut self.so_far.elements,
            elements,
            self.limits.elements,
        )?;
        let what = "bytes of plans of this layer and those before it";
        add(name, what, &mut self.so_far.plan, plan, self.limits.plan)?;
        let what = "elements in a sample and in what this layer and those before it work in";
        self.sample(name, what, scratch)?;
        self.operations(name, elements.saturating_add(operations))
    }

    /// Adds elements of a layer's output or scratch.
    pub(crate) fn sample(
        &mut self,
        name: &str,
        what: &'static str,
        size: usize,
    ) -> Result<(), BuildError> {
        add(
            name,
            what,
            &mut self.so_far.sample,
            size,
            self.limits.sample,
        )?;
        self.operations(name, size)
    }

    fn operations(&mut self, name: &str, operations: usize) -> Result<(), BuildError> {
        let what = "multiply-adds for a sample in this layer and those before it";
        add(
            name,
            what,
            &mut self.so_far.operations,
            operations,
            self.limits.operations,
        )
    }

    /// Adds a shape: one of very many axes takes memory in every layer.
    pub(crate) fn shape(&mut self, name: &str, shape: &[usize]) -> Result<(), BuildError> {
        let what = "bytes of shapes and plans of this layer and those before it";
        let bytes = size_of_val(shape);
        add(name, what, &mut self.so_far.plan, bytes, self.limits.plan)
    }
}

fn add(
    layer: &str,
    what: &'static str,
    so_far: &mut usize,
    more: usize,
    most: usize,
) -> Result<(), BuildError> {
    *so_far = so_far.saturating_add(more);
    if *so_far <= most {
        return Ok(());
    }
    Err(BuildError::TooLarge {
        layer: layer.to_owned(),
        what,
        got: *so_far,
        most,
    })
}

impl<F: Scalar> Model<F> {
    /// The least limits that a description of this model can be built within, by
    /// [`Sequential::build_within`](crate::Sequential::build_within).
    pub fn least_limits(&self) -> Limits {
        least_limits(self)
    }

    fn spent(&self) -> Limits {
        let mut spent = Spent::new(Limits::NONE);
        let boundless = "without limits";
        let input = self.input_shape.iter().product();
        spent.sample("", "", input).expect(boundless);
        spent.shape("", &self.input_shape).expect(boundless);
        for named in &self.layers {
            let elements = named.all().map(|param| param.value.len()).sum();
            spent.layer("", elements, named.cost).expect(boundless);
            spent.sample("", "", named.size()).expect(boundless);
            spent.shape("", &named.output_shape).expect(boundless);
        }
        spent.so_far
    }
}

instantiate! {
    fn least_limits<F: Scalar>(model: &Model<F>) -> Limits {
        model.spent()
    }
}
