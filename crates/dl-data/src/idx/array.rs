//! An array of the type a file contains.

use dl_core::{Scalar, instantiate};
use ndarray::ArrayD;

use super::ElementType;

/// The contents of an IDX file, in the file's shape and type.
#[derive(Debug, Clone, PartialEq)]
pub enum IdxArray {
    /// Bytes: the usual type of images and labels.
    U8(ArrayD<u8>),
    /// Signed bytes.
    I8(ArrayD<i8>),
    /// 16-bit integers.
    I16(ArrayD<i16>),
    /// 32-bit integers.
    I32(ArrayD<i32>),
    /// Single-precision numbers.
    F32(ArrayD<f32>),
    /// Double-precision numbers.
    F64(ArrayD<f64>),
}

/// `$body` for the inner array, whatever its type.
macro_rules! each {
    ($self:ident, $array:ident => $body:expr) => {
        match $self {
            Self::U8($array) => $body,
            Self::I8($array) => $body,
            Self::I16($array) => $body,
            Self::I32($array) => $body,
            Self::F32($array) => $body,
            Self::F64($array) => $body,
        }
    };
}

impl IdxArray {
    /// Length of each axis.
    pub fn shape(&self) -> &[usize] {
        each!(self, array => array.shape())
    }

    /// Type of the elements.
    pub fn element_type(&self) -> ElementType {
        match self {
            Self::U8(_) => ElementType::U8,
            Self::I8(_) => ElementType::I8,
            Self::I16(_) => ElementType::I16,
            Self::I32(_) => ElementType::I32,
            Self::F32(_) => ElementType::F32,
            Self::F64(_) => ElementType::F64,
        }
    }

    /// The values, unscaled, each rounded to the nearest value of the type.
    ///
    /// ```
    /// use dl_data::{idx::IdxArray, ndarray::array};
    /// let bytes = IdxArray::U8(array![[0, 255]].into_dyn());
    /// assert_eq!(bytes.to_scalar::<f32>(), array![[0., 255.]].into_dyn());
    /// ```
    pub fn to_scalar<F: Scalar>(&self) -> ArrayD<F> {
        to_scalar(self)
    }

    fn rounded<F: Scalar>(&self) -> ArrayD<F> {
        each!(self, array => scalars(array))
    }
}

instantiate! {
    fn to_scalar<F: Scalar>(array: &IdxArray) -> ArrayD<F> {
        array.rounded()
    }
}

fn scalars<T: Copy + Into<f64>, F: Scalar>(array: &ArrayD<T>) -> ArrayD<F> {
    array.mapv(|value| F::cast(value.into()))
}
