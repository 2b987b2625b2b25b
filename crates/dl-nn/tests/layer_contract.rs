//! One contract, run over every layer there is.

use std::fmt::Debug;

use dl_core::random::generator;
use dl_nn::contract::{ContractError, check, check_passes, perturb, samples};
use dl_nn::gradient_check::{GradientError, TOLERANCE, check_layer};
use dl_nn::ndarray::{ArrayD, ArrayViewD, Axis, IxDyn};
use dl_nn::prelude::*;
use dl_nn::single_layer;
use proptest::prelude::*;
use proptest::test_runner::Reason;

const ACTIVATIONS: [Activation; 11] = [
    Identity,
    Relu,
    LeakyRelu { slope: 0.1 },
    LeakyRelu { slope: 0.0 },
    Elu { alpha: 0.7 },
    Gelu,
    Silu,
    Sigmoid,
    Tanh,
    Softplus,
    Softmax,
];

/// A description of any type.
trait AnySpec<F>: Debug {
    fn kind(&self) -> &'static str;
    fn element_count(&self, shape: &[usize]) -> usize;
    fn build(&self, shape: &[usize], seed: u64) -> Box<dyn Layer<F>>;
}

impl<F: Scalar, S: LayerSpec<F>> AnySpec<F> for S {
    fn kind(&self) -> &'static str {
        S::KIND
    }

    fn element_count(&self, shape: &[usize]) -> usize {
        LayerSpec::element_count(self, shape)
    }

    fn build(&self, shape: &[usize], seed: u64) -> Box<dyn Layer<F>> {
        LayerSpec::build(self, shape, &mut generator(seed)).unwrap()
    }
}

/// A layer under test and what is known of it.
#[derive(Debug)]
struct Case {
    spec: Box<dyn AnySpec<f64>>,
    single: Box<dyn AnySpec<f32>>,
    kind: &'static str,
    params: &'static [&'static str],
    output: Vec<usize>,
}

fn case(
    spec: impl LayerSpec<f64> + LayerSpec<f32> + Clone + 'static,
    kind: &'static str,
    params: &'static [&'static str],
    output: &[usize],
) -> Case {
    Case {
        spec: Box::new(spec.clone()),
        single: Box::new(spec),
        kind,
        params,
        output: output.to_vec(),
    }
}

/// Every layer that takes samples of this shape.
fn cases(shape: &[usize]) -> Vec<Case> {
    let size = shape.iter().product();
    let norm: &[&str] = &["gamma", "beta"];
    let mut cases = vec![
        case(Dropout::new(0.4), "dropout", &[], shape),
        case(Flatten, "flatten", &[], &[size]),
        case(Reshape::new([1, size, 1]), "reshape", &[], &[1, size, 1]),
        // with few rows and a small ε, x̂ is ±1 and its derivative nearly 0
        case(BatchNorm::new().epsilon(0.5), "batch_norm", norm, shape),
        case(LayerNorm::new().epsilon(0.5), "layer_norm", norm, shape),
        case(GroupNorm::new(1).epsilon(0.5), "group_norm", norm, shape),
        case(PRelu::new(), "prelu", &["slope"], shape),
        case(
            Columns::new([0]),
            "columns",
            &[],
            &[&shape[..shape.len() - 1], &[1]].concat(),
        ),
        case(
            Columns::new([shape[shape.len() - 1] - 1, 0, 0]),
            "columns",
            &[],
            &[&shape[..shape.len() - 1], &[3]].concat(),
        ),
    ];
    if let [outer @ .., last] = shape
        && last.is_multiple_of(2)
    {
        let with = |last: usize| [outer, &[last]].concat();
        let half = with(last / 2);
        let groups = GroupNorm::new(last / 2).epsilon(0.5);
        cases.push(case(groups, "group_norm", norm, shape));
        cases.push(case(Reparameterize, "reparameterize", &[], &half));
        let (kl, one) = (StandardNormalKl, with(1));
        cases.push(case(kl, "standard_normal_kl", &[], &one));
    }
    for activation in ACTIVATIONS {
        cases.push(case(Activate(activation), "activation", &[], shape));
        if shape.len() == 1 {
            let dense = Dense::new(3).activation(activation);
            cases.push(case(dense.clone(), "dense", &["kernel", "bias"], &[3]));
            cases.push(case(dense.bias(false), "dense", &["kernel"], &[3]));
        }
    }
    cases
}

/// The layer with parameters and state that are nowhere 0 or 1.
fn build<F: Scalar>(spec: &dyn AnySpec<F>, shape: &[usize], seed: u64) -> Box<dyn Layer<F>> {
    let mut layer = spec.build(shape, seed);
    perturb(&mut *layer, seed + 1);
    layer
}

fn names(params: &[Param<'_, f64>]) -> Vec<String> {
    params.iter().map(|p| p.name.to_string()).collect()
}

fn forward(
    layer: &dyn Layer<f64>,
    x: ArrayViewD<f64>,
    cache: &mut Cache<f64>,
    mode: Mode,
) -> ArrayD<f64> {
    single_layer::forward(layer, &x, cache, mode).unwrap()
}

fn assert_close(
    what: &dyn Debug,
    ours: ArrayViewD<f64>,
    expected: ArrayViewD<f64>,
    tolerance: f64,
) {
    assert_eq!(ours.shape(), expected.shape(), "{what:?}");
    for (a, b) in ours.iter().zip(&expected) {
        let difference = (a - b).abs();
        assert!(difference <= tolerance, "{what:?}: {a} against {b}");
    }
}

fn check_shapes_and_names(case: &Case, shape: &[usize], seed: u64) {
    let mut layer = build(&*case.spec, shape, seed);
    assert_eq!(case.spec.kind(), case.kind);
    let arrays = layer.params().into_iter().chain(layer.state());
    let elements: usize = arrays.map(|array| array.value.len()).sum();
    assert_eq!(case.spec.element_count(shape), elements, "{case:?}");
    assert_eq!(layer.output_shape(shape).unwrap(), case.output, "{case:?}");
    assert_eq!(names(&layer.params()), case.params, "{case:?}");
    let state: &[&str] = match case.kind {
        "batch_norm" => &["running_mean", "running_variance"],
        _ => &[],
    };
    assert_eq!(names(&layer.state()), state, "{case:?}");
    let state_mut: Vec<_> = layer
        .state_mut()
        .iter()
        .map(|s| s.name.to_string())
        .collect();
    assert_eq!(state_mut, state, "{case:?}");
    let same_seed = build(&*case.spec, shape, seed);
    for (a, b) in layer.params().iter().zip(same_seed.params()) {
        assert_eq!(a.value, b.value, "{case:?}");
    }
}

/// All of it in `f64`, all but the gradients' values in `f32`.
fn check_contract(case: &Case, shape: &[usize], batch: usize, seed: u64) -> Result<(), Reason> {
    check_shapes_and_names(case, shape, seed);
    let samples_shape = [&[batch], shape].concat();
    let x = samples(&samples_shape, seed);
    let mut layer = build(&*case.spec, shape, seed);
    let report = match check(&mut *layer, &x) {
        Ok(report) => report,
        // a unit at 0 puts every input of its sample at the kink
        Err(ContractError::Gradient(GradientError::Kinks { .. })) => return Err("a kink".into()),
        // no input is negative, where the slope would matter
        Err(ContractError::Gradient(GradientError::Zero { .. })) if case.kind == "prelu" => {
            return Err("inputs that are all positive".into());
        }
        Err(error) => panic!("{case:?} on {shape:?}: {error}"),
    };
    let parameters: usize = layer.params().iter().map(|p| p.value.len()).sum();
    assert_eq!(report.checked + report.kinks, x.len() + parameters);
    assert!(report.worst <= TOLERANCE);
    let mut layer = build(&*case.single, shape, seed);
    if let Err(error) = check_passes(&mut *layer, &samples(&samples_shape, seed)) {
        panic!("{case:?} on {shape:?} in f32: {error}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_layer_keeps_the_contract(
        shape in prop::collection::vec(2..5_usize, 1..=3),
        batch in 2..5_usize,
        seed in 0..1_000_000_u64,
    ) {
        for case in cases(&shape) {
            check_contract(&case, &shape, batch, seed).map_err(TestCaseError::reject)?;
        }
    }
}

/// Samples need not have several axes or several elements, nor batches several samples.
#[test]
fn the_smallest_batches() {
    for case in cases(&[1]) {
        check_shapes_and_names(&case, &[1], 3);
        check_passes(&mut *build(&*case.spec, &[1], 3), &samples(&[1, 1], 5)).unwrap();
        check_passes(&mut *build(&*case.single, &[1], 3), &samples(&[1, 1], 5)).unwrap();
    }
}

/// Products of 160 × 2048 × 64 multiply-adds are split.
#[test]
fn layers_that_split_their_work() {
    for case in [
        case(Dense::new(64), "dense", &["kernel", "bias"], &[64]),
        case(BatchNorm::new(), "batch_norm", &["gamma", "beta"], &[2048]),
    ] {
        check_passes(
            &mut *build(&*case.spec, &[2048], 3),
            &samples(&[160, 2048], 5),
        )
        .unwrap();
        check_passes(
            &mut *build(&*case.single, &[2048], 3),
            &samples(&[160, 2048], 5),
        )
        .unwrap();
    }
}

#[test]
fn normalisation_with_its_own_epsilon() {
    let x = samples(&[8, 2, 5], 9);
    for case in [
        case(BatchNorm::new(), "batch_norm", &["gamma", "beta"], &[2, 5]),
        case(LayerNorm::new(), "layer_norm", &["gamma", "beta"], &[2, 5]),
    ] {
        let mut layer = build(&*case.spec, &[2, 5], 1);
        check_layer(&mut *layer, &x).unwrap();
        let y = forward(
            &*case.spec.build(&[2, 5], 1),
            x.view(),
            &mut Cache::default(),
            Mode::Train { seed: 0 },
        );
        // γ = 1, β = 0: what comes out has mean 0 and variance 1
        let rows = match case.kind {
            "batch_norm" => y.to_shape((16, 5)).unwrap().reversed_axes().to_owned(),
            _ => y.to_shape((16, 5)).unwrap().to_owned(),
        };
        for row in rows.rows() {
            let mean = row.mean().unwrap();
            let variance = row.mapv(|y| (y - mean) * (y - mean)).mean().unwrap();
            assert!(mean.abs() <= 1e-12, "{}: {mean}", case.kind);
            assert!((variance - 1.0).abs() <= 1e-3, "{}: {variance}", case.kind);
        }
    }
}

/// In evaluation μ and σ² are constants, so the gradient is γ/√(σ² + ε) · δ.
#[test]
fn batch_norm_differentiates_its_evaluation_too() {
    let x = samples(&[4, 3], 2);
    let case = case(BatchNorm::new(), "batch_norm", &["gamma", "beta"], &[3]);
    let layer = build(&*case.spec, &[3], 1);
    let mut cache = Cache::default();
    let y = forward(&*layer, x.view(), &mut cache, Mode::Eval);
    let dy = x.mapv(f64::cos);
    let (dx, _) = single_layer::backward(&*layer, &x, &y, &dy, &mut cache);
    let (gamma, variance) = (&layer.params()[0].value, &layer.state()[1].value);
    let expected = dy * gamma / variance.mapv(|v| (v + 1e-5).sqrt());
    assert_close(&"dx", dx.view(), expected.view(), 1e-14);
}

#[test]
fn dropout_keeps_the_expectation() {
    let n = 100_000;
    let rate = 0.3;
    let layer: Box<dyn Layer<f64>> = AnySpec::build(&Dropout::new(rate), &[n], 0);
    let x = ArrayD::ones(IxDyn(&[1, n]));
    let run = |mode| forward(&*layer, x.view(), &mut Cache::default(), mode);
    let y = run(Mode::Train { seed: 1 });
    let dropped = y.iter().filter(|&&y| y == 0.0).count() as f64 / n as f64;
    // five standard errors
    let error = 5.0 * (rate * (1.0 - rate) / n as f64).sqrt();
    assert!((dropped - rate).abs() <= error, "{dropped}");
    assert!(y.iter().all(|&y| y == 0.0 || y == 1.0 / (1.0 - rate)));
    assert_eq!(y, run(Mode::Train { seed: 1 }));
    assert_ne!(y, run(Mode::Train { seed: 2 }));
    assert_eq!(x, run(Mode::Eval));
}

/// Instance normalisation has as many groups as channels, layer normalisation of a vector has one.
#[test]
fn group_normalisation_between_its_ends() {
    let x = samples::<f64>(&[3, 8], 5);
    let of = |spec: &dyn AnySpec<f64>| {
        forward(
            &*spec.build(&[8], 0),
            x.view(),
            &mut Cache::default(),
            Mode::Eval,
        )
    };
    let (group, layer) = (of(&GroupNorm::new(1)), of(&LayerNorm::new()));
    assert_close(&"one group", group.view(), layer.view(), 1e-12);
    let instance = of(&GroupNorm::new(8));
    assert!(
        instance.iter().all(|&y| y == 0.0),
        "a single element is its own mean"
    );
}

#[test]
fn embeddings_look_up_their_rows() {
    let spec = Embedding::new(5, 3);
    let layer: Box<dyn Layer<f64>> = AnySpec::build(&spec, &[2], 1);
    let table = layer.params()[0].value.to_owned();
    let x = ArrayD::from_shape_vec(IxDyn(&[2, 2]), vec![4.0, 0.0, 4.0, 2.0]).unwrap();
    let mut cache = Cache::default();
    let y = forward(&*layer, x.view(), &mut cache, Mode::Eval);
    assert_eq!(y.shape(), [2, 2, 3]);
    for (row, &category) in y.rows().into_iter().zip(&x) {
        let expected = table.index_axis(Axis(0), category as usize);
        assert!(row.iter().eq(&expected));
    }
    let dy = y.mapv(f64::sin);
    let (dx, grads) = single_layer::backward(&*layer, &x, &y, &dy, &mut cache);
    assert!(dx.iter().all(|&dx| dx == 0.0));
    let rows: Vec<_> = dy.rows().into_iter().collect();
    let row = |i: usize| grads[0].index_axis(Axis(0), i).to_owned();
    assert_eq!(row(4), (&rows[0] + &rows[2]).into_dyn());
    assert_eq!(row(0), rows[1].into_dyn());
    assert!(row(1).iter().chain(&row(3)).all(|&g| g == 0.0));
    for wrong in [-1.0, 5.0, 1.5, f64::NAN] {
        let x = ArrayD::from_elem(IxDyn(&[1, 2]), wrong);
        let y = forward(&*layer, x.view(), &mut Cache::default(), Mode::Eval);
        assert!(y.iter().all(|y| y.is_nan()), "{wrong}");
    }
    let mut layer: Box<dyn Layer<f32>> = AnySpec::build(&spec, &[2], 1);
    let x = ArrayD::from_shape_fn(IxDyn(&[7, 2]), |i| (i[0] % 5) as f32);
    check_passes(&mut *layer, &x).unwrap();
}
