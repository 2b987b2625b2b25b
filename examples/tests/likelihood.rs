//! The binary `likelihood`, and the answers of its page's exercises.

mod common;

use common::{Directory, assert_refused, run};
use dl_math::{Bernoulli, Normal};
use ndarray::array;

const BINARY: &str = env!("CARGO_BIN_EXE_likelihood");

#[test]
fn prints_what_the_page_quotes() {
    let out = Directory::new();
    let ended = run(BINARY, &out, &[]);
    assert!(ended.success, "{}", ended.stderr);
    let value = |label: &str| -> f64 {
        let line = ended
            .stdout
            .lines()
            .find_map(|line| line.strip_prefix(label));
        let line = line.unwrap_or_else(|| panic!("no `{label}` in {}", ended.stdout));
        let word = line.split_whitespace().next().expect("a value");
        word.parse().expect("a number")
    };
    // the coin: L(p) = p⁷(1 − p)³
    assert_eq!(value("coin: heads / flips"), 0.7);
    assert_eq!(value("coin: best p of a fine grid"), 0.7);
    let exact = |p: f64| p.powi(7) * (1.0 - p).powi(3);
    assert!((value("coin: likelihood at 0.7") - exact(0.7)).abs() <= 5e-7);
    assert!((value("coin: likelihood at 0.5") - exact(0.5)).abs() <= 5e-7);
    assert!((value("coin: ratio of the two") - exact(0.7) / exact(0.5)).abs() <= 5e-3);
    assert!((value("coin: NLL at 0.7") + exact(0.7).ln()).abs() <= 5e-4);
    // the line: σ² is the mean squared error, and the loss its function
    assert_eq!(value("iris: mean squared error"), value("iris: variance"));
    let best = value("iris: NLL of a flower");
    assert_eq!(best, value("iris: NLL by the formula"));
    // at σ times c, the loss is (c⁻² − 1)/2 + ln c more
    let more = |c: f64| (c.powi(-2) - 1.0) / 2.0 + c.ln();
    assert!((value("iris: NLL at half sigma") - best - more(0.5)).abs() <= 2e-4);
    assert!((value("iris: NLL at twice sigma") - best - more(2.0)).abs() <= 2e-4);
    // the network: at the minimum the mean probability is the share
    assert_eq!(value("coins: mean P"), 0.5);
    assert!(value("coins: NLL of a flower") <= 0.3 * value("coins: NLL of a fair coin"));
    let odds = |length: f64| {
        let z = value("coins: weight") * (length - value("coins: even odds at"));
        1.0 / (1.0 + (-z).exp())
    };
    assert!((value("coins: P at 4.5 cm") - odds(4.5)).abs() <= 3e-3);
    assert!((value("coins: P at 5.5 cm") - odds(5.5)).abs() <= 3e-3);
    let names = [
        "likelihood_coin",
        "likelihood_coins",
        "likelihood_iris",
        "likelihood_nll",
    ];
    let files = names.map(|name| [format!("{name}.png"), format!("{name}.svg")]);
    assert_eq!(out.files(), files.concat());
}

#[test]
fn refuses_what_it_does_not_know() {
    assert_refused(BINARY, &["--seed", "1"], "unexpected argument '--seed'");
}

#[test]
fn exercise_1_three_heads_in_four_flips() {
    let flips = array![true, true, false, true];
    let best = Bernoulli::<f64>::fit(&flips).unwrap();
    assert_eq!(best.p(), 0.75);
    let [best, fair] = [best, Bernoulli::new(0.5).unwrap()]
        .map(|coin| (-coin.negative_log_likelihood(&flips)).exp());
    assert!((best / fair - 1.6875).abs() <= 1e-12);
}

#[test]
fn exercise_2_two_measurements_of_different_precision() {
    let nll = |mean: f64| {
        let fine = Normal::new(mean, 1.0).unwrap().log_prob(10.0);
        -fine - Normal::new(mean, 2.0).unwrap().log_prob(13.0)
    };
    let grid = (9_000..14_000).map(|i| f64::from(i) / 1000.0);
    let best = grid.min_by(|&a, &b| nll(a).total_cmp(&nll(b))).unwrap();
    assert_eq!(best, 10.6);
}

#[test]
fn exercise_3_a_coin_flipped_once() {
    let once = Bernoulli::<f64>::fit(&array![true]).unwrap();
    assert_eq!((once.p(), -once.log_prob(false)), (1.0, f64::INFINITY));
    let careful = Bernoulli::<f64>::fit(&array![true, true, false]).unwrap();
    assert!((careful.p() - 2.0 / 3.0).abs() <= 1e-15);
    assert!((-careful.log_prob(false) - 1.0986).abs() <= 1e-4);
}
