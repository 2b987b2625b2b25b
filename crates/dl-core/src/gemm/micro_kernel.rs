//! The micro-kernel: a tile of MR rows by NR columns of C, held in registers while KC terms or few more
//! are summed; longer sums are sums of such blocks.
//!
//! NR is 1, 2 or 4 vector registers, MR as many rows as registers allow. Every multiply-add reads
//! one element of A (broadcast) and one vector of B (Goto, van de Geijn 2008, "Anatomy of
//! high-performance matrix multiplication"; Van Zee, van de Geijn 2015, "BLIS").

use pulp::{Simd, WithSimd};

use super::few_terms::FewTerms;
use super::packing::{MAX_VECTORS, Panel, Registers, max_rows, max_vectors};
use super::rows::Cursor;
use super::{GatherGemm, Init, KC, LhsLayout, Row, RowBlock};
use crate::Scalar;
use crate::simd::map_array;

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
        for panel in registers.panels(product.b.depth, product.b.columns) {
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
        let samples = self.product.row_batch.count;
        for block in self.product.row_blocks {
            let rows = block.inner.len();
            let outer = samples * block.outer.len();
            // where the tile reads a term's rows at once, it must not lead beyond the inner rows
            let (runs, rows) = match self.product.layout {
                LhsLayout::RowMajor => (1, outer * rows),
                LhsLayout::ColumnMajor { .. } | LhsLayout::Packed => (outer, rows),
            };
            if rows == 0 || outer == 0 {
                continue;
            }
            let reach = reach(self.product, block);
            let only_range = self.only_range(block);
            let few_terms = match only_range {
                Some(_) => FewTerms::NONE,
                None => FewTerms::of(self.product, block),
            };
            let max_rows = match few_terms.count {
                0 => Self::MAX_ROWS,
                _ => Self::MAX_ROWS.min(FewTerms::MAX_ROWS),
            };
            let tiles = rows.div_ceil(max_rows);
            let (height, taller) = (rows / tiles, rows % tiles);
            let run = Run {
                column: self,
                block,
                only_range,
                few_terms: &few_terms,
                reach,
                runs,
                rows,
                first: 0,
                count: taller,
            };
            self.tiles(height + 1, run, c);
            let run = Run {
                first: taller * (height + 1),
                count: tiles - taller,
                ..run
            };
            self.tiles(height, run, c);
        }
    }

    /// Tiles of one height. The guards are constants, so that tiles which the registers cannot hold
    /// are not compiled.
    #[inline(always)]
    fn tiles(&self, height: usize, run: Run<'_, F, S, V>, c: &mut [F]) {
        if run.count == 0 {
            return;
        }
        match height {
            1 => self.simd.vectorize(Height::<_, _, 1>(run, c)),
            2 => self.simd.vectorize(Height::<_, _, 2>(run, c)),
            3 => self.simd.vectorize(Height::<_, _, 3>(run, c)),
            4 => self.simd.vectorize(Height::<_, _, 4>(run, c)),
            5 if const { Self::MAX_ROWS >= 5 } => self.simd.vectorize(Height::<_, _, 5>(run, c)),
            6 if const { Self::MAX_ROWS >= 6 } => self.simd.vectorize(Height::<_, _, 6>(run, c)),
            7 if const { Self::MAX_ROWS >= 7 } => self.simd.vectorize(Height::<_, _, 7>(run, c)),
            8 if const { Self::MAX_ROWS >= 8 } => self.simd.vectorize(Height::<_, _, 8>(run, c)),
            9 if const { Self::MAX_ROWS >= 9 } => self.simd.vectorize(Height::<_, _, 9>(run, c)),
            10 if const { Self::MAX_ROWS >= 10 } => self.simd.vectorize(Height::<_, _, 10>(run, c)),
            11 if const { Self::MAX_ROWS >= 11 } => self.simd.vectorize(Height::<_, _, 11>(run, c)),
            12 if const { Self::MAX_ROWS >= 12 } => self.simd.vectorize(Height::<_, _, 12>(run, c)),
            _ => unreachable!("a tile of {height} rows by {V} vectors"),
        }
    }

    #[inline(always)]
    fn tile<const M: usize>(&self, run: &Run<'_, F, S, V>, rows: [Row; M], c: &mut [F]) {
        let product = self.product;
        let mut out = Out {
            column: self,
            rows: map_array(
                rows,
                #[inline(always)]
                |row| row.c + self.panel.column,
            ),
            add: product.init == Init::Accumulate,
            c,
        };
        let sums = match (product.layout, run.only_range) {
            (LhsLayout::RowMajor, Some(Range { a, b })) => {
                let rows = map_array(
                    rows,
                    #[inline(always)]
                    |row| &product.a[row.a + a..][..b.len()],
                );
                RowMajor { rows }.add(self.simd, 0, b, [self.init; M])
            }
            (LhsLayout::RowMajor, None) if M <= FewTerms::MAX_ROWS && run.few_terms.count > 0 => {
                let rows = map_array(
                    rows,
                    #[inline(always)]
                    |row| &product.a[row.a..][..run.reach],
                );
                run.few_terms.sum(self.simd, rows, self.b, [self.init; M])
            }
            (LhsLayout::RowMajor, None) => {
                // all equally long, so that one check of a range's bounds is that of all rows
                let rows = map_array(
                    rows,
                    #[inline(always)]
                    |row| &product.a[row.a..][..run.reach],
                );
                self.sum(run.block, RowMajor { rows }, &mut out)
            }
            (LhsLayout::Packed, Some(Range { a, b })) => {
                let a = &product.a[rows[0].a + a..];
                Strip { a: a.as_chunks().0 }.add(self.simd, 0, b, [self.init; M])
            }
            (LhsLayout::ColumnMajor { k_stride }, Some(Range { a, b })) => {
                let a = &product.a[rows[0].a + a..];
                ColumnMajor { a, k_stride }.add(self.simd, 0, b, [self.init; M])
            }
            (LhsLayout::Packed, None) => unreachable!("what is packed has one range"),
            (LhsLayout::ColumnMajor { k_stride }, None) => {
                let a = &product.a[rows[0].a..];
                self.sum(run.block, ColumnMajor { a, k_stride }, &mut out)
            }
        };
        out.write(sums, product.relu);
    }

    /// The range of a block that has no other.
    #[inline(always)]
    fn only_range(&self, block: &RowBlock) -> Option<Range<'a, F, S, V>> {
        let ((&[step], &[range]), 1) = (self.product.terms(block), self.product.k_batch.count)
        else {
            return None;
        };
        Some(Range {
            a: step.a + range.a,
            b: &self.b[step.b + range.b..][..range.len],
        })
    }

    /// The sums of a tile's rows, up to the last block of terms: those before are in `out`.
    #[inline(always)]
    fn sum<const M: usize>(
        &self,
        block: &RowBlock,
        lhs: impl Lhs<F, M>,
        out: &mut Out<'_, '_, F, S, V, M>,
    ) -> [[F::Vector<S>; V]; M] {
        let k_batch = self.product.k_batch;
        let (steps, ranges) = self.product.terms(block);
        let mut sums = [self.init; M];
        let mut terms = 0;
        for sample in 0..k_batch.count {
            let (a, b) = (sample * k_batch.a, &self.b[sample * k_batch.b..]);
            for step in steps {
                let (a, b) = (a + step.a, &b[step.b..]);
                for range in ranges {
                    if terms >= KC {
                        rarely();
                        out.write(sums, false);
                        sums = [[F::splat(self.simd, F::zero()); V]; M];
                        terms = 0;
                    }
                    let b = &b[range.b..][..range.len];
                    sums = lhs.add(self.simd, a + range.a, b, sums);
                    terms += range.len;
                }
            }
        }
        sums
    }
}

/// Tells the compiler which way is taken rarely, so that it keeps the registers for the other.
#[cold]
fn rarely() {}

/// How far from where a row starts its terms reach, where they are contiguous.
fn reach<F>(product: &GatherGemm<'_, F>, block: &RowBlock) -> usize {
    let (steps, ranges) = product.terms(block);
    let samples = product.k_batch.count.saturating_sub(1) * product.k_batch.a;
    match (
        steps.iter().map(|step| step.a).max(),
        ranges.iter().map(|range| range.a + range.len).max(),
    ) {
        (Some(step), Some(range)) => samples + step + range,
        _ => 0,
    }
}

/// How a tile reads its M rows of A.
trait Lhs<F: Scalar, const M: usize>: Copy {
    /// The sums and the products of the terms from `start` with the rows of B.
    fn add<S: Simd, const V: usize>(
        self,
        simd: S,
        start: usize,
        b: &[[F::Vector<S>; V]],
        sums: [[F::Vector<S>; V]; M],
    ) -> [[F::Vector<S>; V]; M];
}

/// Where the terms of a row are contiguous.
#[derive(Clone, Copy)]
struct RowMajor<'a, F, const M: usize> {
    /// The rows, each as far as its terms reach.
    rows: [&'a [F]; M],
}

impl<F: Scalar, const M: usize> Lhs<F, M> for RowMajor<'_, F, M> {
    #[inline(always)]
    fn add<S: Simd, const V: usize>(
        self,
        simd: S,
        start: usize,
        b: &[[F::Vector<S>; V]],
        mut sums: [[F::Vector<S>; V]; M],
    ) -> [[F::Vector<S>; V]; M] {
        // equal lengths, known to the compiler, leave no bounds check in the loop
        let rows = map_array(
            self.rows,
            #[inline(always)]
            |row| &row[start..][..b.len()],
        );
        for k in 0..b.len() {
            for i in 0..M {
                let a = F::splat(simd, rows[i][k]);
                for j in 0..V {
                    sums[i][j] = F::multiply_add(simd, a, b[k][j], sums[i][j]);
                }
            }
        }
        sums
    }
}

/// The sums and the products of one term, whose elements of A are the first M, with a row of B.
#[inline(always)]
fn add_term<F: Scalar, S: Simd, const V: usize, const M: usize>(
    simd: S,
    a: &[F],
    b: &[F::Vector<S>; V],
    mut sums: [[F::Vector<S>; V]; M],
) -> [[F::Vector<S>; V]; M] {
    let a = &a[..M];
    for i in 0..M {
        let a = F::splat(simd, a[i]);
        for j in 0..V {
            sums[i][j] = F::multiply_add(simd, a, b[j], sums[i][j]);
        }
    }
    sums
}

/// Where the rows of a term are contiguous.
#[derive(Clone, Copy)]
struct ColumnMajor<'a, F> {
    /// From the first row on.
    a: &'a [F],
    k_stride: usize,
}

impl<F: Scalar, const M: usize> Lhs<F, M> for ColumnMajor<'_, F> {
    #[inline(always)]
    fn add<S: Simd, const V: usize>(
        self,
        simd: S,
        start: usize,
        b: &[[F::Vector<S>; V]],
        mut sums: [[F::Vector<S>; V]; M],
    ) -> [[F::Vector<S>; V]; M] {
        let a = &self.a[start..];
        for (k, b) in b.iter().enumerate() {
            sums = add_term(simd, &a[k * self.k_stride..], b, sums);
        }
        sums
    }
}

/// A tile's rows, packed.
#[derive(Clone, Copy)]
struct Strip<'a, F, const M: usize> {
    a: &'a [[F; M]],
}

impl<F: Scalar, const M: usize> Lhs<F, M> for Strip<'_, F, M> {
    #[inline(always)]
    fn add<S: Simd, const V: usize>(
        self,
        simd: S,
        start: usize,
        b: &[[F::Vector<S>; V]],
        mut sums: [[F::Vector<S>; V]; M],
    ) -> [[F::Vector<S>; V]; M] {
        for (a, b) in self.a[start..].iter().zip(b) {
            sums = add_term(simd, a, b, sums);
        }
        sums
    }
}

/// Where a tile's sums go: to C itself, block of terms by block of terms, so that registers hold no more
/// than one.
struct Out<'a, 'c, F: Scalar, S: Simd, const V: usize, const M: usize> {
    column: &'a Column<'a, F, S, V>,
    /// Where the tile's rows start in C.
    rows: [usize; M],
    /// Whether they are added to what C holds.
    add: bool,
    c: &'c mut [F],
}

impl<F: Scalar, S: Simd, const V: usize, const M: usize> Out<'_, '_, F, S, V, M> {
    /// Writes the sums, or adds them to what C holds; those after them are added.
    #[inline(always)]
    fn write(&mut self, sums: [[F::Vector<S>; V]; M], relu: bool) {
        match (self.add, relu) {
            (false, false) => self.write_as::<false, false>(sums),
            (false, true) => self.write_as::<false, true>(sums),
            (true, false) => self.write_as::<true, false>(sums),
            (true, true) => self.write_as::<true, true>(sums),
        }
        self.add = true;
    }

    #[inline(always)]
    fn write_as<const ADD: bool, const RELU: bool>(&mut self, sums: [[F::Vector<S>; V]; M]) {
        let (simd, used) = (self.column.simd, self.column.panel.used);
        if used == V * F::lanes::<S>() {
            // nothing else in the loop: the sums then stay in registers
            for (&row, sums) in self.rows.iter().zip(sums) {
                let c = &mut self.c[row..][..used];
                let c = &mut F::vectors_mut::<S>(c).0.as_chunks_mut::<V>().0[0];
                for j in 0..V {
                    c[j] = result::<F, S, ADD, RELU>(simd, c[j], sums[j]);
                }
            }
        } else {
            let mut tile = [[F::zero(); MAX_NR]; M];
            if ADD {
                for (tile, &row) in tile.iter_mut().zip(&self.rows) {
                    tile[..used].copy_from_slice(&self.c[row..][..used]);
                }
            }
            for (tile, sums) in tile.iter_mut().zip(sums) {
                let tile = &mut F::vectors_mut::<S>(tile).0.as_chunks_mut::<V>().0[0];
                for j in 0..V {
                    tile[j] = result::<F, S, ADD, RELU>(simd, tile[j], sums[j]);
                }
            }
            for (tile, &row) in tile.iter().zip(&self.rows) {
                self.c[row..][..used].copy_from_slice(&tile[..used]);
            }
        }
    }
}

/// What is written for a sum and what C held.
#[inline(always)]
fn result<F: Scalar, S: Simd, const ADD: bool, const RELU: bool>(
    simd: S,
    before: F::Vector<S>,
    sum: F::Vector<S>,
) -> F::Vector<S> {
    let sum = if ADD {
        F::vector_add(simd, before, sum)
    } else {
        sum
    };
    if RELU { F::relu(simd, sum) } else { sum }
}

/// Contiguous terms.
#[derive(Clone, Copy)]
struct Range<'a, F: Scalar, S: Simd, const V: usize> {
    /// Where they start, from where a row does.
    a: usize,
    /// Their rows of B.
    b: &'a [[F::Vector<S>; V]],
}

/// Tiles of one height in each run of rows.
#[derive(Clone, Copy)]
struct Run<'a, F: Scalar, S: Simd, const V: usize> {
    column: &'a Column<'a, F, S, V>,
    block: &'a RowBlock,
    only_range: Option<Range<'a, F, S, V>>,
    few_terms: &'a FewTerms,
    /// How far a row's terms reach in A.
    reach: usize,
    /// How many runs there are.
    runs: usize,
    /// The rows of each.
    rows: usize,
    /// The tiles' first row in each.
    first: usize,
    /// The number of tiles in each.
    count: usize,
}

/// The tiles of one height, as a type because each is to be a function of its own: all of them in
/// one would take the compiler several times as long.
struct Height<T, C, const M: usize>(T, C);

impl<F: Scalar, S: Simd, const V: usize, const M: usize> WithSimd
    for Height<Run<'_, F, S, V>, &mut [F], M>
{
    type Output = ();

    #[inline(always)]
    fn with_simd<T: Simd>(self, _: T) {
        let Self(run, c) = self;
        for i in 0..run.runs {
            let first = i * run.rows + run.first;
            let mut cursor = Cursor::new(run.column.product, run.block, first);
            for _ in 0..run.count {
                run.column.tile::<M>(&run, cursor.next(), c);
            }
        }
    }
}
