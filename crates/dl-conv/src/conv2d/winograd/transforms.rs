//! The matrices of F(2×2, 3×3), as additions (Lavin, Gray 2016, "Fast Algorithms for Convolutional Neural Networks",
//! section 4.1):
//!
//! ```text
//!      1  0 −1  0         1  0  0         1  1  1  0
//! Bᵀ = 0  1  1  0    G =  ½  ½  ½    Aᵀ = 0  1 −1 −1
//!      0 −1  1  0         ½ −½  ½
//!      0  1  0 −1         0  0  1
//! ```
//!
//! Each is written beside its transpose, which its gradient needs.

use std::marker::PhantomData;

use dl_core::Scalar;
use dl_core::simd::Lanes;
use pulp::Simd;

type Vector<F, S> = <F as Lanes>::Vector<S>;

/// Arithmetic on vectors.
#[derive(Clone, Copy)]
pub(super) struct Vectors<F, S> {
    simd: S,
    scalar: PhantomData<F>,
}

impl<F: Scalar, S: Simd> Vectors<F, S> {
    #[inline(always)]
    fn zero(self) -> Vector<F, S> {
        F::splat(self.simd, F::zero())
    }

    #[inline(always)]
    fn add(self, a: Vector<F, S>, b: Vector<F, S>) -> Vector<F, S> {
        F::vector_add(self.simd, a, b)
    }

    #[inline(always)]
    fn sub(self, a: Vector<F, S>, b: Vector<F, S>) -> Vector<F, S> {
        F::vector_sub(self.simd, a, b)
    }

    /// x/2.
    #[inline(always)]
    fn half(self, x: Vector<F, S>) -> Vector<F, S> {
        let half = F::splat(self.simd, F::cast(0.5));
        F::multiply_add(self.simd, half, x, self.zero())
    }
}

/// One of the matrices, for N elements to M.
pub(super) trait Transform<const N: usize, const M: usize> {
    /// Its product with a column whose elements are vectors of as many channels.
    fn column<F: Scalar, S: Simd>(
        vectors: Vectors<F, S>,
        d: [Vector<F, S>; N],
    ) -> [Vector<F, S>; M];

    /// T·d·Tᵀ for this matrix T.
    #[inline(always)]
    fn both_sides<F: Scalar, S: Simd>(
        simd: S,
        d: [[Vector<F, S>; N]; N],
    ) -> [[Vector<F, S>; M]; M] {
        let vectors = Vectors::<F, S> {
            simd,
            scalar: PhantomData,
        };
        let zero = vectors.zero();
        // (T·d)ᵀ: the columns of d, one after the other
        let mut left = [[zero; M]; N];
        for j in 0..N {
            let mut column = [zero; N];
            for i in 0..N {
                column[i] = d[i][j];
            }
            left[j] = Self::column(vectors, column);
        }
        let mut result = [[zero; M]; M];
        for i in 0..M {
            let mut row = [zero; N];
            for j in 0..N {
                row[j] = left[j][i];
            }
            result[i] = Self::column(vectors, row);
        }
        result
    }
}

/// Bᵀ: of the input.
pub(super) struct Input;

/// B: of the input's gradient.
pub(super) struct InputGradient;

/// G: of the kernel.
pub(super) struct Kernel;

/// Gᵀ: of the kernel's gradient.
pub(super) struct KernelGradient;

/// Aᵀ: of the output.
pub(super) struct Output;

/// A: of the output's gradient.
pub(super) struct OutputGradient;

impl Transform<4, 4> for Input {
    #[inline(always)]
    fn column<F: Scalar, S: Simd>(
        vectors: Vectors<F, S>,
        d: [Vector<F, S>; 4],
    ) -> [Vector<F, S>; 4] {
        [
            vectors.sub(d[0], d[2]),
            vectors.add(d[1], d[2]),
            vectors.sub(d[2], d[1]),
            vectors.sub(d[1], d[3]),
        ]
    }
}

impl Transform<4, 4> for InputGradient {
    #[inline(always)]
    fn column<F: Scalar, S: Simd>(
        vectors: Vectors<F, S>,
        v: [Vector<F, S>; 4],
    ) -> [Vector<F, S>; 4] {
        [
            v[0],
            vectors.add(vectors.sub(v[1], v[2]), v[3]),
            vectors.sub(vectors.add(v[1], v[2]), v[0]),
            vectors.sub(vectors.zero(), v[3]),
        ]
    }
}

impl Transform<3, 4> for Kernel {
    #[inline(always)]
    fn column<F: Scalar, S: Simd>(
        vectors: Vectors<F, S>,
        g: [Vector<F, S>; 3],
    ) -> [Vector<F, S>; 4] {
        let ends = vectors.half(vectors.add(g[0], g[2]));
        let middle = vectors.half(g[1]);
        [
            g[0],
            vectors.add(ends, middle),
            vectors.sub(ends, middle),
            g[2],
        ]
    }
}

impl Transform<4, 3> for KernelGradient {
    #[inline(always)]
    fn column<F: Scalar, S: Simd>(
        vectors: Vectors<F, S>,
        u: [Vector<F, S>; 4],
    ) -> [Vector<F, S>; 3] {
        let ends = vectors.half(vectors.add(u[1], u[2]));
        let middle = vectors.half(vectors.sub(u[1], u[2]));
        [vectors.add(u[0], ends), middle, vectors.add(ends, u[3])]
    }
}

impl Transform<4, 2> for Output {
    #[inline(always)]
    fn column<F: Scalar, S: Simd>(
        vectors: Vectors<F, S>,
        m: [Vector<F, S>; 4],
    ) -> [Vector<F, S>; 2] {
        [
            vectors.add(m[0], vectors.add(m[1], m[2])),
            vectors.sub(vectors.sub(m[1], m[2]), m[3]),
        ]
    }
}

impl Transform<2, 4> for OutputGradient {
    #[inline(always)]
    fn column<F: Scalar, S: Simd>(
        vectors: Vectors<F, S>,
        y: [Vector<F, S>; 2],
    ) -> [Vector<F, S>; 4] {
        [
            y[0],
            vectors.add(y[0], y[1]),
            vectors.sub(y[0], y[1]),
            vectors.sub(vectors.zero(), y[1]),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulp::Scalar as Plain;

    const INPUT: [[f64; 4]; 4] = [
        [1., 0., -1., 0.],
        [0., 1., 1., 0.],
        [0., -1., 1., 0.],
        [0., 1., 0., -1.],
    ];
    const KERNEL: [[f64; 3]; 4] = [
        [1., 0., 0.],
        [0.5, 0.5, 0.5],
        [0.5, -0.5, 0.5],
        [0., 0., 1.],
    ];
    const OUTPUT: [[f64; 4]; 2] = [[1., 1., 1., 0.], [0., 1., -1., -1.]];

    /// The matrix, column by column.
    fn matrix<T: Transform<N, M>, const N: usize, const M: usize>() -> [[f64; N]; M] {
        let vectors = Vectors {
            simd: Plain,
            scalar: PhantomData,
        };
        let mut matrix = [[0.0; N]; M];
        for j in 0..N {
            let mut unit = [0.0; N];
            unit[j] = 1.0;
            let column = T::column::<f64, Plain>(vectors, unit);
            for i in 0..M {
                matrix[i][j] = column[i];
            }
        }
        matrix
    }

    fn transposed<const N: usize, const M: usize>(matrix: [[f64; N]; M]) -> [[f64; M]; N] {
        std::array::from_fn(|j| std::array::from_fn(|i| matrix[i][j]))
    }

    #[test]
    fn the_additions_are_the_matrices_and_their_transposes() {
        assert_eq!(matrix::<Input, 4, 4>(), INPUT);
        assert_eq!(matrix::<InputGradient, 4, 4>(), transposed(INPUT));
        assert_eq!(matrix::<Kernel, 3, 4>(), KERNEL);
        assert_eq!(matrix::<KernelGradient, 4, 3>(), transposed(KERNEL));
        assert_eq!(matrix::<Output, 4, 2>(), OUTPUT);
        assert_eq!(matrix::<OutputGradient, 2, 4>(), transposed(OUTPUT));
    }
}
