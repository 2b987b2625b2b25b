//! Digits with the maps of the pixels that a network's answer depends on.

use dl_data::ImageDataset;
use dl_nn::Model;
use dl_viz::style::{BLUE, RED};
use dl_viz::{Figure, Images, Panel};
use dl_watch::explain::{ExplainError, grad_cam, occlusion, overlay, saliency};
use ndarray::{Array1, Array2, Array3, Array4, ArrayView2, Axis, stack};
use serde::{Deserialize, Serialize};

use crate::record::rounded;

/// The methods, in the order of the maps.
pub const METHODS: [&str; 3] = ["saliency", "Grad-CAM", "occlusion"];

/// The layer of [`mnist_cnn`](dl_conv::models::mnist_cnn) whose feature maps Grad-CAM weighs.
pub const LAYER: &str = "conv2d_2";

/// Side of the patches that cover a digit, and their distance.
const WINDOW: usize = 5;
const STRIDE: usize = 2;

/// A digit, and what speaks for one class.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explained {
    /// Number of the image among the test images.
    pub image: usize,
    /// Its class.
    pub truth: usize,
    /// The class that is explained.
    pub class: usize,
    /// The probability that the network gives this class, and the one with its temperature.
    pub probabilities: [f64; 2],
    /// The smallest and the largest value of the occlusion map.
    pub drops: [f64; 2],
    /// The maps of [`METHODS`], each divided by its largest magnitude.
    pub maps: [Array2<f64>; 3],
}

/// The maps of [`METHODS`] of images `[n, 28, 28, 1]` for a class of each, `[n, 28, 28]`.
///
/// # Errors
/// As [`saliency`], [`grad_cam`] and [`occlusion`].
pub fn maps(
    model: &Model<f32>,
    images: &Array4<f32>,
    classes: &Array1<usize>,
) -> Result<[Array3<f32>; 3], ExplainError> {
    Ok([
        saliency(model, images, classes)?,
        grad_cam(model, images, classes, LAYER)?,
        // black, as the background is
        occlusion(model, images, classes, WINDOW, STRIDE, 0.0)?,
    ])
}

/// What speaks for the second of each pair, a class, in the first, a test image. `probabilities` are those of all
/// test images, without and with a temperature.
///
/// # Errors
/// As [`maps`].
pub fn explain(
    model: &Model<f32>,
    test: &ImageDataset<f32>,
    probabilities: [&Array2<f32>; 2],
    pairs: &[(usize, usize)],
) -> Result<Vec<Explained>, ExplainError> {
    let (rows, classes): (Vec<usize>, Vec<usize>) = pairs.iter().copied().unzip();
    let images = test.images().select(Axis(0), &rows);
    let all = maps(model, &images, &classes.into())?;
    let explained = pairs.iter().enumerate().map(|(i, &(image, class))| {
        let map = |method: usize| all[method].index_axis(Axis(0), i);
        let drops = map(2).mapv(f64::from);
        Explained {
            image,
            truth: test.labels()[image],
            class,
            probabilities: probabilities.map(|p| p[[image, class]].into()),
            drops: [
                drops.fold(f64::INFINITY, |least, &drop| least.min(drop)),
                drops.fold(f64::NEG_INFINITY, |most, &drop| most.max(drop)),
            ],
            maps: [0, 1, 2].map(|method| relative(map(method))),
        }
    });
    Ok(explained.collect())
}

/// A map divided by its largest magnitude.
fn relative(map: ArrayView2<'_, f32>) -> Array2<f64> {
    let largest = map.fold(f32::MIN_POSITIVE, |most, value| most.max(value.abs()));
    rounded(map.mapv(|value| value / largest).view())
}

/// A column for each digit: itself under the class that is explained, blue if that is the true one and red
/// otherwise, and below it the map of each method.
///
/// # Errors
/// Digits, read from a record, of images that the data does not have; maps that do not have the images' size.
pub fn figure(explained: &[Explained], test: &ImageDataset<f32>) -> Result<Figure, String> {
    let mut panels = Vec::new();
    for of in explained {
        if of.image >= test.len() {
            let (image, all) = (of.image, test.len());
            return Err(format!(
                "the record has test image {image}, but here are {all}; was it written with --quick or with other data?"
            ));
        }
        let title = match of.class == of.truth {
            true => Panel::new(format!("is {}", of.truth)).title_color(BLUE),
            false => Panel::new(format!("taken for {}", of.class)).title_color(RED),
        };
        let image = test.images().index_axis(Axis(0), of.image);
        let copies = stack(Axis(0), &[image; 4]).expect("copies of one image");
        let [saliency, cam, occlusion] = of.maps.each_ref().map(|map| map.view());
        // nothing over the first
        let nothing = Array2::zeros(saliency.dim());
        let maps = stack(Axis(0), &[nothing.view(), saliency, cam, occlusion]);
        let maps = maps.map_err(|error| format!("the maps of the record: {error}"))?;
        let drawn = overlay(&copies.mapv(f64::from), &maps).map_err(|error| error.to_string())?;
        panels.push(title.images(Images::new(&drawn).columns(1)));
    }
    Ok(Figure::new()
        .title("From above: the digit, and for the class its saliency, Grad-CAM and occlusion (blue where covering helps the class)")
        .size(14.5, 6.9)
        .grid(1, explained.len())
        .panels(panels))
}

/// Pearson's correlation of the pixels of two batches of maps, the mean over the images; an image with a constant map
/// does not count.
pub fn correlation(a: &Array3<f32>, b: &Array3<f32>) -> f64 {
    let centred = |map: ArrayView2<'_, f32>| {
        let map = map.mapv(f64::from);
        let mean = map.mean().unwrap_or(0.0);
        map - mean
    };
    let of_images = a.outer_iter().zip(b.outer_iter()).map(|(a, b)| {
        let (a, b) = (centred(a), centred(b));
        (&a * &b).sum() / ((&a * &a).sum() * (&b * &b).sum()).sqrt()
    });
    let defined: Vec<f64> = of_images.filter(|r| r.is_finite()).collect();
    defined.iter().sum::<f64>() / defined.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn correlation_ignores_scale_and_constant_maps() {
        let a = array![[[0.0, 1.0, 2.0]], [[1.0, 1.0, 1.0]], [[0.0, 1.0, 0.0]]];
        let b = array![[[5.0, 7.0, 9.0]], [[0.0, 1.0, 2.0]], [[0.0, -3.0, 0.0]]];
        assert!(correlation(&a, &b).abs() <= 1e-12); // 1, none, −1
        assert!((correlation(&a, &a) - 1.0).abs() <= 1e-12);
    }
}
