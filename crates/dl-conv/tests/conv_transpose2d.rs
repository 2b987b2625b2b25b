//! The transposed convolution against its definition, and its errors.

mod cases;

use cases::{Case, cases, rank4, whole, whole4};
use dl_conv::functions::{conv_transpose2d, conv2d};
use dl_conv::{ConvTranspose2d, Padding, Size, Window, naive};
use dl_nn::prelude::*;
use ndarray::{Array4, ArrayView1, Slice};
use proptest::prelude::*;

/// A case's images are the convolution's, the transposed one's output; its input, kernel
/// `[kh, kw, filters / groups, c]` and bias, and the output padding that leads there.
fn arrays<F: Scalar>(case: &Case) -> (Array4<F>, Array4<F>, Vec<F>, Size) {
    let [depth, channels] = case.depths;
    let window = &case.window;
    let geometry = window.over(case.image.into()).unwrap();
    let (taps, input) = (window.kernel, geometry.output);
    let channels = channels * case.groups;
    let x = whole4([case.images, input.height, input.width, channels], 1);
    let kernel = whole4([taps.height, taps.width, depth, channels], 2);
    let bias = whole(&[depth * case.groups], 3).into_raw_vec_and_offset().0;
    let (rows, columns) = match window.padding {
        Padding::Explicit {
            top,
            bottom,
            left,
            right,
        } => (top + bottom, left + right),
        Padding::Valid | Padding::Same => (0, 0),
    };
    let rest = |image: usize, padding: usize, kernel: usize, stride: usize, dilation: usize| {
        (image + padding - (kernel - 1) * dilation - 1) % stride
    };
    let (stride, dilation) = (window.stride, window.dilation);
    let [height, width] = case.image;
    let more = match window.padding {
        Padding::Same => 0.into(),
        _ => Size {
            height: rest(height, rows, taps.height, stride.height, dilation.height),
            width: rest(width, columns, taps.width, stride.width, dilation.width),
        },
    };
    (x, kernel, bias, more)
}

/// `Same` makes outputs that the stride divides.
fn reachable(case: &Case) -> bool {
    let Size { height, width } = case.window.stride;
    case.window.padding != Padding::Same
        || (case.image[0].is_multiple_of(height) && case.image[1].is_multiple_of(width))
}

fn equals_its_definition<F: Scalar>(case: &Case) {
    let (x, kernel, bias, more) = arrays::<F>(case);
    let bias = ArrayView1::from(&bias);
    let (window, groups) = (&case.window, case.groups);
    let y = conv_transpose2d(x.view(), kernel.view(), Some(bias), window, more, groups).unwrap();
    let geometry = window.over(case.image.into()).unwrap();
    let expected = naive::input_gradient(x.view(), kernel.view(), groups, &geometry);
    assert_eq!(y, expected + bias);
    // ⟨Kᵀ x, z⟩ = ⟨x, K z⟩
    let linear = conv_transpose2d(x.view(), kernel.view(), None, window, more, groups).unwrap();
    let z = rank4(&whole(y.shape(), 4)).to_owned();
    let back = conv2d(z.view(), kernel.view(), None, window, groups).unwrap();
    assert_eq!((&linear * &z).sum(), (&x * &back).sum());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_adjoint_of_a_convolution(case in cases(12, 5).prop_filter("reachable", reachable)) {
        equals_its_definition::<f64>(&case);
    }

    /// Zeros between the pixels and around them, then a convolution with the flipped kernel
    /// (Dumoulin and Visin, chapter 4).
    #[test]
    fn a_convolution_of_the_image_spread_out(
        image in [1..6_usize, 1..6_usize],
        kernel in [1..5_usize, 1..5_usize],
        stride in [1..4_usize, 1..4_usize],
    ) {
        let x = whole4::<f64>([2, image[0], image[1], 3], 1);
        let k = whole4::<f64>([kernel[0], kernel[1], 4, 3], 2);
        let window = Window { stride: stride.into(), ..Window::new(kernel) };
        let y = conv_transpose2d(x.view(), k.view(), None, &window, 0, 1).unwrap();

        let rows = (image[0] - 1) * stride[0] + 2 * kernel[0] - 1;
        let columns = (image[1] - 1) * stride[1] + 2 * kernel[1] - 1;
        let mut spread = Array4::zeros((2, rows, columns, 3));
        for ((n, r, c, channel), &value) in x.indexed_iter() {
            spread[[n, r * stride[0] + kernel[0] - 1, c * stride[1] + kernel[1] - 1, channel]] = value;
        }
        let mut flipped = k.permuted_axes([0, 1, 3, 2]);
        for axis in [0, 1] {
            flipped = flipped.slice_axis(ndarray::Axis(axis), Slice::new(0, None, -1)).to_owned();
        }
        let expected = conv2d(spread.view(), flipped.view(), None, &Window::new(kernel), 1);
        prop_assert_eq!(y, expected.unwrap());
    }
}

#[test]
fn a_kernel_at_every_pixel() {
    let x = ndarray::array![[[[1.0], [2.0]], [[3.0], [4.0]]]];
    let kernel = Array4::from_shape_vec((2, 2, 1, 1), vec![1.0, 10.0, 100.0, 1000.0]).unwrap();
    let window = Window {
        stride: 2.into(),
        ..Window::new(2)
    };
    let y = conv_transpose2d(x.view(), kernel.view(), None, &window, 0, 1).unwrap();
    let expected = [
        [1.0, 10.0, 2.0, 20.0],
        [100.0, 1000.0, 200.0, 2000.0],
        [3.0, 30.0, 4.0, 40.0],
        [300.0, 3000.0, 400.0, 4000.0],
    ];
    assert_eq!(y.into_raw_vec_and_offset().0, expected.concat());
}

#[track_caller]
fn message(input: &[usize], layer: ConvTranspose2d) -> String {
    let model = Sequential::<f32>::input(input).push(layer).build(0);
    model.unwrap_err().to_string()
}

#[test]
fn what_does_not_fit_is_an_error() {
    let layer = || ConvTranspose2d::new(4, 3);
    let name = "layer `conv_transpose2d_1`: ";
    let of = |layer| message(&[5, 5, 6], layer).replace(name, "");
    let size = "ConvTranspose2d output_padding is 1×0, but must be ";
    assert_eq!(
        of(layer().output_padding([1, 0])),
        format!("{size}less than the stride")
    );
    let same = layer()
        .stride(2)
        .padding(Padding::Same)
        .output_padding([1, 0]);
    assert!(of(same).starts_with(&format!("{size}0 with Padding::Same")));
    assert_eq!(
        of(layer().groups(4)),
        "ConvTranspose2d groups is 4 for 6 input channels and 4 filters, but must be a divisor \
         of both"
    );
    assert_eq!(
        of(ConvTranspose2d::new(0, 3)),
        "ConvTranspose2d filters is 0, but must be at least 1"
    );
    assert!(of(layer().stride(0)).starts_with("ConvTranspose2d stride is 0×0"));
    let error = of(layer().padding(Padding::all(4)));
    assert!(error.starts_with("got a sample of shape [5, 5, 6], but takes an image of which"));
    assert!(of(layer().stride(1 << 20)).ends_with("has fewer than 2^32 elements"));
    assert!(of(layer().stride(1 << 20).padding(Padding::Same)).contains("2^32 elements"));
    assert!(of(ConvTranspose2d::new(usize::MAX, 3)).contains("ConvTranspose2d kernel is"));
    assert!(of(layer().activation(LeakyRelu { slope: f64::NAN })).contains("slope"));
    assert!(message(&[5, 5], layer()).contains("an image [height, width, channels]"));
}

#[test]
fn sizes_and_parameters() {
    let model: Model<f32> = Sequential::input([7, 5, 6])
        .push(
            ConvTranspose2d::new(4, [3, 2])
                .stride([2, 3])
                .padding(Padding::Same)
                .groups(2),
        )
        .push(
            ConvTranspose2d::new(2, 3)
                .stride(2)
                .padding(Padding::all(1))
                .output_padding(1),
        )
        .push(
            ConvTranspose2d::new(1, 3)
                .dilation(2)
                .bias(false)
                .activation(Sigmoid),
        )
        .build(0)
        .unwrap();
    let shapes: Vec<_> = model
        .layers()
        .iter()
        .map(|l| l.output_shape.clone())
        .collect();
    assert_eq!(shapes, [[14, 15, 4], [28, 30, 2], [32, 34, 1]]);
    let counts: Vec<_> = model.layers().iter().map(|l| l.parameter_count()).collect();
    assert_eq!(counts, [3 * 2 * 2 * 6 + 4, 3 * 3 * 2 * 4 + 2, 3 * 3 * 2]);
    // a loss on logits must not see probabilities
    let trainer = Trainer::new(model, BinaryCrossEntropy::new(), Adam::new(0.1));
    assert!(trainer.unwrap_err().to_string().contains("applies sigmoid"));
}

/// With its default kernel, an output has about the variance of its input, as for a convolution.
#[test]
fn initial_kernels_keep_the_variance() {
    for stride in [1, 2, 4] {
        let layer = ConvTranspose2d::new(64, 4).stride(stride).activation(Relu);
        let model: Model<f64> = Sequential::input([8, 8, 64]).push(layer).build(1).unwrap();
        let x = dl_nn::contract::samples::<f64>(&[4, 8, 8, 64], 2);
        let x = x.slice_axis(ndarray::Axis(0), Slice::from(1..)).to_owned();
        let y = model.predict(&x).unwrap();
        // He et al. 2015: E[relu(z)²] = ½ Var z = E[x²]; less at the borders
        let second = y.mapv(|y| y * y).mean().unwrap();
        assert!((0.5..1.3).contains(&second), "stride {stride}: {second}");
    }
}
