//! Vector registers of a scalar type, on top of `pulp`.
//!
//! `pulp` finds at run time which instructions the machine has and compiles a piece of code for
//! each; its vectors are named by element type (`f32s`, `f64s`). [`Lanes`] gives both one name, so
//! that a kernel is written once for every [`Scalar`](crate::Scalar).

mod level;
mod map;

pub use level::arch;
#[doc(hidden)]
pub use level::{Level, level, limit};
pub use map::map;

use std::fmt::Debug;

use pulp::Simd;

/// A scalar of which several fit into a vector register.
pub trait Lanes: Copy {
    /// A register full, on a machine with the instructions of `S`. In memory it is laid out as an
    /// array of them.
    type Vector<S: Simd>: Copy + Debug + Send + Sync;

    /// The number of lanes of a register.
    fn lanes<S: Simd>() -> usize {
        size_of::<Self::Vector<S>>() / size_of::<Self>()
    }

    /// The value in every lane.
    fn splat<S: Simd>(simd: S, value: Self) -> Self::Vector<S>;

    /// a + b, lane by lane.
    fn vector_add<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S>;

    /// a − b, lane by lane.
    fn vector_sub<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S>;

    /// a·b + c, lane by lane, rounded once where the machine has such an instruction: without, it is
    /// rounded twice, since the exact sum in software takes some 25 times as long.
    fn multiply_add<S: Simd>(
        simd: S,
        a: Self::Vector<S>,
        b: Self::Vector<S>,
        c: Self::Vector<S>,
    ) -> Self::Vector<S>;

    /// The sum of the lanes.
    fn sum_of_lanes<S: Simd>(simd: S, x: Self::Vector<S>) -> Self;

    /// 0 where x < 0, otherwise x, lane by lane.
    fn relu<S: Simd>(simd: S, x: Self::Vector<S>) -> Self::Vector<S>;

    /// x where `at` > 0, otherwise 0, lane by lane.
    fn where_positive<S: Simd>(simd: S, at: Self::Vector<S>, x: Self::Vector<S>)
    -> Self::Vector<S>;

    /// The elements as whole vectors, and the rest.
    fn vectors<S: Simd>(elements: &[Self]) -> (&[Self::Vector<S>], &[Self]);

    /// The elements as whole vectors to be written, and the rest.
    fn vectors_mut<S: Simd>(elements: &mut [Self]) -> (&mut [Self::Vector<S>], &mut [Self]);
}

/// `f` of each element. (The standard library's `map` becomes a function of its own in some builds, which is then
/// compiled without its caller's vector instructions.)
#[inline(always)]
pub fn map_array<T: Copy, U: Copy + Default, const N: usize>(
    array: [T; N],
    f: impl Fn(T) -> U,
) -> [U; N] {
    let mut result = [U::default(); N];
    for i in 0..N {
        result[i] = f(array[i]);
    }
    result
}

// Where a result is a value itself or zero, zero is added first (which changes nothing but the sign of a zero): of
// the choice between a value in memory and another, the compiler makes a store under a mask, and those
// are slow on AMD processors with AVX2.
macro_rules! lanes {
    ($scalar:ident, $vector:ident, $splat:ident, $add:ident, $sub:ident, $mul_add:ident, $sum:ident, $less_than:ident, $select:ident, $split:ident, $split_mut:ident) => {
        impl Lanes for $scalar {
            type Vector<S: Simd> = S::$vector;

            #[inline(always)]
            fn splat<S: Simd>(simd: S, value: Self) -> S::$vector {
                simd.$splat(value)
            }

            #[inline(always)]
            fn vector_add<S: Simd>(simd: S, a: S::$vector, b: S::$vector) -> S::$vector {
                simd.$add(a, b)
            }

            #[inline(always)]
            fn vector_sub<S: Simd>(simd: S, a: S::$vector, b: S::$vector) -> S::$vector {
                simd.$sub(a, b)
            }

            #[inline(always)]
            fn multiply_add<S: Simd>(
                simd: S,
                a: S::$vector,
                b: S::$vector,
                c: S::$vector,
            ) -> S::$vector {
                simd.$mul_add(a, b, c)
            }

            #[inline(always)]
            fn sum_of_lanes<S: Simd>(simd: S, x: S::$vector) -> Self {
                simd.$sum(x)
            }

            #[inline(always)]
            fn relu<S: Simd>(simd: S, x: S::$vector) -> S::$vector {
                let zero = simd.$splat(0.0);
                let kept = simd.$add(x, zero);
                simd.$select(simd.$less_than(x, zero), zero, kept)
            }

            #[inline(always)]
            fn where_positive<S: Simd>(simd: S, at: S::$vector, x: S::$vector) -> S::$vector {
                let zero = simd.$splat(0.0);
                let kept = simd.$add(x, zero);
                simd.$select(simd.$less_than(zero, at), kept, zero)
            }

            #[inline(always)]
            fn vectors<S: Simd>(elements: &[Self]) -> (&[S::$vector], &[Self]) {
                S::$split(elements)
            }

            #[inline(always)]
            fn vectors_mut<S: Simd>(elements: &mut [Self]) -> (&mut [S::$vector], &mut [Self]) {
                S::$split_mut(elements)
            }
        }
    };
}

lanes!(
    f32,
    f32s,
    splat_f32s,
    add_f32s,
    sub_f32s,
    mul_add_e_f32s,
    reduce_sum_f32s,
    less_than_f32s,
    select_f32s,
    as_simd_f32s,
    as_mut_simd_f32s
);
lanes!(
    f64,
    f64s,
    splat_f64s,
    add_f64s,
    sub_f64s,
    mul_add_e_f64s,
    reduce_sum_f64s,
    less_than_f64s,
    select_f64s,
    as_simd_f64s,
    as_mut_simd_f64s
);
