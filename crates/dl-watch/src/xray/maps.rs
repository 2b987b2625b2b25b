//! Heat maps of every input, output and gradient.

use dl_core::instantiate;
use dl_nn::Scalar;
use dl_viz::{ColorMap, Figure, HeatMap, Images, Panel};
use ndarray::{Array2, ArrayD, ArrayView3, Axis, Ix2, Ix3, Ix4};

use super::XRay;
use crate::statistics::short;

/// Maximum number of samples shown of a batch of vectors.
const MAX_SAMPLES: usize = 12;

/// Maximum aspect ratio of a map of samples by units; for wider ones, the first sample is wrapped to several rows.
const MAX_ASPECT: usize = 8;

/// Length up to which a vector is never wrapped.
const SHORT: usize = 16;

/// Maximum number of feature maps shown of a layer.
const MAX_CHANNELS: usize = 32;

/// Height of a row of panels in inches.
const ROW_HEIGHT: f64 = 2.6;

impl<F: Scalar> XRay<F> {
    /// A row of panels for the input and for each layer: its output on the left, ∂L/∂output on the right. Images
    /// and feature maps are those of the first sample, up to 32 channels; vectors are those of up to 12 samples,
    /// one per row, or of the first sample wrapped to several rows if they are long. Zero is white, positive red,
    /// negative blue; titles give the largest magnitude. Inputs from 0 to 1 with one or three channels are shown as
    /// images.
    ///
    /// An array with a NaN or an infinity cannot be drawn: drawing fails with an error that names the first one.
    pub fn maps(&self) -> Figure {
        maps(self)
    }

    fn draw_maps(&self) -> Figure {
        let title = |name: &str, batch: &ArrayD<F>| {
            let shown = match batch.shape() {
                &[_, _, _, channels] if channels > MAX_CHANNELS => {
                    format!(", first {MAX_CHANNELS}")
                }
                _ => String::new(),
            };
            let shape = &batch.shape()[1..];
            format!("{name} {shape:?}{shown}, up to {}", largest(batch))
        };
        let gradient = |name: &str, batch: &ArrayD<F>| {
            let title = format!("∂L/∂({name}), up to {}", largest(batch));
            panel(&title, batch)
        };
        let input = Panel::new(title("input", &self.input));
        let input = match natural(&self.input) {
            Some(images) => input.images(images),
            None => panel(&title("input", &self.input), &self.input),
        };
        let layers = self.layers.iter().flat_map(|layer| {
            let title = title(&layer.title(), &layer.output);
            let output = panel(&title, &layer.output);
            [output, gradient(&layer.name, &layer.output_gradient)]
        });
        let rows = self.layers.len() + 1;
        let loss = short(self.loss).replace('-', "−");
        Figure::new()
            .title(format!("One step: L = {loss} ({})", self.loss_name))
            .size(12.0, ROW_HEIGHT * rows as f64 + 0.5)
            .grid(rows, 2)
            .panels([input, gradient("input", &self.input_gradient)])
            .panels(layers)
    }
}

instantiate! {
    fn maps<F: Scalar>(xray: &XRay<F>) -> Figure {
        xray.draw_maps()
    }
}

/// The largest magnitude, as text.
fn largest<F: Scalar>(batch: &ArrayD<F>) -> String {
    let magnitudes = batch.iter().map(|v| v.as_f64().abs());
    short(magnitudes.fold(0.0, f64::max)).replace('-', "−")
}

/// The first sample as an image, if it is from 0 to 1, grey or colour.
fn natural<F: Scalar>(batch: &ArrayD<F>) -> Option<Images> {
    let images = batch.view().into_dimensionality::<Ix4>().ok()?;
    let first = images
        .slice_axis(Axis(0), (..1).into())
        .mapv(|v| v.as_f64());
    let drawn = matches!(first.len_of(Axis(3)), 1 | 3);
    (drawn && first.iter().all(|v| (0.0..=1.0).contains(v))).then(|| Images::new(&first))
}

fn panel<F: Scalar>(title: &str, batch: &ArrayD<F>) -> Panel {
    let panel = Panel::new(title);
    let first = batch.index_axis(Axis(0), 0).mapv(|v| v.as_f64());
    if let Ok(image) = first.view().into_dimensionality::<Ix3>() {
        return panel.images(feature_maps(image));
    }
    if let Ok(matrix) = first.view().into_dimensionality::<Ix2>() {
        return panel.heat_map(signed(HeatMap::new(matrix)));
    }
    let (width, samples) = (first.len(), batch.len_of(Axis(0)).min(MAX_SAMPLES));
    if first.ndim() > 1 || width > SHORT.max(MAX_ASPECT * samples) {
        return panel.heat_map(signed(HeatMap::image(&wrapped(
            first.into_iter().collect(),
        ))));
    }
    let values = batch.iter().take(samples * width).map(|v| v.as_f64());
    let table = Array2::from_shape_vec((samples, width), values.collect());
    let map = HeatMap::new(&table.expect("the same number of values"));
    let panel = panel.x_label("unit").y_label("sample");
    panel.heat_map(match width > MAX_ASPECT * samples {
        // too low for the tick labels of a colour bar
        true => map.color_map(ColorMap::Diverging),
        false => signed(map),
    })
}

fn signed(map: HeatMap) -> HeatMap {
    map.color_map(ColorMap::Diverging).color_bar("")
}

/// The channels side by side, in a grid about three times as wide as high.
fn feature_maps(image: ArrayView3<'_, f64>) -> Images {
    let shown = image.len_of(Axis(2)).min(MAX_CHANNELS);
    let (channels, _) = image.view().split_at(Axis(2), shown);
    let (height, width, count) = channels.dim();
    let columns = (3.0 * (count * height) as f64 / width as f64).sqrt().ceil();
    Images::channels(channels)
        .columns((columns as usize).clamp(1, count))
        .color_map(ColorMap::Diverging)
        .color_bar("")
}

/// A long vector wrapped to rows, four times as wide as high; the last row is padded with zeros.
fn wrapped(mut values: Vec<f64>) -> Array2<f64> {
    let columns = (4.0 * values.len() as f64).sqrt().ceil() as usize;
    let rows = values.len().div_ceil(columns);
    values.resize(rows * columns, 0.0);
    Array2::from_shape_vec((rows, columns), values).expect("the same number of values")
}
