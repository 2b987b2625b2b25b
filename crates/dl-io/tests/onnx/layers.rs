//! Every layer with several settings. Images have sides of 7 and 6 pixels.

use dl_conv::{
    AdaptiveAveragePool2d, AveragePool2d, Conv1d, Conv2d, ConvTranspose2d, GlobalAveragePool2d,
    GlobalMaxPool2d, Interpolation, LocalResponseNorm, MaxPool1d, MaxPool2d, Padding, Size,
    UpSample2d, Window, ZeroPad2d, ZeroPadChannels,
};
use dl_nn::prelude::*;

use super::Case;

const IMAGE: [usize; 3] = [7, 6, 4];

const ACTIVATIONS: [Activation; 10] = [
    Identity,
    Relu,
    LeakyRelu { slope: 0.1 },
    Elu { alpha: 0.7 },
    Gelu,
    Silu,
    Sigmoid,
    Tanh,
    Softplus,
    Softmax,
];

pub(crate) fn cases() -> Vec<Case<f32>> {
    let mut cases = Vec::new();
    activations(&mut cases);
    windows(&mut cases);
    images(&mut cases);
    normalisation(&mut cases);
    shapes(&mut cases);
    branches(&mut cases);
    signals(&mut cases);
    cases
}

/// A layer first in the model, last after a convolution, and between a convolution and a dense layer.
fn on_images(cases: &mut Vec<Case<f32>>, name: &str, layer: impl LayerSpec<f32> + Copy + 'static) {
    let conv = || Conv2d::new(4, 1);
    let first = Sequential::input(IMAGE).push(layer);
    let last = Sequential::input(IMAGE).push(conv()).push(layer);
    let middle = Sequential::input(IMAGE).push(conv()).push(layer);
    let middle = middle.push(Flatten).push(Dense::new(3));
    cases.push((format!("{name}_first"), first));
    cases.push((format!("{name}_last"), last));
    cases.push((format!("{name}_middle"), middle));
}

fn activations(cases: &mut Vec<Case<f32>>) {
    for activation in ACTIVATIONS {
        let name = format!("{activation:?}").to_lowercase();
        let name = name.split(' ').next().unwrap_or_default();
        let dense = Dense::new(6).activation(activation);
        let conv = Conv2d::new(6, 3).activation(activation);
        let vector = Sequential::input([5]).push(Activate(activation));
        cases.push((format!("{name}_layer"), vector));
        cases.push((format!("{name}_dense"), Sequential::input([5]).push(dense)));
        cases.push((
            format!("{name}_conv2d"),
            Sequential::input(IMAGE).push(conv),
        ));
    }
    on_images(cases, "softmax_layer", Activate(Softmax));
    let no_bias = Sequential::input([5]).push(Dense::new(3).bias(false));
    cases.push(("dense_no_bias".to_owned(), no_bias));
}

/// Kernel, stride, dilation, padding.
fn all_windows() -> Vec<(&'static str, Window)> {
    let sides = |top, bottom, left, right| Padding::Explicit {
        top,
        bottom,
        left,
        right,
    };
    let window = |kernel, stride, dilation, padding| Window {
        kernel: Size::from(kernel),
        stride: Size::from(stride),
        dilation: Size::from(dilation),
        padding,
    };
    vec![
        ("valid", window([3, 3], [1, 1], [1, 1], Padding::Valid)),
        (
            "valid_stride",
            window([2, 3], [2, 3], [1, 1], Padding::Valid),
        ),
        ("same", window([3, 2], [1, 1], [1, 1], Padding::Same)),
        ("same_stride", window([3, 2], [2, 1], [1, 1], Padding::Same)),
        (
            "same_wide_stride",
            window([2, 2], [3, 3], [1, 1], Padding::Same),
        ),
        (
            "same_dilation",
            window([2, 3], [1, 1], [2, 2], Padding::Same),
        ),
        ("sides", window([3, 4], [2, 2], [1, 1], sides(1, 0, 2, 3))),
        (
            "unseen_sides",
            window([2, 2], [5, 4], [1, 1], sides(0, 2, 1, 2)),
        ),
        (
            "dilation_sides",
            window([2, 3], [2, 1], [3, 2], sides(3, 1, 1, 2)),
        ),
    ]
}

fn windows(cases: &mut Vec<Case<f32>>) {
    for (name, window) in all_windows() {
        let Window {
            kernel,
            stride,
            dilation,
            padding,
        } = window;
        let mut push = |kind: &str, network| cases.push((format!("{kind}_{name}"), network));
        let input = || Sequential::input(IMAGE);
        for groups in [1, 2, 4] {
            let conv = Conv2d::new(8, kernel).stride(stride).padding(padding);
            let conv = conv.dilation(dilation).groups(groups).bias(groups != 2);
            push(
                &format!("conv2d_{groups}"),
                input().push(conv.activation(Relu)),
            );
            let conv = ConvTranspose2d::new(8, kernel)
                .stride(stride)
                .padding(padding);
            let conv = conv.dilation(dilation).groups(groups).bias(groups != 2);
            push(
                &format!("conv_transpose2d_{groups}"),
                input().push(conv.clone()),
            );
            if padding != Padding::Same && stride.height > 1 {
                let conv = conv.output_padding([1, stride.width - 1]);
                push(
                    &format!("conv_transpose2d_more_{groups}"),
                    input().push(conv),
                );
            }
        }
        let max = MaxPool2d::new(kernel).stride(stride).padding(padding);
        push("max_pool2d", input().push(max.dilation(dilation)));
        let average = AveragePool2d::new(kernel).stride(stride).padding(padding);
        let average = average.dilation(dilation);
        push("average_pool2d", input().push(average));
        push(
            "average_pool2d_count",
            input().push(average.count_padding(true)),
        );
    }
}

fn images(cases: &mut Vec<Case<f32>>) {
    on_images(cases, "global_average_pool2d", GlobalAveragePool2d::new());
    let uneven = AdaptiveAveragePool2d::new([3, 4]);
    on_images(cases, "adaptive_average_pool2d", uneven);
    on_images(cases, "zero_pad_channels", ZeroPadChannels::new(2, 3));
    on_images(cases, "prelu", PRelu::new());
    on_images(cases, "global_max_pool2d", GlobalMaxPool2d::new());
    on_images(cases, "up_sample2d_nearest", UpSample2d::new([2, 5]));
    let bilinear = UpSample2d::new([3, 2]).interpolation(Interpolation::Bilinear);
    on_images(cases, "up_sample2d_bilinear", bilinear);
    let bilinear = UpSample2d::new([1, 7]).interpolation(Interpolation::Bilinear);
    on_images(cases, "up_sample2d_bilinear_wide", bilinear);
    on_images(cases, "zero_pad2d", ZeroPad2d::sides(1, 2, 0, 3));
    for (name, k) in [("half", 0.5), ("one", 1.0), ("fraction", 1.7)] {
        let norm = LocalResponseNorm::new().k(k).alpha(0.5).beta(0.6);
        on_images(cases, &format!("local_response_norm_{name}"), norm);
    }
    on_images(
        cases,
        "local_response_norm",
        LocalResponseNorm::new().alpha(0.5),
    );
    on_images(
        cases,
        "local_response_norm_3",
        LocalResponseNorm::new().size(3).k(1.5).beta(1.2),
    );
    on_images(
        cases,
        "local_response_norm_no_alpha",
        LocalResponseNorm::new().alpha(0.0),
    );
    on_images(
        cases,
        "local_response_norm_no_beta",
        LocalResponseNorm::new().beta(0.0),
    );
    for shape in [vec![9], vec![3, 9], vec![2, 3, 2, 9]] {
        let name = format!("local_response_norm_of_rank_{}", shape.len());
        let norm = LocalResponseNorm::new().alpha(0.7);
        cases.push((name, Sequential::input(shape).push(norm)));
    }
    for image in [[6, 5, 1], [1, 1, 3]] {
        let network = Sequential::input(image).push(Conv2d::new(2, 3).padding(Padding::Same));
        let back = Conv2d::new(1, 1).activation(Relu);
        let name = format!("conv2d_of_{}_channels", image[2]);
        cases.push((name, network.push(back)));
    }
}

fn normalisation(cases: &mut Vec<Case<f32>>) {
    on_images(cases, "batch_norm", BatchNorm::new().epsilon(1e-3));
    on_images(cases, "layer_norm", LayerNorm::new().epsilon(1e-3));
    on_images(cases, "group_norm", GroupNorm::new(2).epsilon(1e-3));
    for shape in [vec![6], vec![3, 6], vec![2, 3, 2, 6]] {
        let name = |kind: &str| format!("{kind}_of_rank_{}", shape.len());
        let network = || Sequential::input(shape.clone());
        cases.push((name("group_norm"), network().push(GroupNorm::new(3))));
        cases.push((name("prelu"), network().push(PRelu::new())));
        let zeros = ZeroPadChannels::new(1, 0);
        cases.push((name("zero_pad_channels"), network().push(zeros)));
        let columns = Columns::new([5, 0, 2]);
        cases.push((name("columns"), network().push(columns)));
    }
    for shape in [vec![5], vec![3, 5], vec![2, 3, 2, 5]] {
        let rank = shape.len();
        let network = || Sequential::input(shape.clone());
        cases.push((
            format!("batch_norm_of_rank_{rank}"),
            network().push(BatchNorm::new()),
        ));
        cases.push((
            format!("layer_norm_of_rank_{rank}"),
            network().push(LayerNorm::new()),
        ));
    }
    let flattened = Sequential::input(IMAGE)
        .push(Conv2d::new(5, 3).activation(Relu))
        .push(Flatten)
        .push(Dropout::new(0.5))
        .push(BatchNorm::new())
        .push(LayerNorm::new())
        .push(Activate(Softmax));
    cases.push(("norms_of_flattened".to_owned(), flattened));
}

fn shapes(cases: &mut Vec<Case<f32>>) {
    on_images(cases, "dropout", Dropout::new(0.3));
    on_images(cases, "reparameterize", Reparameterize);
    on_images(cases, "standard_normal_kl", StandardNormalKl);
    let mut push = |name: &str, network| cases.push((name.to_owned(), network));
    push("flatten", Sequential::input([2, 3, 4]).push(Flatten));
    push(
        "flatten_of_conv2d",
        Sequential::input(IMAGE)
            .push(Conv2d::new(3, 3))
            .push(Flatten),
    );
    push(
        "reshape",
        Sequential::input([12]).push(Reshape::new([2, 3, 2])),
    );
    push(
        "reparameterize_vector",
        Sequential::input([6]).push(Reparameterize),
    );
    push(
        "standard_normal_kl_vector",
        Sequential::input([6]).push(StandardNormalKl),
    );
    let names = Sequential::input([3])
        .push_named("output", Dense::new(3))
        .push_named("output.kernel", Dense::new(3))
        .push_named("", Activate(Tanh))
        .push_named("input", Activate(Tanh));
    push("names_taken", names);
}

/// Layers that hold layers, on vectors, on images in both memory orders, and at the end of a network.
fn branches(cases: &mut Vec<Case<f32>>) {
    let mut push = |name: &str, network| cases.push((name.to_owned(), network));
    let dense = |units| Sequential::new().push(Dense::new(units).activation(Tanh));
    let conv = |filters| {
        let conv = Conv2d::new(filters, 3).padding(Padding::Same);
        Sequential::new().push(conv).push(BatchNorm::new())
    };
    let residual = Residual::new(dense(5)).activation(Relu);
    push("residual", Sequential::input([5]).push(residual));
    let three = Branches::add([dense(4), dense(4), Sequential::new().push(Dense::new(4))]);
    push(
        "branches_add",
        Sequential::input([5]).push(three.activation(Gelu)),
    );
    let concat = || Branches::concat([conv(3), Sequential::new(), conv(1)]);
    push("branches_concat", Sequential::input(IMAGE).push(concat()));
    let nested = Residual::new(Sequential::new().push(Residual::new(conv(4))).push(conv(4)));
    let network = Sequential::input(IMAGE)
        .push(Sequential::new().push(Conv2d::new(4, 1)))
        .push(nested.activation(Relu))
        .push(concat().activation(Softmax))
        .push(Columns::new([7, 0, 3]))
        .push(Flatten)
        .push(Residual::new(Sequential::new().push(Dense::new(7 * 6 * 3))))
        .push(Dense::new(3));
    push("branches_nested", network);
    let first = Sequential::input(IMAGE).push(Residual::new(Sequential::new().push(PRelu::new())));
    push("residual_in_model_order", first);
    push(
        "sequential_empty",
        Sequential::input([5]).push(Sequential::new()),
    );
    // NaN-free: every number is rounded to that of a category first
    let category = Sequential::new()
        .push(Columns::new([1]))
        .push(Activate(Relu));
    let zero =
        |layer: Sequential<f32>| layer.push(Dense::new(1).bias(false).kernel_initializer(ZEROS));
    let category = zero(category).push(Embedding::new(4, 3)).push(Flatten);
    let table = Branches::concat([Sequential::new().push(Columns::new([0, 2])), category]);
    push(
        "embedding",
        Sequential::input([3]).push(table).push(Dense::new(2)),
    );
    let codes = Sequential::input([4])
        .push(Dense::new(2).bias(false).kernel_initializer(ZEROS))
        .push(Embedding::new(3, 4));
    cases.push(("embedding_of_zeros".to_owned(), codes));
}

const ZEROS: dl_nn::init::Initializer = dl_nn::init::Initializer::Zeros;

fn signals(cases: &mut Vec<Case<f32>>) {
    let mut push = |name: &str, network| cases.push((name.to_owned(), network));
    let conv = Conv1d::new(6, 3).stride(2).padding(Padding::Same);
    let signal = || Sequential::input([11, 4]);
    push("conv1d", signal().push(conv.clone().activation(Softmax)));
    push(
        "conv1d_groups",
        signal().push(conv.clone().groups(2).bias(false).dilation(2).stride(1)),
    );
    let pool = MaxPool1d::new(3).stride(2).padding(Padding::all(1));
    push("max_pool1d", signal().push(pool));
    push(
        "conv1d_flattened",
        signal()
            .push(conv.activation(Tanh))
            .push(pool)
            .push(Flatten)
            .push(Dense::new(3)),
    );
}
