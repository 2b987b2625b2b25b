//! The doctor's findings.

use std::collections::HashSet;
use std::fmt;

use dl_core::text::shown;
use serde::{Deserialize, Serialize};

/// What was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub enum Check {
    /// Targets that the loss does not accept, such as class indices out of range.
    Targets,
    /// A class without samples.
    MissingClass,
    /// A class with many times more samples than another.
    ClassImbalance,
    /// Target values far from zero mean and unit standard deviation.
    TargetScale,
    /// NaN or infinite inputs.
    NonFiniteInput,
    /// Inputs far from zero mean and unit standard deviation.
    InputScale,
    /// Constant input columns.
    ConstantInput,
    /// The loss before training, compared with that of a network with zero outputs.
    InitialLoss,
    /// Saturated tanh or sigmoid units.
    Saturation,
    /// ReLU units that are 0 for every sample.
    DeadRelu,
    /// A gradient that vanishes in the backward pass.
    VanishingGradient,
    /// A gradient that explodes in the backward pass.
    ExplodingGradient,
    /// A few samples that cannot be overfitted.
    OverfitOneBatch,
    /// A learning rate far from those at which the loss falls.
    LearningRate,
    /// Weights that change too much in a step.
    LargeUpdate,
    /// Weights that hardly change.
    SmallUpdate,
    /// A loss that does not fall.
    LossNotFalling,
    /// A loss that rises.
    LossRising,
    /// A NaN or an infinity, and the layer where it first appears.
    NonFinite,
}

/// The severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Severity {
    /// Worth knowing; often intended.
    Note,
    /// Training is likely to be slow or to end badly.
    Warning,
    /// Training cannot work.
    Error,
}

/// A problem: where it is, the measured value, the threshold, and what to try.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// What was checked.
    pub check: Check,
    /// The severity.
    pub severity: Severity,
    /// The layer, parameter, input column or class.
    pub subject: String,
    /// The measured value.
    pub number: f64,
    /// The threshold it exceeds.
    pub threshold: f64,
    /// The problem, as a sentence with the value and the threshold.
    pub message: String,
    /// What to try.
    pub advice: String,
    /// When it was found during training; `None` before.
    pub at: Option<StepId>,
}

/// Identifies a step of `fit`; epoch and step count from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepId {
    /// The epoch.
    pub epoch: usize,
    /// The step within the epoch.
    pub step: usize,
}

/// All findings, in the order in which they were found.
///
/// [`Display`](fmt::Display) lists them, most severe first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Diagnosis {
    /// The findings.
    pub findings: Vec<Finding>,
}

impl Diagnosis {
    /// Whether nothing was found.
    pub fn is_healthy(&self) -> bool {
        self.findings.is_empty()
    }

    /// The findings of one check.
    pub fn by_check(&self, check: Check) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(move |finding| finding.check == check)
    }

    /// The highest severity; `None` if nothing was found.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }

    /// Adds findings, except those of a check that already has one about the same subject.
    pub(crate) fn add(&mut self, findings: impl IntoIterator<Item = Finding>) {
        let about = |finding: &Finding| (finding.check, finding.subject.clone());
        let mut known: HashSet<_> = self.findings.iter().map(about).collect();
        let new = |finding: &Finding| known.insert(about(finding));
        self.findings.extend(findings.into_iter().filter(new));
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        })
    }
}

impl fmt::Display for StepId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [epoch, step] = [self.epoch, self.step].map(|count| count.saturating_add(1));
        write!(out, "epoch {epoch}, step {step}")
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            severity,
            subject,
            message,
            advice,
            ..
        } = self;
        // layer and column names come from the user
        let [subject, message, advice] = [subject, message, advice].map(|text| shown(text));
        write!(out, "{severity}: {subject}: {message}")?;
        if let Some(moment) = self.at {
            write!(out, " ({moment})")?;
        }
        write!(out, "\n  try: {advice}")
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_healthy() {
            return out.write_str("nothing found");
        }
        let mut findings: Vec<&Finding> = self.findings.iter().collect();
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        let lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
        out.write_str(&lines.join("\n"))
    }
}
