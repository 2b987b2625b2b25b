//! A file costs what its size warrants: files of a few kilobytes, with a valid checksum, that declare gigabytes of
//! memory or hours of work are rejected before either is spent. A separate program with a single test, since the
//! allocations of the whole process are counted.

mod forge;

use std::alloc::System;
use std::path::{Path, PathBuf};

use cap::Cap;
use dl_io::{Bundle, Checkpoints, Layout, WeightsFile};
use dl_nn::ndarray::Array2;
use dl_nn::prelude::*;
use forge::{bundle, bundle_content, container, conv, size, window};
use serde_json::{Value, json};

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

/// Independent of the file's size: tables, messages, buffers.
const CONSTANT: usize = 1 << 20;

/// What any file that is not rejected at once may take: a little more than [`dl_fs::Budget`] allows.
const BUDGET: usize = 80 << 20;

/// Total allocations per byte of a rejected file, including those freed again.
const PER_BYTE: usize = 40;

/// The result of reading a file, and the bytes that were allocated for it.
fn counted<T>(read: impl FnOnce() -> T) -> (T, usize) {
    let before = MEMORY.total_allocated();
    let result = read();
    (result, MEMORY.total_allocated() - before)
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        let _ = std::fs::remove_file(&path);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// The error of a bundle that is rejected at once.
    #[track_caller]
    fn rejected(&self, bytes: &[u8]) -> String {
        self.rejected_within(CONSTANT, bytes)
    }

    /// The error of a bundle that may take `constant` bytes, whatever its size.
    #[track_caller]
    fn rejected_within(&self, constant: usize, bytes: &[u8]) -> String {
        let path = self.file("model.dl", bytes);
        let (result, allocated) = counted(|| Bundle::<f32>::load(&path));
        let why = result.unwrap_err().to_string();
        let limit = constant + PER_BYTE * bytes.len();
        assert!(
            allocated < limit,
            "{allocated} bytes for {}: {why}",
            bytes.len()
        );
        why
    }
}

/// A bundle of one layer without weights, or with one kernel.
fn one_layer(input: &[usize], layer: Value, kernel: Option<&[usize]>) -> Vec<u8> {
    let names: &[&str] = if kernel.is_some() { &["c.kernel"] } else { &[] };
    let content = bundle_content(input, vec![layer], names);
    let tensors: Vec<(&str, &[usize])> = kernel.iter().map(|&shape| ("c.kernel", shape)).collect();
    bundle(&content.to_string(), &tensors)
}

fn windows(folder: &Folder) {
    let far = 1 << 20;
    let side = |kernel: usize| size(kernel, kernel);
    // three positions, padded by rows of 2²¹ zeros
    let padded = window(size(1, 1), size(1, far), size(1, 1), [0, 0, far, far]);
    let layer = conv("conv2d", 1, padded);
    let why = folder.rejected(&one_layer(&[4096, 1, 1], layer, Some(&[1, 1, 1, 1])));
    assert!(
        why.contains("layer `c`: 8589942784 elements in a sample and in what"),
        "{why}"
    );
    // taps at a distance of 2²⁰ pixels
    let spread = window(size(1, 3), size(1, 1), size(1, far), [0, 0, far, far]);
    let layer = conv("conv2d", 1, spread);
    let why = folder.rejected(&one_layer(&[4096, 1, 1], layer, Some(&[1, 3, 1, 1])));
    assert!(
        why.contains("in what this layer and those before it work in"),
        "{why}"
    );
    // half a million rows, each with padding for a hundred taps
    let dilated = window(side(100), side(1), size(1, 2), [0, 0, 99, 99]);
    let layer = conv("conv2d", 1, dilated);
    let why = folder.rejected(&one_layer(&[1 << 19, 1, 1], layer, Some(&[100, 100, 1, 1])));
    assert!(
        why.contains("in what this layer and those before it work in"),
        "{why}"
    );
    // 10⁴ taps of a million pixels
    let taps = window(side(100), side(2), side(1), [0; 4]);
    let layer = conv("conv_transpose2d", 1, taps);
    let why = folder.rejected(&one_layer(&[1000, 1000, 1], layer, Some(&[100, 100, 1, 1])));
    assert!(why.contains("multiply-adds for a sample"), "{why}");
    // 2¹² weights on 9 million pixels
    let wide = window(side(64), side(1), side(1), [0, 63, 0, 63]);
    let layer = conv("conv2d", 1, wide);
    let why = folder.rejected(&one_layer(&[3000, 3000, 1], layer, Some(&[64, 64, 1, 1])));
    assert!(why.contains("multiply-adds for a sample"), "{why}");
    for kind in ["max_pool2d", "average_pool2d"] {
        // a plan of 2²⁵ rows
        let pixels = window(size(1, 1), size(1, 1), size(1, 1), [0; 4]);
        let mut settings = json!({ "window": pixels });
        let overlapping = window(side(4096), side(1), side(1), [2048; 4]);
        let mut work = json!({ "window": overlapping });
        if kind == "average_pool2d" {
            settings["count_padding"] = false.into();
            work["count_padding"] = false.into();
        }
        let layer = json!({ "name": "c", "kind": kind, "settings": settings });
        let why = folder.rejected(&one_layer(&[1 << 25, 1, 1], layer, None));
        assert!(why.contains("bytes of plans"), "{why}");
        let layer = json!({ "name": "c", "kind": kind, "settings": work });
        let why = folder.rejected(&one_layer(&[4096, 4096, 1], layer, None));
        assert!(why.contains("multiply-adds for a sample"), "{why}");
    }
    let settings = json!({ "size": 2_000_001, "k": 1.0, "alpha": 1.0, "beta": 1.0 });
    let layer = json!({ "name": "c", "kind": "local_response_norm", "settings": settings });
    let why = folder.rejected(&one_layer(&[1 << 20], layer, None));
    assert!(why.contains("multiply-adds for a sample"), "{why}");
}

fn layers(folder: &Folder) {
    let flatten =
        |i: usize| json!({ "name": format!("a{i}"), "kind": "flatten", "settings": null });
    // many layers are not too many
    let many = bundle_content(&[1], (0..20_000).map(flatten).collect(), &[]);
    let bytes = bundle(&many.to_string(), &[]);
    let path = folder.file("model.dl", &bytes);
    let (model, allocated) = counted(|| Bundle::<f32>::load(&path).unwrap());
    assert!(
        allocated < CONSTANT + PER_BYTE * bytes.len(),
        "{allocated} for {}",
        bytes.len()
    );
    let y = model.predict(&Array2::from_elem((2, 1), 0.5)).unwrap();
    assert_eq!(y, Array2::from_elem((2, 1), 0.5).into_dyn());
    // on samples of 2²⁴ values they are
    let many = bundle_content(&[1 << 24], (0..2_000).map(flatten).collect(), &[]);
    let why = folder.rejected(&bundle(&many.to_string(), &[]));
    assert!(
        why.contains("elements in a sample after this layer and those before it"),
        "{why}"
    );
    // a shape with 100 000 axes, copied by each layer
    let ones = vec![1; 100_000];
    let reshape = json!({ "name": "r", "kind": "reshape", "settings": { "shape": ones } });
    let softplus =
        |i: usize| json!({ "name": format!("a{i}"), "kind": "activation", "settings": "Tanh" });
    let layers = std::iter::once(reshape)
        .chain((0..2_000).map(softplus))
        .collect();
    let bytes = bundle(&bundle_content(&[1], layers, &[]).to_string(), &[]);
    let why = folder.rejected_within(BUDGET, &bytes);
    assert!(why.contains("bytes of shapes and plans"), "{why}");
}

/// What is inside a layer is compared with the budget, too, just before it is built.
fn branches(folder: &Folder) {
    let branch = |layers: Value| json!({ "layers": layers });
    let residual = |layers: Value| {
        let settings = json!({
            "branch": branch(layers), "shortcut": branch(json!([])), "activation": "Identity",
        });
        json!({ "name": "r", "kind": "residual", "settings": settings })
    };
    let dense = json!({ "name": "d", "kind": "dense", "settings": {
        "units": 1_000_000_000, "bias": false, "activation": "Identity",
        "kernel_initializer": null, "bias_initializer": "Zeros",
    }});
    let layer = residual(json!([residual(json!([dense]))]));
    let why = folder.rejected(&one_layer(&[4], layer, None));
    assert!(why.contains("layer `r.branch.r.branch.d`: "), "{why}");
    // ten copies side by side, nine times
    let copies = |i: usize| {
        let copy = |i: usize| json!({ "name": format!("b{i}"), "branch": branch(json!([])) });
        let copies: Vec<Value> = (0..10).map(copy).collect();
        let settings = json!({ "merge": "Concat", "activation": "Identity", "branches": copies });
        json!({ "name": format!("c{i}"), "kind": "branches", "settings": settings })
    };
    let layers: Vec<Value> = (0..9).map(copies).collect();
    let layer = json!({ "name": "s", "kind": "sequential", "settings": branch(layers.into()) });
    let why = folder.rejected(&one_layer(&[4], layer, None));
    assert!(
        why.contains("elements in a sample after this layer"),
        "{why}"
    );
    let size = json!({ "height": 1 << 20, "width": 1 << 20 });
    let layer =
        json!({ "name": "a", "kind": "adaptive_average_pool2d", "settings": { "output": size } });
    let why = folder.rejected(&one_layer(&[2, 2, 1], layer, None));
    assert!(why.contains("fewer than 2^32 elements"), "{why}");
}

fn manifests(folder: &Folder) {
    let mut content = forge::content();
    let dense: &[(&str, &[usize])] = &[("dense_1.kernel", &[2, 3]), ("dense_1.bias", &[3])];
    let path = folder.file("model.dl", &bundle(&content.to_string(), dense));
    Bundle::<f32>::load(&path).unwrap();
    // an empty tensor, a million times
    content["weights"] = vec!["t"; 1_000_000].into();
    let why = folder.rejected(&bundle(&content.to_string(), &[("t", &[0])]));
    assert!(why.contains("names the tensor `t` more than once"), "{why}");
    // a feature
    let mut content = forge::content();
    content["feature_names"] = vec!["f"; 1_000_000].into();
    content["input_shape"] = [1_000_000].into();
    let why = folder.rejected(&bundle(&content.to_string(), dense));
    assert!(why.contains("two feature names are `f`"), "{why}");
    // preprocessing steps on samples of 2²⁴ values
    let mut content = forge::content();
    content["preprocessing"] = vec![json!({ "Divide": 2.0 }); 20_000].into();
    content["input_shape"] = [1 << 24].into();
    let why = folder.rejected_within(BUDGET, &bundle(&content.to_string(), dense));
    assert!(
        why.contains("preprocessing") && why.contains("multiply-adds"),
        "{why}"
    );
    // objects of seven bytes
    let mut content = forge::content();
    content["training"] = vec![json!({ "": 0 }); 1_000_000].into();
    let why = folder.rejected(&bundle(&content.to_string(), dense));
    assert!(why.contains("its manifest takes"), "{why}");
}

fn checkpoints(folder: &Folder) {
    let read = |content: &Value, tensors: &[(&str, &[usize])]| {
        let bytes = container("dl-checkpoint", &content.to_string(), tensors);
        let path = folder.file("checkpoint.dl", &bytes);
        let (result, allocated) = counted(|| Checkpoints::new(path).resume::<f32>());
        let limit = CONSTANT + PER_BYTE * bytes.len();
        assert!(allocated < limit, "{allocated} bytes for {}", bytes.len());
        result.map_err(|error| error.to_string())
    };
    let content = forge::checkpoint_content();
    assert!(read(&content, &[]).unwrap().is_some());
    // the same array for every slot of every parameter
    let parameter = json!({ "name": "p", "slots": vec![json!([]); 50] });
    let mut many = content.clone();
    many["snapshot"]["trainer"]["optimizer"] = json!({
        "rule": "Adam", "slots": vec!["s"; 50], "step": 0, "parameters": vec![parameter; 50],
    });
    let why = read(&many, &[("optimizer.s.p", &[0])]).unwrap_err();
    assert!(
        why.contains("names the tensor `optimizer.s.p` more than once"),
        "{why}"
    );
    // a long name of many slots
    let parameters = &mut many["snapshot"]["trainer"]["optimizer"]["parameters"];
    parameters[0]["name"] = "p".repeat(50_000).into();
    let why = read(&many, &[]).unwrap_err();
    assert!(why.contains("it has no tensor"), "{why}");
    // 5 000 callbacks with a tensor each, every one of which is looked up
    let mut many = content.clone();
    let callback = json!({ "kind": "k", "value": null, "weights": [forge::named("w")] });
    many["snapshot"]["fit"]["callbacks"] = vec![callback; 5_000].into();
    let names: Vec<String> = (0..5_000).map(|i| format!("callback_{i}.w")).collect();
    let tensors: Vec<(&str, &[usize])> = names
        .iter()
        .map(|name| (name.as_str(), &[1_usize][..]))
        .collect();
    let snapshot = read(&many, &tensors).unwrap().unwrap();
    assert_eq!(snapshot.fit.callbacks.len(), 5_000);
}

fn weights(folder: &Folder) {
    let network = Sequential::<f32>::input([2]).push(Dense::new(3).bias(false));
    let mut model = network.build(0).unwrap();
    let zeros = "0,".repeat(4_000_000);
    let header = format!(r#"{{"a":{{"dtype":"F32","shape":[{zeros}0],"data_offsets":[0,0]}}}}"#);
    let length = (header.len() as u64).to_le_bytes();
    let bytes = [&length, header.as_bytes()].concat();
    let path = folder.file("w.safetensors", &bytes);
    for layout in [Layout::Native, Layout::PyTorch] {
        let file = WeightsFile::new(&path).layout(layout);
        let (result, allocated) = counted(|| file.load(&mut model));
        let why = result.unwrap_err().to_string();
        assert!(why.contains("its header takes"), "{why}");
        assert!(allocated < CONSTANT + 2 * bytes.len(), "{allocated}");
    }
}

/// Neither a pipe without a writer nor an endless device is read.
#[cfg(unix)]
fn not_regular_files(folder: &Folder) {
    let pipe = folder.0.path().join("pipe");
    let made = std::process::Command::new("mkfifo")
        .arg(&pipe)
        .status()
        .unwrap();
    assert!(made.success());
    let network = Sequential::<f32>::input([2]).push(Dense::new(3));
    let mut model = network.build(0).unwrap();
    for target in [pipe.as_path(), Path::new("/dev/zero"), folder.0.path()] {
        for name in ["l.safetensors", "l.npz"] {
            let link = folder.0.path().join(name);
            let _ = std::fs::remove_file(&link);
            std::os::unix::fs::symlink(target, &link).unwrap();
            let (errors, allocated) = counted(|| {
                [
                    Bundle::<f32>::load(&link).unwrap_err().to_string(),
                    Checkpoints::new(&link)
                        .resume::<f32>()
                        .unwrap_err()
                        .to_string(),
                    WeightsFile::new(&link)
                        .load(&mut model)
                        .unwrap_err()
                        .to_string(),
                ]
            });
            assert!(
                allocated < CONSTANT,
                "{allocated} bytes for {}",
                target.display()
            );
            for error in errors {
                let told = error.contains("not a regular file") || error.contains("npz");
                assert!(told, "{error}");
            }
        }
    }
}

/// Pipelines that declare more than they contain, or have more categories than the file warrants.
fn pipelines(folder: &Folder) {
    let with = |pipeline: Value| {
        let mut content = bundle_content(&[2], vec![], &[]);
        content["pipeline"] = pipeline;
        bundle(&content.to_string(), &[])
    };
    let category = |name: &str, names: Vec<String>| {
        let steps = json!({ "fill": null, "indicator": false, "names": names, "one_hot": true, "unseen": "Ignore" });
        json!({ "name": name, "steps": { "category": steps } })
    };
    let huge = json!({ "v": 1, "dim": [1_u64 << 40, 1 << 10], "data": [] });
    let mean = json!({ "v": 1, "dim": [1_u64 << 40], "data": [] });
    let pca = json!({ "mean": mean, "components": huge, "explained_variance": mean, "explained_variance_ratio": mean });
    let columns = json!([category("a", vec!["b".into()])]);
    let why = folder.rejected(&with(json!({ "columns": columns, "pca": pca })));
    assert!(
        why.contains("data and dimension must match in size"),
        "{why}"
    );

    // a million categories, in 4 MB of JSON and more than a budget of memory
    let names = vec!["a".to_owned(); 1_000_000];
    let columns = json!([category("a", names)]);
    let why = folder.rejected_within(BUDGET, &with(json!({ "columns": columns, "pca": null })));
    assert!(why.contains("two categories are \"a\""), "{why}");
}

#[test]
fn files_cost_what_their_size_warrants() {
    let folder = Folder(tempfile::tempdir().unwrap());
    windows(&folder);
    layers(&folder);
    branches(&folder);
    pipelines(&folder);
    manifests(&folder);
    checkpoints(&folder);
    weights(&folder);
    #[cfg(unix)]
    not_regular_files(&folder);
}
