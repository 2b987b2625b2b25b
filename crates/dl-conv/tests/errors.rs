//! What the layers without parameters refuse, and how a model with them looks.

use dl_conv::{
    AveragePool2d, Conv2d, GlobalAveragePool2d, GlobalMaxPool2d, Interpolation, LocalResponseNorm,
    MaxPool2d, Padding, UpSample2d, ZeroPad2d,
};
use dl_nn::prelude::*;

#[track_caller]
fn message(input: &[usize], spec: impl LayerSpec<f32> + 'static) -> String {
    let model = Sequential::input(input).push(spec).build(0);
    model.unwrap_err().to_string()
}

#[test]
fn windows() {
    assert_eq!(
        message(&[5, 5], MaxPool2d::new(2)),
        "layer `max_pool2d_1`: got a sample of shape [5, 5], but takes an image \
         [height, width, channels], channels last, of at least 1 × 1 × 1"
    );
    // channels first
    assert_eq!(
        message(&[3, 32, 32], Conv2d::new(8, 5)),
        "layer `conv2d_1`: got a sample of shape [3, 32, 32], but takes an image large enough for a \
         window of 5×5 pixels with padding Valid; images are [height, width, channels], channels last"
    );
    assert_eq!(
        message(&[5, 5, 3], AveragePool2d::new(2).stride(0)),
        "layer `average_pool2d_1`: AveragePool2d stride is 0×0, but must be from 1 to 2^20 pixels"
    );
    let only_padding = "layer `max_pool2d_1`: got a sample of shape [5, 5, 3], but takes an image \
                        and a padding of which every window sees at least one pixel of the image";
    let padded = |padding| MaxPool2d::new(2).padding(padding);
    assert_eq!(message(&[5, 5, 3], padded(Padding::all(2))), only_padding);
    let after = Padding::Explicit {
        top: 0,
        bottom: 3,
        left: 0,
        right: 0,
    };
    assert_eq!(message(&[5, 5, 3], padded(after)), only_padding);
    // as many zeros as the window is high, but no window stands on them alone
    let fits = MaxPool2d::new(2).stride(3).padding(Padding::Explicit {
        top: 0,
        bottom: 2,
        left: 0,
        right: 0,
    });
    let model = Sequential::<f32>::input([5, 5, 3]).push(fits).build(0);
    assert_eq!(model.unwrap().output_shape(), [2, 2, 3]);
    let spread = MaxPool2d::new(2).dilation(10).padding(Padding::Same);
    assert_eq!(message(&[5, 5, 3], spread), only_padding);
    // a window as large as the padding allows would give 2^40 results
    let huge = MaxPool2d::new(1 << 20)
        .stride(1)
        .padding(Padding::all((1 << 20) - 1));
    let error = message(&[1, 1, 1], huge);
    assert!(
        error.ends_with("here [1048576, 1048576, 1], has fewer than 2^32 elements"),
        "{error}"
    );
    let error = message(&[28, 28], GlobalMaxPool2d::new());
    assert!(
        error.starts_with("layer `global_max_pool2d_1`: got"),
        "{error}"
    );
}

#[test]
fn response_norm() {
    let norm = LocalResponseNorm::new;
    let of = |setting: LocalResponseNorm| message(&[5, 5, 3], setting);
    let name = "layer `local_response_norm_1`: LocalResponseNorm";
    assert_eq!(
        of(norm().size(4)),
        format!("{name} size is 4, but must be odd")
    );
    assert_eq!(
        of(norm().size(0)),
        format!("{name} size is 0, but must be odd")
    );
    assert_eq!(
        of(norm().k(0.0)),
        format!("{name} k is 0, but must be positive and finite")
    );
    let error = of(norm().alpha(-1.0));
    assert_eq!(
        error,
        format!("{name} alpha is -1, but must be not negative and finite")
    );
    let error = of(norm().beta(f64::NAN));
    assert_eq!(
        error,
        format!("{name} beta is NaN, but must be not negative and finite")
    );
    // more neighbours than channels
    let wide = norm().size(usize::MAX);
    assert!(
        Sequential::<f32>::input([5, 5, 3])
            .push(wide)
            .build(0)
            .is_ok()
    );
}

#[test]
fn larger_images() {
    assert_eq!(
        message(&[5, 5, 3], UpSample2d::new(0)),
        "layer `up_sample2d_1`: UpSample2d factor is 0×0, but must be from 1 to 2^20 pixels"
    );
    let error = message(&[5, 5, 3], UpSample2d::new(1 << 20));
    assert!(error.ends_with("has fewer than 2^32 elements"), "{error}");
    let error = message(&[5, 5, 3], ZeroPad2d::new(1 << 20));
    assert!(error.ends_with("has fewer than 2^32 elements"), "{error}");
    let error = message(&[5, 5, 3], ZeroPad2d::new(usize::MAX));
    assert!(
        error.starts_with("layer `zero_pad2d_1`: ZeroPad2d padding is "),
        "{error}"
    );
    let error = message(&[1, 5], UpSample2d::new(2));
    assert!(
        error.starts_with("layer `up_sample2d_1`: got a sample of shape [1, 5]"),
        "{error}"
    );
}

#[test]
fn a_model_of_them_all() {
    let model: Model<f32> = Sequential::input([27, 27, 4])
        .push(LocalResponseNorm::new())
        .push(MaxPool2d::new(3).stride(2))
        .push(ZeroPad2d::new(1))
        .push(UpSample2d::new(2).interpolation(Interpolation::Bilinear))
        .push(AveragePool2d::new(2))
        .push(Activate(Sigmoid))
        .push(GlobalAveragePool2d::new())
        .build(0)
        .unwrap();
    let expected = "\
layer                                            output shape  parameters
─────────────────────────────────────────────────────────────────────────
input                                            [27, 27, 4]
local_response_norm_1 (local_response_norm)      [27, 27, 4]            0
max_pool2d_1 (max_pool2d)                        [13, 13, 4]            0
zero_pad2d_1 (zero_pad2d)                        [15, 15, 4]            0
up_sample2d_1 (up_sample2d)                      [30, 30, 4]            0
average_pool2d_1 (average_pool2d)                [15, 15, 4]            0
activation_1 (sigmoid)                           [15, 15, 4]            0
global_average_pool2d_1 (global_average_pool2d)  [4]                    0
─────────────────────────────────────────────────────────────────────────
0 parameters (0 B), activations ";
    let summary = model.summary().to_string();
    assert!(summary.starts_with(expected), "{summary}");
    // pooling leaves probabilities probabilities: a loss on logits must not see them
    let trainer = Trainer::new(model, BinaryCrossEntropy::new(), Adam::new(0.1));
    let error = trainer.unwrap_err().to_string();
    assert!(error.contains("applies sigmoid"), "{error}");
}
