//! Class labels as rows with a single 1, and back.

use dl_core::{Scalar, instantiate};
use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2};

use crate::{DataError, check::zeros};

instantiate! {
    /// `[rows, classes]`, 1 in the column of the row's label and 0 elsewhere.
    ///
    /// ```
    /// use dl_data::{ndarray::array, one_hot};
    /// let rows = one_hot::encode::<f32>(&array![2, 0], 3)?;
    /// assert_eq!(rows, array![[0., 0., 1.], [1., 0., 0.]]);
    /// assert_eq!(one_hot::decode(&rows)?, array![2, 0]);
    /// # Ok::<(), dl_data::DataError>(())
    /// ```
    ///
    /// # Errors
    /// A label not below `classes`; more values than memory can hold.
    pub fn encode<F: Scalar>(
        labels: &ArrayRef1<usize>,
        classes: usize,
    ) -> Result<Array2<F>, DataError> {
        ones(labels, classes)
    }

    /// The label of each row of `[rows, classes]`: the inverse of [`encode`].
    ///
    /// # Errors
    /// A row that does not hold a single 1 and otherwise 0.
    pub fn decode<F: Scalar>(one_hot: &ArrayRef2<F>) -> Result<Array1<usize>, DataError> {
        labels(one_hot)
    }
}

fn ones<F: Scalar>(labels: &ArrayRef1<usize>, classes: usize) -> Result<Array2<F>, DataError> {
    if let Some((row, &label)) = (labels.iter().enumerate()).find(|&(_, &l)| l >= classes) {
        return Err(DataError::Label {
            row,
            label,
            classes,
        });
    }
    let mut one_hot = zeros(labels.len(), classes)?;
    for (row, &label) in labels.iter().enumerate() {
        one_hot[[row, label]] = F::one();
    }
    Ok(one_hot)
}

fn labels<F: Scalar>(one_hot: &ArrayRef2<F>) -> Result<Array1<usize>, DataError> {
    let label = |(row, values): (usize, ndarray::ArrayView1<'_, F>)| {
        let mut nonzero = values.iter().enumerate().filter(|(_, v)| !v.is_zero());
        match (nonzero.next(), nonzero.next()) {
            (Some((label, v)), None) if v.is_one() => Ok(label),
            _ => Err(DataError::NotOneHot { row }),
        }
    };
    one_hot.outer_iter().enumerate().map(label).collect()
}
