//! Histograms of values.

use super::proto::HistogramProto;

/// Number of buckets, the same as TensorBoard's default.
const BUCKETS: usize = 30;

/// The histogram of the finite values, in buckets of equal width from the smallest to the largest; a single bucket
/// if all are equal, and none if there are none.
pub(super) fn histogram(values: impl Iterator<Item = f64> + Clone) -> HistogramProto {
    let values = values.filter(|value| value.is_finite());
    let min = values.clone().fold(f64::INFINITY, f64::min);
    let max = values.clone().fold(f64::NEG_INFINITY, f64::max);
    if min > max {
        return HistogramProto::default();
    }
    let buckets = if min < max { BUCKETS } else { 1 };
    // a weighted mean of the ends, since their difference may overflow
    let limit = |i: usize| {
        let t = i as f64 / buckets as f64;
        min * (1.0 - t) + max * t
    };
    let mut histogram = HistogramProto {
        min,
        max,
        bucket_limit: (1..buckets).map(limit).chain([max]).collect(),
        bucket: vec![0.0; buckets],
        ..HistogramProto::default()
    };
    for value in values {
        // the largest value is in the last bucket, although not below its limit
        let below = histogram
            .bucket_limit
            .partition_point(|&limit| limit <= value);
        histogram.bucket[below.min(buckets - 1)] += 1.0;
        histogram.num += 1.0;
        histogram.sum += value;
        histogram.sum_squares += value * value;
    }
    histogram
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn counts_are_those_of_equal_buckets() {
        let numbers = (0..=60).map(f64::from);
        let histogram = histogram(numbers);
        assert_eq!(
            (histogram.min, histogram.max, histogram.num),
            (0.0, 60.0, 61.0)
        );
        assert_eq!(histogram.bucket_limit.len(), 30);
        assert_eq!(histogram.bucket[..29], [2.0; 29]);
        assert_eq!(histogram.bucket[29], 3.0);
        assert_eq!(histogram.sum, 1830.0);
        assert_eq!(histogram.sum_squares, 73_810.0);
    }

    #[test]
    fn equal_values_are_in_one_bucket_and_no_values_in_none() {
        let equal = histogram([2.5; 4].into_iter());
        assert_eq!((equal.bucket_limit, equal.bucket), (vec![2.5], vec![4.0]));
        let none = histogram([f64::NAN, f64::INFINITY].into_iter());
        assert_eq!(none, HistogramProto::default());
    }

    proptest! {
        #[test]
        fn every_finite_value_is_in_its_bucket(values in prop::collection::vec(any::<f64>(), 0..50)) {
            let histogram = histogram(values.iter().copied());
            let finite: Vec<f64> = values.into_iter().filter(|v| v.is_finite()).collect();
            prop_assert_eq!(histogram.num, finite.len() as f64);
            prop_assert!(histogram.bucket_limit.is_sorted());
            let mut low = f64::NEG_INFINITY;
            for (i, &limit) in histogram.bucket_limit.iter().enumerate() {
                let last = i + 1 == histogram.bucket.len();
                let within = |v: &&f64| **v >= low && (**v < limit || last);
                prop_assert_eq!(finite.iter().filter(within).count() as f64, histogram.bucket[i]);
                low = limit;
            }
        }
    }
}
