//! A layer to be exported: its parameters, its shapes.

use dl_conv::{Geometry, Size, Window};
use dl_nn::layers::Inside;
use dl_nn::ndarray::ArrayViewD;
use dl_nn::{NamedLayer, Scalar};

use super::error::OnnxError;

/// The exporters' view of a layer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layer<'a, F> {
    /// The input shape of a sample.
    pub(super) input: &'a [usize],
    /// The output shape of a sample.
    pub(super) output: &'a [usize],
    named: &'a NamedLayer<F>,
}

impl<'a, F: Scalar> Layer<'a, F> {
    /// A layer for samples of this shape.
    pub(super) fn new(named: &'a NamedLayer<F>, input: &'a [usize]) -> Self {
        Self {
            input,
            output: &named.output_shape,
            named,
        }
    }

    /// What is inside it.
    pub(super) fn inside(&self) -> Option<Inside<'a, F>> {
        self.named.inside()
    }

    /// The sizes of an input or output image.
    pub(super) fn image(&self, sample: &[usize]) -> Result<[usize; 3], OnnxError> {
        let image = <[usize; 3]>::try_from(sample);
        image.map_err(|_| self.wrong_settings(format!("{sample:?} is not an image")))
    }

    /// A signal as an image of one row.
    pub(super) fn row(&self, sample: &[usize]) -> Result<[usize; 3], OnnxError> {
        match *sample {
            [length, channels] => Ok([1, length, channels]),
            _ => Err(self.wrong_settings(format!("{sample:?} is not a signal"))),
        }
    }

    /// The geometry of a window on an image.
    pub(super) fn geometry(
        &self,
        window: &Window,
        [height, width, _]: [usize; 3],
    ) -> Result<Geometry, OnnxError> {
        let geometry = window.over(Size::from([height, width]));
        geometry.map_err(|why| self.wrong_settings(why))
    }

    /// A parameter or state with this shape.
    pub(super) fn param(
        &self,
        name: &str,
        shape: &[usize],
    ) -> Result<ArrayViewD<'a, F>, OnnxError> {
        let value = self.optional_param(name, shape)?;
        value.ok_or_else(|| self.wrong_param(name, shape, "no value".to_owned()))
    }

    /// The same, for one that may be absent.
    pub(super) fn optional_param(
        &self,
        name: &str,
        shape: &[usize],
    ) -> Result<Option<ArrayViewD<'a, F>>, OnnxError> {
        let layer = &self.named.layer;
        let mut all = layer.params().into_iter().chain(layer.state());
        let value = all.find(|param| param.name == name).map(|p| p.value);
        match value {
            Some(value) if value.shape() != shape => {
                let found = format!("shape {:?}", value.shape());
                Err(self.wrong_param(name, shape, found))
            }
            value => Ok(value),
        }
    }

    fn wrong_param(&self, name: &str, expected: &[usize], found: String) -> OnnxError {
        OnnxError::Parameter {
            name: format!("{}.{name}", self.named.name),
            kind: self.named.kind().to_owned(),
            found,
            expected: expected.to_vec(),
        }
    }

    /// The error for settings that cannot be exported.
    pub(super) fn wrong_settings(&self, why: impl ToString) -> OnnxError {
        OnnxError::Settings {
            layer: self.named.name.clone(),
            kind: self.named.kind().to_owned(),
            why: why.to_string(),
        }
    }
}
