//! What the doctor says.

use std::collections::HashSet;
use std::fmt;

use dl_core::text::shown;
use serde::{Deserialize, Serialize};

/// What was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub enum Check {
    /// Targets that the loss does not take, such as class numbers out of range.
    Targets,
    /// A class without samples.
    MissingClass,
    /// A class with many times the samples of another.
    ClassImbalance,
    /// Values to be predicted far from zero mean and unit deviation.
    TargetScale,
    /// NaN or infinite inputs.
    NonFiniteInput,
    /// Inputs far from zero mean and unit deviation.
    InputScale,
    /// Input columns that say nothing.
    ConstantInput,
    /// The loss before training, against that of a network that knows nothing.
    InitialLoss,
    /// Tanh or sigmoid units in their flat ends.
    Saturation,
    /// ReLU units that are 0 for every sample.
    DeadRelu,
    /// A gradient that fades on its way back.
    VanishingGradient,
    /// A gradient that grows on its way back.
    ExplodingGradient,
    /// A few samples that cannot be learned by heart.
    OneBatch,
    /// Weights that jump.
    LargeUpdate,
    /// Weights that hardly move.
    SmallUpdate,
    /// A loss that does not fall.
    LossNotFalling,
    /// A loss that rises.
    LossRising,
    /// A NaN or an infinity, and the layer where it first appears.
    NonFinite,
}

/// How bad it is.
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

/// One thing that is wrong: where, the number, the threshold, and what to try.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// What was looked at.
    pub check: Check,
    /// How bad it is.
    pub severity: Severity,
    /// The layer, parameter, input column or class.
    pub subject: String,
    /// What was measured.
    pub number: f64,
    /// What it should have kept to.
    pub threshold: f64,
    /// What was found, as a sentence with the number and the threshold.
    pub message: String,
    /// What to try.
    pub advice: String,
    /// When it was found during training; `None` before.
    pub at: Option<Moment>,
}

/// A step of a `fit`; both count from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moment {
    /// The epoch.
    pub epoch: usize,
    /// The step within the epoch.
    pub step: usize,
}

/// All findings, in the order in which they were made.
///
/// [`Display`](fmt::Display) lists them, the worst first.
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
    pub fn of(&self, check: Check) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(move |finding| finding.check == check)
    }

    /// The worst severity; `None` where nothing was found.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }

    /// Adds findings; what was found before about the same subject is not said again.
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

impl fmt::Display for Moment {
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
        // names of layers and columns are the user's
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
