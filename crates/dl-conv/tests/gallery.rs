//! What the gallery's kernels do to images whose derivatives are known.

use dl_conv::ndarray::{Array2, Array4, Axis};
use dl_conv::{Window, gallery, naive};
use dl_core::Scalar;

/// The kernel at every position where it fits on the image `value(row, column)`, 9 × 11.
fn filtered(kernel: &Array2<f64>, value: impl Fn(f64, f64) -> f64) -> Array2<f64> {
    let image = Array4::from_shape_fn((1, 9, 11, 1), |(_, y, x, _)| value(y as f64, x as f64));
    let (height, width) = kernel.dim();
    let window = Window::new([height, width]);
    let geometry = window.over([9, 11].into()).unwrap();
    let kernel = gallery::kernel(std::slice::from_ref(kernel)).unwrap();
    let y = naive::convolve(image.view(), kernel.view(), 1, &geometry);
    y.index_axis_move(Axis(3), 0).index_axis_move(Axis(0), 0)
}

#[track_caller]
fn assert_all(values: &Array2<f64>, expected: f64) {
    assert!(!values.is_empty());
    for value in values {
        assert!(
            (value - expected).abs() <= 1e-12,
            "{value} against {expected}"
        );
    }
}

/// 2 + 3 y − 5 x
fn plane(y: f64, x: f64) -> f64 {
    2.0 + 3.0 * y - 5.0 * x
}

/// y² + 4 x²: ∂²/∂y² + ∂²/∂x² = 2 + 8
fn bowl(y: f64, x: f64) -> f64 {
    y * y + 4.0 * x * x
}

#[test]
fn slopes() {
    assert_all(&filtered(&gallery::sobel_x(), plane), 8.0 * -5.0);
    assert_all(&filtered(&gallery::sobel_y(), plane), 8.0 * 3.0);
    assert_all(&filtered(&gallery::prewitt_x(), plane), 6.0 * -5.0);
    assert_all(&filtered(&gallery::prewitt_y(), plane), 6.0 * 3.0);
}

#[test]
fn curvatures() {
    assert_all(&filtered(&gallery::laplacian(), plane), 0.0);
    assert_all(&filtered(&gallery::laplacian_8(), plane), 0.0);
    assert_all(&filtered(&gallery::laplacian(), bowl), 10.0);
    assert_all(&filtered(&gallery::laplacian_8(), bowl), 3.0 * 10.0);
}

#[test]
fn sharpening_and_relief() {
    let middle = |value: fn(f64, f64) -> f64| {
        Array2::from_shape_fn((7, 9), |(y, x)| value(y as f64 + 1.0, x as f64 + 1.0))
    };
    assert_all(&(filtered(&gallery::identity(), bowl) - middle(bowl)), 0.0);
    assert_all(&(filtered(&gallery::sharpen(), bowl) - middle(bowl)), -10.0);
    // six times the slope down and to the right is added
    let relief = filtered(&gallery::emboss(), plane) - middle(plane);
    assert_all(&relief, 6.0 * (3.0 - 5.0));
}

#[test]
fn means_leave_planes_alone() {
    for size in [1, 3, 5, 7] {
        let half = (size / 2) as f64;
        for kernel in [
            gallery::gaussian::<f64>(size, 1.3).unwrap(),
            gallery::box_blur(size).unwrap(),
        ] {
            assert!((kernel.sum() - 1.0).abs() <= 1e-15);
            let blurred = filtered(&kernel, plane);
            let (rows, columns) = blurred.dim();
            let middle = Array2::from_shape_fn((rows, columns), |(y, x)| {
                plane(y as f64 + half, x as f64 + half)
            });
            assert_all(&(blurred - middle), 0.0);
        }
    }
}

#[test]
fn the_gaussian_is_separable_and_falls_as_it_should() {
    let sigma = 0.9;
    let kernel = gallery::gaussian::<f64>(7, sigma).unwrap();
    let row = kernel.sum_axis(Axis(0));
    for ((y, x), &weight) in kernel.indexed_iter() {
        assert!((weight - row[y] * row[x]).abs() <= 1e-16);
        let [dy, dx] = [y, x].map(|i| i as f64 - 3.0);
        let ratio = (-(dy * dy + dx * dx) / (2.0 * sigma * sigma)).exp();
        assert!((weight / kernel[[3, 3]] - ratio).abs() <= 1e-14);
    }
}

#[test]
fn the_gallery_as_one_kernel() {
    let filters = gallery::all::<f32>();
    assert_eq!(filters.len(), 11);
    let kernels: Vec<_> = filters.iter().map(|f| f.kernel.clone()).collect();
    let kernel = gallery::kernel(&kernels).unwrap();
    assert_eq!(kernel.dim(), (3, 3, 1, 11));
    for (i, filter) in filters.iter().enumerate() {
        let channel = kernel.index_axis(Axis(3), i);
        assert_eq!(
            channel.index_axis(Axis(2), 0),
            filter.kernel,
            "{}",
            filter.name
        );
        // derivatives see nothing where all is equal; the others leave it as it is
        let derivative = ["Sobel", "Prewitt", "Laplacian"]
            .iter()
            .any(|name| filter.name.starts_with(name));
        let sum = filter.kernel.sum();
        let expected = if derivative { 0.0 } else { 1.0 };
        assert!((sum - expected).abs() <= 1e-6, "{}: {sum}", filter.name);
    }
    let mut names: Vec<_> = filters.iter().map(|f| f.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 11);
}

#[test]
fn what_cannot_be_made_is_an_error() {
    let message = |size, sigma| {
        gallery::gaussian::<f32>(size, sigma)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        message(4, 1.0),
        "gaussian size is 4, but must be odd and at most 1001"
    );
    assert_eq!(
        message(0, 1.0),
        "gaussian size is 0, but must be odd and at most 1001"
    );
    assert!(gallery::gaussian::<f32>(usize::MAX, 1.0).is_err());
    for sigma in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(
            message(3, sigma).ends_with("must be positive and finite"),
            "{sigma}"
        );
    }
    assert!(gallery::box_blur::<f32>(2).is_err());
    let none: [Array2<f64>; 0] = [];
    assert!(gallery::kernel(&none).is_err());
    let two = [gallery::sobel_x(), gallery::box_blur(5).unwrap()];
    let error = gallery::kernel::<f64>(&two).unwrap_err();
    assert_eq!(error.got, [5, 5]);
    // small σ: all the weight in the middle, nothing undefined
    let point = gallery::gaussian::<f32>(3, 1e-300).unwrap();
    assert_eq!(point, gallery::identity::<f32>());
    assert_eq!(f32::cast(1.0), point[[1, 1]]);
}
