//! Forged bundles and checkpoints with a valid checksum, as by an attacker.

#![allow(dead_code, reason = "every test program uses a part")]

use std::fmt::Write as _;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The content of a file with one dense layer of 2 features and 3 units.
pub(crate) fn content() -> Value {
    let dense = json!({
        "name": "dense_1",
        "kind": "dense",
        "settings": {
            "units": 3,
            "bias": true,
            "activation": "Identity",
            "kernel_initializer": null,
            "bias_initializer": "Zeros",
        },
    });
    bundle_content(&[2], vec![dense], &["dense_1.kernel", "dense_1.bias"])
}

/// The content of a bundle of these layers.
pub(crate) fn bundle_content(input: &[usize], layers: Vec<Value>, weights: &[&str]) -> Value {
    json!({
        "library": "a forger's",
        "input_shape": input,
        "preprocessing": [],
        "architecture": { "input_shape": input, "layers": layers },
        "output": "Identity",
        "class_names": [],
        "feature_names": [],
        "training": null,
        "data_sha256": null,
        "weights": weights,
    })
}

/// The content of a checkpoint of a run that has not begun.
pub(crate) fn checkpoint_content() -> Value {
    let plan = json!({ "epochs": 1, "steps_per_epoch": 1, "batch_size": 1, "samples": 1 });
    let running = json!({ "loss": 0.0, "weight": 0.0, "correct": null, "samples": 0 });
    json!({
        "run": null,
        "snapshot": {
            "trainer": {
                "seed": 0, "steps": 0, "weights": [],
                "optimizer": { "rule": "Adam", "slots": [], "step": 0, "parameters": [] },
            },
            "fit": {
                "plan": plan, "epoch": 0, "step": 0, "epoch_began": 0, "running": running, "seconds": 0.0,
                "last_good": null, "history": { "epochs": [], "stopped": null }, "callbacks": [],
            },
        },
    })
}

/// A name and a placeholder for its array, as in weights.
pub(crate) fn named(name: &str) -> Value {
    json!([name, { "v": 1, "dim": [0], "data": [] }])
}

/// A bundle whose `f32` tensors are zeros.
pub(crate) fn bundle(content: &str, tensors: &[(&str, &[usize])]) -> Vec<u8> {
    container("dl-model", content, tensors)
}

/// A file of this format.
pub(crate) fn container(format: &str, content: &str, tensors: &[(&str, &[usize])]) -> Vec<u8> {
    let zeros = "0".repeat(64);
    let version = if format == "dl-checkpoint" { 2 } else { 1 };
    let manifest = format!(
        r#"{{"sha256":"{zeros}","format":"{format}","version":{version},"content":{content}}}"#
    );
    let manifest = serde_json::to_string(&manifest).unwrap();
    let mut header = format!(r#"{{"__metadata__":{{"dl":{manifest}}}"#);
    let mut offset = 0;
    for (name, shape) in tensors {
        let end = offset + 4 * shape.iter().product::<usize>();
        let name = serde_json::to_string(name).unwrap();
        let (shape, offsets) = (json!(shape), json!([offset, end]));
        write!(
            header,
            r#",{name}:{{"dtype":"F32","shape":{shape},"data_offsets":{offsets}}}"#
        )
        .unwrap();
        offset = end;
    }
    header.push('}');
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.resize(bytes.len() + offset, 0);
    sealed(bytes)
}

/// Replaces the zeros with the correct checksum.
pub(crate) fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let before = br#"{\"sha256\":\""#;
    let mut windows = bytes.windows(before.len());
    let place = windows.position(|window| window == before).unwrap() + before.len();
    let checksum = Sha256::digest(&bytes);
    let checksum: String = checksum.iter().map(|byte| format!("{byte:02x}")).collect();
    bytes[place..place + 64].copy_from_slice(checksum.as_bytes());
    bytes
}

/// A convolution's settings.
pub(crate) fn conv(kind: &str, filters: usize, window: Value) -> Value {
    let mut settings = json!({
        "filters": filters,
        "window": window,
        "groups": 1,
        "bias": false,
        "activation": "Identity",
        "kernel_initializer": null,
        "bias_initializer": "Zeros",
    });
    if kind == "conv_transpose2d" {
        settings["output_padding"] = size(0, 0);
    }
    json!({ "name": "c", "kind": kind, "settings": settings })
}

/// A window with padding at the top, bottom, left and right.
pub(crate) fn window(kernel: Value, stride: Value, dilation: Value, padding: [usize; 4]) -> Value {
    let [top, bottom, left, right] = padding;
    json!({
        "kernel": kernel,
        "stride": stride,
        "dilation": dilation,
        "padding": { "Explicit": { "top": top, "bottom": bottom, "left": left, "right": right } },
    })
}

pub(crate) fn size(height: usize, width: usize) -> Value {
    json!({ "height": height, "width": width })
}
