//! Packing: the right factor of a product, cut into panels of columns as wide as a tile.

use crate::simd::arch;
use ndarray::{ArrayView2, Axis};
use pulp::{Simd, WithSimd};

use crate::Scalar;

/// The largest width of a panel, in vectors.
pub(super) const MAX_VECTORS: usize = 4;

/// A matrix B `[depth, columns]` cut into panels of columns, each `[depth, width]` row-major, the
/// last one filled up with zeros. The width is what the machine's registers suggest.
#[derive(Debug, Clone, Copy)]
pub struct PackedB<'a, F> {
    pub(super) values: &'a [F],
    pub(super) depth: usize,
    pub(super) columns: usize,
}

/// One panel of columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Panel {
    /// Its first column.
    pub(super) column: usize,
    /// The number of columns in use.
    pub(super) used: usize,
    /// Its width in vectors.
    pub(super) vectors: usize,
}

impl<'a, F: Scalar> PackedB<'a, F> {
    /// B as it stands in row-major memory, packed into `scratch` where it is not one panel
    /// already.
    ///
    /// # Panics
    /// Where `b` is not a whole number of rows.
    pub fn pack(b: &'a [F], columns: usize, scratch: &'a mut Vec<F>) -> Self {
        let depth = b.len() / columns;
        let b = ArrayView2::from_shape((depth, columns), b).expect("whole rows");
        Self::pack_stacked(std::iter::once(b), depth, columns, scratch)
    }

    /// The rows of several matrices, one below the other.
    ///
    /// # Panics
    /// Where the matrices have not `depth` rows together, or other columns.
    pub fn pack_stacked(
        matrices: impl Iterator<Item = ArrayView2<'a, F>> + Clone,
        depth: usize,
        columns: usize,
        scratch: &'a mut Vec<F>,
    ) -> Self {
        if let Some(packed) = Self::as_it_is(matrices.clone(), depth, columns) {
            return packed;
        }
        // the zeros beside a last panel stay
        scratch.clear();
        scratch.resize(Self::elements(depth, columns), F::zero());
        Self::write(matrices, depth, columns, scratch);
        Self::packed(scratch, depth, columns)
    }

    /// A matrix that is one whole panel already.
    pub(super) fn as_it_is(
        mut matrices: impl Iterator<Item = ArrayView2<'a, F>>,
        depth: usize,
        columns: usize,
    ) -> Option<Self> {
        let registers = Registers::of::<F>();
        let first = registers.panels(columns).next()?;
        let values = matrices.next()?.to_slice()?;
        let whole = first.vectors * registers.lanes == columns && values.len() == depth * columns;
        whole.then_some(Self::packed(values, depth, columns))
    }

    /// The number of elements when packed.
    pub(super) fn elements(depth: usize, columns: usize) -> usize {
        let registers = Registers::of::<F>();
        let widths = registers
            .panels(columns)
            .map(|panel| panel.vectors * registers.lanes);
        depth * widths.sum::<usize>()
    }

    /// What [`write`](Self::write) wrote.
    pub(super) fn packed(values: &'a [F], depth: usize, columns: usize) -> Self {
        Self {
            values,
            depth,
            columns,
        }
    }

    /// Packs into as many [`elements`](Self::elements); those beside the last columns are left alone.
    pub(super) fn write<'m>(
        matrices: impl Iterator<Item = ArrayView2<'m, F>> + Clone,
        depth: usize,
        columns: usize,
        values: &mut [F],
    ) where
        F: 'm,
    {
        let registers = Registers::of::<F>();
        let mut rest = values;
        for panel in registers.panels(columns) {
            let width = panel.vectors * registers.lanes;
            let (mut part, after) = rest.split_at_mut(depth * width);
            rest = after;
            for b in matrices.clone() {
                let columns = panel.column..panel.column + panel.used;
                let b = b.slice_axis_move(Axis(1), columns.into());
                let (rows, after) = part.split_at_mut(b.nrows() * width);
                part = after;
                copy_rows(b, rows, width);
            }
            assert!(part.is_empty(), "the matrices have fewer than {depth} rows");
        }
    }
}

/// Copies a matrix into rows that are `width` apart.
fn copy_rows<F: Scalar>(b: ArrayView2<'_, F>, rows: &mut [F], width: usize) {
    if b.strides()[1] != 1 && b.strides()[0] == 1 {
        return transpose(b.reversed_axes(), rows, width);
    }
    for (b, row) in b.rows().into_iter().zip(rows.chunks_exact_mut(width)) {
        match b.to_slice() {
            Some(b) => row[..b.len()].copy_from_slice(b),
            None => row.iter_mut().zip(b).for_each(|(row, &b)| *row = b),
        }
    }
}

/// Copies the transpose of a matrix with contiguous rows into rows that are `width` apart; several
/// rows at once, since writes a row apart are slow.
fn transpose<F: Scalar>(b: ArrayView2<'_, F>, rows: &mut [F], width: usize) {
    const TOGETHER: usize = 8;
    for (i, b) in b.axis_chunks_iter(Axis(0), TOGETHER).enumerate() {
        let first = i * TOGETHER;
        let source = |j: usize| {
            let row = b.index_axis_move(Axis(0), j);
            row.to_slice().expect("contiguous rows")
        };
        if b.nrows() == TOGETHER {
            let sources: [&[F]; TOGETHER] = std::array::from_fn(source);
            for (k, row) in rows.chunks_exact_mut(width).enumerate() {
                for (row, source) in row[first..][..TOGETHER].iter_mut().zip(sources) {
                    *row = source[k];
                }
            }
        } else {
            for j in 0..b.nrows() {
                for (row, &b) in rows.chunks_exact_mut(width).zip(source(j)) {
                    row[first + j] = b;
                }
            }
        }
    }
}

/// The widest panel that suits a machine with that many registers, in vectors.
pub(super) const fn max_vectors(registers: usize) -> usize {
    if registers >= 32 { MAX_VECTORS } else { 2 }
}

/// The vector registers of the machine, on which the choice of a tile depends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Registers {
    /// Elements in a register.
    pub(super) lanes: usize,
    /// How many there are.
    pub(super) count: usize,
}

impl Registers {
    fn of<F: Scalar>() -> Self {
        struct Ask<F>(std::marker::PhantomData<F>);
        impl<F: Scalar> WithSimd for Ask<F> {
            type Output = Registers;
            #[inline(always)]
            fn with_simd<S: Simd>(self, _: S) -> Registers {
                Registers::of_simd::<F, S>()
            }
        }
        arch().dispatch(Ask::<F>(std::marker::PhantomData))
    }

    pub(super) fn of_simd<F: Scalar, S: Simd>() -> Self {
        Self {
            lanes: F::lanes::<S>(),
            count: S::REGISTER_COUNT,
        }
    }

    /// Cuts `columns` columns into panels of 4, 2 and 1 vectors (2 and 1 with 16 registers).
    pub(super) fn panels(self, columns: usize) -> impl Iterator<Item = Panel> + Clone {
        let widest = max_vectors(self.count);
        let mut column = 0;
        std::iter::from_fn(move || {
            let left = columns - column;
            let vectors = match left.div_ceil(self.lanes) {
                0 => return None,
                1 => 1,
                2 | 3 => 2,
                _ => widest,
            };
            let used = left.min(vectors * self.lanes);
            let panel = Panel {
                column,
                used,
                vectors,
            };
            column += used;
            Some(panel)
        })
    }
}
