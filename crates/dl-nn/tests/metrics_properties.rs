//! Identities the measures must satisfy on any input.

use dl_nn::metrics::{
    Average, CalibrationCurve, ConfusionMatrix, accuracy, argmax, average_precision, brier_score,
    log_loss, macro_roc_auc, mean_absolute_error, mean_squared_error, r2_score, roc_auc,
    root_mean_squared_error, top_k, top_k_accuracy,
};
use dl_nn::ndarray::{Array1, Array2, Axis};
use proptest::prelude::*;

const CLASSES: usize = 4;

/// One sample: true class, scores of the classes (of few values, so that many tie), a real number
/// and its prediction.
type Sample = (usize, [u8; CLASSES], f64, f64);

fn samples() -> impl Strategy<Value = Vec<Sample>> {
    let sample = (
        0..CLASSES,
        prop::array::uniform4(0u8..6),
        -5.0..5.0,
        -5.0..5.0,
    );
    prop::collection::vec(sample, 2..40)
}

/// Samples of every class, and the same in another order.
fn shuffled() -> impl Strategy<Value = (Vec<Sample>, Vec<Sample>)> {
    samples().prop_flat_map(|mut samples| {
        let of_each = (0..CLASSES).map(|class| (class, [1, 2, 3, 4], class as f64, 0.5));
        samples.extend(of_each);
        (Just(samples.clone()), Just(samples).prop_shuffle())
    })
}

fn classes(samples: &[Sample]) -> Array1<usize> {
    samples.iter().map(|sample| sample.0).collect()
}

fn scores(samples: &[Sample]) -> Array2<f64> {
    Array2::from_shape_fn((samples.len(), CLASSES), |(row, class)| {
        f64::from(samples[row].1[class])
    })
}

fn probabilities(samples: &[Sample]) -> Array2<f64> {
    let positive = scores(samples) + 1.0;
    let sums = positive.sum_axis(Axis(1)).insert_axis(Axis(1));
    positive / sums
}

fn is_class_0(samples: &[Sample]) -> Array1<bool> {
    classes(samples).mapv(|class| class == 0)
}

/// The area under the ROC curve by its meaning: over all pairs.
fn share_of_pairs_in_order(truth: &Array1<bool>, scores: &Array1<f64>) -> f64 {
    let (mut in_order, mut pairs) = (0.0, 0.0);
    for (i, _) in truth.indexed_iter().filter(|(_, positive)| **positive) {
        for (j, _) in truth.indexed_iter().filter(|(_, positive)| !**positive) {
            pairs += 1.0;
            if scores[i] > scores[j] {
                in_order += 1.0;
            } else if scores[i] == scores[j] {
                in_order += 0.5;
            }
        }
    }
    in_order / pairs
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-12 * (1.0 + b.abs())
}

proptest! {
    #[test]
    fn auc_is_the_share_of_pairs_in_order(mut samples in samples()) {
        (samples[0].0, samples[1].0) = (0, 1);
        let (truth, scores) = (is_class_0(&samples), scores(&samples).column(0).to_owned());
        let auc = roc_auc(&truth, &scores).unwrap().value;
        prop_assert!(close(auc, share_of_pairs_in_order(&truth, &scores)));
        let reversed = roc_auc(&truth, &-scores).unwrap().value;
        prop_assert!(close(auc + reversed, 1.0));
    }

    #[test]
    fn confusion_matrix_adds_up(samples in samples()) {
        let (truth, predicted) = (classes(&samples), argmax(&scores(&samples)).unwrap());
        let matrix = ConfusionMatrix::new(&truth, &predicted, CLASSES).unwrap();
        prop_assert_eq!(matrix.counts().sum(), samples.len());
        for class in 0..CLASSES {
            let support = truth.iter().filter(|&&label| label == class).count();
            prop_assert_eq!(matrix.support()[class], support);
            let (p, r) = (matrix.precision()[class].value, matrix.recall()[class].value);
            let harmonic = if p + r > 0.0 { 2.0 * p * r / (p + r) } else { 0.0 };
            prop_assert!(close(matrix.f1()[class], harmonic));
        }
        let accuracy = accuracy(&truth, &predicted).unwrap();
        prop_assert_eq!(matrix.accuracy(), accuracy);
        prop_assert_eq!(matrix.average(Average::Micro).f1, accuracy.value);
        // Weighting recalls by support gives back the accuracy.
        prop_assert!(close(matrix.average(Average::Weighted).recall, accuracy.value));
    }

    #[test]
    fn intervals_hold_their_value_and_widen_with_the_level(mut samples in samples()) {
        (samples[0].0, samples[1].0) = (0, 1);
        let (truth, scores) = (classes(&samples), scores(&samples));
        let y: Array1<f64> = samples.iter().map(|s| s.2).collect();
        let predicted: Array1<f64> = samples.iter().map(|s| s.3).collect();
        let bounded = [
            top_k_accuracy(&truth, &scores, 2),
            roc_auc(&is_class_0(&samples), &scores.column(0)),
        ];
        let not_negative = [
            mean_squared_error(&y, &predicted),
            root_mean_squared_error(&y, &predicted),
            log_loss(&truth, &probabilities(&samples)),
        ];
        let limits = bounded
            .map(|estimate| (estimate, 1.0))
            .into_iter()
            .chain(not_negative.map(|estimate| (estimate, f64::INFINITY)));
        for (estimate, limit) in limits {
            let estimate = estimate.unwrap();
            let mut inner = (estimate.value, estimate.value);
            for level in [0.5, 0.9, 0.95, 0.999] {
                let interval = estimate.interval(level).unwrap();
                prop_assert!(0.0 <= interval.lower && interval.upper <= limit);
                prop_assert!(interval.lower <= inner.0 && inner.1 <= interval.upper);
                inner = (interval.lower, interval.upper);
            }
        }
    }

    #[test]
    fn order_of_the_samples_is_irrelevant((samples, other) in shuffled()) {
        let measures = |samples: &[Sample]| {
            let (truth, scores) = (classes(samples), scores(samples));
            let y: Array1<f64> = samples.iter().map(|s| s.2).collect();
            let predicted: Array1<f64> = samples.iter().map(|s| s.3).collect();
            let probabilities = probabilities(samples);
            let positive = is_class_0(samples);
            let calibration = CalibrationCurve::new(&positive, &probabilities.column(0), 7);
            [
                accuracy(&truth, &argmax(&scores).unwrap()).unwrap().value,
                top_k_accuracy(&truth, &scores, 2).unwrap().value,
                roc_auc(&positive, &scores.column(0)).unwrap().value,
                average_precision(&positive, &scores.column(0)).unwrap(),
                macro_roc_auc(&truth, &probabilities).unwrap(),
                log_loss(&truth, &probabilities).unwrap().value,
                brier_score(&truth, &probabilities).unwrap().value,
                calibration.unwrap().expected_error(),
                mean_absolute_error(&y, &predicted).unwrap().value,
                mean_squared_error(&y, &predicted).unwrap().interval(0.9).unwrap().upper,
                r2_score(&y, &predicted).unwrap(),
            ]
        };
        for (a, b) in measures(&samples).into_iter().zip(measures(&other)) {
            prop_assert!(close(a, b));
        }
    }

    #[test]
    fn top_k_ranks_every_class_once(samples in samples()) {
        let scores = scores(&samples);
        let ranked = top_k(&scores, CLASSES).unwrap();
        prop_assert_eq!(ranked.column(0).to_owned(), argmax(&scores).unwrap());
        for (row, ranked) in ranked.rows().into_iter().enumerate() {
            let in_order = |pair: &[usize]| {
                let (better, worse) = (scores[[row, pair[0]]], scores[[row, pair[1]]]);
                better > worse || better == worse && pair[0] < pair[1]
            };
            prop_assert!(ranked.to_vec().windows(2).all(in_order));
        }
        let all = top_k_accuracy(&classes(&samples), &scores, CLASSES).unwrap();
        prop_assert_eq!(all.value, 1.0);
    }
}
