use dl_conv::models::{alexnet, lenet5, mnist_cnn};
use dl_conv::{AveragePool2d, Conv2d, ConvTranspose2d, Padding};
use dl_nn::ndarray::ArrayD;
use dl_nn::prelude::*;
use dl_nn::{LayerConfig, LayerError, ShapeError};
use prost::Message;

use super::proto::{ModelProto, ValueInfoProto};
use super::{Onnx, OnnxError};

fn proto<F: Scalar>(onnx: &Onnx<'_, F>) -> ModelProto {
    ModelProto::decode(&*onnx.to_bytes().unwrap()).unwrap()
}

/// The operators in order.
fn operators(network: &Sequential<f32>) -> Vec<String> {
    let model = network.build(0).unwrap();
    let nodes = proto(&Onnx::new(&model)).graph.unwrap().node;
    nodes.into_iter().filter_map(|node| node.op_type).collect()
}

fn transposes(network: &Sequential<f32>) -> usize {
    let operators = operators(network);
    operators.iter().filter(|&o| o == "Transpose").count()
}

#[test]
fn images_of_one_channel_are_never_transposed() {
    let digits = [
        "Reshape", "Conv", "Relu", "MaxPool", "Conv", "Relu", "MaxPool", "Conv", "Relu",
        // the first dense layer's kernel has its rows in the order of the flattened image
        "Reshape", "Gemm", "Relu", "Gemm",
    ];
    assert_eq!(operators(&mnist_cnn()), digits);
    assert_eq!(transposes(&lenet5()), 0);
}

#[test]
fn images_are_transposed_once_at_the_start() {
    assert_eq!(transposes(&alexnet(67, 10)), 1);
}

#[test]
fn a_code_becomes_an_image_by_one_transposition() {
    let network = Sequential::input([784])
        .push(Reshape::new([28, 28, 1]))
        .push(
            Conv2d::new(8, 3)
                .stride(4)
                .padding(Padding::Same)
                .activation(Relu),
        )
        .push(Flatten)
        .push(Dropout::new(0.5))
        .push(Dense::new(2))
        .push(Dense::new(7 * 7 * 8).activation(Relu))
        .push(Reshape::new([7, 7, 8]))
        .push(ConvTranspose2d::new(1, 4).stride(4).activation(Sigmoid))
        .push(Flatten);
    assert_eq!(transposes(&network), 1);
}

#[test]
fn images_that_come_out_are_transposed_back() {
    let conv = || Conv2d::new(2, 1).activation(Relu);
    let network = Sequential::input([3, 3, 2]).push(conv()).push(conv());
    let there_and_back = ["Transpose", "Conv", "Relu", "Conv", "Relu", "Transpose"];
    assert_eq!(operators(&network), there_and_back);
}

#[test]
fn element_wise_layers_leave_the_order_alone() {
    let network = Sequential::input([3, 3, 2])
        .push(Activate(Tanh))
        .push(BatchNorm::new());
    assert_eq!(operators(&network), ["Tanh", "Mul", "Add"]);
    let network = Sequential::input([3, 3, 2])
        .push(Conv2d::new(2, 1))
        .push(BatchNorm::new())
        .push(Activate(Softmax))
        .push(Flatten)
        .push(LayerNorm::new())
        .push(BatchNorm::new())
        .push(Dense::new(1));
    let operators = operators(&network);
    assert_eq!(operators.iter().filter(|&o| o == "Transpose").count(), 1);
    assert_eq!(
        operators
            .iter()
            .filter(|&o| o == "BatchNormalization")
            .count(),
        2
    );
}

#[test]
fn a_model_without_operators_is_the_identity() {
    let network = Sequential::input([3]).push(Dropout::new(0.5));
    assert_eq!(operators(&network), ["Identity"]);
}

#[test]
fn what_the_file_says_of_itself() {
    let model = mnist_cnn::<f32>().build(0).unwrap();
    let names = (0..10).map(|digit| digit.to_string());
    let onnx = Onnx::new(&model).class_names(names).doc_string("digits");
    let proto = proto(&onnx.output(Softmax));
    assert_eq!(proto.ir_version, Some(8));
    assert_eq!(proto.opset_import[0].version, Some(17));
    assert_eq!(proto.producer_name.as_deref(), Some("dl-io"));
    assert_eq!(proto.doc_string.as_deref(), Some("digits"));
    let metadata = &proto.metadata_props[0];
    assert_eq!(metadata.key.as_deref(), Some("class_names"));
    let value = metadata.value.as_deref();
    assert_eq!(value, Some(r#"["0","1","2","3","4","5","6","7","8","9"]"#));

    let graph = proto.graph.unwrap();
    assert_eq!(described(&graph.input[0]), "input [batch, 28, 28, 1]");
    assert_eq!(described(&graph.output[0]), "output [batch, 10]");
    let last = graph.node.last().unwrap();
    assert_eq!(last.op_type.as_deref(), Some("Softmax"));
    assert_eq!(last.output, ["output"]);
    let mut constants = graph
        .initializer
        .iter()
        .map(|tensor| tensor.name.as_deref());
    assert!(constants.any(|name| name == Some("conv2d_1.kernel")));
}

fn described(value: &ValueInfoProto) -> String {
    let tensor = value.r#type.as_ref().unwrap().tensor_type.as_ref().unwrap();
    let dims = tensor.shape.as_ref().unwrap().dim.iter();
    let dims = dims.map(|dim| match (&dim.dim_param, dim.dim_value) {
        (Some(name), None) => name.clone(),
        (None, Some(size)) => size.to_string(),
        other => panic!("{other:?}"),
    });
    let dims: Vec<_> = dims.collect();
    format!("{} [{}]", value.name.as_deref().unwrap(), dims.join(", "))
}

#[test]
fn names_that_are_taken_get_a_number() {
    let model: Model<f32> = Sequential::input([2])
        .push_named("output", Dense::new(2))
        .push_named("output.kernel", Dense::new(2))
        .push_named("input", Activate(Tanh))
        .push_named("", Activate(Tanh))
        .push_named("output/Gemm", Activate(Tanh))
        .build(0)
        .unwrap();
    let graph = proto(&Onnx::new(&model)).graph.unwrap();
    let constants = graph
        .initializer
        .into_iter()
        .filter_map(|tensor| tensor.name);
    let outputs = graph.node.into_iter().flat_map(|node| node.output);
    let mut names: Vec<_> = constants
        .chain(outputs)
        .chain(["input".to_owned()])
        .collect();
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count);
}

/// A layer of a user's own; with a description where it has a kind.
#[derive(Debug, Clone)]
struct Mine(Option<&'static str>);

impl LayerSpec<f32> for Mine {
    fn kind(&self) -> &'static str {
        "mine"
    }

    fn config(&self) -> Option<LayerConfig> {
        let settings = serde_json::json!({
            "window": dl_conv::Window::new(1),
            "groups": 0,
            "activation": Identity,
        });
        LayerConfig::new(self.0?, &settings)
    }

    fn build(
        &self,
        _: &[usize],
        _: &mut dl_math::random::Generator,
    ) -> Result<Box<dyn Layer<f32>>, LayerError> {
        Ok(Box::new(self.clone()))
    }
}

impl Layer<f32> for Mine {
    fn kind(&self) -> &'static str {
        "mine"
    }

    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, ShapeError> {
        Ok(input.to_vec())
    }

    fn forward(&self, x: View<f32>, mut y: ViewMut<f32>, _: &mut Cache<f32>, _: Mode) {
        y.assign(&x);
    }

    fn backward(
        &self,
        _: View<f32>,
        _: View<f32>,
        dy: ViewMut<f32>,
        dx: Option<ViewMut<f32>>,
        _: &mut Cache<f32>,
        _: &mut [ArrayD<f32>],
    ) {
        if let Some(mut dx) = dx {
            dx.assign(&dy);
        }
    }
}

fn error(network: &Sequential<f32>) -> OnnxError {
    let model = network.build(0).unwrap();
    Onnx::new(&model).to_bytes().unwrap_err()
}

#[test]
fn a_layer_of_ones_own_is_an_error_that_names_it() {
    for kind in [None, Some("mine")] {
        let network = Sequential::input([3]).push_named("odd", Mine(kind));
        let error = error(&network);
        assert!(matches!(error, OnnxError::Unsupported { .. }), "{error}");
        let error = error.to_string();
        assert!(
            error.starts_with("layer `odd` (mine) cannot be exported"),
            "{error}"
        );
        assert!(error.contains("conv_transpose2d, dense"), "{error}");
    }
}

/// Whatever a description claims, the exporter does not panic.
#[test]
fn a_layer_that_says_it_is_another_is_an_error() {
    for kind in super::emit::kinds() {
        for shape in [vec![], vec![3], vec![2, 2, 3]] {
            let network = Sequential::input(shape).push(Mine(Some(kind)));
            let model = network.build(0).unwrap();
            let result = Onnx::new(&model).to_bytes();
            if ["dense", "conv2d", "batch_norm", "layer_norm"].contains(&kind) {
                assert!(result.is_err(), "{kind}");
            }
        }
    }
}

#[test]
fn a_file_of_two_gibibytes_is_an_error() {
    // a window of 2³⁰ taps, two pixels apart, of which one sees the image
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
    let text = "the model's outputs are a Softmax already, but Softmax is to be applied to them";
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
    assert_eq!(error.to_string(), "got 2 class names for 3 outputs");
}

#[test]
fn a_parameter_too_large_for_single_precision_is_an_error() {
    let mut model: Model<f64> = Sequential::input([2]).push(Dense::new(1)).build(0).unwrap();
    model
        .params_mut()
        .for_each(|(_, mut value)| value.fill(1e300));
    let error = Onnx::new(&model).to_bytes().unwrap_err().to_string();
    let expected = "parameter `dense_1.kernel` holds 1";
    assert!(error.starts_with(expected), "{error}");
}
