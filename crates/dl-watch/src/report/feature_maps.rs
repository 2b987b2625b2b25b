//! What the layers of a network make of one image.

use dl_nn::{Cache, Mode, Model, Scalar};
use dl_viz::{ColorMap, Figure, Images, Panel};
use ndarray::{ArrayD, ArrayView3, Axis, Ix4, Slice};

use super::ReportError;
use super::format::shape;

/// Maps shown of a layer, at most: its first.
const MOST_MAPS: usize = 64;
/// Maps side by side.
const COLUMNS: usize = 8;

/// An image `[h, w, c]` and the maps that each layer with outputs `[h, w, maps]` makes of it, each as
/// a figure with its caption: the forward pass, layer by layer, with a look at what is passed on.
///
/// Maps are grey, each with its smallest value black and its largest white; from blue over white
/// to red around zero where some are negative. Of many maps, the first 64 are shown,
/// and none of a layer that leaves a single pixel.
///
/// # Errors
/// [`ReportError::InputShape`] where the model takes no such image.
pub fn feature_maps<F: Scalar>(
    model: &Model<F>,
    image: ArrayView3<'_, F>,
) -> Result<Vec<(String, Figure)>, ReportError> {
    if model.input_shape() != image.shape() {
        return Err(ReportError::InputShape {
            got: image.shape().to_vec(),
            expected: model.input_shape().to_vec(),
        });
    }
    let image = image.as_standard_layout().into_owned();
    let mut x = image.insert_axis(Axis(0)).into_dyn();
    let mut figures = vec![figure("input", &x)];
    let mut cache = Cache::default();
    for named in model.layers() {
        let mut y = ArrayD::zeros([&[1], named.output_shape.as_slice()].concat());
        let layer = &named.layer;
        layer.forward(x.view(), y.view_mut(), &mut cache, Mode::Eval);
        if let [height, width, _] = named.output_shape[..]
            && height * width > 1
        {
            figures.push(figure(&named.name, &y));
        }
        x = y;
    }
    Ok(figures)
}

/// The maps `[1, h, w, maps]` in rows, with a caption.
fn figure<F: Scalar>(layer: &str, maps: &ArrayD<F>) -> (String, Figure) {
    let maps = maps.view().into_dimensionality::<Ix4>();
    let maps = maps
        .expect("one sample of three axes")
        .mapv(|value| value.as_f64());
    let (_, height, width, count) = maps.dim();
    let shown = count.min(MOST_MAPS);
    let first = maps.slice_axis(Axis(3), Slice::from(..shown));
    let columns = shown.min(COLUMNS);
    let images = Images::channels(first.index_axis(Axis(0), 0)).columns(columns);
    let images = if first.iter().any(|&value| value < 0.0) {
        images.color_map(ColorMap::Diverging)
    } else {
        images.scale_each()
    };
    let mut caption = format!("{layer}: {}", shape(&[height, width, count]));
    if shown < count {
        caption += &format!(", the first {shown} of {count}");
    }
    // inches: maps of equal width, and a margin
    let map = 10.0 / COLUMNS as f64;
    let rows = shown.div_ceil(columns) as f64;
    let size = (
        (map * columns as f64).max(2.0),
        (map * rows * height as f64 / width as f64 + 0.3).clamp(1.8, 30.0),
    );
    let figure = Figure::from(Panel::new("").images(images)).size(size.0, size.1);
    (caption, figure)
}
