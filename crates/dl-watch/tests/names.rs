//! Control sequences in names of layers, classes, columns and tags are escaped for the terminal.

use dl_nn::metrics::ConfusionMatrix;
use dl_nn::ndarray::array;
use dl_nn::prelude::*;
use dl_nn::{Architecture, Registry};
use dl_viz::{Figure, Panel};
use dl_watch::doctor::{Check, Diagnosis, Finding, Severity};
use dl_watch::report::Report;
use dl_watch::tensorboard::EventWriter;
use dl_watch::xray::Quantity;
use dl_watch::{Doctor, XRay};
use serde_json::{Value, json};

/// Clears the screen, sets the window's title, breaks the line, and turns the direction of what follows.
const NAME: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\r\nlayer\u{9b}31m\u{202e}é🦀";
/// The escaped form.
const SHOWN: &str = r"\u{1b}[2J\u{1b}]0;owned\u{7}\r\nlayer\u{9b}31m\u{202e}é🦀";

fn model() -> Model<f64> {
    Sequential::input([2])
        .push_named(NAME, Dense::new(3).activation(Relu))
        .push(Dense::new(2))
        .build(1)
        .unwrap()
}

#[track_caller]
fn harmless(text: impl ToString) {
    let text = text.to_string();
    assert!(text.contains(SHOWN), "{text:?}");
    assert!(
        !text.contains(|c: char| c.is_control() && c != '\n' || c == '\u{202e}'),
        "{text:?}"
    );
}

#[test]
fn tables_are_harmless() {
    let model = model();
    harmless(model.summary());
    let matrix = ConfusionMatrix::new(&array![0, 1], &array![0, 0], 2).unwrap();
    harmless(matrix.report(&[NAME, "other"]).unwrap());
    let x = array![[0.5, 1.0], [1.0, 0.25]];
    let loss = SoftmaxCrossEntropy::new();
    let xray = XRay::new(&model, &loss, &x, &vec![0, 1], Mode::Eval).unwrap();
    harmless(&xray);
    // columns stay aligned: the width of the name is that of its escaped form
    let lines: Vec<usize> = xray
        .to_string()
        .lines()
        .map(|l| l.chars().count())
        .collect();
    let last = lines.len() - 1;
    assert!(
        lines[..last].iter().all(|&width| width == lines[0]),
        "{lines:?}"
    );
    harmless(Quantity::ParameterGradient {
        layer: NAME.to_owned(),
        parameter: "kernel".to_owned(),
    });
}

#[test]
fn findings_are_harmless() {
    let finding = Finding {
        check: Check::DeadRelu,
        severity: Severity::Warning,
        subject: NAME.to_owned(),
        number: 1.0,
        threshold: 0.5,
        message: format!("of {NAME}"),
        advice: "a lower learning rate".to_owned(),
        at: None,
    };
    let diagnosis = Diagnosis {
        findings: vec![finding],
    };
    harmless(&diagnosis);
    assert_eq!(diagnosis.to_string().lines().count(), 2);

    // all units of the layer are dead
    let mut model = model();
    for (_, mut values) in model.params_mut().take(2) {
        values.fill(-1.0);
    }
    let x = array![[0.5, 1.0], [1.0, 0.25], [0.75, 0.5], [0.125, 1.5]];
    let mut trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), Sgd::new(0.1)).unwrap();
    let diagnosis = Doctor::new()
        .examine(&mut trainer, &x, &vec![0, 1, 0, 1])
        .unwrap();
    assert!(
        diagnosis
            .by_check(Check::DeadRelu)
            .any(|finding| finding.subject == NAME)
    );
    harmless(diagnosis);
}

#[test]
fn errors_are_harmless() {
    let network = || Sequential::<f64>::input([2]).push_named(NAME, Dense::new(3));
    harmless(
        network()
            .push_named(NAME, Dense::new(3))
            .build(1)
            .unwrap_err(),
    );
    let none = Sequential::<f64>::input([2]).push_named(NAME, Dense::new(0));
    harmless(none.build(1).unwrap_err());
    let probabilities = network()
        .push_named(format!("{NAME}2"), Dense::new(2).activation(Softmax))
        .build(1);
    let loss = SoftmaxCrossEntropy::new();
    harmless(Trainer::new(probabilities.unwrap(), loss, Sgd::new(0.1)).unwrap_err());

    let architecture = json!({
        "input_shape": [2],
        "layers": [{ "name": NAME, "kind": "dense", "settings": { NAME: 1 } }],
    });
    let read = |architecture: &Value| {
        let architecture: Architecture = serde_json::from_value(architecture.clone()).unwrap();
        Registry::<f64>::new()
            .sequential(&architecture)
            .unwrap_err()
    };
    harmless(read(&architecture));
    let mut unknown = architecture.clone();
    unknown["layers"][0]["kind"] = json!(NAME);
    harmless(read(&unknown));

    let dir = tempfile::tempdir().unwrap();
    let mut events = EventWriter::create(dir.path()).unwrap();
    harmless(events.scalar(NAME, u64::MAX, 1.0).unwrap_err());
    let report = Report::new("").figure(NAME, Figure::from(Panel::new(NAME)), "");
    harmless(report.to_html().unwrap_err());
}
