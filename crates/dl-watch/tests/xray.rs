//! The X-ray compared with the trainer's own gradients, and with a network computed by hand.

use dl_conv::{Conv2d, MaxPool2d};
use dl_nn::ShapeError;
use dl_nn::losses::Loss;
use dl_nn::prelude::*;
use dl_nn::{DataError, Workspace};
use dl_watch::XRay;
use dl_watch::ndarray::{Array2, Array4, ArrayD, array};
use dl_watch::xray::{Quantity, Targets, first_non_finite};

/// Pseudo-random numbers from −1 to 1.
fn wave(i: usize) -> f64 {
    (i as f64 * 0.7).sin()
}

fn table(n: usize, width: usize) -> Array2<f64> {
    Array2::from_shape_fn((n, width), |(i, j)| wave(i * width + j))
}

/// The gradients of a step with the trainer, and those of the X-ray.
fn both(
    model: Model<f64>,
    loss: impl Loss<f64> + Clone + 'static,
    x: &ArrayD<f64>,
    labels: &Vec<usize>,
) -> (Vec<ArrayD<f64>>, XRay<f64>, f64) {
    let mode = Mode::Train { seed: 3 };
    let xray = XRay::new(&model, &loss, x, labels, mode).expect("the data fits");
    let mut trainer = Trainer::new(model, loss, Sgd::new(0.1)).expect("it fits");
    let loss = trainer.step(x, labels).expect("finite");
    let grads = trainer.grads().iter().flatten().cloned().collect();
    (grads, xray, loss)
}

fn gradients(xray: &XRay<f64>) -> Vec<ArrayD<f64>> {
    let parameters = xray.layers.iter().flat_map(|layer| &layer.parameters);
    parameters.map(|p| p.gradient.clone()).collect()
}

#[test]
fn gradients_are_bit_identical_to_the_trainers() {
    let model = Sequential::input([4])
        .push(Dense::new(7).activation(Gelu))
        .push(BatchNorm::new())
        .push(Dense::new(5).activation(Relu))
        .push(LayerNorm::new())
        .push(Dense::new(3))
        .build(1)
        .expect("it fits");
    let labels: Vec<usize> = (0..12).map(|i| i % 3).collect();
    let x = table(12, 4).into_dyn();
    let (grads, xray, loss) = both(model, SoftmaxCrossEntropy::new(), &x, &labels);
    assert_eq!(gradients(&xray), grads);
    assert_eq!(xray.loss, loss);
    assert!(grads.iter().all(|g| g.iter().any(|&g| g != 0.0)));
}

#[test]
fn dropout_drops_what_it_drops_in_the_trainers_next_step() {
    let model = Sequential::input([4])
        .push(Dropout::new(0.25))
        .push(Dense::new(16).activation(Tanh))
        .push(BatchNorm::new())
        .push(Dense::new(8))
        .push(Dropout::new(0.5))
        .push(Dense::new(3))
        .build(1)
        .expect("it fits");
    let labels: Vec<usize> = (0..12).map(|i| i % 3).collect();
    let x = table(12, 4);
    let loss = SoftmaxCrossEntropy::new();
    let mut trainer = Trainer::new(model, loss, Sgd::new(0.1)).expect("it fits");
    let mut losses = Vec::new();
    for _ in 0..2 {
        let (model, mode) = (trainer.model(), trainer.next_mode());
        let xray = XRay::new(model, trainer.loss(), &x, &labels, mode).expect("the data fits");
        assert_eq!(xray.loss, trainer.step(&x, &labels).expect("finite"));
        let grads: Vec<_> = trainer.grads().iter().flatten().cloned().collect();
        assert_eq!(gradients(&xray), grads);
        losses.push(xray.loss);
    }
    assert!(losses[0] != losses[1]);
}

#[test]
fn gradients_of_a_convolutional_network_equal_the_trainers_up_to_rounding() {
    let model = Sequential::input([12, 12, 2])
        .push(Conv2d::new(16, 3).activation(Relu))
        .push(MaxPool2d::new(2))
        .push(Conv2d::new(8, 3).activation(Tanh))
        .push(Flatten)
        .push(Dense::new(3))
        .build(1)
        .expect("it fits");
    // more than one block of the executor
    let n = 150;
    let x = Array4::from_shape_fn((n, 12, 12, 2), |(n, y, x, c)| {
        wave(n * 37 + y * 11 + x * 5 + c)
    });
    let labels: Vec<usize> = (0..n).map(|i| i % 3).collect();
    let (grads, xray, loss) = both(model, SoftmaxCrossEntropy::new(), &x.into_dyn(), &labels);
    assert!((xray.loss - loss).abs() <= 1e-12);
    for (ours, theirs) in gradients(&xray).iter().zip(&grads) {
        let largest = theirs.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
        assert!(largest > 0.0);
        for (a, b) in ours.iter().zip(theirs) {
            assert!((a - b).abs() <= 1e-12 * largest, "{a} {b}");
        }
    }
}

#[test]
fn the_inputs_gradient_is_the_workspaces() {
    let model = Sequential::input([3])
        .push(Dense::new(4).activation(Tanh))
        .push(Dense::new(2))
        .build(5)
        .expect("it fits");
    let x = table(6, 3);
    let labels = vec![0, 1, 0, 1, 1, 0];
    let xray =
        XRay::new(&model, &SoftmaxCrossEntropy::new(), &x, &labels, Mode::Eval).expect("fits");
    let mut workspace = Workspace::training(&model, 6).expect("memory");
    let x = x.into_dyn();
    workspace.forward_for_backward(&model, Batch::from_array(&x), Mode::Eval);
    let dy = &xray.layers[1].output_gradient;
    let mut dx = ArrayD::from_elem(x.raw_dim(), f64::NAN);
    workspace.backward(
        &model,
        Batch::from_array(&x),
        Batch::from_array(dy),
        Some(BatchMut::from_array(&[3], &mut dx)),
    );
    assert_eq!(xray.input_gradient, dx);
    let first = &xray.layers[0];
    assert_eq!(
        xray.layer_input(0),
        Some((&xray.input, &xray.input_gradient))
    );
    assert_eq!(
        xray.layer_input(1),
        Some((&first.output, &first.output_gradient))
    );
    assert_eq!(xray.layer_input(2), None);
}

/// y = w·x + b with w = 1.5, b = 0.5 at x = 2, t = 5: L = (3.5 − 5)² = 2.25, ∂L/∂y = −3.
fn line() -> XRay<f64> {
    let mut model: Model<f64> = Sequential::input([1])
        .push(Dense::new(1))
        .build(0)
        .expect("it fits");
    for (name, mut value) in model.params_mut() {
        value.fill(if name == "dense_1.kernel" { 1.5 } else { 0.5 });
    }
    let (x, t) = (array![[2.0]], array![[5.0]]);
    XRay::new(&model, &MeanSquaredError::new(), &x, &t, Mode::Eval).expect("it fits")
}

#[test]
fn a_line_by_hand() {
    let xray = line();
    let layer = &xray.layers[0];
    assert_eq!(
        (layer.name.as_str(), layer.kind.as_str()),
        ("dense_1", "dense")
    );
    assert_eq!(layer.output, array![[3.5]].into_dyn());
    assert_eq!(xray.loss, 2.25);
    assert_eq!(layer.output_gradient, array![[-3.0]].into_dyn());
    let [kernel, bias] = &layer.parameters[..] else {
        panic!("a kernel and a bias")
    };
    assert_eq!(
        (kernel.name.as_str(), bias.name.as_str()),
        ("kernel", "bias")
    );
    assert_eq!(kernel.gradient, array![[-6.0]].into_dyn());
    assert_eq!(bias.gradient, array![-3.0].into_dyn());
    assert_eq!(xray.input_gradient, array![[-4.5]].into_dyn());
    assert_eq!(xray.targets, Targets::Values(array![[5.0]]));
}

#[test]
fn json_round_trips() {
    let xray = line();
    let json = serde_json::to_string(&xray).expect("plain data");
    assert_eq!(
        serde_json::from_str::<XRay<f64>>(&json).expect("its own words"),
        xray
    );
}

#[test]
fn the_table_names_every_array() {
    let expected = "\
layer    kind   array    shape   mean  std   min   max  zeros
input           samples  [1, 1]     2    0     2     2    0 %
                  ∂L     [1, 1]  -4.5    0  -4.5  -4.5    0 %
dense_1  dense  kernel   [1, 1]   1.5    0   1.5   1.5    0 %
                  ∂L     [1, 1]    -6    0    -6    -6    0 %
                bias     [1]      0.5    0   0.5   0.5    0 %
                  ∂L     [1]       -3    0    -3    -3    0 %
                output   [1, 1]   3.5    0   3.5   3.5    0 %
                  ∂L     [1, 1]    -3    0    -3    -3    0 %
L = 2.25 (MeanSquaredError)";
    assert_eq!(line().to_string(), expected);
}

#[test]
fn mismatched_data_is_an_error() {
    let model: Model<f64> = Sequential::input([2])
        .push(Dense::new(2))
        .build(0)
        .expect("it fits");
    let loss = SoftmaxCrossEntropy::new();
    let of = |x: &Array2<f64>, labels: &Vec<usize>| {
        XRay::new(&model, &loss, x, labels, Mode::Eval).expect_err("it does not fit")
    };
    assert!(matches!(
        of(&table(2, 3), &vec![0, 1]),
        DataError::SampleShape { .. }
    ));
    assert!(matches!(
        of(&table(2, 2), &vec![0]),
        DataError::Count { .. }
    ));
    assert!(matches!(of(&table(0, 2), &vec![]), DataError::Empty));
    assert!(matches!(
        of(&table(2, 2), &vec![0, 2]),
        DataError::Target { sample: 1, .. }
    ));
}

fn two_layers() -> Model<f64> {
    let model = Sequential::input([2])
        .push(Dense::new(3).activation(Relu))
        .push(Dense::new(2));
    model.build(0).expect("it fits")
}

/// The first quantity with a NaN or an infinity in a step of this model.
fn source(model: &Model<f64>, x: &Array2<f64>) -> Option<Quantity> {
    let found = first_non_finite(model, &SoftmaxCrossEntropy::new(), x, &vec![0, 1]);
    found.expect("it fits").map(|found| found.quantity)
}

#[test]
fn the_first_nan_is_located() {
    let x = table(2, 2);
    assert_eq!(source(&two_layers(), &x), None);

    let mut broken = x.clone();
    broken[[1, 0]] = f64::NAN;
    assert_eq!(source(&two_layers(), &broken), Some(Quantity::Input));

    let mut model = two_layers();
    model
        .params_mut()
        .nth(2)
        .expect("dense_2.kernel")
        .1
        .fill(f64::INFINITY);
    let (layer, parameter) = ("dense_2".to_owned(), "kernel".to_owned());
    assert_eq!(
        source(&model, &x),
        Some(Quantity::Parameter { layer, parameter })
    );

    // finite weights whose products overflow
    let mut model = two_layers();
    for (_, mut value) in model.params_mut() {
        value.fill(1e160);
    }
    let layer = "dense_2".to_owned();
    assert_eq!(source(&model, &x), Some(Quantity::Output { layer }));
}

#[test]
fn a_nan_goes_through_convolution_and_pooling() {
    let model: Model<f64> = Sequential::input([6, 6, 1])
        .push(Conv2d::new(2, 3).activation(Relu))
        .push(MaxPool2d::new(2))
        .push(Flatten)
        .push(Dense::new(2))
        .build(0)
        .expect("it fits");
    let x = Array4::from_elem((2, 6, 6, 1), f64::NAN);
    let loss = SoftmaxCrossEntropy::new();
    let xray = XRay::new(&model, &loss, &x, &vec![0, 1], Mode::Eval).expect("it fits");
    let found = xray.first_non_finite().expect("a NaN");
    assert_eq!(
        (found.quantity, found.count, found.values),
        (Quantity::Input, 72, 72)
    );
    assert!(
        xray.to_string().contains("samples (72 not finite)"),
        "{xray}"
    );
    let error = xray.figure().to_svg().expect_err("a NaN has no colour");
    assert!(
        error.to_string().starts_with("panel `input [6, 6, 1]"),
        "{error}"
    );
}

/// y = x, with a backward pass that divides by zero.
#[derive(Debug, Clone)]
struct BrokenBackward;

impl Layer<f64> for BrokenBackward {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, ShapeError> {
        Ok(input.to_vec())
    }

    fn forward(&self, x: Batch<f64>, mut y: BatchMut<f64>, _: &mut Cache<f64>, _: Mode) {
        y.slice_mut().copy_from_slice(x.slice());
    }

    fn backward(&self, pass: Backward<f64>) {
        if let Some(mut dx) = pass.dx {
            dx.slice_mut().fill(f64::NAN);
        }
    }
}

#[test]
fn a_nan_in_the_backward_pass_is_located() {
    let model = Sequential::input([2])
        .push(Dense::new(3))
        .push_layer(BrokenBackward)
        .push(Dense::new(2))
        .build(0)
        .expect("it fits");
    let layer = "dense_1".to_owned();
    assert_eq!(
        source(&model, &table(2, 2)),
        Some(Quantity::OutputGradient { layer })
    );
}

#[test]
fn small_networks_are_diagrams_and_others_maps() {
    assert!(line().diagram(0).is_some());
    assert!(line().diagram(1).is_none(), "there is one sample");
    let draw = |model: &Model<f64>, x: &ArrayD<f64>| {
        let labels = vec![0; x.shape()[0]];
        let loss = SoftmaxCrossEntropy::new();
        let xray = XRay::new(model, &loss, x, &labels, Mode::Eval).expect("it fits");
        let svg = xray.figure().to_svg().expect("it is drawn");
        assert!(svg.starts_with("<svg"));
        xray.diagram(0).is_some()
    };
    let after = Sequential::input([2])
        .push(Dense::new(3))
        .push(Activate(Tanh))
        .push(Dense::new(2).bias(false))
        .build(0)
        .expect("it fits");
    assert!(draw(&after, &table(3, 2).into_dyn()));
    let wide = Sequential::input([5])
        .push(Dense::new(2))
        .build(0)
        .expect("it fits");
    assert!(!draw(&wide, &table(3, 5).into_dyn()));
    let images = Sequential::input([6, 6, 1])
        .push(Conv2d::new(2, 3))
        .push(Flatten)
        .push(Dropout::new(0.5))
        .push(Dense::new(2))
        .build(0)
        .expect("it fits");
    let x = Array4::from_shape_fn((2, 6, 6, 1), |(n, y, x, _)| wave(n * 36 + y * 6 + x));
    assert!(!draw(&images, &x.into_dyn()));
}

/// The layers inside a layer, with the gradients that the layer has as a whole.
#[test]
fn layers_inside_a_layer() {
    let branch = || {
        Sequential::new()
            .push(Dense::new(5).activation(Tanh))
            .push(BatchNorm::new())
            .push(Dropout::new(0.3))
            .push(Dense::new(4))
    };
    let inner = Branches::concat([branch(), Sequential::new(), branch()]).activation(Gelu);
    let model = Sequential::input([4])
        .push(Residual::new(branch()).activation(Relu))
        .push(inner)
        .push(Dense::new(3))
        .build(1)
        .expect("it fits");
    let labels: Vec<usize> = (0..12).map(|i| i % 3).collect();
    let x = table(12, 4).into_dyn();
    let loss = SoftmaxCrossEntropy::new();
    let mut trainer = Trainer::new(model, loss, Sgd::new(0.1)).expect("it fits");
    let (model, mode) = (trainer.model(), trainer.next_mode());
    let xray = XRay::new(model, trainer.loss(), &x, &labels, mode).expect("the data fits");
    trainer.step(&x, &labels).expect("finite");
    let grads: Vec<_> = trainer.grads().iter().flatten().cloned().collect();
    assert_eq!(gradients(&xray), grads);
    let names = |layer: usize| -> Vec<&str> {
        xray.layers[layer]
            .inside
            .iter()
            .map(|inner| &*inner.name)
            .collect()
    };
    assert_eq!(
        names(0),
        [
            "branch.dense_1",
            "branch.batch_norm_1",
            "branch.dropout_1",
            "branch.dense_2"
        ]
    );
    assert_eq!(names(1).len(), 8);
    for layer in &xray.layers[..2] {
        let inside = layer.inside.iter().flat_map(|inner| &inner.parameters);
        let inside: Vec<_> = inside.map(|p| &p.gradient).collect();
        let whole: Vec<_> = layer.parameters.iter().map(|p| &p.gradient).collect();
        assert_eq!(inside.len(), whole.len());
        for (inside, whole) in inside.iter().zip(whole) {
            let difference = (*inside - whole)
                .mapv(f64::abs)
                .into_iter()
                .fold(0.0, f64::max);
            assert!(difference < 1e-14, "{difference}");
        }
    }
    let table = xray.to_string();
    assert!(table.contains("\n  branch.dense_1 "), "{table}");
    let text = serde_json::to_string(&xray).expect("finite");
    let again: XRay<f64> = serde_json::from_str(&text).expect("just written");
    assert_eq!(again.layers[0].inside.len(), 4);
}
