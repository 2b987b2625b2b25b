//! Convolution on arrays: its definition, the textbook's im2col and product, and the direct form
//! are one; so are their gradients.

mod cases;

use cases::{Case, cases, whole, whole4};
use dl_conv::functions::{
    conv_transpose2d, conv2d, conv2d_im2col, conv2d_input_gradient, conv2d_kernel_gradient,
};
use dl_conv::{Geometry, Padding, Size, Window, col2im, im2col, naive};
use dl_core::Scalar;
use dl_nn::contract::samples;
use ndarray::{Array1, Array2, Array3, Array4, ArrayView4, Axis, Ix1, Ix4, Slice};
use proptest::prelude::*;

/// Images, kernel, bias and an output's gradient, of small whole numbers.
struct Arrays<F> {
    x: Array4<F>,
    kernel: Array4<F>,
    bias: Array1<F>,
    dy: Array4<F>,
    geometry: Geometry,
}

impl<F: Scalar> Arrays<F> {
    fn new(case: &Case) -> Self {
        let Case {
            images,
            image: [h, w],
            depths: [depth, filters],
            groups,
            window,
        } = *case;
        let filters = filters * groups;
        let geometry = window.over([h, w].into()).unwrap();
        let (taps, output) = (window.kernel, geometry.output);
        Self {
            x: whole4([images, h, w, depth * groups], 1),
            kernel: whole4([taps.height, taps.width, depth, filters], 2),
            bias: whole(&[filters], 3).into_dimensionality::<Ix1>().unwrap(),
            dy: whole4([images, output.height, output.width, filters], 4),
            geometry,
        }
    }
}

/// The same numbers in another order in memory.
fn elsewhere<F: Scalar>(x: &Array4<F>, order: [usize; 4]) -> Array4<F> {
    let mut back = [0; 4];
    for (i, &axis) in order.iter().enumerate() {
        back[axis] = i;
    }
    let permuted = x.view().permuted_axes(order);
    let laid_out = permuted.as_standard_layout().into_owned();
    laid_out.permuted_axes(back)
}

fn all_forms_agree<F: Scalar>(case: &Case) {
    let (window, groups) = (&case.window, case.groups);
    let Arrays {
        x,
        kernel,
        bias,
        dy,
        geometry,
    } = Arrays::<F>::new(case);
    let defined = naive::convolve(x.view(), kernel.view(), groups, &geometry) + &bias;
    let views = (x.view(), kernel.view(), Some(bias.view()));
    let direct = conv2d(views.0, views.1, views.2, window, groups).unwrap();
    assert_eq!(direct, defined);
    let textbook = conv2d_im2col(views.0, views.1, views.2, window, groups).unwrap();
    assert_eq!(textbook, defined);
    let defined = naive::input_gradient(dy.view(), kernel.view(), groups, &geometry);
    let input = case.image;
    let dx = conv2d_input_gradient(dy.view(), kernel.view(), input, window, groups).unwrap();
    assert_eq!(dx, defined);
    let defined = naive::kernel_gradient(x.view(), dy.view(), groups, &geometry);
    let dk = conv2d_kernel_gradient(x.view(), dy.view(), window, groups).unwrap();
    assert_eq!(dk, defined);

    // any memory layout, no bias
    let orders = [[0, 3, 1, 2], [3, 2, 0, 1], [1, 0, 3, 2]];
    let (x, kernel) = (elsewhere(&x, orders[0]), elsewhere(&kernel, orders[1]));
    let dy = elsewhere(&dy, orders[2]);
    let reversed = bias.slice_axis(Axis(0), Slice::new(0, None, -1)).to_owned();
    let bias = reversed.slice_axis(Axis(0), Slice::new(0, None, -1));
    let views = (x.view(), kernel.view(), Some(bias));
    assert_eq!(
        conv2d(views.0, views.1, views.2, window, groups).unwrap(),
        direct
    );
    let again = conv2d_im2col(views.0, views.1, views.2, window, groups);
    assert_eq!(again.unwrap(), direct);
    let again = conv2d_input_gradient(dy.view(), views.1, input, window, groups);
    assert_eq!(again.unwrap(), dx);
    assert_eq!(
        conv2d_kernel_gradient(views.0, dy.view(), window, groups).unwrap(),
        dk
    );
    let without = conv2d(views.0, views.1, None, window, groups).unwrap();
    assert_eq!(without + bias, direct);
    let without = conv2d_im2col(views.0, views.1, None, window, groups).unwrap();
    assert_eq!(without + bias, direct);
}

/// Y = C K for C = im2col(x), so ∂L/∂K = Cᵀ δ and ∂L/∂x = col2im(δ Kᵀ).
fn gradients_by_columns_agree(case: &Case) {
    let Arrays { x, kernel, dy, .. } = Arrays::<f64>::new(case);
    let geometry = case.window.over(case.image.into()).unwrap();
    let filters = kernel.dim().3;
    let kernel_matrix = kernel.to_shape((kernel.len() / filters, filters)).unwrap();
    let mut dk = Array2::zeros(kernel_matrix.dim());
    let mut dx = Array4::zeros(x.dim());
    for ((x, dy), mut dx) in x.outer_iter().zip(dy.outer_iter()).zip(dx.outer_iter_mut()) {
        let delta = dy.to_shape((dy.len() / filters, filters)).unwrap();
        dk += &im2col(x, &geometry).t().dot(&delta);
        dx.assign(&col2im(delta.dot(&kernel_matrix.t()).view(), &geometry));
    }
    let direct = conv2d_kernel_gradient(x.view(), dy.view(), &case.window, 1).unwrap();
    assert_eq!(dk.to_shape(kernel.dim()).unwrap(), direct);
    let direct = conv2d_input_gradient(dy.view(), kernel.view(), case.image, &case.window, 1);
    assert_eq!(dx, direct.unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_definition_the_textbook_and_the_direct_form(case in cases(10, 4)) {
        all_forms_agree::<f64>(&case);
        all_forms_agree::<f32>(&case);
    }

    #[test]
    fn gradients_by_the_textbook(case in cases(10, 5)) {
        gradients_by_columns_agree(&Case { groups: 1, ..case });
    }

    /// ⟨im2col(x), c⟩ = ⟨x, col2im(c)⟩.
    #[test]
    fn im2col_and_col2im_are_adjoint(case in cases(12, 5)) {
        let [height, width] = case.image;
        let channels = case.depths[0];
        let geometry = case.window.over(case.image.into()).unwrap();
        let x: Array3<f64> = whole(&[height, width, channels], 1).into_dimensionality().unwrap();
        let columns = im2col(x.view(), &geometry);
        let c: Array2<f64> = whole(columns.shape(), 2).into_dimensionality().unwrap();
        let image = col2im(c.view(), &geometry);
        prop_assert_eq!(image.dim(), x.dim());
        prop_assert_eq!((&columns * &c).sum(), (&x * &image).sum());
    }

    /// ⌊(h + padding − extent) / stride⌋ + 1; with `Same`, ⌈h / stride⌉. And no position more fits.
    #[test]
    fn output_sizes(case in cases(40, 2)) {
        let geometry = case.window.over(case.image.into()).unwrap();
        let Window { kernel, stride, dilation, padding } = case.window;
        let size = |input: usize, kernel: usize, stride: usize, dilation: usize, around| {
            let extent = (kernel - 1) * dilation + 1;
            match around {
                Some(around) => (input + around - extent) / stride + 1,
                None => input.div_ceil(stride),
            }
        };
        let (rows, columns) = match padding {
            Padding::Valid => (Some(0), Some(0)),
            Padding::Same => (None, None),
            Padding::Explicit { top, bottom, left, right } => (Some(top + bottom), Some(left + right)),
        };
        let [height, width] = case.image;
        let expected = Size {
            height: size(height, kernel.height, stride.height, dilation.height, rows),
            width: size(width, kernel.width, stride.width, dilation.width, columns),
        };
        prop_assert_eq!(geometry.output, expected);
    }
}

fn normal(shape: [usize; 4], seed: u64) -> Array4<f32> {
    samples(&shape, seed).into_dimensionality::<Ix4>().unwrap()
}

/// 50 images of 37 000 numbers are several blocks.
#[test]
fn the_same_bits_with_any_number_of_threads() {
    let (x, kernel) = (normal([50, 24, 24, 32], 1), normal([3, 3, 32, 33], 2));
    let window = Window::new(3);
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap().install(|| {
            let y = conv2d(x.view(), kernel.view(), None, &window, 1).unwrap();
            let dx = conv2d_input_gradient(y.view(), kernel.view(), 24, &window, 1).unwrap();
            let dk = conv2d_kernel_gradient(x.view(), y.view(), &window, 1).unwrap();
            (y, dx, dk)
        })
    };
    let (y, dx, dk) = run(1);
    assert!(y.iter().chain(&dx).chain(&dk).all(|v| v.is_finite()));
    for threads in [2, 8] {
        assert!(
            run(threads) == (y.clone(), dx.clone(), dk.clone()),
            "{threads} threads"
        );
    }
}

/// A batch cut into blocks is the sum over its images.
#[test]
fn a_kernel_gradient_is_the_sum_over_images() {
    let x = whole4([45, 20, 20, 40], 1);
    let dy = whole4([45, 9, 9, 6], 2);
    let window = Window {
        stride: 2.into(),
        ..Window::new(3)
    };
    let gradient = |x: ArrayView4<'_, f64>, dy: ArrayView4<'_, f64>| {
        conv2d_kernel_gradient(x, dy, &window, 1).unwrap()
    };
    let together = gradient(x.view(), dy.view());
    let alone = (0..45).map(|i| {
        let image = Slice::from(i..i + 1);
        gradient(x.slice_axis(Axis(0), image), dy.slice_axis(Axis(0), image))
    });
    assert_eq!(alone.reduce(|sum, part| sum + part).unwrap(), together);
}

#[test]
fn no_image_gives_no_result_and_no_gradient() {
    let (x, kernel) = (
        Array4::<f64>::zeros((0, 5, 5, 2)),
        Array4::ones((3, 3, 2, 4)),
    );
    let window = Window::new(3);
    let y = conv2d(x.view(), kernel.view(), None, &window, 1).unwrap();
    assert_eq!(y.dim(), (0, 3, 3, 4));
    assert_eq!(
        conv2d_im2col(x.view(), kernel.view(), None, &window, 1).unwrap(),
        y
    );
    let dx = conv2d_input_gradient(y.view(), kernel.view(), 5, &window, 1).unwrap();
    assert_eq!(dx.dim(), (0, 5, 5, 2));
    let dk = conv2d_kernel_gradient(x.view(), y.view(), &window, 1).unwrap();
    assert_eq!(dk, Array4::<f64>::zeros((3, 3, 2, 4)));
}

#[test]
fn what_does_not_fit_is_an_error() {
    let image = |shape: [usize; 4]| Array4::<f32>::zeros(shape);
    let x = image([2, 5, 5, 4]);
    let window = Window::new(3);
    let message = |kernel: [usize; 4], bias: Option<usize>, groups| {
        let (kernel, bias) = (image(kernel), bias.map(Array1::zeros));
        let views = (x.view(), kernel.view(), bias.as_ref().map(|b| b.view()));
        let error = conv2d(views.0, views.1, views.2, &window, groups).unwrap_err();
        let textbook = conv2d_im2col(views.0, views.1, views.2, &window, groups).unwrap_err();
        let error = error.to_string();
        assert_eq!(error, textbook.to_string().replace("_im2col", ""));
        error
    };
    let fits = "but must be of the shape that window, images and groups ask for";
    for kernel in [
        [3, 3, 3, 6],
        [3, 2, 4, 6],
        [1, 3, 4, 6],
        [0, 3, 4, 6],
        [3, 3, 0, 6],
    ] {
        let expected = format!("conv2d kernel is {kernel:?} where [3, 3, 4, 6] fits, {fits}");
        assert_eq!(message(kernel, None, 1), expected);
    }
    assert_eq!(
        message([3, 3, 4, 6], None, 2),
        format!("conv2d kernel is [3, 3, 4, 6] where [3, 3, 2, 6] fits, {fits}")
    );
    assert_eq!(
        message([3, 3, 4, 0], None, 1),
        "conv2d filters is 0, but must be at least 1"
    );
    assert_eq!(
        message([3, 3, 4, 6], None, 0),
        "conv2d groups is 0, but must be at least 1"
    );
    assert_eq!(
        message([3, 3, 4, 6], None, 4),
        "conv2d groups is 4 for 4 input channels and 6 filters, but must be a divisor of both"
    );
    assert_eq!(
        message([3, 3, 4, 6], Some(4), 1),
        "conv2d bias is 4 elements for 6 filters, but must be one element per filter"
    );

    let kernel = image([3, 3, 4, 6]);
    let error = conv2d(x.view(), kernel.view(), None, &Window::new(6), 1).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("large enough for a window of 6×6 pixels"),
        "{error}"
    );
    let error = conv2d(x.view(), kernel.view(), None, &Window::new(0), 1).unwrap_err();
    assert!(
        error.to_string().starts_with("conv2d kernel is 0×0"),
        "{error}"
    );
    let huge = Window {
        padding: Padding::all(1 << 20),
        ..window
    };
    let error = conv2d(x.view(), kernel.view(), None, &huge, 1).unwrap_err();
    assert!(
        error.to_string().ends_with("has fewer than 2^32 elements"),
        "{error}"
    );
    assert!(conv2d(image([2, 5, 0, 4]).view(), kernel.view(), None, &window, 1).is_err());

    let dy = image([2, 3, 3, 6]);
    let input = |dy: &Array4<f32>, input: usize, groups| {
        conv2d_input_gradient(dy.view(), kernel.view(), input, &window, groups)
    };
    assert!(input(&dy, 5, 1).is_ok());
    let error = input(&dy, 6, 1).unwrap_err().to_string();
    assert_eq!(
        error,
        "got a sample of shape [3, 3, 6], but takes the gradient of an output [4, 4, 6]"
    );
    for (size, groups) in [(0, 1), (usize::MAX, 1), (5, 0), (5, usize::MAX), (5, 5)] {
        assert!(input(&dy, size, groups).is_err(), "{size} {groups}");
    }
    let kernel_of = |dy: [usize; 4]| conv2d_kernel_gradient(x.view(), image(dy).view(), &window, 1);
    assert!(kernel_of([2, 3, 3, 6]).is_ok());
    assert_eq!(
        kernel_of([3, 3, 3, 6]).unwrap_err().to_string(),
        "conv2d_kernel_gradient dy is of 3 images for 2, but must be of as many images as x"
    );
    assert!(kernel_of([2, 3, 4, 6]).is_err());
    assert!(kernel_of([2, 3, 3, 0]).is_err());

    let transposed = |kernel: [usize; 4], bias: usize, more: usize, groups| {
        let (kernel, bias) = (image(kernel), Array1::zeros(bias));
        conv_transpose2d(
            x.view(),
            kernel.view(),
            Some(bias.view()),
            &window,
            more,
            groups,
        )
    };
    assert_eq!(
        transposed([3, 3, 6, 4], 6, 0, 1).unwrap().dim(),
        (2, 7, 7, 6)
    );
    assert!(transposed([3, 3, 6, 4], 5, 0, 1).is_err());
    assert!(transposed([3, 3, 6, 4], 6, 1, 1).is_err());
    assert!(transposed([3, 3, 6, 5], 6, 0, 1).is_err());
    assert!(transposed([3, 4, 6, 4], 6, 0, 1).is_err());
    assert!(transposed([3, 3, 6, 4], 6, 0, 0).is_err());
    assert!(transposed([3, 3, 6, 4], 6, 0, usize::MAX).is_err());
    assert!(transposed([3, 3, 3, 4], 6, 0, 2).is_ok());
}
