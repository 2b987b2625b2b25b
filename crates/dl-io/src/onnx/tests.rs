mod errors;

use dl_conv::models::{alexnet, lenet5, mnist_cnn};
use dl_conv::{Conv2d, ConvTranspose2d, LocalResponseNorm, Padding};
use dl_nn::prelude::*;
use prost::Message;

use super::Onnx;
use super::proto::{ModelProto, ValueInfoProto};

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
fn the_metadata_of_the_file() {
    let model = mnist_cnn::<f32>().build(0).unwrap();
    let names = (0..10).map(|digit| digit.to_string());
    let onnx = Onnx::new(&model).class_names(names).doc_string("digits");
    let proto = proto(&onnx.output(Softmax));
    assert_eq!(proto.ir_version, Some(7));
    assert_eq!(proto.opset_import[0].version, Some(13));
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

#[test]
fn the_oldest_opset_with_all_operators() {
    let version = |network: &Sequential<f32>| {
        let model = network.build(0).unwrap();
        let proto = proto(&Onnx::new(&model));
        (
            proto.ir_version.unwrap(),
            proto.opset_import[0].version.unwrap(),
        )
    };
    let dense = || {
        Sequential::input([3])
            .push(Dense::new(2))
            .push(BatchNorm::new())
    };
    assert_eq!(version(&dense()), (7, 13));
    assert_eq!(version(&dense().push(LayerNorm::new())), (8, 17));
}

/// `OpenVINO` treats the bias as an integer.
#[test]
fn response_normalisation_has_a_bias_of_one() {
    let norm = LocalResponseNorm::new().size(3).k(1.5).alpha(0.3).beta(0.6);
    let model = Sequential::input([4, 4, 2]).push(norm).build(0).unwrap();
    let graph = proto(&Onnx::<f32>::new(&model)).graph.unwrap();
    let node = |operator: &str| {
        let mut nodes = graph.node.iter();
        nodes
            .find(|node| node.op_type.as_deref() == Some(operator))
            .unwrap()
    };
    let setting = |name: &str| {
        let mut settings = node("LRN").attribute.iter();
        let setting = settings.find(|setting| setting.name.as_deref() == Some(name));
        setting.unwrap().f.unwrap()
    };
    assert_eq!(
        [setting("bias"), setting("alpha"), setting("beta")],
        [1.0, 0.6, 0.6]
    );
    let factor = graph.initializer.iter().find(|tensor| {
        node("Mul")
            .input
            .iter()
            .any(|input| tensor.name.as_ref() == Some(input))
    });
    let factor = factor.unwrap().raw_data.clone().unwrap();
    assert_eq!(factor, (1.5_f64.powf(-0.6) as f32).to_le_bytes());
    let one = LocalResponseNorm::new().k(1.0);
    let network = Sequential::input([1, 1, 2]).push(one);
    assert!(!operators(&network).contains(&"Mul".to_owned()));
    let tiny = LocalResponseNorm::new().k(1e-300);
    let model = Sequential::<f32>::input([1, 1, 2])
        .push(tiny)
        .build(0)
        .unwrap();
    let error = Onnx::new(&model).to_bytes().unwrap_err().to_string();
    assert!(error.contains("beyond single precision"), "{error}");
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
