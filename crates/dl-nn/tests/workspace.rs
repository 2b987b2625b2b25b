//! A whole model's gradient against central differences of its loss.

use dl_core::random::generator;
use dl_nn::ndarray::{ArrayD, Axis, IxDyn, Slice};
use dl_nn::prelude::*;
use dl_nn::{LossPart, TargetRow, Workspace};

/// Numbers of a sample: a run of layers on 60 × 100 numbers goes in blocks of about ten samples.
const SHAPE: [usize; 2] = [60, 100];

/// Two layers without parameters at the front, two runs of block layers, both normalisations,
/// dropout, and a bottleneck that keeps the products small.
fn model() -> Model<f64> {
    let mut model: Model<f64> = Sequential::input(SHAPE)
        .push(Activate(Tanh))
        .push(Dropout::new(0.1))
        .push(LayerNorm::new())
        .push(Activate(Gelu))
        .push(LayerNorm::new())
        .push(Dropout::new(0.2))
        .push(Flatten)
        .push(Dense::new(12).activation(Silu))
        .push(BatchNorm::new())
        .push(Reshape::new([3, 4]))
        .push(LayerNorm::new())
        .push(Dropout::new(0.3))
        .push(Flatten)
        .push(Activate(Softplus))
        .push(Dense::new(3))
        .build(5)
        .unwrap();
    let mut rng = generator(1);
    for (_, mut value) in model.params_mut() {
        value.mapv_inplace(|w| w + 0.1 * f64::standard_normal(&mut rng));
    }
    model
}

fn samples(n: usize) -> ArrayD<f64> {
    let mut rng = generator(2);
    let shape = [&[n], &SHAPE[..]].concat();
    ArrayD::from_shape_simple_fn(IxDyn(&shape), || f64::standard_normal(&mut rng))
}

/// Trains on the mean cross-entropy of sample i belonging to class i mod 3.
fn train(workspace: &mut Workspace<f64>, model: &Model<f64>, x: Batch<f64>, mode: Mode) -> f64 {
    let n = x.len() as f64;
    let loss = SoftmaxCrossEntropy::new();
    let part = workspace.train(model, x, mode, &|samples, outputs, delta| {
        let mut sum = LossPart::default();
        let rows = outputs.chunks_exact(3).zip(delta.chunks_exact_mut(3));
        for (i, (output, delta)) in samples.zip(rows) {
            let loss = loss.sample(output, TargetRow::Class(i % 3), delta);
            delta.iter_mut().for_each(|d| *d /= n);
            sum += LossPart {
                loss: loss / n,
                correct: 1,
            };
        }
        sum
    });
    assert_eq!(part.correct as f64, n);
    part.loss
}

/// Every gradient that [`Workspace::train`] leaves, at three places of each parameter.
fn check(model: &mut Model<f64>, workspace: &mut Workspace<f64>, x: &ArrayD<f64>) {
    const STEP: f64 = 1e-4;
    let mode = Mode::Train { seed: 3 };
    train(workspace, model, Batch::from_array(x), mode);
    let grads: Vec<ArrayD<f64>> = workspace.grads().iter().flatten().cloned().collect();
    let names: Vec<String> = model.params().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(grads.len(), names.len());
    for (i, (name, gradient)) in names.iter().zip(&grads).enumerate() {
        let scale = gradient.iter().fold(0.0, |m: f64, g| m.max(g.abs()));
        assert!(scale > 1e-8, "{name}: {scale}");
        let largest = gradient.iter().position(|g| g.abs() == scale).unwrap();
        for place in [0, largest, gradient.len() - 1] {
            let mut at = |offset: f64| {
                let shift = |model: &mut Model<f64>, by: f64| {
                    let (_, value) = model.params_mut().nth(i).unwrap();
                    value.into_slice().unwrap()[place] += by;
                };
                shift(model, offset);
                let loss = train(workspace, model, Batch::from_array(x), mode);
                shift(model, -offset);
                loss
            };
            let mut slope = |h: f64| (at(h) - at(-h)) / (2.0 * h);
            let differences = (4.0 * slope(STEP / 2.0) - slope(STEP)) / 3.0;
            let backward = gradient.as_slice().unwrap()[place];
            let error = (backward - differences).abs() / scale;
            assert!(error <= 1e-6, "{name}[{place}]: {backward}, {differences}");
        }
    }
}

#[test]
fn gradients_of_a_whole_model() {
    let mut model = model();
    // room for more samples than there are: 5 blocks, of which 3 are used, the last in part
    let mut workspace = Workspace::training(&model, 37).unwrap();
    check(&mut model, &mut workspace, &samples(23));
}

/// A smaller batch in the same buffers, and the larger one again: nothing is left of the other.
#[test]
fn batches_leave_nothing_behind() {
    let model = model();
    let x = samples(23);
    let small = x.slice_axis(Axis(0), Slice::from(..5));
    let run = |workspace: &mut Workspace<f64>, x: Batch<f64>| {
        let mode = Mode::Train { seed: 9 };
        let outputs = workspace.forward(&model, x, mode).array().to_owned();
        let loss = train(workspace, &model, x, mode);
        (outputs, loss, workspace.grads().to_vec())
    };
    let [x, small] = [Batch::from_array(&x), Batch::from_array(&small)];
    let fresh = [x, small].map(|x| run(&mut Workspace::training(&model, 23).unwrap(), x));
    let mut workspace = Workspace::training(&model, 37).unwrap();
    assert_eq!(workspace.capacity(), 37);
    for _ in 0..2 {
        assert_eq!(run(&mut workspace, x), fresh[0]);
        assert_eq!(run(&mut workspace, small), fresh[1]);
    }
}

/// Dropout masks differ from block to block and from layer to layer.
#[test]
fn every_block_and_layer_draws_its_own_numbers() {
    let model: Model<f64> = Sequential::input([10_000])
        .push(Dropout::new(0.5))
        .push(Dropout::new(0.5))
        .build(0)
        .unwrap();
    let n = 45;
    let x = ArrayD::ones(IxDyn(&[n, 10_000]));
    let mut workspace = Workspace::inference(&model, n).unwrap();
    let y = workspace.forward(&model, Batch::from_array(&x), Mode::Train { seed: 1 });
    let y = y.array();
    // both layers keep a number with probability ¼; with one mask for both it would be ½
    let kept = y.iter().filter(|&&y| y != 0.0).count() as f64 / y.len() as f64;
    assert!((kept - 0.25).abs() <= 0.005, "{kept}");
    for (i, a) in y.outer_iter().enumerate() {
        for b in y.outer_iter().skip(i + 1) {
            assert_ne!(a, b);
        }
    }
}

#[test]
fn inference_equals_evaluation_of_a_training_workspace() {
    let model = model();
    let x = samples(11);
    let mut training = Workspace::training(&model, 11).unwrap();
    let training = training.forward(&model, Batch::from_array(&x), Mode::Eval);
    assert_eq!(model.predict(&x).unwrap(), training.array());
    // a workspace for no samples is a placeholder, not a panic
    assert_eq!(Workspace::training(&model, 0).unwrap().capacity(), 0);
}

/// A model of which nothing is trained has no gradients.
#[test]
fn nothing_to_train() {
    let model: Model<f64> = Sequential::input([2])
        .push(Activate(Tanh))
        .push(Flatten)
        .build(0)
        .unwrap();
    let mut workspace = Workspace::training(&model, 2).unwrap();
    let x = ArrayD::ones(IxDyn(&[2, 2]));
    let part = LossPart {
        loss: 0.5,
        correct: 1,
    };
    let mode = Mode::Train { seed: 0 };
    let total = workspace.train(&model, Batch::from_array(&x), mode, &|_, _, delta| {
        delta.fill(1.0);
        part
    });
    assert_eq!(total, part);
    assert!(workspace.grads().iter().all(Vec::is_empty));
}
