//! The optimisers and schedules against PyTorch's; `reference/optimizers.py` made the values.

use std::collections::BTreeMap;

use dl_nn::optim::{AdaGrad, Adam, AdamW, Optimizer, Parameter, RmsProp, Rule, Sgd};
use dl_nn::schedule::{
    Cosine, ExponentialDecay, OneCycle, ReduceOnPlateau, Schedule, StepDecay, WarmUp,
};
use serde::Deserialize;

const TOLERANCE: f64 = 1e-12;

#[derive(Deserialize)]
struct Reference {
    optimizers: BTreeMap<String, Vec<Vec<f64>>>,
    schedules: BTreeMap<String, Vec<f64>>,
    measures: Vec<f64>,
    plateau: Vec<f64>,
    #[serde(rename = "plateau no patience")]
    plateau_no_patience: Vec<f64>,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("reference/optimizers.json")).unwrap()
}

#[track_caller]
fn assert_close(what: &str, ours: &[f64], theirs: &[f64]) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (i, (a, b)) in ours.iter().zip(theirs).enumerate() {
        let difference = (a - b).abs();
        assert!(difference <= TOLERANCE, "{what} [{i}]: {a} against {b}");
    }
}

/// Rosenbrock's chain over the kernel plus a coupling to the bias, as in the script.
fn gradients(k: &[f64; 5], b: &[f64; 2]) -> ([f64; 5], [f64; 2]) {
    let mut dk = [0.0; 5];
    for i in 0..4 {
        let valley = k[i + 1] - k[i] * k[i];
        dk[i] += -40.0 * k[i] * valley - 2.0 * (1.0 - k[i]);
        dk[i + 1] += 20.0 * valley;
    }
    let db = [b[0] - k[0], 4.0 * (b[1] + k[1])];
    dk[0] -= db[0];
    dk[1] += db[1];
    (dk, db)
}

fn ten_steps(mut optimizer: Optimizer<f64>) -> Vec<Vec<f64>> {
    let mut kernel = [-1.2, 1.0, 0.5, 0.0, -0.3];
    let mut bias = [0.4, -0.7];
    let step = |_| {
        let (kernel_grad, bias_grad) = gradients(&kernel, &bias);
        let mut parameters = [
            Parameter {
                decay: true,
                ..Parameter::new("dense.kernel", &mut kernel, &kernel_grad)
            },
            Parameter::new("dense.bias", &mut bias, &bias_grad),
        ];
        optimizer.step(&mut parameters, 1.0).unwrap();
        [&kernel[..], &bias[..]].concat()
    };
    (0..10).map(step).collect()
}

#[test]
fn first_ten_steps() {
    let sgd = Sgd::new(0.002);
    let momentum = sgd.momentum(0.9);
    let nesterov = momentum.nesterov(true);
    let all = sgd.clip_value(9.0).clip_norm(10.0).l1(0.3).l2(0.1);
    let adam = Adam::new(0.05);
    let adam_options = adam.beta1(0.8).beta2(0.95).epsilon(0.1);
    let adamw = AdamW::new(0.05).weight_decay(0.1);
    let adamw_options = AdamW::new(0.05).beta1(0.8).beta2(0.95).epsilon(0.1);
    let adamw_options = adamw_options.weight_decay(0.3).clip_norm(2.0);
    let rmsprop_options = RmsProp::new(0.01).rho(0.9).momentum(0.5).epsilon(0.1);
    let ours: [(_, Box<dyn Rule<f64>>); 18] = [
        ("sgd", Box::new(sgd)),
        ("sgd momentum", Box::new(momentum)),
        ("sgd nesterov", Box::new(nesterov)),
        ("sgd l1", Box::new(sgd.l1(0.3))),
        ("sgd nesterov l2", Box::new(nesterov.l2(0.1))),
        ("sgd clip_value", Box::new(sgd.clip_value(5.0))),
        ("sgd momentum clip_norm", Box::new(momentum.clip_norm(10.0))),
        ("sgd clip_value clip_norm l1 l2", Box::new(all)),
        ("adagrad", Box::new(AdaGrad::new(0.1))),
        ("adagrad epsilon", Box::new(AdaGrad::new(0.1).epsilon(0.5))),
        ("rmsprop", Box::new(RmsProp::new(0.01))),
        ("rmsprop options", Box::new(rmsprop_options)),
        ("adam", Box::new(adam)),
        ("adam options", Box::new(adam_options)),
        ("adam l2", Box::new(adam.l2(0.1))),
        ("adam clip_norm", Box::new(adam.epsilon(0.1).clip_norm(0.5))),
        ("adamw", Box::new(adamw)),
        ("adamw options", Box::new(adamw_options)),
    ];
    let theirs = reference().optimizers;
    assert_eq!(ours.len(), theirs.len());
    for (name, rule) in ours {
        let steps = ten_steps(Optimizer::new(rule).unwrap());
        assert_eq!(steps.len(), theirs[name].len(), "{name}");
        for (t, (ours, theirs)) in steps.iter().zip(&theirs[name]).enumerate() {
            assert_close(&format!("{name}, step {}", t + 1), ours, theirs);
        }
    }
}

#[test]
fn fifty_factors() {
    let cosine = Cosine::new(10).floor(0.05);
    let falling = ExponentialDecay::new(0.9);
    let options = OneCycle::new(51).peak(0.45);
    let options = options.start(0.1).end(0.02);
    let ours: [(_, Box<dyn Schedule>); 8] = [
        ("step", Box::new(StepDecay::new(7, 0.5))),
        ("exponential", Box::new(ExponentialDecay::new(0.93))),
        ("cosine", Box::new(Cosine::new(49).floor(0.05))),
        ("cosine restarts", Box::new(cosine.restarts(1))),
        (
            "cosine doubling restarts",
            Box::new(Cosine::new(6).restarts(2)),
        ),
        ("warm-up", Box::new(WarmUp::new(8, 0.1, falling))),
        ("one cycle", Box::new(OneCycle::new(51))),
        ("one cycle options", Box::new(options)),
    ];
    let theirs = reference().schedules;
    assert_eq!(ours.len(), theirs.len());
    for (name, schedule) in ours {
        let factors: Vec<f64> = (0..50).map(|t| schedule.factor(t)).collect();
        assert_close(name, &factors, &theirs[name]);
    }
}

#[test]
fn plateaus() {
    let reference = reference();
    let watch = |mut plateau: ReduceOnPlateau| -> Vec<f64> {
        let measures = reference.measures.iter();
        measures.map(|&measure| plateau.observe(measure)).collect()
    };
    let plateau = ReduceOnPlateau::new(0.5).patience(2).cooldown(3);
    let plateau = plateau.min_delta(0.01).floor(0.1);
    assert_close("plateau", &watch(plateau), &reference.plateau);

    let eager = ReduceOnPlateau::new(0.8).patience(0);
    let eager = eager.min_delta(0.0);
    assert_close("eager", &watch(eager), &reference.plateau_no_patience);
}
