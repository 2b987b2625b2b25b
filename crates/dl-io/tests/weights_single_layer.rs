//! A layer saved by itself, whose tensors have no prefix.

use dl_io::{Layout, WeightsFile};
use dl_nn::prelude::*;
use safetensors::SafeTensors;

#[test]
fn a_layer_by_itself_has_no_prefix() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    let layer = |seed| -> Model<f32> {
        let network = Sequential::input([3]).push(Dense::new(2));
        network.build(seed).unwrap()
    };
    for (layout, expected) in [
        (Layout::PyTorch, ["bias", "weight"]),
        (Layout::Native, ["bias", "kernel"]),
        (Layout::Keras, ["bias", "kernel"]),
    ] {
        let file = WeightsFile::new(&path).layout(layout).rename("", "dense_1");
        file.save(&layer(1)).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let tensors = SafeTensors::deserialize(&bytes).unwrap();
        let mut names = tensors.names();
        names.sort_unstable();
        assert_eq!(names, expected);
        let mut loaded = layer(2);
        file.load(&mut loaded).unwrap();
        assert_eq!(loaded.weights(), layer(1).weights());
    }
}
