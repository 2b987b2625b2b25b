//! Mismatches between a weights file and a model: errors that name the file, the tensor, what was found and what
//! was expected, and leave the model unchanged.

mod cases;

use std::path::Path;

use dl_conv::{Conv2d, GlobalAveragePool2d};
use dl_io::{Layout, WeightsFile};
use dl_nn::ndarray::{ArrayD, IxDyn};
use dl_nn::prelude::*;

fn model(units: usize) -> Model<f32> {
    let network = Sequential::input([2])
        .push(Dense::new(units))
        .push(BatchNorm::new());
    network.build(units as u64).unwrap()
}

/// The error message of loading a model from a file, without the path.
#[track_caller]
fn rejected<F: Scalar>(file: &WeightsFile, path: &Path, model: &mut Model<F>) -> String {
    let before = model.weights();
    let error = file.load(model).unwrap_err();
    assert_eq!(model.weights(), before, "the model has changed");
    let text = error.to_string();
    let start = format!("weights file `{}`: ", path.display());
    text.strip_prefix(&start)
        .expect("names the file")
        .to_owned()
}

#[test]
fn every_disagreement_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for extension in cases::EXTENSIONS {
        let path = folder.path().join(format!("w.{extension}"));
        let file = WeightsFile::new(&path);
        file.save(&model(3)).unwrap();
        assert_eq!(
            rejected(&file, &path, &mut model(4)),
            "tensor `dense_1.kernel` has shape [2, 3], but the model's `dense_1.kernel` expects [2, 4]"
        );
        let more = Sequential::<f32>::input([2])
            .push(Dense::new(3))
            .push(BatchNorm::new());
        let more = more.push(Dense::new(1).bias(false));
        assert_eq!(
            rejected(&file, &path, &mut more.build(0).unwrap()),
            "has no tensor `dense_2.kernel` for the model's `dense_2.kernel` [3, 1]; it has \
             `batch_norm_1.beta`, `batch_norm_1.gamma`, `batch_norm_1.running_mean`, \
             `batch_norm_1.running_variance`, `dense_1.bias`, `dense_1.kernel` (did you mean `dense_1.kernel`?)"
        );
        let mut less: Model<f32> = Sequential::input([2]).push(Dense::new(3)).build(0).unwrap();
        assert_eq!(
            rejected(&file, &path, &mut less),
            "unexpected tensor `batch_norm_1.beta` [3]; the model expects \
             `dense_1.kernel`, `dense_1.bias`"
        );
        assert_eq!(
            rejected(&file.clone().in_order(), &path, &mut less),
            "has tensors for the layers `batch_norm_1`, `dense_1`, but the model has weights in \
             `dense_1`"
        );
        assert_eq!(
            rejected(&file.clone().rename("a", "dense_9"), &path, &mut less),
            "`dense_9` cannot be renamed: the model has weights in `dense_1` (did you mean `dense_1`?)"
        );
        let file = file
            .rename("x", "dense_1")
            .rename("x", "batch_norm_1")
            .layout(Layout::PyTorch);
        assert_eq!(
            rejected(&file, &path, &mut model(3)),
            "two tensors are named `x.weight`"
        );
    }
}

#[test]
fn numbers_that_are_not_finite_are_neither_written_nor_read() {
    let folder = tempfile::tempdir().unwrap();
    for extension in cases::EXTENSIONS {
        let path = folder.path().join(format!("w.{extension}"));
        let file = WeightsFile::new(&path);
        let mut broken = model(3);
        let (_, mut kernel) = broken.params_mut().next().unwrap();
        kernel[[1, 2]] = f32::INFINITY;
        let error = file.save(&broken).unwrap_err();
        let expected = "tensor `dense_1.kernel` contains inf at [1, 2], but weights must be finite";
        assert_eq!(error.kind.to_string(), expected);
        assert!(!path.exists());
    }
    let path = folder.path().join("nan.safetensors");
    let nan = f32::NAN.to_le_bytes();
    let tensor = safetensors::tensor::TensorView::new(safetensors::Dtype::F32, vec![1, 1], &nan);
    let tensors = [("dense_1.kernel", tensor.unwrap())];
    safetensors::serialize_to_file(tensors, None, &path).unwrap();
    let one = Sequential::input([1]).push(Dense::new(1).bias(false));
    let mut one: Model<f32> = one.build(0).unwrap();
    let why = rejected(&WeightsFile::new(&path), &path, &mut one);
    assert_eq!(
        why,
        "tensor `dense_1.kernel` contains NaN at [0, 0], but weights must be finite"
    );
}

#[test]
fn paths_that_are_not_weights_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.bin");
    let why = rejected(&WeightsFile::new(&path), &path, &mut model(3));
    assert_eq!(why, "its name must end in `.safetensors` or `.npz`");
    let path = folder.path().join("none.safetensors");
    let why = rejected(&WeightsFile::new(&path), &path, &mut model(3));
    assert!(why.starts_with("cannot be read: "), "{why}");
    let path = folder.path().join("folder.safetensors");
    std::fs::create_dir(&path).unwrap();
    let why = rejected(&WeightsFile::new(&path), &path, &mut model(3));
    assert!(why.starts_with("cannot be read: "), "{why}");
    let error = WeightsFile::new(&path).save(&model(3)).unwrap_err();
    assert!(
        error.kind.to_string().starts_with("cannot be written: "),
        "{error}"
    );
}

#[test]
#[cfg(not(feature = "npz"))]
fn npz_files_need_their_feature() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.npz");
    let file = WeightsFile::new(&path);
    let why = rejected(&file, &path, &mut model(3));
    assert_eq!(
        why,
        "to read or write npz, enable the feature `npz` of `dl-io`"
    );
    let error = file.save(&model(3)).unwrap_err();
    assert_eq!(error.kind.to_string(), why);
    assert!(!path.exists());
}

#[test]
fn layers_in_order_have_no_names_to_write() {
    let folder = tempfile::tempdir().unwrap();
    let file = WeightsFile::new(folder.path().join("w.safetensors")).in_order();
    let error = file.save(&model(3)).unwrap_err();
    let expected = "to write a file, layers need names: `in_order` and `in_order_of` are for reading, `rename` \
         for both";
    assert_eq!(error.kind.to_string(), expected);
}

/// No permutation of the weights can make up for a different order of the inputs.
#[test]
fn models_without_an_equivalent_in_pytorch() {
    let folder = tempfile::tempdir().unwrap();
    let file = WeightsFile::new(folder.path().join("w.safetensors")).layout(Layout::PyTorch);
    let rejected = |network: Sequential<f32>, why: &str| {
        let error = file.save(&network.build(0).unwrap()).unwrap_err();
        let expected = format!("has no equivalent in PyTorch's layout: {why}");
        assert!(error.kind.to_string().ends_with(&expected), "{error}");
    };
    rejected(
        Sequential::input([2, 3, 4]).push(Reshape::new([2, 6, 2])),
        "it reshapes [2, 3, 4] to [2, 6, 2], which changes the number of channels",
    );
    rejected(
        Sequential::input([2, 3, 4])
            .push(Flatten)
            .push(Dropout::new(0.1))
            .push(Reshape::new([2, 6, 2])),
        "its vector is both an image with 4 channels and one with 2",
    );
    rejected(
        Sequential::input([2, 3, 4])
            .push(Flatten)
            .push(Reparameterize),
        "it reads or writes a flattened image, whose order it may depend on",
    );
    let alike = Sequential::<f32>::input([2, 3, 4])
        .push(Reshape::new([6, 4]))
        .push(Flatten)
        .push(Dense::new(4))
        .push(Reparameterize)
        .push(Reshape::new([2, 1]))
        .push(Flatten)
        .push(Reparameterize);
    file.save(&alike.build(0).unwrap()).unwrap();
}

#[test]
fn global_pooling_leaves_channels_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    let network = Sequential::<f32>::input([4, 4, 2]).push(Conv2d::new(3, 2));
    let network = network.push(GlobalAveragePool2d::new()).push(Dense::new(5));
    let model = network.build(0).unwrap();
    WeightsFile::new(&path)
        .layout(Layout::PyTorch)
        .save(&model)
        .unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let weight = file.tensor("dense_1.weight").unwrap();
    let numbers = weight.data().chunks_exact(4);
    let numbers = numbers.map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()));
    let weight = ArrayD::from_shape_vec(IxDyn(&[5, 3]), numbers.collect()).unwrap();
    let weights = model.weights();
    let (_, kernel) = weights
        .iter()
        .find(|(name, _)| *name == "dense_1.kernel")
        .unwrap();
    assert_eq!(weight.t(), kernel);
}

#[test]
fn a_duplicate_name_in_a_header_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    let tensor = |at: usize| {
        format!(
            r#"{{"dtype":"F32","shape":[],"data_offsets":[{at},{}]}}"#,
            at + 4
        )
    };
    let write = |header: String| {
        let length = (header.len() as u64).to_le_bytes();
        std::fs::write(&path, [&length, header.as_bytes(), &[0; 4]].concat()).unwrap();
    };
    let file = WeightsFile::new(&path);
    write(format!(r#"{{"a":{},"a":{}}}"#, tensor(8), tensor(0)));
    assert_eq!(
        rejected(&file, &path, &mut model(1)),
        "two tensors are named `a`"
    );
    write(r#"{"a":{"dtype":"F32","shape":[9],"shape":[],"data_offsets":[0,4]}}"#.to_owned());
    let text = rejected(&file, &path, &mut model(1));
    assert!(text.contains("`shape`"), "{text}");
}

#[test]
fn names_that_a_terminal_would_obey_are_escaped() {
    let folder = tempfile::tempdir().unwrap();
    let name = "\u{1b}[2J\u{9b}31m\u{202e}";
    let evil = |units| {
        let network = Sequential::<f32>::input([2]).push_named(name, Dense::new(units));
        network.build(1).unwrap()
    };
    for extension in cases::EXTENSIONS {
        let path = folder.path().join(format!("w.{extension}"));
        let file = WeightsFile::new(&path);
        file.save(&evil(3)).unwrap();
        let renamed = file.clone().rename("first", name);
        for said in [
            rejected(&file, &path, &mut model(3)),
            rejected(&file, &path, &mut evil(4)),
            renamed.load(&mut model(3)).unwrap_err().to_string(),
        ] {
            assert!(said.contains(r"\u{1b}[2J\u{9b}31m\u{202e}"), "{said:?}");
            assert!(!said.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{said:?}");
        }
    }
}
