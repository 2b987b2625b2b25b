//! What every optimiser must do, and what it says of bad input.

use dl_nn::Scalar;
use dl_nn::optim::{
    AdaGrad, Adam, AdamW, Optimizer, OptimizerState, Parameter, RmsProp, Rule, Sgd,
};
use proptest::prelude::*;
use rayon::ThreadPoolBuilder;

fn rules<F: Scalar>() -> Vec<Optimizer<F>> {
    let sgd = Sgd::new(0.01);
    vec![
        Optimizer::new(sgd).unwrap(),
        Optimizer::new(sgd.momentum(0.9)).unwrap(),
        Optimizer::new(sgd.momentum(0.9).nesterov(true)).unwrap(),
        Optimizer::new(AdaGrad::new(0.01)).unwrap(),
        Optimizer::new(RmsProp::new(0.01)).unwrap(),
        Optimizer::new(RmsProp::new(0.01).momentum(0.5)).unwrap(),
        Optimizer::new(Adam::new(0.01)).unwrap(),
        Optimizer::new(AdamW::new(0.01).weight_decay(0.1)).unwrap(),
    ]
}

/// The same rules with a penalty and a bound.
fn adjusted() -> Vec<Optimizer<f32>> {
    let sgd = Sgd::new(0.01).momentum(0.9);
    let rules: [Box<dyn Rule<f32>>; 6] = [
        Box::new(Sgd::new(0.01).l2(0.01).clip_norm(3.0)),
        Box::new(sgd.nesterov(true).l2(0.01).clip_norm(3.0)),
        Box::new(AdaGrad::new(0.01).l2(0.01).clip_norm(3.0)),
        Box::new(RmsProp::new(0.01).l2(0.01).clip_norm(3.0)),
        Box::new(Adam::new(0.01).l2(0.01).clip_norm(3.0)),
        Box::new(AdamW::new(0.01).l2(0.01).clip_norm(3.0)),
    ];
    rules.map(|rule| Optimizer::new(rule).unwrap()).into()
}

fn parameter<'a, F>(name: &'a str, value: &'a mut [F], grad: &'a [F]) -> Parameter<'a, F> {
    Parameter {
        decay: true,
        ..Parameter::new(name, value, grad)
    }
}

/// Some numbers in [-1, 1], different for each `salt`.
fn numbers<F: Scalar>(n: usize, salt: usize) -> Vec<F> {
    let number = |i: usize| (((i + 1) * (salt + 3)) as f64).sin();
    (0..n).map(|i| F::cast(number(i))).collect()
}

/// Steps `from..to` with gradients that depend on the step alone.
fn train<F: Scalar>(optimizer: &mut Optimizer<F>, value: &mut [F], steps: std::ops::Range<usize>) {
    for t in steps {
        let grad = numbers(value.len(), t);
        optimizer
            .step(&mut [parameter("w", value, &grad)], 1.0)
            .unwrap();
    }
}

fn every_rule_goes_on_after_a_restart<F>()
where
    F: Scalar + serde::Serialize + serde::de::DeserializeOwned,
{
    for fresh in rules::<F>() {
        let start: Vec<F> = numbers(37, 100);

        let mut never_stopped = start.clone();
        train(&mut fresh.clone(), &mut never_stopped, 0..20);

        let mut resumed = start;
        let mut before = fresh.clone();
        train(&mut before, &mut resumed, 0..8);
        let saved = serde_json::to_string(before.state()).unwrap();
        let mut after = fresh;
        let state: OptimizerState<F> = serde_json::from_str(&saved).unwrap();
        assert_eq!(&state, before.state());
        after.load_state(state).unwrap();
        train(&mut after, &mut resumed, 8..20);

        assert_eq!(after.state().step, 20);
        assert_eq!(resumed, never_stopped, "{}", after.name());
    }
}

#[test]
fn every_rule_goes_on_after_a_restart_to_the_bit() {
    every_rule_goes_on_after_a_restart::<f32>();
    every_rule_goes_on_after_a_restart::<f64>();
}

#[test]
fn one_and_eight_threads_give_the_same_bits() {
    let large = 700_001;
    let run = |threads: usize, mut optimizer: Optimizer<f32>| {
        let pool = ThreadPoolBuilder::new().num_threads(threads).build();
        let mut value = numbers(large, 100);
        pool.unwrap()
            .install(|| train(&mut optimizer, &mut value, 0..2));
        (value, optimizer.state().clone())
    };
    for optimizer in adjusted() {
        let name = optimizer.name();
        assert!(run(1, optimizer.clone()) == run(8, optimizer), "{name}");
    }
}

/// The vector loop, its remainder and the split must not skip or repeat a weight.
#[test]
fn every_weight_is_updated_once_whatever_the_length() {
    for n in (0..70).chain([131_072, 131_073, 300_001]) {
        let mut value: Vec<f64> = numbers(n, 1);
        let grad: Vec<f64> = numbers(n, 2);
        let expected: Vec<f64> = value.iter().zip(&grad).map(|(w, g)| w - 0.5 * g).collect();
        let mut sgd = Optimizer::new(Sgd::new(0.5)).unwrap();
        sgd.step(&mut [parameter("w", &mut value, &grad)], 1.0)
            .unwrap();
        assert!(value == expected, "{n}");
    }
}

/// Every part of a long gradient counts in its norm.
#[test]
fn the_norm_of_a_long_gradient() {
    for n in [17, 131_073, 700_001] {
        let (mut w, ones) = (vec![0.0f32; n], vec![1.0; n]);
        let mut sgd = Optimizer::new(Sgd::new(1.0).clip_norm(2.0)).unwrap();
        sgd.step(&mut [parameter("w", &mut w, &ones)], 1.0).unwrap();
        let expected = -2.0 / (n as f32).sqrt();
        assert!(w.iter().all(|w| (w / expected - 1.0).abs() <= 1e-6), "{n}");
    }
}

#[test]
fn every_rule_descends_a_quadratic() {
    for mut optimizer in rules::<f32>() {
        let mut w = [1.0, -2.0];
        for _ in 0..2000 {
            let grad = [w[0], 10.0 * w[1]];
            optimizer
                .step(&mut [parameter("w", &mut w, &grad)], 1.0)
                .unwrap();
        }
        let loss = 0.5 * (w[0] * w[0] + 10.0 * w[1] * w[1]);
        // It was 20.5. AdaGrad, whose steps shrink, is the slowest.
        assert!(loss <= 10.0, "{}: {loss}", optimizer.name());
    }
}

#[test]
fn decay_leaves_other_parameters_alone() {
    let adamw = AdamW::new(0.1).weight_decay(0.5).l1(0.1).l2(0.1);
    let mut optimizer = Optimizer::new(adamw).unwrap();
    let (mut kernel, mut bias, zero) = ([2.0], [2.0], [0.0]);
    let mut parameters = [
        parameter("kernel", &mut kernel, &zero),
        Parameter {
            decay: false,
            ..parameter("bias", &mut bias, &zero)
        },
    ];
    optimizer.step(&mut parameters, 1.0).unwrap();
    assert!(kernel[0] < 2.0, "{kernel:?}");
    assert_eq!(bias, [2.0]);
}

#[test]
fn the_factor_multiplies_the_learning_rate() {
    let stepped = |learning_rate, factor| {
        let mut w = [1.0];
        let mut sgd = Optimizer::<f64>::new(Sgd::new(learning_rate)).unwrap();
        sgd.step(&mut [parameter("w", &mut w, &[3.0])], factor)
            .unwrap();
        w
    };
    assert_eq!(stepped(0.25, 0.5), [1.0 - 0.125 * 3.0]);
}

#[test]
fn nan_gradients_are_not_hidden_by_clipping() {
    let sgd = Sgd::new(0.1);
    for rule in [sgd.clip_norm(1.0), sgd.clip_value(1.0)] {
        let mut optimizer = Optimizer::new(rule).unwrap();
        let mut w = [1.0];
        let nan = [f32::NAN];
        let mut parameters = [parameter("w", &mut w, &nan)];
        optimizer.step(&mut parameters, 1.0).unwrap();
        assert!(w[0].is_nan());
    }
}

proptest! {
    /// With learning rate 1 plain descent moves by the gradient it was left with.
    #[test]
    fn clipped_norm_is_within_its_bound(
        grads in prop::collection::vec(-1e3..1e3f64, 1..60),
        cut in 0usize..60,
        bound in 1e-3..1e3f64,
    ) {
        let (a, b) = grads.split_at(cut.min(grads.len()));
        let (mut wa, mut wb) = (vec![0.0; a.len()], vec![0.0; b.len()]);
        let mut sgd = Optimizer::new(Sgd::new(1.0).clip_norm(bound)).unwrap();
        sgd.step(&mut [parameter("a", &mut wa, a), parameter("b", &mut wb, b)], 1.0).unwrap();

        let norm = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
        let moved = [wa, wb].concat();
        prop_assert!(norm(&moved) <= bound * (1.0 + 1e-12));
        // The direction stays, and short gradients stay as they are.
        let scale = (bound / (norm(&grads) + 1e-6)).min(1.0);
        for (w, g) in moved.iter().zip(&grads) {
            prop_assert!((w + scale * g).abs() <= 1e-9);
        }
    }

    #[test]
    fn clipped_values_are_within_their_bound(
        grads in prop::collection::vec(-1e3..1e3f64, 1..60),
        bound in 1e-3..1e3f64,
    ) {
        let mut w = vec![0.0; grads.len()];
        let mut sgd = Optimizer::new(Sgd::new(1.0).clip_value(bound)).unwrap();
        sgd.step(&mut [parameter("w", &mut w, &grads)], 1.0).unwrap();
        for (w, g) in w.iter().zip(&grads) {
            prop_assert_eq!(*w, -g.clamp(-bound, bound));
        }
    }
}

#[track_caller]
fn assert_invalid(rule: impl Rule<f64> + 'static, message: &str) {
    assert_eq!(Optimizer::new(rule).unwrap_err().to_string(), message);
}

#[test]
fn options_outside_their_ranges() {
    let rate = "learning_rate is 0, but must be positive and finite";
    assert_invalid(Sgd::new(0.0), &format!("Sgd {rate}"));
    assert_invalid(AdaGrad::new(0.0), &format!("AdaGrad {rate}"));
    assert_invalid(RmsProp::new(0.0), &format!("RmsProp {rate}"));
    assert_invalid(Adam::new(0.0), &format!("Adam {rate}"));
    assert_invalid(AdamW::new(0.0), &format!("AdamW {rate}"));
    assert_invalid(
        Adam::new(f64::NAN),
        "Adam learning_rate is NaN, but must be positive and finite",
    );
    assert_invalid(
        Sgd::new(0.1).momentum(1.0),
        "Sgd momentum is 1, but must be in [0, 1)",
    );
    assert_invalid(
        Sgd::new(0.1).nesterov(true),
        "Sgd nesterov is true, but must be false where momentum is 0",
    );
    assert_invalid(
        AdaGrad::new(0.1).epsilon(0.0),
        "AdaGrad epsilon is 0, but must be positive and finite",
    );
    assert_invalid(
        RmsProp::new(0.1).rho(-0.1),
        "RmsProp rho is -0.1, but must be in [0, 1)",
    );
    assert_invalid(
        RmsProp::new(0.1).momentum(2.0),
        "RmsProp momentum is 2, but must be in [0, 1)",
    );
    assert_invalid(
        Adam::new(0.1).beta1(1.0),
        "Adam beta1 is 1, but must be in [0, 1)",
    );
    assert_invalid(
        AdamW::new(0.1).beta2(f64::NAN),
        "AdamW beta2 is NaN, but must be in [0, 1)",
    );
    assert_invalid(
        AdamW::new(0.1).weight_decay(-1.0),
        "AdamW weight_decay is -1, but must be finite and at least 0",
    );

    let sgd = Sgd::new(0.1);
    for (rule, message) in [
        (
            sgd.l1(-1.0),
            "Sgd l1 is -1, but must be finite and at least 0",
        ),
        (
            sgd.l2(f64::INFINITY),
            "Sgd l2 is inf, but must be finite and at least 0",
        ),
        (
            sgd.clip_value(0.0),
            "Sgd clip_value is 0, but must be positive and finite",
        ),
        (
            sgd.clip_norm(f64::INFINITY),
            "Sgd clip_norm is inf, but must be positive and finite",
        ),
    ] {
        assert_invalid(rule, message);
    }
}

#[test]
fn parameters_that_are_not_the_states() {
    let mut adam = Optimizer::new(Adam::new(0.1)).unwrap();
    let (mut a, mut b, zeros) = ([1.0; 3], [1.0; 2], [0.0; 3]);
    adam.step(
        &mut [
            parameter("dense_1.kernel", &mut a, &zeros),
            parameter("dense_1.bias", &mut b, &zeros[..2]),
        ],
        1.0,
    )
    .unwrap();
    let before = adam.state().clone();

    let mut step = |names: &[&str], len: usize, grad_len: usize| {
        let mut values = vec![vec![1.0; len]; names.len()];
        let grad = vec![1.0; grad_len];
        let parameters = names.iter().zip(&mut values);
        let mut parameters: Vec<_> = parameters.map(|(n, v)| parameter(n, v, &grad)).collect();
        let message = adam.step(&mut parameters, 1.0).unwrap_err().to_string();
        assert_eq!(adam.state(), &before);
        assert_eq!(values, vec![vec![1.0; len]; names.len()]);
        message
    };
    assert_eq!(
        step(&["dense_1.kernel"], 3, 3),
        "1 parameters were given, but the optimiser's state has 2; if layers have been frozen or unfrozen since, \
         reset the optimiser"
    );
    assert_eq!(
        step(&["dense_1.kernel", "dense_2.bias"], 3, 3),
        "parameter 1 is `dense_2.bias`, but the optimiser's state has `dense_1.bias` there"
    );
    assert_eq!(
        step(&["dense_1.kernel", "dense_1.bias"], 3, 3),
        "`dense_1.bias` has 3 values, but its `m` in the optimiser's state has 2"
    );
    assert_eq!(
        step(&["dense_1.kernel", "dense_1.bias"], 3, 4),
        "`dense_1.kernel` has 3 values, but its gradient has 4"
    );
}

#[test]
fn states_of_other_optimisers() {
    let state_of = |mut optimizer: Optimizer<f64>| {
        train(&mut optimizer, &mut [1.0, 2.0], 0..1);
        optimizer.state().clone()
    };
    let load = |rule: Sgd, state| {
        let mut optimizer = Optimizer::<f64>::new(rule).unwrap();
        let message = optimizer.load_state(state).unwrap_err().to_string();
        assert_eq!(optimizer.state().step, 0);
        message
    };
    let sgd = Sgd::new(0.1);
    let momentum = sgd.momentum(0.9);

    let adam = state_of(Optimizer::new(Adam::new(0.1)).unwrap());
    assert_eq!(
        load(sgd, adam),
        "the optimiser is Sgd, but the state is of Adam"
    );
    let mut state = state_of(Optimizer::new(momentum).unwrap());
    assert_eq!(
        load(sgd, state.clone()),
        "Sgd keeps the slots [] with these options, but the state has [\"velocity\"]"
    );
    state.parameters[0].slots.clear();
    assert_eq!(
        load(momentum, state),
        "the state of `w` has 0 slots, but must have 1"
    );
}
