//! Class activation maps by gradients.

use dl_core::text::nearest;
use dl_core::{instantiate, sum::sum_terms};
use dl_nn::{Model, Scalar};
use ndarray::{Array1, Array2, Array3, ArrayD, ArrayRef1, ArrayRef4, ArrayView3, Axis, Ix4};

use super::{ExplainError, check, gradient, resize::bilinear};

instantiate! {
    /// Where the feature maps A of `layer` speak for the image's class c (Selvaraju et al., "Grad-CAM: visual
    /// explanations from deep networks via gradient-based localization", ICCV 2017, equations 1 and 2):
    ///
    /// αₖ = mean over the pixels of ∂zᶜ/∂Aₖ, and the map is max(0, Σₖ αₖ Aₖ),
    ///
    /// enlarged to the image by bilinear interpolation, with pixels as areas (PyTorch's `align_corners=False`). A is
    /// the layer's output, after its activation; the paper takes the last convolution. Maps `[n, height, width]`,
    /// not normalised, for images `[n, height, width, channels]` and their classes `[n]`.
    ///
    /// # Errors
    /// As [`saliency`](super::saliency), and a layer that the model does not have, or whose outputs are not
    /// `[height, width, channels]`.
    pub fn grad_cam<F: Scalar>(
        model: &Model<F>,
        images: &ArrayRef4<F>,
        classes: &ArrayRef1<usize>,
        layer: &str,
    ) -> Result<Array3<F>, ExplainError> {
        check::input(model, images, classes)?;
        check_layer(model, layer)?;
        let (features, head) = model.clone().split_after(layer).expect("a layer before the last");
        let activations = features.predict(images)?;
        let gradients = gradient::of_logits(&head, activations.view(), &classes.to_vec())?;
        let (activations, gradients) = (four_axes(activations), four_axes(gradients));

        let (n, height, width, _) = images.dim();
        let mut maps = Array3::zeros((n, height, width));
        for (i, mut map) in maps.outer_iter_mut().enumerate() {
            let small = weighted(activations.index_axis(Axis(0), i), gradients.index_axis(Axis(0), i));
            map.assign(&bilinear(small.view(), (height, width)));
        }
        Ok(maps)
    }
}

/// max(0, Σₖ αₖ Aₖ) for the maps A and their gradients, `[h, w, maps]`.
fn weighted<F: Scalar>(maps: ArrayView3<'_, F>, gradients: ArrayView3<'_, F>) -> Array2<F> {
    let (height, width, _) = maps.dim();
    let pixels = F::cast((height * width) as f64);
    let channels = gradients.axis_iter(Axis(2));
    let alpha: Array1<F> = channels
        .map(|gradient| sum_terms(gradient.iter().copied()) / pixels)
        .collect();
    Array2::from_shape_fn((height, width), |(y, x)| {
        let terms = alpha
            .iter()
            .enumerate()
            .map(|(k, &alpha)| alpha * maps[[y, x, k]]);
        sum_terms(terms).max(F::zero())
    })
}

fn check_layer<F: Scalar>(model: &Model<F>, layer: &str) -> Result<(), ExplainError> {
    let layers = model.layers();
    match layers.iter().find(|named| named.name == layer) {
        // the last layer's outputs are a vector
        Some(named) if named.output_shape.len() == 3 => Ok(()),
        Some(named) => Err(ExplainError::NoMaps {
            layer: layer.to_owned(),
            shape: named.output_shape.clone(),
        }),
        None => Err(ExplainError::NoLayer {
            layer: layer.to_owned(),
            nearest: nearest(layer, layers.iter().map(|named| &*named.name)).map(str::to_owned),
        }),
    }
}

fn four_axes<F: Scalar>(batch: ArrayD<F>) -> ndarray::Array4<F> {
    batch
        .into_dimensionality::<Ix4>()
        .expect("[n, height, width, channels]")
}
