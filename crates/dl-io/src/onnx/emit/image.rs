//! Layers that only change the size of an image.

use dl_conv::{Interpolation, UpSample2d, Window, ZeroPad2d};
use dl_nn::Scalar;
use dl_nn::ndarray::Array1;

use super::super::batch::Batch;
use super::super::error::OnnxError;
use super::super::graph::{Graph, text};
use super::super::layer::Layer;
use super::conv::pads;

/// `Resize`.
pub(super) fn up_sample2d<F: Scalar>(
    UpSample2d {
        factor,
        interpolation,
    }: &UpSample2d,
    graph: &mut Graph,
    layer: &Layer<'_, F>,
    x: Batch,
) -> Result<Batch, OnnxError> {
    let output = layer.image(layer.output)?;
    let x = x.channels_first(graph, layer.image(layer.input)?);
    let scales = [1.0, 1.0, factor.height as f32, factor.width as f32];
    let scales = graph.tensor("scales", &[4], &Array1::from_iter(scales))?;
    // the second input, a region of interest, is for another mode
    let inputs = [x.name.as_str(), "", &scales];
    let name = match interpolation {
        Interpolation::Nearest => {
            let attributes = [
                text("mode", "nearest"),
                text("coordinate_transformation_mode", "asymmetric"),
                text("nearest_mode", "floor"),
            ];
            graph.node("Resize", &inputs, attributes)
        }
        Interpolation::Bilinear => {
            let attributes = [
                text("mode", "linear"),
                text("coordinate_transformation_mode", "half_pixel"),
            ];
            graph.node("Resize", &inputs, attributes)
        }
    };
    Ok(Batch::image(name, output))
}

/// `Pad`.
pub(super) fn zero_pad2d<F: Scalar>(
    ZeroPad2d { padding }: &ZeroPad2d,
    graph: &mut Graph,
    layer: &Layer<'_, F>,
    x: Batch,
) -> Result<Batch, OnnxError> {
    let input = layer.image(layer.input)?;
    // a window of one pixel visits every pixel of the padded image
    let window = Window {
        padding: *padding,
        ..Window::new(1)
    };
    let sides = pads(&layer.geometry(&window, input)?);
    let x = x.channels_first(graph, input);
    let name = pad(graph, &x.name, sides, 0.0);
    Ok(Batch::image(name, layer.image(layer.output)?))
}

/// Pads images `[c, h, w]`: top, left, bottom, right.
pub(super) fn pad(
    graph: &mut Graph,
    x: &str,
    [top, left, bottom, right]: [usize; 4],
    value: f32,
) -> String {
    let sides = graph.integers("pads", &[0, 0, top, left, 0, 0, bottom, right]);
    let value = graph.scalar("padding", value);
    graph.node("Pad", &[x, &sides, &value], [])
}
