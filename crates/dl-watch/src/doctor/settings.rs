//! What the doctor looks at, and how closely.

use super::Thresholds;

/// Looks for common problems in training.
///
/// ```
/// use dl_nn::ndarray::array;
/// use dl_nn::prelude::*;
/// use dl_watch::Doctor;
/// use dl_watch::doctor::Check;
///
/// let x = array![[0., 0.], [0., 1.], [1., 0.], [1., 1.]];
/// let model = Sequential::input([2])
///     .push(Dense::new(8).activation(Tanh))
///     .push(Dense::new(2))
///     .build(1)?;
/// let mut trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(0.05))?;
/// let diagnosis = Doctor::new().examine(&mut trainer, &x, &vec![0, 1, 1, 0])?;
/// assert!(diagnosis.is_healthy(), "{diagnosis}");
///
/// // classes counted from 1
/// let diagnosis = Doctor::new().examine(&mut trainer, &x, &vec![1, 2, 2, 1])?;
/// let finding = diagnosis.by_check(Check::Targets).next().ok_or("a finding")?;
/// assert_eq!((finding.number, finding.threshold), (2.0, 0.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Doctor {
    pub(super) thresholds: Thresholds,
    pub(super) seed: u64,
    pub(super) every: usize,
    pub(super) batch_samples: usize,
    pub(super) batch_steps: usize,
}

impl Default for Doctor {
    fn default() -> Self {
        Self::new()
    }
}

impl Doctor {
    /// The default [`Thresholds`], at most 1000 steps to overfit 8 samples, an examined step every 100 steps during
    /// training, seed 0.
    pub fn new() -> Self {
        Self {
            thresholds: Thresholds::default(),
            seed: 0,
            every: 100,
            batch_samples: 8,
            batch_steps: 1000,
        }
    }

    /// Sets the thresholds.
    pub fn thresholds(mut self, thresholds: Thresholds) -> Self {
        self.thresholds = thresholds;
        self
    }

    /// Sets the seed of dropout in the examined steps.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets how many samples are to be overfitted, and in at most how many steps; 0 of either disables this check. It
    /// stops as soon as the loss is low enough.
    pub fn overfit_one_batch(mut self, samples: usize, steps: usize) -> Self {
        self.batch_samples = samples;
        self.batch_steps = steps;
        self
    }

    /// During training, examines every `steps`-th step (at least 1), the first, and the last of each epoch.
    pub fn every(mut self, steps: usize) -> Self {
        self.every = steps;
        self
    }
}
