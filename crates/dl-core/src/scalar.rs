//! The one number trait of the workspace.

use std::fmt::Debug;
use std::iter::Sum;

use ndarray::NdFloat;
use num_traits::FromPrimitive;
use rand::Rng;

use crate::elementary::Elementary;
use crate::simd::Lanes;

/// A real number the workspace computes with: `f32` (training) or `f64` (checking gradients,
/// statistics).
///
/// Sealed: the algorithms are written and tested for these two types.
pub trait Scalar:
    NdFloat
    + Lanes
    + Elementary
    + FromPrimitive
    + Sum
    + for<'a> Sum<&'a Self>
    + Default
    + Debug
    + sealed::Sealed
{
    /// The type's name, `"f32"` or `"f64"`.
    const NAME: &'static str;

    /// The nearest value of this type, as `as` converts.
    fn cast(x: f64) -> Self;

    /// The value as `f64`, exact.
    fn as_f64(self) -> f64;

    /// One draw from the uniform distribution on `[0, 1)`.
    fn uniform<R: Rng + ?Sized>(rng: &mut R) -> Self;

    /// One draw from the standard normal distribution N(0, 1).
    fn standard_normal<R: Rng + ?Sized>(rng: &mut R) -> Self;

    /// Of two things, one for each scalar type, the one for this type.
    fn select<T: PerScalar>(single: T::Of<f32>, double: T::Of<f64>) -> T::Of<Self>;
}

/// A type for each scalar type: what [`Scalar::select`] chooses between.
pub trait PerScalar {
    /// The one for `F`.
    type Of<F: Scalar>: Copy;
}

macro_rules! scalar {
    ($type:ident, |$single:ident, $double:ident| $choice:ident) => {
        impl Scalar for $type {
            const NAME: &'static str = stringify!($type);

            #[inline(always)]
            fn cast(x: f64) -> Self {
                x as $type
            }

            #[inline(always)]
            fn as_f64(self) -> f64 {
                self as f64
            }

            fn uniform<R: Rng + ?Sized>(rng: &mut R) -> Self {
                rng.random()
            }

            fn standard_normal<R: Rng + ?Sized>(rng: &mut R) -> Self {
                rng.sample(rand_distr::StandardNormal)
            }

            #[inline(always)]
            fn select<T: PerScalar>($single: T::Of<f32>, $double: T::Of<f64>) -> T::Of<Self> {
                $choice
            }
        }

        impl sealed::Sealed for $type {}
    };
}

scalar!(f32, |single, _double| single);
scalar!(f64, |_single, double| double);

mod sealed {
    pub trait Sealed {}
}
