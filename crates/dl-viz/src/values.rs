//! Numbers that figures accept.

/// A number that a figure can draw: any float or integer, by value or by reference, so that slices, vectors,
/// arrays, views and iterators are all accepted as data.
pub trait Number: sealed::Sealed {
    /// The number as `f64`.
    fn to_f64(self) -> f64;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! number {
    ($($t:ty),*) => {$(
        impl sealed::Sealed for $t {}
        impl sealed::Sealed for &$t {}
        impl Number for $t {
            fn to_f64(self) -> f64 {
                self as f64
            }
        }
        impl Number for &$t {
            fn to_f64(self) -> f64 {
                *self as f64
            }
        }
    )*};
}

number!(f64, f32, usize, u64, u32, u16, u8, i64, i32, i16, i8);

pub(crate) fn collect(values: impl IntoIterator<Item: Number>) -> Vec<f64> {
    values.into_iter().map(Number::to_f64).collect()
}
