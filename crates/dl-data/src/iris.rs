//! Fisher's Iris data set.

use dl_core::{Scalar, instantiate};

use crate::{Csv, Dataset};

instantiate! {
    /// The Iris data set: sepal and petal length and width in centimetres of 150 flowers, 50 each of *Iris setosa*,
    /// *versicolor* and *virginica*, in this order, labelled 0, 1, 2.
    ///
    /// Source: R. A. Fisher (1936), "The use of multiple measurements in taxonomic problems", *Annals of Eugenics*
    /// 7(2), 179–188, table I. The values are those of the paper, as in scikit-learn's `load_iris`. The widespread
    /// copy in the UCI repository differs in the 35th and the 38th flower: there 4.9, 3.1, 1.5, **0.1** and 4.9,
    /// **3.1**, **1.5**, 0.1; here, as in the paper, 4.9, 3.1, 1.5, **0.2** and 4.9, **3.6**, **1.4**, 0.1.
    ///
    /// ```
    /// let iris = dl_data::iris::<f32>();
    /// assert_eq!(iris.features().dim(), (150, 4));
    /// assert_eq!(iris.class_names(), ["setosa", "versicolor", "virginica"]);
    /// ```
    pub fn iris<F: Scalar>() -> Dataset<F> {
        read()
    }
}

fn read<F: Scalar>() -> Dataset<F> {
    const TABLE: &[u8] = include_bytes!("../data/iris.csv");
    Csv::new()
        .label("species")
        .read(TABLE, "iris.csv")
        .expect("the table is part of this crate and tested")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Axis, array};

    #[test]
    fn the_values_are_fishers() {
        let iris = iris::<f64>();
        assert_eq!(iris.features().row(34), array![4.9, 3.1, 1.5, 0.2]);
        assert_eq!(iris.features().row(37), array![4.9, 3.6, 1.4, 0.1]);
        assert_eq!(iris.class_counts(), [50, 50, 50]);
        let names = ["sepal_length", "sepal_width", "petal_length", "petal_width"];
        assert_eq!(iris.feature_names(), names);
        // column sums of scikit-learn 1.9.1: load_iris().data.sum(axis=0)
        let sums = iris.features().sum_axis(Axis(0)) - array![876.5, 458.6, 563.7, 179.9];
        assert!(sums.iter().all(|d| d.abs() <= 1e-9), "{sums}");
    }
}
