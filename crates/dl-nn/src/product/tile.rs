//! The tiles of a product: so many rows by so many vectors, held in registers.

use dl_math::Scalar;
use pulp::{Simd, WithSimd};

use super::panels::{Machine, Panel, WIDEST};
use super::{From, Layout, Product, Run};

/// The most numbers in a row of a tile: four registers of sixteen `f32`.
const MOST_COLUMNS: usize = WIDEST * 16;

/// All tiles of a product, as a type because that is what `pulp` compiles per instruction set.
pub(super) struct Tiles<'a, 'c, F> {
    pub(super) product: &'a Product<'a, F>,
    pub(super) c: &'c mut [F],
}

impl<F: Scalar> WithSimd for Tiles<'_, '_, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { product, c } = self;
        let machine = Machine::with::<F, S>();
        let mut values = product.b.values;
        for panel in machine.panels(product.b.columns) {
            let numbers = product.b.depth * panel.vectors * machine.lanes;
            let (b, rest) = values.split_at(numbers);
            values = rest;
            let (b, _) = F::vectors::<S>(b);
            match panel.vectors {
                1 => Column::<F, S, 1>::new(simd, product, panel, b).write(c, machine),
                2 => Column::<F, S, 2>::new(simd, product, panel, b).write(c, machine),
                _ => Column::<F, S, 4>::new(simd, product, panel, b).write(c, machine),
            }
        }
    }
}

/// The tiles of one panel, V vectors wide.
struct Column<'a, F: Scalar, S: Simd, const V: usize> {
    simd: S,
    product: &'a Product<'a, F>,
    panel: Panel,
    b: &'a [[F::Vector<S>; V]],
    row: [F::Vector<S>; V],
}

impl<'a, F: Scalar, S: Simd, const V: usize> Column<'a, F, S, V> {
    #[inline(always)]
    fn new(simd: S, product: &'a Product<'a, F>, panel: Panel, b: &'a [F::Vector<S>]) -> Self {
        let mut row = [F::zero(); MOST_COLUMNS];
        if let From::Row(values) = product.from {
            row[..panel.used].copy_from_slice(&values[panel.column..][..panel.used]);
        }
        Self {
            simd,
            product,
            panel,
            b: b.as_chunks().0,
            row: F::vectors::<S>(&row).0.as_chunks::<V>().0[0],
        }
    }

    /// Cuts the rows of each run into tiles of nearly equal height, as high as registers allow:
    /// V per row, V for B, one for A.
    #[inline(always)]
    fn write(&self, c: &mut [F], machine: Machine) {
        let highest = ((machine.registers - 4) / V - 1).clamp(1, 12);
        let rows = self.product.rows;
        let tiles = rows.div_ceil(highest);
        for run in self.product.runs {
            for tile in 0..tiles {
                let first = tile * rows / tiles;
                let height = (tile + 1) * rows / tiles - first;
                match height {
                    1 => self.tile::<1>(run, first, c),
                    2 => self.tile::<2>(run, first, c),
                    3 => self.tile::<3>(run, first, c),
                    4 => self.tile::<4>(run, first, c),
                    5 => self.tile::<5>(run, first, c),
                    6 => self.tile::<6>(run, first, c),
                    7 if V < 4 => self.tile::<7>(run, first, c),
                    8 if V < 4 => self.tile::<8>(run, first, c),
                    9 if V < 4 => self.tile::<9>(run, first, c),
                    10 if V < 4 => self.tile::<10>(run, first, c),
                    11 if V < 4 => self.tile::<11>(run, first, c),
                    12 if V < 4 => self.tile::<12>(run, first, c),
                    _ => unreachable!("a tile of {height} rows by {V} vectors"),
                }
            }
        }
    }

    #[inline(always)]
    fn tile<const M: usize>(&self, run: &Run, first: usize, c: &mut [F]) {
        let (product, used) = (self.product, self.panel.used);
        let start = run.c + first * product.c_row + self.panel.column;
        let whole = used == V * F::lanes::<S>();
        let mut sums = [self.row; M];
        if let From::Given = product.from {
            for (i, sums) in sums.iter_mut().enumerate() {
                let c = &c[start + i * product.c_row..][..used];
                *sums = if whole {
                    F::vectors::<S>(c).0.as_chunks::<V>().0[0]
                } else {
                    let mut filled = [F::zero(); MOST_COLUMNS];
                    filled[..used].copy_from_slice(c);
                    F::vectors::<S>(&filled).0.as_chunks::<V>().0[0]
                };
            }
        }
        let mut sums = match product.layout {
            Layout::Rows { row } => self.of_rows::<M>(run, run.a + first * row, row, sums),
            Layout::Columns { term } => self.of_columns::<M>(run, run.a + first, term, sums),
        };
        if product.rectify {
            for sum in sums.as_flattened_mut() {
                *sum = F::rectify(self.simd, *sum);
            }
        }
        for (i, sums) in sums.iter().enumerate() {
            let c = &mut c[start + i * product.c_row..][..used];
            if whole {
                F::vectors_mut::<S>(c).0.as_chunks_mut::<V>().0[0] = *sums;
            } else {
                let mut filled = [F::zero(); MOST_COLUMNS];
                F::vectors_mut::<S>(&mut filled).0.as_chunks_mut::<V>().0[0] = *sums;
                c.copy_from_slice(&filled[..used]);
            }
        }
    }

    /// Adds the products where the terms of a row stand side by side.
    #[inline(always)]
    fn of_rows<const M: usize>(
        &self,
        run: &Run,
        a: usize,
        row: usize,
        mut sums: [[F::Vector<S>; V]; M],
    ) -> [[F::Vector<S>; V]; M] {
        let repeat = self.product.repeat;
        for time in 0..repeat.count {
            let a = &self.product.a[a + time * repeat.a..];
            let b = &self.b[time * repeat.b..];
            for segment in &self.product.segments[run.segments.clone()] {
                let a = &a[segment.a..];
                let b = &b[segment.b..][..segment.length];
                // equal lengths, known to the compiler, leave no bounds check in the loop
                let rows: [&[F]; M] = std::array::from_fn(|i| &a[i * row..][..b.len()]);
                for k in 0..b.len() {
                    for i in 0..M {
                        let a = F::splat(self.simd, rows[i][k]);
                        for j in 0..V {
                            sums[i][j] = F::multiply_add(self.simd, a, b[k][j], sums[i][j]);
                        }
                    }
                }
            }
        }
        sums
    }

    /// Adds the products where the rows of a term stand side by side.
    #[inline(always)]
    fn of_columns<const M: usize>(
        &self,
        run: &Run,
        a: usize,
        term: usize,
        mut sums: [[F::Vector<S>; V]; M],
    ) -> [[F::Vector<S>; V]; M] {
        let repeat = self.product.repeat;
        for time in 0..repeat.count {
            let a = &self.product.a[a + time * repeat.a..];
            let b = &self.b[time * repeat.b..];
            for segment in &self.product.segments[run.segments.clone()] {
                let a = &a[segment.a..];
                let b = &b[segment.b..][..segment.length];
                for (k, b) in b.iter().enumerate() {
                    let a = &a[k * term..][..M];
                    for i in 0..M {
                        let a = F::splat(self.simd, a[i]);
                        for j in 0..V {
                            sums[i][j] = F::multiply_add(self.simd, a, b[j], sums[i][j]);
                        }
                    }
                }
            }
        }
        sums
    }
}
