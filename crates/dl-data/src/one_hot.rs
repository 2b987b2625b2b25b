//! One-hot encoding of class labels, and back.

use dl_core::{Scalar, instantiate};
use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2};

use crate::{
    DatasetError,
    check::{check_labels, zeros},
};

instantiate! {
    /// `[rows, classes]`, 1 in the column of the row's label and 0 elsewhere.
    ///
    /// ```
    /// use dl_data::{ndarray::array, one_hot};
    /// let rows = one_hot::encode::<f32>(&array![2, 0], 3)?;
    /// assert_eq!(rows, array![[0., 0., 1.], [1., 0., 0.]]);
    /// assert_eq!(one_hot::decode(&rows)?, array![2, 0]);
    /// # Ok::<(), dl_data::DatasetError>(())
    /// ```
    ///
    /// # Errors
    /// A label not below `classes`; not enough memory.
    pub fn encode<F: Scalar>(
        labels: &ArrayRef1<usize>,
        classes: usize,
    ) -> Result<Array2<F>, DatasetError> {
        ones(labels, classes)
    }

    /// The label of each row of `[rows, classes]`: the inverse of [`encode`].
    ///
    /// # Errors
    /// A row that does not contain a single 1 and 0 elsewhere.
    pub fn decode<F: Scalar>(one_hot: &ArrayRef2<F>) -> Result<Array1<usize>, DatasetError> {
        labels(one_hot)
    }
}

fn ones<F: Scalar>(labels: &ArrayRef1<usize>, classes: usize) -> Result<Array2<F>, DatasetError> {
    check_labels(labels, classes)?;
    let mut one_hot = zeros(labels.len(), classes)?;
    for (row, &label) in labels.iter().enumerate() {
        one_hot[[row, label]] = F::one();
    }
    Ok(one_hot)
}

fn labels<F: Scalar>(one_hot: &ArrayRef2<F>) -> Result<Array1<usize>, DatasetError> {
    let label = |(row, values): (usize, ndarray::ArrayView1<'_, F>)| {
        let mut nonzero = values.iter().enumerate().filter(|(_, v)| !v.is_zero());
        match (nonzero.next(), nonzero.next()) {
            (Some((label, v)), None) if v.is_one() => Ok(label),
            _ => Err(DatasetError::NotOneHot { row }),
        }
    };
    one_hot.outer_iter().enumerate().map(label).collect()
}
