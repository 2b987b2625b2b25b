//! Weights exchanged with PyTorch: `pytorch/make.py` wrote the files read, `pytorch/check.py` reads those written.

mod cases;

use std::path::PathBuf;

use cases::{MODELS, assert_close, fixture, named_as_in_pytorch, tensor, varied};
use dl_conv::{Conv2d, Padding};
use dl_io::{Layout, WeightsFile};
use dl_nn::ndarray::ArrayD;
use dl_nn::prelude::*;
use safetensors::tensor::{Dtype, TensorView, serialize_to_file};

fn pytorchs(name: &str) -> WeightsFile {
    let path = fixture("pytorch", &format!("{name}.safetensors"));
    WeightsFile::new(path).layout(Layout::PyTorch)
}

#[track_caller]
fn gives_pytorchs_outputs(name: &str, model: &Model<f32>) {
    let io = fixture("pytorch", &format!("{name}.io.safetensors"));
    let outputs = model.predict(&tensor(&io, "x")).unwrap();
    assert_close(name, &outputs, &tensor(&io, "y"), 1e-5);
}

#[test]
fn pytorchs_weights_give_pytorchs_outputs() {
    for (name, network) in MODELS {
        let mut model = network().build(3).unwrap();
        named_as_in_pytorch(name, pytorchs(name))
            .load(&mut model)
            .unwrap();
        gives_pytorchs_outputs(name, &model);
    }
}

#[test]
fn a_sequentials_layers_are_taken_in_order() {
    for (name, network) in [MODELS[0], MODELS[2]] {
        let mut model = network().build(3).unwrap();
        pytorchs(name).in_order().load(&mut model).unwrap();
        gives_pytorchs_outputs(name, &model);
    }
}

/// `features.10` comes after `features.8`, and three layers have the same shape.
#[test]
fn numbers_in_names_are_an_order() {
    let conv = |filters| Conv2d::new(filters, 3).padding(Padding::all(1));
    let network = [4, 6, 6, 6, 6].into_iter();
    let network = network.fold(Sequential::<f32>::input([8, 8, 3]), |network, filters| {
        network.push(conv(filters))
    });
    let mut model = network.build(0).unwrap();
    pytorchs("alexnet_features")
        .in_order()
        .load(&mut model)
        .unwrap();
    let mut named = cases::alexnet().build(0).unwrap();
    named_as_in_pytorch("alexnet", pytorchs("alexnet"))
        .load(&mut named)
        .unwrap();
    for ((name, value), (_, expected)) in model.params().zip(named.params()) {
        assert_eq!(value, expected, "{name}");
    }
}

/// In safetensors files `classifier` comes before `features`, whatever the model's order.
#[test]
fn groups_of_layers_need_an_explicit_order() {
    for (name, network) in [MODELS[1], MODELS[3]] {
        let mut model = network().build(3).unwrap();
        let before = model.weights();
        let error = pytorchs(name).in_order().load(&mut model).unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("cannot tell the order of its layers `classifier."),
            "{text}"
        );
        assert!(
            text.contains("`in_order_of`") && text.contains("`rename`"),
            "{text}"
        );
        assert_eq!(model.weights(), before);

        let groups = ["features", "classifier"];
        pytorchs(name).in_order_of(groups).load(&mut model).unwrap();
        gives_pytorchs_outputs(name, &model);
        let error = pytorchs(name)
            .in_order_of(["features"])
            .load(&mut model)
            .unwrap_err();
        assert!(
            error.to_string().contains("none of the groups `features`"),
            "{error}"
        );
    }
}

#[test]
fn layers_that_are_renamed_are_not_taken_in_order() {
    let mut model = cases::alexnet().build(3).unwrap();
    let file = pytorchs("alexnet").in_order();
    let file = file
        .rename("classifier.1", "dense_1")
        .rename("classifier.4", "dense_2");
    let error = file.clone().load(&mut model).unwrap_err().to_string();
    assert!(error.contains("cannot tell the order"), "{error}");
    file.rename("classifier.6", "dense_3")
        .load(&mut model)
        .unwrap();
    gives_pytorchs_outputs("alexnet", &model);
}

/// An npz file has its arrays in the order in which they were passed to NumPy.
#[cfg(feature = "npz")]
#[test]
fn a_file_with_an_order_of_its_own_is_read_in_it() {
    let mut model = cases::alexnet().build(3).unwrap();
    let file = WeightsFile::new(fixture("pytorch", "alexnet.npz")).layout(Layout::PyTorch);
    file.in_order().load(&mut model).unwrap();
    gives_pytorchs_outputs("alexnet", &model);
}

#[test]
fn what_was_written_for_pytorch_reads_as_what_pytorch_wrote() {
    let folder = tempfile::tempdir().unwrap();
    for (name, network) in MODELS {
        let mut model = network().build(3).unwrap();
        named_as_in_pytorch(name, pytorchs(name))
            .load(&mut model)
            .unwrap();
        let path = folder.path().join(format!("{name}.safetensors"));
        let file = WeightsFile::new(&path).layout(Layout::PyTorch);
        named_as_in_pytorch(name, file).save(&model).unwrap();
        let theirs = fixture("pytorch", &format!("{name}.safetensors"));
        let bytes = std::fs::read(&theirs).unwrap();
        let names = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        for tensor_name in names.names() {
            if !tensor_name.ends_with("num_batches_tracked") {
                assert_eq!(tensor(&path, tensor_name), tensor(&theirs, tensor_name));
            }
        }
    }
}

/// Writes the files that `pytorch/check.py` compares, to the folder it names.
#[test]
fn written_for_pytorch() {
    let own = tempfile::tempdir().unwrap();
    let folder = std::env::var_os("DL_IO_WRITE_TO");
    let folder = folder.map_or_else(|| own.path().to_owned(), PathBuf::from);
    for (seed, (name, network)) in MODELS.into_iter().enumerate() {
        let mut model = network().build(0).unwrap();
        varied(&mut model, seed as u64);
        let path = folder.join(format!("{name}.safetensors"));
        let file = WeightsFile::new(path).layout(Layout::PyTorch);
        let file = named_as_in_pytorch(name, file);
        file.save(&model).unwrap();
        let mut files = vec![file];
        if cfg!(feature = "npz") {
            let npz = WeightsFile::new(folder.join(format!("{name}.npz")));
            npz.save(&model).unwrap();
            files.push(npz);
        }
        let x = tensor(&fixture("pytorch", &format!("{name}.io.safetensors")), "x");
        let y = model.predict(&x).unwrap();
        write_tensors(
            folder.join(format!("{name}.io.safetensors")),
            &[("x", x), ("y", y)],
        );
        for file in files {
            let mut again = network().build(1).unwrap();
            file.load(&mut again).unwrap();
            assert_eq!(again.weights(), model.weights());
        }
    }
}

fn write_tensors(path: PathBuf, tensors: &[(&str, ArrayD<f32>)]) {
    let bytes = |array: &ArrayD<f32>| array.iter().flat_map(|x| x.to_le_bytes()).collect();
    let data: Vec<Vec<u8>> = tensors.iter().map(|(_, array)| bytes(array)).collect();
    let views = tensors.iter().zip(&data).map(|((name, array), data)| {
        let view = TensorView::new(Dtype::F32, array.shape().to_vec(), data).unwrap();
        (*name, view)
    });
    serialize_to_file(views, None, &path).unwrap();
}
