//! Generic functions that are compiled once.
//!
//! rustc compiles a generic function in the crate that *uses* it: again in each crate, and with
//! that crate's optimisation level. [`Scalar`](crate::Scalar) stands for two types only, so a
//! function over it can be compiled for both where it is written, as C++ does by an explicit
//! instantiation (`template float f(float);` in one file, `extern template` everywhere else).
//! [`instantiate!`](crate::instantiate) does this: what other crates compile is one call through a
//! function pointer.

/// Declares functions over `F: Scalar` whose machine code for `f32` and for `f64` is in the crate
/// that declares them, optimised as that crate is.
///
/// The functions are generic to their callers, as if the macro were not there. Each has one type
/// parameter, bounded by `Scalar`, and may have lifetimes; arguments are plain names. What the body
/// calls is compiled with it. Further bounds (`F: Scalar + Serialize`) are those of the body alone:
/// `f32` and `f64` meet them, so that callers need not ask for them.
///
/// ```
/// dl_core::instantiate! {
///     /// Σᵢ aᵢ bᵢ.
///     pub fn dot<F: Scalar>(a: &[F], b: &[F]) -> F {
///         a.iter().zip(b).map(|(&a, &b)| a * b).sum()
///     }
///
///     /// The larger half of two, by their first element.
///     fn larger<'a, F: Scalar>(a: &'a [F], b: &'a [F]) -> &'a [F] {
///         if a.first() > b.first() { a } else { b }
///     }
/// }
///
/// assert_eq!(dot(&[1.0_f32, 2.0], &[3.0, 4.0]), 11.0);
/// assert_eq!(larger(&[1.0_f64], &[2.0]), [2.0]);
/// ```
///
/// Use it where a crate's interface meets hot code: a kernel, a loop over a batch, a constructor
/// that boxes a layer (the boxed type's methods are then compiled with it). It costs an indirect
/// call, about a nanosecond, so not for a function of a few instructions that should be inlined.
#[macro_export]
macro_rules! instantiate {
    ($(
        $(#[$attribute:meta])*
        $visibility:vis fn $name:ident<$($lifetime:lifetime,)* $F:ident: Scalar $(+ $bound:path)*>(
            $($argument:ident: $type:ty),* $(,)?
        ) $(-> $output:ty)? $body:block
    )*) => {$(
        $(#[$attribute])*
        #[inline]
        $visibility fn $name<$($lifetime,)* $F: $crate::Scalar>(
            $($argument: $type),*
        ) $(-> $output)? {
            #[allow(clippy::too_many_arguments, clippy::extra_unused_lifetimes)]
            fn body<$($lifetime,)* $F: $crate::Scalar $(+ $bound)*>(
                $($argument: $type),*
            ) $(-> $output)? $body

            struct Pointer;
            impl $crate::PerScalar for Pointer {
                type Of<$F: $crate::Scalar> = for<$($lifetime),*> fn($($type),*) $(-> $output)?;
            }
            // A static is compiled where it stands, and with it the functions it points to.
            static SINGLE: <Pointer as $crate::PerScalar>::Of<f32> = body::<f32>;
            static DOUBLE: <Pointer as $crate::PerScalar>::Of<f64> = body::<f64>;
            <$F as $crate::Scalar>::select::<Pointer>(SINGLE, DOUBLE)($($argument),*)
        }
    )*};
}
