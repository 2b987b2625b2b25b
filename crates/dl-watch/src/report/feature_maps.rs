//! The feature maps of a network for one image.

use dl_core::instantiate;
use dl_nn::single_layer::forward;
use dl_nn::{Cache, Mode, Model, Scalar};
use dl_viz::{ColorMap, Figure, Images, Panel};
use ndarray::{ArrayD, ArrayView3, Axis, Ix4, Slice};

use super::ReportError;
use super::format::shape;

/// Maximum number of maps shown of a layer.
const MAX_MAPS: usize = 64;
/// Maps side by side.
const COLUMNS: usize = 8;

instantiate! {
    /// An image `[h, w, c]` and the feature maps of each layer with outputs `[h, w, maps]`, each as a figure with
    /// its caption: the forward pass, layer by layer.
    ///
    /// Maps are grey, each with its smallest value black and its largest white, or from blue through white at zero
    /// to red if some are negative. At most the first 64 maps are shown, and none of a layer whose outputs have a
    /// single pixel.
    ///
    /// # Errors
    /// [`ReportError::InputShape`] if the image does not have the model's input shape.
    pub fn feature_maps<F: Scalar>(
        model: &Model<F>,
        image: ArrayView3<'_, F>,
    ) -> Result<Vec<(String, Figure)>, ReportError> {
        figures(model, image)
    }
}

fn figures<F: Scalar>(
    model: &Model<F>,
    image: ArrayView3<'_, F>,
) -> Result<Vec<(String, Figure)>, ReportError> {
    if model.input_shape() != image.shape() {
        return Err(ReportError::InputShape {
            found: image.shape().to_vec(),
            expected: model.input_shape().to_vec(),
        });
    }
    let image = image.as_standard_layout().into_owned();
    let mut x = image.insert_axis(Axis(0)).into_dyn();
    let mut figures = vec![figure("input", &x, ColorMap::Gray)];
    let mut cache = Cache::default();
    for named in model.layers() {
        let y = forward(&*named.layer, &x, &mut cache, Mode::Eval);
        let y = y.expect("the shape that the model was built for");
        if let [height, width, _] = named.output_shape[..]
            && height * width > 1
        {
            let signed = y.iter().any(|value| *value < F::zero());
            let map = if signed {
                ColorMap::Diverging
            } else {
                ColorMap::Gray
            };
            figures.push(figure(&named.name, &y, map));
        }
        x = y;
    }
    Ok(figures)
}

/// The maps `[1, h, w, maps]` in a grid, with a caption.
fn figure<F: Scalar>(layer: &str, maps: &ArrayD<F>, map: ColorMap) -> (String, Figure) {
    let maps = maps.view().into_dimensionality::<Ix4>();
    let maps = maps
        .expect("one sample of three axes")
        .mapv(|value| value.as_f64());
    let (_, height, width, count) = maps.dim();
    let shown = count.min(MAX_MAPS);
    let first = maps.slice_axis(Axis(3), Slice::from(..shown));
    let columns = shown.min(COLUMNS);
    let images = Images::channels(first.index_axis(Axis(0), 0))
        .columns(columns)
        .color_map(map);
    let images = match map {
        ColorMap::Gray => images.scale_each(),
        _ => images,
    };
    let mut caption = format!("{layer}: {}", shape(&[height, width, count]));
    if shown < count {
        caption += &format!(", the first {shown} of {count}");
    }
    // in inches: maps of equal width, and a margin
    let side = 10.0 / COLUMNS as f64;
    let rows = shown.div_ceil(columns) as f64;
    let size = (
        (side * columns as f64).max(2.0),
        (side * rows * height as f64 / width as f64 + 0.3).clamp(1.8, 30.0),
    );
    let figure = Figure::from(Panel::new("").images(images)).size(size.0, size.1);
    (caption, figure)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dl_conv::{Conv2d, GlobalAveragePool2d};
    use dl_nn::prelude::*;
    use ndarray::Array3;

    #[test]
    fn layers_with_maps_have_figures() {
        let model: Model<f64> = Sequential::input([6, 5, 2])
            .push(Conv2d::new(70, 3).activation(Relu))
            .push(Conv2d::new(3, 2))
            .push(GlobalAveragePool2d::new())
            .push(Dense::new(2))
            .build(1)
            .unwrap();
        let image = Array3::from_shape_fn((6, 5, 2), |(y, x, c)| (y * x + c) as f64 / 20.0);
        let figures = feature_maps(&model, image.view()).unwrap();
        let captions: Vec<&str> = figures
            .iter()
            .map(|(caption, _)| caption.as_str())
            .collect();
        let expected = [
            "input: 6 × 5 × 2",
            "conv2d_1: 4 × 3 × 70, the first 64 of 70",
            "conv2d_2: 3 × 2 × 3",
        ];
        assert_eq!(captions, expected);
        // a frame per map, and a cell per pixel whose colour differs
        for (caption, figure) in &figures {
            assert!(
                figure.to_svg().unwrap().matches("<path").count() > 10,
                "{caption}"
            );
        }
    }

    #[test]
    fn a_different_shape_is_rejected() {
        let model: Model<f64> = Sequential::input([4]).push(Dense::new(2)).build(1).unwrap();
        let error = feature_maps(&model, Array3::zeros((2, 2, 1)).view()).unwrap_err();
        let expected = "the image has shape [2, 2, 1], but the model expects [4]";
        assert_eq!(error.to_string(), expected);
    }
}
