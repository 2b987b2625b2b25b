//! Frozen layers and rates per layer, against PyTorch's `requires_grad` and parameter groups:
//! `reference/freezing.py` made the values.

use std::collections::BTreeMap;

use dl_nn::ndarray::{Array2, ArrayD};
use dl_nn::optim::Rule;
use dl_nn::prelude::*;
use dl_nn::train::{CheckpointPoint, Checkpointer, Snapshot};
use dl_nn::{Batch, BatchMut, LossPart, Workspace};
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    runs: BTreeMap<String, Run>,
}

#[derive(Deserialize)]
struct Run {
    losses: Vec<f64>,
    weights: BTreeMap<String, Vec<f64>>,
}

/// As in the script.
fn number(i: usize, salt: usize) -> f64 {
    (((i + 1) * (salt + 3)) as f64).sin()
}

fn network<F: Scalar>() -> Model<F> {
    let hidden = |units| Dense::new(units).activation(Tanh);
    let mut model = Sequential::input([3])
        .push(hidden(5))
        .push(BatchNorm::new())
        .push(hidden(4))
        .push(Dense::new(2))
        .build(0)
        .unwrap();
    let mut weights = model.weights();
    for (name, value) in weights.iter_mut() {
        let (salt, shift) = match name {
            "dense_1.kernel" => (0, 0.0),
            "dense_1.bias" => (10, 0.0),
            "dense_2.kernel" => (1, 0.0),
            "dense_2.bias" => (11, 0.0),
            "dense_3.kernel" => (2, 0.0),
            "dense_3.bias" => (12, 0.0),
            "batch_norm_1.running_mean" => (20, 0.0),
            "batch_norm_1.running_variance" => (21, 1.5),
            _ => continue,
        };
        let values = value.iter_mut().enumerate();
        values.for_each(|(i, value)| *value = F::cast(shift + number(i, salt)));
    }
    model.set_weights(&weights).unwrap();
    model
}

fn data<F: Scalar>() -> (Array2<F>, Vec<usize>) {
    let x = Array2::from_shape_fn((8, 3), |(i, j)| F::cast(number(3 * i + j, 5)));
    (x, (0..8).map(|i| i % 2).collect())
}

fn frozen<F: Scalar>(names: &[&str]) -> Model<F> {
    let mut model = network();
    names.iter().for_each(|name| model.freeze(name).unwrap());
    model
}

/// A setting of the script: rule, rates, frozen layers.
type Setting<F> = (
    &'static str,
    Box<dyn Rule<F>>,
    &'static [(&'static str, f64)],
    &'static [&'static str],
);

fn settings<F: Scalar>() -> [Setting<F>; 6] {
    let adam = Adam::new(0.01);
    let sgd = Sgd::new(0.1).momentum(0.9);
    let adamw = AdamW::new(0.01).weight_decay(0.2);
    [
        (
            "sgd rates",
            Box::new(sgd),
            &[("dense_1", 0.1), ("dense_3", 2.5)],
            &[],
        ),
        (
            "adam rates",
            Box::new(adam),
            &[("dense_1", 0.1), ("batch_norm_1", 0.3)],
            &[],
        ),
        (
            "adam frozen below",
            Box::new(adam),
            &[],
            &["dense_1", "batch_norm_1"],
        ),
        (
            "adam frozen between",
            Box::new(adam.clip_norm(0.3)),
            &[("dense_1", 0.5)],
            &["batch_norm_1", "dense_2"],
        ),
        (
            "adamw frozen above",
            Box::new(adamw),
            &[("dense_1", 0.1)],
            &["dense_3"],
        ),
        (
            "rmsprop head",
            Box::new(RmsProp::new(0.01)),
            &[],
            &["dense_1", "batch_norm_1", "dense_2"],
        ),
    ]
}

/// Trains every setting; the losses and weights are PyTorch's, and those of frozen layers have kept their bits.
fn is_pytorch<F: Scalar>(tolerance: f64) {
    let reference: Reference =
        serde_json::from_str(include_str!("reference/freezing.json")).unwrap();
    assert_eq!(reference.runs.len(), 6);
    let (x, labels) = data::<F>();
    for (name, rule, rates, names) in settings::<F>() {
        let theirs = &reference.runs[name];
        let mut model = frozen::<F>(names);
        for (layer, rate) in rates {
            model.layer_rate(layer, *rate).unwrap();
        }
        let before = model.weights();
        let mut trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), rule).unwrap();
        for (step, loss) in theirs.losses.iter().enumerate() {
            let ours = trainer.step(&x, &labels).unwrap();
            let close = (ours - loss).abs() <= tolerance;
            assert!(close, "{name}, step {step}: loss {ours} against {loss}");
        }
        let after = trainer.model().weights();
        assert_eq!(after.iter().count(), theirs.weights.len());
        for ((parameter, old), (_, new)) in before.iter().zip(after.iter()) {
            let kept = names.iter().any(|layer| parameter.starts_with(layer));
            assert_eq!(old == new, kept, "{name}: {parameter}");
            for (ours, theirs) in new.iter().zip(&theirs.weights[parameter]) {
                let close = (ours.as_f64() - theirs).abs() <= tolerance;
                assert!(close, "{name}: {parameter} {ours} against {theirs}");
            }
        }
    }
}

#[test]
fn as_pytorch_in_f64() {
    is_pytorch::<f64>(1e-10);
}

#[test]
fn as_pytorch_in_f32() {
    is_pytorch::<f32>(1e-6);
}

#[test]
fn frozen_parameters_have_no_state_and_no_gradient() {
    let (x, labels) = data::<f64>();
    let model = frozen(&["dense_1", "batch_norm_1"]);
    assert_eq!(model.parameter_count(), 20 + 10 + 24 + 10);
    assert_eq!(model.trained_parameter_count(), 24 + 10);
    let mut trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(0.01)).unwrap();
    trainer.step(&x, &labels).unwrap();
    let state = &trainer.optimizer().state().parameters;
    let names: Vec<&str> = state.iter().map(|entry| entry.name.as_str()).collect();
    let trained = [
        "dense_2.kernel",
        "dense_2.bias",
        "dense_3.kernel",
        "dense_3.bias",
    ];
    assert_eq!(names, trained);
    let zero = |grads: &[ArrayD<f64>]| grads.iter().flatten().all(|&g| g == 0.0);
    let zeros: Vec<bool> = trainer.grads().iter().map(|grads| zero(grads)).collect();
    assert_eq!(zeros, [true, true, false, false]);
}

/// A gradient of an earlier pass does not stay.
#[test]
fn gradients_of_layers_frozen_later_are_zeros() {
    let (x, labels) = data::<f64>();
    let mut trainer = Trainer::new(network(), SoftmaxCrossEntropy::new(), Sgd::new(0.01)).unwrap();
    trainer.step(&x, &labels).unwrap();
    assert!(trainer.grads()[0][0].iter().any(|&g| g != 0.0));
    trainer.model_mut().freeze("dense_1").unwrap();
    trainer.parts_mut().2.reset();
    trainer.step(&x, &labels).unwrap();
    assert!(trainer.grads()[0][0].iter().all(|&g| g == 0.0));
    trainer.model_mut().unfreeze("dense_1").unwrap();
    trainer.parts_mut().2.reset();
    trainer.step(&x, &labels).unwrap();
    assert!(trainer.grads()[0][0].iter().any(|&g| g != 0.0));
}

/// A layer whose backward pass is not expected.
#[derive(Debug, Clone)]
struct NoBackward(ArrayD<f64>, Batching);

impl Layer<f64> for NoBackward {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, dl_nn::ShapeError> {
        Ok(input.to_vec())
    }

    fn forward(&self, x: Batch<f64>, mut y: BatchMut<f64>, _: &mut Cache<f64>, _: Mode) {
        y.slice_mut().copy_from_slice(x.slice());
    }

    fn backward(&self, _: Backward<f64>) {
        panic!("the backward pass should end above");
    }

    fn params(&self) -> Vec<Param<'_, f64>> {
        vec![Param::new("kernel", &self.0)]
    }

    fn params_mut(&mut self) -> Vec<ParamMut<'_, f64>> {
        vec![ParamMut::new("kernel", &mut self.0)]
    }

    fn batching(&self) -> Batching {
        self.1
    }
}

#[test]
fn the_backward_pass_ends_at_the_lowest_trained_layer() {
    let (x, labels) = data::<f64>();
    for batching in [Batching::Blocks, Batching::Whole] {
        let layer = || NoBackward(ArrayD::zeros(vec![1]), batching);
        let below = Sequential::input([3]).push_layer(layer());
        let mut model = below.push(Dense::new(2)).build(1).unwrap();
        model.freeze_all_but(["dense_1"]).unwrap();
        let mut trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), Sgd::new(0.1)).unwrap();
        let losses = [(); 20].map(|()| trainer.step(&x, &labels).unwrap());
        assert!(losses[19] < losses[0], "{losses:?}");

        // all frozen: a pass gives the loss alone
        let mut model = Sequential::input([3]).push_layer(layer()).build(1).unwrap();
        let name = model.layers()[0].name.clone();
        model.freeze(&name).unwrap();
        let mut workspace = Workspace::training(&model, 8).unwrap();
        let part = workspace.train(&model, Batch::from_array(&x), Mode::Eval, &|_, y, _| {
            LossPart {
                loss: y.iter().sum(),
                correct: 0,
            }
        });
        assert!((part.loss - x.sum()).abs() < 1e-12);
    }
}

/// Dropout inside a run keeps its random numbers, and dropout that is a layer stays on.
#[test]
fn only_layers_with_running_statistics_run_as_in_evaluation() {
    let model = |norm: &str| {
        let mut model: Model<f64> = Sequential::input([3])
            .push(BatchNorm::new())
            .push(Dropout::new(0.5))
            .push(Dense::new(2))
            .build(3)
            .unwrap();
        model.freeze(norm).unwrap();
        model
    };
    let (x, _) = data::<f64>();
    let forward = |model: &Model<f64>, mode| {
        let mut workspace = Workspace::training(model, 8).unwrap();
        workspace
            .forward(model, Batch::from_array(&x), mode)
            .slice()
            .to_vec()
    };
    let train = Mode::Train { seed: 5 };
    let (frozen, same) = (model("batch_norm_1"), model("dropout_1"));
    let dropped = forward(&frozen, train);
    assert_ne!(dropped, forward(&frozen, Mode::Eval));
    assert_ne!(dropped, forward(&same, train));
}

/// Keeps a snapshot in the middle of an epoch.
struct Keep(Option<Snapshot<f64>>);

impl Checkpointer<f64> for Keep {
    fn wants(&mut self, moment: CheckpointPoint) -> bool {
        (moment.epoch, moment.step) == (1, 2)
    }

    fn save(
        &mut self,
        snapshot: Snapshot<f64>,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        self.0 = Some(snapshot);
        Ok(())
    }
}

#[test]
fn a_resumed_run_has_the_same_bits() {
    let (x, labels) = data::<f64>();
    let trainer = |names: &[&str]| {
        let mut model = frozen(names);
        model.layer_rate("dense_3", 0.3).unwrap();
        Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(0.01)).unwrap()
    };
    fn options<'a>() -> Fit<'a, f64> {
        Fit::epochs(3).batch_size(2)
    }
    let (mut keep, mut whole) = (Keep(None), trainer(&["dense_1", "batch_norm_1"]));
    whole
        .fit(&x, &labels, options().checkpoint(&mut keep))
        .unwrap();
    let snapshot = keep.0.expect("a snapshot");
    let mut resumed = trainer(&["dense_1", "batch_norm_1"]);
    resumed
        .fit(&x, &labels, options().resume(snapshot.clone()))
        .unwrap();
    assert_eq!(resumed.state(), whole.state());

    // with other layers frozen there is nothing to continue
    let mut other = trainer(&["dense_1"]);
    let before = other.state();
    let error = other.fit(&x, &labels, options().resume(snapshot));
    assert_eq!(
        error.unwrap_err().to_string(),
        "cannot resume: 6 parameters were given, but the optimiser's state has 4; if layers have been frozen or \
         unfrozen since, reset the optimiser"
    );
    assert_eq!(other.state(), before);
}

#[test]
fn names_are_of_layers_and_of_parts() {
    let mut model: Model<f64> = Sequential::input([3])
        .push_named("encoder.first", Dense::new(4))
        .push_named("encoder.second", Dense::new(4))
        .push_named("encoder_2", Dense::new(4))
        .build(1)
        .unwrap();
    let trained = |model: &Model<f64>| {
        let layers = model.layers().iter();
        let rates = layers.flat_map(|named| named.rates().collect::<Vec<_>>());
        rates.map(|rate| rate.unwrap_or(0.0)).collect::<Vec<_>>()
    };
    model.freeze("encoder").unwrap();
    assert_eq!(trained(&model), [0.0, 0.0, 0.0, 0.0, 1.0, 1.0]);
    model.layer_rate("encoder", 0.5).unwrap();
    model.unfreeze("encoder.second.bias").unwrap();
    assert_eq!(trained(&model), [0.0, 0.0, 0.0, 0.5, 1.0, 1.0]);
    let frozen: Vec<bool> = model.layers().iter().map(|l| l.is_frozen()).collect();
    assert_eq!(frozen, [true, false, false]);
    assert_eq!(trained(&model.clone()), trained(&model));
    model
        .freeze_all_but(["encoder_2", "encoder.first.bias"])
        .unwrap();
    assert_eq!(trained(&model), [0.0, 0.5, 0.0, 0.0, 1.0, 1.0]);
}

#[test]
fn names_that_match_nothing() {
    let mut model = network::<f32>();
    let says = |result: Result<(), dl_nn::ConfigError>, message: &str| {
        assert_eq!(result.unwrap_err().to_string(), message);
    };
    let must = "but must be the name of a layer or of a part of one";
    says(
        model.freeze("dense1"),
        &format!("Model freeze is dense1 (did you mean `dense_1`?), {must}"),
    );
    says(
        model.unfreeze("dense_2.kernal"),
        &format!("Model unfreeze is dense_2.kernal (did you mean `dense_2.kernel`?), {must}"),
    );
    says(
        model.layer_rate("embedding", 0.1),
        &format!("Model layer_rate is embedding, {must}"),
    );
    says(model.freeze(""), &format!("Model freeze is , {must}"));
    says(
        model.freeze_all_but(["dense_1", "head"]),
        &format!("Model freeze_all_but is head, {must}"),
    );
    let range = "but must be positive and finite (`freeze` keeps a layer as it is)";
    for (rate, shown) in [
        (0.0, "0"),
        (-1.0, "-1"),
        (f64::NAN, "NaN"),
        (f64::INFINITY, "inf"),
    ] {
        says(
            model.layer_rate("dense_1", rate),
            &format!("Model layer_rate is {shown}, {range}"),
        );
    }
    assert_eq!(model.trained_parameter_count(), model.parameter_count());
}

#[test]
fn a_model_of_which_nothing_is_trained() {
    let (x, labels) = data::<f64>();
    let model = frozen(&["dense_1", "batch_norm_1", "dense_2", "dense_3"]);
    let mut trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), Sgd::new(0.1)).unwrap();
    let message = "the number of trained layers is 0, but must be at least 1 (`Model::unfreeze` trains one again)";
    let step = trainer.step(&x, &labels).unwrap_err();
    assert_eq!(step.to_string(), message);
    let fit = trainer.fit(&x, &labels, Fit::epochs(1)).unwrap_err();
    assert_eq!(fit.to_string(), message);
}

#[test]
fn appended_models() {
    let (x, _) = data::<f64>();
    let model = frozen::<f64>(&["dense_1"]);
    let expected = model.predict(&x).unwrap();
    let (body, head) = model.split_after("dense_2").unwrap();
    let again = body.clone().append(head).unwrap();
    assert_eq!(again.predict(&x).unwrap(), expected);
    assert!(again.layers()[0].is_frozen());

    let twice = body
        .clone()
        .append(Sequential::input([4]).push(Dense::new(1)).build(0).unwrap());
    assert_eq!(
        twice.unwrap_err().to_string(),
        "layer name `dense_1` is used twice; names must be unique"
    );
    let wide = Sequential::input([7]).push_named("head", Dense::new(1));
    let wide = body.append(wide.build(0).unwrap());
    assert_eq!(
        wide.unwrap_err().to_string(),
        "layer `head`: got a sample of shape [4], but takes [7]"
    );
}
