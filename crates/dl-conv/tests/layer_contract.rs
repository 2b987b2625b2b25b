//! The contract of dl-nn's layers, run over every layer here.

use dl_conv::{
    AdaptiveAveragePool2d, AveragePool2d, Conv1d, Conv2d, ConvTranspose2d, GlobalAveragePool2d,
    GlobalMaxPool2d, Interpolation, LocalResponseNorm, MaxPool1d, MaxPool2d, Padding, Size,
    UpSample2d, ZeroPad2d, ZeroPadChannels,
};
use dl_core::random::generator;
use dl_nn::contract::{ContractError, check, check_passes, perturb, samples};
use dl_nn::gradient_check::GradientError;
use dl_nn::prelude::*;
use proptest::prelude::*;
use proptest::test_runner::Reason;

/// Where a window stands.
#[derive(Debug, Clone, Copy)]
struct Settings {
    kernel: Size,
    stride: Size,
    dilation: Size,
    padding: Padding,
}

impl Settings {
    fn max(self) -> MaxPool2d {
        let pool = MaxPool2d::new(self.kernel).stride(self.stride);
        pool.padding(self.padding).dilation(self.dilation)
    }

    fn average(self) -> AveragePool2d {
        let pool = AveragePool2d::new(self.kernel).stride(self.stride);
        pool.padding(self.padding).dilation(self.dilation)
    }

    fn convolution(self, filters: usize) -> Conv2d {
        let convolution = Conv2d::new(filters, self.kernel).stride(self.stride);
        convolution.padding(self.padding).dilation(self.dilation)
    }
}

/// A batch of images.
#[derive(Debug, Clone, Copy)]
struct Images {
    number: usize,
    size: [usize; 2],
    channels: usize,
    seed: u64,
}

/// Checks a layer in both precisions; `true` where it takes such images.
fn keeps<S>(spec: S, kind: &str, params: &[&str], images: Images) -> Result<bool, Reason>
where
    S: LayerSpec<f64> + LayerSpec<f32>,
{
    let Images { number, seed, .. } = images;
    let sample = [images.size[0], images.size[1], images.channels];
    let built: Result<Box<dyn Layer<f64>>, _> = spec.build(&sample, &mut generator(seed));
    let Ok(mut layer) = built else {
        return Ok(false);
    };
    assert_eq!(<S as LayerSpec<f64>>::KIND, kind);
    let arrays = layer.params().into_iter().chain(layer.state());
    let elements: usize = arrays.map(|array| array.value.len()).sum();
    assert_eq!(LayerSpec::<f64>::element_count(&spec, &sample), elements);
    let names: Vec<_> = layer.params().iter().map(|p| p.name.to_string()).collect();
    assert_eq!(names, params, "{spec:?}");
    perturb(&mut *layer, seed);
    let shape = [&[number][..], &sample].concat();
    match check(&mut *layer, &samples(&shape, seed)) {
        Ok(_) => {}
        // units near 0, pixels near another
        Err(ContractError::Gradient(GradientError::Kinks { .. })) => return Err("a kink".into()),
        // no unit is alive
        Err(ContractError::Gradient(GradientError::Zero { .. })) if !params.is_empty() => {
            return Err("a dead layer".into());
        }
        Err(error) => panic!("{spec:?} on {shape:?}: {error}"),
    }
    let mut layer: Box<dyn Layer<f32>> = spec.build(&sample, &mut generator(seed)).unwrap();
    perturb(&mut *layer, seed);
    if let Err(error) = check_passes(&mut *layer, &samples(&shape, seed)) {
        panic!("{spec:?} on {shape:?} in f32: {error}");
    }
    Ok(true)
}

fn size(range: std::ops::Range<usize>) -> impl Strategy<Value = Size> {
    (range.clone(), range).prop_map(|(h, w)| Size::from([h, w]))
}

fn settings() -> impl Strategy<Value = Settings> {
    let padding = prop_oneof![
        Just(Padding::Valid),
        Just(Padding::Same),
        (0..3_usize, 0..3_usize, 0..3_usize, 0..3_usize).prop_map(|(top, bottom, left, right)| {
            Padding::Explicit {
                top,
                bottom,
                left,
                right,
            }
        }),
    ];
    (size(1..4), size(1..4), size(1..3), padding).prop_map(|(kernel, stride, dilation, padding)| {
        Settings {
            kernel,
            stride,
            dilation,
            padding,
        }
    })
}

/// Large images of few channels, and small ones of as many as are worked on side by side.
fn images() -> impl Strategy<Value = Images> {
    let few = ([1..7_usize, 1..7_usize], 1..5_usize);
    let many = prop_oneof![Just(9_usize), Just(33), Just(43)];
    let shape = prop_oneof![few, ([1..4_usize, 1..4_usize], many)];
    (1..4_usize, shape, 0..1_000_u64).prop_map(|(number, (size, channels), seed)| Images {
        number,
        size,
        channels,
        seed,
    })
}

fn reject(kept: Result<bool, Reason>) -> Result<(), TestCaseError> {
    match kept {
        Ok(true) => Ok(()),
        Ok(false) => Err(TestCaseError::reject("the window does not fit")),
        Err(reason) => Err(TestCaseError::reject(reason)),
    }
}

/// Groups that divide the channels, from one to one a channel, and as many filters a group as told.
fn in_groups(channels: usize, pick: usize, filters: usize) -> (usize, usize) {
    let divisors: Vec<usize> = (1..=channels)
        .filter(|&g| channels.is_multiple_of(g))
        .collect();
    let groups = divisors[pick % divisors.len()];
    (groups, groups * filters)
}

proptest! {
    #![proptest_config(ProptestConfig { max_global_rejects: 4096, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn max_pool(settings in settings(), images in images()) {
        reject(keeps(settings.max(), "max_pool2d", &[], images))?;
    }

    #[test]
    fn average_pool(settings in settings(), images in images(), count: bool) {
        let pool = settings.average().count_padding(count);
        reject(keeps(pool, "average_pool2d", &[], images))?;
    }

    #[test]
    fn global_pools(images in images()) {
        reject(keeps(GlobalMaxPool2d::new(), "global_max_pool2d", &[], images))?;
        reject(keeps(GlobalAveragePool2d::new(), "global_average_pool2d", &[], images))?;
    }

    #[test]
    fn local_response_norm(
        images in images(),
        reach in 0..4_usize,
        k in 0.5..2.0,
        alpha in 0.0..1.0,
        beta in prop_oneof![Just(0.75), 0.0..1.5],
    ) {
        let norm = LocalResponseNorm::new().size(2 * reach + 1);
        let norm = norm.k(k).alpha(alpha).beta(beta);
        reject(keeps(norm, "local_response_norm", &[], images))?;
    }

    #[test]
    fn up_sample(images in images(), factor in size(1..4), bilinear: bool) {
        let interpolation = match bilinear {
            true => Interpolation::Bilinear,
            false => Interpolation::Nearest,
        };
        let up = UpSample2d::new(factor).interpolation(interpolation);
        reject(keeps(up, "up_sample2d", &[], images))?;
    }

    #[test]
    fn zero_pad(images in images(), sides in [0..3_usize, 0..3, 0..3, 0..3]) {
        let [top, bottom, left, right] = sides;
        reject(keeps(ZeroPad2d::sides(top, bottom, left, right), "zero_pad2d", &[], images))?;
    }

    #[test]
    fn convolution(settings in settings(), images in images(), pick in 0..8_usize, times in 1..4_usize, bias: bool) {
        let images = Images { channels: images.channels.min(9), ..images };
        let (groups, filters) = in_groups(images.channels, pick, times);
        let convolution = settings.convolution(filters).groups(groups).bias(bias);
        let params: &[&str] = if bias { &["kernel", "bias"] } else { &["kernel"] };
        for activation in [Identity, Relu, Gelu] {
            let convolution = convolution.clone().activation(activation);
            reject(keeps(convolution, "conv2d", params, images))?;
        }
    }

    #[test]
    fn transposed_convolution(
        settings in settings(),
        images in images(),
        more in [0..3_usize, 0..3_usize],
        pick in 0..8_usize,
        times in 1..4_usize,
        bias: bool,
    ) {
        let images = Images { channels: images.channels.min(9), ..images };
        let (groups, filters) = in_groups(images.channels, pick, times);
        let more = match settings.padding {
            Padding::Same => Size::from(0),
            _ => Size::from([more[0] % settings.stride.height, more[1] % settings.stride.width]),
        };
        let layer = ConvTranspose2d::new(filters, settings.kernel).stride(settings.stride);
        let layer = layer.padding(settings.padding).dilation(settings.dilation);
        let layer = layer.output_padding(more).groups(groups).bias(bias);
        let params: &[&str] = if bias { &["kernel", "bias"] } else { &["kernel"] };
        for activation in [Identity, Relu, Gelu] {
            let layer = layer.clone().activation(activation);
            reject(keeps(layer, "conv_transpose2d", params, images))?;
        }
    }
}

/// Signals `[length, channels]`, in both precisions.
fn signal<S>(
    spec: S,
    kind: &str,
    params: &[&str],
    [number, length, channels]: [usize; 3],
) -> Result<(), TestCaseError>
where
    S: LayerSpec<f64> + LayerSpec<f32>,
{
    let sample = [length, channels];
    let Ok(mut layer): Result<Box<dyn Layer<f64>>, _> = spec.build(&sample, &mut generator(1))
    else {
        return Err(TestCaseError::reject("the window does not fit"));
    };
    assert_eq!(<S as LayerSpec<f64>>::KIND, kind);
    let elements: usize = layer.params().iter().map(|array| array.value.len()).sum();
    assert_eq!(LayerSpec::<f64>::element_count(&spec, &sample), elements);
    let names: Vec<_> = layer.params().iter().map(|p| p.name.to_string()).collect();
    assert_eq!(names, params);
    perturb(&mut *layer, 2);
    let shape = [number, length, channels];
    match check(&mut *layer, &samples(&shape, 3)) {
        Err(ContractError::Gradient(GradientError::Kinks { .. } | GradientError::Zero { .. })) => {
            return Err(TestCaseError::reject("kinks"));
        }
        result => drop(result.unwrap()),
    }
    let mut layer: Box<dyn Layer<f32>> = spec.build(&sample, &mut generator(1)).unwrap();
    check_passes(&mut *layer, &samples(&shape, 3)).unwrap();
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { max_global_rejects: 4096, ..ProptestConfig::with_cases(32) })]

    #[test]
    fn adaptive_average_pool(images in images(), output in size(1..6)) {
        let pool = AdaptiveAveragePool2d::new(output);
        reject(keeps(pool, "adaptive_average_pool2d", &[], images))?;
    }

    #[test]
    fn zero_pad_channels(images in images(), before in 0..3_usize, after in 0..3_usize) {
        reject(keeps(ZeroPadChannels::new(before, after), "zero_pad_channels", &[], images))?;
    }

    #[test]
    fn signals(
        shape in [1..4_usize, 3..9, 1..5],
        (kernel, stride, dilation) in (1..4_usize, 1..3_usize, 1..3_usize),
        same: bool,
        bias: bool,
    ) {
        let padding = if same { Padding::Same } else { Padding::all(1) };
        let params: &[&str] = if bias { &["kernel", "bias"] } else { &["kernel"] };
        let convolution = Conv1d::new(3, kernel).stride(stride).dilation(dilation).padding(padding);
        signal(convolution.bias(bias).activation(Tanh), "conv1d", params, shape)?;
        signal(MaxPool1d::new(kernel).stride(stride).padding(padding), "max_pool1d", &[], shape)?;
    }
}

/// A signal is an image of one row: the same numbers come out.
#[test]
fn a_signal_is_an_image_of_one_row() {
    let signals = Sequential::<f64>::input([9, 2])
        .push(
            Conv1d::new(4, 3)
                .stride(2)
                .padding(Padding::Same)
                .activation(Tanh),
        )
        .push(MaxPool1d::new(2));
    let images = Sequential::<f64>::input([1, 9, 2])
        .push(
            Conv2d::new(4, [1, 3])
                .stride([1, 2])
                .padding(Padding::Same)
                .activation(Tanh),
        )
        .push(MaxPool2d::new([1, 2]));
    let (signals, images) = (signals.build(3).unwrap(), images.build(3).unwrap());
    assert_eq!(signals.params().next().unwrap().1.shape(), [3, 2, 4]);
    let x = samples(&[5, 9, 2], 1);
    let y = signals.predict(&x).unwrap();
    let image = x.into_shape_with_order(vec![5, 1, 9, 2]).unwrap();
    let expected = images.predict(&image).unwrap();
    assert_eq!(y.shape(), [5, 2, 4]);
    assert!(y.iter().eq(&expected));
}
