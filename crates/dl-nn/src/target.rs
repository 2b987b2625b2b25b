//! What a network should answer: class numbers or values.

use dl_core::Scalar;
use ndarray::{
    Array, Array1, ArrayBase, ArrayRef, ArrayView, ArrayView1, ArrayView2, CowArray, CowRepr, Data,
    Dimension, Ix1, Ix2, IxDyn,
};

use crate::error::DataError;

/// The targets of a set of samples, as [`IntoTarget`] makes them of what a user has.
#[derive(Debug, Clone)]
pub enum Target<'a, F> {
    /// One class number per sample.
    Classes(CowArray<'a, usize, Ix1>),
    /// One row of values per sample, `[n, width]`, in standard layout: made by [`IntoTarget`] only.
    #[non_exhaustive]
    Values(CowArray<'a, F, Ix2>),
}

/// The target of one sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TargetRow<'a, F> {
    /// A class number.
    Class(usize),
    /// Values.
    Values(&'a [F]),
}

impl<'a, F: Scalar> Target<'a, F> {
    /// Values, one row per sample, or one per sample in a vector: what [`IntoTarget`] makes of them, for code that is
    /// generic over the scalar.
    pub fn from_values<D: Dimension>(values: ArrayView<'a, F, D>) -> Self {
        Target::Values(rows(values.into_dyn().into()))
    }
}

impl<F: Scalar> Target<'_, F> {
    /// Number of samples.
    pub fn len(&self) -> usize {
        match self {
            Target::Classes(classes) => classes.len(),
            Target::Values(values) => values.nrows(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The same targets, borrowed.
    pub fn view(&self) -> Target<'_, F> {
        match self {
            Target::Classes(classes) => Target::Classes(classes.view().into()),
            Target::Values(values) => Target::Values(values.view().into()),
        }
    }

    /// The target of sample `i`.
    ///
    /// # Panics
    /// Where there is no sample `i`.
    pub fn row(&self, i: usize) -> TargetRow<'_, F> {
        match self {
            Target::Classes(classes) => TargetRow::Class(classes[i]),
            Target::Values(values) => {
                let width = values.ncols();
                let values = values.as_slice().expect("made in standard layout");
                TargetRow::Values(&values[i * width..(i + 1) * width])
            }
        }
    }

    /// The class numbers, if these are the targets.
    pub fn classes(&self) -> Option<ArrayView1<'_, usize>> {
        match self {
            Target::Classes(classes) => Some(classes.view()),
            Target::Values(_) => None,
        }
    }

    /// The values `[n, width]`, if these are the targets.
    pub fn values(&self) -> Option<ArrayView2<'_, F>> {
        match self {
            Target::Classes(_) => None,
            Target::Values(values) => Some(values.view()),
        }
    }
}

/// What can be the targets of a model of `F`, owned or borrowed: a `Vec`, a slice, an array or a view.
///
/// Integers of any type and `bool` are class numbers, one per sample. Numbers of the model's scalar are values: one per
/// sample in a vector, otherwise one row per sample.
///
/// ```
/// use dl_nn::ndarray::array;
/// use dl_nn::{IntoTarget, Target};
///
/// let classes: Target<f32> = vec![2_u8, 0, 1].into_target()?;
/// assert_eq!(classes.classes(), Some(array![2, 0, 1].view()));
/// let spam: Target<f32> = [true, false].into_target()?;
/// assert_eq!(spam.classes(), Some(array![1, 0].view()));
/// let heights = array![1.6_f32, 1.8, 1.7];
/// assert_eq!(IntoTarget::<f32>::into_target(&heights)?.len(), 3);
///
/// let error = IntoTarget::<f32>::into_target([0, 1, -1]).unwrap_err();
/// assert_eq!(error.to_string(), "target of sample 2 is -1, which cannot be a class number; classes count from 0");
/// # Ok::<(), dl_nn::DataError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the targets of a model of `{F}`",
    label = "not targets",
    note = "targets are a `Vec`, a slice, an array or a view, owned or borrowed, with one entry or row per sample",
    note = "classes are integers of any type or `bool`; values are numbers of the model's scalar, `{F}`",
    note = "in code that is generic over the scalar, values are `Target::from_values(array.view())`",
    note = "the items of an iterator are collected first: `.collect::<Vec<_>>()`"
)]
pub trait IntoTarget<'a, F> {
    /// The targets.
    ///
    /// # Errors
    /// [`DataError::NotAClass`] for an integer that cannot be a class number, [`DataError::ClassShape`] where class
    /// numbers are not in a vector.
    fn into_target(self) -> Result<Target<'a, F>, DataError>;
}

/// A number of which targets consist: an integer or `bool`, which is a class, or a value of the model's scalar.
#[diagnostic::on_unimplemented(
    message = "targets of a model of `{F}` cannot consist of `{Self}`",
    label = "neither a class nor a value",
    note = "classes are integers of any type or `bool`; values are numbers of the model's scalar, `{F}`"
)]
pub trait TargetElement<F>: Clone + 'static {
    /// The targets that these numbers are.
    ///
    /// # Errors
    /// As [`IntoTarget::into_target`].
    fn targets(numbers: CowArray<'_, Self, IxDyn>) -> Result<Target<'_, F>, DataError>;
}

/// One class per sample, if these are in a vector.
fn vector<T: Clone>(classes: CowArray<'_, T, IxDyn>) -> Result<CowArray<'_, T, Ix1>, DataError> {
    let shape = classes.shape().to_vec();
    let classes = classes.into_dimensionality();
    classes.map_err(|_| DataError::ClassShape { shape })
}

impl<F> TargetElement<F> for usize {
    fn targets(classes: CowArray<'_, usize, IxDyn>) -> Result<Target<'_, F>, DataError> {
        Ok(Target::Classes(vector(classes)?))
    }
}

impl<F> TargetElement<F> for bool {
    fn targets(classes: CowArray<'_, bool, IxDyn>) -> Result<Target<'_, F>, DataError> {
        let classes = vector(classes)?.mapv(usize::from);
        Ok(Target::Classes(classes.into()))
    }
}

macro_rules! classes {
    ($($integer:ty)*) => {$(
        impl<F> TargetElement<F> for $integer {
            fn targets(
                classes: CowArray<'_, $integer, IxDyn>,
            ) -> Result<Target<'_, F>, DataError> {
                let number = |(sample, &class): (usize, &$integer)| {
                    usize::try_from(class).map_err(|_| DataError::NotAClass {
                        sample,
                        class: class.to_string(),
                    })
                };
                let classes = vector(classes)?;
                let classes: Result<Array1<usize>, _> = classes.iter().enumerate().map(number).collect();
                Ok(Target::Classes(classes?.into()))
            }
        }
    )*};
}

classes!(u8 u16 u32 u64 u128 i8 i16 i32 i64 i128 isize);

// For each scalar by itself: generic over `Scalar` it would overlap with the integers.
macro_rules! values {
    ($($scalar:ty)*) => {$(
        impl TargetElement<$scalar> for $scalar {
            fn targets(
                values: CowArray<'_, $scalar, IxDyn>,
            ) -> Result<Target<'_, $scalar>, DataError> {
                Ok(Target::Values(rows(values)))
            }
        }
    )*};
}

values!(f32 f64);

/// One row per sample, in standard layout.
fn rows<F: Scalar>(values: CowArray<'_, F, IxDyn>) -> CowArray<'_, F, Ix2> {
    let values = match values.is_standard_layout() {
        true => values,
        false => values.as_standard_layout().into_owned().into(),
    };
    let samples = values.shape().first().copied().unwrap_or(1);
    let width = values.shape().iter().skip(1).product();
    let values = values.into_shape_with_order(Ix2(samples, width));
    values.expect("in standard layout")
}

impl<'a, F> IntoTarget<'a, F> for Target<'a, F> {
    fn into_target(self) -> Result<Target<'a, F>, DataError> {
        Ok(self)
    }
}

impl<'a, F: Scalar> IntoTarget<'a, F> for &'a Target<'_, F> {
    fn into_target(self) -> Result<Target<'a, F>, DataError> {
        Ok(self.view())
    }
}

impl<'a, F, T: TargetElement<F>> IntoTarget<'a, F> for Vec<T> {
    fn into_target(self) -> Result<Target<'a, F>, DataError> {
        Array1::from(self).into_target()
    }
}

impl<'a, F, T: TargetElement<F>> IntoTarget<'a, F> for &'a Vec<T> {
    fn into_target(self) -> Result<Target<'a, F>, DataError> {
        self.as_slice().into_target()
    }
}

impl<'a, F, T: TargetElement<F>> IntoTarget<'a, F> for &'a [T] {
    fn into_target(self) -> Result<Target<'a, F>, DataError> {
        ArrayView1::from(self).into_target()
    }
}

impl<'a, F, T: TargetElement<F>, const N: usize> IntoTarget<'a, F> for [T; N] {
    fn into_target(self) -> Result<Target<'a, F>, DataError> {
        Vec::from(self).into_target()
    }
}

impl<'a, F, T: TargetElement<F>, const N: usize> IntoTarget<'a, F> for &'a [T; N] {
    fn into_target(self) -> Result<Target<'a, F>, DataError> {
        self.as_slice().into_target()
    }
}

impl<'a, F, T: TargetElement<F>, D: Dimension> IntoTarget<'a, F> for Array<T, D> {
    fn into_target(self) -> Result<Target<'a, F>, DataError> {
        T::targets(self.into_dyn().into())
    }
}

impl<'a, F, T: TargetElement<F>, D: Dimension> IntoTarget<'a, F> for ArrayView<'a, T, D> {
    fn into_target(self) -> Result<Target<'a, F>, DataError> {
        T::targets(self.into_dyn().into())
    }
}

impl<'a, F, T: TargetElement<F>, D: Dimension> IntoTarget<'a, F> for ArrayBase<CowRepr<'a, T>, D> {
    fn into_target(self) -> Result<Target<'a, F>, DataError> {
        T::targets(self.into_dyn())
    }
}

impl<'a, F, S: Data, D: Dimension> IntoTarget<'a, F> for &'a ArrayBase<S, D>
where
    S::Elem: TargetElement<F>,
{
    fn into_target(self) -> Result<Target<'a, F>, DataError> {
        self.view().into_target()
    }
}

impl<'a, F, T: TargetElement<F>, D: Dimension> IntoTarget<'a, F> for &'a ArrayRef<T, D> {
    fn into_target(self) -> Result<Target<'a, F>, DataError> {
        self.view().into_target()
    }
}
