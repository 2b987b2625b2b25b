//! The ready networks: sizes from their papers.

use dl_conv::models::{alexnet, lenet5, mnist_cnn};
use dl_nn::Model;

/// Output shape and parameters of a named layer.
fn layer(model: &Model<f32>, name: &str) -> (Vec<usize>, usize) {
    let layer = model.layers().iter().find(|layer| layer.name == name);
    let layer = layer.unwrap_or_else(|| panic!("no layer {name}"));
    (layer.output_shape.clone(), layer.parameter_count())
}

#[test]
fn the_mnist_network_is_the_courses() {
    let model: Model<f32> = mnist_cnn().build(0).unwrap();
    let counts: Vec<usize> = model.layers().iter().map(|l| l.parameter_count()).collect();
    assert_eq!(counts, [320, 0, 18_496, 0, 36_928, 0, 36_928, 650]);
    assert_eq!(model.parameter_count(), 93_322);
    assert_eq!(model.output_shape(), [10]);
}

/// Figure 2 of LeCun et al. 1998, with the departures the function names.
#[test]
fn lenet_has_the_papers_maps() {
    let model: Model<f32> = lenet5().build(0).unwrap();
    assert_eq!(layer(&model, "c1"), (vec![28, 28, 6], 156));
    assert_eq!(layer(&model, "s2"), (vec![14, 14, 6], 0));
    assert_eq!(layer(&model, "c3"), (vec![10, 10, 16], 2416));
    assert_eq!(layer(&model, "s4"), (vec![5, 5, 16], 0));
    assert_eq!(layer(&model, "c5"), (vec![120], 48_120));
    assert_eq!(layer(&model, "f6"), (vec![84], 10_164));
    assert_eq!(model.parameter_count(), 61_706);
}

/// Figure 2 of Krizhevsky et al. 2012 as one tower.
#[test]
fn alexnet_has_the_papers_maps() {
    let model: Model<f32> = alexnet(227, 1000).build(0).unwrap();
    assert_eq!(layer(&model, "conv1").0, [55, 55, 96]);
    assert_eq!(layer(&model, "pool1").0, [27, 27, 96]);
    assert_eq!(layer(&model, "conv2").0, [27, 27, 256]);
    assert_eq!(layer(&model, "conv3").0, [13, 13, 384]);
    assert_eq!(layer(&model, "pool5").0, [6, 6, 256]);
    assert_eq!(layer(&model, "fc6"), (vec![4096], 37_752_832));
    assert_eq!(model.parameter_count(), 62_378_344);
}

#[test]
fn alexnet_takes_other_images_and_refuses_too_small_ones() {
    let model: Model<f32> = alexnet([67, 99], 7).build(0).unwrap();
    assert_eq!(model.output_shape(), [7]);
    let error = alexnet::<f32>(66, 7).build(0).unwrap_err().to_string();
    assert!(error.contains("pool5"), "{error}");
}
