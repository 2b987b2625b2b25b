//! The binary `universal_approximation`, and the numbers of its chapter.

mod common;

use common::{Directory, assert_refused, run};
use examples::approximation::{
    CURVATURE, LIPSCHITZ, bump, centred, hinges, hinges_bound, outputs, points, staircase,
    staircase_bound, target, trained, worst_error,
};

const BINARY: &str = env!("CARGO_BIN_EXE_universal_approximation");

#[test]
fn draws_its_figures_and_errors_fall_with_width() {
    let out = Directory::new();
    let ended = run(BINARY, &out, &[]);
    assert!(ended.success, "{}", ended.stderr);
    let names = [
        "universal_approximation",
        "universal_approximation_bumps",
        "universal_approximation_fits",
    ];
    let files = names.map(|name| [format!("{name}.png"), format!("{name}.svg")]);
    assert_eq!(out.files(), files.concat());
    let medians: Vec<f64> = ended
        .stdout
        .lines()
        .filter_map(|line| line.split("median ").nth(1))
        .map(|rest| rest.split(',').next().unwrap().parse().unwrap())
        .collect();
    assert_eq!(medians.len(), 5);
    assert!(medians[4] < medians[0] / 1.5, "{medians:?}");
}

#[test]
fn refuses_no_networks() {
    assert_refused(BINARY, &["--networks", "0"], "0 is not in 1..=1000");
}

#[test]
fn the_constants_of_the_function_are_its_largest_derivatives() {
    let step = 1e-4;
    let x = (0..=10_000).map(|i| f64::from(i) * 1e-4);
    let (mut slope, mut bend) = (0.0f64, 0.0f64);
    for x in x {
        slope = slope.max(((target(x + step) - target(x - step)) / (2.0 * step)).abs());
        let second = target(x + step) - 2.0 * target(x) + target(x - step);
        bend = bend.max((second / (step * step)).abs());
    }
    assert!((0.999 * LIPSCHITZ..=LIPSCHITZ).contains(&slope), "{slope}");
    assert!((0.8 * CURVATURE..=CURVATURE).contains(&bend), "{bend}");
}

#[test]
fn a_staircase_keeps_its_bound_and_is_a_sum_of_bumps() {
    let x = points(4001);
    for (steps, sharpness) in [(2, 20.0), (5, 4.0), (16, 8.0), (64, 20.0), (100, 2.0)] {
        let y = outputs(&staircase(target, steps, sharpness).unwrap(), &x).unwrap();
        let error = worst_error(&x, &y, target);
        let bound = staircase_bound(LIPSCHITZ, steps, sharpness);
        assert!(
            error <= bound && error >= bound / 20.0,
            "{steps}: {error} {bound}"
        );
    }
    // bumps of height f(mₖ) side by side, the first and last without an outer border
    let (steps, h) = (8, 0.125);
    let model = staircase(target, steps, 20.0).unwrap();
    for (&x, y) in x.iter().zip(outputs(&model, &x).unwrap()) {
        let border = |k: usize| match k {
            0 => -1e3,
            8 => 1e3,
            _ => k as f64 * h,
        };
        let of = |k| target((k as f64 + 0.5) * h) * bump(x, (border(k), border(k + 1)), 20.0 / h);
        let sum: f64 = (0..steps).map(of).sum();
        assert!((sum - y).abs() <= 1e-12, "{x}: {sum} {y}");
    }
}

#[test]
fn a_line_meets_the_function_and_keeps_its_bound() {
    for pieces in [3, 10, 50] {
        let model = hinges(target, pieces).unwrap();
        let knots = points(pieces + 1);
        let y = outputs(&model, &knots).unwrap();
        assert!(worst_error(&knots, &y, target) <= 1e-12);
        let x = points(5001);
        let error = worst_error(&x, &outputs(&model, &x).unwrap(), target);
        let bound = hinges_bound(CURVATURE, pieces);
        assert!(
            error <= bound && error >= bound / 4.0,
            "{pieces}: {error} {bound}"
        );
    }
}

/// Exercise 1: neurons for an error of 0.01.
#[test]
fn neurons_that_suffice() {
    let stairs = |steps| staircase_bound(LIPSCHITZ, steps, 20.0) <= 0.01;
    assert!(!stairs(785) && stairs(786));
    let line = |pieces| hinges_bound(CURVATURE, pieces) <= 0.01;
    assert!(!line(52) && line(53));
    let x = points(10_001);
    let y = outputs(&staircase(target, 786, 20.0).unwrap(), &x).unwrap();
    assert!(worst_error(&x, &y, target) <= 0.01);
    let y = outputs(&hinges(target, 53).unwrap(), &x).unwrap();
    assert!(worst_error(&x, &y, target) <= 0.01);
}

/// Exercise 2: sigmoids that are not steep.
#[test]
fn soft_sigmoids_are_far_off() {
    let x = points(10_001);
    let error = |sharpness: f64| {
        let y = outputs(&staircase(target, 32, sharpness).unwrap(), &x).unwrap();
        worst_error(&x, &y, target)
    };
    let found = [20.0, 2.0, 0.5].map(error);
    assert_eq!(
        found.map(|e| format!("{e:.3}")),
        ["0.243", "0.300", "0.521"]
    );
}

/// Exercise 3: a jump costs half its height however many neurons there are.
#[test]
fn a_jump_is_not_approximated() {
    let jump = |x: f64| if x < 1.0 / 3.0 { 0.0 } else { 1.0 };
    let x = points(30_001);
    for steps in [16, 256] {
        let y = outputs(&staircase(jump, steps, 20.0).unwrap(), &x).unwrap();
        assert!(worst_error(&x, &y, jump) >= 0.49);
    }
}

#[test]
fn training_comes_near_the_function() {
    let x = points(501);
    let model = trained(target, 16, 4000, 1).unwrap();
    let error = worst_error(&x, &outputs(&model, &centred(&x)).unwrap(), target);
    assert!(error <= 0.1, "{error}");
}
