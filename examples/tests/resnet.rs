//! The binary `resnet`.

mod common;
mod printed;

use std::fs;

use common::{Directory, run};
use printed::numbers;

const BINARY: &str = env!("CARGO_BIN_EXE_resnet");

#[test]
fn compares_plain_and_residual_networks_and_replays_its_record() {
    let (out, again) = (Directory::new(), Directory::new());
    let record = &out.record();
    let ended = run(BINARY, &out, &["--train", "64", "--record", record]);
    assert!(ended.success, "{}", ended.stderr);
    let numbers = |label: &str| numbers(&ended.stdout, label);
    for depth in [20, 56] {
        let of = |kind: &str, what: &str| numbers(&format!("{what}, {kind}, {depth} layers"));
        assert_eq!(of("plain", "parameters"), of("residual", "parameters"));
        for kind in ["plain", "residual"] {
            let [mean, lower, upper] = of(kind, "test accuracy")[..] else {
                panic!("three numbers: {}", ended.stdout);
            };
            assert!((0.0..=1.0).contains(&mean) && lower <= mean && mean <= upper);
            assert!(of(kind, "last training loss")[0] > 0.0);
        }
    }
    assert_eq!(out.files(), ["resnet.png", "resnet.svg"]);

    let replayed = run(BINARY, &again, &["--replay", record]);
    assert!(replayed.success, "{}", replayed.stderr);
    for file in out.files() {
        let read = |directory: &Directory| fs::read(directory.path().join(&file)).unwrap();
        assert!(read(&out) == read(&again), "{file}");
    }
}
