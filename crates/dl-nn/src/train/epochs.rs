//! The loop over epochs and steps.

use std::time::Instant;

use dl_core::{Mode, Scalar};

use super::callback::{Callback, FitContext, Flow, StepEnd};
use super::check::require_targets;
use super::error::TrainError;
use super::evaluate::{Evaluation, evaluate_samples};
use super::history::Epoch;
use super::metric::{Metric, MetricValue};
use super::session::{HeldOut, Session};
use super::snapshot::{CheckpointPoint, FitState, Snapshot};
use super::trainer::{Outcome, Trainer};
use crate::model::Weights;
use crate::target::Target;
use dl_core::random::derive_seed;

impl<F: Scalar> Trainer<F> {
    /// Runs the remaining epochs until a callback or an error stops them; `last_finite` are the weights
    /// after the last completed epoch.
    pub(super) fn run_epochs(
        &mut self,
        session: &mut Session<'_, '_, F>,
        last_finite: &mut Weights<F>,
    ) -> Result<(), TrainError> {
        self.require_same_model(session)?;
        while session.state.epoch < session.state.plan.epochs && self.history.stopped.is_none() {
            let (start, epoch) = (Instant::now(), session.state.epoch);
            let learning_rate = self.run_epoch(session, last_finite, start)?;
            if let Some(parameter) = self.model.first_non_finite() {
                return Err(TrainError::NonFiniteWeights {
                    parameter: parameter.to_owned(),
                    epoch: epoch + 1,
                    learning_rate,
                });
            }
            if self.history.stopped.is_some() {
                break;
            }
            self.notify(session, |callback, run| callback.validation_begin(run));
            let measured = self.validate(session);
            let measured = measured.map(|(validation, metrics)| Epoch {
                epoch,
                train: session.state.running.evaluation(),
                validation,
                metrics,
                learning_rate,
                seconds: session.state.seconds + start.elapsed().as_secs_f64(),
            });
            if let Ok(record) = &measured {
                self.should_stop(session, |callback, run| callback.epoch_end(record, run));
            }
            self.notify(session, |callback, run| callback.validation_end(run));
            let record = measured?;
            self.require_same_model(session)?;
            self.model.store_weights(last_finite);
            self.history.epochs.push(record);
            session.state.next_epoch(self.steps);
            self.checkpoint(session, None, start)?;
        }
        Ok(())
    }

    /// Runs the remaining steps of an epoch until a callback stops them; returns the last learning rate.
    fn run_epoch(
        &mut self,
        session: &mut Session<'_, '_, F>,
        last_finite: &Weights<F>,
        start: Instant,
    ) -> Result<f64, TrainError> {
        let seed = derive_seed(self.seed, session.state.epoch_began);
        let mut order = std::mem::take(&mut session.samples);
        if session.shuffle {
            // from the order of the data, so that each epoch's order is independent of the others
            order.sort_unstable();
            session.reader.source().shuffle(&mut order, seed);
        }
        session.reader.restart();
        let (epoch, done) = (session.state.epoch, session.state.step);
        let batches = order.chunks(session.state.plan.batch_size).enumerate();
        let mut batches = batches.skip(done).peekable();
        let width = self.model.output_shape().iter().product();
        let mut learning_rate = 0.0;
        while let Some((step, samples)) = batches.next() {
            let factor = self.notify(session, |callback, run| {
                callback.step_begin(epoch, step, run);
            });
            self.require_same_model(session)?;
            learning_rate = self.optimizer.learning_rate() * factor;
            let next = batches.peek().map(|&(_, samples)| samples);
            let mode = Mode::Train { seed };
            let outcome = session.reader.with_batch(samples, next, mode, |batch| {
                require_targets(&*self.loss, width, &batch.targets, samples)?;
                self.step_batch(batch, session.micro_batch_size, factor)
            })??;
            let Outcome {
                loss,
                weight,
                correct,
            } = outcome.finite(epoch + 1, step + 1, learning_rate)?;
            let running = &mut session.state.running;
            running.add(loss, weight, correct, samples.len());
            session.state.step = step + 1;
            let end = StepEnd {
                epoch,
                step,
                loss,
                learning_rate,
            };
            let stop = self.should_stop(session, |callback, run| callback.step_end(&end, run));
            self.require_same_model(session)?;
            if stop {
                break;
            }
            // after the last step, the epoch is completed first
            if step + 1 < session.state.plan.steps_per_epoch {
                self.checkpoint(session, Some(last_finite), start)?;
            }
        }
        session.samples = order;
        Ok(learning_rate)
    }

    /// Passes a snapshot to the checkpointer if it wants one or training is interrupted. `last_finite`
    /// are the weights after the last epoch, if they differ from the model's; the current epoch was
    /// started or resumed at `start`.
    ///
    /// # Errors
    /// An error of the checkpointer, or the interruption of training that is not complete.
    fn checkpoint(
        &self,
        session: &mut Session<'_, '_, F>,
        last_finite: Option<&Weights<F>>,
        start: Instant,
    ) -> Result<(), TrainError> {
        let FitState { epoch, step, .. } = session.state;
        let last = epoch == session.state.plan.epochs || self.history.stopped.is_some();
        let interrupted = !last && session.is_interrupted();
        let end = match interrupted {
            true => Err(TrainError::Interrupted { epoch, step }),
            false => Ok(()),
        };
        let Some(checkpointer) = &mut session.checkpointer else {
            return end;
        };
        // called even if training is interrupted
        let wanted = checkpointer.wants(CheckpointPoint { epoch, step, last });
        if !wanted && !interrupted {
            return end;
        }
        let callbacks = session.callbacks.iter();
        let begun = if step > 0 {
            start.elapsed().as_secs_f64()
        } else {
            0.0
        };
        let fit = FitState {
            last_good: last_finite.cloned(),
            history: self.history.clone(),
            callbacks: callbacks.filter_map(|callback| callback.state()).collect(),
            seconds: session.state.seconds + begun,
            ..session.state.clone()
        };
        let trainer = self.state();
        let result = checkpointer.save(Snapshot { trainer, fit });
        result.map_err(|why| TrainError::Checkpoint {
            epoch,
            step,
            why: why.to_string(),
        })?;
        end
    }

    /// Evaluates on the validation samples, if there are any, and takes the metrics.
    fn validate(
        &self,
        session: &mut Session<'_, '_, F>,
    ) -> Result<(Option<Evaluation>, Vec<MetricValue>), TrainError> {
        let predictions = &mut session.predictions;
        predictions.clear();
        let held_out = session.validation.as_mut();
        let Some(held_out) = held_out.or(session.measured.as_mut()) else {
            return Ok((None, Vec::new()));
        };
        let HeldOut {
            reader,
            samples,
            workspace,
        } = held_out;
        let keep = !session.metrics.is_empty();
        let each = |outputs: &[F], targets: &Target<'_, F>| {
            if keep {
                predictions.push(outputs, targets);
            }
        };
        let (model, loss) = (&self.model, &*self.loss);
        let evaluation = evaluate_samples(model, loss, workspace, reader, samples, each);
        let evaluation = evaluation.map_err(TrainError::Validation)?;
        let width = model.output_shape().last().copied().unwrap_or(1);
        loss.inverse_link().forward(&mut predictions.outputs, width);
        let epoch = session.state.epoch + 1;
        let value = |metric: &Metric<'_, F>| {
            let value = metric.value(predictions);
            value.map_err(|why| TrainError::Metric {
                name: metric.name.clone(),
                epoch,
                why,
            })
        };
        let metrics = session.metrics.iter().map(value);
        let metrics = metrics.collect::<Result<_, _>>()?;
        Ok((session.validation.is_some().then_some(evaluation), metrics))
    }

    /// Checks that no callback has replaced the model, for which no buffers would be planned.
    fn require_same_model(&self, session: &Session<'_, '_, F>) -> Result<(), TrainError> {
        if self.workspace.fits(&self.model) {
            return Ok(());
        }
        let epoch = session.state.epoch + 1;
        Err(TrainError::ModelReplaced { epoch })
    }

    /// Calls every callback in order; returns the product of their learning-rate factors.
    pub(super) fn notify(
        &mut self,
        session: &mut Session<'_, '_, F>,
        mut call: impl FnMut(&mut dyn Callback<F>, &mut FitContext<'_, F>),
    ) -> f64 {
        let mut run = FitContext {
            model: &mut self.model,
            learning_rate_factor: 1.0,
            plan: session.state.plan,
            resumed_at: session.resumed_at,
            grads: self.workspace.grads(),
        };
        for callback in &mut session.callbacks {
            call(&mut **callback, &mut run);
        }
        run.learning_rate_factor
    }

    /// Calls every callback in order; returns whether one stops training, and records the first reason.
    fn should_stop(
        &mut self,
        session: &mut Session<'_, '_, F>,
        mut call: impl FnMut(&mut dyn Callback<F>, &mut FitContext<'_, F>) -> Flow,
    ) -> bool {
        let mut reason = None;
        self.notify(session, |callback, run| {
            if let Flow::Stop(why) = call(callback, run) {
                reason.get_or_insert(why);
            }
        });
        self.history.stopped = reason;
        self.history.stopped.is_some()
    }
}
