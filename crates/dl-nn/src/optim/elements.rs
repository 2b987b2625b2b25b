//! Applying a rule to every weight: one fused pass, vectorised, split over threads.

use pulp::{Arch, NullaryFnOnce};

use super::{Parameter, ParameterState};
use crate::Scalar;

/// The longest run of weights one task takes. Adam needs some 15 µs for it, about what waking
/// another thread costs.
pub(super) const RUN: usize = 128 * 1024;

/// Everything one step updates: each weight with its gradient and its slots.
///
/// Handed to [`Rule::update`](super::Rule::update), which calls [`Elements::for_each`].
#[derive(Debug)]
pub struct Elements<'a, 'p, F> {
    pub(super) parameters: &'a mut [Parameter<'p, F>],
    pub(super) states: &'a mut [ParameterState<F>],
    pub(super) adjust: Adjust<F>,
    pub(super) arch: Arch,
}

/// What happens to a gradient, and for decay to its weight, before the rule sees them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Adjust<F> {
    /// Bound of a gradient's magnitude.
    pub(super) clip_value: F,
    /// Factor that brings the gradients' norm within its bound.
    pub(super) scale: F,
    pub(super) l1: F,
    pub(super) l2: F,
    /// Factor on the weights.
    pub(super) shrink: F,
}

impl<F: Scalar> Adjust<F> {
    /// Changes nothing.
    pub(super) fn none() -> Self {
        Self {
            clip_value: F::infinity(),
            scale: F::one(),
            l1: F::zero(),
            l2: F::zero(),
            shrink: F::one(),
        }
    }

    /// For parameters that are not decayed: clipping only.
    fn without_decay(self) -> Self {
        Self {
            clip_value: self.clip_value,
            scale: self.scale,
            ..Self::none()
        }
    }

    /// The gradient clipped, plus that of the penalty `l1 |w| + l2 w² / 2`.
    #[inline(always)]
    fn gradient(&self, w: F, g: F) -> F {
        let sign = if w == F::zero() { w } else { w.signum() };
        self.scale * clamp(g, self.clip_value) + self.l1 * sign + self.l2 * w
    }
}

/// `g` within ±`bound`; NaN stays NaN.
#[inline(always)]
pub(super) fn clamp<F: Scalar>(g: F, bound: F) -> F {
    let g = if g > bound { bound } else { g };
    if g < -bound { -bound } else { g }
}

/// What a rule does with one weight: `(w, g, slots)`. A copy, so that the compiler sees that the
/// constants it holds do not change with the weights.
pub trait Formula<F, const N: usize>: Fn(&mut F, F, [&mut F; N]) + Copy + Send + Sync {}

impl<F, const N: usize, T: Fn(&mut F, F, [&mut F; N]) + Copy + Send + Sync> Formula<F, N> for T {}

impl<F: Scalar> Elements<'_, '_, F> {
    /// Multiplies the weights that decay by a factor, before the rule changes them.
    pub fn shrink_kernels(mut self, factor: f64) -> Self {
        self.adjust.shrink = F::cast(factor);
        self
    }

    /// Applies a rule to every weight: `rule(w, g, slots)` with the weight, its gradient (clipped,
    /// the penalties' gradients added) and its slots in the order of
    /// [`Rule::slots`](super::Rule::slots).
    ///
    /// Mark the formula `#[inline(always)]`: it is compiled for the vector instructions the machine turns
    /// out to have, which reach it only where it is inlined. Large parameters are split over the threads of rayon. As no weight depends on another,
    /// neither changes a bit of the result.
    ///
    /// # Panics
    /// If `N` is not the number of slots the rule declares.
    pub fn for_each<const N: usize>(self, rule: impl Formula<F, N>) {
        for (parameter, state) in self.parameters.iter_mut().zip(self.states) {
            let adjust = if parameter.decay {
                self.adjust
            } else {
                self.adjust.without_decay()
            };
            let mut slots = state.slots.iter_mut().map(Vec::as_mut_slice);
            assert_eq!(slots.len(), N, "slots declared and slots used differ");
            let block = Block {
                value: parameter.value,
                grad: parameter.grad,
                slots: std::array::from_fn(|_| slots.next().unwrap_or_default()),
            };
            if adjust == Adjust::none() {
                block.update(self.arch, rule);
            } else {
                let adjusted = {
                    #[inline(always)]
                    move |w: &mut F, g, slots: [&mut F; N]| {
                        let g = adjust.gradient(*w, g);
                        *w *= adjust.shrink;
                        rule(w, g, slots);
                    }
                };
                block.update(self.arch, adjusted);
            }
        }
    }
}

/// A run of one parameter's weights.
struct Block<'a, F, const N: usize> {
    value: &'a mut [F],
    grad: &'a [F],
    slots: [&'a mut [F]; N],
}

impl<F: Scalar, const N: usize> Block<'_, F, N> {
    fn update(self, arch: Arch, rule: impl Formula<F, N>) {
        self.in_halves(&|block| arch.dispatch(Loop { block, rule }));
    }

    /// Halves, and halves of halves, in parallel; not generic over the rule, so that it is compiled
    /// once.
    fn in_halves(self, update: &(dyn Fn(Self) + Sync)) {
        let n = self.value.len();
        if n <= RUN {
            return update(self);
        }
        let (left, right) = self.split_at(n / 2);
        rayon::join(|| left.in_halves(update), || right.in_halves(update));
    }

    fn split_at(mut self, middle: usize) -> (Self, Self) {
        let (grad, grad_right) = self.grad.split_at(middle);
        self.grad = grad;
        let right = Self {
            value: split_off(&mut self.value, middle),
            grad: grad_right,
            slots: self.slots.each_mut().map(|slot| split_off(slot, middle)),
        };
        (self, right)
    }
}

fn split_off<'a, F>(slice: &mut &'a mut [F], middle: usize) -> &'a mut [F] {
    slice.split_off_mut(middle..).unwrap_or_default()
}

/// The loop over a block, as a type because that is what `pulp` can compile per instruction set.
struct Loop<'a, F, R, const N: usize> {
    block: Block<'a, F, N>,
    rule: R,
}

impl<F: Scalar, R: Formula<F, N>, const N: usize> NullaryFnOnce for Loop<'_, F, R, N> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Block { value, grad, slots } = self.block;
        // Equal lengths, known to the compiler, leave no bounds check in the loop.
        let n = value.len();
        let grad = &grad[..n];
        let mut slots = slots.map(|slot| &mut slot[..n]);
        for i in 0..n {
            let slots = slots.each_mut().map(|slot| &mut slot[i]);
            (self.rule)(&mut value[i], grad[i], slots);
        }
    }
}
