//! What a network is shown: arrays of samples.

use ndarray::{ArrayBase, ArrayRef, ArrayView, ArrayViewD, Data, Dimension};

/// What can be the samples of a model of `F`: a view of an array of that scalar, or a reference to one, with the
/// sample index as axis 0.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be samples for a model of `{F}`",
    label = "not an array of samples",
    note = "samples are a reference to an array, or a view, of the model's scalar, with one row per sample: \
            `&Array2<{F}>` for vectors, `&Array4<{F}>` for images",
    note = "the rows of an iterator are collected first: \
            `Array2::from_shape_vec((n, width), rows.flatten().collect())?`"
)]
pub trait IntoSamples<'a, F> {
    /// The samples `[n, …input]`.
    fn into_samples(self) -> ArrayViewD<'a, F>;
}

impl<'a, F, S: Data<Elem = F>, D: Dimension> IntoSamples<'a, F> for &'a ArrayBase<S, D> {
    fn into_samples(self) -> ArrayViewD<'a, F> {
        self.view().into_dyn()
    }
}

impl<'a, F, D: Dimension> IntoSamples<'a, F> for &'a ArrayRef<F, D> {
    fn into_samples(self) -> ArrayViewD<'a, F> {
        self.view().into_dyn()
    }
}

impl<'a, F, D: Dimension> IntoSamples<'a, F> for ArrayView<'a, F, D> {
    fn into_samples(self) -> ArrayViewD<'a, F> {
        self.into_dyn()
    }
}
