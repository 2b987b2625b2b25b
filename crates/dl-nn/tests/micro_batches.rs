//! Gradients accumulated over micro-batches are those of the whole batch.

use dl_nn::ndarray::Array2;
use dl_nn::prelude::*;
use dl_nn::{Model, Scalar};

/// Enough for several blocks of wide layers.
const SAMPLES: usize = 500;

fn data<F: Scalar>() -> (Array2<F>, Vec<usize>) {
    let x = Array2::from_shape_fn((SAMPLES, 20), |(i, j)| {
        F::cast(((3 * i + 7 * j) as f64).sin())
    });
    let labels = (0..SAMPLES).map(|i| usize::from(x[[i, 0]] > x[[i, 1]]));
    let labels = labels.collect();
    (x, labels)
}

/// Dense layers of up to 2¹⁶ weights, whose samples go through in blocks of about 50.
fn in_blocks<F: Scalar>() -> Model<F> {
    let wide = || Dense::new(3000).activation(Relu);
    Sequential::input([20])
        .push(wide())
        .push(Dropout::new(0.3))
        .push(Dense::new(20).activation(Relu))
        .push(Dense::new(2))
        .build(4)
        .unwrap()
}

fn trained<F: Scalar>(model: Model<F>, micro_batch_size: Option<usize>) -> (Trainer<F>, History) {
    let (x, labels) = data::<F>();
    let mut trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(1e-3)).unwrap();
    let mut fit = Fit::epochs(2).batch_size(400);
    if let Some(size) = micro_batch_size {
        fit = fit.micro_batch_size(size);
    }
    let mut history = trainer.fit(&x, &labels, fit).unwrap();
    history
        .epochs
        .iter_mut()
        .for_each(|epoch| epoch.seconds = 0.0);
    (trainer, history)
}

#[test]
fn in_blocks_they_give_the_bits_of_whole_batches() {
    let (whole, history) = trained::<f32>(in_blocks(), None);
    for size in [1, 60, 100, 170, 300, 10_000] {
        let (parts, of_parts) = trained::<f32>(in_blocks(), Some(size));
        assert_eq!(of_parts, history, "micro-batches of {size}");
        assert_eq!(parts.state(), whole.state(), "micro-batches of {size}");
    }
    // there is something to accumulate: the blocks are smaller than the batch
    let (order, _) = trained::<f32>(in_blocks(), Some(60));
    assert!(order.grads().len() > 2);
}

#[test]
fn layers_of_whole_batches_give_the_sums_up_to_rounding() {
    // 300 × 300 weights are more than a block's
    let model = || {
        Sequential::input([20])
            .push(Dense::new(300).activation(Tanh))
            .push(Dense::new(300).activation(Tanh))
            .push(Dense::new(2))
            .build(4)
            .unwrap()
    };
    let (whole, _) = trained::<f64>(model(), None);
    for size in [7, 100, 399] {
        let (parts, _) = trained::<f64>(model(), Some(size));
        let (parts, whole) = (parts.model().weights(), whole.model().weights());
        for ((name, a), (_, b)) in parts.iter().zip(whole.iter()) {
            let furthest = (&a - &b).fold(0.0, |m: f64, d| m.max(d.abs()));
            assert!(
                furthest <= 1e-9,
                "{name}: {furthest} in micro-batches of {size}"
            );
        }
    }
}

#[test]
fn batch_normalisation_is_over_micro_batches() {
    let model = || {
        Sequential::input([20])
            .push(BatchNorm::new())
            .push(Dense::new(2))
            .build(4)
            .unwrap()
    };
    let (whole, _) = trained::<f64>(model(), None);
    let (parts, _) = trained::<f64>(model(), Some(100));
    assert_ne!(parts.model().weights(), whole.model().weights());
    // and its running mean has seen every sample
    let mean = |trainer: &Trainer<f64>| {
        let weights = trainer.model().weights();
        let mean = weights
            .iter()
            .find(|(name, _)| name.ends_with("running_mean"));
        mean.unwrap().1[[0]]
    };
    assert!((mean(&parts) - mean(&whole)).abs() < 0.1);
}

#[test]
fn none_is_an_error() {
    let (x, labels) = data::<f32>();
    let model = in_blocks();
    let mut trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(1e-3)).unwrap();
    let fit = Fit::epochs(1).micro_batch_size(0);
    let error = trainer.fit(&x, &labels, fit).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Fit micro_batch_size is 0, but must be at least 1"
    );
}
