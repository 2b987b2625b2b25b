//! The sides that are measured: ours, and each of its peers.

use std::error::Error;

use serde::Deserialize;

/// The measure of one run of a job.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(untagged)]
pub(super) enum Measure {
    /// Units of work, and seconds.
    Work { seconds: f64, amount: f64 },
    /// The median and the 99th percentile of the seconds of many calls.
    Latency { p50: f64, p99: f64 },
    /// The peak resident size of a whole process.
    Memory { mebibytes: f64 },
}

/// The unit in which a job is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    ImagesPerSecond,
    /// For one unit of work.
    Milliseconds,
    /// Per call, the median.
    MedianLatency,
    /// Per call, the 99th percentile.
    TailLatency,
    Mebibytes,
}

/// Something that does a job.
pub(super) trait Side {
    /// Its name in the table.
    fn name(&self) -> String;

    /// Runs the job once more; the warm-up is not measured.
    fn measure(&mut self) -> Result<Measure, Box<dyn Error>>;

    /// The scores of the models trained so far, one list for each seed, if models are compared as well as speed.
    fn scores(&self) -> &[Vec<f64>] {
        &[]
    }
}

impl Measure {
    /// The measure as a number: more is better for rates, less for the other units.
    pub(super) fn value(self, unit: Unit) -> f64 {
        match (self, unit) {
            (Self::Work { seconds, amount }, Unit::Milliseconds) => 1e3 * seconds / amount,
            (Self::Work { seconds, amount }, _) => amount / seconds,
            (Self::Latency { p99, .. }, Unit::TailLatency) => 1e6 * p99,
            (Self::Latency { p50, .. }, _) => 1e6 * p50,
            (Self::Memory { mebibytes }, _) => mebibytes,
        }
    }

    /// Units of work per second.
    pub(super) fn rate(self) -> Option<f64> {
        match self {
            Self::Work { seconds, amount } => Some(amount / seconds),
            Self::Latency { p50, .. } => Some(1.0 / p50),
            Self::Memory { .. } => None,
        }
    }
}

impl Unit {
    /// How many times better `ours` is.
    pub(super) fn ratio(self, ours: f64, theirs: f64) -> f64 {
        match self {
            Self::ImagesPerSecond => ours / theirs,
            Self::Milliseconds | Self::MedianLatency | Self::TailLatency | Self::Mebibytes => {
                theirs / ours
            }
        }
    }

    /// `5 900 images/s`
    pub(super) fn show(self, value: f64) -> String {
        match self {
            Self::ImagesPerSecond if value < 100.0 => format!("{value:.1} images/s"),
            Self::ImagesPerSecond => format!("{} images/s", thousands(value)),
            Self::Milliseconds => format!("{value:.2} ms"),
            Self::MedianLatency | Self::TailLatency => format!("{value:.1} µs"),
            Self::Mebibytes => format!("{value:.0} MiB"),
        }
    }

    /// Its description in a row's title.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            Self::MedianLatency => ", p50",
            Self::TailLatency => ", p99",
            Self::ImagesPerSecond | Self::Milliseconds | Self::Mebibytes => "",
        }
    }

    /// Whether a fraction of the machine's peak is meaningful.
    pub(super) fn has_share(self) -> bool {
        self != Self::TailLatency
    }
}

/// A rounded number with a space before each group of three digits.
fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| str::from_utf8(group).expect("digits"))
        .collect();
    groups.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_are_shown_and_compared_in_their_unit() {
        let work = Measure::Work {
            seconds: 0.5,
            amount: 6400.0,
        };
        assert_eq!(work.value(Unit::ImagesPerSecond), 12_800.0);
        assert_eq!(work.rate(), Some(12_800.0));
        assert_eq!(Unit::ImagesPerSecond.ratio(300.0, 200.0), 1.5);
        assert_eq!(
            Unit::ImagesPerSecond.show(1_012_800.4),
            "1 012 800 images/s"
        );
        assert_eq!(Unit::ImagesPerSecond.show(999.6), "1 000 images/s");
        assert_eq!(Unit::ImagesPerSecond.show(14.74), "14.7 images/s");
        let fits = Measure::Work {
            seconds: 0.5,
            amount: 20.0,
        };
        assert_eq!(fits.value(Unit::Milliseconds), 25.0);
        assert_eq!(Unit::Milliseconds.ratio(25.0, 100.0), 4.0);
        assert_eq!(Unit::Milliseconds.show(25.0), "25.00 ms");
        let calls = r#"{"p50": 0.25, "p99": 0.5}"#;
        let calls: Measure = serde_json::from_str(calls).expect("latency");
        assert_eq!(calls.value(Unit::MedianLatency), 250_000.0);
        assert_eq!(calls.value(Unit::TailLatency), 500_000.0);
        assert_eq!(calls.rate(), Some(4.0));
        assert_eq!(Unit::TailLatency.ratio(50.0, 100.0), 2.0);
        assert_eq!(Unit::MedianLatency.show(40.04), "40.0 µs");
        let memory: Measure = serde_json::from_str(r#"{"mebibytes": 970.5}"#).expect("memory");
        assert_eq!(memory.value(Unit::Mebibytes), 970.5);
        assert_eq!(memory.rate(), None);
    }
}
