//! Layers that hold layers: their formulas, the contract, training, names, files and errors.

use dl_core::random::generator;
use dl_nn::contract::{check, check_passes, perturb, samples};
use dl_nn::layers::Merge;
use dl_nn::ndarray::{Array2, ArrayD, Axis, concatenate};
use dl_nn::prelude::*;
use dl_nn::{
    Architecture, ArchitectureError, BuildError, Limits, Predictor, Workspace, single_layer,
};

fn dense<F: Scalar>(units: usize) -> Sequential<F> {
    Sequential::new().push(Dense::new(units).activation(Tanh))
}

fn bottleneck<F: Scalar>() -> Sequential<F> {
    Sequential::new()
        .push(Dense::new(2).activation(Tanh))
        .push(Dense::new(4))
}

/// A residual connection around one with a batch normalisation, which takes the whole batch.
fn normalized<F: Scalar>() -> Sequential<F> {
    let inner = Sequential::new()
        .push(BatchNorm::new().epsilon(0.5))
        .push(Activate(Tanh))
        .push(Dense::new(4));
    Sequential::new()
        .push(Dense::new(4))
        .push(Residual::new(inner).activation(Tanh))
        .push(Dense::new(4))
}

/// Samples of 4 features go into each of these.
fn layers<F: Scalar>() -> Vec<(&'static str, Sequential<F>)> {
    let of = |layer: Branches<F>| Sequential::input([4]).push(layer);
    vec![
        ("sequence", Sequential::input([4]).push(bottleneck())),
        ("nothing", Sequential::input([4]).push(Sequential::new())),
        (
            "residual",
            Sequential::input([4]).push(Residual::new(bottleneck())),
        ),
        (
            "residual with a projection",
            Sequential::input([4])
                .push(Residual::new(dense(3)).shortcut(dense(3)).activation(Gelu)),
        ),
        (
            "sum",
            of(Branches::add([dense(3), dense(3), dense(3)]).activation(Tanh)),
        ),
        (
            "concat",
            of(Branches::concat([dense(3), Sequential::new(), dense(2)])),
        ),
        (
            "softmax of a concat",
            of(Branches::concat([dense(3), dense(2)]).activation(Softmax)),
        ),
        (
            "concat with an activation",
            of(Branches::concat([dense(3), dense(2)]).activation(Silu)),
        ),
        (
            "a normalisation inside",
            Sequential::input([4]).push(Residual::new(normalized())),
        ),
        (
            "two normalised branches",
            of(Branches::concat([
                normalized(),
                normalized(),
                Sequential::new(),
            ])),
        ),
    ]
}

/// The only layer of a network, with parameters that are nowhere 0.
fn layer<F: Scalar>(network: &Sequential<F>) -> Box<dyn Layer<F>> {
    let mut layer = network.build(3).unwrap().layers()[0].layer.clone();
    perturb(&mut *layer, 4);
    layer
}

#[test]
fn every_composition_keeps_the_contract() {
    for (name, network) in layers::<f64>() {
        let x = samples(&[5, 4], 6);
        if let Err(error) = check(&mut *layer(&network), &x) {
            panic!("{name}: {error}");
        }
    }
    // so many samples that a batch is divided into blocks and parts
    for (name, network) in layers::<f32>() {
        let x = samples(&[40_000, 4], 6);
        if let Err(error) = check_passes(&mut *layer(&network), &x) {
            panic!("{name} in f32: {error}");
        }
    }
}

fn forward(layer: &dyn Layer<f64>, x: &ArrayD<f64>) -> ArrayD<f64> {
    single_layer::forward(layer, x, &mut Cache::default(), Mode::Eval).unwrap()
}

#[test]
fn the_formulas() {
    let x = samples(&[7, 4], 1);
    let build = |spec: &dyn Fn() -> Sequential<f64>| spec().build(2).unwrap();
    let model =
        build(&|| Sequential::input([4]).push(Residual::new(bottleneck()).activation(Relu)));
    let inside = model.layers()[0].inside().unwrap();
    let [(_, branch), (_, shortcut)] = &inside.branches[..] else {
        panic!("two branches");
    };
    assert!(shortcut.is_empty());
    let sum = forward(&*branch[1].layer, &forward(&*branch[0].layer, &x)) + &x;
    assert_eq!(model.predict(&x).unwrap(), sum.mapv(|y| y.max(0.0)));

    let concat = || Branches::concat([dense(3), Sequential::new(), dense(2)]);
    let model = build(&|| Sequential::input([4]).push(concat()));
    let inside = model.layers()[0].inside().unwrap();
    assert_eq!(inside.merge, Merge::Concat);
    let layer = |i: usize| &*inside.branches[i].1[0].layer;
    let (first, last) = (forward(layer(0), &x), forward(layer(2), &x));
    let expected = concatenate![Axis(1), first, x, last];
    assert_eq!(model.predict(&x).unwrap(), expected);
}

/// A sequence in a sequence computes what the flat one does, and its gradients are the same.
#[test]
fn a_nested_sequence_is_the_flat_one() {
    let flat = Sequential::<f64>::input([4])
        .push(Dense::new(6).activation(Tanh))
        .push(BatchNorm::new())
        .push(Dense::new(3));
    let inner = Sequential::new().push(BatchNorm::new()).push(Dense::new(3));
    let nested = Sequential::<f64>::input([4]).push(
        Sequential::new()
            .push(Dense::new(6).activation(Tanh))
            .push_named("inner", inner),
    );
    let (flat, mut nested) = (flat.build(1).unwrap(), nested.build(1).unwrap());
    let values: Vec<_> = flat.params().map(|(_, value)| value.to_owned()).collect();
    for ((_, mut param), value) in nested.params_mut().zip(&values) {
        param.assign(value);
    }
    let x: ArrayD<f64> = samples(&[50, 4], 8);
    let run = |model: &mut Model<f64>| {
        let mut workspace = Workspace::training(model, 50).unwrap();
        let batch = Batch::from_array(&x);
        let mode = Mode::Train { seed: 1 };
        let y = workspace.forward_for_backward(model, batch, mode);
        let y = y.array().to_owned();
        let dy = y.mapv(f64::cos);
        let mut dx = x.clone();
        let wanted = Some(dl_nn::BatchMut::from_array(&[4], &mut dx));
        workspace.backward(model, batch, Batch::from_array(&dy), wanted);
        workspace.commit(model);
        let grads: Vec<_> = workspace.grads().iter().flatten().cloned().collect();
        // a layer lists its parameters before its state, those inside it too
        let weights = model.weights();
        let state = weights.iter().filter(|(name, _)| name.contains("running"));
        let state: Vec<_> = state.map(|(_, state)| state.to_owned()).collect();
        (y, dx, grads, state)
    };
    let mut flat = flat;
    assert_eq!(run(&mut flat), run(&mut nested));
    let names: Vec<_> = nested.params().map(|(name, _)| name).collect();
    assert_eq!(names[2], "sequential_1.inner.batch_norm_1.gamma");
}

fn network() -> Sequential<f64> {
    Sequential::input([4])
        .push(Residual::new(normalized()).activation(Relu))
        .push(
            Branches::concat([dense(3), Sequential::new().push(Dropout::new(0.2))])
                .push_named("wide", dense(5)),
        )
        .push(Sequential::new().push(Dense::new(6).activation(Relu)))
        .push(Dense::new(2))
}

#[test]
fn it_is_trained_written_and_read() {
    let x = Array2::from_shape_fn((60, 4), |(i, j)| ((7 * i + 3 * j) as f64).sin());
    let y = x.map_axis(Axis(1), |x| usize::from(x[0] * x[1] > 0.0));
    let model = network().build(5).unwrap();
    let mut trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(0.02)).unwrap();
    let history = trainer.fit(&x, &y, Fit::epochs(60).batch_size(16)).unwrap();
    let losses = history.losses();
    assert!(losses[59] < 0.3 * losses[0], "{losses:?}");
    let state = "residual_1.branch.residual_1.branch.batch_norm_1.running_mean";
    let weights = trainer.model().weights();
    let (_, mean) = weights.iter().find(|(name, _)| *name == state).unwrap();
    assert!(mean.iter().any(|&mean| mean != 0.0));

    let architecture = trainer.model().architecture().unwrap();
    let text = serde_json::to_string(&architecture).unwrap();
    let again: Architecture = serde_json::from_str(&text).unwrap();
    assert_eq!(again, architecture);
    let mut again = Registry::new()
        .sequential(&again)
        .unwrap()
        .build(0)
        .unwrap();
    assert_eq!(again.architecture().unwrap(), architecture);
    again.set_weights(&weights).unwrap();
    let expected = trainer.model().predict(&x).unwrap();
    assert_eq!(again.predict(&x).unwrap(), expected);
    let mut predictor = Predictor::new(again, 1).unwrap();
    for (x, y) in x.outer_iter().zip(expected.outer_iter()) {
        let x = x.insert_axis(Axis(0));
        // alone, a sample may be summed in another order
        let error = &predictor.predict(&x).unwrap().index_axis_move(Axis(0), 0) - &y;
        assert!(error.iter().all(|error| error.abs() < 1e-12));
    }
}

/// Packed kernels inside are packed again after a step.
#[test]
fn a_step_reaches_the_layers_inside() {
    let x: ArrayD<f64> = samples(&[20, 4], 1);
    let y: Vec<usize> = (0..20).map(|i| i % 2).collect();
    let network = Sequential::input([4])
        .push(Residual::new(bottleneck()))
        .push(Dense::new(2));
    let (loss, rule) = (SoftmaxCrossEntropy::new(), Sgd::new(0.1));
    let mut trainer = Trainer::new(network.build(1).unwrap(), loss, rule).unwrap();
    for _ in 0..3 {
        let expected = trainer.evaluate(&x, &y).unwrap().loss;
        let loss = trainer.step(&x, &y).unwrap();
        assert!((loss - expected).abs() <= 1e-12 * expected);
    }
}

#[test]
fn the_summary_is_indented() {
    let model = Sequential::<f32>::input([4])
        .push(Residual::new(bottleneck()).activation(Relu))
        .push(Dense::new(2))
        .build(0)
        .unwrap();
    let expected = "\
layer                           output shape  parameters
────────────────────────────────────────────────────────
input                           [4]
residual_1 (residual, relu)     [4]                   22
  branch.dense_1 (dense, tanh)  [2]                   10
  branch.dense_2 (dense)        [4]                   12
dense_1 (dense)                 [2]                   10
────────────────────────────────────────────────────────
32 parameters (128 B), activations 48 B a sample";
    assert_eq!(model.summary().to_string(), expected);
    assert_eq!(model.parameter_count(), 32);
}

fn message(layer: impl LayerSpec<f32> + 'static) -> String {
    let network = Sequential::input([4]).push(layer);
    network.build(0).unwrap_err().to_string()
}

#[test]
fn mistakes_say_where_they_are() {
    assert_eq!(
        message(Residual::new(dense(3))),
        "layer `residual_1`: branch `shortcut` has outputs of shape [4], and branch `branch` [3]; branches that are \
         added have outputs of one shape"
    );
    let image = Sequential::new().push(Reshape::new([2, 2]));
    assert_eq!(
        message(Branches::concat([image, dense(4)])),
        "layer `branches_1`: branch `branch_2` has outputs of shape [4], and branch `branch_1` [2, 2]; branches that \
         are concatenated have outputs that agree in all axes but the last"
    );
    assert_eq!(
        message(Residual::new(
            Sequential::new().push(Residual::new(dense(0)))
        )),
        "layer `residual_1.branch.residual_1.branch.dense_1`: Dense units is 0, but must be at least 1"
    );
    assert_eq!(
        message(Sequential::input([5]).push(Dense::new(3))),
        "layer `sequential_1`: got a sample of shape [4], but takes [5]"
    );
    assert_eq!(
        message(Branches::add([])),
        "layer `branches_1`: number of branches is 0, but must be at least 1"
    );
    let twice = Branches::add([])
        .push_named("a", dense(3))
        .push_named("a", dense(3));
    assert_eq!(
        message(twice),
        "layer name `branches_1.a` is used twice; names must be unique"
    );
    assert_eq!(
        message(Residual::new(dense(4)).activation(Elu { alpha: -1.0 })),
        "layer `residual_1`: Elu alpha is -1, but must be positive and finite"
    );
    let error = dense::<f32>(3).build(0).unwrap_err();
    assert_eq!(error, BuildError::NoInput);
    assert_eq!(
        error.to_string(),
        "the model has no input shape; start it with `Sequential::input`, not `Sequential::new`"
    );
}

/// What a description asks for is compared with the limits at any depth, just before it is built.
#[test]
fn limits_hold_inside() {
    let model = network().build(1).unwrap();
    let least = model.least_limits();
    let within = |limits| network().build_within(1, limits);
    assert_eq!(within(least).unwrap().weights(), model.weights());
    let smaller = |limits: Limits| match within(limits) {
        Err(BuildError::TooLarge { got, most, .. }) => assert!(got > most),
        other => panic!("{other:?}"),
    };
    let Limits {
        elements,
        sample,
        plan,
        operations,
    } = least;
    smaller(Limits {
        elements: elements - 1,
        ..least
    });
    smaller(Limits {
        sample: sample - 1,
        ..least
    });
    smaller(Limits {
        plan: plan - 1,
        ..least
    });
    smaller(Limits {
        operations: operations - 1,
        ..least
    });

    let huge = Sequential::<f32>::input([4]).push(Residual::new(dense(1 << 31)));
    let limits = Limits {
        elements: 1000,
        ..Limits::NONE
    };
    assert_eq!(
        huge.build_within(0, limits).unwrap_err().to_string(),
        "layer `residual_1.branch.dense_1`: 10737418240 elements in its parameters and those before it, but at most \
         1000 are allowed here"
    );
    let mut generator = generator(0);
    let residual = Residual::<f32>::new(bottleneck());
    let built = LayerSpec::build(&residual, &[4], &mut generator).unwrap();
    let elements: usize = built.params().iter().map(|param| param.value.len()).sum();
    assert_eq!(residual.element_count(&[4]), elements);
}

fn read(layers: serde_json::Value) -> ArchitectureError {
    let architecture = serde_json::json!({"input_shape": [4], "layers": layers});
    let architecture: Architecture = serde_json::from_value(architecture).unwrap();
    Registry::<f32>::new()
        .sequential(&architecture)
        .unwrap_err()
}

#[test]
fn files_that_are_wrong_inside() {
    let residual = |layers: serde_json::Value| {
        serde_json::json!([{"name": "r", "kind": "residual", "settings": {
            "branch": {"layers": layers}, "shortcut": {"layers": []}, "activation": "Relu"
        }}])
    };
    let unknown = serde_json::json!([{"name": "x", "kind": "nonsense", "settings": null}]);
    let error = read(residual(residual(unknown))).to_string();
    let expected = "layer `r.branch.r.branch.x` is of kind `nonsense`, but the kinds known here are activation, ";
    assert!(error.starts_with(expected), "{error}");
    let wrong =
        serde_json::json!([{"name": "d", "kind": "dropout", "settings": {"rate": 0.1, "p": 1}}]);
    let error = read(residual(wrong)).to_string();
    let expected =
        "layer `r.branch.d`: these are not the settings of a `dropout`: unknown field `p`";
    assert!(error.starts_with(expected), "{error}");

    let mut deep = serde_json::json!([]);
    for _ in 0..17 {
        deep = residual(deep);
    }
    let error = read(deep.clone()).to_string();
    assert!(
        error.ends_with("` is inside more than 16 layers"),
        "{error}"
    );
    let deep =
        serde_json::json!({"input_shape": [4], "layers": deep[0]["settings"]["branch"]["layers"]});
    let architecture: Architecture = serde_json::from_value(deep).unwrap();
    let network = Registry::<f32>::new().sequential(&architecture).unwrap();
    assert_eq!(network.build(0).unwrap().output_shape(), [4]);
}

/// One cache for all layers, as a walk through a network may have it: nothing of the layer before is left.
#[test]
fn a_cache_serves_one_layer_after_another() {
    let x: ArrayD<f64> = samples(&[6, 4], 1);
    let mut cache = Cache::default();
    for seed in 0..3 {
        let network = Sequential::<f64>::input([4]).push(Residual::new(bottleneck()));
        let model = network.build(seed).unwrap();
        let layer = &*model.layers()[0].layer;
        let y = single_layer::forward(layer, &x, &mut cache, Mode::Eval).unwrap();
        assert_eq!(y, model.predict(&x).unwrap());
    }
}

/// Some columns of a table, and a category with a vector of its own.
#[test]
fn a_table_with_a_category_is_learned() {
    // the label is a function of the category alone
    let x = Array2::from_shape_fn((120, 3), |(i, j)| match j {
        0 => (i % 6) as f64,
        _ => ((5 * i + j) as f64).sin(),
    });
    let y: Vec<usize> = (0..120).map(|i| [0, 1, 1, 0, 1, 0][i % 6]).collect();
    let category = Sequential::new()
        .push(Columns::new([0]))
        .push(Embedding::new(6, 2))
        .push(Flatten);
    let numbers = Sequential::new().push(Columns::new(1..3));
    let network = Sequential::input([3])
        .push(Branches::concat([category, numbers]))
        .push(Dense::new(8).activation(Relu))
        .push(Dense::new(2));
    let model = network.build(1).unwrap();
    let mut trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(0.05)).unwrap();
    trainer.fit(&x, &y, Fit::epochs(60).batch_size(20)).unwrap();
    assert_eq!(trainer.evaluate(&x, &y).unwrap().accuracy, Some(1.0));
    let unknown = Array2::from_elem((1, 3), 6.0);
    let y = trainer.model().predict(&unknown).unwrap();
    assert!(y.iter().all(|y| y.is_nan()), "{y}");
}
