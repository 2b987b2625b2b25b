//! Convolutions and transposed convolutions.

use dl_conv::{Conv1d, Conv2d, ConvTranspose2d, Geometry, Size, Window};
use dl_nn::Scalar;

use super::super::batch::Batch;
use super::super::error::OnnxError;
use super::super::graph::{Graph, int, ints};
use super::super::layer::Layer;
use super::super::proto::AttributeProto;
use super::activate;

/// The shape of a kernel, `[height, width, from / groups, to]`.
struct Kernel([usize; 4]);

impl Kernel {
    fn new(window: &Window, groups: usize, [from, to]: [usize; 2]) -> Self {
        let Size { height, width } = window.kernel;
        Self([height, width, from / groups, to])
    }
}

/// `Conv`.
pub(super) fn conv2d<F: Scalar>(
    conv: &Conv2d,
    graph: &mut Graph,
    layer: &Layer<'_, F>,
    x: Batch,
) -> Result<Batch, OnnxError> {
    let (input, output) = (layer.image(layer.input)?, layer.image(layer.output)?);
    let geometry = layer.geometry(&conv.window, input)?;
    let [strides, dilations, pads] = window(&geometry);
    let attributes = [strides, dilations, pads, int("group", conv.groups)];
    let ends = [input[2], output[2]];
    let kernel = Kernel::new(&conv.window, conv.groups, ends);
    let name = convolve(graph, layer, x, kernel, "Conv", attributes)?;
    let y = Batch::image(name, output);
    Ok(activate(graph, conv.activation, y, layer.output))
}

/// `Conv` of an image of one row.
pub(super) fn conv1d<F: Scalar>(
    conv: &Conv1d,
    graph: &mut Graph,
    layer: &Layer<'_, F>,
    x: Batch,
) -> Result<Batch, OnnxError> {
    let (input, output) = (layer.row(layer.input)?, layer.row(layer.output)?);
    let geometry = layer.geometry(&conv.window(), input)?;
    let [strides, dilations, pads] = window(&geometry);
    let attributes = [strides, dilations, pads, int("group", conv.groups)];
    let depth = input[2] / conv.groups;
    let kernel = layer.param("kernel", &[conv.kernel, depth, conv.filters])?;
    let kernel = kernel.permuted_axes(vec![2, 1, 0]);
    let kernel = graph.tensor("kernel", &[conv.filters, depth, 1, conv.kernel], &kernel)?;
    let x = x.channels_first(graph, input);
    let name = match layer.optional_param("bias", &[conv.filters])? {
        Some(bias) => {
            let bias = graph.tensor("bias", &[conv.filters], &bias)?;
            graph.node("Conv", &[&x.name, &kernel, &bias], attributes)
        }
        None => graph.node("Conv", &[&x.name, &kernel], attributes),
    };
    let y = Batch::image(name, output);
    Ok(activate(graph, conv.activation, y, layer.output))
}

/// `ConvTranspose`, the adjoint of the convolution from its outputs to its inputs.
pub(super) fn conv_transpose2d<F: Scalar>(
    conv: &ConvTranspose2d,
    graph: &mut Graph,
    layer: &Layer<'_, F>,
    x: Batch,
) -> Result<Batch, OnnxError> {
    let (input, output) = (layer.image(layer.input)?, layer.image(layer.output)?);
    let geometry = layer.geometry(&conv.window, output)?;
    let [strides, dilations, pads] = window(&geometry);
    let group = int("group", conv.groups);
    let attributes = [strides, dilations, pads, group, output_padding(&geometry)];
    // the kernel is that of the convolution
    let ends = [output[2], input[2]];
    let kernel = Kernel::new(&conv.window, conv.groups, ends);
    let name = convolve(graph, layer, x, kernel, "ConvTranspose", attributes)?;
    let y = Batch::image(name, output);
    Ok(activate(graph, conv.activation, y, layer.output))
}

/// The kernel becomes `[to, from / groups, height, width]`.
fn convolve<F: Scalar, const N: usize>(
    graph: &mut Graph,
    layer: &Layer<'_, F>,
    x: Batch,
    Kernel(shape): Kernel,
    operator: &str,
    attributes: [AttributeProto; N],
) -> Result<String, OnnxError> {
    let (input, output) = (layer.image(layer.input)?, layer.image(layer.output)?);
    let kernel = layer.param("kernel", &shape)?;
    let bias = layer.optional_param("bias", &output[2..])?;

    let x = x.channels_first(graph, input);
    let kernel = kernel.permuted_axes(vec![3, 2, 0, 1]);
    let kernel = graph.tensor("kernel", kernel.shape(), &kernel)?;
    Ok(match bias {
        Some(bias) => {
            let bias = graph.tensor("bias", &output[2..], &bias)?;
            graph.node(operator, &[&x.name, &kernel, &bias], attributes)
        }
        None => graph.node(operator, &[&x.name, &kernel], attributes),
    })
}

/// `strides`, `dilations` and `pads` of a window.
pub(super) fn window(geometry: &Geometry) -> [AttributeProto; 3] {
    let pair = |name, Size { height, width }| ints(name, [height, width]);
    [
        pair("strides", geometry.stride),
        pair("dilations", geometry.dilation),
        ints("pads", pads(geometry)),
    ]
}

/// Padding above, left, below and right of the image, as far as the window reaches; any more at the end has no
/// effect.
pub(super) fn pads(geometry: &Geometry) -> [usize; 4] {
    let [rows, columns] = reach(geometry);
    let Geometry {
        input, top, left, ..
    } = geometry;
    let bottom = rows.saturating_sub(input.height + top);
    let right = columns.saturating_sub(input.width + left);
    [*top, *left, bottom, right]
}

/// The part of the padded image after the last window, which a transposed convolution cannot infer from its input.
fn output_padding(geometry: &Geometry) -> AttributeProto {
    let [rows, columns] = reach(geometry);
    let Geometry {
        input, top, left, ..
    } = geometry;
    let below = (input.height + top).saturating_sub(rows);
    let behind = (input.width + left).saturating_sub(columns);
    ints("output_padding", [below, behind])
}

/// Rows and columns of the padded image up to the end of the last window.
fn reach(geometry: &Geometry) -> [usize; 2] {
    let axis = |output: usize, stride: usize, kernel: usize, dilation: usize| {
        (output - 1) * stride + (kernel - 1) * dilation + 1
    };
    let Geometry {
        output,
        stride,
        kernel,
        dilation,
        ..
    } = geometry;
    [
        axis(output.height, stride.height, kernel.height, dilation.height),
        axis(output.width, stride.width, kernel.width, dilation.width),
    ]
}
