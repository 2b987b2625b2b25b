//! The binary `activations`.

mod common;

use common::{Directory, assert_refused, run};
use dl_math::{
    likelihood::categorical_nll,
    softmax::softmax,
    special::{log_sigmoid, sigmoid},
};
use ndarray::{Axis, array};

const BINARY: &str = env!("CARGO_BIN_EXE_activations");

#[test]
fn prints_what_the_page_quotes_and_draws_its_figures() {
    let out = Directory::new();
    let ended = run(BINARY, &out, &[]);
    assert!(ended.success, "{}", ended.stderr);
    assert_eq!(ended.stderr, "");
    let last = out.path().join("activations_derivatives.png");
    let last = format!("wrote {}", last.display());
    assert_eq!(ended.stdout.lines().last(), Some(last.as_str()));
    assert_eq!(
        out.files(),
        [
            "activations.png",
            "activations.svg",
            "activations_derivatives.png",
            "activations_derivatives.svg",
            "activations_output_units.png",
            "activations_output_units.svg",
            "activations_stability.png",
            "activations_stability.svg"
        ]
    );
    let values = |label: &str| -> Vec<f64> {
        let line = ended
            .stdout
            .lines()
            .find_map(|line| line.strip_prefix(label));
        let line = line.unwrap_or_else(|| panic!("no `{label}` in {}", ended.stdout));
        let words = line.split_whitespace();
        words.map(|word| word.parse().expect("a number")).collect()
    };
    // ŷ − y is the gradient of the loss at the logits, for each output unit
    for (unit, outputs) in [("linear", 1), ("sigmoid", 1), ("softmax", 3)] {
        let difference = values(&format!("{unit}: less the target"));
        assert_eq!(difference.len(), outputs);
        assert_eq!(difference, values(&format!("{unit}: by differences")));
        assert!(difference.iter().all(|d| d.abs() >= 0.01), "{difference:?}");
    }
    assert_eq!(values("slope at 0: sigmoid"), [0.25]);
    assert_eq!(values("overflow: e^89 in f32"), [f64::INFINITY]);
    let words = |label: &str| -> Vec<&str> {
        let line = ended.stdout.lines().find(|line| line.starts_with(label));
        line.expect(label).split_whitespace().collect()
    };
    let losses = |label: &str| {
        let words = words(label);
        [words[5], words[7], words[10]].map(str::to_owned)
    };
    assert_eq!(losses("logits 2, 1, 0 "), ["2.408", "2.408", "2.408"]);
    assert_eq!(losses("logits 102, 101, 100 "), ["NaN", "2.408", "2.408"]);
    assert_eq!(losses("logits 200, 100, 0 "), ["inf", "inf", "200.000"]);
    // ln of the largest f32, and of half the smallest
    assert_eq!(values("finite up to: As written"), [88.5]);
    assert_eq!(values("finite up to: Softmax, then ln"), [103.75]);
    assert_eq!(values("finite up to: In one"), [150.0]);
}

#[test]
fn refuses_bad_values() {
    assert_refused(
        BINARY,
        &["--points", "1"],
        "invalid value '1' for '--points <POINTS>': 1 is not in 2..=100000",
    );
    assert_refused(
        BINARY,
        &["--points", "many"],
        "invalid value 'many' for '--points <POINTS>'",
    );
}

#[test]
fn says_where_it_cannot_write() {
    let file = std::env::temp_dir().join(format!("examples-file-{}", std::process::id()));
    std::fs::write(&file, "not a directory").expect("writable");
    let output = std::process::Command::new(BINARY)
        .arg("--out")
        .arg(file.join("figures"))
        .output()
        .expect("cargo built it");
    std::fs::remove_file(&file).expect("just written");
    assert!(!output.status.success());
    let stderr = String::from_utf8(output.stderr).expect("UTF-8");
    let start = format!(
        "error: cannot create the directory {}: ",
        file.join("figures").display()
    );
    assert!(stderr.starts_with(&start), "{stderr}");
}

#[test]
fn exercise_1_softmax_of_two_is_a_sigmoid() {
    let p = softmax(&array![3.0, 1.0], Axis(0));
    assert!((p[0] - sigmoid(2.0f64)).abs() <= 1e-15);
    assert!((p[0] - 0.8808).abs() <= 5e-5);
}

#[test]
fn exercise_2_counts() {
    // −ln p(y|z) of a Poisson distribution with λ = e^z, but for ln y!
    let nll = |z: f64| z.exp() - 3.0 * z;
    let (z, h) = (0.5, 1e-5);
    let gradient = (nll(z + h) - nll(z - h)) / (2.0 * h);
    assert!((gradient - (z.exp() - 3.0)).abs() <= 1e-8);
    assert!((gradient + 1.3513).abs() <= 5e-5);
}

#[test]
fn exercise_3_the_loss_of_a_sample_that_is_sure_and_wrong() {
    // −ln σ(−40), and ln of a sigmoid that was rounded
    assert_eq!(-log_sigmoid(-40.0f32), 40.0);
    assert_eq!(1.0 - sigmoid(40.0f32), 0.0);
    assert_eq!(-(1.0 - sigmoid(40.0f32)).ln(), f32::INFINITY);
    let nll = categorical_nll(&array![1], &array![[40.0f32, 0.0]]).unwrap();
    assert_eq!(nll, 40.0);
}
