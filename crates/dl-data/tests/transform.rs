//! Scalers and principal components: inversion, errors, serialisation.

use dl_data::ndarray::{Array, Array2, ArrayRef, Axis, Dimension, array, concatenate};
use dl_data::{DatasetError, MinMaxScaler, Pca, StandardScaler, iris};
use proptest::prelude::*;

#[track_caller]
fn says<T: std::fmt::Debug>(result: Result<T, DatasetError>, expected: &str) {
    assert_eq!(result.unwrap_err().to_string(), expected);
}

fn close<D: Dimension>(a: &ArrayRef<f64, D>, b: &ArrayRef<f64, D>, tolerance: f64) -> bool {
    a.shape() == b.shape() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= tolerance)
}

prop_compose! {
    /// A table of 5 to 30 rows and 1 to 5 columns.
    fn tables()(columns in 1usize..6)(
        columns in Just(columns),
        values in prop::collection::vec(-100.0f64..100.0, 5 * columns..30 * columns),
    ) -> Array2<f64> {
        let rows = values.len() / columns;
        Array2::from_shape_vec((rows, columns), values[..rows * columns].to_vec()).unwrap()
    }
}

proptest! {
    #[test]
    fn standard_scaler_undone(x in tables()) {
        let scaler = StandardScaler::fit(&x).unwrap();
        let z = scaler.transform(&x).unwrap();
        prop_assert!(z.mean_axis(Axis(0)).unwrap().iter().all(|m| m.abs() <= 1e-12));
        prop_assert!(z.std_axis(Axis(0), 0.0).iter().all(|s| (s - 1.0).abs() <= 1e-12));
        prop_assert!(close(&scaler.inverse_transform(&z).unwrap(), &x, 1e-12));
    }

    #[test]
    fn min_max_scaler_undone(x in tables(), low in -5.0f64..5.0, width in 0.1f64..5.0) {
        let high = low + width;
        let scaler = MinMaxScaler::fit_range(&x, low, high).unwrap();
        let z = scaler.transform(&x).unwrap();
        for column in z.columns() {
            let min = column.fold(f64::INFINITY, |a, &b| a.min(b));
            let max = column.fold(f64::NEG_INFINITY, |a, &b| a.max(b));
            prop_assert!((min - low).abs() <= 1e-12 && (max - high).abs() <= 1e-12);
        }
        prop_assert!(close(&scaler.inverse_transform(&z).unwrap(), &x, 1e-10));
    }

    #[test]
    fn all_components_undone(x in tables()) {
        let (rows, columns) = x.dim();
        prop_assume!(rows > columns);
        let pca = Pca::fit(&x, columns).unwrap();
        let z = pca.transform(&x).unwrap();
        prop_assert!(close(&pca.inverse_transform(&z).unwrap(), &x, 1e-10));
    }

    #[test]
    fn components_are_orthonormal_and_uncorrelated(x in tables()) {
        check_components(&x)?;
    }

    /// With a covariance that has zero eigenvalues.
    #[test]
    fn components_are_orthonormal_for_linearly_dependent_columns(x in tables(), factor in -2.0f64..2.0) {
        check_components(&concatenate![Axis(1), x, &x * factor])?;
        check_components(&concatenate![Axis(1), x, Array2::ones(x.dim())])?;
    }

    #[test]
    fn components_are_orthonormal_for_fewer_rows_than_columns(x in tables()) {
        check_components(&x.t().to_owned())?;
    }
}

fn check_components(x: &Array2<f64>) -> Result<(), TestCaseError> {
    let (rows, columns) = x.dim();
    let k = rows.min(columns);
    prop_assume!(rows > 1);
    let pca = Pca::fit(x, k).unwrap();
    let v = pca.components();
    prop_assert!(close(&v.dot(&v.t()), &Array2::eye(k), 1e-12));
    for v in v.rows() {
        let largest = v.fold(0.0, |a: f64, x| a.max(x.abs()));
        prop_assert!(v.iter().any(|&x| x == largest), "sign of {}", v);
    }
    let z = pca.transform(x).unwrap();
    let covariance = z.t().dot(&z) / (rows - 1) as f64;
    let variance = pca.explained_variance();
    prop_assert!(close(
        &covariance,
        &Array2::from_diag(variance),
        1e-12 * variance.sum()
    ));
    prop_assert!(
        variance
            .iter()
            .zip(variance.iter().skip(1))
            .all(|(a, b)| a >= b)
    );
    // the components account for all the variance, even if they are fewer than the columns
    prop_assert!((pca.explained_variance_ratio().sum() - 1.0).abs() <= 1e-12);
    prop_assert!(close(&pca.inverse_transform(&z).unwrap(), x, 1e-9));
    Ok(())
}

#[test]
fn few_components_give_the_nearest_points_of_their_plane() {
    let iris = iris::<f64>();
    let x = iris.features();
    let pca = Pca::fit(x, 2).unwrap();
    let near = pca.inverse_transform(&pca.transform(x).unwrap()).unwrap();
    // the residual is the variance along the other components
    let all = Pca::fit(x, 4).unwrap();
    let lost = (x - &near).mapv(|d| d * d).sum() / 149.0;
    let expected: f64 = all.explained_variance().iter().skip(2).sum();
    assert!((lost - expected).abs() <= 1e-12);
}

#[test]
fn constant_columns_stay_finite() {
    let x = array![[7.0f32, 1.0], [7.0, 3.0]];
    let standard = StandardScaler::fit(&x).unwrap();
    assert_eq!(standard.scale(), array![1.0, 1.0]);
    assert_eq!(
        standard.transform(&x).unwrap(),
        array![[0.0, -1.0], [0.0, 1.0]]
    );
    let min_max = MinMaxScaler::fit(&x).unwrap();
    assert_eq!(min_max.range(), array![1.0, 2.0]);
    assert_eq!(
        min_max.transform(&x).unwrap(),
        array![[0.0, 0.0], [0.0, 1.0]]
    );
}

#[test]
fn one_row_can_be_scaled() {
    let x = array![[7.0, -1.0]];
    let zeros = array![[0.0, 0.0]];
    assert_eq!(
        StandardScaler::fit(&x).unwrap().transform(&x).unwrap(),
        zeros
    );
    assert_eq!(MinMaxScaler::fit(&x).unwrap().transform(&x).unwrap(), zeros);
}

#[test]
fn f32_agrees_with_f64() {
    let wide = Pca::fit(iris::<f64>().features(), 2).unwrap();
    let narrow = Pca::fit(iris::<f32>().features(), 2).unwrap();
    let narrow = narrow.components().mapv(f64::from);
    assert!(close(&narrow, wide.components(), 1e-6));
}

#[test]
fn a_large_offset_does_not_hide_the_variance() {
    let x = array![[16_777_216.0f32], [16_777_218.0], [16_777_220.0]];
    let scaler = StandardScaler::fit(&x).unwrap();
    assert_eq!(scaler.mean(), array![16_777_218.0]);
    assert!((scaler.scale()[0] - (8.0f32 / 3.0).sqrt()).abs() <= 1e-6);
}

#[test]
fn other_widths_are_rejected() {
    let x = array![[1.0, 2.0], [3.0, 5.0], [2.0, 2.0]];
    let three: Array2<f64> = Array::zeros((1, 3));
    let standard = StandardScaler::fit(&x).unwrap();
    says(
        standard.transform(&three),
        "StandardScaler: 3 columns, expected 2",
    );
    says(
        standard.inverse_transform(&three),
        "StandardScaler: 3 columns, expected 2",
    );
    let min_max = MinMaxScaler::fit(&x).unwrap();
    says(
        min_max.transform(&three),
        "MinMaxScaler: 3 columns, expected 2",
    );
    says(
        min_max.inverse_transform(&three),
        "MinMaxScaler: 3 columns, expected 2",
    );
    let pca = Pca::fit(&x, 1).unwrap();
    says(pca.transform(&three), "Pca: 3 columns, expected 2");
    says(
        pca.inverse_transform(&x),
        "Pca (inverse): 2 columns, expected 1",
    );
}

#[test]
fn what_cannot_be_fitted() {
    let none: Array2<f64> = Array::zeros((0, 2));
    says(
        StandardScaler::fit(&none),
        "StandardScaler: the data is empty",
    );
    says(MinMaxScaler::fit(&none), "MinMaxScaler: the data is empty");
    says(Pca::fit(&none, 1), "Pca: the data is empty");

    let hole = array![[1.0, 2.0], [3.0, f64::NAN]];
    let place = "the value in row 1, column 1 is NaN; values must be finite";
    says(
        StandardScaler::fit(&hole),
        &format!("StandardScaler: {place}"),
    );
    says(MinMaxScaler::fit(&hole), &format!("MinMaxScaler: {place}"));
    says(Pca::fit(&hole, 1), &format!("Pca: {place}"));

    let huge = array![[0.0, -3e38f32], [0.0, 3e38], [0.0, 3e38]];
    let column = "the values of column 1 are too large for f32";
    says(MinMaxScaler::fit(&huge), &format!("MinMaxScaler: {column}"));
    says(Pca::fit(&huge, 1), &format!("Pca: {column}"));
    let huge = huge.mapv(|x| f64::from(x) * 1e269);
    says(
        StandardScaler::fit(&huge),
        "StandardScaler: the values of column 1 are too large for f64",
    );

    for (low, high) in [(1.0, 1.0), (1.0, 0.0), (0.0, f64::INFINITY)] {
        says(
            MinMaxScaler::fit_range(&array![[1.0]], low, high),
            &format!("MinMaxScaler: the range {low} to {high} must be finite and increasing"),
        );
    }
    let x = array![[1.0, 2.0, 4.0], [3.0, 5.0, 4.0]];
    for components in [0, 3] {
        says(
            Pca::fit(&x, components),
            &format!(
                "Pca: {components} components of 2 × 3 data; the number of components must be 1 to 2"
            ),
        );
    }
    says(
        Pca::fit(&array![[1.0, 2.0], [1.0, 2.0]], 1),
        "Pca: the 2 rows are identical, so no direction has any variance",
    );
}

#[test]
fn known_parameters() {
    let scaler = StandardScaler::from_parts(array![0.5], array![0.25]).unwrap();
    assert_eq!(scaler.transform(&array![[1.0]]).unwrap(), array![[2.0]]);
    says(
        StandardScaler::from_parts(array![0.5, 1.0], array![0.25]),
        "StandardScaler: 1 values of scale, expected 2",
    );
    says(
        StandardScaler::from_parts(array![0.5, 1.0], array![0.25, 0.0]),
        "StandardScaler: scale 1 is 0, but must be finite and positive",
    );
    says(
        MinMaxScaler::from_parts(array![f64::NAN], array![1.0], 0.0, 1.0),
        "MinMaxScaler: min 0 is NaN, but must be finite",
    );
    says(
        Pca::from_parts(array![0.0], array![[1.0, 0.0]], array![1.0], array![1.0]),
        "Pca: 1 values of mean, expected 2",
    );
    says(
        Pca::from_parts(array![0.0], array![[1.0]], array![-1.0], array![1.0]),
        "Pca: explained variance 0 is -1, but must be finite and not negative",
    );
}

#[test]
fn stored_and_read_again_they_are_the_same() {
    let iris = iris::<f32>();
    let x = iris.features();
    let standard = StandardScaler::fit(x).unwrap();
    let text = serde_json::to_string(&standard).unwrap();
    assert_eq!(
        serde_json::from_str::<StandardScaler<f32>>(&text).unwrap(),
        standard
    );
    let min_max = MinMaxScaler::fit(x).unwrap();
    let text = serde_json::to_string(&min_max).unwrap();
    assert_eq!(
        serde_json::from_str::<MinMaxScaler<f32>>(&text).unwrap(),
        min_max
    );
    let pca = Pca::fit(x, 2).unwrap();
    let text = serde_json::to_string(&pca).unwrap();
    assert_eq!(serde_json::from_str::<Pca<f32>>(&text).unwrap(), pca);

    let changed = serde_json::to_string(&standard)
        .unwrap()
        .replace("\"dim\":[4]", "\"dim\":[3]");
    assert!(serde_json::from_str::<StandardScaler<f32>>(&changed).is_err());
    let one = |value: f32| serde_json::to_string(&array![value]).unwrap();
    let text = format!(r#"{{"mean":{},"scale":{}}}"#, one(1.0), one(-1.0));
    let error = serde_json::from_str::<StandardScaler<f32>>(&text).unwrap_err();
    assert_eq!(
        error.to_string(),
        "StandardScaler: scale 0 is -1, but must be finite and positive"
    );
}
