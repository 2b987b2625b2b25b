//! A setting that a layer does not have, or one that is misspelt, is an error for every kind of layer.

use dl_conv::*;
use dl_nn::init::Initializer;
use dl_nn::prelude::*;
use dl_nn::{Architecture, Registry};
use serde_json::Value;

const UNKNOWN: &str = "kernel_inItializer";

/// Networks that have every kind of layer between them, with settings that have settings.
fn networks() -> Vec<Sequential<f32>> {
    let uniform = Initializer::Uniform { limit: 0.1 };
    let normal = Initializer::Normal { std: 0.1 };
    let images = Sequential::input([9, 9, 2])
        .push(ZeroPad2d::sides(1, 0, 2, 1))
        .push(
            Conv2d::new(4, 3)
                .padding(Padding::all(1))
                .activation(Elu { alpha: 0.7 }),
        )
        .push(
            Conv2d::new(4, 3)
                .kernel_initializer(uniform)
                .bias_initializer(normal),
        )
        .push(LocalResponseNorm::new())
        .push(BatchNorm::new())
        .push(MaxPool2d::new(2).padding(Padding::all(1)))
        .push(ConvTranspose2d::new(4, 3).activation(LeakyRelu { slope: 0.1 }))
        .push(UpSample2d::new(2).interpolation(Interpolation::Bilinear))
        .push(AveragePool2d::new(2))
        .push(Flatten)
        .push(Dense::new(12).kernel_initializer(normal))
        .push(LayerNorm::new())
        .push(Dropout::new(0.5))
        .push(Reshape::new([2, 3, 2]))
        .push(Activate(Elu { alpha: 0.5 }))
        .push(GlobalAveragePool2d::new())
        .push(Reparameterize);
    let pooled = Sequential::input([4, 4, 2]);
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
        images,
        pooled.push(GlobalMaxPool2d::new()).push(StandardNormalKl),
        composed,
        signals,
    ]
}

/// The settings with an unknown key in each of their objects in turn; alone, where there is none.
fn changed(settings: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    change(settings, &mut |changed| all.push(changed));
    if all.is_empty() {
        all.push(serde_json::json!({ UNKNOWN: 0 }));
    }
    all
}

fn change(value: &Value, found: &mut dyn FnMut(Value)) {
    let Value::Object(entries) = value else {
        return;
    };
    let mut more = entries.clone();
    more.insert(UNKNOWN.to_owned(), 0.into());
    found(more.into());
    for (key, value) in entries {
        change(value, &mut |value| {
            let mut changed = entries.clone();
            changed.insert(key.clone(), value);
            found(changed.into());
        });
    }
}

#[test]
fn every_kind_of_layer_refuses_settings_that_it_does_not_have() {
    let registry: Registry<f32> = dl_conv::registry();
    let mut kinds = std::collections::BTreeSet::new();
    for network in networks() {
        let architecture = network.build(0).unwrap().architecture().unwrap();
        registry.sequential(&architecture).unwrap();
        for (i, layer) in architecture.layers.iter().enumerate() {
            kinds.insert(layer.config.kind.clone());
            for settings in changed(&layer.config.settings) {
                let mut architecture = architecture.clone();
                architecture.layers[i].config.settings = settings.clone();
                let error = registry
                    .sequential(&architecture)
                    .map(drop)
                    .unwrap_err()
                    .to_string();
                let expected = format!("settings of a `{}`", layer.config.kind);
                assert!(error.contains(&expected), "{settings}: {error}");
            }
        }
    }
    assert_eq!(format!("{kinds:?}"), format!("{registry:?}"));
}

#[test]
fn an_architecture_says_nothing_but_what_is_read() {
    let model = networks()[1].build(0).unwrap();
    let json = serde_json::to_value(model.architecture().unwrap()).unwrap();
    serde_json::from_value::<Architecture>(json.clone()).unwrap();
    let mut more = json.clone();
    more[UNKNOWN] = 0.into();
    assert!(serde_json::from_value::<Architecture>(more).is_err());
    let mut more = json;
    more["layers"][0][UNKNOWN] = 0.into();
    assert!(serde_json::from_value::<Architecture>(more).is_err());
}

#[test]
fn an_architecture_says_nothing_twice() {
    let network = Sequential::<f32>::input([4, 4, 2]).push(Conv2d::new(4, 3));
    let architecture = network.build(0).unwrap().architecture().unwrap();
    let json = serde_json::to_string(&architecture).unwrap();
    let again: Architecture = serde_json::from_str(&json).unwrap();
    assert_eq!(again, architecture);
    for key in [
        "input_shape",
        "kind",
        "settings",
        "filters",
        "stride",
        "width",
    ] {
        let key = format!(r#""{key}":"#);
        let twice = json.replacen(&key, &format!("{key}3,{key}"), 1);
        assert_ne!(twice, json);
        assert!(
            serde_json::from_str::<Architecture>(&twice).is_err(),
            "{twice}"
        );
    }
}
