//! What the program prints, and the exercises of the chapter on the library.

use std::process::Command;

fn stdout() -> String {
    let program = env!("CARGO_BIN_EXE_anatomy");
    let output = Command::new(program).arg("--quick").output();
    let output = output.expect("cargo built it");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The rest of the one line that starts with a label.
fn value(stdout: &str, label: &str) -> String {
    let mut found = stdout.lines().filter_map(|line| line.strip_prefix(label));
    let value = found
        .next()
        .unwrap_or_else(|| panic!("no `{label}` in\n{stdout}"));
    assert_eq!(found.next(), None, "`{label}` twice");
    value.trim().to_owned()
}

#[test]
fn neither_the_trainer_nor_threads_change_a_bit() {
    let stdout = stdout();
    let value = |label| value(&stdout, label);
    assert_eq!(value("weights in which trainer and open loop differ"), "0");
    assert_eq!(value("weights in which 1 and 2 threads differ"), "0");
    assert_eq!(value("parameters of the convolutional network"), "93322");
    let loss = |label| value(label).parse::<f64>().expect("a number");
    assert!(loss("loss of step 20") < loss("loss of step 1"));
}

#[test]
fn the_exercises_answers_are_right() {
    let stdout = stdout();
    let value = |label| value(&stdout, label);
    let widths = [4, 10, 10, 3];
    let parameters: usize = widths.windows(2).map(|w| w[0] * w[1] + w[1]).sum();
    assert_eq!(value("parameters in all"), parameters.to_string());
    assert_eq!(
        value("activations of one sample"),
        widths[1..].iter().sum::<usize>().to_string()
    );
    // 3 rows of 4 inputs, a kernel of 4 × 3, a bias of 3
    assert_eq!(
        value("derivatives of a dense layer compared"),
        (3 * 4 + 4 * 3 + 3).to_string()
    );
    assert_eq!(
        value("derivatives of a layer from 6 to 2, 5 samples"),
        (5 * 6 + 6 * 2 + 2).to_string()
    );
    assert_eq!(value("mean over samples"), "1.2");
    assert_eq!(value("mean of the blocks' means"), "1.5");
    assert_eq!(value("sum from the left"), "0.6000000000000001");
    assert_eq!(value("sum from the right"), "0.6");
}
