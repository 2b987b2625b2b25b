//! The same seed gives the same bits, whatever the number of threads.

use dl_core::random::generator;
use dl_nn::Weights;
use dl_nn::ndarray::Array2;
use dl_nn::prelude::*;

const FEATURES: usize = 2048;
const SAMPLES: usize = 400;
const BATCH: usize = 160;

/// A run of block layers in three blocks a batch (2 × 2048 numbers a sample) and products of
/// 160 × 2048 × 64 multiply-adds, enough to be split.
fn model(seed: u64) -> Model<f32> {
    Sequential::input([FEATURES])
        .push(LayerNorm::new())
        .push(Dropout::new(0.2))
        .push(Dense::new(64).activation(Relu))
        .push(BatchNorm::new())
        .push(Dropout::new(0.3))
        .push(Dense::new(10))
        .build(seed)
        .unwrap()
}

fn data() -> (Array2<f32>, Vec<usize>) {
    let mut rng = generator(3);
    let x = Array2::from_shape_simple_fn((SAMPLES, FEATURES), || f32::standard_normal(&mut rng));
    (x, (0..SAMPLES).map(|i| i % 10).collect())
}

/// Two epochs with a last smaller batch; the weights, the curves and the predictions.
fn train(threads: usize, seed: u64) -> (Weights<f32>, Vec<f64>, Vec<f32>) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
    pool.build().unwrap().install(|| {
        let (x, labels) = data();
        let mut trainer = Trainer::new(model(1), SoftmaxCrossEntropy::new(), Adam::new(1e-3))
            .unwrap()
            .seed(seed);
        let fit = Fit::epochs(2).batch_size(BATCH).validation_split(0.1);
        let history = trainer.fit(&x, &labels, fit).unwrap();
        let curves = [history.losses(), history.validation_losses()].concat();
        let predictions = trainer.predict(&x).unwrap().into_iter().collect();
        (trainer.model().weights(), curves, predictions)
    })
}

#[test]
fn the_same_bits_with_any_number_of_threads() {
    let one = train(1, 7);
    assert!(one.1.iter().all(|loss| loss.is_finite()));
    for threads in [1, 2, 8] {
        let other = train(threads, 7);
        // `==` on numbers that are not NaN, which the losses above rule out
        assert!(other == one, "{threads} threads");
    }
    assert!(train(2, 8).0 != one.0, "another seed, other weights");
}

#[test]
fn a_model_is_its_seed() {
    assert_eq!(model(1).weights(), model(1).weights());
    assert_ne!(model(1).weights(), model(2).weights());
}

/// A second fit goes on as the fit that never stopped: orders and dropout depend on
/// the seed and the steps done.
#[test]
fn two_fits_are_one() {
    let (x, labels) = data();
    let trained = |epochs: &[usize]| {
        let model = model(1);
        let mut trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(1e-3)).unwrap();
        for &epochs in epochs {
            let fit = Fit::epochs(epochs).batch_size(BATCH);
            trainer.fit(&x, &labels, fit).unwrap();
        }
        trainer.into_model().weights()
    };
    assert!(trained(&[3]) == trained(&[1, 2]));
}
