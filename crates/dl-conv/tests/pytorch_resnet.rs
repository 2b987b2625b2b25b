//! The residual networks against PyTorch's (`reference/pytorch_resnet.py`): parameters, values, gradients, running
//! statistics.

use std::collections::BTreeMap;

use dl_conv::models::{plain, resnet, resnet20, resnet32, resnet56};
use dl_nn::ndarray::{Array1, ArrayD, Axis, IxDyn};
use dl_nn::prelude::*;
use dl_nn::{BatchMut, Workspace};
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    parameters: BTreeMap<String, usize>,
    logits: Vec<Vec<f64>>,
    loss: f64,
    gradients: Vec<[f64; 2]>,
    evaluation: Vec<Vec<f64>>,
}

const LABELS: [usize; 6] = [0, 3, 9, 1, 1, 7];

fn reference() -> Reference {
    serde_json::from_str(include_str!("reference/pytorch_resnet.json")).unwrap()
}

/// Parameter k.
fn value(k: usize, shape: &[usize]) -> ArrayD<f64> {
    let waves = (0..shape.iter().product()).map(|i: usize| (1.7 * i as f64 + k as f64).sin());
    let waves = ArrayD::from_shape_vec(IxDyn(shape), waves.collect()).unwrap();
    let [outer @ .., _] = shape else {
        panic!("no scalars")
    };
    match outer {
        [] => waves * 0.2 + (k % 2) as f64,
        _ => waves * (4.0 / outer.iter().product::<usize>() as f64).sqrt(),
    }
}

fn close(ours: &ArrayD<f64>, theirs: &[Vec<f64>], what: &str) {
    for (ours, theirs) in ours.iter().zip(theirs.iter().flatten()) {
        assert!(
            (ours - theirs).abs() < 1e-9,
            "{what}: {ours} against {theirs}"
        );
    }
}

#[test]
fn values_and_gradients_are_those_of_pytorch() {
    let expected = reference();
    let mut model = resnet20::<f64>().build(0).unwrap();
    for (k, (_, mut param)) in model.params_mut().enumerate() {
        let value = value(k, param.shape());
        param.assign(&value);
    }
    let x =
        (0..6 * 32 * 32 * 3).map(|i| (0.37 * f64::from(i) + 0.001 * f64::from(i).powf(1.5)).sin());
    let x = ArrayD::from_shape_vec(IxDyn(&[6, 32, 32, 3]), x.collect()).unwrap();
    let batch = Batch::from_array(&x);
    let mut workspace = Workspace::training(&model, 6).unwrap();
    let logits = workspace.forward_for_backward(&model, batch, Mode::Train { seed: 0 });
    let logits = logits.array().to_owned();
    close(&logits, &expected.logits, "logits");

    // ∂L/∂z = (softmax(z) − one-hot) / n
    let (mut loss, mut dy) = (0.0, logits.clone());
    for (mut row, label) in dy.axis_iter_mut(Axis(0)).zip(LABELS) {
        let total = row.mapv(f64::exp).sum();
        loss += total.ln() - row[label];
        row.mapv_inplace(|z| z.exp() / total / 6.0);
        row[label] -= 1.0 / 6.0;
    }
    assert!((loss / 6.0 - expected.loss).abs() < 1e-9);
    let mut dx = x.clone();
    let wanted = Some(BatchMut::from_array(&[32, 32, 3], &mut dx));
    workspace.backward(&model, batch, Batch::from_array(&dy), wanted);
    let grads = workspace.grads().iter().flatten();
    assert_eq!(grads.clone().count(), expected.gradients.len());
    for (k, (gradient, [projected, norm])) in grads.zip(expected.gradients).enumerate() {
        let wave = (0..gradient.len()).map(|i| (0.3 * i as f64 + 1.0).sin());
        let gradient = Array1::from_iter(gradient.iter().copied());
        let ours = gradient.dot(&Array1::from_iter(wave));
        assert!(
            (ours - projected).abs() < 1e-8 * norm,
            "gradient {k}: {ours} against {projected}"
        );
        let ours = gradient.dot(&gradient).sqrt();
        assert!(
            (ours - norm).abs() < 1e-8 * norm,
            "norm of gradient {k}: {ours} against {norm}"
        );
    }
    assert!(dx.iter().any(|&dx| dx != 0.0));

    // PyTorch's running statistics have seen this batch, too
    workspace.commit(&mut model);
    close(
        &model.predict(&x).unwrap(),
        &expected.evaluation,
        "evaluation",
    );
}

#[test]
fn parameters_are_counted_as_in_the_paper() {
    let expected = reference().parameters;
    let networks: [(&str, Sequential<f32>); 3] =
        [("20", resnet20()), ("32", resnet32()), ("56", resnet56())];
    for (depth, network) in networks {
        let model = network.build(0).unwrap();
        assert_eq!(model.parameter_count(), expected[depth], "{depth} layers");
        assert_eq!(model.output_shape(), [10]);
    }
    // shortcuts have no parameters
    let [with, without] = [resnet::<f32>(1, [8, 8, 1], 4), plain(1, [8, 8, 1], 4)];
    let [with, without] = [with, without].map(|network| network.build(0).unwrap());
    assert_eq!(with.parameter_count(), without.parameter_count());
    assert_eq!(expected["20"], 269_722);
}

/// The same bits with any number of threads, though its normalisations take whole batches.
#[test]
fn training_does_not_depend_on_threads() {
    let x = ArrayD::from_shape_fn(IxDyn(&[40, 16, 16, 3]), |i| {
        ((i[0] * 7 + i[1] * 5 + i[2] * 3 + i[3]) as f32).sin()
    });
    let y: Vec<usize> = (0..40).map(|i| i % 3).collect();
    let train = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap().install(|| {
            let model = resnet::<f32>(1, [16, 16, 3], 3).build(1).unwrap();
            let (loss, rule) = (SoftmaxCrossEntropy::new(), Sgd::new(0.05).momentum(0.9));
            let mut trainer = Trainer::new(model, loss, rule).unwrap();
            trainer.fit(&x, &y, Fit::epochs(2).batch_size(32)).unwrap();
            trainer.model().weights()
        })
    };
    let one = train(1);
    assert_eq!(one, train(2));
    assert_eq!(one, train(3));
}

/// How a small batch is divided depends on the workspace, not on the batches before it: a run that is resumed has the
/// bits of one that was never stopped.
#[test]
fn batches_are_divided_alike_whatever_came_before() {
    let model = resnet::<f32>(1, [24, 24, 3], 3).build(1).unwrap();
    let images = |n: usize| {
        let pixel = |i: usize| (i as f32 * 0.7).sin();
        let pixels = (0..n * 24 * 24 * 3).map(pixel).collect();
        ArrayD::from_shape_vec(IxDyn(&[n, 24, 24, 3]), pixels).unwrap()
    };
    let gradients = |batches: &[usize]| {
        let mut workspace = Workspace::training(&model, 48).unwrap();
        for &n in batches {
            let x = images(n);
            let batch = Batch::from_array(&x);
            let y = workspace.forward_for_backward(&model, batch, Mode::Train { seed: 1 });
            let dy = y.array().mapv(f32::cos);
            workspace.backward(&model, batch, Batch::from_array(&dy), None);
        }
        workspace.grads().to_vec()
    };
    assert_eq!(gradients(&[20]), gradients(&[48, 20]));
}
