//! What serde reads says nothing but what is read: a misspelt setting is an error.

use std::fmt::Debug;

use dl_nn::losses::*;
use dl_nn::optim::*;
use dl_nn::prelude::*;
use dl_nn::schedule::ReduceOnPlateau;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const UNKNOWN: &str = "epsi1on";

/// The value with an unknown key in each of its objects in turn.
fn changed(value: &Value, found: &mut dyn FnMut(Value)) {
    match value {
        Value::Object(entries) => {
            let mut more = entries.clone();
            more.insert(UNKNOWN.to_owned(), 0.into());
            found(more.into());
            for (key, value) in entries {
                changed(value, &mut |value| {
                    let mut changed = entries.clone();
                    changed.insert(key.clone(), value);
                    found(changed.into());
                });
            }
        }
        Value::Array(values) => {
            for (i, value) in values.iter().enumerate() {
                changed(value, &mut |value| {
                    let mut changed = values.clone();
                    changed[i] = value;
                    found(changed.into());
                });
            }
        }
        Value::Null => found(json!({ UNKNOWN: 0 })),
        _ => {}
    }
}

#[track_caller]
fn is_strict<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T) {
    let json = serde_json::to_value(&value).unwrap();
    assert_eq!(serde_json::from_value::<T>(json.clone()).unwrap(), value);
    let mut count = 0;
    changed(&json, &mut |changed| {
        count += 1;
        let read = serde_json::from_value::<T>(changed.clone());
        assert!(read.is_err(), "{changed} is read as {:?}", read.unwrap());
    });
    assert!(count > 0, "{json}");
}

#[test]
fn losses() {
    is_strict(SoftmaxCrossEntropy::new());
    is_strict::<BinaryCrossEntropy>(Default::default());
    is_strict(Huber::new(1.0));
    is_strict(KlDivergence::new());
    is_strict(MeanSquaredError::new());
    is_strict(MeanAbsoluteError::new());
    is_strict(GaussianNll::new());
}

#[test]
fn rules_and_schedules() {
    is_strict(Sgd::new(0.1));
    is_strict(Adam::new(0.1));
    is_strict(AdamW::new(0.1));
    is_strict(AdaGrad::new(0.1));
    is_strict(RmsProp::new(0.1));
    is_strict(ReduceOnPlateau::new(0.5));
}

#[test]
fn states_of_training() {
    let network = Sequential::<f64>::input([2]).push(Dense::new(1));
    let model = network.build(0).unwrap();
    let mut trainer = Trainer::new(model, MeanSquaredError::new(), Adam::new(0.1)).unwrap();
    let x = ndarray::array![[1.0, 2.0], [3.0, 5.0]];
    let y = ndarray::array![[1.0], [2.0]];
    let history = trainer.fit(&x, &y, Fit::epochs(2)).unwrap();
    is_strict(history);
    is_strict(trainer.state());
}
