//! A network with its parameters.

use std::sync::Arc;

use dl_core::memory::{OutOfMemory, room};
use dl_core::{
    Scalar, instantiate,
    text::{excerpt, nearest, shown},
};
use ndarray::{Array2, ArrayD, ArrayRef, ArrayViewD, ArrayViewMutD, Axis, Dimension, Slice};

use crate::activation::Activation;
use crate::batch::Batch;
use crate::buffers::{copy, in_standard_layout, matrix};
use crate::config::{Architecture, ArchitectureError, LayerConfig, NamedConfig};
use crate::error::{ConfigError, DataError};
use crate::layer::{Batching, Layer, Mode, Param, ParamMut};
use crate::limits::{Limits, Spent, elements};
use crate::spec::{Cost, ErasedSpec, LayerSpec};
use crate::summary::Summary;
use crate::workspace::Workspace;

/// The most samples per pass in [`Model::predict`].
const PREDICT_BATCH: usize = 256;

/// Numbers that the layers may make of the samples of one pass.
const PREDICT_NUMBERS: usize = 1 << 28;

/// A row of layers with their parameters, as [`Sequential::build`](crate::Sequential::build)
/// makes it. A copy of it has its own parameters.
#[derive(Debug)]
pub struct Model<F> {
    seed: u64,
    input_shape: Vec<usize>,
    layers: Vec<NamedLayer<F>>,
}

/// A layer in a model.
#[derive(Debug)]
pub struct NamedLayer<F> {
    /// Its name, unique in the model.
    pub name: String,
    /// The layer.
    pub layer: Box<dyn Layer<F>>,
    /// The shape of one output sample.
    pub output_shape: Vec<usize>,
    /// What it was built from.
    spec: Arc<dyn ErasedSpec<F>>,
    /// Dotted names of its parameters: `dense_1.kernel`.
    parameter_names: Vec<String>,
    /// What it takes beside its parameters, its input and its output.
    cost: Cost,
    /// Their shapes, as they were when the model was built.
    parameter_shapes: Vec<Vec<usize>>,
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

impl<F: Scalar> Clone for NamedLayer<F> {
    fn clone(&self) -> Self {
        Self {
            name: self.name.clone(),
            layer: self.layer.clone(),
            output_shape: self.output_shape.clone(),
            spec: self.spec.clone(),
            parameter_names: self.parameter_names.clone(),
            cost: self.cost,
            parameter_shapes: self.parameter_shapes.clone(),
        }
    }
}

impl<F: Scalar> NamedLayer<F> {
    pub(crate) fn new(
        name: String,
        layer: Box<dyn Layer<F>>,
        output_shape: Vec<usize>,
        spec: Arc<dyn ErasedSpec<F>>,
        cost: Cost,
    ) -> Self {
        let params = layer.params();
        let parameter_names = params
            .iter()
            .map(|p| format!("{name}.{}", p.name))
            .collect();
        let parameter_shapes = params.iter().map(|p| p.value.shape().to_vec()).collect();
        drop(params);
        Self {
            name,
            layer,
            output_shape,
            spec,
            parameter_names,
            cost,
            parameter_shapes,
        }
    }

    /// The kind of layer: [`LayerSpec::KIND`], or [`Layer::kind`] where it was pushed without a description.
    pub fn kind(&self) -> &'static str {
        self.spec.kind()
    }

    /// Its description, where that is an `S`.
    pub fn spec<S: LayerSpec<F> + 'static>(&self) -> Option<&S> {
        self.spec.as_any().downcast_ref()
    }

    /// Its description as plain data; `None` where it has none, or serde cannot write it.
    pub fn config(&self) -> Option<LayerConfig> {
        Some(LayerConfig {
            kind: self.kind().to_owned(),
            settings: self.spec.settings()?,
        })
    }

    /// Number of trained parameters.
    pub fn parameter_count(&self) -> usize {
        self.layer.params().iter().map(|p| p.value.len()).sum()
    }

    /// Its parameters, then its state.
    fn all(&self) -> impl Iterator<Item = Param<'_, F>> {
        self.layer.params().into_iter().chain(self.layer.state())
    }

    /// Elements of one output sample.
    pub(crate) fn size(&self) -> usize {
        let lengths = self.output_shape.iter();
        lengths.fold(1, |product, &length| product.saturating_mul(length))
    }

    /// Numbers that it works in for each sample, beside its output.
    pub(crate) fn scratch(&self) -> usize {
        self.cost.scratch
    }

    /// Numbers that a pass makes for each sample, beside its output.
    pub(crate) fn made_by_pass(&self) -> usize {
        self.scratch()
            .saturating_add(self.layer.cached(self.size()))
    }

    /// Bytes that it keeps once it is used, however many samples it sees.
    pub(crate) fn plan(&self) -> usize {
        self.cost.plan
    }

    /// What the buffers of a pass through it are planned by.
    pub(crate) fn outline(&self) -> Outline {
        Outline {
            output_shape: self.output_shape.clone(),
            parameter_shapes: self.parameter_shapes.clone(),
            batching: self.layer.batching(),
        }
    }

    /// Whether its outline is this one.
    pub(crate) fn has_outline(&self, outline: &Outline) -> bool {
        self.output_shape == outline.output_shape
            && self.parameter_shapes == outline.parameter_shapes
            && self.layer.batching() == outline.batching
    }
}

/// What the buffers of a pass through a layer are planned by.
#[derive(Debug, PartialEq)]
pub(crate) struct Outline {
    output_shape: Vec<usize>,
    parameter_shapes: Vec<Vec<usize>>,
    batching: Batching,
}

/// A copy of every parameter and state of a model, by dotted name, in its order: plain data that
/// serde writes and reads (with `serde_json`, bit for bit with its `float_roundtrip` feature).
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Weights<F>(Vec<(String, ArrayD<F>)>);

impl<F> Weights<F> {
    /// Every name (`dense_1.kernel`) and value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, ArrayViewD<'_, F>)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.view()))
    }

    /// Every name, and the value to be changed or exchanged.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut ArrayD<F>)> {
        self.0.iter_mut().map(|(name, value)| (&**name, value))
    }
}

impl<F> FromIterator<(String, ArrayD<F>)> for Weights<F> {
    fn from_iter<I: IntoIterator<Item = (String, ArrayD<F>)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

/// Weights of another model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the weights have {found} where the model has {expected}",
    found = shown(found), expected = shown(expected)
)]
pub struct WeightsError {
    /// The entry found: name and shape.
    pub found: String,
    /// The model's at this place.
    pub expected: String,
}

impl WeightsError {
    fn new(found: String, expected: String) -> Self {
        Self { found, expected }
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

    /// The seed it was built with, from which a [`Trainer`](crate::train::Trainer) goes on drawing.
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

    /// The activation applied last, by the last layer or by one before it where the later ones only
    /// reshape or drop.
    pub fn output_activation(&self) -> Activation {
        let last = self.layers.iter().rev();
        last.filter_map(|named| named.layer.output_activation())
            .next()
            .unwrap_or_default()
    }

    /// Cuts the model in two after the layer of this name: an autoencoder into its encoder and its
    /// decoder, a classifier into what finds features and what names them. Layers keep their names
    /// and parameters.
    ///
    /// # Errors
    /// [`ConfigError`] where no layer has this name, or only the last one.
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

    /// The name of a layer and, where there is none of it, the one that is most like it.
    fn meant(&self, layer: &str) -> String {
        let names = self.layers.iter().map(|named| named.name.as_str());
        match nearest(layer, names) {
            Some(near) if near != layer => format!("{layer} (did you mean `{near}`?)"),
            _ => layer.to_owned(),
        }
    }

    /// The least limits that a description of this model can be built within, by
    /// [`Sequential::build_within`](crate::Sequential::build_within).
    pub fn least_limits(&self) -> Limits {
        least_limits(self)
    }

    fn spent(&self) -> Limits {
        let mut spent = Spent::new(Limits::NONE);
        let boundless = "without limits";
        let input = self.input_shape.iter().product();
        spent.sample("", "", input).expect(boundless);
        spent.shape("", &self.input_shape).expect(boundless);
        for named in &self.layers {
            let elements = named.all().map(|param| param.value.len()).sum();
            spent.layer("", elements, named.cost).expect(boundless);
            spent.sample("", "", named.size()).expect(boundless);
            spent.shape("", &named.output_shape).expect(boundless);
        }
        spent.so_far
    }

    /// Number of trained parameters.
    pub fn parameter_count(&self) -> usize {
        self.layers.iter().map(NamedLayer::parameter_count).sum()
    }

    /// The row of layers as plain data.
    ///
    /// # Errors
    /// [`ArchitectureError`] naming the first layer that cannot be described as data.
    pub fn architecture(&self) -> Result<Architecture, ArchitectureError> {
        architecture(self)
    }

    fn describe(&self) -> Result<Architecture, ArchitectureError> {
        let described = |named: &NamedLayer<F>| match named.config() {
            Some(config) => Ok(NamedConfig {
                name: named.name.clone(),
                config,
            }),
            None => Err(ArchitectureError::NoDescription {
                layer: named.name.clone(),
                kind: named.kind().to_owned(),
            }),
        };
        Ok(Architecture {
            input_shape: self.input_shape.clone(),
            layers: self
                .layers
                .iter()
                .map(described)
                .collect::<Result<_, _>>()?,
        })
    }

    /// A table of the layers, for reading.
    pub fn summary(&self) -> Summary {
        summary(self)
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

    /// Every parameter with its dotted name, to be changed.
    pub fn params_mut(&mut self) -> impl Iterator<Item = (&str, ArrayViewMutD<'_, F>)> {
        params_mut(self).into_iter()
    }

    pub(crate) fn named_params_mut(&mut self) -> impl Iterator<Item = (&str, ParamMut<'_, F>)> {
        self.layers.iter_mut().flat_map(|named| {
            let names = named.parameter_names.iter().map(String::as_str);
            names.zip(named.layer.params_mut())
        })
    }

    /// A copy of all parameters and states, with their dotted names.
    pub fn weights(&self) -> Weights<F> {
        weights(self)
    }

    fn copy_weights(&self) -> Weights<F> {
        let entries = self.layers.iter().flat_map(|named| {
            let copy = |p: Param<'_, F>| (format!("{}.{}", named.name, p.name), p.value.to_owned());
            named.all().map(copy).collect::<Vec<_>>()
        });
        Weights(entries.collect())
    }

    /// As [`weights`](Self::weights), or an error if there is not enough memory for them.
    pub(crate) fn try_weights(&self) -> Result<Weights<F>, OutOfMemory> {
        let entries = self.layers.iter().flat_map(|named| {
            let copy = |p: Param<'_, F>| {
                let name = format!("{}.{}", named.name, p.name);
                Ok::<_, OutOfMemory>((name, copy(&p.value)?))
            };
            named.all().map(copy).collect::<Vec<_>>()
        });
        Ok(Weights(entries.collect::<Result<_, _>>()?))
    }

    /// Copies all parameters and states into `weights`, made by [`weights`](Self::weights) of
    /// this model, without allocating.
    pub(crate) fn store_weights(&self, weights: &mut Weights<F>) {
        let all = self.layers.iter().flat_map(NamedLayer::all);
        for ((_, copy), param) in weights.0.iter_mut().zip(all) {
            copy.assign(&param.value);
        }
    }

    /// Puts back what [`weights`](Self::weights) of this model, or of one with the same layers,
    /// copied.
    ///
    /// # Errors
    /// [`WeightsError`] naming the first entry that has another name or shape than the model's;
    /// the model has not changed then.
    pub fn set_weights(&mut self, weights: &Weights<F>) -> Result<(), WeightsError> {
        set_weights(self, weights)
    }

    fn assign_weights(&mut self, weights: &Weights<F>) -> Result<(), WeightsError> {
        self.check_weights(weights)?;
        let mut values = weights.0.iter().map(|(_, value)| value);
        for named in &mut self.layers {
            for (mut param, value) in named.layer.params_mut().into_iter().zip(&mut values) {
                param.value.assign(value);
            }
            for (mut state, value) in named.layer.state_mut().into_iter().zip(&mut values) {
                state.value.assign(value);
            }
        }
        Ok(())
    }

    /// Whether [`set_weights`](Self::set_weights) would take these.
    pub(crate) fn check_weights(&self, weights: &Weights<F>) -> Result<(), WeightsError> {
        let mut entries = weights.0.iter();
        for named in &self.layers {
            for param in named.all() {
                let expected =
                    || format!("{}.{} {:?}", named.name, param.name, param.value.shape());
                let Some((name, value)) = entries.next() else {
                    return Err(WeightsError::new("nothing".into(), expected()));
                };
                let suffix = name
                    .strip_prefix(&named.name)
                    .and_then(|n| n.strip_prefix('.'));
                if suffix != Some(&*param.name) || value.shape() != param.value.shape() {
                    let found = format!("{} {:?}", excerpt(name), value.shape());
                    return Err(WeightsError::new(found, expected()));
                }
            }
        }
        if let Some((name, value)) = entries.next() {
            let found = format!("{} {:?}", excerpt(name), value.shape());
            return Err(WeightsError::new(found, "nothing more".into()));
        }
        Ok(())
    }

    /// The name of the first parameter that holds a NaN or an infinity.
    pub(crate) fn first_non_finite(&self) -> Option<&str> {
        let finite = |value: &ArrayViewD<'_, F>| {
            let values = value.as_slice().expect("parameters are in standard layout");
            values.iter().all(|v| v.is_finite())
        };
        self.named_params()
            .find(|(_, value)| !finite(value))
            .map(|(name, _)| name)
    }

    /// The network's outputs for samples `[n, …input]`: `[n, …output]`, evaluated without
    /// dropout, in passes of up to 256 samples: fewer, where the layers would make more than 2²⁸
    /// numbers of them.
    ///
    /// # Errors
    /// [`DataError`] where there are no samples, or of another shape than the model takes, or no memory
    /// for their outputs.
    pub fn predict<D: Dimension>(&self, x: &ArrayRef<F, D>) -> Result<ArrayD<F>, DataError> {
        predict(self, x.view().into_dyn())
    }

    /// What [`predict`](Self::predict) gives, as a matrix: one row a sample.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn predict_matrix<D: Dimension>(&self, x: &ArrayRef<F, D>) -> Result<Array2<F>, DataError> {
        Ok(matrix(self.predict(x)?))
    }

    fn outputs(&self, x: ArrayViewD<'_, F>) -> Result<ArrayD<F>, DataError> {
        self.check_samples(&x)?;
        let n = x.len_of(Axis(0));
        let mut shape = vec![n];
        shape.extend(self.output_shape());
        let mut y = room(elements(&shape).unwrap_or(usize::MAX))?;
        let batch = self.predict_batch();
        let mut workspace = Workspace::inference(self, n.min(batch))?;
        if n > batch {
            workspace.keep_packed();
        }
        for start in (0..n).step_by(batch) {
            let rows = Slice::from(start..n.min(start + batch));
            let x = x.slice_axis(Axis(0), rows);
            let x = in_standard_layout(&x)?;
            let x = Batch::from_array(&x);
            let output = workspace.forward_unchanged(self, x, Mode::Eval, false);
            y.extend_from_slice(output.slice());
        }
        Ok(ArrayD::from_shape_vec(shape, y).expect("as many numbers as the shape has"))
    }

    /// Samples per pass.
    fn predict_batch(&self) -> usize {
        let of_layer = |named: &NamedLayer<F>| named.size().saturating_add(named.scratch());
        let sample = self.layers.iter().map(of_layer);
        let sample = sample.fold(1, usize::saturating_add);
        (PREDICT_NUMBERS / sample).clamp(1, PREDICT_BATCH)
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
        params.map(|(name, param)| (name, param.value)).collect()
    }

    fn weights<F: Scalar>(model: &Model<F>) -> Weights<F> {
        model.copy_weights()
    }

    fn set_weights<F: Scalar>(
        model: &mut Model<F>,
        weights: &Weights<F>,
    ) -> Result<(), WeightsError> {
        model.assign_weights(weights)
    }

    fn predict<F: Scalar>(
        model: &Model<F>,
        x: ArrayViewD<'_, F>,
    ) -> Result<ArrayD<F>, DataError> {
        model.outputs(x)
    }

    fn architecture<F: Scalar>(model: &Model<F>) -> Result<Architecture, ArchitectureError> {
        model.describe()
    }

    fn least_limits<F: Scalar>(model: &Model<F>) -> Limits {
        model.spent()
    }

    fn summary<F: Scalar>(model: &Model<F>) -> Summary {
        Summary::of(model)
    }
}
