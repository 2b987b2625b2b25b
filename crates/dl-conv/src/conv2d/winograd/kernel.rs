//! The transforms of the kernel and of its gradient: all channels and filters are one long row for each tap.

use std::marker::PhantomData;

use dl_core::Scalar;
use dl_core::simd::arch;
use pulp::{Simd, WithSimd};

use super::transforms::Transform;

/// `to` (M×M elements `[channels · filters]`) += T·g·Tᵀ for the N×N elements g of `from`.
pub(super) fn add_transformed<F, T, const N: usize, const M: usize>(from: &[F], to: &mut [F])
where
    F: Scalar,
    T: Transform<N, M>,
{
    arch().dispatch(AddTransformed::<F, T, N, M> {
        from,
        to,
        transform: PhantomData,
    });
}

struct AddTransformed<'a, F, T, const N: usize, const M: usize> {
    from: &'a [F],
    to: &'a mut [F],
    transform: PhantomData<T>,
}

impl<F: Scalar, T: Transform<N, M>, const N: usize, const M: usize> WithSimd
    for AddTransformed<'_, F, T, N, M>
{
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let length = self.from.len() / (N * N);
        let whole = length - length % F::lanes::<S>();
        for at in (0..whole).step_by(F::lanes::<S>()) {
            element::<F, S, T, N, M>(simd, self.from, self.to, at, length);
        }
        for at in whole..length {
            element::<F, _, T, N, M>(pulp::Scalar, self.from, self.to, at, length);
        }
    }
}

#[inline(always)]
fn element<F: Scalar, S: Simd, T: Transform<N, M>, const N: usize, const M: usize>(
    simd: S,
    from: &[F],
    to: &mut [F],
    at: usize,
    length: usize,
) {
    let lanes = F::lanes::<S>();
    let mut g = [[F::splat(simd, F::zero()); N]; N];
    for i in 0..N {
        for j in 0..N {
            let element = &from[(N * i + j) * length + at..][..lanes];
            g[i][j] = F::vectors::<S>(element).0[0];
        }
    }
    let transformed = T::both_sides::<F, S>(simd, g);
    for i in 0..M {
        for j in 0..M {
            let element = &mut to[(M * i + j) * length + at..][..lanes];
            let element = &mut F::vectors_mut::<S>(element).0[0];
            *element = F::vector_add(simd, *element, transformed[i][j]);
        }
    }
}
