//! Raw samples in, answers out.

use dl_core::instantiate;
use dl_nn::Scalar;
use ndarray::{ArrayD, ArrayRef, ArrayViewD, Axis, Dimension, Slice, concatenate};

use super::{Bundle, MOST_SAMPLE, PredictError};

/// The most samples that go through all steps together.
const MOST_ROWS: usize = 256;

impl<F: Scalar> Bundle<F> {
    /// The answers for raw samples `[n, …input_shape]`: probabilities of a classifier, values of a
    /// regression, `[n, …output]`.
    ///
    /// # Errors
    /// [`PredictError`] where the samples do not fit or are not finite, or an answer is not.
    pub fn predict<D: Dimension>(&self, x: &ArrayRef<F, D>) -> Result<ArrayD<F>, PredictError> {
        predict(self, x.view().into_dyn())
    }

    fn answer_all(&self, x: ArrayViewD<'_, F>) -> Result<ArrayD<F>, PredictError> {
        let expected = &self.content.input_shape;
        if x.shape().get(1..) != Some(expected) {
            return Err(PredictError::SampleShape {
                got: x.shape().get(1..).unwrap_or(&[]).to_vec(),
                expected: expected.clone(),
            });
        }
        // some rows at a time, so that a file of few bytes does not take more memory than one sample may
        let rows = (MOST_SAMPLE / self.model.least_limits().sample.max(1)).clamp(1, MOST_ROWS);
        let n = x.len_of(Axis(0));
        if n == 0 {
            return Err(dl_nn::DataError::Empty.into());
        }
        let mut answers = Vec::new();
        for start in (0..n).step_by(rows) {
            let part = x.slice_axis(Axis(0), Slice::from(start..n.min(start + rows)));
            let part = self.answer(part.as_standard_layout().into_owned());
            answers.push(part.map_err(|error| error.after(start))?);
        }
        let views: Vec<_> = answers.iter().map(|part| part.view()).collect();
        Ok(concatenate(Axis(0), &views).expect("parts of one shape"))
    }

    /// The answers for a few samples in standard layout.
    fn answer(&self, x: ArrayD<F>) -> Result<ArrayD<F>, PredictError> {
        let mut x = x;
        for (step, preprocessing) in self.content.preprocessing.iter().enumerate() {
            let transformed = preprocessing.transform(x);
            x = transformed.map_err(|source| PredictError::Preprocessing {
                step: step + 1,
                name: preprocessing.name(),
                source,
            })?;
        }
        let mut y = self.model.predict(&x)?;
        let width = y.shape().last().copied().unwrap_or(1);
        let values = y.as_slice_mut().expect("in standard layout");
        self.content.output.forward(values, width);
        let size = values.len() / y.len_of(Axis(0));
        match y.iter().position(|value| !value.is_finite()) {
            None => Ok(y),
            Some(at) => Err(PredictError::NonFinite {
                sample: at / size,
                value: y.iter().nth(at).expect("just found").as_f64(),
            }),
        }
    }

    /// The most probable class of each raw sample: the largest answer, or for a single one whether
    /// it is above ½.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn predict_classes<D: Dimension>(
        &self,
        x: &ArrayRef<F, D>,
    ) -> Result<Vec<usize>, PredictError> {
        predict_classes(self, x.view().into_dyn())
    }

    /// The classes of answers that [`predict`](Self::predict) gave.
    pub fn most_probable(answers: &ArrayD<F>) -> Vec<usize> {
        most_probable(answers)
    }

    fn largest(answers: &ArrayD<F>) -> Vec<usize> {
        let half = F::of(0.5);
        let classes = answers.outer_iter().map(|answers| {
            let mut best = (0, F::neg_infinity());
            if answers.len() == 1 {
                return usize::from(answers.iter().any(|&p| p > half));
            }
            for (class, &answer) in answers.iter().enumerate() {
                if answer > best.1 {
                    best = (class, answer);
                }
            }
            best.0
        });
        classes.collect()
    }

    /// The name of the most probable class of each raw sample.
    ///
    /// # Errors
    /// As [`predict`](Self::predict), and where the bundle has no class names.
    pub fn predict_names<D: Dimension>(
        &self,
        x: &ArrayRef<F, D>,
    ) -> Result<Vec<&str>, PredictError> {
        predict_names(self, x.view().into_dyn())
    }

    fn name_all(&self, x: ArrayViewD<'_, F>) -> Result<Vec<&str>, PredictError> {
        let names = &self.content.class_names;
        if names.is_empty() {
            return Err(PredictError::NoNames);
        }
        let classes = Self::largest(&self.answer_all(x)?);
        Ok(classes.into_iter().map(|class| &*names[class]).collect())
    }
}

instantiate! {
    fn predict<F: Scalar>(
        bundle: &Bundle<F>,
        x: ArrayViewD<'_, F>,
    ) -> Result<ArrayD<F>, PredictError> {
        bundle.answer_all(x)
    }

    fn predict_classes<F: Scalar>(
        bundle: &Bundle<F>,
        x: ArrayViewD<'_, F>,
    ) -> Result<Vec<usize>, PredictError> {
        Ok(Bundle::largest(&bundle.answer_all(x)?))
    }

    fn predict_names<'b, F: Scalar>(
        bundle: &'b Bundle<F>,
        x: ArrayViewD<'_, F>,
    ) -> Result<Vec<&'b str>, PredictError> {
        bundle.name_all(x)
    }

    fn most_probable<F: Scalar>(answers: &ArrayD<F>) -> Vec<usize> {
        Bundle::largest(answers)
    }
}
