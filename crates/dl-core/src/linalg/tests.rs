//! Closed forms, and what holds of any matrix: factors give it back, and bases are orthonormal.

use ndarray::{Array1, Array2, ArrayRef2, Axis, array};
use proptest::collection::vec;
use proptest::prelude::*;

use super::{LinalgError, Qr, Svd, SymmetricEigen, solve_upper_triangular};

fn largest(a: &ArrayRef2<f64>) -> f64 {
    a.fold(0.0, |m: f64, x| m.max(x.abs()))
}

fn close(a: &ArrayRef2<f64>, b: &ArrayRef2<f64>, tolerance: f64) -> bool {
    a.dim() == b.dim() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= tolerance)
}

prop_compose! {
    /// A product of matrices m × inner and inner × n, so of rank `inner` at most; columns of sizes from
    /// 1e-150 to 1e150 if `graded`.
    fn matrices(rows: std::ops::Range<usize>)(
        m in rows, n in 1usize..9, inner in 0usize..9, graded in any::<bool>(),
    )(
        left in vec(-1.0f64..1.0, m * inner),
        right in vec(-1.0f64..1.0, inner * n),
        exponents in vec(-150.0f64..150.0, n),
        (m, n, inner, graded) in Just((m, n, inner, graded)),
    ) -> Array2<f64> {
        let left = Array2::from_shape_vec((m, inner), left).unwrap();
        let right = Array2::from_shape_vec((inner, n), right).unwrap();
        let scales = Array1::from(exponents).mapv(|e| if graded { 10f64.powf(e) } else { 1.0 });
        left.dot(&right) * scales
    }
}

prop_compose! {
    /// AᵀDA of a matrix A and a diagonal D of few different numbers; then divided by rows and columns of
    /// 1 to 1e-150 if `graded`.
    fn symmetric_matrices()(
        a in matrices(1..9), graded in any::<bool>(),
    )(
        signs in vec(prop_oneof![Just(-1.0), Just(0.0), Just(1.0)], a.nrows()),
        exponents in vec(-150.0f64..0.0, a.ncols()),
        (a, graded) in Just((a, graded)),
    ) -> Array2<f64> {
        let size = largest(&a);
        let a = if size == 0.0 { a } else { a / size };
        let scales = Array1::from(exponents).mapv(|e| if graded { 10f64.powf(e) } else { 1.0 });
        let a = a * &scales;
        a.t().dot(&(&a * &Array1::from(signs).insert_axis(Axis(1))))
    }
}

fn check_qr(a: &Array2<f64>) -> Result<(), TestCaseError> {
    let (m, n) = a.dim();
    let k = m.min(n);
    let qr = Qr::new(a);
    let (q, r) = (qr.q(), qr.r());
    prop_assert_eq!((q.dim(), r.dim()), ((m, k), (k, n)));
    prop_assert!(close(&q.t().dot(&q), &Array2::eye(k), 1e-14));
    prop_assert!(r.indexed_iter().all(|((i, j), &x)| i <= j || x == 0.0));
    prop_assert!(r.diag().iter().all(|&x| x >= 0.0), "{}", r);
    // column by column, whatever the sizes of the others
    for (j, column) in a.axis_iter(Axis(1)).enumerate() {
        let size = column.fold(0.0, |m: f64, x| m.max(x.abs()));
        let error = q.dot(&r.column(j)) - column;
        prop_assert!(error.iter().all(|e| e.abs() <= 1e-14 * size));
        let product = qr.q_transposed_dot(&column);
        prop_assert!(
            (product - r.column(j))
                .iter()
                .all(|e| e.abs() <= 2e-14 * size)
        );
    }
    Ok(())
}

fn check_eigen(a: &Array2<f64>) -> Result<(), TestCaseError> {
    let eigen = SymmetricEigen::new(a).unwrap();
    let (values, v) = (eigen.values(), eigen.vectors());
    prop_assert!(close(&v.dot(&v.t()), &Array2::eye(a.nrows()), 1e-13));
    prop_assert!(
        values
            .iter()
            .zip(values.iter().skip(1))
            .all(|(a, b)| a >= b)
    );
    // two products, so that neither overflows
    let again = v.t().dot(&(v * &values.view().insert_axis(Axis(1))));
    prop_assert!(close(&again, a, 1e-13 * largest(a)), "{} from {}", again, a);
    Ok(())
}

fn check_svd(a: &Array2<f64>) -> Result<(), TestCaseError> {
    let (m, n) = a.dim();
    let svd = Svd::new(a).unwrap();
    let (values, v) = (svd.values(), svd.right());
    prop_assert_eq!((values.len(), v.dim()), (m.min(n), (m.min(n), n)));
    prop_assert!(
        close(&v.dot(&v.t()), &Array2::eye(m.min(n)), 1e-13),
        "{}",
        v
    );
    let falls = values
        .iter()
        .zip(values.iter().skip(1))
        .all(|(a, b)| a >= b);
    prop_assert!(falls && values.iter().all(|&value| value >= 0.0));
    // AVᵀ = UΣ: columns of these lengths, at right angles
    let size = largest(a);
    let a = if size == 0.0 { a.clone() } else { a / size };
    let values = if size == 0.0 {
        values.clone()
    } else {
        values / size
    };
    let products = a.dot(&v.t());
    let squares = Array2::from_diag(&(&values * &values));
    prop_assert!(close(
        &products.t().dot(&products),
        &squares,
        1e-13 * values.sum()
    ));
    prop_assert!(close(&products.dot(v), &a, 1e-13));
    Ok(())
}

proptest! {
    #[test]
    fn singular_vectors_of_any_matrix(a in matrices(1..9)) {
        check_svd(&a)?;
        check_svd(&a.t().to_owned())?;
    }

    #[test]
    fn qr_of_any_matrix(a in matrices(1..9)) {
        check_qr(&a)?;
    }

    #[test]
    fn the_solution_of_an_upper_triangular_system(x in vec(-1.0f64..1.0, 0..9), seed in vec(-1.0f64..1.0, 64)) {
        let n = x.len();
        let r = Array2::from_shape_fn((n, n), |(i, j)| seed[8 * i + j] + if i == j { 4.0 } else { 0.0 });
        let upper = Array2::from_shape_fn((n, n), |(i, j)| if i <= j { r[[i, j]] } else { 0.0 });
        let found = solve_upper_triangular(&r, &upper.dot(&Array1::from(x.clone())));
        prop_assert!((found - Array1::from(x)).iter().all(|e| e.abs() <= 1e-13));
    }

    #[test]
    fn eigenvectors_of_any_symmetric_matrix(a in symmetric_matrices(), exponent in -150i32..150) {
        let a = a * 10f64.powi(exponent);
        // subnormal numbers have fewer digits
        prop_assume!(largest(&a) == 0.0 || largest(&a) > 1e-290);
        check_eigen(&a)?;
    }

    /// A plane rotation of diag(λ, μ): its eigenvalues and vectors are known.
    #[test]
    fn two_by_two(angle in -1.5f64..1.5, lambda in -1.0f64..1.0, gap in 1e-3f64..1.0) {
        let (s, c) = angle.sin_cos();
        let v = array![[c, s], [-s, c]];
        let values = array![lambda, lambda - gap];
        let a = v.t().dot(&(&v * &values.clone().insert_axis(Axis(1))));
        let eigen = SymmetricEigen::new(&a).unwrap();
        prop_assert!((eigen.values() - &values).iter().all(|e| e.abs() <= 1e-15));
        let cosines = (eigen.vectors() * &v).sum_axis(Axis(1));
        prop_assert!(cosines.iter().all(|c| (c.abs() - 1.0).abs() <= 1e-14));
    }
}

#[test]
fn small_and_empty_matrices() {
    for shape in [(0, 0), (0, 3), (3, 0), (1, 1), (3, 2), (2, 3)] {
        check_qr(&Array2::zeros(shape)).unwrap();
        check_qr(&Array2::ones(shape)).unwrap();
        check_svd(&Array2::zeros(shape)).unwrap();
        check_svd(&Array2::ones(shape)).unwrap();
    }
    for n in 0..4 {
        check_eigen(&Array2::zeros((n, n))).unwrap();
        check_eigen(&Array2::ones((n, n))).unwrap();
        check_eigen(&Array2::eye(n)).unwrap();
    }
    let qr = Qr::new(&array![[-2.0]]);
    assert_eq!((qr.q(), qr.r()), (array![[-1.0]], &array![[2.0]]));
    let eigen = SymmetricEigen::new(&array![[-2.0]]).unwrap();
    assert_eq!(eigen.into_parts(), (array![-2.0], array![[1.0]]));
}

/// The second difference: λₖ = 2 + 2 cos(kπ/(n + 1)), vₖ = sin(jkπ/(n + 1)) with alternating signs.
#[test]
fn eigenvalues_of_the_second_difference() {
    let n = 100;
    let a = Array2::from_shape_fn((n, n), |(i, j): (usize, usize)| match i.abs_diff(j) {
        0 => 2.0,
        1 => -1.0,
        _ => 0.0,
    });
    let eigen = SymmetricEigen::new(&a).unwrap();
    for (k, value) in (1..).zip(eigen.values()) {
        let angle = std::f64::consts::PI * f64::from(k) / (n as f64 + 1.0);
        assert!((value - 2.0 - 2.0 * angle.cos()).abs() <= 1e-14);
    }
    check_eigen(&a).unwrap();
}

/// The identity less 1/n everywhere: 1, n − 1 times, and 0.
#[test]
fn repeated_eigenvalues() {
    let n = 60;
    let a = Array2::<f64>::eye(n) - 1.0 / n as f64;
    check_eigen(&a).unwrap();
    let (values, _) = SymmetricEigen::new(&a).unwrap().into_parts();
    assert!(values.iter().take(n - 1).all(|v| (v - 1.0).abs() <= 1e-14));
    assert!(values[n - 1].abs() <= 1e-14);
}

/// One row and column far smaller than the others.
#[test]
fn a_graded_matrix() {
    let a = array![
        [
            -1.429_226_639_176_562_8e-180,
            -5.352_995_696_457_889e-209,
            -2.327_795_695_871_531_2e-182
        ],
        [
            -5.352_995_696_457_889e-209,
            -2.046_395_736_415_395e-236,
            1.453_135_827_618_918e-209
        ],
        [
            -2.327_795_695_871_531_2e-182,
            1.453_135_827_618_918e-209,
            5.401_509_282_976_434e-183
        ],
    ];
    check_eigen(&a).unwrap();
}

/// Hilbert's matrix, whose columns are nearly dependent.
#[test]
fn nearly_dependent_columns() {
    let a = Array2::from_shape_fn((30, 30), |(i, j)| 1.0 / (1 + i + j) as f64);
    check_qr(&a).unwrap();
    check_eigen(&a).unwrap();
    check_svd(&a).unwrap();
}

/// A plane rotation of columns of 1 and 1e-12: 24 digits apart in `AᵀA`, of which an `f64` has 16.
#[test]
fn small_singular_values_beside_large_ones() {
    let (s, c) = 0.7_f64.sin_cos();
    let small = 1e-12;
    let a = array![[c, -s * small], [s, c * small], [0.0, 0.0]];
    for a in [
        a.clone(),
        a.slice_axis(Axis(1), ndarray::Slice::new(0, None, -1))
            .to_owned(),
    ] {
        for a in [a.clone(), a.t().to_owned()] {
            let values = Svd::new(&a).unwrap().values().to_owned();
            assert!((values[0] - 1.0).abs() <= 1e-15, "{values}");
            assert!((values[1] / small - 1.0).abs() <= 1e-3, "{values}");
        }
        // exactly, where columns of different sizes are the cause
        let values = Svd::new(&a).unwrap().values().to_owned();
        assert!((values[1] / small - 1.0).abs() <= 1e-14, "{values}");
    }
}

#[test]
fn what_is_no_symmetric_matrix() {
    for hole in [f64::NAN, f64::INFINITY] {
        let a = array![[1.0, 0.0], [0.0, hole]];
        let error = SymmetricEigen::new(&a).unwrap_err();
        assert!(matches!(error, LinalgError::NotFinite { .. }), "{error}");
        let error = Svd::new(&a).unwrap_err();
        assert!(matches!(error, LinalgError::NotFinite { .. }), "{error}");
        // it ends
        assert_eq!(Qr::new(&a).q().dim(), (2, 2));
    }
    let error = SymmetricEigen::new(&Array2::zeros((2, 3))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the matrix has shape [2, 3], but must be square"
    );
}

/// An upper triangle or a lower one counts by half.
#[test]
fn the_symmetric_part_is_decomposed() {
    let a = array![[2.0, 2.0], [0.0, 2.0]];
    let symmetric = array![[2.0, 1.0], [1.0, 2.0]];
    assert_eq!(SymmetricEigen::new(&a), SymmetricEigen::new(&symmetric));
}
