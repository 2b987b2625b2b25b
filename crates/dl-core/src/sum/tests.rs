use proptest::prelude::*;

use super::*;
use crate::Scalar;
use crate::random::generator;

fn numbers(count: usize, seed: u64) -> Vec<f32> {
    let mut generator = generator(seed);
    (0..count)
        .map(|_| f32::uniform(&mut generator) - 0.25)
        .collect()
}

proptest! {
    #[test]
    fn every_length_is_summed(count in 0..10_000_usize, seed: u64) {
        // small whole numbers, so that sums are exact in any order
        let x: Vec<f32> = numbers(count, seed).iter().map(|x| (x * 100.0).round()).collect();
        let exact: f64 = x.iter().map(|&x| f64::from(x)).sum();
        prop_assert_eq!(sum(&x), exact);
        prop_assert_eq!(sum_terms(x.iter().copied()), exact as f32);
        let squares: f64 = x.iter().map(|&x| f64::from(x * x)).sum();
        prop_assert_eq!(sum_of_pairs(&x, &x, |x, y| f64::from(x) * f64::from(y)), squares);
        for columns in [1, 2, 3, 10, 16, 17, 64, 65, 130] {
            let mut sums = vec![f32::NAN; columns];
            column_sums(&x[..count - count % columns], &mut sums);
            for (j, &found) in sums.iter().enumerate() {
                let rows = x.chunks_exact(columns);
                let exact: f64 = rows.map(|row| f64::from(row[j])).sum();
                prop_assert_eq!(f64::from(found), exact);
            }
        }
    }
}

#[test]
fn a_million_terms_lose_no_digit() {
    let x = numbers(1 << 20, 1);
    let exact: f64 = {
        // by pairs, so that this sum is no running one either
        let mut x: Vec<f64> = x.iter().map(|&x| f64::from(x)).collect();
        while x.len() > 1 {
            x = x.chunks(2).map(|pair| pair.iter().sum()).collect();
        }
        x[0]
    };
    assert!((sum(&x) / exact - 1.0).abs() <= 1e-14);
    assert!((sum_terms(x.iter().copied()) - exact as f32).abs() <= f32::EPSILON * exact as f32);
    let mut sums = [0.0_f32; 4];
    column_sums(&x, &mut sums);
    for (j, found) in sums.into_iter().enumerate() {
        let exact = sum_terms(x.chunks_exact(4).map(|row| f64::from(row[j])));
        assert!((f64::from(found) / exact - 1.0).abs() <= 2e-7, "column {j}");
    }
}

#[test]
fn sums_of_double_precision_are_blocked() {
    let x = vec![0.1_f64; 1 << 20];
    let exact = 0.1 * (1 << 20) as f64;
    assert!((sum(&x) / exact - 1.0).abs() <= 1e-14);
    assert!((sum_terms(x.iter().copied()) / exact - 1.0).abs() <= 1e-12);
    let mut sums = [0.0, 0.0];
    column_sums(&x, &mut sums);
    assert!((sums[0] / (exact / 2.0) - 1.0).abs() <= 1e-12);
}
