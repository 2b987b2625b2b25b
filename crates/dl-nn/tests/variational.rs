//! The layers of variational autoencoders against closed forms, and models trained in two parts.

use dl_math::random::generator;
use dl_math::{DiagonalNormal, Normal};
use dl_nn::ndarray::{Array1, Array2, ArrayD, Axis, IxDyn, Slice, array};
use dl_nn::prelude::*;
use dl_nn::{LossPart, TargetRow, Workspace, single_layer};
use proptest::prelude::*;

fn forward(layer: &dyn Layer<f64>, x: &ArrayD<f64>, mode: Mode) -> ArrayD<f64> {
    single_layer::forward(layer, x, &mut Cache::default(), mode).unwrap()
}

proptest! {
    #[test]
    fn the_divergence_is_the_closed_form_and_that_of_the_distribution(
        mean in prop::array::uniform3(-3.0f64..3.0),
        log_variance in prop::array::uniform3(-4.0f64..2.0),
    ) {
        let x = [mean, log_variance].concat();
        let x = ArrayD::from_shape_vec(IxDyn(&[1, 6]), x).unwrap();
        let kl = forward(&StandardNormalKl, &x, Mode::Eval)[[0, 0]];
        let (mean, log_variance) = (Array1::from_iter(mean), Array1::from_iter(log_variance));
        let variance = log_variance.exp();
        let formula = 0.5 * (&variance + &mean * &mean - 1.0 - &log_variance).sum();
        prop_assert!((kl - formula).abs() <= 1e-13 * (1.0 + formula));
        let posterior = DiagonalNormal::new(&mean, &variance.sqrt()).unwrap();
        let expected = posterior.kl(&DiagonalNormal::standard(3).unwrap()).unwrap();
        prop_assert!((kl - expected).abs() <= 1e-13 * (1.0 + expected));
    }
}

/// A standard deviation beyond all numbers is an infinite loss, which training stops at.
#[test]
fn no_distribution_is_infinitely_far() {
    let x = array![[0.0, 1e9], [f64::NAN, 0.0], [0.0, 0.0]].into_dyn();
    let kl = forward(&StandardNormalKl, &x, Mode::Eval);
    assert_eq!(kl.as_slice().unwrap(), [f64::INFINITY, f64::INFINITY, 0.0]);
}

#[test]
fn draws_have_the_mean_and_the_variance_asked_for() {
    let n = 40_000;
    let row = array![1.5, -0.5, 4.0f64.ln(), 0.25f64.ln()];
    let x = row.broadcast((n, 4)).unwrap().to_owned().into_dyn();
    let z = forward(&Reparameterize, &x, Mode::Train { seed: 5 });
    for (j, (mean, std_dev)) in [(1.5, 2.0), (-0.5, 0.5)].into_iter().enumerate() {
        let found = Normal::fit(
            &z.index_axis(Axis(1), j)
                .to_owned()
                .into_dimensionality()
                .unwrap(),
        );
        let found: Normal<f64> = found.unwrap();
        // 4 standard errors
        let error = 4.0 * std_dev / (n as f64).sqrt();
        assert!((found.mean() - mean).abs() <= error, "{found:?}");
        assert!((found.std_dev() - std_dev).abs() <= error, "{found:?}");
    }
    let again = forward(&Reparameterize, &x, Mode::Train { seed: 6 });
    assert_ne!(z, again);
    let means = forward(&Reparameterize, &x, Mode::Eval);
    assert_eq!(means, x.slice_axis(Axis(1), Slice::from(..2)));
}

#[test]
fn an_odd_axis_is_refused() {
    for shape in [&[3][..], &[2, 5], &[]] {
        let error = Layer::<f32>::output_shape(&Reparameterize, shape).unwrap_err();
        assert!(
            error.to_string().contains("a mean and a log variance"),
            "{error}"
        );
        assert!(Layer::<f32>::output_shape(&StandardNormalKl, shape).is_err());
    }
    assert!(Layer::<f32>::output_shape(&StandardNormalKl, &[0]).is_err());
}

/// Layers that go in blocks at both ends, whole ones between; 100 × 100 numbers make several blocks.
fn model(parameters_first: bool) -> Model<f64> {
    let start = Sequential::input([100, 100]);
    let start = match parameters_first {
        true => start.push(LayerNorm::new()),
        false => start.push(Activate(Tanh)),
    };
    start
        .push(Flatten)
        .push(Dense::new(6).activation(Tanh))
        .push(Reparameterize)
        .push(Dense::new(2))
        .push(LayerNorm::new().epsilon(0.5))
        .build(3)
        .unwrap()
}

fn samples(n: usize) -> ArrayD<f64> {
    dl_nn::contract::samples(&[n, 100, 100], 4)
}

const MODE: Mode = Mode::Train { seed: 8 };

/// ½ Σ ‖y‖² and its gradient y.
fn train(model: &Model<f64>, workspace: &mut Workspace<f64>, x: &ArrayD<f64>) -> f64 {
    let share = workspace.train(model, Batch::from_array(x), MODE, &|_, outputs, delta| {
        delta.copy_from_slice(outputs);
        LossPart {
            loss: 0.5 * outputs.iter().map(|y| y * y).sum::<f64>(),
            correct: 0,
        }
    });
    share.loss
}

#[test]
fn two_halves_of_a_pass_are_the_whole() {
    for parameters_first in [true, false] {
        let model = model(parameters_first);
        let mut whole = Workspace::training(&model, 40).unwrap();
        let mut halves = Workspace::training(&model, 40).unwrap();
        for n in [40, 5, 33] {
            let x = samples(n);
            train(&model, &mut whole, &x);
            let batch = Batch::from_array(&x);
            let y = halves.forward_for_backward(&model, batch, MODE);
            let y = y.array().to_owned();
            let dy = Batch::from_array(&y);
            halves.backward(&model, batch, dy, None);
            assert_eq!(whole.grads(), halves.grads(), "{n}");
            assert!(
                whole
                    .grads()
                    .iter()
                    .flatten()
                    .all(|g| g.iter().any(|&g| g != 0.0))
            );

            let mut dx = ArrayD::from_elem(x.raw_dim(), f64::NAN);
            halves.forward_for_backward(&model, batch, MODE);
            let gradient = BatchMut::from_array(batch.sample_shape(), &mut dx);
            halves.backward(&model, batch, dy, Some(gradient));
            assert_eq!(whole.grads(), halves.grads(), "{n}");
            for at in [[0, 0, 0], [n - 1, 99, 99], [n / 2, 31, 77]] {
                let mut loss = |offset: f64| {
                    let mut moved = x.clone();
                    moved[at] += offset;
                    train(&model, &mut whole, &moved)
                };
                let mut slope = |h: f64| (loss(h) - loss(-h)) / (2.0 * h);
                let differences = (4.0 * slope(5e-4) - slope(1e-3)) / 3.0;
                let error = (differences - dx[at]).abs() / dx[at].abs();
                assert!(error <= 1e-6, "{at:?}: {differences} against {}", dx[at]);
            }
            train(&model, &mut whole, &x);
        }
    }
}

#[test]
fn a_model_cut_in_two_is_the_same_model() {
    let build = || -> Model<f64> {
        Sequential::input([4])
            .push(Dense::new(3).activation(Tanh))
            .push_named("code", Dense::new(2))
            .push(Dense::new(4))
            .build(1)
            .unwrap()
    };
    let mut rng = generator(2);
    let x = Array2::from_shape_simple_fn((5, 4), || f64::standard_normal(&mut rng));
    let (encoder, decoder) = build().split_after("code").unwrap();
    assert_eq!(encoder.output_shape(), [2]);
    assert_eq!(decoder.input_shape(), [2]);
    let code = encoder.predict(&x).unwrap();
    assert_eq!(
        decoder.predict(&code).unwrap(),
        build().predict(&x).unwrap()
    );
    let names: Vec<&str> = decoder.params().map(|(name, _)| name).collect();
    assert_eq!(names, ["dense_3.kernel", "dense_3.bias"]);
    for (wrong, shown) in [
        ("dense_3", "dense_3"),
        ("kode", "kode (did you mean `code`?)"),
    ] {
        let error = build().split_after(wrong).unwrap_err().to_string();
        let expected = format!(
            "Model split_after is {shown}, but must be the name of a layer that is not the last"
        );
        assert_eq!(error, expected);
    }
}

/// A batch's negative ELBO by hand and by the two models, its gradient by differences.
#[test]
fn the_bound_and_its_gradient_by_two_models() {
    let mut encoder: Model<f64> = Sequential::input([5]).push(Dense::new(4)).build(1).unwrap();
    let decoder: Model<f64> = Sequential::input([2]).push(Dense::new(5)).build(2).unwrap();
    let x = Array2::from_shape_fn((3, 5), |(i, j)| ((i * 5 + j) % 7) as f64 / 6.0).into_dyn();
    let bound = |encoder: &Model<f64>, grads: Option<&mut Vec<Vec<ArrayD<f64>>>>| {
        let n = x.len_of(Axis(0));
        let mut of_encoder = Workspace::training(encoder, n).unwrap();
        let mut of_decoder = Workspace::training(&decoder, n).unwrap();
        let latent = of_encoder
            .forward_for_backward(encoder, Batch::from_array(&x), MODE)
            .array()
            .to_owned();
        let mut cache = Cache::default();
        let z = single_layer::forward(&Reparameterize, &latent, &mut cache, MODE).unwrap();
        let logits = of_decoder
            .forward_for_backward(&decoder, Batch::from_array(&z), MODE)
            .array()
            .to_owned();
        let mut delta = logits.clone();
        let mut loss = 0.0;
        for ((y, x), mut delta) in logits
            .outer_iter()
            .zip(x.outer_iter())
            .zip(delta.outer_iter_mut())
        {
            let target = TargetRow::Values(x.to_slice().unwrap());
            let delta = delta.as_slice_mut().unwrap();
            loss += 5.0 * BinaryCrossEntropy::new().sample(y.to_slice().unwrap(), target, delta);
        }
        delta *= 5.0;
        let mut dz = z.clone();
        of_decoder.backward(
            &decoder,
            Batch::from_array(&z),
            Batch::from_array(&delta),
            Some(BatchMut::from_array(&[2], &mut dz)),
        );
        let (dlatent, _) = single_layer::backward(&Reparameterize, &latent, &z, &dz, &mut cache);
        let kl = forward(&StandardNormalKl, &latent, MODE);
        loss += kl.sum();
        let one = ArrayD::ones(kl.raw_dim());
        let (dkl, _) = single_layer::backward(&StandardNormalKl, &latent, &kl, &one, &mut cache);
        let dlatent = dlatent + dkl;
        of_encoder.backward(
            encoder,
            Batch::from_array(&x),
            Batch::from_array(&dlatent),
            None,
        );
        if let Some(grads) = grads {
            *grads = of_encoder.grads().to_vec();
        }
        loss
    };
    let mut grads = Vec::new();
    bound(&encoder, Some(&mut grads));
    for (i, gradient) in grads.iter().flatten().enumerate() {
        for place in 0..gradient.len() {
            let mut at = |offset: f64| {
                let shift = |model: &mut Model<f64>, by: f64| {
                    let (_, value) = model.params_mut().nth(i).unwrap();
                    value.into_slice().unwrap()[place] += by;
                };
                shift(&mut encoder, offset);
                let loss = bound(&encoder, None);
                shift(&mut encoder, -offset);
                loss
            };
            let mut slope = |h: f64| (at(h) - at(-h)) / (2.0 * h);
            let differences = (4.0 * slope(5e-4) - slope(1e-3)) / 3.0;
            let backward = gradient.as_slice().unwrap()[place];
            let error = (backward - differences).abs() / backward.abs().max(1e-3);
            assert!(error <= 1e-7, "{i}[{place}]: {backward}, {differences}");
        }
    }
}
