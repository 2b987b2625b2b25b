//! Right factors that stay packed from product to product.

use ndarray::ArrayView2;

use super::PackedB;
use super::packing::{aligned, with_spare};
use crate::Scalar;

/// The packed parameters of a layer, each in a slot of its own.
///
/// Parameters change from step to step, so nothing is kept unless whoever changes them says so: the default
/// packs every time, [`keeping`](Self::keeping) once until it is told to [`forget`](Self::forget).
#[derive(Debug, Clone, Default)]
pub struct Packings<F> {
    keep: bool,
    slots: Vec<Slot<F>>,
}

#[derive(Debug)]
struct Slot<F> {
    memory: Vec<F>,
    /// What is packed: the depth and the columns.
    shape: Option<[usize; 2]>,
}

/// A copy is empty: other memory starts elsewhere in a cache line.
impl<F> Clone for Slot<F> {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl<F> Default for Slot<F> {
    fn default() -> Self {
        Self {
            memory: Vec::new(),
            shape: None,
        }
    }
}

impl<F: Scalar> Packings<F> {
    /// Keeps what is packed, until it is told to forget it.
    pub fn keeping() -> Self {
        Self {
            keep: true,
            slots: Vec::new(),
        }
    }

    /// Whether it keeps what is packed.
    pub fn keeps(&self) -> bool {
        self.keep
    }

    /// The parameters have changed. The memory stays.
    pub fn forget(&mut self) {
        for slot in &mut self.slots {
            slot.shape = None;
        }
    }

    /// The rows of several matrices, one below the other, as in [`PackedB::pack_stacked`]: packed into this slot,
    /// unless it holds them already.
    ///
    /// # Panics
    /// Where the matrices have not `depth` rows together, or other columns.
    pub fn pack<'a>(
        &'a mut self,
        slot: usize,
        matrices: impl Iterator<Item = ArrayView2<'a, F>> + Clone,
        depth: usize,
        columns: usize,
    ) -> PackedB<'a, F> {
        if let Some(packed) = PackedB::as_it_is(matrices.clone(), depth, columns) {
            return packed;
        }
        let elements = PackedB::<F>::elements(depth, columns);
        let values = self.fill(slot, [depth, columns], elements, |values| {
            PackedB::write(matrices, depth, columns, values);
        });
        PackedB::packed(values, depth, columns)
    }

    /// Several matrices `[depth, columns]`, each packed on its own, in one slot. They are made only where the slot
    /// does not hold them already.
    ///
    /// # Panics
    /// Where the matrices are not `count`, or of another shape.
    pub fn pack_each<'m, I>(
        &mut self,
        slot: usize,
        count: usize,
        [depth, columns]: [usize; 2],
        make: impl FnOnce() -> I,
    ) -> impl Iterator<Item = PackedB<'_, F>> + Clone
    where
        F: 'm,
        I: Iterator<Item = ArrayView2<'m, F>>,
    {
        let elements = PackedB::<F>::elements(depth, columns);
        let values = self.fill(slot, [count * depth, columns], count * elements, |values| {
            let mut matrices = make();
            for values in values.chunks_exact_mut(elements) {
                let matrix = matrices.next().expect("as many matrices as said");
                PackedB::write(std::iter::once(matrix), depth, columns, values);
            }
        });
        values
            .chunks_exact(elements)
            .map(move |values| PackedB::packed(values, depth, columns))
    }

    /// The values of a slot for a matrix of this shape, written by `write` where they are not there already.
    pub(super) fn fill(
        &mut self,
        slot: usize,
        shape: [usize; 2],
        elements: usize,
        write: impl FnOnce(&mut [F]),
    ) -> &[F] {
        let keep = self.keep;
        let kept = self.slot(slot);
        let packed = kept.shape == Some(shape);
        kept.shape = keep.then_some(shape);
        let values = aligned(&mut kept.memory, elements);
        if !packed {
            write(values);
        }
        values
    }

    /// Whether a slot can hold this many elements.
    pub(super) fn has_room(&mut self, slot: usize, elements: usize) -> bool {
        let memory = &mut self.slot(slot).memory;
        memory
            .try_reserve_exact(with_spare::<F>(elements).saturating_sub(memory.len()))
            .is_ok()
    }

    fn slot(&mut self, slot: usize) -> &mut Slot<F> {
        if self.slots.len() <= slot {
            self.slots.resize_with(slot + 1, Slot::default);
        }
        &mut self.slots[slot]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    #[test]
    fn what_is_kept_is_packed_once_until_it_is_forgotten() {
        let old = Array2::<f32>::ones((3, 5));
        let new = &old * 2.0;
        let first = |packings: &mut Packings<f32>, matrix: &Array2<f32>| {
            packings
                .pack(1, std::iter::once(matrix.view()), 3, 5)
                .values[0]
        };
        let mut kept = Packings::keeping();
        assert_eq!(first(&mut kept, &old), 1.0);
        assert_eq!(first(&mut kept, &new), 1.0);
        kept.forget();
        assert_eq!(first(&mut kept, &new), 2.0);
        let mut copy = kept.clone();
        assert_eq!(first(&mut copy, &old), 1.0, "a copy packs again");
        let mut packed_each_time = Packings::default();
        assert_eq!(first(&mut packed_each_time, &old), 1.0);
        assert_eq!(first(&mut packed_each_time, &new), 2.0);
    }
}
