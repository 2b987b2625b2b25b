//! The results of a job's rounds, and their table.

use super::side::{Measure, Unit};

/// All measures of one job.
#[derive(Debug)]
pub(super) struct Results {
    pub(super) title: String,
    /// One row each.
    pub(super) units: &'static [Unit],
    /// Operations of one unit of work.
    pub(super) flops: Option<f64>,
    /// Ours, one per round.
    pub(super) ours: Vec<Measure>,
    /// Names of the peers, with their measures of the same rounds.
    pub(super) peers: Vec<(String, Vec<Measure>)>,
    /// The machine's operations per second, measured in the same rounds.
    pub(super) peaks: Vec<f64>,
    /// Lines of the table of scores, one per peer, if models are compared.
    pub(super) scores: Vec<String>,
}

impl Results {
    pub(super) fn rows(&self) -> Vec<String> {
        self.units.iter().map(|&unit| self.row(unit)).collect()
    }

    /// How many times better ours was, one per round.
    fn ratios(&self, unit: Unit, peer: &[Measure]) -> Vec<f64> {
        let pairs = self.ours.iter().zip(peer);
        pairs
            .map(|(ours, theirs)| {
                let (ours, theirs) = (ours.value(unit), theirs.value(unit));
                unit.ratio(ours, theirs)
            })
            .collect()
    }

    /// The fraction of the machine's peak that ours reached, the median of the rounds.
    fn share(&self) -> Option<f64> {
        let flops = self.flops?;
        let rates: Option<Vec<f64>> = self.ours.iter().map(|m| m.rate()).collect();
        let pairs = rates?.into_iter().zip(&self.peaks);
        Some(median(pairs.map(|(rate, peak)| rate * flops / peak)))
    }

    /// A line of the table; the best peer counts, the others are in brackets.
    fn row(&self, unit: Unit) -> String {
        let shown = |measures: &[Measure]| {
            let middle = median(measures.iter().map(|measure| measure.value(unit)));
            unit.show(middle)
        };
        let mut peers: Vec<(Vec<f64>, String)> = self
            .peers
            .iter()
            .map(|(name, measures)| {
                let text = format!("{name}: {}", shown(measures));
                (self.ratios(unit, measures), text)
            })
            .collect();
        let middle = |ratios: &[f64]| median(ratios.iter().copied());
        peers.sort_by(|a, b| middle(&a.0).total_cmp(&middle(&b.0)));
        let mut texts = peers.iter().map(|(_, text)| text.as_str());
        let mut peer = texts.next().unwrap_or("-").to_owned();
        let others: Vec<&str> = texts.collect();
        if !others.is_empty() {
            peer += &format!(" ({})", others.join("; "));
        }
        let ratio = peers.first().map(|(ratios, _)| show_ratios(ratios));
        let share = self.share().filter(|_| unit.has_share());
        let share = share.map(|share| format!("{:.0} %", 100.0 * share));
        format!(
            "| {}{} | {} | {peer} | {} | {} |",
            self.title,
            unit.suffix(),
            shown(&self.ours),
            ratio.as_deref().unwrap_or("-"),
            share.as_deref().unwrap_or("-"),
        )
    }
}

/// The median, and the range if there are several values: a wide one means that the machine was busy.
fn show_ratios(ratios: &[f64]) -> String {
    let middle = median(ratios.iter().copied());
    if ratios.len() < 2 {
        return format!("{middle:.2} ×");
    }
    let low = ratios.iter().copied().fold(f64::INFINITY, f64::min);
    let high = ratios.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    format!("{middle:.2} × ({low:.2} to {high:.2})")
}

/// The lines above the rows.
pub(super) fn header(rounds: usize) -> String {
    let rounds = if rounds == 1 {
        "1 round".into()
    } else {
        format!("{rounds} rounds")
    };
    format!(
        "| job | ours | peer | ratio, median of {rounds} (range) | share of measured peak |\n\
         |---|---|---|---|---|"
    )
}

/// The middle value, or the mean of the two in the middle; NaN of none.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(rates: &[f64]) -> Vec<Measure> {
        let work = |&amount| Measure::Work {
            seconds: 1.0,
            amount,
        };
        rates.iter().map(work).collect()
    }

    #[test]
    fn the_best_peer_counts_by_the_median_of_the_rounds_ratios() {
        // The machine slows down from round to round: ratios of medians would say 300 / 160.
        let mut results = Results {
            title: "job".into(),
            units: &[Unit::ImagesPerSecond],
            flops: Some(2.0),
            ours: rates(&[900.0, 300.0, 200.0]),
            peers: vec![
                ("slow".into(), rates(&[90.0, 30.0, 20.0])),
                ("fast".into(), rates(&[600.0, 160.0, 100.0])),
            ],
            peaks: vec![3600.0, 1200.0, 400.0],
            scores: Vec::new(),
        };
        assert_eq!(
            results.rows().concat(),
            "| job | 300 images/s | fast: 160 images/s (slow: 30.0 images/s) | 1.88 × (1.50 to 2.00) | 50 % |"
        );
        results.units = &[Unit::Milliseconds];
        results.flops = None;
        results.peers.remove(0);
        assert_eq!(
            results.rows().concat(),
            "| job | 3.33 ms | fast: 6.25 ms | 1.88 × (1.50 to 2.00) | - |"
        );
        results.peers[0].1.truncate(1);
        assert_eq!(
            results.rows().concat(),
            "| job | 3.33 ms | fast: 1.67 ms | 1.50 × | - |"
        );
        results.peers.clear();
        assert_eq!(results.rows(), ["| job | 3.33 ms | - | - | - |"]);
    }

    #[test]
    fn latencies_have_a_row_each_and_may_have_another_best_peer() {
        let latency = |p50, p99| vec![Measure::Latency { p50, p99 }];
        let results = Results {
            title: "job".into(),
            units: &[Unit::MedianLatency, Unit::TailLatency],
            flops: Some(1e3),
            ours: latency(1e-5, 2e-5),
            peers: vec![
                ("even".into(), latency(3e-5, 3e-5)),
                ("jumpy".into(), latency(2e-5, 8e-5)),
            ],
            peaks: vec![2e8],
            scores: Vec::new(),
        };
        assert_eq!(
            results.rows(),
            [
                "| job, p50 | 10.0 µs | jumpy: 20.0 µs (even: 30.0 µs) | 2.00 × | 50 % |",
                "| job, p99 | 20.0 µs | even: 30.0 µs (jumpy: 80.0 µs) | 1.50 × | - |",
            ]
        );
    }

    #[test]
    fn medians() {
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 3.0].into_iter()), 2.5);
        assert!(median(std::iter::empty()).is_nan());
    }
}
