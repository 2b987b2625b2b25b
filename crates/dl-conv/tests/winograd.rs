//! Convolutions large enough to go by Winograd's minimal filtering: their definition, exactly where numbers are whole,
//! and as near to it as the direct way where they are not.

mod cases;

use cases::whole4;
use dl_conv::functions::{conv2d, conv2d_input_gradient, conv2d_kernel_gradient};
use dl_conv::{Padding, Size, Window, naive};
use dl_core::Scalar;
use dl_nn::contract::samples;
use ndarray::{Array1, Array4, ArrayD, Axis, Ix4, Slice, Zip};

/// Zeros above, below, before and after an image.
fn padded(top: usize, bottom: usize, left: usize, right: usize) -> Window {
    Window {
        padding: Padding::Explicit {
            top,
            bottom,
            left,
            right,
        },
        ..Window::new(3)
    }
}

fn equals_the_definition<F: Scalar>(image: [usize; 2], depths: [usize; 2], window: &Window) {
    let ([height, width], [inputs, filters]) = (image, depths);
    let geometry = window.over(Size::from(image)).unwrap();
    let output = geometry.output;
    let x: Array4<F> = whole4([2, height, width, inputs], 1);
    let kernel = whole4([3, 3, inputs, filters], 2);
    let dy = whole4([2, output.height, output.width, filters], 3);
    let bias = Array1::from_shape_fn(filters, |f| F::cast((f % 7) as f64 - 3.0));
    let y = conv2d(x.view(), kernel.view(), Some(bias.view()), window, 1).unwrap();
    let defined = naive::convolve(x.view(), kernel.view(), 1, &geometry) + &bias;
    assert_eq!(y, defined, "{image:?} {depths:?} {window:?}");
    let dx = conv2d_input_gradient(dy.view(), kernel.view(), image, window, 1).unwrap();
    let defined = naive::input_gradient(dy.view(), kernel.view(), 1, &geometry);
    assert_eq!(dx, defined, "{image:?} {depths:?} {window:?}");
    let dk = conv2d_kernel_gradient(x.view(), dy.view(), window, 1).unwrap();
    let defined = naive::kernel_gradient(x.view(), dy.view(), 1, &geometry);
    assert_eq!(dk, defined, "{image:?} {depths:?} {window:?}");
}

#[test]
fn outputs_and_gradients_are_those_of_the_definition() {
    let cases = [
        // even and odd outputs, channels that fill vectors and that do not
        ([10, 10], [32, 32], Window::new(3)),
        ([9, 12], [32, 47], Window::new(3)),
        ([11, 8], [33, 32], padded(1, 1, 1, 1)),
        ([7, 9], [40, 35], padded(0, 2, 1, 0)),
        ([8, 8], [32, 32], padded(2, 0, 0, 2)),
        // zeros that whole tiles stand on
        ([8, 9], [32, 32], padded(3, 2, 2, 5)),
        // several bands of tiles, the last one lower
        ([47, 21], [64, 32], padded(1, 1, 1, 1)),
        // a row of tiles that is a band alone
        ([5, 200], [32, 32], padded(1, 1, 1, 1)),
    ];
    for (image, depths, window) in cases {
        equals_the_definition::<f32>(image, depths, &window);
        equals_the_definition::<f64>(image, depths, &window);
    }
}

/// The 5×5 kernel with a ring of zeros around the 3×3 one, which goes the direct way.
fn with_a_ring(kernel: &Array4<f32>) -> Array4<f32> {
    let (_, _, inputs, filters) = kernel.dim();
    let mut ringed = Array4::zeros((5, 5, inputs, filters));
    let inner = Slice::from(1..4);
    let mut middle = ringed.slice_axis_mut(Axis(0), inner);
    middle.slice_axis_mut(Axis(1), inner).assign(kernel);
    ringed
}

/// Root of the mean square.
fn size(values: &ArrayD<f64>) -> f64 {
    values.mapv(|value| value * value).mean().unwrap().sqrt()
}

/// ‖found − exact‖ / ‖exact‖.
fn error(found: &Array4<f32>, exact: &Array4<f64>) -> f64 {
    let found = found.mapv(f64::from);
    size(&(&found - exact).into_dyn()) / size(&exact.clone().into_dyn())
}

/// Additions before and after the products round, too; F(2×2, 3×3) has only factors of 1 and ½, so that the error
/// stays near the direct way's.
#[test]
fn the_error_is_at_most_twice_that_of_the_direct_way() {
    let array = |shape: [usize; 4], seed| {
        let values: ArrayD<f32> = samples(&shape, seed);
        values.into_dimensionality::<Ix4>().unwrap()
    };
    for (side, inputs, filters) in [(13, 32, 64), (16, 128, 32), (14, 256, 64)] {
        let x = array([2, side, side, inputs], 1);
        let kernel = array([3, 3, inputs, filters], 2);
        let window = padded(1, 1, 1, 1);
        let direct = Window {
            kernel: 5.into(),
            ..padded(2, 2, 2, 2)
        };
        let (x64, kernel64) = (x.mapv(f64::from), kernel.mapv(f64::from));
        let exact = conv2d(x64.view(), kernel64.view(), None, &window, 1).unwrap();
        let found = conv2d(x.view(), kernel.view(), None, &window, 1).unwrap();
        let straight = conv2d(x.view(), with_a_ring(&kernel).view(), None, &direct, 1).unwrap();
        let [found, straight] = [&found, &straight].map(|y| error(y, &exact));
        assert!(found < 2.0 * straight, "{found:e}, direct {straight:e}");

        let dy = array([2, side, side, filters], 3);
        let dy64 = dy.mapv(f64::from);
        let exact = conv2d_input_gradient(dy64.view(), kernel64.view(), side, &window, 1).unwrap();
        let found = conv2d_input_gradient(dy.view(), kernel.view(), side, &window, 1).unwrap();
        let ringed = with_a_ring(&kernel);
        let straight = conv2d_input_gradient(dy.view(), ringed.view(), side, &direct, 1).unwrap();
        let [found, straight] = [&found, &straight].map(|dx| error(dx, &exact));
        assert!(found < 2.0 * straight, "{found:e}, direct {straight:e}");

        let exact = conv2d_kernel_gradient(x64.view(), dy64.view(), &window, 1).unwrap();
        let found = conv2d_kernel_gradient(x.view(), dy.view(), &window, 1).unwrap();
        let ringed = conv2d_kernel_gradient(x.view(), dy.view(), &direct, 1).unwrap();
        let inner = Slice::from(1..4);
        let middle = ringed.slice_axis(Axis(0), inner);
        let straight = middle.slice_axis(Axis(1), inner).to_owned();
        let [found, straight] = [&found, &straight].map(|dk| error(dk, &exact));
        assert!(found < 2.0 * straight, "{found:e}, direct {straight:e}");
    }
}

/// What an image's output is does not depend on the images beside it.
#[test]
fn each_image_has_the_bits_it_has_alone() {
    let x: ArrayD<f32> = samples(&[5, 12, 12, 32], 1);
    let x = x.into_dimensionality::<Ix4>().unwrap();
    let kernel: ArrayD<f32> = samples(&[3, 3, 32, 32], 2);
    let kernel = kernel.into_dimensionality::<Ix4>().unwrap();
    let window = padded(1, 1, 1, 1);
    let together = conv2d(x.view(), kernel.view(), None, &window, 1).unwrap();
    Zip::from(x.outer_iter())
        .and(together.outer_iter())
        .for_each(|x, together| {
            let x = x.insert_axis(Axis(0));
            let alone = conv2d(x, kernel.view(), None, &window, 1).unwrap();
            assert_eq!(alone.index_axis(Axis(0), 0), together);
        });
}
