//! The binary `conv_arithmetic`, and the answers of the chapter on convolution.

mod common;

use common::{Directory, assert_refused, run};
use dl_conv::functions::conv2d_input_gradient;
use dl_conv::gallery::{box_blur, identity, sobel_x};
use dl_conv::models::{alexnet, lenet5};
use dl_conv::{Conv2d, Padding, Window};
use dl_nn::prelude::Sequential;
use examples::conv_arithmetic::{
    convolve, flipped, image, largest, layers_compared, mean, multiply_adds, pooled_image, window,
};
use ndarray::{Array2, Array4, Axis, array, concatenate};

const BINARY: &str = env!("CARGO_BIN_EXE_conv_arithmetic");

#[test]
fn prints_what_the_chapter_quotes_and_draws() {
    let out = Directory::new();
    let ended = run(BINARY, &out, &[]);
    assert!(ended.success, "{}", ended.stderr);
    for line in [
        "stride 2: 5×5 gives 2×2",
        "against the correlation with the flipped kernel: largest difference 0e0",
        "dense                 4821600      4821600",
        "locally connected      122304       122304",
        "convolution               156       122304",
        "LeNet-5 total                      61706         416520",
        "AlexNet conv1       55×55×96       34944      105415200",
        "AlexNet total                   62378344     1135256096",
        "AlexNet dense layers: 94.0 % of the parameters",
        "AlexNet dense layers' products: 5.2 % of the multiply-adds",
    ] {
        assert!(ended.stdout.contains(line), "{line}: {}", ended.stdout);
    }
    let names = ["pooling", "stages", "stride_padding", "window"];
    let files =
        names.map(|name| ["png", "svg"].map(|kind| format!("conv_arithmetic_{name}.{kind}")));
    assert_eq!(out.files(), files.concat());
}

#[test]
fn the_worked_example_by_hand() {
    let output = convolve(&image(), &sobel_x(), &Window::new(3)).unwrap();
    // rows 0 to 2, columns 0 to 2: (2 − 1) + 2·(2 − 1) + (3 − 0)
    assert_eq!(output[[0, 0]], 6.0);
    // and columns 1 to 3: (8 − 1) + 2·(9 − 2) + (8 − 1)
    assert_eq!(output[[0, 1]], 28.0);
    // the Sobel kernel is antisymmetric: flipping it changes the sign
    let turned = convolve(&image(), &flipped(&sobel_x()), &Window::new(3)).unwrap();
    assert_eq!(turned, -output);
    let (pooled, window) = (pooled_image(), window(2, 2, 0, 1));
    assert_eq!(
        largest(&pooled, &window).unwrap(),
        array![[6.0, 5.0], [7.0, 9.0]]
    );
    assert_eq!(
        mean(&pooled, &window).unwrap(),
        array![[3.5, 2.0], [2.5, 6.0]]
    );
}

#[test]
fn counts_by_formula() {
    let [(_, dense), (_, local), (_, shared)] = layers_compared([6, 5].into(), 3, 2).unwrap();
    let outputs = 4 * 3 * 2;
    assert_eq!(
        (dense.parameters, dense.connections),
        (30 * outputs + outputs, 31 * outputs)
    );
    assert_eq!(
        (local.parameters, local.connections),
        (10 * outputs, 10 * outputs)
    );
    assert_eq!(
        (shared.parameters, shared.connections),
        (10 * 2, 10 * outputs)
    );
    assert!(layers_compared([2, 9].into(), 3, 2).is_err());
}

/// A picture of one bright pixel.
fn pixel(side: usize) -> Array2<f64> {
    let mut image = Array2::zeros((side, side));
    image[[side / 2, side / 2]] = 1.0;
    image
}

fn same() -> Window {
    Window {
        padding: Padding::Same,
        ..Window::new(3)
    }
}

#[test]
fn kernels_1_the_kernel_that_moves_an_image_to_the_right() {
    let kernel = array![[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]];
    let moved = convolve(&image(), &kernel, &same()).unwrap();
    let kept = Array2::from_shape_fn((5, 4), |at| image()[at]);
    let expected = concatenate![Axis(1), Array2::<f64>::zeros((5, 1)), kept];
    assert_eq!(moved, expected);
    assert_eq!(convolve(&image(), &identity(), &same()).unwrap(), image());
}

#[test]
fn kernels_2_sobel_on_a_ramp() {
    let ramp = Array2::from_shape_fn((6, 7), |(_, x)| 3.0 * x as f64 + 2.0);
    let slopes = convolve(&ramp, &sobel_x(), &Window::new(3)).unwrap();
    assert_eq!(slopes, Array2::from_elem((4, 5), 24.0));
}

#[test]
fn kernels_3_two_blurs_are_one_of_5_by_5() {
    let blur = box_blur(3).unwrap();
    let once = convolve(&pixel(9), &blur, &same()).unwrap();
    let twice = convolve(&once, &blur, &same()).unwrap();
    let weights = [1.0, 2.0, 3.0, 2.0, 1.0];
    for ((row, column), &value) in twice.indexed_iter() {
        let weight = |at: usize| {
            at.checked_sub(2)
                .and_then(|i| weights.get(i))
                .unwrap_or(&0.0)
        };
        assert!((value - weight(row) * weight(column) / 81.0).abs() <= 1e-15);
    }
    assert_eq!(format!("{:.3}", twice[[4, 4]]), "0.111");
}

#[test]
fn arithmetic_1_the_size_of_alexnets_first_layer() {
    let side = |input: usize, padding| {
        let window = window(11, 4, padding, 1);
        window.over(input.into()).unwrap().output.height
    };
    assert_eq!([side(224, 0), side(224, 2), side(227, 0)], [54, 55, 55]);
}

#[test]
fn arithmetic_2_three_small_kernels_see_what_a_large_one_sees() {
    // what an output pixel depends on: where its gradient arrives
    let mut gradient = Array4::<f64>::zeros((1, 9, 9, 1));
    gradient[[0, 4, 4, 0]] = 1.0;
    let kernel = Array4::ones((3, 3, 1, 1));
    for _ in 0..3 {
        gradient = conv2d_input_gradient(gradient.view(), kernel.view(), 9, &same(), 1).unwrap();
    }
    assert_eq!(gradient.iter().filter(|&&g| g != 0.0).count(), 7 * 7);
    let parameters = |kernel: usize, layers: usize| {
        let conv = || Conv2d::new(64, kernel).padding(Padding::Same).bias(false);
        let model = (0..layers).fold(Sequential::<f32>::input([9, 9, 64]), |model, _| {
            model.push(conv())
        });
        model.build(0).unwrap().parameter_count()
    };
    assert_eq!([parameters(3, 3), parameters(7, 1)], [110_592, 200_704]);
}

#[test]
fn arithmetic_3_padding_that_keeps_the_size_of_a_dilated_window() {
    for input in [9, 28] {
        let geometry = window(3, 1, 4, 4).over(input.into()).unwrap();
        assert_eq!(geometry.output.height, input);
    }
}

#[test]
fn networks_1_the_third_layer_of_the_paper() {
    let seen = [vec![3; 6], vec![4; 9], vec![6]].concat();
    assert_eq!(seen.len(), 16);
    let parameters: usize = seen.iter().map(|maps| 25 * maps + 1).sum();
    assert_eq!(parameters, 1516);
    let summary = lenet5::<f32>().build(0).unwrap().summary();
    let c3 = summary.rows.iter().find(|row| row.name == "c3").unwrap();
    assert_eq!(c3.parameters, 2416);
    assert_eq!(multiply_adds(c3), 240_000);
}

#[test]
fn networks_2_alexnet_in_two_towers() {
    let parameters = |channels: usize, filters, kernel: usize, groups| {
        let conv = Conv2d::new(filters, kernel).groups(groups);
        let model = Sequential::<f32>::input([13, 13, channels]).push(conv);
        model.build(0).unwrap().parameter_count()
    };
    let saved = [(96, 256, 5), (384, 384, 3), (384, 256, 3)].map(|(channels, filters, kernel)| {
        parameters(channels, filters, kernel, 1) - parameters(channels, filters, kernel, 2)
    });
    assert_eq!(saved, [307_200, 663_552, 442_368]);
    assert_eq!(62_378_344 - saved.iter().sum::<usize>(), 60_965_224);
}

#[test]
fn networks_3_alexnet_for_small_images() {
    let model = alexnet::<f32>(67, 1000).build(0).unwrap();
    let pool5 = model
        .summary()
        .rows
        .into_iter()
        .find(|row| row.name == "pool5");
    assert_eq!(pool5.unwrap().output_shape, [1, 1, 256]);
    assert_eq!(model.parameter_count(), 25_678_184);
}

#[test]
fn refuses_an_unknown_option() {
    assert_refused(BINARY, &["--kernel", "3"], "unexpected argument '--kernel'");
}
