//! Scores of models trained with several seeds on several folds, and their table.

/// The scores of a side by the number of the seed, a score for each fold.
#[derive(Debug)]
pub(super) struct Scores(Vec<Vec<f64>>);

impl Scores {
    pub(super) fn new(scores: &[Vec<f64>]) -> Self {
        Self(scores.to_vec())
    }

    fn seeds(&self) -> Moments {
        Moments::new(self.0.iter().map(|folds| mean(folds)))
    }

    fn folds(&self) -> Moments {
        let folds = self.0.first().map_or(0, Vec::len);
        Moments::new((0..folds).map(|fold| {
            let seeds: Vec<f64> = self.0.iter().map(|folds| folds[fold]).collect();
            mean(&seeds)
        }))
    }
}

/// A mean and its standard error s/√n.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Moments {
    mean: f64,
    error: f64,
}

impl Moments {
    fn new(values: impl Iterator<Item = f64>) -> Self {
        let values: Vec<f64> = values.collect();
        let (n, mean) = (values.len() as f64, mean(&values));
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let error = (squares / (n - 1.0) / n).sqrt();
        Self { mean, error }
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The lines above the rows.
pub(super) const HEADER: &str = "\
| job | score: ours | peer | difference | in standard errors of the seeds | of the folds |\n\
|---|---|---|---|---|---|";

/// A line of the table. The standard errors behind ± tell how far another set of seeds may be. The difference is compared with
/// its own over the seeds, and with the peer's over the folds, which tells how far another set of rows may be.
pub(super) fn row(title: &str, ours: &Scores, name: &str, peer: &Scores) -> String {
    let (a, b) = (ours.seeds(), peer.seeds());
    let difference = a.mean - b.mean;
    let errors = |error: f64| {
        // no spread and no difference: not 0/0
        let errors = if difference == 0.0 {
            0.0
        } else {
            difference.abs() / error
        };
        format!("{errors:.2}")
    };
    format!(
        "| {title} | {:.4} ± {:.4} | {name}: {:.4} ± {:.4} | {difference:+.4} | {} | {} |",
        a.mean,
        a.error,
        b.mean,
        b.error,
        errors(a.error.hypot(b.error)),
        errors(peer.folds().error),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_in_standard_errors_of_seeds_and_of_folds() {
        // seeds: 0.8 and 0.9, so 0.85 ± 0.05; 0.6, 0.7 and 0.8, so 0.7 ± 0.0577
        let ours = Scores::new(&[vec![0.7, 0.9], vec![0.8, 1.0]]);
        let peer = Scores::new(&[vec![0.4, 0.8], vec![0.5, 0.9], vec![0.6, 1.0]]);
        // folds of the peer: 0.5 and 0.9, so 0.7 ± 0.2
        assert_eq!(
            row("job", &ours, "peer", &peer),
            "| job | 0.8500 ± 0.0500 | peer: 0.7000 ± 0.0577 | +0.1500 | 1.96 | 0.75 |"
        );
    }

    #[test]
    fn equal_scores_without_spread_do_not_differ() {
        let scores = Scores::new(&[vec![1.0, 1.0], vec![1.0, 1.0]]);
        assert_eq!(
            row("job", &scores, "peer", &scores),
            "| job | 1.0000 ± 0.0000 | peer: 1.0000 ± 0.0000 | +0.0000 | 0.00 | 0.00 |"
        );
        let better = Scores::new(&[vec![1.0, 1.0], vec![1.0, 1.0]]);
        let worse = Scores::new(&[vec![0.5, 0.5], vec![0.5, 0.5]]);
        assert!(row("job", &better, "peer", &worse).ends_with("| +0.5000 | inf | inf |"));
    }
}
