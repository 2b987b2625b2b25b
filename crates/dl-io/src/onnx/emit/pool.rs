//! Pooling.

use dl_conv::{
    AdaptiveAveragePool2d, AveragePool2d, Geometry, GlobalAveragePool2d, GlobalMaxPool2d,
    MaxPool1d, MaxPool2d, Size, Window,
};
use dl_nn::Scalar;
use dl_nn::ndarray::{Array1, Array2};

use super::super::batch::Batch;
use super::super::error::OnnxError;
use super::super::graph::{Graph, int, ints};
use super::super::layer::Layer;
use super::conv::{pads, window};
use super::image::pad;

/// `MaxPool`. Runtimes reject padding as large as the kernel, which a dilated window may have; in that case a `Pad`
/// with −∞ comes first.
pub(super) fn max<F: Scalar>(
    pool: &MaxPool2d,
    graph: &mut Graph,
    layer: &Layer<'_, F>,
    x: Batch,
) -> Result<Batch, OnnxError> {
    let ends = [layer.image(layer.input)?, layer.image(layer.output)?];
    max_pool(&pool.window, graph, layer, ends, x)
}

/// The same of an image of one row.
pub(super) fn max1d<F: Scalar>(
    pool: &MaxPool1d,
    graph: &mut Graph,
    layer: &Layer<'_, F>,
    x: Batch,
) -> Result<Batch, OnnxError> {
    let ends = [layer.row(layer.input)?, layer.row(layer.output)?];
    max_pool(&pool.window(), graph, layer, ends, x)
}

fn max_pool<F: Scalar>(
    pool: &Window,
    graph: &mut Graph,
    layer: &Layer<'_, F>,
    [input, output]: [[usize; 3]; 2],
    x: Batch,
) -> Result<Batch, OnnxError> {
    let geometry = layer.geometry(pool, input)?;
    let mut x = x.channels_first(graph, input);
    let [strides, dilations, mut padding] = window(&geometry);
    if !narrow(&geometry) {
        let padded = pad(graph, &x.name, pads(&geometry), f32::NEG_INFINITY);
        x = x.element_wise(padded);
        padding = ints("pads", [0; 4]);
    }
    let Size { height, width } = geometry.kernel;
    let kernel = ints("kernel_shape", [height, width]);
    let name = graph.node("MaxPool", &[&x.name], [kernel, strides, dilations, padding]);
    Ok(Batch::image(name, output))
}

/// `AveragePool`, which does not support dilation before opset 19; otherwise a depthwise convolution with ones and
/// a division.
pub(super) fn average<F: Scalar>(
    pool: &AveragePool2d,
    graph: &mut Graph,
    layer: &Layer<'_, F>,
    x: Batch,
) -> Result<Batch, OnnxError> {
    let (input, output) = (layer.image(layer.input)?, layer.image(layer.output)?);
    let geometry = layer.geometry(&pool.window, input)?;
    let x = x.channels_first(graph, input);
    let [strides, dilations, padding] = window(&geometry);
    let Size { height, width } = geometry.kernel;
    let name = if geometry.dilation == Size::from(1) && narrow(&geometry) {
        let kernel = ints("kernel_shape", [height, width]);
        let count = int("count_include_pad", pool.count_padding.into());
        graph.node("AveragePool", &[&x.name], [kernel, strides, padding, count])
    } else {
        let channels = input[2];
        let kernel = [channels, 1, height, width];
        let taps = kernel
            .iter()
            .fold(1, |n: usize, &size| n.saturating_mul(size));
        graph.room_for(taps)?;
        let ones = graph.tensor("ones", &kernel, &Array1::from_elem(taps, 1_f32))?;
        let group = int("group", channels);
        let attributes = [strides, dilations, padding, group];
        let sum = graph.node("Conv", &[&x.name, &ones], attributes);
        let counts = if pool.count_padding {
            graph.scalar("taps", (height * width) as f32)
        } else {
            graph.room_for(output[0] * output[1])?;
            let counts = seen(&geometry);
            graph.tensor("taps", &[1, 1, output[0], output[1]], &counts)?
        };
        graph.node("Div", &[&sum, &counts], [])
    };
    Ok(Batch::image(name, output))
}

/// Both axes by a product with a matrix of shares, since ONNX has no such operator.
pub(super) fn adaptive<F: Scalar>(
    _: &AdaptiveAveragePool2d,
    graph: &mut Graph,
    layer: &Layer<'_, F>,
    x: Batch,
) -> Result<Batch, OnnxError> {
    let (input, output) = (layer.image(layer.input)?, layer.image(layer.output)?);
    let [rows, columns] = [0, 1].map(|axis| shares(output[axis], input[axis]));
    graph.room_for(rows.len() + columns.len())?;
    let rows = graph.tensor("rows", &[output[0], input[0]], &rows)?;
    let columns = graph.tensor("columns", &[input[1], output[1]], &columns.t())?;
    let x = x.channels_first(graph, input);
    let pooled = graph.node("MatMul", &[&rows, &x.name], []);
    let name = graph.node("MatMul", &[&pooled, &columns], []);
    Ok(Batch::image(name, output))
}

/// What each pixel of an axis contributes to each window on it.
fn shares(windows: usize, pixels: usize) -> Array2<f32> {
    Array2::from_shape_fn((windows, pixels), |(i, pixel)| {
        let (start, end) = (i * pixels / windows, ((i + 1) * pixels).div_ceil(windows));
        match (start..end).contains(&pixel) {
            true => 1.0 / (end - start) as f32,
            false => 0.0,
        }
    })
}

pub(super) fn global_max<F: Scalar>(
    _: &GlobalMaxPool2d,
    graph: &mut Graph,
    layer: &Layer<'_, F>,
    x: Batch,
) -> Result<Batch, OnnxError> {
    global(graph, layer, x, "GlobalMaxPool")
}

pub(super) fn global_average<F: Scalar>(
    _: &GlobalAveragePool2d,
    graph: &mut Graph,
    layer: &Layer<'_, F>,
    x: Batch,
) -> Result<Batch, OnnxError> {
    global(graph, layer, x, "GlobalAveragePool")
}

fn global<F: Scalar>(
    graph: &mut Graph,
    layer: &Layer<'_, F>,
    x: Batch,
    operator: &str,
) -> Result<Batch, OnnxError> {
    let image = layer.image(layer.input)?;
    let x = x.channels_first(graph, image);
    let name = graph.node(operator, &[&x.name], []);
    Ok(Batch::image(name, [1, 1, image[2]]))
}

/// Whether the padding is smaller than the kernel on every side.
fn narrow(geometry: &Geometry) -> bool {
    let [top, left, bottom, right] = pads(geometry);
    let Size { height, width } = geometry.kernel;
    top.max(bottom) < height && left.max(right) < width
}

/// How many pixels of the image the window covers at each position.
fn seen(geometry: &Geometry) -> Array2<f32> {
    let Geometry {
        input,
        output,
        kernel,
        stride,
        dilation,
        top,
        left,
    } = *geometry;
    // taps i with 0 ≤ start + i·dilation − before < input
    let axis = |start: usize, before: usize, input: usize, dilation: usize, kernel: usize| {
        let end = (input + before).saturating_sub(start).div_ceil(dilation);
        end.min(kernel) - before.saturating_sub(start).div_ceil(dilation).min(kernel)
    };
    Array2::from_shape_fn((output.height, output.width), |(y, x)| {
        let rows = axis(
            y * stride.height,
            top,
            input.height,
            dilation.height,
            kernel.height,
        );
        let columns = axis(
            x * stride.width,
            left,
            input.width,
            dilation.width,
            kernel.width,
        );
        (rows * columns) as f32
    })
}
