//! Models: their description, their layers with the parameters, and views of both.

mod append;
mod config;
mod cost;
mod limits;
mod named_layer;
mod registry;
mod sequential;
mod spec;
mod summary;
mod trained;
mod weights;

pub use config::{Architecture, ArchitectureError, LayerConfig, NamedConfig};
pub use cost::Cost;
pub use limits::Limits;
pub(crate) use limits::{Spent, elements};
pub use named_layer::NamedLayer;
pub(crate) use named_layer::Outline;
pub use registry::Registry;
pub(crate) use registry::{ReadNested, Reader};
pub(crate) use sequential::Randomness;
pub use sequential::Sequential;
pub use spec::LayerSpec;
pub(crate) use spec::Nested;
pub use summary::{Summary, SummaryRow};
pub(crate) use trained::Training;
pub use weights::{Weights, WeightsError};

use dl_core::text::nearest;
use dl_core::{Scalar, instantiate};
use ndarray::{ArrayViewD, ArrayViewMutD};

use crate::activation::Activation;
use crate::error::{ConfigError, DataError};
use crate::layer::ParamMut;

/// A sequence of layers with their parameters, built by [`Sequential::build`](crate::Sequential::build). A clone
/// has its own parameters.
#[derive(Debug)]
pub struct Model<F> {
    seed: u64,
    input_shape: Vec<usize>,
    layers: Vec<NamedLayer<F>>,
}

impl<F: Scalar> Clone for Model<F> {
    fn clone(&self) -> Self {
        Self {
            seed: self.seed,
            input_shape: self.input_shape.clone(),
            layers: self.layers.clone(),
        }
    }
}

impl<F: Scalar> Model<F> {
    pub(crate) fn new(seed: u64, input_shape: Vec<usize>, layers: Vec<NamedLayer<F>>) -> Self {
        Self {
            seed,
            input_shape,
            layers,
        }
    }

    /// The seed it was built with, from which a [`Trainer`](crate::train::Trainer) draws, too.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The shape of one input sample.
    pub fn input_shape(&self) -> &[usize] {
        &self.input_shape
    }

    /// The shape of one output sample.
    pub fn output_shape(&self) -> &[usize] {
        &self.layers.last().expect("never empty").output_shape
    }

    /// The layers in order.
    pub fn layers(&self) -> &[NamedLayer<F>] {
        &self.layers
    }

    pub(crate) fn layers_mut(&mut self) -> &mut [NamedLayer<F>] {
        &mut self.layers
    }

    /// The activation applied last, by the last layer or by one before it if the later ones only
    /// reshape or drop.
    pub fn output_activation(&self) -> Activation {
        let last = self.layers.iter().rev();
        last.filter_map(|named| named.layer.output_activation())
            .next()
            .unwrap_or_default()
    }

    /// Splits the model after the layer of this name: an autoencoder into its encoder and its decoder, a classifier
    /// into its feature extractor and its head. Layers keep their names
    /// and parameters.
    ///
    /// # Errors
    /// [`ConfigError`] if no layer has this name, or only the last one.
    pub fn split_after(mut self, layer: &str) -> Result<(Self, Self), ConfigError> {
        let before_last = &self.layers[..self.layers.len() - 1];
        let at = before_last.iter().position(|named| named.name == layer);
        let allowed = "the name of a layer that is not the last";
        let meant = self.meant(layer);
        ConfigError::require(at.is_some(), "Model split_after", meant, allowed)?;
        let second = self.layers.split_off(at.map_or(0, |at| at + 1));
        let between = self.output_shape().to_vec();
        let second = Self::new(self.seed, between, second);
        Ok((self, second))
    }

    /// The name of a layer; if there is none of that name, the most similar one beside it.
    fn meant(&self, layer: &str) -> String {
        let names = self.layers.iter().map(|named| named.name.as_str());
        match nearest(layer, names) {
            Some(near) if near != layer => format!("{layer} (did you mean `{near}`?)"),
            _ => layer.to_owned(),
        }
    }

    /// Number of parameters, frozen ones included.
    pub fn parameter_count(&self) -> usize {
        self.layers.iter().map(NamedLayer::parameter_count).sum()
    }

    /// Every parameter with its dotted name (`dense_1.kernel`), in order.
    pub fn params(&self) -> impl Iterator<Item = (&str, ArrayViewD<'_, F>)> {
        params(self).into_iter()
    }

    fn named_params(&self) -> impl Iterator<Item = (&str, ArrayViewD<'_, F>)> {
        self.layers.iter().flat_map(|named| {
            let names = named.parameter_names.iter().map(String::as_str);
            names.zip(named.layer.params().into_iter().map(|p| p.value))
        })
    }

    /// Every parameter with its dotted name, mutable.
    pub fn params_mut(&mut self) -> impl Iterator<Item = (&str, ArrayViewMutD<'_, F>)> {
        params_mut(self).into_iter()
    }

    /// Every parameter with its dotted name and how it is trained.
    pub(crate) fn named_params_mut(
        &mut self,
    ) -> impl Iterator<Item = (&str, ParamMut<'_, F>, Training)> {
        self.layers.iter_mut().flat_map(|named| {
            let names = named.parameter_names.iter().map(String::as_str);
            let params = names.zip(named.layer.params_mut()).zip(&named.training);
            params.map(|((name, param), training)| (name, param, *training))
        })
    }

    /// The name of the first parameter that contains a NaN or an infinity.
    pub(crate) fn first_non_finite(&self) -> Option<&str> {
        let finite = |value: &ArrayViewD<'_, F>| {
            let values = value.as_slice().expect("parameters are in standard layout");
            values.iter().all(|v| v.is_finite())
        };
        self.named_params()
            .find(|(_, value)| !finite(value))
            .map(|(name, _)| name)
    }

    /// Checks that `x` holds samples of the model's input shape, all finite.
    pub(crate) fn check_samples(&self, x: &ArrayViewD<'_, F>) -> Result<(), DataError> {
        if x.shape() == self.input_shape() && x.shape().get(1..) != Some(self.input_shape()) {
            let got = x.shape().to_vec();
            return Err(DataError::NoBatchAxis { got });
        }
        if x.shape().get(1..) != Some(self.input_shape()) {
            return Err(DataError::SampleShape {
                got: x.shape().get(1..).unwrap_or(&[]).to_vec(),
                expected: self.input_shape.clone(),
            });
        }
        if x.is_empty() {
            return Err(DataError::Empty);
        }
        let size: usize = self.input_shape.iter().product();
        match x.iter().position(|v| !v.is_finite()) {
            None => Ok(()),
            Some(at) => Err(DataError::NonFinite {
                sample: at / size,
                position: at % size,
                value: x.iter().nth(at).expect("just found").as_f64(),
            }),
        }
    }
}

instantiate! {
    fn params<'a, F: Scalar>(model: &'a Model<F>) -> Vec<(&'a str, ArrayViewD<'a, F>)> {
        model.named_params().collect()
    }

    fn params_mut<'a, F: Scalar>(
        model: &'a mut Model<F>,
    ) -> Vec<(&'a str, ArrayViewMutD<'a, F>)> {
        let params = model.named_params_mut();
        params.map(|(name, param, _)| (name, param.value)).collect()
    }
}
