//! Whether the network can overfit a single batch of a few samples: if not, something is broken that no amount of
//! data will fix (Karpathy 2019, "A Recipe for Training Neural Networks").

use dl_nn::losses::{Loss, mean_loss, mean_loss_part};
use dl_nn::optim::{Optimizer, StateError, parameters};
use dl_nn::{Batch, LossPart, Mode, Model, Scalar, Target, Workspace};
use ndarray::{ArrayD, Axis};

use super::{Check, Finding, Severity, Thresholds};
use crate::statistics::short;
use crate::xray::Targets;

/// A few samples, and what is needed to overfit them.
pub(super) struct OverfitOneBatch<'a, F> {
    pub(super) loss: &'a dyn Loss<F>,
    pub(super) x: &'a ArrayD<F>,
    pub(super) targets: &'a Targets<F>,
    pub(super) steps: usize,
    pub(super) seed: u64,
    /// The loss of outputs that are all zero.
    pub(super) zero: f64,
}

impl<F: Scalar> OverfitOneBatch<'_, F> {
    /// Trains the model on these samples only, and restores its weights.
    pub(super) fn check(
        &self,
        model: &mut Model<F>,
        optimizer: &Optimizer<F>,
        thresholds: &Thresholds,
    ) -> Option<Finding> {
        let weights = model.weights();
        let result = self.train(model, optimizer.clone(), thresholds.overfit_one_batch);
        let restored = model.set_weights(&weights);
        restored.expect("the weights are a copy of this model's");
        let (reached, goal) = result.expect("the parameters are this model's");
        let samples = self.targets.view().len();
        // `reached <= goal` is false for NaN, too
        if reached.lowest <= goal {
            return None;
        }
        let went = match reached.diverged {
            Some(step) => format!("became NaN or infinite in step {step}; at best it was"),
            None => format!("after {} steps is at best", self.steps),
        };
        Some(Finding {
            check: Check::OverfitOneBatch,
            severity: Severity::Error,
            subject: format!("{samples} samples"),
            number: reached.lowest,
            threshold: goal,
            message: format!(
                "trained on alone with {} at a learning rate of {}, their loss {went} {}, but should \
                 fall below {}",
                optimizer.name(),
                short(optimizer.learning_rate()),
                short(reached.lowest),
                short(goal)
            ),
            advice: "try learning rates 3, 10, 30 times higher and lower; remove dropout and \
                     penalties; look for equal inputs with different targets, dead or frozen \
                     layers, an activation after the last layer, and check custom layers \
                     with `dl_nn::gradient_check`"
                .to_owned(),
            at: None,
        })
    }

    /// Trains until the loss reaches its goal, a fraction of the initial loss or of that of zero outputs, whichever
    /// is larger.
    fn train(
        &self,
        model: &mut Model<F>,
        mut optimizer: Optimizer<F>,
        fraction: f64,
    ) -> Result<(Reached, f64), StateError> {
        optimizer.reset();
        let targets = self.targets.view();
        let mut workspace = Workspace::training(model, targets.len())?;
        let before = self.evaluate(model, &mut workspace, &targets);
        let goal = fraction * before.max(self.zero);
        let mut reached = Reached {
            lowest: before,
            diverged: None,
        };
        for step in 0..self.steps {
            let mode = Mode::Train {
                seed: self.seed.wrapping_add(step as u64),
            };
            let loss = workspace.train(
                model,
                Batch::from_array(self.x),
                mode,
                &|part, outputs, delta| LossPart {
                    loss: mean_loss_part(
                        self.loss,
                        outputs,
                        &targets,
                        part,
                        None,
                        targets.len() as f64,
                        delta,
                    ),
                    correct: 0,
                },
            );
            if !loss.loss.is_finite() {
                reached.diverged = Some(step + 1);
                return Ok((reached, goal));
            }
            reached.lowest = reached.lowest.min(loss.loss);
            if reached.lowest <= goal {
                return Ok((reached, goal));
            }
            let gradients = &mut parameters(model, workspace.grads());
            optimizer.step(gradients, 1.0)?;
            workspace.commit(model);
        }
        // with dropout, the training loss does not show what the network has learnt
        let after = self.evaluate(model, &mut workspace, &targets);
        reached.lowest = reached.lowest.min(after);
        Ok((reached, goal))
    }

    fn evaluate(
        &self,
        model: &Model<F>,
        workspace: &mut Workspace<F>,
        targets: &Target<'_, F>,
    ) -> f64 {
        let outputs = workspace.forward(model, Batch::from_array(self.x), Mode::Eval);
        let outputs = outputs.slice();
        let mut delta = vec![F::zero(); outputs.len()];
        let samples = 0..self.x.len_of(Axis(0));
        mean_loss(self.loss, outputs, targets, samples, None, &mut delta)
    }
}

/// How far the loss fell.
struct Reached {
    lowest: f64,
    /// The step whose loss was NaN or infinite, from 1.
    diverged: Option<usize>,
}
