//! Saliency maps.

use dl_core::instantiate;
use dl_nn::Model;
use ndarray::{Array3, ArrayRef1, ArrayRef4, Axis, Ix4};

use super::{ExplainError, check, gradient};

instantiate! {
    /// How much each pixel changes the logit zᶜ of the image's class c: max over channels of |∂zᶜ/∂x|
    /// (Simonyan, Vedaldi & Zisserman, "Deep inside convolutional networks: visualising image classification models and
    /// saliency maps", ICLR workshop 2014, section 3.1). Maps `[n, height, width]`, not normalised, for images
    /// `[n, height, width, channels]` and their classes `[n]`.
    ///
    /// # Errors
    /// [`ExplainError`]: a model that is no classifier of images with logits; images that are not the model's or not
    /// finite; more or fewer classes than images, or one that the model does not have; logits that are NaN; too little
    /// memory.
    pub fn saliency<F: Scalar>(
        model: &Model<F>,
        images: &ArrayRef4<F>,
        classes: &ArrayRef1<usize>,
    ) -> Result<Array3<F>, ExplainError> {
        check::input(model, images, classes)?;
        let x = images.view().into_dyn();
        let gradient = gradient::of_logits(model, x, &classes.to_vec())?;
        let gradient = gradient.into_dimensionality::<Ix4>().expect("as the images");
        Ok(gradient.map_axis(Axis(3), |channels| {
            channels.fold(F::zero(), |most, slope| most.max(slope.abs()))
        }))
    }
}
