//! Histories survive a round trip bit for bit; errors say where they are.

use std::fs;
use std::path::Path;

use dl_nn::train::{Epoch, Evaluation, History, MetricValue};
use dl_watch::history::{COLUMNS, HistoryError, read_csv, read_json, write_csv, write_json};
use proptest::prelude::*;

fn evaluation(number: impl Strategy<Value = f64> + Clone) -> impl Strategy<Value = Evaluation> {
    let accuracy = prop::option::of(number.clone());
    (number, accuracy, any::<usize>()).prop_map(|(loss, accuracy, samples)| Evaluation {
        loss,
        accuracy,
        samples,
    })
}

fn metric(((name, higher_is_better), value): ((String, bool), f64)) -> MetricValue {
    MetricValue {
        name,
        value,
        higher_is_better,
    }
}

fn histories(
    number: impl Strategy<Value = f64> + Clone + 'static,
) -> impl Strategy<Value = History> {
    let epoch = (
        any::<usize>(),
        evaluation(number.clone()),
        prop::option::of(evaluation(number.clone())),
        // of some metrics in each epoch, with names that are nearly alike
        prop::collection::btree_map(("[ab:é ]{0,2}x", any::<bool>()), number.clone(), 0..3),
        number.clone(),
        number,
    );
    let epoch = epoch.prop_map(
        |(epoch, train, validation, metrics, learning_rate, seconds)| Epoch {
            epoch,
            train,
            validation,
            metrics: metrics.into_iter().map(metric).collect(),
            learning_rate,
            seconds,
        },
    );
    let stopped = prop::option::of("\\PC{0,20}");
    (prop::collection::vec(epoch, 0..6), stopped)
        .prop_map(|(epochs, stopped)| History { epochs, stopped })
}

/// The bits of every value of a history, which distinguish −0 from 0; all NaNs are equal.
fn bits(history: &History) -> Vec<Option<u64>> {
    let bits = |value: f64| match value.is_nan() {
        true => f64::NAN.to_bits(),
        false => value.to_bits(),
    };
    let evaluation = |e: Option<&Evaluation>| {
        [
            e.map(|e| bits(e.loss)),
            e.and_then(|e| e.accuracy).map(bits),
            e.map(|e| e.samples as u64),
        ]
    };
    let epoch = |epoch: &Epoch| {
        let [a, b, c] = evaluation(Some(&epoch.train));
        let [d, e, f] = evaluation(epoch.validation.as_ref());
        let [g, h] = [epoch.learning_rate, epoch.seconds].map(|v| Some(bits(v)));
        let of_metrics = epoch.metrics.iter().map(|metric| Some(bits(metric.value)));
        let all = [Some(epoch.epoch as u64), a, b, c, d, e, f, g, h];
        all.into_iter()
            .chain(sorted(of_metrics.collect()))
            .collect::<Vec<_>>()
    };
    history.epochs.iter().flat_map(epoch).collect()
}

/// Columns have an order of their own.
fn sorted(mut bits: Vec<Option<u64>>) -> Vec<Option<u64>> {
    bits.sort_unstable();
    bits
}

proptest! {
    #[test]
    fn csv_is_bit_for_bit(history in histories(any::<f64>())) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("history.csv");
        write_csv(&path, &history).unwrap();
        let read = read_csv(&path).unwrap();
        prop_assert_eq!(bits(&read), bits(&history));
        prop_assert_eq!(read.stopped, None);
    }

    #[test]
    fn json_is_bit_for_bit(history in histories(prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO)) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("history.json");
        write_json(&path, &history).unwrap();
        let read = read_json(&path).unwrap();
        prop_assert_eq!(bits(&read), bits(&history));
        prop_assert_eq!(read.stopped, history.stopped);
    }
}

#[test]
fn metrics_are_columns_by_name_and_direction() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("history.csv");
    let mut history = one_epoch(0.5);
    history.epochs[0].metrics = vec![
        metric((("AUC".to_owned(), true), 0.75)),
        metric((("cost in €".to_owned(), false), 12.5)),
    ];
    write_csv(&path, &history).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let header = COLUMNS.join(",");
    let expected =
        format!("{header},higher:AUC,lower:cost in €\n2,0.5,,100,,,,1e-9,0.25,0.75,12.5\n");
    assert_eq!(text, expected);
    assert_eq!(read_csv(&path).unwrap(), history);

    history.epochs[0].metrics[0].name = "a,b".to_owned();
    let error = write_csv(&path, &history).unwrap_err().to_string();
    assert!(
        error.ends_with("history.csv: a metric named \"a,b\" cannot be a column"),
        "{error}"
    );
    fs::write(&path, format!("{header},AUC\n")).unwrap();
    let error = read_csv(&path).unwrap_err().to_string();
    let expected =
        "line 1: the column \"AUC\" is no metric, which would begin with `higher:` or `lower:`";
    assert!(error.ends_with(expected), "{error}");
    fs::write(
        &path,
        format!("{header},lower:MAE\n2,0.5,,100,,,,1e-9,0.25,x\n"),
    )
    .unwrap();
    let error = read_csv(&path).unwrap_err().to_string();
    assert!(
        error.ends_with("line 2: lower:MAE is \"x\", expected a number"),
        "{error}"
    );
}

fn one_epoch(loss: f64) -> History {
    let train = Evaluation {
        loss,
        accuracy: None,
        samples: 100,
    };
    let epoch = Epoch {
        epoch: 2,
        train,
        validation: None,
        metrics: Vec::new(),
        learning_rate: 1e-9,
        seconds: 0.25,
    };
    History {
        epochs: vec![epoch],
        stopped: None,
    }
}

#[test]
fn a_line_of_csv_is_an_epoch() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("history.csv");
    write_csv(&path, &one_epoch(0.1 + 0.2)).unwrap();
    let expected = "epoch,train_loss,train_accuracy,train_samples,validation_loss,\
                    validation_accuracy,validation_samples,learning_rate,seconds\n\
                    2,0.30000000000000004,,100,,,,1e-9,0.25\n";
    assert_eq!(fs::read_to_string(&path).unwrap(), expected);
}

#[test]
fn json_has_no_infinity() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("history.json");
    let error = write_json(&path, &one_epoch(f64::INFINITY)).unwrap_err();
    let expected = "the train_loss of epoch 2 is inf, which JSON cannot represent";
    assert!(error.to_string().ends_with(expected), "{error}");
    assert!(!path.exists());
}

/// The error message of reading this text as CSV, without the path.
fn csv_error(text: impl AsRef<[u8]>) -> String {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("history.csv");
    fs::write(&path, text).unwrap();
    let error = read_csv(&path).unwrap_err();
    assert!(matches!(error, HistoryError::Line { .. }), "{error}");
    let error = error.to_string();
    error
        .strip_prefix(&path.display().to_string())
        .unwrap()
        .to_owned()
}

#[test]
fn csv_errors_say_where() {
    let header = COLUMNS.join(",");
    let with = |line: &str| csv_error(format!("{header}\n0,1,,5,,,,0.1,1\n{line}\n"));
    let empty = csv_error("");
    assert!(
        empty.starts_with(", line 1: the file is empty; its first line must be `epoch,"),
        "{empty}"
    );
    let other = csv_error("epoch,loss\n");
    assert!(
        other.starts_with(", line 1: the header is `epoch,loss`, expected `epoch,"),
        "{other}"
    );
    assert_eq!(with("1,2"), ", line 3: 2 fields, expected 9");
    assert_eq!(
        with("1,low,,5,,,,0.1,1"),
        ", line 3: train_loss is \"low\", expected a number"
    );
    assert_eq!(
        with("-1,2,,5,,,,0.1,1"),
        ", line 3: epoch is \"-1\", expected an integer"
    );
    // a validation accuracy without its loss
    assert_eq!(
        with("1,2,,5,,0.5,5,0.1,1"),
        ", line 3: validation_loss is \"\", expected a number"
    );
    // unknown or duplicate columns
    for column in ["kappa", "seconds"] {
        let error = csv_error(format!("{header},{column}\n"));
        let expected = format!(
            ", line 1: the column \"{column}\" is no metric, which would begin with `higher:` or `lower:`"
        );
        assert_eq!(error, expected);
    }
    // reordered columns
    let columns = header.replacen("epoch,train_loss", "train_loss,epoch", 1);
    let error = csv_error(format!("{columns}\n"));
    let expected = format!(", line 1: the header is `{columns}`, expected `{header}`");
    assert_eq!(error, expected);
    let colored = csv_error("\u{1b}[31mepoch\n");
    assert!(
        colored.starts_with(", line 1: the header is `\\u{1b}[31mepoch`"),
        "{colored}"
    );
    let long = csv_error("epoch".repeat(600_000) + "\n");
    assert!(long.len() < 600, "{}", long.len());
    assert!(
        long.ends_with(&format!("…`, expected `{header}`")),
        "{long}"
    );
    let not_text = csv_error([header.as_bytes(), b"\n\xff,2,,5,,,,0.1,1\n"].concat());
    assert_eq!(not_text, ", line 2: not UTF-8");
}

/// Lines that a tolerant reader would misread.
#[test]
fn an_odd_line_of_csv_is_an_error() {
    let header = COLUMNS.join(",");
    let epoch = |number: usize| format!("{number},1,,5,,,,0.1,1\n");
    // a quote would have swallowed the lines up to the next one
    for quoted in [
        "\"1,1,,5,,,,0.1,1\n2,1,,5,,,,0.1,1\n3\",1,,5,,,,0.1,1\n",
        "\"1\",1,,5,,,,0.1,1\n",
    ] {
        let error = csv_error(format!("{header}\n{}{quoted}", epoch(0)));
        let expected = ", line 3: epoch is \"\\\"1";
        assert!(error.starts_with(expected), "{error}");
    }
    let error = csv_error(format!("{header}\n{}\n{}", epoch(0), epoch(1)));
    assert_eq!(error, ", line 3: 1 fields, expected 9");
    let error = csv_error(format!("{header}\n0,1,,5,,,, 0.1,1\n"));
    assert_eq!(
        error,
        ", line 2: learning_rate is \" 0.1\", expected a number"
    );
    let error = csv_error(format!("{header}\n{},{}", epoch(0).trim_end(), epoch(1)));
    assert_eq!(error, ", line 2: 18 fields, expected 9");
    let error = csv_error(format!(
        "{header}\n0,1,,5,,,,0.1,{}\n",
        "1e".repeat(1 << 20)
    ));
    assert!(error.len() < 150 && error.contains("1e1e1e"), "{error}");
    // truncated anywhere, it is not read as a different history
    let whole = format!("{header}\n{}{}", epoch(0), "1,1,,5,,,,0.1,0.25\n");
    for end in 0..whole.len() {
        let lines = whole[..end].lines().count().max(1);
        let at_an_end = end > 0 && whole.as_bytes()[end - 1] == b'\n';
        if !at_an_end {
            let error = csv_error(&whole[..end]);
            assert!(error.starts_with(&format!(", line {lines}: ")), "{error}");
        }
    }
    // as Git may check it out on Windows
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("history.csv");
    fs::write(&path, whole.replace('\n', "\r\n")).unwrap();
    assert_eq!(read_csv(&path).unwrap().epochs.len(), 2);
}

#[test]
fn json_errors_say_where() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("history.json");
    fs::write(&path, "{\n\"epochs\": [{}],\n\"stopped\": null }").unwrap();
    let error = read_json(&path).unwrap_err();
    assert!(
        matches!(error, HistoryError::Line { line: 2, .. }),
        "{error}"
    );
    let missing = dir.path().join("missing");
    for error in [
        read_json(&missing).unwrap_err(),
        read_csv(&missing).unwrap_err(),
    ] {
        assert!(matches!(error, HistoryError::Io { .. }), "{error}");
        assert!(
            error
                .to_string()
                .starts_with(&missing.display().to_string())
        );
    }
}

#[test]
fn json_with_other_fields_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("history.json");
    write_json(&path, &one_epoch(0.5)).unwrap();
    let sound = fs::read_to_string(&path).unwrap();
    let said = |from: &str, to: &str| {
        assert!(sound.contains(from), "{sound}");
        fs::write(&path, sound.replacen(from, to, 1)).unwrap();
        let error = read_json(&path).unwrap_err();
        assert!(matches!(error, HistoryError::Line { .. }), "{error}");
        error.to_string()
    };
    let misspelt = "unknown field `learning_rat`";
    assert!(said("learning_rate", "learning_rat").contains(misspelt));
    assert!(said("\"loss\"", "\"losses\": 1, \"loss\"").contains("unknown field `losses`"));
    assert!(said("\"stopped\"", "\"stoped\"").contains("unknown field `stoped`"));
    assert!(said("\"loss\"", "\"loss\": 1, \"loss\"").contains("duplicate field `loss`"));
    let colored = said("\"stopped\"", "\"\\u001b[31m\"");
    assert!(colored.contains("unknown field `\\u{1b}[31m`"), "{colored}");
}

/// Anything but a regular file is rejected at once, and left unchanged.
#[test]
#[cfg(unix)]
fn only_regular_files_are_read_and_written() {
    let dir = tempfile::tempdir().unwrap();
    let pipe = dir.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    for path in [
        pipe.as_path(),
        Path::new("/dev/zero"),
        Path::new("/dev/null"),
        dir.path(),
    ] {
        for error in [
            read_csv(path).unwrap_err(),
            read_json(path).unwrap_err(),
            write_csv(path, &one_epoch(1.0)).unwrap_err(),
            write_json(path, &one_epoch(1.0)).unwrap_err(),
        ] {
            assert!(matches!(error, HistoryError::Io { .. }), "{error}");
        }
        assert!(!fs::metadata(path).unwrap().is_file());
    }
    // a link is followed and stays a link
    let (link, target) = (dir.path().join("link"), dir.path().join("target"));
    std::os::unix::fs::symlink(&target, &link).unwrap();
    write_csv(&link, &one_epoch(1.0)).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(read_csv(&target).unwrap(), one_epoch(1.0));
}

#[test]
fn a_file_is_replaced_whole() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("history.csv");
    write_csv(&path, &one_epoch(1.0)).unwrap();
    write_csv(&path, &one_epoch(2.0)).unwrap();
    assert_eq!(read_csv(&path).unwrap(), one_epoch(2.0));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    let error = write_csv(dir.path().join("no/history.csv"), &one_epoch(1.0)).unwrap_err();
    assert!(matches!(error, HistoryError::Io { .. }), "{error}");
}
