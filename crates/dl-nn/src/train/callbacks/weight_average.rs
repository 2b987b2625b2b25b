//! The average of the weights over the steps.

use dl_core::Scalar;

use crate::error::ConfigError;
use crate::model::Weights;
use crate::train::callback::{Callback, FitContext, Flow, StepEnd};
use crate::train::history::History;
use crate::train::snapshot::{CallbackState, ResumeError};

/// Keeps an exponential moving average of the weights: w̄ ← d w̄ + (1 − d) w after each step, with
/// d = min(decay, (1 + t)/(10 + t)) at step t, counted from 0, so that the first weights are soon forgotten (Polyak and
/// Juditsky 1992; the warm-up is that of TensorFlow's `ExponentialMovingAverage`).
///
/// The average is what is validated, what the other callbacks see at the end of an epoch, and what the model holds at
/// the end of training; what is trained are the weights themselves. Running statistics of normalisations are averaged like
/// weights. Add it before [`EarlyStopping`](super::EarlyStopping), which then restores the best average.
///
/// ```
/// use dl_nn::ndarray::array;
/// use dl_nn::prelude::*;
/// use dl_nn::train::WeightAverage;
///
/// let (x, y) = (array![[0.0_f32], [1.0], [2.0]], array![[1.0_f32], [3.0], [5.0]]);
/// let model = Sequential::input([1]).push(Dense::new(1)).build(0)?;
/// let mut trainer = Trainer::new(model, MeanSquaredError::new(), Sgd::new(0.1))?;
/// trainer.fit(&x, &y, Fit::epochs(50).batch_size(1).callback(WeightAverage::new(0.99)))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct WeightAverage<F> {
    decay: f64,
    steps: u64,
    average: Option<Weights<F>>,
    /// The weights that are trained, while the model holds the average.
    trained: Option<Weights<F>>,
}

const KIND: &str = "weight_average";

impl<F: Scalar> WeightAverage<F> {
    /// An average with this decay, in (0, 1): 0.999 is over about the last thousand steps.
    pub fn new(decay: f64) -> Self {
        Self {
            decay,
            steps: 0,
            average: None,
            trained: None,
        }
    }
}

impl<F: Scalar> Callback<F> for WeightAverage<F> {
    fn validate(&self) -> Result<(), ConfigError> {
        let holds = self.decay > 0.0 && self.decay < 1.0;
        ConfigError::require(holds, "WeightAverage decay", self.decay, "in (0, 1)")
    }

    fn train_begin(&mut self, run: &mut FitContext<'_, F>) {
        self.steps = 0;
        self.average = Some(run.model.weights());
        self.trained = self.average.clone();
    }

    fn step_end(&mut self, _: &StepEnd, run: &mut FitContext<'_, F>) -> Flow {
        let (Some(average), Some(trained)) = (&mut self.average, &mut self.trained) else {
            return Flow::Continue;
        };
        let t = self.steps as f64;
        let kept = F::cast(self.decay.min((1.0 + t) / (10.0 + t)));
        run.model.store_weights(trained);
        for ((_, average), (_, weights)) in average.iter_mut().zip(trained.iter()) {
            average.zip_mut_with(&weights, |a, &w| *a = kept * *a + (F::one() - kept) * w);
        }
        self.steps += 1;
        Flow::Continue
    }

    fn validation_begin(&mut self, run: &mut FitContext<'_, F>) {
        if let (Some(average), Some(trained)) = (&self.average, &mut self.trained) {
            run.model.store_weights(trained);
            // of this model, unless another callback has replaced it, which ends training
            let _ = run.model.set_weights(average);
        }
    }

    fn validation_end(&mut self, run: &mut FitContext<'_, F>) {
        if let Some(trained) = &self.trained {
            let _ = run.model.set_weights(trained);
        }
    }

    fn state(&self) -> Option<CallbackState<F>> {
        Some(CallbackState {
            weights: self.average.clone(),
            ..CallbackState::new(KIND, &self.steps)
        })
    }

    fn set_state(&mut self, state: CallbackState<F>) -> Result<(), ResumeError> {
        self.steps = state.read(KIND)?;
        if let Some(average) = state.weights {
            self.average = Some(average);
        }
        Ok(())
    }

    fn train_end(&mut self, _: &History, run: &mut FitContext<'_, F>) {
        // weights that became NaN have ended training, and are in the average
        let finite = |average: &&Weights<F>| {
            let mut all = average.iter().flat_map(|(_, value)| value);
            all.all(|x| x.is_finite())
        };
        if let Some(average) = self.average.as_ref().filter(finite) {
            let _ = run.model.set_weights(average);
        }
    }
}
