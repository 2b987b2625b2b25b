//! Saliency, Grad-CAM and occlusion compared with PyTorch (`reference/explain.py`), with central differences, and
//! with networks whose maps are known.

use dl_conv::{Conv2d, GlobalAveragePool2d, MaxPool2d};
use dl_nn::prelude::*;
use dl_watch::explain::{ExplainError, grad_cam, occlusion, saliency};
use dl_watch::ndarray::{Array1, Array3, Array4, ArrayD, Axis, Ix3, Ix4, array};
use serde::Deserialize;

const TOLERANCE: f64 = 1e-12;

#[derive(Deserialize)]
struct Reference {
    weights: Vec<Tensor>,
    images: Tensor,
    classes: Vec<usize>,
    window: usize,
    stride: usize,
    fill: f64,
    saliency: Tensor,
    grad_cam_first: Tensor,
    grad_cam_second: Tensor,
    occlusion: Tensor,
}

#[derive(Deserialize)]
struct Tensor {
    shape: Vec<usize>,
    values: Vec<f64>,
}

impl Tensor {
    fn array(&self) -> ArrayD<f64> {
        ArrayD::from_shape_vec(self.shape.clone(), self.values.clone()).unwrap()
    }

    fn maps(&self) -> Array3<f64> {
        self.array().into_dimensionality::<Ix3>().unwrap()
    }
}

fn network() -> Model<f64> {
    Sequential::input([8, 10, 2])
        .push(Conv2d::new(5, 3).activation(Relu))
        .push(MaxPool2d::new(2))
        .push(Conv2d::new(4, 2).activation(Relu))
        .push(Flatten)
        .push(Dense::new(3))
        .build(3)
        .unwrap()
}

/// Pseudo-random images with values from −1 to 1.
fn images(n: usize, [height, width, channels]: [usize; 3]) -> Array4<f64> {
    let mut i = 0.0;
    Array4::from_shape_simple_fn((n, height, width, channels), || {
        i += 1.0;
        f64::sin(0.7 * i * i)
    })
}

#[track_caller]
fn assert_close(ours: &Array3<f64>, expected: &Array3<f64>) {
    assert_eq!(ours.shape(), expected.shape());
    assert!(expected.iter().any(|value| value.abs() > 1e-3));
    for ((at, a), b) in ours.indexed_iter().zip(expected) {
        assert!((a - b).abs() <= TOLERANCE, "{at:?}: {a} is not {b}");
    }
}

#[test]
fn the_maps_are_pytorchs() {
    let reference: Reference =
        serde_json::from_str(include_str!("reference/explain.json")).unwrap();
    let mut model = network();
    assert_eq!(model.params().count(), reference.weights.len());
    for ((_, mut ours), theirs) in model.params_mut().zip(&reference.weights) {
        ours.assign(&theirs.array());
    }
    let x = reference
        .images
        .array()
        .into_dimensionality::<Ix4>()
        .unwrap();
    let classes = Array1::from(reference.classes);

    let maps = saliency(&model, &x, &classes).unwrap();
    assert_close(&maps, &reference.saliency.maps());
    for (layer, expected) in [
        ("conv2d_1", &reference.grad_cam_first),
        ("conv2d_2", &reference.grad_cam_second),
    ] {
        let maps = grad_cam(&model, &x, &classes, layer).unwrap();
        assert_close(&maps, &expected.maps());
    }
    let (window, stride, fill) = (reference.window, reference.stride, reference.fill);
    let maps = occlusion(&model, &x, &classes, window, stride, fill).unwrap();
    assert_close(&maps, &reference.occlusion.maps());
}

/// Layers that behave differently in training are those of evaluation.
#[test]
fn saliency_is_the_slope_of_the_logit() {
    let mut model = Sequential::input([6, 7, 2])
        .push(Conv2d::new(4, 3).activation(Tanh))
        .push(BatchNorm::new())
        .push(Flatten)
        .push(Dropout::new(0.5))
        .push(Dense::new(3))
        .build(5)
        .unwrap();
    let mut trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), Sgd::new(0.1)).unwrap();
    let x = images(9, [6, 7, 2]);
    let labels: Vec<usize> = (0..9).map(|i| i % 3).collect();
    // so that running statistics are not their initial values
    trainer.step(&x, &labels).unwrap();
    model = trainer.model().clone();

    let x = x.select(Axis(0), &[2, 5]);
    let classes = array![1, 2];
    let maps = saliency(&model, &x, &classes).unwrap();
    let logit = |x: &Array4<f64>, i: usize| model.predict_matrix(x).unwrap()[[i, classes[i]]];
    let h = 1e-5;
    for ((i, row, column), &slope) in maps.indexed_iter() {
        let of_channel = |c: usize| {
            let moved = |by: f64| {
                let mut x = x.clone();
                x[[i, row, column, c]] += by;
                logit(&x, i)
            };
            ((moved(h) - moved(-h)) / (2.0 * h)).abs()
        };
        let expected = of_channel(0).max(of_channel(1));
        assert!(
            (slope - expected).abs() <= 1e-9,
            "{slope} is not {expected}"
        );
    }
    assert!(maps.iter().all(|&slope| slope > 0.0));
}

/// With a global average before the dense layer, ∂zᶜ/∂A is W / pixels everywhere: Grad-CAM is the class activation map
/// of Zhou et al. (2016), divided by the number of pixels.
#[test]
fn grad_cam_generalises_class_activation_maps() {
    let model: Model<f64> = Sequential::input([5, 6, 1])
        .push(Conv2d::new(7, 1).activation(Relu))
        .push(GlobalAveragePool2d)
        .push(Dense::new(4))
        .build(2)
        .unwrap();
    let (x, classes) = (images(3, [5, 6, 1]), array![3, 0, 1]);
    let (features, head) = model.clone().split_after("conv2d_1").unwrap();
    let activations = features.predict(&x).unwrap();
    let activations = activations.into_dimensionality::<Ix4>().unwrap();
    let (_, weights) = head.params().next().unwrap();
    let expected = Array3::from_shape_fn((3, 5, 6), |(i, row, column)| {
        let terms = (0..7).map(|k| weights[[k, classes[i]]] * activations[[i, row, column, k]]);
        terms.sum::<f64>().max(0.0) / 30.0
    });
    let maps = grad_cam(&model, &x, &classes, "conv2d_1").unwrap();
    assert_close(&maps, &expected);
}

/// More images than a pass takes, in `f32`, and each by itself.
#[test]
fn the_maps_of_a_batch_are_those_of_its_images() {
    let model: Model<f32> = Sequential::input([6, 6, 1])
        .push(Conv2d::new(3, 3).activation(Relu))
        .push(Flatten)
        .push(Dense::new(2))
        .build(4)
        .unwrap();
    let x = images(70, [6, 6, 1]).mapv(|value| value as f32);
    let classes: Array1<usize> = (0..70).map(|i| i % 2).collect();
    type Maps<'a> = dyn Fn(&Array4<f32>, &Array1<usize>) -> Result<Array3<f32>, ExplainError> + 'a;
    let methods: [&Maps<'_>; 3] = [
        &|x, classes| saliency(&model, x, classes),
        &|x, classes| grad_cam(&model, x, classes, "conv2d_1"),
        &|x, classes| occlusion(&model, x, classes, 2, 1, 0.0),
    ];
    for maps in methods {
        let all = maps(&x, &classes).unwrap();
        for i in [0, 63, 64, 69] {
            let one = maps(&x.select(Axis(0), &[i]), &array![classes[i]]).unwrap();
            for (a, b) in all.index_axis(Axis(0), i).iter().zip(&one) {
                assert!((a - b).abs() <= 1e-6, "image {i}: {a} {b}");
            }
        }
    }
}

#[track_caller]
fn assert_error<T: std::fmt::Debug>(result: Result<T, ExplainError>, message: &str) {
    assert_eq!(result.unwrap_err().to_string(), message);
}

#[test]
fn models_without_maps_are_rejected() {
    let x = images(1, [4, 4, 1]);
    let of = |model: &Model<f64>| saliency(model, &x, &array![0]);
    let built = |sequential: Sequential<f64>| sequential.build(0).unwrap();
    assert_error(
        of(&built(Sequential::input([16]).push(Dense::new(2)))),
        "the model takes samples of shape [16], but only images [height, width, channels] have maps",
    );
    assert_error(
        of(&built(Sequential::input([4, 4, 1]).push(Conv2d::new(2, 1)))),
        "the model's outputs have shape [4, 4, 2], but must be logits [classes] of at least 2 classes",
    );
    let flat = || Sequential::input([4, 4, 1]).push(Flatten);
    assert_error(
        of(&built(flat().push(Dense::new(1)))),
        "the model's outputs have shape [1], but must be logits [classes] of at least 2 classes",
    );
    assert_error(
        of(&built(flat().push(Dense::new(2).activation(Softmax)))),
        "the model's last activation is softmax, but its outputs must be logits",
    );
}

#[test]
fn errors_say_what_is_wrong() {
    let model = network();
    let x = images(2, [8, 10, 2]);
    let classes = array![0, 2];
    assert_error(
        saliency(&model, &images(2, [8, 10, 1]), &classes),
        "samples have shape [8, 10, 1], but the model takes [8, 10, 2]",
    );
    assert_error(
        saliency(&model, &images(0, [8, 10, 2]), &array![]),
        "the data is empty: 0 samples",
    );
    assert_error(saliency(&model, &x, &array![0]), "2 samples, but 1 classes");
    assert_error(
        saliency(&model, &x, &array![0, 3]),
        "the class of image 1 is 3, but must be below the number of classes, 3",
    );
    let mut nan = x.clone();
    nan[[1, 0, 1, 1]] = f64::NAN;
    assert_error(
        saliency(&model, &nan, &classes),
        "input value NaN in sample 1, position 3; inputs must be finite",
    );
    assert_error(
        grad_cam(&model, &x, &classes, "conv2d2"),
        "the model has no layer `conv2d2` (did you mean `conv2d_2`?)",
    );
    assert_error(
        grad_cam(&model, &x, &classes, "attention"),
        "the model has no layer `attention`",
    );
    for (layer, shape) in [("flatten_1", "[24]"), ("dense_1", "[3]")] {
        let message = format!(
            "layer `{layer}` has outputs of shape {shape}, but Grad-CAM needs feature maps [height, width, channels]"
        );
        assert_error(grad_cam(&model, &x, &classes, layer), &message);
    }
    for window in [0, 9] {
        let message =
            format!("window is {window}, but must be from 1 to 8, the shorter side of the images");
        assert_error(occlusion(&model, &x, &classes, window, 1, 0.0), &message);
    }
    for stride in [0, 4] {
        let message = format!(
            "stride is {stride}, but must be from 1 to the window, 3, so that every pixel is covered"
        );
        assert_error(occlusion(&model, &x, &classes, 3, stride, 0.0), &message);
    }
    assert_error(
        occlusion(&model, &x, &classes, 3, 3, f64::INFINITY),
        "fill is inf, but must be a finite number",
    );
}

#[test]
fn weights_that_are_nan_are_no_explanation() {
    let mut model = network();
    for (name, mut value) in model.params_mut() {
        if name == "dense_1.bias" {
            value[1] = f64::NAN;
        }
    }
    let x = images(2, [8, 10, 2]);
    let message = "the network's output 1 for sample 0 is NaN, so there is no prediction; its weights are NaN or its \
                   values overflow";
    let classes = array![0, 0];
    assert_error(saliency(&model, &x, &classes), message);
    assert_error(grad_cam(&model, &x, &classes, "conv2d_1"), message);
    assert_error(occlusion(&model, &x, &classes, 2, 2, 0.0), message);
}
