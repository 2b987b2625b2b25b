//! A batch of samples as one contiguous slice in row-major order.
//!
//! That a batch is contiguous is part of its type, so that no layer has to check. Both types are a few words: they
//! borrow the shape of a sample as they borrow the elements, and making one allocates nothing.

use ndarray::{ArrayRef, ArrayView2, ArrayViewD, ArrayViewMut2, ArrayViewMutD, Dimension, IxDyn};
use std::slice::{ChunksExact, ChunksExactMut};

/// A batch to read: any number of samples of one shape, one after another, channels last.
///
/// ```
/// use dl_nn::Batch;
/// use dl_nn::ndarray::array;
///
/// let x = array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
/// let batch = Batch::from_array(&x);
/// assert_eq!((batch.len(), batch.sample_shape()), (2, &[3][..]));
/// assert_eq!(batch.slice(), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
/// assert_eq!(batch.matrix(), x);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Batch<'a, F> {
    len: usize,
    sample_shape: &'a [usize],
    values: &'a [F],
}

/// A batch to write; see [`Batch`].
///
/// ```
/// use dl_nn::{Batch, BatchMut};
///
/// let (x, mut y) = ([1.0, 2.0, 3.0, 4.0], [0.0; 2]);
/// let (x, mut sums) = (Batch::new(&[2], &x), BatchMut::new(&[1], &mut y));
/// for (x, sum) in x.iter().zip(sums.iter_mut()) {
///     sum[0] = x[0] + x[1];
/// }
/// assert_eq!(y, [3.0, 7.0]);
/// ```
#[derive(Debug, PartialEq)]
pub struct BatchMut<'a, F> {
    len: usize,
    sample_shape: &'a [usize],
    values: &'a mut [F],
}

/// The number of samples of this shape that have `elements` elements.
#[track_caller]
fn count(sample_shape: &[usize], elements: usize) -> usize {
    let size = size(sample_shape);
    assert!(
        elements.checked_rem(size).unwrap_or(elements) == 0,
        "{elements} elements are not a batch of samples of shape {sample_shape:?}"
    );
    elements.checked_div(size).unwrap_or(0)
}

fn size(sample_shape: &[usize]) -> usize {
    sample_shape.iter().product()
}

fn width(sample_shape: &[usize]) -> usize {
    sample_shape.last().copied().unwrap_or(1)
}

/// `[n, …sample]`.
fn shape(len: usize, sample_shape: &[usize]) -> IxDyn {
    let mut shape = IxDyn::zeros(sample_shape.len() + 1);
    let axes = shape.slice_mut();
    axes[0] = len;
    axes[1..].copy_from_slice(sample_shape);
    shape
}

impl<'a, F> Batch<'a, F> {
    /// Samples of this shape, as many as the elements make up.
    ///
    /// # Panics
    /// If the elements are not a whole number of samples.
    #[track_caller]
    pub fn new(sample_shape: &'a [usize], values: &'a [F]) -> Self {
        let len = count(sample_shape, values.len());
        Self {
            len,
            sample_shape,
            values,
        }
    }

    /// The first `len` samples of a buffer.
    pub(crate) fn first(len: usize, sample_shape: &'a [usize], buffer: &'a [F]) -> Self {
        Self {
            len,
            sample_shape,
            values: &buffer[..len * size(sample_shape)],
        }
    }

    /// The samples `[n, …]` of an array.
    ///
    /// # Panics
    /// If the array is not in standard layout, or has no sample axis.
    #[track_caller]
    pub fn from_array<D: Dimension>(array: &'a ArrayRef<F, D>) -> Self {
        let values = array.as_slice().expect("an array in standard layout");
        let sample_shape = array.shape().get(1..).expect("an axis that counts samples");
        Self {
            len: array.shape()[0],
            sample_shape,
            values,
        }
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The shape of one sample.
    pub fn sample_shape(&self) -> &'a [usize] {
        self.sample_shape
    }

    /// Length of the last axis: features or channels; 1 if a sample is a scalar.
    pub fn width(&self) -> usize {
        width(self.sample_shape)
    }

    /// All elements in order.
    pub fn slice(&self) -> &'a [F] {
        self.values
    }

    /// Each sample's elements.
    ///
    /// # Panics
    /// If a sample has no elements.
    pub fn iter(&self) -> ChunksExact<'a, F> {
        self.values.chunks_exact(size(self.sample_shape))
    }

    /// The runs of [`width`](Self::width) elements along the last axis: the feature vectors, or the pixels.
    ///
    /// # Panics
    /// If the last axis has length 0.
    pub fn rows(&self) -> ChunksExact<'a, F> {
        self.values.chunks_exact(self.width())
    }

    /// The samples as the rows of a matrix `[n, elements]`.
    pub fn matrix(&self) -> ArrayView2<'a, F> {
        let shape = (self.len, size(self.sample_shape));
        ArrayView2::from_shape(shape, self.values).expect("as many elements as the shape has")
    }

    /// The batch as an array `[n, …]`.
    pub fn array(&self) -> ArrayViewD<'a, F> {
        let shape = shape(self.len, self.sample_shape);
        ArrayViewD::from_shape(shape, self.values).expect("as many elements as the shape has")
    }
}

impl<'a, F> IntoIterator for &Batch<'a, F> {
    type Item = &'a [F];
    type IntoIter = ChunksExact<'a, F>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a, F> BatchMut<'a, F> {
    /// Samples of this shape, as many as the elements make up.
    ///
    /// # Panics
    /// If the elements are not a whole number of samples.
    #[track_caller]
    pub fn new(sample_shape: &'a [usize], values: &'a mut [F]) -> Self {
        let len = count(sample_shape, values.len());
        Self {
            len,
            sample_shape,
            values,
        }
    }

    /// The first `len` samples of a buffer.
    pub(crate) fn first(len: usize, sample_shape: &'a [usize], buffer: &'a mut [F]) -> Self {
        Self {
            len,
            sample_shape,
            values: &mut buffer[..len * size(sample_shape)],
        }
    }

    /// Samples of this shape in an array `[n, …]`, which cannot lend its own shape along with its elements.
    ///
    /// # Panics
    /// If the array is not in standard layout, or its samples do not have this shape.
    #[track_caller]
    pub fn from_array<D: Dimension>(
        sample_shape: &'a [usize],
        array: &'a mut ArrayRef<F, D>,
    ) -> Self {
        let found = array.shape().get(1..);
        assert_eq!(
            found,
            Some(sample_shape),
            "the shape of the array's samples"
        );
        let len = array.shape()[0];
        let values = array.as_slice_mut().expect("an array in standard layout");
        Self {
            len,
            sample_shape,
            values,
        }
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The shape of one sample.
    pub fn sample_shape(&self) -> &'a [usize] {
        self.sample_shape
    }

    /// Length of the last axis; 1 if a sample is a scalar.
    pub fn width(&self) -> usize {
        width(self.sample_shape)
    }

    /// The same batch, read-only.
    pub fn view(&self) -> Batch<'_, F> {
        Batch {
            len: self.len,
            sample_shape: self.sample_shape,
            values: self.values,
        }
    }

    /// All elements in order.
    pub fn slice(&self) -> &[F] {
        self.values
    }

    /// All elements in order, for the lifetime of the batch.
    pub fn into_slice(self) -> &'a mut [F] {
        self.values
    }

    /// All elements in order, mutable.
    pub fn slice_mut(&mut self) -> &mut [F] {
        self.values
    }

    /// Each sample's elements.
    ///
    /// # Panics
    /// If a sample has no elements.
    pub fn iter_mut(&mut self) -> ChunksExactMut<'_, F> {
        self.values.chunks_exact_mut(size(self.sample_shape))
    }

    /// The runs of [`width`](Self::width) elements along the last axis.
    ///
    /// # Panics
    /// If the last axis has length 0.
    pub fn rows_mut(&mut self) -> ChunksExactMut<'_, F> {
        self.values.chunks_exact_mut(width(self.sample_shape))
    }

    /// The samples as the rows of a matrix `[n, elements]`.
    pub fn matrix_mut(&mut self) -> ArrayViewMut2<'_, F> {
        let shape = (self.len, size(self.sample_shape));
        ArrayViewMut2::from_shape(shape, self.values).expect("as many elements as the shape has")
    }

    /// The batch as an array `[n, …]`.
    pub fn array_mut(&mut self) -> ArrayViewMutD<'_, F> {
        let shape = shape(self.len, self.sample_shape);
        ArrayViewMutD::from_shape(shape, self.values).expect("as many elements as the shape has")
    }
}

impl<'b, F> IntoIterator for &'b mut BatchMut<'_, F> {
    type Item = &'b mut [F];
    type IntoIter = ChunksExactMut<'b, F>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array3, ArrayD, array};

    use super::*;

    #[test]
    fn all_views_show_the_same_elements() {
        let x = Array3::from_shape_fn((2, 3, 4), |(n, i, j)| 100 * n + 10 * i + j);
        let batch = Batch::from_array(&x);
        assert_eq!(batch, Batch::new(&[3, 4], x.as_slice().unwrap()));
        assert_eq!((batch.len(), batch.width()), (2, 4));
        assert_eq!(batch.array(), x.view().into_dyn());
        assert_eq!(batch.matrix()[[1, 4]], 110);
        assert_eq!(batch.rows().nth(4), Some(&[110, 111, 112, 113][..]));
        assert_eq!(batch.iter().nth(1), batch.slice().get(12..));

        let mut y = x.clone();
        let mut batch = BatchMut::from_array(&[3, 4], &mut y);
        assert_eq!((batch.len(), batch.width()), (2, 4));
        batch.array_mut()[[0, 0, 0]] = 1;
        batch.matrix_mut()[[0, 1]] = 2;
        batch.slice_mut()[2] = 3;
        batch.rows_mut().next().unwrap()[3] = 4;
        batch.iter_mut().nth(1).unwrap()[0] = 5;
        assert_eq!(batch.view().slice(), batch.slice());
        assert_eq!(batch.slice()[..4], [1, 2, 3, 4]);
        assert_eq!(y[[1, 0, 0]], 5);
    }

    #[test]
    fn samples_may_be_scalars_and_batches_empty() {
        let scalars = [1.0, 2.0];
        let batch = Batch::new(&[], &scalars);
        assert_eq!((batch.len(), batch.width()), (2, 1));
        assert_eq!(batch.array(), array![1.0, 2.0].into_dyn());
        let none = ArrayD::<f32>::zeros(&[0, 3][..]);
        let batch = Batch::from_array(&none);
        assert!(batch.is_empty());
        assert_eq!(batch.matrix().dim(), (0, 3));
        assert_eq!(batch.iter().count(), 0);
    }

    #[test]
    #[should_panic(expected = "5 elements are not a batch of samples of shape [2]")]
    fn a_part_of_a_sample_is_refused() {
        Batch::new(&[2], &[0; 5]);
    }

    #[test]
    #[should_panic(expected = "1 elements are not a batch of samples of shape [3, 0]")]
    fn so_are_elements_of_samples_without_any() {
        BatchMut::new(&[3, 0], &mut [0]);
    }

    #[test]
    #[should_panic(expected = "standard layout")]
    fn a_transposed_array_is_refused() {
        Batch::from_array(&array![[1, 2], [3, 4]].t());
    }

    #[test]
    #[should_panic(expected = "the shape of the array's samples")]
    fn so_is_an_array_of_other_samples() {
        BatchMut::from_array(&[3], &mut array![[1, 2]]);
    }
}
