//! The binary `entropy`, and the answers of its page's exercises.

mod common;

use common::{Directory, assert_refused, run};
use dl_math::{Bernoulli, JointTable, entropy, information::mutual_information};
use ndarray::{Array1, array};

const BINARY: &str = env!("CARGO_BIN_EXE_entropy");

#[test]
fn prints_what_the_page_quotes() {
    let out = Directory::new();
    let ended = run(BINARY, &out, &[]);
    assert!(ended.success, "{}", ended.stderr);
    let value = |label: &str| ended.value(label);
    let near = |label: &str, expected: f64| {
        let found = value(label);
        assert!(
            (found - expected).abs() <= 6e-4,
            "{label}: {found}, not {expected}"
        );
    };
    near("coin: entropy of a fair one", 2f64.ln());
    near("surprise: at tails of p = 0.9", 10f64.ln());
    near("iris: H(species) ", 3f64.ln());
    let told = value("iris: H(species) ") - value("iris: H(species | length)");
    assert!((value("iris: I(species; length)") - told).abs() <= 1.1e-3);
    // H(p, q) = H(p) + KL(p‖q)
    for q in [
        "p itself",
        "all flowers",
        "both neighbours",
        "“versicolor, 98 %”",
    ] {
        let sum = value("belief: H(p) ") + value(&format!("belief: KL(p, {q})"));
        let total = value(&format!("belief: H(p, {q})"));
        assert!((total - sum).abs() <= 1.1e-3, "{q}: {total}, not {sum}");
    }
    near("belief: H(p, all flowers)", 3f64.ln());
    assert_eq!(value("belief: H(p, longer flowers)"), f64::INFINITY);
    // the mean and the variance of p are those of the normal distribution that covers it
    let (mean, square) = (
        0.6 * -3.0 + 0.4 * 3.0,
        0.6 * (9.0 + 0.64) + 0.4 * (9.0 + 1.0),
    );
    near("covering: mean", mean);
    near(
        "covering: standard deviation",
        f64::sqrt(square - mean * mean),
    );
    // a part of weight w that is met by itself costs −ln w
    assert!((value("left mode: KL(q‖p)") + 0.6f64.ln()).abs() <= 2e-3);
    assert!((value("right mode: KL(q‖p)") + 0.4f64.ln()).abs() <= 4e-3);
    let names = ["coin", "cross", "divergence", "iris"];
    let files = names.map(|name| ["png", "svg"].map(|kind| format!("entropy_{name}.{kind}")));
    assert_eq!(out.files(), files.concat());
}

#[test]
fn refuses_what_it_does_not_know() {
    assert_refused(BINARY, &["--seed", "1"], "unexpected argument '--seed'");
}

#[test]
fn exercise_1_a_die_in_nats_and_bits() {
    let nats = entropy(&Array1::from_elem(6, 1.0 / 6.0f64)).unwrap();
    assert!((nats - 1.792).abs() <= 5e-4);
    assert!((nats / 2f64.ln() - 2.585).abs() <= 5e-4);
}

#[test]
fn exercise_2_the_divergence_of_two_coins_both_ways() {
    let [fair, loaded] = [0.5, 0.9].map(|p| Bernoulli::<f64>::new(p).unwrap());
    assert!((fair.kl(&loaded) - 0.511).abs() <= 5e-4);
    assert!((loaded.kl(&fair) - 0.368).abs() <= 5e-4);
}

#[test]
fn exercise_3_one_question_about_the_species() {
    // rows: sepals below 5.5 cm, and the others
    let counts = array![[45, 6, 1], [5, 44, 49]];
    let told = mutual_information(&JointTable::<f64>::from_counts(&counts).unwrap());
    assert!((told - 0.382).abs() <= 5e-4, "{told}");
}
