//! The same training over several seeds.

use dl_nn::ndarray::{Array2, array};
use dl_nn::prelude::*;
use dl_nn::train::repeat_with_seeds;

fn weights(seed: u64) -> dl_nn::Weights<f64> {
    let x = Array2::from_shape_fn((20, 2), |(i, j)| ((3 * i + 5 * j) as f64).sin());
    let labels: Vec<usize> = (0..20)
        .map(|i| usize::from(x[[i, 0]] > x[[i, 1]]))
        .collect();
    let model = Sequential::input([2])
        .push(Dense::new(2))
        .build(seed)
        .unwrap();
    let mut trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), Sgd::new(0.1)).unwrap();
    let fit = Fit::epochs(3).batch_size(4);
    trainer.fit(&x, &labels, fit).unwrap();
    trainer.into_model().weights()
}

#[test]
fn each_seed_is_trained_as_it_would_be_alone() {
    let seeds = repeat_with_seeds(4, |seed| Ok(weights(seed))).unwrap();
    let alone: Vec<_> = (0..4).map(weights).collect();
    assert_eq!(seeds.outcomes, alone);
    assert_ne!(alone[0], alone[1]);
}

#[test]
fn the_mean_and_its_interval_are_those_of_the_outcomes() {
    let seeds = repeat_with_seeds(3, |seed| Ok([0.9, 0.8, 1.0][seed as usize])).unwrap();
    let mean = seeds.mean(|&x| x);
    let expected = dl_nn::metrics::Estimate::mean(&array![0.9, 0.8, 1.0]);
    assert_eq!(mean, expected);
    assert!(mean.interval(0.95).unwrap().lower < 0.8);
}

#[test]
fn one_seed_has_no_spread_and_the_first_error_is_given() {
    let one = repeat_with_seeds(1, |_| Ok(())).unwrap_err();
    assert_eq!(
        one.to_string(),
        "repeat_with_seeds n is 1, but must be at least 2"
    );
    let failed = repeat_with_seeds(5, |seed| {
        if seed >= 2 {
            Err(format!("no luck with {seed}").into())
        } else {
            Ok(())
        }
    });
    assert_eq!(failed.unwrap_err().to_string(), "seed 2: no luck with 2");
}
