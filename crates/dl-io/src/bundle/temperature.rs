//! A classifier's probabilities, calibrated.

use std::error::Error;

use dl_core::instantiate;
use dl_nn::Scalar;
use dl_nn::metrics::Temperature;
use ndarray::ArrayD;
use serde_json::Value;

use super::transform::{Transform, rows};

/// After the network of a classifier: from its probabilities p = softmax(z) to softmax(z / T), which is softmax(ln p / T).
/// A probability that was rounded to 0 stays 0.
impl<F: Scalar> Transform<F> for Temperature {
    fn kind(&self) -> &'static str {
        "Temperature"
    }

    fn settings(&self) -> Option<Value> {
        Some(self.value().into())
    }

    fn output_shape(&self, shape: &[usize]) -> Result<Vec<usize>, String> {
        match shape {
            [classes] if *classes >= 2 => Ok(shape.to_vec()),
            _ => Err(format!(
                "it calibrates the probabilities [classes] of at least 2 classes, but gets {shape:?}"
            )),
        }
    }

    fn transform(&self, x: ArrayD<F>) -> Result<ArrayD<F>, Box<dyn Error + Send + Sync>> {
        Ok(calibrated(*self, x))
    }
}

instantiate! {
    fn calibrated<F: Scalar>(temperature: Temperature, probabilities: ArrayD<F>) -> ArrayD<F> {
        let logits = rows(probabilities).mapv_into(F::ln);
        temperature.probabilities(&logits).into_dyn()
    }
}
