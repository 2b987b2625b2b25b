//! Functions on arrays: the layers' results for any layout, batch and number of threads.

use dl_conv::functions::{
    average_pool2d, conv2d, conv2d_im2col, global_average_pool2d, global_max_pool2d,
    local_response_norm, max_pool2d, upsample2d, zero_pad2d,
};
use dl_conv::ndarray::{Array4, ArrayView4, Axis};
use dl_conv::{
    AveragePool2d, Interpolation, LocalResponseNorm, MaxPool2d, Padding, UpSample2d, Window,
    ZeroPad2d,
};
use dl_core::random::generator;
use dl_nn::contract::samples;
use dl_nn::prelude::*;
use dl_nn::single_layer::forward;

fn images(shape: [usize; 4]) -> Array4<f32> {
    samples(&shape, 3).into_dimensionality().unwrap()
}

fn window() -> Window {
    Window {
        stride: 2.into(),
        padding: Padding::all(1),
        ..Window::new(3)
    }
}

/// All functions' results, one after the other.
fn all(x: ArrayView4<f32>) -> Vec<f32> {
    let up = UpSample2d::new(2).interpolation(Interpolation::Bilinear);
    let mut results = Vec::new();
    results.extend(max_pool2d(x, &window()).unwrap());
    results.extend(average_pool2d(x, &window(), false).unwrap());
    results.extend(average_pool2d(x, &window(), true).unwrap());
    results.extend(global_max_pool2d(x).unwrap());
    results.extend(global_average_pool2d(x).unwrap());
    results.extend(local_response_norm(x, &LocalResponseNorm::new()).unwrap());
    results.extend(upsample2d(x, &up).unwrap());
    results.extend(zero_pad2d(x, &ZeroPad2d::new(2)).unwrap());
    results
}

fn by_layer(spec: &impl LayerSpec<f32>, x: ArrayView4<f32>) -> Array4<f32> {
    let layer = spec.build(&x.shape()[1..], &mut generator(0)).unwrap();
    let y = forward(&*layer, &x.into_dyn(), &mut Cache::default(), Mode::Eval);
    y.unwrap().into_dimensionality().unwrap()
}

#[test]
fn functions_are_the_layers() {
    let x = images([5, 7, 6, 3]);
    let view = x.view();
    let max = MaxPool2d::new(3).stride(2).padding(Padding::all(1));
    assert_eq!(max_pool2d(view, &window()).unwrap(), by_layer(&max, view));
    let average = AveragePool2d::new(3).stride(2).padding(Padding::all(1));
    assert_eq!(
        average_pool2d(view, &window(), false).unwrap(),
        by_layer(&average, view)
    );
    let counted = average.count_padding(true);
    assert_eq!(
        average_pool2d(view, &window(), true).unwrap(),
        by_layer(&counted, view)
    );
    let norm = LocalResponseNorm::new().alpha(0.1);
    assert_eq!(
        local_response_norm(view, &norm).unwrap(),
        by_layer(&norm, view)
    );
    let up = UpSample2d::new(2);
    assert_eq!(upsample2d(view, &up).unwrap(), by_layer(&up, view));
    let pad = ZeroPad2d::sides(1, 2, 3, 4);
    assert_eq!(zero_pad2d(view, &pad).unwrap(), by_layer(&pad, view));
    let mean = global_average_pool2d(view).unwrap();
    assert_eq!(mean.dim(), (5, 3));
    let expected = x.mean_axis(Axis(1)).unwrap().mean_axis(Axis(1)).unwrap();
    let difference = (&mean - &expected).mapv(f32::abs);
    assert!(difference.iter().all(|&d| d <= 1e-6), "{difference}");
    let largest = global_max_pool2d(view).unwrap();
    for (image, largest) in x.outer_iter().zip(largest.outer_iter()) {
        for (c, &largest) in largest.iter().enumerate() {
            let channel = image.index_axis(Axis(2), c);
            assert_eq!(largest, channel.iter().copied().fold(f32::MIN, f32::max));
        }
    }
}

#[test]
fn any_memory_layout() {
    let x = images([3, 6, 5, 4]);
    let channels_first = x
        .view()
        .permuted_axes([0, 3, 1, 2])
        .as_standard_layout()
        .into_owned();
    let view = channels_first.view().permuted_axes([0, 2, 3, 1]);
    assert!(!view.is_standard_layout());
    assert_eq!(all(view), all(x.view()));
}

/// 60 images of 20 000 numbers are several blocks.
#[test]
fn the_same_bits_with_any_number_of_threads() {
    let x = images([60, 25, 25, 32]);
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap().install(|| all(x.view()))
    };
    let one = run(1);
    assert!(one.iter().all(|y| y.is_finite()));
    for threads in [2, 8] {
        assert!(run(threads) == one, "{threads} threads");
    }
    // each image for itself
    let last = x.slice_axis(Axis(0), (59..60).into());
    let together = max_pool2d(x.view(), &window()).unwrap();
    let alone = max_pool2d(last, &window()).unwrap();
    assert_eq!(together.slice_axis(Axis(0), (59..60).into()), alone);
}

#[test]
fn no_image_gives_no_result() {
    let x = Array4::<f64>::zeros((0, 7, 7, 2));
    assert_eq!(max_pool2d(x.view(), &window()).unwrap().dim(), (0, 4, 4, 2));
    assert_eq!(global_max_pool2d(x.view()).unwrap().dim(), (0, 2));
}

#[test]
fn what_does_not_fit_is_an_error() {
    let x = Array4::<f32>::zeros((2, 3, 3, 1));
    let error = max_pool2d(x.view(), &Window::new(4)).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("got a sample of shape [3, 3, 1]"),
        "{error}"
    );
    let error = max_pool2d(x.view(), &Window::new(0)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "MaxPool2d kernel is 0×0, but must be from 1 to 2^20 pixels"
    );
    let empty = Array4::<f32>::zeros((2, 3, 0, 1));
    assert!(global_average_pool2d(empty.view()).is_err());
    let no_channels = Array4::<f32>::zeros((2, 3, 3, 0));
    assert!(local_response_norm(no_channels.view(), &LocalResponseNorm::new()).is_err());
    assert!(zero_pad2d(no_channels.view(), &ZeroPad2d::new(1)).is_err());
}

/// As many as no machine has.
#[test]
fn results_that_no_memory_holds_are_errors() {
    let x = Array4::<f32>::zeros((1 << 20, 1, 1, 1));
    let no_room = |count: u64| format!("not enough memory for {count} values of 4 bytes each");
    let up = UpSample2d::new([1 << 16, 1 << 15]);
    let error = upsample2d(x.view(), &up).unwrap_err();
    assert_eq!(error.to_string(), no_room(1 << 51));
    let window = Window {
        padding: Padding::all(1 << 14),
        ..Window::new(1)
    };
    let kernel = Array4::ones((1, 1, 1, 1));
    let side = (1 << 15) + 1;
    let all = no_room((side * side) << 20);
    for convolve in [conv2d, conv2d_im2col] {
        let error = convolve(x.view(), kernel.view(), None, &window, 1).unwrap_err();
        assert_eq!(error.to_string(), all);
    }
}
