//! Predictions for raw samples.

use std::ops::Range;

use dl_core::instantiate;
use dl_nn::Scalar;
use ndarray::{Array2, ArrayD, ArrayRef, ArrayViewD, Axis, Dimension, Slice, concatenate};

use super::transform::rows;
use super::{Bundle, MAX_SAMPLE, PredictError, Transform};

/// Maximum number of samples processed at once.
const MAX_ROWS: usize = 256;

impl<F: Scalar> Bundle<F> {
    /// Predictions for raw samples `[n, …input_shape]`: probabilities of a classifier or values of a regression,
    /// `[n, …output]`.
    ///
    /// # Errors
    /// [`PredictError`] if the samples have the wrong shape or are not finite, or a prediction is not finite.
    pub fn predict<D: Dimension>(&self, x: &ArrayRef<F, D>) -> Result<ArrayD<F>, PredictError> {
        predict(self, x.view().into_dyn())
    }

    /// What [`predict`](Self::predict) gives, as a matrix: one row per sample.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn predict_matrix<D: Dimension>(
        &self,
        x: &ArrayRef<F, D>,
    ) -> Result<Array2<F>, PredictError> {
        self.predict(x).map(rows)
    }

    fn predict_all(&self, x: ArrayViewD<'_, F>) -> Result<ArrayD<F>, PredictError> {
        if self.content.pipeline.is_some() {
            return Err(PredictError::NeedsTable);
        }
        let expected = &self.content.input_shape;
        if x.shape().get(1..) != Some(expected) {
            return Err(PredictError::SampleShape {
                found: x.shape().get(1..).unwrap_or(&[]).to_vec(),
                expected: expected.clone(),
            });
        }
        self.predict_in_blocks(x.len_of(Axis(0)), |rows| {
            let part = x.slice_axis(Axis(0), Slice::from(rows));
            Ok(part.as_standard_layout().into_owned())
        })
    }

    /// Predictions for n samples, of which `samples` gives some in standard layout: in blocks, so that a model from a
    /// small file takes no more memory than a single sample may.
    pub(super) fn predict_in_blocks(
        &self,
        n: usize,
        samples: impl Fn(Range<usize>) -> Result<ArrayD<F>, PredictError>,
    ) -> Result<ArrayD<F>, PredictError> {
        if n == 0 {
            return Err(dl_nn::DataError::Empty.into());
        }
        let pipeline = self.content.pipeline.as_ref();
        let pipeline = pipeline.map_or(0, |pipeline| pipeline.work() as usize);
        let sample = self.model.least_limits().sample.max(pipeline);
        let rows = (MAX_SAMPLE / sample.max(1)).clamp(1, MAX_ROWS);
        let mut predictions = Vec::new();
        for start in (0..n).step_by(rows) {
            let part = self.predict_block(samples(start..n.min(start + rows))?);
            predictions.push(part.map_err(|error| error.after(start))?);
        }
        let views: Vec<_> = predictions.iter().map(|part| part.view()).collect();
        Ok(concatenate(Axis(0), &views).expect("parts of one shape"))
    }

    /// Predictions for a few samples in standard layout.
    fn predict_block(&self, x: ArrayD<F>) -> Result<ArrayD<F>, PredictError> {
        let x = transform(&self.preprocessing, "preprocessing", x)?;
        let mut y = self.model.predict(&x)?;
        let width = y.shape().last().copied().unwrap_or(1);
        let values = y.as_slice_mut().expect("in standard layout");
        self.content.output.forward(values, width);
        let y = transform(&self.postprocessing, "postprocessing", y)?;
        let size = y.len() / y.len_of(Axis(0));
        match y.iter().position(|value| !value.is_finite()) {
            None => Ok(y),
            Some(at) => Err(PredictError::NonFinite {
                sample: at / size,
                value: y.iter().nth(at).expect("just found").as_f64(),
            }),
        }
    }

    /// The most probable class of each raw sample: that of the largest output or, for a single output, whether it
    /// is above ½.
    ///
    /// # Errors
    /// Same as [`predict`](Self::predict).
    pub fn predict_classes<D: Dimension>(
        &self,
        x: &ArrayRef<F, D>,
    ) -> Result<Vec<usize>, PredictError> {
        predict_classes(self, x.view().into_dyn())
    }

    /// The most probable classes, given the outputs of [`predict`](Self::predict).
    pub fn most_probable(predictions: &ArrayD<F>) -> Vec<usize> {
        most_probable(predictions)
    }

    pub(super) fn most_probable_classes(predictions: &ArrayD<F>) -> Vec<usize> {
        let half = F::cast(0.5);
        let classes = predictions.outer_iter().map(|predictions| {
            let mut best = (0, F::neg_infinity());
            if predictions.len() == 1 {
                return usize::from(predictions.iter().any(|&p| p > half));
            }
            for (class, &value) in predictions.iter().enumerate() {
                if value > best.1 {
                    best = (class, value);
                }
            }
            best.0
        });
        classes.collect()
    }

    /// The names of the most probable classes.
    pub(super) fn named(
        &self,
        predict: impl FnOnce() -> Result<ArrayD<F>, PredictError>,
    ) -> Result<Vec<&str>, PredictError> {
        let names = &self.content.class_names;
        if names.is_empty() {
            return Err(PredictError::NoNames);
        }
        let classes = Self::most_probable_classes(&predict()?);
        Ok(classes.into_iter().map(|class| &*names[class]).collect())
    }

    /// The name of the most probable class of each raw sample.
    ///
    /// # Errors
    /// Same as [`predict`](Self::predict), and if the bundle has no class names.
    pub fn predict_names<D: Dimension>(
        &self,
        x: &ArrayRef<F, D>,
    ) -> Result<Vec<&str>, PredictError> {
        predict_names(self, x.view().into_dyn())
    }
}

/// Applies some transforms in turn.
fn transform<F: Scalar>(
    transforms: &[Box<dyn Transform<F>>],
    stage: &'static str,
    x: ArrayD<F>,
) -> Result<ArrayD<F>, PredictError> {
    let mut transforms = transforms.iter().enumerate();
    transforms.try_fold(x, |x, (i, transform)| {
        let transformed = transform.transform(x);
        transformed.map_err(|source| PredictError::Transform {
            stage,
            number: i + 1,
            kind: transform.kind(),
            source,
        })
    })
}

instantiate! {
    fn predict<F: Scalar>(
        bundle: &Bundle<F>,
        x: ArrayViewD<'_, F>,
    ) -> Result<ArrayD<F>, PredictError> {
        bundle.predict_all(x)
    }

    fn predict_classes<F: Scalar>(
        bundle: &Bundle<F>,
        x: ArrayViewD<'_, F>,
    ) -> Result<Vec<usize>, PredictError> {
        Ok(Bundle::most_probable_classes(&bundle.predict_all(x)?))
    }

    fn predict_names<'b, F: Scalar>(
        bundle: &'b Bundle<F>,
        x: ArrayViewD<'_, F>,
    ) -> Result<Vec<&'b str>, PredictError> {
        bundle.named(|| bundle.predict_all(x))
    }

    fn most_probable<F: Scalar>(predictions: &ArrayD<F>) -> Vec<usize> {
        Bundle::most_probable_classes(predictions)
    }
}
