//! Pooling against loops over its definition, and what is decided about ties, NaN and padding.

use dl_conv::ndarray::{Array3, ArrayD, Axis, array};
use dl_conv::{AveragePool2d, Geometry, GlobalMaxPool2d, MaxPool2d, Padding, Size, Window};
use dl_core::random::{Generator, generator};
use dl_nn::prelude::*;
use dl_nn::single_layer::{backward, forward};
use proptest::prelude::*;

/// Windows of one image, each the list of the pixels it sees, row by row.
fn windows(geometry: &Geometry) -> Vec<Vec<[usize; 2]>> {
    let mut windows = Vec::new();
    for v in 0..geometry.output.height {
        for u in 0..geometry.output.width {
            let mut seen = Vec::new();
            for i in 0..geometry.kernel.height {
                for j in 0..geometry.kernel.width {
                    if let (Some(y), Some(x)) = (geometry.row(v, i), geometry.column(u, j)) {
                        seen.push([y, x]);
                    }
                }
            }
            windows.push(seen);
        }
    }
    windows
}

/// y and ∂L/∂x of one image by the definition; `reduce` gives a window's result and each of its
/// pixels' derivative.
fn by_definition<F: Scalar>(
    x: &Array3<F>,
    dy: &Array3<F>,
    geometry: &Geometry,
    reduce: impl Fn(&[F]) -> (F, Vec<F>),
) -> (Array3<F>, Array3<F>) {
    let (mut y, mut dx) = (Array3::zeros(dy.raw_dim()), Array3::zeros(x.raw_dim()));
    for (position, seen) in windows(geometry).iter().enumerate() {
        let (v, u) = (
            position / geometry.output.width,
            position % geometry.output.width,
        );
        for c in 0..x.dim().2 {
            let pixels: Vec<F> = seen.iter().map(|&[y, x_]| x[[y, x_, c]]).collect();
            let (result, derivatives) = reduce(&pixels);
            y[[v, u, c]] = result;
            for (&[row, column], &derivative) in seen.iter().zip(&derivatives) {
                dx[[row, column, c]] += derivative * dy[[v, u, c]];
            }
        }
    }
    (y, dx)
}

/// The first of the largest, by comparing all with all.
fn max<F: Scalar>(pixels: &[F]) -> (F, Vec<F>) {
    let wins = |i: usize| {
        pixels[..i].iter().all(|&before| before < pixels[i])
            && pixels[i..].iter().all(|&after| after <= pixels[i])
    };
    let winner = (0..pixels.len()).find(|&i| wins(i)).unwrap();
    let derivative = |i| if i == winner { F::one() } else { F::zero() };
    (pixels[winner], (0..pixels.len()).map(derivative).collect())
}

fn average<F: Scalar>(count: Option<usize>) -> impl Fn(&[F]) -> (F, Vec<F>) {
    move |pixels| {
        let count = F::cast(count.unwrap_or(pixels.len()) as f64);
        let sum = pixels.iter().copied().sum::<F>();
        (sum / count, vec![F::one() / count; pixels.len()])
    }
}

/// The layer's y and ∂L/∂x for a batch of one image.
fn by_layer<F: Scalar>(
    spec: &impl LayerSpec<F>,
    x: &Array3<F>,
    dy: &Array3<F>,
) -> (ArrayD<F>, ArrayD<F>) {
    let layer = spec.build(x.shape(), &mut generator(0)).unwrap();
    let batch = |image: &Array3<F>| image.clone().insert_axis(Axis(0)).into_dyn();
    let (x, dy, mut cache) = (batch(x), batch(dy), Cache::default());
    let y = forward(&*layer, &x, &mut cache, Mode::Eval).unwrap();
    // global pooling leaves `[c]` of an image
    let dy = dy.into_shape_with_order(y.raw_dim()).unwrap();
    let (dx, _) = backward(&*layer, &x, &y, &dy, &mut cache);
    (
        y.index_axis_move(Axis(0), 0),
        dx.index_axis_move(Axis(0), 0),
    )
}

fn draw<F: Scalar>(shape: [usize; 3], rng: &mut Generator) -> Array3<F> {
    Array3::from_shape_simple_fn(shape, || F::standard_normal(rng))
}

fn check<F: Scalar>(window: Window, geometry: &Geometry, channels: usize, levels: f64, seed: u64) {
    let image = geometry.input;
    let mut rng = generator(seed);
    let mut x = draw::<F>([image.height, image.width, channels], &mut rng);
    if levels > 0.0 {
        x.mapv_inplace(|x| (x * F::cast(levels)).round()); // ties
    }
    let output = geometry.output;
    let dy = draw::<F>([output.height, output.width, channels], &mut rng);

    let pool = MaxPool2d::new(window.kernel).stride(window.stride);
    let pool = pool.padding(window.padding).dilation(window.dilation);
    let (y, dx) = by_definition(&x, &dy, geometry, max);
    let (our_y, our_dx) = by_layer(&pool, &x, &dy);
    assert_eq!(our_y, y.into_dyn());
    close(&our_dx, &dx, "max");

    for count_padding in [false, true] {
        let pool = AveragePool2d::new(window.kernel).stride(window.stride);
        let pool = pool.padding(window.padding).dilation(window.dilation);
        let pool = pool.count_padding(count_padding);
        let count = count_padding.then_some(window.kernel.height * window.kernel.width);
        let (y, dx) = by_definition(&x, &dy, geometry, average(count));
        let (our_y, our_dx) = by_layer(&pool, &x, &dy);
        close(&our_y, &y, "average");
        close(&our_dx, &dx, "average");
    }
}

#[track_caller]
fn close<F: Scalar>(ours: &ArrayD<F>, expected: &Array3<F>, what: &str) {
    assert_eq!(ours.shape(), expected.shape(), "{what}");
    for (&a, &b) in ours.iter().zip(expected) {
        let tolerance = F::cast(20.0) * F::epsilon() * (F::one() + b.abs());
        assert!((a - b).abs() <= tolerance, "{what}: {a} against {b}");
    }
}

fn size(range: std::ops::Range<usize>) -> impl Strategy<Value = Size> {
    (range.clone(), range).prop_map(|(h, w)| Size::from([h, w]))
}

proptest! {
    #![proptest_config(ProptestConfig { max_global_rejects: 8192, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn pooling_is_its_definition(
        kernel in size(1..5),
        stride in size(1..5),
        dilation in size(1..3),
        sides in prop::option::of([0..4_usize, 0..4, 0..4, 0..4]),
        image in size(1..12),
        channels in prop_oneof![1..4_usize, Just(8), Just(45), Just(64)],
        levels in prop_oneof![Just(0.0), Just(1.0)],
        seed: u64,
    ) {
        let padding = match sides {
            None => Padding::Same,
            Some([top, bottom, left, right]) => Padding::Explicit { top, bottom, left, right },
        };
        let window = Window { kernel, stride, dilation, padding };
        let geometry = window.over(image);
        prop_assume!(geometry.is_ok());
        let geometry = geometry.unwrap();
        prop_assume!(!windows(&geometry).iter().any(Vec::is_empty));
        check::<f32>(window, &geometry, channels, levels, seed);
        check::<f64>(window, &geometry, channels, levels, seed);
    }
}

#[test]
fn of_equal_pixels_the_first_gets_the_gradient() {
    let x = array![[[1.0], [3.0], [3.0]], [[3.0], [3.0], [0.0]]];
    let dy = array![[[1.0], [10.0]]];
    let (y, dx) = by_layer(&MaxPool2d::new(2).stride(1), &x, &dy);
    assert_eq!(y, array![[[3.0], [3.0]]].into_dyn());
    // both windows see the 3 at row 0, column 1 first
    let expected = array![[[0.0], [11.0], [0.0]], [[0.0], [0.0], [0.0]]];
    assert_eq!(dx, expected.into_dyn());
    // apart, each has its own
    let x = array![[[2.0], [2.0], [-1.0], [-1.0]]];
    let (_, dx) = by_layer(&MaxPool2d::new([1, 2]), &x, &dy);
    assert_eq!(dx, array![[[1.0], [0.0], [10.0], [0.0]]].into_dyn());
    let (_, dx) = by_layer(&GlobalMaxPool2d::new(), &x, &array![[[5.0]]]);
    assert_eq!(dx, array![[[5.0], [0.0], [0.0], [0.0]]].into_dyn());
}

#[test]
fn padding_never_wins() {
    let x = array![[[-5.0], [-7.0]], [[-6.0], [-8.0]]];
    let pool = MaxPool2d::new(2).stride(2).padding(Padding::all(1));
    let (y, dx) = by_layer(&pool, &x, &Array3::ones((2, 2, 1)));
    assert_eq!(y, array![[[-5.0], [-7.0]], [[-6.0], [-8.0]]].into_dyn());
    assert_eq!(dx, Array3::<f64>::ones((2, 2, 1)).into_dyn());
    // nor do the values that float comparisons start from
    let x = array![[[f64::NEG_INFINITY], [f64::NEG_INFINITY]]];
    let (y, dx) = by_layer(&MaxPool2d::new([1, 2]), &x, &array![[[1.0]]]);
    assert_eq!(y, array![[[f64::NEG_INFINITY]]].into_dyn());
    assert_eq!(dx, array![[[1.0], [0.0]]].into_dyn());
}

#[test]
fn a_nan_under_the_window_comes_out() {
    let nan = f32::NAN;
    for at in 0..4 {
        // for every width of channels worked on together
        for channels in [1, 8, 32, 41] {
            let mut x = Array3::<f32>::ones((2, 2, channels));
            x.index_axis_mut(Axis(0), at / 2)
                .index_axis_mut(Axis(0), at % 2)
                .fill(nan);
            let dy = Array3::ones((1, 1, channels));
            let (y, dx) = by_layer(&MaxPool2d::new(2), &x, &dy);
            assert!(y.iter().all(|y| y.is_nan()), "{at}: {y}");
            // the window's first pixel has the gradient
            let first = dx.index_axis(Axis(0), 0).index_axis_move(Axis(0), 0);
            assert_eq!(first.sum(), channels as f32);
            assert_eq!(dx.sum(), channels as f32);
        }
    }
}

#[test]
fn the_mean_of_equal_pixels_is_theirs() {
    let x = Array3::<f32>::from_elem((5, 5, 3), 0.1);
    let pool = AveragePool2d::new(3).stride(1).padding(Padding::all(1));
    let (y, _) = by_layer(&pool, &x, &Array3::ones((5, 5, 3)));
    y.iter()
        .for_each(|y| assert!((y - 0.1).abs() <= 1e-8, "{y}"));
    // two of three pixels of the padded corner row are in the image
    let (y, _) = by_layer(&pool.count_padding(true), &x, &Array3::ones((5, 5, 3)));
    assert!((y[[0, 0, 0]] - 0.1 * 4.0 / 9.0).abs() <= 1e-8);
    assert!((y[[0, 2, 0]] - 0.1 * 6.0 / 9.0).abs() <= 1e-8);
}
