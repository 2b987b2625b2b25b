//! What the layers of a network make of one image.

use dl_nn::single_layer::forward;
use dl_nn::{Cache, Mode, Model, Scalar};
use dl_viz::{ColorMap, Images, Panel};
use ndarray::{Array3, ArrayView4, Axis, Ix4};
use serde::{Deserialize, Serialize};

use crate::record::rounded;

/// The feature maps a layer makes of an image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureMaps {
    /// The layer's name.
    pub layer: String,
    /// `[height, width, maps]`
    pub values: Array3<f64>,
}

/// The maps of the named layers, in the model's order, for one image `[1, h, w, c]`: the forward
/// pass, layer by layer, with a look at what is passed on.
pub fn feature_maps<F: Scalar>(
    model: &Model<F>,
    image: ArrayView4<'_, F>,
    layers: &[&str],
) -> Vec<FeatureMaps> {
    let mut maps = Vec::new();
    let mut cache = Cache::default();
    let mut x = image.to_owned().into_dyn();
    for named in model.layers() {
        let y = forward(&*named.layer, &x, &mut cache, Mode::Eval);
        let y = y.expect("the shape that the model was built for");
        if layers.contains(&named.name.as_str()) {
            let all = y.view().into_dimensionality::<Ix4>();
            let values = all.expect("maps have four axes");
            maps.push(FeatureMaps {
                layer: named.name.clone(),
                values: rounded(values.index_axis(Axis(0), 0)),
            });
        }
        x = y;
    }
    maps
}

impl FeatureMaps {
    /// The maps in rows of `columns`: grey, each on a scale of its own, where none is negative;
    /// otherwise, as tanh makes them, from blue at −1 to red at 1.
    pub fn panel(&self, columns: usize) -> Panel {
        let (height, width, count) = self.values.dim();
        let images = Images::channels(&self.values).columns(columns);
        let images = if self.values.iter().any(|&value| value < 0.0) {
            images.color_map(ColorMap::Diverging).range(-1.0, 1.0)
        } else {
            images.scale_each()
        };
        let title = format!("{}: {count} maps of {height} × {width}", self.layer);
        Panel::new(title).images(images)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dl_conv::models::lenet5;
    use ndarray::Array4;

    #[test]
    fn the_pass_layer_by_layer_is_the_models() {
        let model: Model<f64> = lenet5().build(3).unwrap();
        let image = Array4::from_shape_fn((1, 28, 28, 1), |(_, y, x, _)| (y * x % 7) as f64);
        let maps = feature_maps(&model, image.view(), &["c1", "c3"]);
        let shapes: Vec<_> = maps
            .iter()
            .map(|maps| (maps.layer.as_str(), maps.values.dim()))
            .collect();
        assert_eq!(shapes, [("c1", (28, 28, 6)), ("c3", (10, 10, 16))]);

        // c3 by hand: the network cut off after it
        let cut: Model<f64> = dl_nn::Sequential::input([28, 28, 1])
            .push_named(
                "c1",
                dl_conv::Conv2d::new(6, 5)
                    .padding(dl_conv::Padding::all(2))
                    .activation(dl_nn::Activation::Tanh),
            )
            .push_named("s2", dl_conv::AveragePool2d::new(2))
            .push_named(
                "c3",
                dl_conv::Conv2d::new(16, 5).activation(dl_nn::Activation::Tanh),
            )
            .build(3)
            .unwrap();
        let expected = cut.predict(&image).unwrap();
        let difference = expected
            .iter()
            .zip(&maps[1].values)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f64::max);
        assert!(difference <= 5.0e-4 + 1e-12, "{difference}");
        assert!(maps[1].values.iter().any(|v| v.abs() > 0.1));
    }
}
