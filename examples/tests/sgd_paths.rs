//! The binary `sgd_paths`, and the numbers of its chapter.

mod common;

use common::{Directory, assert_refused, run};
use dl_data::{Batches, LastBatch};
use dl_math::rand::Rng;
use examples::descent::parameters;
use examples::petals::{Petals, chapter_generator, noise_share};
use ndarray::Axis;

const BINARY: &str = env!("CARGO_BIN_EXE_sgd_paths");

#[test]
fn draws_its_figures_and_measures_what_is_expected() {
    let out = Directory::new();
    let ended = run(BINARY, &out, &[]);
    assert!(ended.success, "{}", ended.stderr);
    let names = ["sgd_paths", "sgd_paths_digits", "sgd_paths_noise"];
    let files = names.map(|name| [format!("{name}.png"), format!("{name}.svg")]);
    assert_eq!(out.files(), files.concat());
    let noise = ended
        .stdout
        .lines()
        .filter(|line| line.starts_with("noise, batch"));
    let noise: Vec<&str> = noise.collect();
    assert_eq!(noise.len(), 9);
    for line in noise {
        let number = |before: &str| -> f64 {
            let rest = line.split(before).nth(1).unwrap();
            rest.split([',', ' ']).next().unwrap().parse().unwrap()
        };
        // 200 draws err by a few per cent
        let ratio = number("measured ") / number("expected ");
        assert!((0.85..1.15).contains(&ratio), "{line}");
    }
    let digits = ended
        .stdout
        .lines()
        .filter(|line| line.starts_with("digits, batch"));
    assert_eq!(digits.count(), 3);
}

#[test]
fn refuses_too_few_draws() {
    assert_refused(BINARY, &["--draws", "1"], "1 is not in 10..=1000000");
}

#[test]
fn the_closed_form_of_the_loss_is_the_models() {
    let petals = Petals::new().unwrap();
    for w in [[-0.9, 1.3], [0.3, -0.4], [petals.correlation(), 0.0]] {
        let trainer = petals.trainer(w, 0.1).unwrap();
        let loss = trainer.evaluate(&petals.x, &petals.y).unwrap().loss;
        assert!((loss - petals.loss(w)).abs() <= 1e-12, "{loss}");
    }
    let rho = petals.correlation();
    assert!((petals.least_loss() - (1.0 - rho * rho)).abs() <= 1e-12);
}

/// All flowers at once: each coordinate's distance from the minimum shrinks by 1 − 2η.
#[test]
fn batch_descent_shrinks_the_distance_evenly() {
    let petals = Petals::new().unwrap();
    let path = petals.descend([-0.9, 1.3], 0.1, 150, 10, &mut chapter_generator());
    let last = path.unwrap()[10];
    let share = 0.8f64.powi(10);
    assert!((last[1] - 1.3 * share).abs() <= 1e-12);
    let rho = petals.correlation();
    assert!((last[0] - rho - (-0.9 - rho) * share).abs() <= 1e-12);
}

#[test]
fn a_batch_of_one_has_the_spread_as_noise() {
    let petals = Petals::new().unwrap();
    let at = [-0.9, 1.3];
    let (noise, spread) = (
        petals
            .noise(at, 1, 20_000, &mut chapter_generator())
            .unwrap(),
        petals.spread(at).unwrap(),
    );
    assert!((noise / spread - 1.0).abs() <= 0.03, "{noise} {spread}");
    assert!(petals.noise(at, 150, 10, &mut chapter_generator()).unwrap() <= 1e-12);
}

/// Exercise 1: half the noise of ten flowers.
#[test]
fn the_batch_with_half_the_noise() {
    assert!((noise_share(10, usize::MAX) / noise_share(40, usize::MAX) - 2.0).abs() <= 1e-9);
    let better = |batch: usize| noise_share(batch, 150) <= noise_share(10, 150) / 2.0;
    assert!(!better(33) && better(34));
}

/// Exercise 2: half the learning rate, half the excess, if flowers are drawn independently; shuffled passes
/// do better.
#[test]
fn the_settled_excess_by_the_rate() {
    const STEPS: usize = 60_000;
    let petals = Petals::new().unwrap();
    let start = [petals.correlation(), 0.0];
    let shuffled = |rate: f64| {
        let passes = STEPS / petals.count();
        let path = petals.descend(start, rate, 1, passes, &mut chapter_generator());
        petals.settled_excess(&path.unwrap())
    };
    let independent = |rate: f64| {
        let rng = &mut chapter_generator();
        let mut trainer = petals.trainer(start, rate).unwrap();
        let mut path = Vec::new();
        for _ in 0..STEPS {
            let row = rng.random_range(0..petals.count());
            let (x, y) = (
                petals.x.select(Axis(0), &[row]),
                petals.y.select(Axis(0), &[row]),
            );
            trainer.step(&x, &y).unwrap();
            let w = parameters(trainer.model());
            path.push([w[0], w[1]]);
        }
        petals.settled_excess(&path)
    };
    let found = [
        independent(0.04),
        independent(0.02),
        shuffled(0.04),
        shuffled(0.02),
    ];
    assert_eq!(
        found.map(|excess| format!("{excess:.4}")),
        ["0.0067", "0.0032", "0.0057", "0.0023"]
    );
}

/// Exercise 3.
#[test]
fn steps_of_a_pass() {
    let batches = Batches::in_order(6000, 64, LastBatch::Keep).unwrap();
    let sizes: Vec<usize> = batches.iter().map(<[usize]>::len).collect();
    assert_eq!((sizes.len(), sizes[93]), (94, 48));
    let dropped = Batches::in_order(6000, 64, LastBatch::Drop).unwrap();
    assert_eq!(dropped.iter().count(), 93);
}

#[test]
fn a_trainer_starts_where_it_is_told() {
    let petals = Petals::new().unwrap();
    let trainer = petals.trainer([0.5, -0.25], 0.1).unwrap();
    assert_eq!(parameters(trainer.model()).to_vec(), [0.5, -0.25]);
}
