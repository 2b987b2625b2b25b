//! The micro-kernel: a tile of MR rows by NR columns of C, held in registers while KC terms or few more
//! are summed; longer sums are sums of such blocks.
//!
//! NR is 1, 2 or 4 vector registers, MR as many rows as registers allow. Every multiply-add reads
//! one element of A (broadcast) and one vector of B (Goto, van de Geijn 2008, "Anatomy of
//! high-performance matrix multiplication"; Van Zee, van de Geijn 2015, "BLIS").

use pulp::{Simd, WithSimd};

use super::packing::{MAX_VECTORS, Panel, Registers, max_vectors};
use super::{GatherGemm, Init, KC, LhsLayout, RowBlock};
use crate::Scalar;

/// The largest NR: four registers of sixteen `f32`.
const MAX_NR: usize = MAX_VECTORS * 16;

/// All tiles of a product, as a type because that is what `pulp` compiles per instruction set.
pub(super) struct Tiles<'a, 'c, F> {
    pub(super) product: &'a GatherGemm<'a, F>,
    pub(super) c: &'c mut [F],
}

impl<F: Scalar> WithSimd for Tiles<'_, '_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { product, c } = self;
        let registers = Registers::of_simd::<F, S>();
        let mut values = product.b.values;
        for panel in registers.panels(product.b.columns) {
            let elements = product.b.depth * panel.vectors * registers.lanes;
            let (b, rest) = values.split_at(elements);
            values = rest;
            let (b, _) = F::vectors::<S>(b);
            match panel.vectors {
                1 => Column::<F, S, 1>::new(simd, product, panel, b).write(c),
                2 => Column::<F, S, 2>::new(simd, product, panel, b).write(c),
                4 if const { max_vectors(S::REGISTER_COUNT) == 4 } => {
                    Column::<F, S, 4>::new(simd, product, panel, b).write(c);
                }
                vectors => unreachable!("a panel of {vectors} vectors"),
            }
        }
    }
}

/// MR for tiles V vectors wide: V registers per row, V for B, one for A, with some to spare.
const fn max_rows(registers: usize, lanes: usize, vectors: usize) -> usize {
    let rows = (registers - 4) / vectors - 1;
    // without vector instructions no shape of tile is fast: few are compiled
    let limit = if lanes == 1 { 4 } else { 12 };
    if rows < limit { rows } else { limit }
}

/// The tiles of one panel, V vectors wide.
struct Column<'a, F: Scalar, S: Simd, const V: usize> {
    simd: S,
    product: &'a GatherGemm<'a, F>,
    panel: Panel,
    b: &'a [[F::Vector<S>; V]],
    /// What the sums of a row start from, unless they go on from what C holds.
    init: [F::Vector<S>; V],
}

impl<'a, F: Scalar, S: Simd, const V: usize> Column<'a, F, S, V> {
    const MAX_ROWS: usize = max_rows(
        S::REGISTER_COUNT,
        size_of::<F::Vector<S>>() / size_of::<F>(),
        V,
    );

    #[inline(always)]
    fn new(simd: S, product: &'a GatherGemm<'a, F>, panel: Panel, b: &'a [F::Vector<S>]) -> Self {
        let mut init = [F::zero(); MAX_NR];
        if let Init::Bias(bias) = product.init {
            init[..panel.used].copy_from_slice(&bias[panel.column..][..panel.used]);
        }
        Self {
            simd,
            product,
            panel,
            b: b.as_chunks().0,
            init: F::vectors::<S>(&init).0.as_chunks::<V>().0[0],
        }
    }

    /// Cuts the rows of each block into tiles of nearly equal height: some one row taller, then the
    /// others.
    #[inline(always)]
    fn write(&self, c: &mut [F]) {
        let rows = self.product.rows;
        if rows == 0 {
            return;
        }
        let tiles = rows.div_ceil(Self::MAX_ROWS);
        let (height, taller) = (rows / tiles, rows % tiles);
        self.tiles(height + 1, 0, taller, c);
        self.tiles(height, taller * (height + 1), tiles - taller, c);
    }

    /// `count` tiles of each block, from row `first`. The guards are constants, so that tiles which
    /// the registers cannot hold are not compiled.
    #[inline(always)]
    fn tiles(&self, height: usize, first: usize, count: usize, c: &mut [F]) {
        if count == 0 {
            return;
        }
        let rows = Rows {
            column: self,
            first,
            count,
            c,
        };
        match height {
            1 => self.simd.vectorize(Height::<_, 1>(rows)),
            2 => self.simd.vectorize(Height::<_, 2>(rows)),
            3 => self.simd.vectorize(Height::<_, 3>(rows)),
            4 => self.simd.vectorize(Height::<_, 4>(rows)),
            5 if const { Self::MAX_ROWS >= 5 } => self.simd.vectorize(Height::<_, 5>(rows)),
            6 if const { Self::MAX_ROWS >= 6 } => self.simd.vectorize(Height::<_, 6>(rows)),
            7 if const { Self::MAX_ROWS >= 7 } => self.simd.vectorize(Height::<_, 7>(rows)),
            8 if const { Self::MAX_ROWS >= 8 } => self.simd.vectorize(Height::<_, 8>(rows)),
            9 if const { Self::MAX_ROWS >= 9 } => self.simd.vectorize(Height::<_, 9>(rows)),
            10 if const { Self::MAX_ROWS >= 10 } => self.simd.vectorize(Height::<_, 10>(rows)),
            11 if const { Self::MAX_ROWS >= 11 } => self.simd.vectorize(Height::<_, 11>(rows)),
            12 if const { Self::MAX_ROWS >= 12 } => self.simd.vectorize(Height::<_, 12>(rows)),
            _ => unreachable!("a tile of {height} rows by {V} vectors"),
        }
    }

    #[inline(always)]
    fn tile<const M: usize>(&self, block: &RowBlock, first: usize, c: &mut [F]) {
        let product = self.product;
        let start = block.c + first * product.c_row_stride + self.panel.column;
        let mut out = Out {
            column: self,
            start,
            add: product.init == Init::Accumulate,
            c,
        };
        let mut sums = match product.layout {
            LhsLayout::RowMajor { row_stride } => {
                let a = block.a + first * row_stride;
                self.add_row_major::<M>(block, a, row_stride, &mut out)
            }
            LhsLayout::ColumnMajor { k_stride } => {
                let a = block.a + first;
                self.add_column_major::<M>(block, a, k_stride, &mut out)
            }
        };
        if product.relu {
            out.complete(&mut sums);
            for sum in sums.as_flattened_mut() {
                *sum = F::relu(self.simd, *sum);
            }
        }
        out.write(&sums);
    }

    /// Adds the products where the terms of a row stand side by side.
    #[inline(always)]
    fn add_row_major<const M: usize>(
        &self,
        block: &RowBlock,
        a: usize,
        row_stride: usize,
        out: &mut Out<'_, '_, F, S, V>,
    ) -> [[F::Vector<S>; V]; M] {
        let mut sums = [self.init; M];
        let mut terms = 0;
        let batch = self.product.batch;
        for sample in 0..batch.count {
            let a = &self.product.a[a + sample * batch.a..];
            let b = &self.b[sample * batch.b..];
            for range in &self.product.k_ranges[block.k_ranges.clone()] {
                let (mut a, mut later) = (&a[range.a..], &b[range.b..][..range.len]);
                while !later.is_empty() {
                    if terms >= KC {
                        out.write(&sums);
                        sums = [[F::splat(self.simd, F::zero()); V]; M];
                        terms = 0;
                    }
                    let b;
                    (b, later) = later.split_at(later.len().min(KC));
                    // equal lengths, known to the compiler, leave no bounds check in the loop
                    let rows: [&[F]; M] = std::array::from_fn(|i| &a[i * row_stride..][..b.len()]);
                    for k in 0..b.len() {
                        for i in 0..M {
                            let a = F::splat(self.simd, rows[i][k]);
                            for j in 0..V {
                                sums[i][j] = F::multiply_add(self.simd, a, b[k][j], sums[i][j]);
                            }
                        }
                    }
                    terms += b.len();
                    a = &a[b.len()..];
                }
            }
        }
        sums
    }

    /// Adds the products where the rows of a term stand side by side.
    #[inline(always)]
    fn add_column_major<const M: usize>(
        &self,
        block: &RowBlock,
        a: usize,
        k_stride: usize,
        out: &mut Out<'_, '_, F, S, V>,
    ) -> [[F::Vector<S>; V]; M] {
        let mut sums = [self.init; M];
        let mut terms = 0;
        let batch = self.product.batch;
        for sample in 0..batch.count {
            let a = &self.product.a[a + sample * batch.a..];
            let b = &self.b[sample * batch.b..];
            for range in &self.product.k_ranges[block.k_ranges.clone()] {
                let (mut a, mut later) = (&a[range.a..], &b[range.b..][..range.len]);
                while !later.is_empty() {
                    if terms >= KC {
                        out.write(&sums);
                        sums = [[F::splat(self.simd, F::zero()); V]; M];
                        terms = 0;
                    }
                    let b;
                    (b, later) = later.split_at(later.len().min(KC));
                    for (k, b) in b.iter().enumerate() {
                        let a = &a[k * k_stride..][..M];
                        for i in 0..M {
                            let a = F::splat(self.simd, a[i]);
                            for j in 0..V {
                                sums[i][j] = F::multiply_add(self.simd, a, b[j], sums[i][j]);
                            }
                        }
                    }
                    terms += b.len();
                    if later.is_empty() {
                        break;
                    }
                    a = &a[b.len() * k_stride..];
                }
            }
        }
        sums
    }
}

/// Where a tile's sums go: to C itself, block of terms by block of terms, so that registers hold no more
/// than one.
struct Out<'a, 'c, F: Scalar, S: Simd, const V: usize> {
    column: &'a Column<'a, F, S, V>,
    /// Where the tile starts in C.
    start: usize,
    /// Whether they are added to what C holds.
    add: bool,
    c: &'c mut [F],
}

impl<F: Scalar, S: Simd, const V: usize> Out<'_, '_, F, S, V> {
    /// Writes or adds the sums; those after them are added.
    #[inline(always)]
    fn write<const M: usize>(&mut self, sums: &[[F::Vector<S>; V]; M]) {
        let used = self.column.panel.used;
        let whole = used == V * F::lanes::<S>();
        let mut sums = *sums;
        self.complete(&mut sums);
        for (i, sums) in sums.iter().enumerate() {
            let row = self.start + i * self.column.product.c_row_stride;
            let c = &mut self.c[row..][..used];
            if whole {
                F::vectors_mut::<S>(c).0.as_chunks_mut::<V>().0[0] = *sums;
            } else {
                let mut filled = [F::zero(); MAX_NR];
                F::vectors_mut::<S>(&mut filled).0.as_chunks_mut::<V>().0[0] = *sums;
                c.copy_from_slice(&filled[..used]);
            }
        }
        self.add = true;
    }

    /// Adds what C holds to the sums, where they are to be added to it.
    #[inline(always)]
    fn complete<const M: usize>(&mut self, sums: &mut [[F::Vector<S>; V]; M]) {
        if !self.add {
            return;
        }
        let used = self.column.panel.used;
        let whole = used == V * F::lanes::<S>();
        for (i, sums) in sums.iter_mut().enumerate() {
            let row = self.start + i * self.column.product.c_row_stride;
            let c = &self.c[row..][..used];
            let before = if whole {
                F::vectors::<S>(c).0.as_chunks::<V>().0[0]
            } else {
                let mut filled = [F::zero(); MAX_NR];
                filled[..used].copy_from_slice(c);
                F::vectors::<S>(&filled).0.as_chunks::<V>().0[0]
            };
            for j in 0..V {
                sums[j] = F::vector_add(self.column.simd, before[j], sums[j]);
            }
        }
        self.add = false;
    }
}

/// Tiles below each other.
struct Rows<'a, 'c, F: Scalar, S: Simd, const V: usize> {
    column: &'a Column<'a, F, S, V>,
    first: usize,
    count: usize,
    c: &'c mut [F],
}

/// The tiles of one height, as a type because each is to be a function of its own: all of them in
/// one would take the compiler several times as long.
struct Height<T, const M: usize>(T);

impl<F: Scalar, S: Simd, const V: usize, const M: usize> WithSimd
    for Height<Rows<'_, '_, F, S, V>, M>
{
    type Output = ();

    #[inline(always)]
    fn with_simd<T: Simd>(self, _: T) {
        let Rows {
            column,
            first,
            count,
            c,
        } = self.0;
        for block in column.product.row_blocks {
            for tile in 0..count {
                column.tile::<M>(block, first + tile * M, c);
            }
        }
    }
}
