//! The binary `gradient_descent`, and the numbers of its chapter.

mod common;

use common::{Directory, assert_refused, run};
use dl_nn::optim::{Optimizer, Sgd};
use examples::descent::{
    Quadratic, descend, gradient, gradient_descent, largest_curvature, parameters, set_parameters,
};
use examples::softmax_iris::{self, Flowers, PENALTY, largest_second_moment, losses, trainer};

const BINARY: &str = env!("CARGO_BIN_EXE_gradient_descent");
const BOWL: Quadratic = Quadratic {
    curvatures: [1.0, 10.0],
};
const START: [f64; 2] = [-4.5, 1.0];

#[test]
fn draws_its_figures_and_prints_what_the_closed_form_gives() {
    let out = Directory::new();
    let ended = run(BINARY, &out, &[]);
    assert!(ended.success, "{}", ended.stderr);
    for rate in [0.02, 0.15, 0.19, 0.21] {
        // w after t steps is (1 − ηλ)ᵗ w, coordinate by coordinate
        let w = [0, 1].map(|i| START[i] * (1.0 - rate * BOWL.curvatures[i]).powi(20));
        let loss = BOWL.loss(w);
        let text = format!("w {:.3} {:.3}, loss {loss:.3}", w[0], w[1]);
        let line = ended
            .stdout
            .lines()
            .find(|line| line.starts_with(&format!("quadratic, η = {rate} ")));
        assert!(
            line.is_some_and(|line| line.ends_with(&text)),
            "{line:?} {text}"
        );
    }
    let names = ["gradient_descent_quadratic", "gradient_descent_softmax"];
    let files = names.map(|name| [format!("{name}.png"), format!("{name}.svg")]);
    assert_eq!(out.files(), files.concat());
}

#[test]
fn refuses_too_few_steps() {
    assert_refused(BINARY, &["--steps", "9"], "9 is not in 10..=100000");
}

#[test]
fn the_gradient_of_the_softmax_loss_is_that_of_differences() {
    let flowers = Flowers::new().unwrap();
    let mut trainer = trainer(1.0).unwrap();
    losses(&mut trainer, &flowers, 3).unwrap();
    let here = parameters(trainer.model());
    let slope = softmax_iris::gradient(&mut trainer, &flowers, &here).unwrap();
    let mut loss = |w| {
        set_parameters(trainer.model_mut(), &w);
        losses(&mut trainer, &flowers, 0).unwrap()[0]
    };
    for i in 0..here.len() {
        let h = 1e-5;
        let (mut above, mut below) = (here.clone(), here.clone());
        above[i] += h;
        below[i] -= h;
        let difference = (loss(above) - loss(below)) / (2.0 * h);
        assert!(
            (difference - slope[i]).abs() <= 1e-8,
            "{i}: {difference} {}",
            slope[i]
        );
    }
    assert!(slope.dot(&slope).sqrt() > 1e-2);
}

#[test]
fn a_gradient_is_that_of_a_step_that_is_undone() {
    let flowers = Flowers::new().unwrap();
    let mut trainer = trainer(0.5).unwrap();
    let before = parameters(trainer.model());
    let slope = gradient(&mut trainer, &flowers.x, &flowers.classes).unwrap();
    assert_eq!(parameters(trainer.model()), before);
    trainer.step(&flowers.x, &flowers.classes).unwrap();
    let step = parameters(trainer.model()) - before;
    assert!((step + 0.5 * slope).iter().all(|d| d.abs() <= 1e-15));
}

/// At the start all three probabilities are ⅓; diag(p) − ppᵀ then has the eigenvalue ⅓.
#[test]
fn the_curvature_at_the_start_is_a_third_of_the_second_moment() {
    let flowers = Flowers::new().unwrap();
    let mut trainer = trainer(1.0).unwrap();
    let here = parameters(trainer.model());
    let curvature = largest_curvature(&here, |w| softmax_iris::gradient(&mut trainer, &flowers, w));
    let expected = largest_second_moment(&flowers).unwrap() / 3.0 + PENALTY;
    let curvature = curvature.unwrap();
    assert!(
        (curvature - expected).abs() <= 1e-6,
        "{curvature} {expected}"
    );
}

#[test]
fn the_bounds_of_the_chapter_hold() {
    let flowers = Flowers::new().unwrap();
    let run = |rate, steps| losses(&mut trainer(rate).unwrap(), &flowers, steps).unwrap();
    let falls = |losses: &[f64]| losses.windows(2).all(|pair| pair[1] <= pair[0] + 1e-12);
    // below 2 / (half the second moment + λ) the loss falls in every step
    let bound = 2.0 / (largest_second_moment(&flowers).unwrap() / 2.0 + PENALTY);
    assert!(falls(&run(0.99 * bound, 60)));
    // below 2 / (the curvature at the minimum) it settles there, above it does not
    let minimum = run(1.0, 1000)[1000];
    assert!(run(2.5, 2000)[2000] - minimum <= 1e-3);
    assert!(run(2.7, 2000)[2000] - minimum >= 1e-2);
    // below 2/λ it stays bounded, above it runs away
    let last = |rate: f64| run(rate, 400)[400];
    assert!(
        last(18.0) < 1e4 && last(21.0) > 1e9,
        "{} {}",
        last(18.0),
        last(21.0)
    );
}

/// Exercise 1: |1 − η| = |1 − 10η|.
#[test]
fn the_rate_that_shrinks_both_coordinates_equally() {
    let rate = 2.0 / 11.0;
    let path = gradient_descent(rate, START, 1, |w| BOWL.gradient(w)).unwrap();
    let factors = [path[1][0] / path[0][0], path[1][1] / path[0][1]];
    assert!((factors[0] - 0.818).abs() <= 5e-4 && (factors[1] + 0.818).abs() <= 5e-4);
    for other in [rate - 0.01, rate + 0.01] {
        let worst = BOWL.curvatures.map(|c| (1.0 - other * c).abs());
        assert!(worst[0].max(worst[1]) > 0.818 + 1e-3);
    }
}

/// Exercise 2: at η = 1/(2λ) the loss falls to a quarter in each step.
#[test]
fn five_steps_make_a_thousandth() {
    let bowl = Quadratic {
        curvatures: [3.0, 3.0],
    };
    let path = gradient_descent(1.0 / 6.0, [1.0, 1.0], 5, |w| bowl.gradient(w)).unwrap();
    let share = |step: usize| bowl.loss(path[step]) / bowl.loss(path[0]);
    assert!((share(1) - 0.25).abs() <= 1e-12);
    assert!(share(4) > 1e-3 && share(5) < 1e-3);
}

/// Exercise 3: steps until the loss is below a millionth.
#[test]
fn momentum_needs_fewer_steps() {
    let steps = |rate: f64, momentum: f64| {
        let optimizer = Optimizer::new(Sgd::new(rate).momentum(momentum)).unwrap();
        let path = descend(optimizer, START, 200, |w| BOWL.gradient(w)).unwrap();
        path.iter().position(|&w| BOWL.loss(w) < 1e-6).unwrap()
    };
    let (low, high) = (1.0f64, 10.0f64.sqrt());
    let rate = (2.0 / (low + high)).powi(2);
    let momentum = ((high - low) / (high + low)).powi(2);
    assert_eq!(format!("{rate:.3} {momentum:.3}"), "0.231 0.270");
    assert_eq!((steps(2.0 / 11.0, 0.0), steps(rate, momentum)), (42, 17));
}
