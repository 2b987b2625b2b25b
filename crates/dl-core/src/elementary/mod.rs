//! Elementary functions in multiplications, additions and choices between two values, without a branch or a call, so that
//! the compiler makes vectors of a loop over them.
//!
//! There is no multiply-add that rounds once: not every processor has it, and results are the same bits on all of them.
//! The coefficients of the polynomials are `coefficients.py`'s.

mod exp;
mod ln_1p;
#[cfg(test)]
mod tests;

pub use exp::{exp, exp_m1};
pub use ln_1p::ln_1p_unit;

/// What these functions need to know of a type.
pub trait Elementary: exp::Exponential + ln_1p::Logarithm {}

impl<F: exp::Exponential + ln_1p::Logarithm> Elementary for F {}
