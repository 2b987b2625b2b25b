//! Unknown fields in a file, such as a misspelt setting, are errors, and so are duplicate ones.

mod forge;

use dl_io::{Bundle, Checkpoints};
use forge::{bundle, container};
use serde_json::{Value, json};

const UNKNOWN: &str = "kernel_inItializer";

/// The value with an unknown key in each of its objects in turn, except in those under `free`.
fn with_an_unknown_key(value: &Value, free: &[&str]) -> Vec<Value> {
    match value {
        Value::Object(entries) => {
            let mut all = Vec::new();
            let mut more = entries.clone();
            more.insert(UNKNOWN.to_owned(), Value::Null);
            all.push(more.into());
            for (key, value) in entries
                .iter()
                .filter(|(key, _)| !free.contains(&key.as_str()))
            {
                for value in with_an_unknown_key(value, free) {
                    let mut changed = entries.clone();
                    changed.insert(key.clone(), value);
                    all.push(changed.into());
                }
            }
            all
        }
        Value::Array(values) => {
            let each = values.iter().enumerate().flat_map(|(i, value)| {
                with_an_unknown_key(value, free)
                    .into_iter()
                    .map(move |value| (i, value))
            });
            let changed = each.map(|(i, value)| {
                let mut changed = values.clone();
                changed[i] = value;
                changed.into()
            });
            changed.collect()
        }
        _ => Vec::new(),
    }
}

const TENSORS: &[(&str, &[usize])] = &[("dense_1.kernel", &[2, 3]), ("dense_1.bias", &[3])];

fn load(content: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.dl");
    std::fs::write(&path, bundle(content, TENSORS)).unwrap();
    Bundle::<f32>::load(path)
        .map(drop)
        .map_err(|error| error.to_string())
}

fn resume(content: &str) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.dl");
    std::fs::write(&path, container("dl-checkpoint", content, &[])).unwrap();
    let snapshot = Checkpoints::new(path)
        .run_settings(json!({ "a": 1 }))
        .resume::<f32>();
    snapshot.map(drop).map_err(|error| error.to_string())
}

#[test]
fn unknown_fields_in_a_bundle_are_errors() {
    let mut content = forge::content();
    let settings = &mut content["architecture"]["layers"][0]["settings"];
    settings["activation"] = json!({ "LeakyRelu": { "slope": 0.1 } });
    settings["kernel_initializer"] = json!({ "Normal": { "std": 0.1 } });
    content["training"] = json!({ "anything": { "goes": [] } });
    load(&content.to_string()).unwrap();
    let all = with_an_unknown_key(&content, &["training"]);
    // the content, the architecture, the layer, its settings, the activation, the initialiser, and the objects
    // around the settings of these two
    assert_eq!(all.len(), 8);
    for content in all {
        let why = load(&content.to_string()).unwrap_err();
        assert!(why.contains(UNKNOWN) || why.contains("expected"), "{why}");
    }
}

#[test]
fn unknown_fields_in_a_checkpoint_are_errors() {
    let mut content = forge::checkpoint_content();
    let evaluation = json!({ "loss": 1.0, "accuracy": null, "samples": 1 });
    let epoch = json!({
        "epoch": 0, "train": evaluation, "validation": evaluation, "learning_rate": 0.1,
        "seconds": 1.0,
    });
    let fit = &mut content["snapshot"]["fit"];
    fit["history"]["epochs"] = [epoch].into();
    fit["callbacks"] = [json!({ "kind": "k", "value": { "b": 1 }, "weights": [] })].into();
    content["run"] = json!({ "a": 1 });
    resume(&content.to_string()).unwrap();
    let all = with_an_unknown_key(&content, &["run", "value"]);
    assert_eq!(all.len(), 12);
    for content in all {
        let why = resume(&content.to_string()).unwrap_err();
        assert!(why.contains(UNKNOWN), "{why}");
    }
}

#[test]
fn duplicate_fields_are_errors() {
    let content = forge::content().to_string();
    for key in [
        "library",
        "input_shape",
        "layers",
        "kind",
        "units",
        "training",
    ] {
        let key = format!(r#""{key}":"#);
        let twice = content.replacen(&key, &format!("{key}0,{key}"), 1);
        assert_ne!(twice, content);
        let why = load(&twice).unwrap_err();
        assert!(why.contains("duplicate key"), "{why}");
    }
    let mut content = forge::checkpoint_content();
    content["run"] = json!({ "a": 1 });
    let twice = content
        .to_string()
        .replacen(r#""a":1"#, r#""a":2,"a":1"#, 1);
    let why = resume(&twice).unwrap_err();
    assert!(
        why.contains("has the duplicate key `a` in one object"),
        "{why}"
    );
}
