//! A bundle gives the predictions it was saved with, and a damaged one an error.

use std::fs;
use std::path::Path;

use dl_conv::models::{alexnet, lenet5, mnist_cnn};
use dl_conv::*;
use dl_data::{MinMaxScaler, Pca, StandardScaler, generator, iris};
use dl_io::{Bundle, Divide, LoadError, ReadErrorKind, TransformRegistry};
use dl_nn::ShapeError;
use dl_nn::ndarray::{self, Array, ArrayD, Axis, IxDyn};
use dl_nn::prelude::*;
use dl_nn::{Model, Registry};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

fn samples(shape: &[usize]) -> ArrayD<f32> {
    let mut all = vec![3];
    all.extend(shape);
    let numbers: usize = all.iter().product();
    Array::from_iter((0..numbers).map(|i| (i as f32 * 0.37).sin()))
        .into_shape_with_order(IxDyn(&all))
        .unwrap()
}

fn reloaded(bundle: &Bundle<f32>) -> Bundle<f32> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.dl");
    bundle.save(&path).unwrap();
    Bundle::load(&path).unwrap()
}

/// Models that contain every kind of layer.
fn models() -> Vec<Model<f32>> {
    let every = Sequential::input([9, 9, 2])
        .push(ZeroPad2d::sides(1, 0, 2, 1))
        .push(
            Conv2d::new(4, [3, 2])
                .stride(2)
                .padding(Padding::Same)
                .groups(2)
                .activation(Gelu),
        )
        .push(LocalResponseNorm::new().size(3))
        .push(BatchNorm::new())
        .push(MaxPool2d::new(2).stride(1))
        .push(
            ConvTranspose2d::new(4, 3)
                .stride(2)
                .output_padding(1)
                .activation(Elu { alpha: 0.7 }),
        )
        .push(UpSample2d::new(2).interpolation(Interpolation::Bilinear))
        .push(
            AveragePool2d::new(3)
                .padding(Padding::all(1))
                .count_padding(true),
        )
        .push(Flatten)
        .push(
            Dense::new(12)
                .activation(LeakyRelu { slope: 0.1 })
                .bias(false),
        )
        .push(LayerNorm::new())
        .push(Dropout::new(0.5))
        .push(Reshape::new([2, 3, 2]))
        .push(Activate(Softplus))
        .push(GlobalAveragePool2d::new())
        .push(Reparameterize)
        .build(5)
        .unwrap();
    let pooled = Sequential::input([4, 4, 2])
        .push(GlobalMaxPool2d::new())
        .push_named("cost", StandardNormalKl)
        .build(0)
        .unwrap();
    let composed = Sequential::input([6, 6, 4])
        .push(AdaptiveAveragePool2d::new([4, 3]))
        .push(PRelu::new())
        .push(GroupNorm::new(2))
        .push(
            Residual::new(Sequential::new().push(Conv2d::new(4, 1))).activation(Elu { alpha: 0.3 }),
        )
        .push(Branches::concat([
            Sequential::new(),
            Sequential::new().push(BatchNorm::new()),
        ]))
        .push(Sequential::new().push(Flatten));
    let signals = Sequential::input([5])
        .push(ZeroPadChannels::new(1, 0))
        .push(Columns::new([0]))
        .push(Embedding::new(4, 3))
        .push(Conv1d::new(4, 1).padding(Padding::all(1)))
        .push(MaxPool1d::new(2));
    vec![
        every,
        pooled,
        composed.build(3).unwrap(),
        signals.build(4).unwrap(),
        mnist_cnn().build(1).unwrap(),
        lenet5().build(2).unwrap(),
    ]
}

#[test]
fn every_layer_survives_a_round_trip_bit_for_bit() {
    for mut model in models() {
        // running statistics that differ from those of a new layer
        let weights = model.weights();
        let moved = weights
            .iter()
            .map(|(name, value)| (name.to_owned(), value.mapv(|w| w + 0.01)));
        model.set_weights(&moved.collect()).unwrap();
        let x = samples(model.input_shape());
        let expected = model.predict(&x).unwrap();
        let architecture = model.architecture().unwrap();
        let again = reloaded(&Bundle::new(model));
        assert_eq!(again.predict(&x).unwrap(), expected);
        assert_eq!(again.model().architecture().unwrap(), architecture);
    }
}

#[test]
fn the_registry_knows_every_kind_used_above() {
    let kinds = format!("{:?}", dl_conv::registry::<f32>());
    let models = models();
    let known = models
        .iter()
        .flat_map(|model| model.architecture().unwrap().layers);
    let mut known: Vec<String> = known.map(|layer| layer.config.kind).collect();
    known.sort();
    known.dedup();
    assert_eq!(
        format!(
            "{{{}}}",
            known
                .iter()
                .map(|k| format!("{k:?}"))
                .collect::<Vec<_>>()
                .join(", ")
        ),
        kinds
    );
}

#[test]
fn raw_rows_go_through_all_fitted_steps() {
    let (train, test) = iris::<f32>().split(0.2, &mut generator(3)).unwrap();
    let scaler = StandardScaler::fit(train.features()).unwrap();
    let scaled = scaler.transform(train.features()).unwrap();
    let pca = Pca::fit(&scaled, 2).unwrap();
    let plane = pca.transform(&scaled).unwrap();
    let range = MinMaxScaler::fit(&plane).unwrap();
    let x = range.transform(&plane).unwrap();
    let network = Sequential::input([2])
        .push(Dense::new(8).activation(Tanh))
        .push(Dense::new(3));
    let mut trainer = Trainer::new(
        network.build(1).unwrap(),
        SoftmaxCrossEntropy::new(),
        Adam::new(0.02),
    )
    .unwrap();
    trainer.fit(&x, train.labels(), Fit::epochs(30)).unwrap();

    let by_hand = scaler.transform(test.features()).unwrap();
    let by_hand = range.transform(&pca.transform(&by_hand).unwrap()).unwrap();
    let expected = trainer.predict(&by_hand).unwrap();
    let classes = trainer.predict_classes(&by_hand).unwrap().to_vec();

    let bundle = Bundle::from_trainer(&trainer)
        .with_preprocessing(scaler)
        .with_preprocessing(pca)
        .with_preprocessing(range)
        .with_class_names(train.class_names())
        .with_training(serde_json::json!({ "epochs": 30, "seed": 1 }))
        .with_data_sha256(dl_io::data_sha256(train.features(), train.labels()));
    let again = reloaded(&bundle);
    assert_eq!(again.predict(test.features()).unwrap(), expected);
    assert_eq!(again.predict_classes(test.features()).unwrap(), classes);
    let names = again.predict_names(test.features()).unwrap();
    assert_eq!(names[0], train.class_names()[classes[0]]);
    assert_eq!(again.training()["epochs"], 30);
    assert_eq!(again.output(), Softmax);
    let checksum = again.data_sha256().unwrap();
    assert_eq!(
        checksum,
        dl_io::data_sha256(train.features(), train.labels())
    );
    assert_ne!(checksum, dl_io::data_sha256(test.features(), test.labels()));

    // wrong shapes, and invalid rows
    let error = again
        .predict(&train.features().view().select(Axis(1), &[0]))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "samples have shape [1], but the bundle expects [4]"
    );
    let mut bad = test.features().to_owned();
    bad[[7, 2]] = f32::NAN;
    let error = again.predict(&bad).unwrap_err().to_string();
    assert!(error.contains("sample 7"), "{error}");
}

#[test]
fn bytes_of_pixels_are_divided() {
    let model = Sequential::input([2]).push(Dense::new(2)).build(1).unwrap();
    let expected = model.predict(&ndarray::array![[1.0_f32, 0.2]]).unwrap();
    let again = reloaded(&Bundle::new(model).with_preprocessing(Divide(255.0)));
    assert_eq!(
        again.predict(&ndarray::array![[255.0_f32, 51.0]]).unwrap(),
        expected
    );
}

#[test]
fn inconsistent_parts_are_not_saved() {
    let model = || {
        Sequential::<f32>::input([2])
            .push(Dense::new(3))
            .build(1)
            .unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.dl");
    let rejected = |bundle: Bundle<f32>| bundle.save(&path).unwrap_err().to_string();
    assert_eq!(
        rejected(Bundle::new(model()).with_class_names(["a", "b"])),
        "cannot save: 2 class names for 3 outputs"
    );
    assert_eq!(
        rejected(Bundle::new(model()).with_input_shape([3])),
        "cannot save: the model expects samples of shape [2], but preprocessing outputs [3]"
    );
    assert!(!path.exists());
}

/// A small bundle's bytes.
fn bytes(folder: &Path) -> Vec<u8> {
    let path = folder.join("whole.dl");
    let model = Sequential::input([2]).push(Dense::new(3)).build(1).unwrap();
    Bundle::<f32>::new(model)
        .with_class_names(["a", "b", "c"])
        .save(&path)
        .unwrap();
    fs::read(path).unwrap()
}

fn load(folder: &Path, bytes: &[u8]) -> Result<Bundle<f32>, LoadError> {
    let path = folder.join("damaged.dl");
    fs::write(&path, bytes).unwrap();
    Bundle::load(path)
}

#[test]
fn a_file_cut_anywhere_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = bytes(folder.path());
    assert!(load(folder.path(), &bytes).is_ok());
    for end in 0..bytes.len() {
        assert!(load(folder.path(), &bytes[..end]).is_err(), "cut at {end}");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert!(load(folder.path(), &longer).is_err());
}

#[test]
fn a_flipped_bit_anywhere_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = bytes(folder.path());
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        assert!(load(folder.path(), &damaged).is_err(), "byte {at}");
    }
}

/// The file with its text changed and its checksum corrected, as by an attacker.
fn forged(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let text = std::str::from_utf8(&bytes[8..8 + header]).unwrap();
    assert!(text.contains(from), "{from} is not in {text}");
    let text = text.replacen(from, to, 1).trim_end().to_owned();
    let mut forged = (text.len() as u64).to_le_bytes().to_vec();
    forged.extend(text.as_bytes());
    forged.extend(&bytes[8 + header..]);
    let before = br#"{\"sha256\":\""#;
    let place = forged
        .windows(before.len())
        .position(|w| w == before)
        .unwrap()
        + before.len();
    forged[place..place + 64].fill(b'0');
    let checksum = Sha256::digest(&forged);
    let checksum: String = checksum.iter().map(|byte| format!("{byte:02x}")).collect();
    forged[place..place + 64].copy_from_slice(checksum.as_bytes());
    forged
}

fn rejected(folder: &Path, bytes: &[u8], from: &str, to: &str) -> String {
    let error = load(folder, &forged(bytes, from, to))
        .unwrap_err()
        .to_string();
    let path = format!("`{}`", folder.join("damaged.dl").display());
    error.replace(&path, "FILE")
}

/// Messages contain names from files, but not all of their megabytes.
#[test]
fn long_names_do_not_make_long_messages() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = bytes(folder.path());
    let long = "n\u{e4}me".repeat(600_000);
    let twice = format!(r#"\"{long}\",\"{long}\""#);
    for (from, to, expected) in [
        (r#"\"a\",\"b\""#, &*twice, "two class names are `n"),
        ("dl-model", &long, "its format is `n"),
        (
            r#"\"kind\":\"dense"#,
            &format!(r#"\"kind\":\"{long}"#),
            "is of kind `n",
        ),
        (r#"dense_1.kernel"#, &long, "no tensor `n"),
        (
            r#"\"units\""#,
            &format!(r#"\"{long}\""#),
            "unknown field `n",
        ),
        (
            r#"\"class_names\""#,
            &format!(r#"\"{long}\""#),
            "unknown field `n",
        ),
    ] {
        let message = rejected(folder.path(), &bytes, from, to);
        assert!(message.contains(expected), "{message:.300}");
        let length = message.chars().count();
        assert!(length < 1500, "{expected}: {length} characters");
    }
}

#[test]
fn what_a_file_declares_is_not_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = bytes(folder.path());
    let rejected = |from: &str, to: &str| rejected(folder.path(), &bytes, from, to);
    // the forged file's checksum is correct
    assert!(load(folder.path(), &forged(&bytes, "dl-io", "dl-io")).is_ok());
    assert_eq!(
        rejected(r#"\"version\":3"#, r#"\"version\":4"#),
        "cannot read FILE: its format version is 4, but this library reads versions 1 to 3; a later version of the \
         library wrote it: use that version"
    );
    assert_eq!(
        rejected("dl-model", "dl-mode1"),
        "cannot read FILE: its format is `dl-mode1`, expected `dl-model`"
    );
    assert_eq!(
        rejected(r#"\"units\":3"#, r#"\"units\":4000000000"#),
        "cannot build the model in FILE: layer `dense_1`: 12000000000 elements in its parameters \
         and those before it, but at most 9 are allowed here"
    );
    assert_eq!(
        rejected(
            r#"{\"input_shape\":[2],\"layers\""#,
            r#"{\"input_shape\":[1099511627776],\"layers\""#
        ),
        "cannot build the model in FILE: layer `input`: 1099511627776 elements in a sample, but at \
         most 33554432 are allowed here"
    );
    assert_eq!(
        rejected(r#"\"kind\":\"dense\""#, r#"\"kind\":\"shell\""#),
        "cannot build the model in FILE: layer `dense_1` is of kind `shell`, but the kinds known \
         here are activation, adaptive_average_pool2d, average_pool2d, batch_norm, branches, columns, \
         conv1d, conv2d, conv_transpose2d, dense, dropout, embedding, flatten, \
         global_average_pool2d, global_max_pool2d, group_norm, layer_norm, local_response_norm, \
         max_pool1d, max_pool2d, prelu, reparameterize, reshape, residual, sequential, \
         standard_normal_kl, up_sample2d, zero_pad2d, zero_pad_channels"
    );
    assert!(rejected(r#"\"units\":3"#, r#"\"units\":-3"#).contains("settings of a `dense`"));
    assert!(rejected(r#"\"units\":3"#, r#"\"units\":2"#).contains("the weights have"));
    assert!(rejected(r#"\"dense_1.kernel\""#, r#"\"dense_1.colonel\""#).contains("no tensor"));
    let again = r#"\"dense_1.kernel\","#.repeat(1000);
    assert!(
        rejected(r#"\"weights\":["#, &format!(r#"\"weights\":[{again}"#))
            .contains("names the tensor `dense_1.kernel` more than once")
    );
    assert!(
        rejected(
            r#"\"output\":\"Identity\""#,
            r#"\"output\":{\"Elu\":{\"alpha\":-1.0}}"#
        )
        .contains("Elu alpha is -1")
    );
    assert!(
        rejected(
            r#"\"input_shape\":[2],\"preprocessing\":[]"#,
            r#"\"input_shape\":[1,2],\"preprocessing\":[{\"Divide\":0.0}]"#
        )
        .contains("preprocessing 1 (Divide): the divisor is 0")
    );
    assert!(rejected(r#"\"c\"]"#, r#"\"c\",\"d\"]"#).contains("4 class names for 3 outputs"));
}

#[test]
fn other_files_are_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let error = Bundle::<f32>::load(folder.path().join("none")).unwrap_err();
    assert!(matches!(&error, LoadError::Read(e) if matches!(e.kind, ReadErrorKind::Io(_))));
    let plain = safetensors::serialize(
        [(
            "t",
            safetensors::tensor::TensorView::new(safetensors::Dtype::F32, vec![1], &[0; 4])
                .unwrap(),
        )],
        None,
    );
    let error = load(folder.path(), &plain.unwrap())
        .unwrap_err()
        .to_string();
    assert!(error.contains("no manifest"), "{error}");
    let huge_header = [&u64::MAX.to_le_bytes()[..], b"{}"].concat();
    assert!(load(folder.path(), &huge_header).is_err());
    // a model of f64 is not silently converted to f32
    let model: Model<f64> = Sequential::input([2]).push(Dense::new(3)).build(1).unwrap();
    let path = folder.path().join("f64.dl");
    Bundle::new(model).save(&path).unwrap();
    assert!(Bundle::<f64>::load(&path).is_ok());
    let error = Bundle::<f32>::load(&path).unwrap_err().to_string();
    assert!(error.contains("`dense_1.kernel` has type F64"), "{error}");
}

/// A user-defined layer, y = x², which a file may contain once it is registered.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
struct Square;

impl Layer<f32> for Square {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, ShapeError> {
        Ok(input.to_vec())
    }

    fn forward(&self, x: Batch<f32>, mut y: BatchMut<f32>, _: &mut Cache<f32>, _: Mode) {
        y.matrix_mut().zip_mut_with(&x.matrix(), |y, x| *y = x * x);
    }

    fn backward(&self, pass: Backward<f32>) {
        let Backward { x, dy, dx, .. } = pass;
        if let Some(mut dx) = dx {
            dx.matrix_mut()
                .assign(&(&x.matrix() * &dy.view().matrix() * 2.0));
        }
    }
}

#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
struct SquareSpec;

impl LayerSpec<f32> for SquareSpec {
    const KIND: &'static str = "square";

    fn element_count(&self, _: &[usize]) -> usize {
        0
    }

    fn build(
        &self,
        _: &[usize],
        _: &mut dl_core::random::Generator,
    ) -> Result<Box<dyn Layer<f32>>, dl_nn::LayerError> {
        Ok(Box::new(Square))
    }
}

#[test]
fn user_defined_layers_are_saved_if_they_have_a_description() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.dl");
    let silent = Sequential::input([2]).push_layer(Square).build(0).unwrap();
    let error = Bundle::new(silent).save(&path).unwrap_err().to_string();
    assert!(
        error.contains("`Square_1` (Square) cannot be described"),
        "{error}"
    );

    let model = Sequential::input([2]).push(SquareSpec).build(0).unwrap();
    Bundle::new(model).save(&path).unwrap();
    assert!(Bundle::<f32>::load(&path).is_err());
    let registry = Registry::new().with::<SquareSpec>();
    let again = Bundle::load_with(&path, &registry, &TransformRegistry::new()).unwrap();
    let y = again.predict(&ndarray::array![[3.0_f32, -2.0]]).unwrap();
    assert_eq!(y, ndarray::array![[9.0, 4.0]].into_dyn());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Random bytes: never a panic, always an error.
    #[test]
    fn random_bytes_are_an_error(noise in prop::collection::vec(any::<u8>(), 0..400), header in any::<bool>()) {
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = noise;
        if header && bytes.len() > 8 {
            let length = bytes.len() as u64 - 8;
            bytes[..8].copy_from_slice(&length.to_le_bytes());
        }
        prop_assert!(load(folder.path(), &bytes).is_err());
    }
}

#[test]
#[ignore = "builds AlexNet: half a gigabyte"]
fn alexnet_comes_back() {
    let model = alexnet(227, 1000).build(1).unwrap();
    let x = samples(model.input_shape());
    let expected = model.predict(&x).unwrap();
    assert_eq!(reloaded(&Bundle::new(model)).predict(&x).unwrap(), expected);
}

#[test]
fn weights_that_are_not_finite_are_neither_saved_nor_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let mut model = Sequential::input([2]).push(Dense::new(3)).build(1).unwrap();
    let weights = model.weights();
    let spoiled = weights.iter().map(|(name, value)| {
        let mut value = value.to_owned();
        if name == "dense_1.bias" {
            value[[1]] = f32::NAN;
        }
        (name.to_owned(), value)
    });
    model.set_weights(&spoiled.collect()).unwrap();
    let path = folder.path().join("model.dl");
    let error = Bundle::new(model).save(&path).unwrap_err().to_string();
    assert_eq!(
        error,
        "cannot save: `dense_1.bias` contains NaN at position 1, but weights must be finite"
    );
    assert!(!path.exists());
    let mut bytes = bytes(folder.path());
    let last = bytes.len() - 4;
    bytes[last..].copy_from_slice(&f32::INFINITY.to_le_bytes());
    let error = load(folder.path(), &forged(&bytes, "dl-io", "dl-io")).unwrap_err();
    let error = error.to_string();
    assert!(error.contains("contains inf at position"), "{error}");
}

#[test]
fn a_prediction_that_is_not_finite_is_an_error_that_names_the_sample() {
    for output in [Identity, Softmax] {
        let mut model = Sequential::input([1])
            .push(Dense::new(2).bias(false))
            .build(1)
            .unwrap();
        for (_, mut kernel) in model.params_mut() {
            kernel.fill(1e30);
        }
        let network = Trainer::new(model, SoftmaxCrossEntropy::new(), Sgd::new(0.1)).unwrap();
        let bundle = match output {
            Softmax => Bundle::from_trainer(&network),
            _ => Bundle::new(network.into_model()),
        };
        let bundle = bundle.with_class_names(["a", "b"]);
        let mut x = ndarray::Array2::from_elem((300, 1), 1e-30_f32);
        bundle.predict(&x).unwrap();
        x[[290, 0]] = 1e30;
        let errors = [
            bundle.predict(&x).unwrap_err(),
            bundle.predict_classes(&x).unwrap_err(),
            bundle.predict_names(&x).unwrap_err(),
        ];
        for error in errors {
            let error = error.to_string();
            assert!(
                error.starts_with("the prediction for sample 290 is"),
                "{error}"
            );
        }
    }
}

/// A model that could not be loaded again is not saved.
#[test]
fn what_costs_more_than_its_file_warrants_is_not_saved() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.dl");
    let large = Sequential::<f32>::input([1 << 12, 1 << 12, 1]).push(UpSample2d::new(2));
    let error = Bundle::new(large.build(0).unwrap())
        .save(&path)
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("cannot save: the model needs 83886080 values in a sample"),
        "{error}"
    );
    let less = Sequential::<f32>::input([1 << 12, 1 << 12, 1]).push(MaxPool2d::new(2));
    Bundle::new(less.build(0).unwrap()).save(&path).unwrap();
    Bundle::<f32>::load(&path).unwrap();
}
