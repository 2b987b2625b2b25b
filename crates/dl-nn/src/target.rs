//! What a network should answer: class numbers or values.

use dl_core::Scalar;
use ndarray::{Array1, Array2, ArrayD, ArrayView1, ArrayView2, Axis, CowArray, Ix1, Ix2};

/// The targets of a set of samples.
///
/// Made by `into()` from references to the arrays a user has: classes from `&Array1<usize>`,
/// `&Vec<usize>` or `&[usize]`, values from the same or from `&Array2` or `&ArrayD` of the model's
/// scalar; the latter two hold one row a sample.
#[derive(Debug, Clone)]
pub enum Target<'a, F> {
    /// One class number a sample.
    Classes(CowArray<'a, usize, Ix1>),
    /// One row of values a sample, `[n, width]`, in standard layout: made by `into()` only.
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
}

impl<'a, F> From<&'a [usize]> for Target<'a, F> {
    fn from(classes: &'a [usize]) -> Self {
        Target::Classes(ArrayView1::from(classes).into())
    }
}

impl<'a, F> From<&'a Vec<usize>> for Target<'a, F> {
    fn from(classes: &'a Vec<usize>) -> Self {
        classes.as_slice().into()
    }
}

impl<'a, F> From<&'a Array1<usize>> for Target<'a, F> {
    fn from(classes: &'a Array1<usize>) -> Self {
        classes.view().into()
    }
}

impl<'a, F> From<ArrayView1<'a, usize>> for Target<'a, F> {
    fn from(classes: ArrayView1<'a, usize>) -> Self {
        Target::Classes(classes.into())
    }
}

// For each scalar by itself: generic over `Scalar` it would overlap with the class numbers.
macro_rules! from_vector_of_values {
    ($scalar:ty) => {
        impl<'a> From<ArrayView1<'a, $scalar>> for Target<'a, $scalar> {
            fn from(values: ArrayView1<'a, $scalar>) -> Self {
                values.insert_axis(Axis(1)).into()
            }
        }

        impl<'a> From<&'a Array1<$scalar>> for Target<'a, $scalar> {
            fn from(values: &'a Array1<$scalar>) -> Self {
                values.view().into()
            }
        }

        impl<'a> From<&'a [$scalar]> for Target<'a, $scalar> {
            fn from(values: &'a [$scalar]) -> Self {
                ArrayView1::from(values).into()
            }
        }

        impl<'a> From<&'a Vec<$scalar>> for Target<'a, $scalar> {
            fn from(values: &'a Vec<$scalar>) -> Self {
                values.as_slice().into()
            }
        }
    };
}

from_vector_of_values!(f32);
from_vector_of_values!(f64);

impl<'a, F: Scalar> From<&'a Array2<F>> for Target<'a, F> {
    fn from(values: &'a Array2<F>) -> Self {
        values.view().into()
    }
}

impl<'a, F: Scalar> From<ArrayView2<'a, F>> for Target<'a, F> {
    fn from(values: ArrayView2<'a, F>) -> Self {
        Target::Values(if values.is_standard_layout() {
            values.into()
        } else {
            values.as_standard_layout().into_owned().into()
        })
    }
}

impl<'a, F: Scalar> From<&'a ArrayD<F>> for Target<'a, F> {
    fn from(values: &'a ArrayD<F>) -> Self {
        let rows = values.shape().first().copied().unwrap_or(1);
        let width: usize = values.shape().iter().skip(1).product();
        let values = values.as_standard_layout();
        let values = values.into_shape_with_order(Ix2(rows, width));
        Target::Values(values.expect("in standard layout"))
    }
}
