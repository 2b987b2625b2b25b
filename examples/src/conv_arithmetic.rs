//! Convolution and pooling of small images, and what convolutional layers cost.

use std::error::Error;

use dl_conv::functions::{average_pool2d, conv2d, max_pool2d};
use dl_conv::{Conv2d, Geometry, Padding, Size, Window};
use dl_nn::prelude::*;
use dl_nn::{LayerError, SummaryRow};
use ndarray::{Array2, Array4, Axis, array};

/// The image of the worked example: dark on the left, bright on the right.
pub fn image() -> Array2<f64> {
    array![
        [1.0, 1.0, 2.0, 8.0, 9.0],
        [1.0, 2.0, 2.0, 9.0, 9.0],
        [0.0, 1.0, 3.0, 8.0, 9.0],
        [1.0, 1.0, 7.0, 9.0, 8.0],
        [2.0, 6.0, 8.0, 9.0, 9.0]
    ]
}

/// The image of the pooling example.
pub fn pooled_image() -> Array2<f64> {
    array![
        [1.0, 3.0, 2.0, 1.0],
        [4.0, 6.0, 5.0, 0.0],
        [7.0, 2.0, 8.0, 3.0],
        [0.0, 1.0, 4.0, 9.0]
    ]
}

/// A square window with these steps, gaps and zeros around the image.
pub fn window(kernel: usize, stride: usize, padding: usize, dilation: usize) -> Window {
    Window {
        kernel: kernel.into(),
        stride: stride.into(),
        dilation: dilation.into(),
        padding: Padding::all(padding),
    }
}

/// One grey image under one kernel: `[h, w]` → `[h′, w′]`.
///
/// # Errors
/// As [`conv2d`].
pub fn convolve(
    image: &Array2<f64>,
    kernel: &Array2<f64>,
    window: &Window,
) -> Result<Array2<f64>, LayerError> {
    let kernel = kernel.view().insert_axis(Axis(2)).insert_axis(Axis(3));
    Ok(one_map(conv2d(
        as_batch(image).view(),
        kernel,
        None,
        window,
        1,
    )?))
}

/// The largest pixel under each window: `[h, w]` → `[h′, w′]`.
///
/// # Errors
/// As [`max_pool2d`].
pub fn largest(image: &Array2<f64>, window: &Window) -> Result<Array2<f64>, LayerError> {
    Ok(one_map(max_pool2d(as_batch(image).view(), window)?))
}

/// The mean of the pixels under each window: `[h, w]` → `[h′, w′]`.
///
/// # Errors
/// As [`average_pool2d`].
pub fn mean(image: &Array2<f64>, window: &Window) -> Result<Array2<f64>, LayerError> {
    Ok(one_map(average_pool2d(
        as_batch(image).view(),
        window,
        true,
    )?))
}

/// `[h, w]` → `[1, h, w, 1]`.
pub fn as_batch(image: &Array2<f64>) -> Array4<f64> {
    image.clone().insert_axis(Axis(0)).insert_axis(Axis(3))
}

/// `[1, h, w, 1]` → `[h, w]`.
pub fn one_map(batch: Array4<f64>) -> Array2<f64> {
    batch.remove_axis(Axis(3)).remove_axis(Axis(0))
}

/// The kernel turned by half a circle: k[i, j] → k[rows − 1 − i, columns − 1 − j].
pub fn flipped(kernel: &Array2<f64>) -> Array2<f64> {
    let (rows, columns) = kernel.dim();
    Array2::from_shape_fn((rows, columns), |(i, j)| {
        kernel[[rows - 1 - i, columns - 1 - j]]
    })
}

/// How many numbers a layer learns, and how many lines one would draw between its inputs, biases
/// and outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// Weights and biases.
    pub parameters: usize,
    /// Products in the sums, and biases.
    pub connections: usize,
}

/// Three layers with as many outputs as a convolution without padding of an `image` `[h, w]`
/// by `filters` kernels: every output sees all pixels (dense); only its window, with weights of its
/// own (locally connected); only its window, with the weights of all others (convolution).
///
/// # Errors
/// A window that does not fit.
pub fn layers_compared(
    image: Size,
    kernel: usize,
    filters: usize,
) -> Result<[(&'static str, Count); 3], Box<dyn Error>> {
    let window = Window::new(kernel);
    let geometry = window.over(image)?;
    let outputs = geometry.output.height * geometry.output.width * filters;
    let pixels = image.height * image.width;
    let dense = Sequential::<f32>::input([pixels]).push(Dense::new(outputs));
    let dense = dense.build(0)?.parameter_count();
    let input = [image.height, image.width, 1];
    let convolution = Sequential::<f32>::input(input).push(Conv2d::new(filters, kernel));
    let local = taps(&geometry) * filters + outputs;
    let count = |parameters, connections| Count {
        parameters,
        connections,
    };
    Ok([
        ("dense", count(dense, dense)),
        ("locally connected", count(local, local)),
        (
            "convolution",
            count(convolution.build(0)?.parameter_count(), local),
        ),
    ])
}

/// How often a tap of the window lies on a pixel, counted over all its positions.
pub fn taps(geometry: &Geometry) -> usize {
    let mut count = 0;
    for v in 0..geometry.output.height {
        for u in 0..geometry.output.width {
            for i in 0..geometry.kernel.height {
                for j in 0..geometry.kernel.width {
                    let on_pixel = geometry.row(v, i).is_some() && geometry.column(u, j).is_some();
                    count += usize::from(on_pixel);
                }
            }
        }
    }
    count
}

/// Multiplications of a layer with biases, for one image: each weight is used once at every
/// position of the output. For a dense layer there is one position.
pub fn multiply_adds(layer: &SummaryRow) -> usize {
    match layer.output_shape.split_last() {
        Some((channels, positions)) if layer.parameters > 0 => {
            positions.iter().product::<usize>() * (layer.parameters - channels)
        }
        _ => 0,
    }
}

/// A shape as it is written in papers: `[55, 55, 96]` is 55×55×96.
pub fn shape(shape: &[usize]) -> String {
    let sides: Vec<String> = shape.iter().map(usize::to_string).collect();
    sides.join("×")
}
