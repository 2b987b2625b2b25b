//! Models that cannot be exported.

use dl_conv::{AveragePool2d, Padding};
use dl_nn::prelude::*;
use dl_nn::{LayerError, ShapeError};

use super::super::{Onnx, OnnxError};

/// A user-defined layer.
#[derive(Debug, Clone, serde::Serialize)]
struct Mine;

impl LayerSpec<f32> for Mine {
    const KIND: &'static str = "mine";

    fn element_count(&self, _: &[usize]) -> usize {
        0
    }

    fn build(
        &self,
        _: &[usize],
        _: &mut dl_core::random::Generator,
    ) -> Result<Box<dyn Layer<f32>>, LayerError> {
        Ok(Box::new(self.clone()))
    }
}

/// A description with the name of another.
#[derive(Debug, serde::Serialize)]
struct Impostor;

impl LayerSpec<f32> for Impostor {
    const KIND: &'static str = "dense";

    fn element_count(&self, _: &[usize]) -> usize {
        0
    }

    fn build(
        &self,
        input: &[usize],
        generator: &mut dl_core::random::Generator,
    ) -> Result<Box<dyn Layer<f32>>, LayerError> {
        Mine.build(input, generator)
    }
}

impl Layer<f32> for Mine {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, ShapeError> {
        Ok(input.to_vec())
    }

    fn forward(&self, x: Batch<f32>, mut y: BatchMut<f32>, _: &mut Cache<f32>, _: Mode) {
        y.slice_mut().copy_from_slice(x.slice());
    }

    fn backward(&self, pass: Backward<f32>) {
        let Backward { dy, dx, .. } = pass;
        if let Some(mut dx) = dx {
            dx.slice_mut().copy_from_slice(dy.slice());
        }
    }
}

fn error(network: &Sequential<f32>) -> OnnxError {
    let model = network.build(0).unwrap();
    Onnx::new(&model).to_bytes().unwrap_err()
}

#[test]
fn a_layer_of_ones_own_is_an_error_that_names_it() {
    let networks = [
        ("Mine", Sequential::input([3]).push_layer(Mine)),
        ("mine", Sequential::input([3]).push(Mine)),
        ("dense", Sequential::input([3]).push(Impostor)),
    ];
    for (kind, network) in networks {
        let error = error(&network);
        assert!(matches!(error, OnnxError::Unsupported { .. }), "{error}");
        let error = error.to_string();
        let expected = format!("layer `{kind}_1` ({kind}) cannot be exported");
        assert!(error.starts_with(&expected), "{error}");
        assert!(error.contains("conv_transpose2d, dense"), "{error}");
    }
}

#[test]
fn a_file_of_two_gibibytes_is_an_error() {
    // a window of 2³⁰ taps with dilation 2, of which one covers the image
    let window = AveragePool2d::new(1 << 15)
        .dilation(2)
        .padding(Padding::all(1 << 15));
    let error = error(&Sequential::input([1, 1, 1]).push(window));
    assert!(
        matches!(error, OnnxError::TooLarge { bytes } if bytes == 4 << 30),
        "{error}"
    );
}

#[test]
fn outputs_are_not_activated_twice() {
    let network = Sequential::input([2]).push(Dense::new(3).activation(Softmax));
    let model: Model<f32> = network.build(0).unwrap();
    let error = Onnx::new(&model).output(Softmax).to_bytes().unwrap_err();
    let text = "the model already ends with Softmax, so Softmax cannot be applied to its outputs";
    assert_eq!(error.to_string(), text);
    let error = Onnx::new(&model).output(Elu { alpha: -1.0 }).to_bytes();
    assert!(matches!(error, Err(OnnxError::Config(_))));
}

#[test]
fn class_names_count_the_outputs() {
    let model = |outputs| -> Model<f32> {
        Sequential::input([2])
            .push(Dense::new(outputs))
            .build(0)
            .unwrap()
    };
    let (one, three) = (model(1), model(3));
    assert!(
        Onnx::new(&one)
            .class_names(["no", "yes"])
            .to_bytes()
            .is_ok()
    );
    let error = Onnx::new(&three)
        .class_names(["no", "yes"])
        .to_bytes()
        .unwrap_err();
    assert_eq!(error.to_string(), "2 class names for 3 outputs");
}

#[test]
fn a_parameter_too_large_for_single_precision_is_an_error() {
    let mut model: Model<f64> = Sequential::input([2]).push(Dense::new(1)).build(0).unwrap();
    model
        .params_mut()
        .for_each(|(_, mut value)| value.fill(1e300));
    let error = Onnx::new(&model).to_bytes().unwrap_err().to_string();
    let expected = "parameter `dense_1.kernel` contains 1";
    assert!(error.starts_with(expected), "{error}");
}
