//! Weights of layers inside layers, in every layout.

use dl_conv::models::resnet;
use dl_conv::{Conv1d, Conv2d, Padding};
use dl_io::{Layout, WeightsFile};
use dl_nn::prelude::*;
use safetensors::SafeTensors;

fn names_and_shapes(path: &std::path::Path) -> Vec<(String, Vec<usize>)> {
    let bytes = std::fs::read(path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let tensors = file.tensors().into_iter();
    let mut all: Vec<_> = tensors
        .map(|(name, tensor)| (name, tensor.shape().to_vec()))
        .collect();
    all.sort();
    all
}

#[test]
fn a_residual_network_survives_in_every_layout() {
    let folder = tempfile::tempdir().unwrap();
    let model = resnet::<f32>(1, [8, 8, 3], 4).build(1).unwrap();
    for layout in [Layout::Native, Layout::PyTorch, Layout::Keras] {
        let path = folder.path().join(format!("{layout:?}.safetensors"));
        let file = WeightsFile::new(&path).layout(layout);
        file.save(&model).unwrap();
        let mut other = resnet::<f32>(1, [8, 8, 3], 4).build(2).unwrap();
        assert_ne!(other.weights(), model.weights());
        file.load(&mut other).unwrap();
        assert_eq!(other.weights(), model.weights(), "{layout:?}");
    }
    let saved = names_and_shapes(&folder.path().join("PyTorch.safetensors"));
    let kernel = (
        "residual_2.branch.conv2d_1.weight".to_owned(),
        vec![32, 16, 3, 3],
    );
    let variance = (
        "residual_1.branch.batch_norm_2.running_var".to_owned(),
        vec![16],
    );
    assert!(
        saved.contains(&kernel) && saved.contains(&variance),
        "{saved:?}"
    );
    let saved = names_and_shapes(&folder.path().join("Keras.safetensors"));
    let variance = (
        "residual_1/branch/batch_norm_2/moving_variance".to_owned(),
        vec![16],
    );
    assert!(saved.contains(&variance), "{saved:?}");
}

#[test]
fn other_layers_in_pytorchs_layout() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let model = Sequential::<f32>::input([6, 4])
        .push(Conv1d::new(5, 3))
        .push(PRelu::new())
        .push(GroupNorm::new(1))
        .build(1)
        .unwrap();
    WeightsFile::new(&path)
        .layout(Layout::PyTorch)
        .save(&model)
        .unwrap();
    let saved = names_and_shapes(&path);
    let expected = [
        ("conv1d_1.bias", vec![5]),
        ("conv1d_1.weight", vec![5, 4, 3]),
        ("group_norm_1.bias", vec![5]),
        ("group_norm_1.weight", vec![5]),
        ("prelu_1.weight", vec![5]),
    ];
    assert_eq!(
        saved,
        expected.map(|(name, shape)| (name.to_owned(), shape))
    );
}

/// PyTorch flattens an image in another order, which is followed at the top alone.
#[test]
fn images_that_are_flattened_inside_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let inner = Sequential::new()
        .push(Conv2d::new(2, 3).padding(Padding::Same))
        .push(Flatten)
        .push(Dense::new(3));
    let model = Sequential::<f32>::input([4, 4, 1])
        .push(inner)
        .build(0)
        .unwrap();
    let save = |layout| WeightsFile::new(&path).layout(layout).save(&model);
    save(Layout::Native).unwrap();
    let error = save(Layout::PyTorch).unwrap_err().to_string();
    let expected = "an image is flattened inside it, whose order is not looked into";
    assert!(
        error.contains("sequential_1") && error.contains(expected),
        "{error}"
    );
}
