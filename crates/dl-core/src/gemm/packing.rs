//! Packing: the right factor of a product, cut into panels of columns as wide as a tile.

use crate::simd::arch;
use ndarray::{ArrayView2, Axis};
use pulp::{Simd, WithSimd};

use crate::Scalar;

/// The largest width of a panel, in vectors.
pub(super) const MAX_VECTORS: usize = 4;

/// The depth up to which panels are of [`MAX_VECTORS`], 32 KiB.
const MAX_WIDE_DEPTH: usize = 128;

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
    /// B from row-major memory, packed into `scratch` where it is not one panel
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
        let values = aligned(scratch, Self::elements(depth, columns));
        Self::write(matrices, depth, columns, values);
        Self::packed(values, depth, columns)
    }

    /// A matrix that is one whole panel already.
    pub(super) fn as_it_is(
        mut matrices: impl Iterator<Item = ArrayView2<'a, F>>,
        depth: usize,
        columns: usize,
    ) -> Option<Self> {
        let registers = Registers::of::<F>();
        let first = registers.panels(depth, columns).next()?;
        let values = matrices.next()?.to_slice()?;
        let whole = first.vectors * registers.lanes == columns && values.len() == depth * columns;
        whole.then_some(Self::packed(values, depth, columns))
    }

    /// The number of elements when packed.
    pub(super) fn elements(depth: usize, columns: usize) -> usize {
        let registers = Registers::of::<F>();
        let widths = registers
            .panels(depth, columns)
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

    /// Packs into as many [`elements`](Self::elements).
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
        for panel in registers.panels(depth, columns) {
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

/// Bytes of a cache line, and of the widest vector: a panel that starts at a multiple is read without
/// crossing lines.
const LINE: usize = 64;

/// The first `elements` elements of `memory` from the start of a cache line on; their values are arbitrary.
pub(super) fn aligned<F: Scalar>(memory: &mut Vec<F>, elements: usize) -> &mut [F] {
    let length = with_spare::<F>(elements);
    if memory.len() < length {
        memory.resize(length, F::zero());
    }
    // where the offset cannot be told, any is right
    let offset = memory.as_ptr().align_offset(LINE).min(length - elements);
    &mut memory[offset..][..elements]
}

/// Number of elements of memory that hold `elements` [`aligned`] ones.
pub(super) const fn with_spare<F>(elements: usize) -> usize {
    elements.saturating_add(LINE / size_of::<F>())
}

/// Copies a matrix into rows of `width` elements, filled up with zeros.
pub(super) fn copy_rows<F: Scalar>(b: ArrayView2<'_, F>, rows: &mut [F], width: usize) {
    let used = b.ncols();
    if used < width {
        for row in rows.chunks_exact_mut(width) {
            row[used..].fill(F::zero());
        }
    }
    if b.strides()[1] != 1 && b.strides()[0] == 1 {
        return transpose(b.reversed_axes(), rows, width);
    }
    // copies of constant length are no calls
    match width {
        _ if used < width => copy_any(b, rows, width),
        4 => copy_whole::<F, 4>(b, rows),
        5 => copy_whole::<F, 5>(b, rows),
        6 => copy_whole::<F, 6>(b, rows),
        8 => copy_whole::<F, 8>(b, rows),
        10 => copy_whole::<F, 10>(b, rows),
        11 => copy_whole::<F, 11>(b, rows),
        12 => copy_whole::<F, 12>(b, rows),
        16 => copy_whole::<F, 16>(b, rows),
        32 => copy_whole::<F, 32>(b, rows),
        _ => copy_any(b, rows, width),
    }
}

/// [`copy_rows`] of a matrix with W columns.
fn copy_whole<F: Scalar, const W: usize>(b: ArrayView2<'_, F>, rows: &mut [F]) {
    for (b, row) in b.rows().into_iter().zip(rows.as_chunks_mut::<W>().0) {
        match b.to_slice().and_then(|b| <&[F; W]>::try_from(b).ok()) {
            Some(b) => *row = *b,
            None => row.iter_mut().zip(b).for_each(|(row, &b)| *row = b),
        }
    }
}

/// [`copy_rows`] of a matrix of any width.
fn copy_any<F: Scalar>(b: ArrayView2<'_, F>, rows: &mut [F], width: usize) {
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
    let mut first = 0;
    while first < b.nrows() {
        first += match b.nrows() - first {
            8.. => transpose_rows::<F, 8>(b, first, rows, width),
            4.. => transpose_rows::<F, 4>(b, first, rows, width),
            2.. => transpose_rows::<F, 2>(b, first, rows, width),
            _ => transpose_rows::<F, 1>(b, first, rows, width),
        };
    }
}

/// [`transpose`] of N rows from `first` on.
fn transpose_rows<F: Scalar, const N: usize>(
    b: ArrayView2<'_, F>,
    first: usize,
    rows: &mut [F],
    width: usize,
) -> usize {
    let sources: [&[F]; N] = std::array::from_fn(|j| {
        let row = b.index_axis_move(Axis(0), first + j);
        row.to_slice().expect("contiguous rows")
    });
    for (k, row) in rows.chunks_exact_mut(width).enumerate() {
        for (row, source) in row[first..][..N].iter_mut().zip(sources) {
            *row = source[k];
        }
    }
    N
}

/// The widest panel that suits a machine with that many registers, in vectors.
pub(super) const fn max_vectors(registers: usize) -> usize {
    if registers >= 32 { MAX_VECTORS } else { 2 }
}

/// MR for tiles V vectors wide: V registers per row, V for B, one for A.
pub(super) const fn max_rows(registers: usize, lanes: usize, vectors: usize) -> usize {
    let rows = (registers - 1) / vectors - 1;
    // without vector instructions no shape of tile is fast: few are compiled
    let limit = if lanes == 1 { 4 } else { 12 };
    if rows < limit { rows } else { limit }
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
    pub(super) fn of<F: Scalar>() -> Self {
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

    /// The width of the panels of a B so deep, in vectors: where registers allow wide ones, those that fit in a
    /// first-level cache.
    const fn vectors(self, depth: usize) -> usize {
        let widest = max_vectors(self.count);
        if widest > 2 && depth > MAX_WIDE_DEPTH {
            2
        } else {
            widest
        }
    }

    /// MR for the widest tiles of such a B.
    pub(super) const fn max_rows(self, depth: usize) -> usize {
        max_rows(self.count, self.lanes, self.vectors(depth))
    }

    /// Cuts `columns` columns into panels of 4, 2 and 1 vectors (2 and 1 with 16 registers, or where B is deep).
    pub(super) fn panels(
        self,
        depth: usize,
        columns: usize,
    ) -> impl Iterator<Item = Panel> + Clone {
        let widest = self.vectors(depth);
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
