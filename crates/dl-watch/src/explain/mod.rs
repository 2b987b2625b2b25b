//! Which pixels a classifier's answer depends on: saliency, Grad-CAM and occlusion, as maps of the images' size.
//!
//! | | question | cost for an image |
//! |---|---|---|
//! | [`saliency`] | which pixels would change the class's logit most, if they changed a little? | a forward and a backward pass |
//! | [`grad_cam`] | where are the feature maps of a layer that raise the logit? | the same |
//! | [`occlusion`] | where does covering a patch lower the class's probability? | a forward pass for each patch |
//!
//! All take a model whose outputs are one logit for each class, images `[n, height, width, channels]`, and for each of
//! them the class to be explained: the predicted one, to see why; another, to see what speaks for it. Parameters and
//! running statistics are those of evaluation, and are not changed. [`overlay`] draws the maps over their images.
//!
//! A map says what *this network* reacts to. It is not a reason, and not evidence that the network is right: see
//! Adebayo et al., "Sanity checks for saliency maps", *Advances in Neural Information Processing Systems* (2018), for
//! maps that look convincing and do not depend on what was learnt.
//!
//! ```
//! use dl_nn::ndarray::{Array4, array};
//! use dl_nn::prelude::*;
//! use dl_watch::explain::{occlusion, saliency};
//!
//! // two images of 2 × 2 pixels; the network looks at the first pixel only
//! let mut model: Model<f64> = Sequential::input([2, 2, 1]).push(Flatten).push(Dense::new(2)).build(0)?;
//! for (_, mut value) in model.params_mut() {
//!     value.fill(0.0);
//!     if value.ndim() == 2 {
//!         value[[0, 1]] = 3.0; // the logit of class 1 is 3 x₀₀
//!     }
//! }
//! let images = Array4::ones((2, 2, 2, 1));
//! let maps = saliency(&model, &images, &array![1, 0])?;
//! assert_eq!(maps, array![[[3.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.0]]]);
//!
//! let maps = occlusion(&model, &images, &array![1, 0], 1, 1, 0.0)?;
//! let drop = 1.0 / (1.0 + f64::exp(-3.0)) - 0.5;
//! assert!((maps[[0, 0, 0]] - drop).abs() < 1e-15);
//! assert!((maps[[1, 0, 0]] + drop).abs() < 1e-15); // class 0 becomes more probable
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod check;
mod error;
mod grad_cam;
mod gradient;
mod occlusion;
mod overlay;
mod resize;
mod saliency;

pub use error::ExplainError;
pub use grad_cam::grad_cam;
pub use occlusion::occlusion;
pub use overlay::overlay;
pub use saliency::saliency;
