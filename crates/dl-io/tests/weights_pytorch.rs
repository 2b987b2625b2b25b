//! Weights between PyTorch and here: `pytorch/make.py` wrote the files read, `pytorch/check.py` reads
//! those written.

mod cases;

use std::path::PathBuf;

use cases::{MODELS, assert_close, fixture, named_as_in_pytorch, tensor, varied};
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
    for (name, network) in MODELS.into_iter().filter(|(name, _)| *name != "cnn") {
        let mut model = network().build(3).unwrap();
        pytorchs(name).in_order().load(&mut model).unwrap();
        gives_pytorchs_outputs(name, &model);
    }
}

/// `classifier` comes before `features`.
#[test]
fn layers_in_another_order_are_refused() {
    let mut model = cases::cnn().build(3).unwrap();
    let before = model.weights();
    let error = pytorchs("cnn").in_order().load(&mut model).unwrap_err();
    let text = error.to_string();
    let expected = "`classifier.4.running_mean` for the model's `batch_norm_1.running_mean`";
    assert!(text.contains(expected), "{text}");
    assert_eq!(model.weights(), before);
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

/// Writes what `pytorch/check.py` compares, to the folder it names.
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
