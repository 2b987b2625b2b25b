//! The right factor of a product, in columns as wide as a tile.

use dl_math::Scalar;
use ndarray::{ArrayView2, Axis};
use pulp::{Arch, Simd, WithSimd};

/// The most vectors a panel is wide.
pub(super) const WIDEST: usize = 4;

/// A matrix B `[depth, columns]` cut into panels of columns, each `[depth, width]` row-major, the
/// last one filled up with zeros. The width is what the machine's registers suggest.
#[derive(Debug, Clone, Copy)]
pub struct Panels<'a, F> {
    pub(super) values: &'a [F],
    pub(super) depth: usize,
    pub(super) columns: usize,
}

/// One panel of columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Panel {
    /// Its first column.
    pub(super) column: usize,
    /// How many columns are in use.
    pub(super) used: usize,
    /// How many vectors it is wide.
    pub(super) vectors: usize,
}

impl<'a, F: Scalar> Panels<'a, F> {
    /// B as it stands in row-major memory, packed into `scratch` where it is not one panel
    /// already.
    ///
    /// # Panics
    /// Where `b` is not a whole number of rows.
    pub fn new(b: &'a [F], columns: usize, scratch: &'a mut Vec<F>) -> Self {
        let depth = b.len() / columns;
        let b = ArrayView2::from_shape((depth, columns), b).expect("whole rows");
        Self::stack(std::iter::once(b), depth, columns, scratch)
    }

    /// The rows of several matrices, one below the other.
    ///
    /// # Panics
    /// Where the matrices have not `depth` rows together, or other columns.
    pub fn stack(
        matrices: impl Iterator<Item = ArrayView2<'a, F>> + Clone,
        depth: usize,
        columns: usize,
        scratch: &'a mut Vec<F>,
    ) -> Self {
        let machine = Machine::of::<F>();
        let mut all = machine.panels(columns);
        let width = |panel: &Panel| panel.vectors * machine.lanes;
        let first = all.clone().next().map_or(0, |panel| width(&panel));
        if first == columns
            && let Some(values) = matrices.clone().next().and_then(|b| b.to_slice())
            && values.len() == depth * columns
        {
            return Self {
                values,
                depth,
                columns,
            };
        }
        let numbers: usize = all.clone().map(|panel| depth * width(&panel)).sum();
        scratch.clear();
        scratch.reserve(numbers);
        all.by_ref().for_each(|panel| {
            for b in matrices.clone() {
                let columns = panel.column..panel.column + panel.used;
                let b = b.slice_axis_move(Axis(1), columns.into());
                for row in b.rows() {
                    match row.to_slice() {
                        Some(row) => scratch.extend_from_slice(row),
                        None => scratch.extend(row),
                    }
                    let zeros = width(&panel) - panel.used;
                    scratch.extend(std::iter::repeat_n(F::zero(), zeros));
                }
            }
        });
        assert_eq!(scratch.len(), numbers, "the rows of all matrices");
        Self {
            values: scratch,
            depth,
            columns,
        }
    }
}

/// What the choice of a tile depends on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Machine {
    /// Numbers in a register.
    pub(super) lanes: usize,
    /// Registers.
    pub(super) registers: usize,
}

impl Machine {
    fn of<F: Scalar>() -> Self {
        struct Ask<F>(std::marker::PhantomData<F>);
        impl<F: Scalar> WithSimd for Ask<F> {
            type Output = Machine;
            #[inline(always)]
            fn with_simd<S: Simd>(self, _: S) -> Machine {
                Machine::with::<F, S>()
            }
        }
        Arch::new().dispatch(Ask::<F>(std::marker::PhantomData))
    }

    pub(super) fn with<F: Scalar, S: Simd>() -> Self {
        Self {
            lanes: F::lanes::<S>(),
            registers: S::REGISTER_COUNT,
        }
    }

    /// Cuts so many columns into panels of 4, 2 and 1 vectors (2 and 1 with 16 registers).
    pub(super) fn panels(self, columns: usize) -> impl Iterator<Item = Panel> + Clone {
        let widest = if self.registers >= 32 { WIDEST } else { 2 };
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
