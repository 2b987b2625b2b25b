//! What `fit` does with what an earlier `fit`, a callback or the caller left behind; and sizes that no
//! memory has.

use dl_nn::layers::{BatchNorm, LayerNorm};
use dl_nn::ndarray::{Array2, array};
use dl_nn::prelude::*;
use dl_nn::schedule::ReduceOnPlateau;
use dl_nn::train::{Callback, Epoch, FitContext, Flow};
use dl_nn::{BuildError, DataError, TrainError};

fn network(hidden: usize) -> Model<f64> {
    Sequential::input([2])
        .push(Dense::new(hidden).activation(Tanh))
        .push(Dense::new(2))
        .build(1)
        .unwrap()
}

fn trainer(model: Model<f64>) -> Trainer<f64> {
    Trainer::new(model, SoftmaxCrossEntropy::new(), Sgd::new(0.1)).unwrap()
}

fn data() -> (Array2<f64>, Vec<usize>) {
    (
        array![[0., 0.], [0., 1.], [1., 0.], [1., 1.]],
        vec![0, 1, 1, 0],
    )
}

/// The factor and the best measure of the first `fit` stay, as PyTorch's scheduler keeps them.
#[test]
fn a_plateau_goes_on_in_the_next_fit() {
    let (x, labels) = data();
    let mut plateau = ReduceOnPlateau::new(0.5).patience(0);
    // nothing is ever an improvement on the first epoch
    plateau = plateau.min_delta(10.0);
    let mut trainer = trainer(network(3));
    let mut rates = Vec::new();
    for _ in 0..2 {
        let options = Fit::epochs(2).callback(&mut plateau);
        let history = trainer.fit(&x, &labels, options).unwrap();
        rates.extend(history.epochs.iter().map(|epoch| epoch.learning_rate));
    }
    assert_eq!(rates, [0.1, 0.1, 0.05, 0.025]);
}

/// Keeps the weights after each epoch.
#[derive(Default)]
struct Kept(Vec<dl_nn::Weights<f64>>);

impl Callback<f64> for Kept {
    fn epoch_end(&mut self, _: &Epoch, run: &mut FitContext<'_, f64>) -> Flow {
        self.0.push(run.model.weights());
        Flow::Continue
    }
}

/// The training loss of an epoch is measured before its updates; what is kept are the weights after them.
#[test]
fn early_stopping_on_the_training_loss_keeps_the_weights_after_the_epoch() {
    let (x, labels) = data();
    let mut stopping = EarlyStopping::new(1).min_delta(10.0);
    let mut kept = Kept::default();
    let mut trainer = trainer(network(3));
    let options = Fit::epochs(9).callback(&mut kept).callback(&mut stopping);
    trainer.fit(&x, &labels, options).unwrap();
    assert_eq!(stopping.best_epoch(), Some(0));
    assert_eq!(kept.0.len(), 2);
    assert_eq!(trainer.model().weights(), kept.0[0]);
    assert_ne!(network(3).weights(), kept.0[0]);
    // and the next `fit` begins anew
    trainer
        .fit(&x, &labels, Fit::epochs(1).callback(&mut stopping))
        .unwrap();
    assert_ne!(trainer.model().weights(), kept.0[0]);
}

#[test]
fn any_number_of_epochs_goes_on_until_stopped() {
    struct Third;
    impl Callback<f64> for Third {
        fn epoch_end(&mut self, epoch: &Epoch, _: &mut FitContext<'_, f64>) -> Flow {
            match epoch.epoch {
                2 => Flow::Stop("enough".into()),
                _ => Flow::Continue,
            }
        }
    }
    let (x, labels) = data();
    let options = Fit::epochs(usize::MAX)
        .batch_size(usize::MAX)
        .callback(Third);
    let history = trainer(network(3)).fit(&x, &labels, options).unwrap();
    assert_eq!(history.epochs.len(), 3);
}

#[test]
fn another_model_in_its_place_is_trained() {
    let (x, labels) = data();
    let mut used = Trainer::new(network(3), SoftmaxCrossEntropy::new(), Adam::new(0.1)).unwrap();
    used.fit(&x, &labels, Fit::epochs(1)).unwrap();
    *used.model_mut() = network(5);
    // Adam remembers moments of the old layers
    let result = used.fit(&x, &labels, Fit::epochs(1));
    assert!(
        matches!(result, Err(TrainError::Optimizer(_))),
        "{result:?}"
    );

    let mut fresh = trainer(network(3));
    *fresh.model_mut() = network(5);
    let mut straight = trainer(network(5));
    fresh.step(&x, &labels).unwrap();
    straight.step(&x, &labels).unwrap();
    fresh.fit(&x, &labels, Fit::epochs(3)).unwrap();
    straight.fit(&x, &labels, Fit::epochs(3)).unwrap();
    assert_eq!(fresh.model().weights(), straight.model().weights());

    *fresh.model_mut() = Sequential::input([2])
        .push(Dense::new(5).activation(Tanh))
        .push(Dense::new(2).activation(Softmax))
        .build(0)
        .unwrap();
    assert_eq!(
        fresh
            .fit(&x, &labels, Fit::epochs(1))
            .unwrap_err()
            .to_string(),
        "the model's last activation is softmax, but must be none, since the loss takes logits"
    );
}

/// Puts another network in the model's place.
struct Replace(&'static str);

impl Replace {
    fn at(&self, place: &str, run: &mut FitContext<'_, f64>) {
        if self.0 == place {
            *run.model = network(7);
        }
    }
}

impl Callback<f64> for Replace {
    fn train_begin(&mut self, run: &mut FitContext<'_, f64>) {
        self.at("train_begin", run);
    }

    fn step_begin(&mut self, epoch: usize, _: usize, run: &mut FitContext<'_, f64>) {
        if epoch == 1 {
            self.at("step_begin", run);
        }
    }

    fn step_end(&mut self, _: &dl_nn::train::StepEnd, run: &mut FitContext<'_, f64>) -> Flow {
        self.at("step_end", run);
        Flow::Continue
    }

    fn epoch_end(&mut self, _: &Epoch, run: &mut FitContext<'_, f64>) -> Flow {
        self.at("epoch_end", run);
        Flow::Continue
    }
}

#[test]
fn a_callback_that_replaces_the_model_ends_training() {
    let (x, labels) = data();
    for (place, expected) in [
        ("train_begin", 1),
        ("step_begin", 2),
        ("step_end", 1),
        ("epoch_end", 1),
    ] {
        let mut trainer = trainer(network(3));
        let options = Fit::epochs(3)
            .batch_size(2)
            .validation(&x, &labels)
            .callback(Replace(place))
            .callback(EarlyStopping::new(2));
        match trainer.fit(&x, &labels, options) {
            Err(TrainError::ModelReplaced { epoch }) => assert_eq!(epoch, expected, "{place}"),
            other => panic!("{place}: {other:?}"),
        }
        assert_eq!(trainer.model().weights(), network(7).weights());
    }
}

#[test]
fn nan_outputs_are_no_class() {
    let (x, labels) = data();
    let mut trainer = trainer(network(3));
    for (_, mut value) in trainer.model_mut().params_mut() {
        value.fill(f64::NAN);
    }
    let expected = DataError::NanOutput {
        sample: 0,
        output: 0,
    };
    assert_eq!(trainer.predict_classes(&x), Err(expected.clone()));
    assert_eq!(trainer.evaluate(&x, &labels), Err(expected));
}

/// As [`Trainer::evaluate`] says of the same samples: no accuracy is made of what is not a number.
#[test]
fn nan_outputs_for_validation_samples_end_training() {
    let (x, labels) = data();
    let mut model = Sequential::input([2])
        .push(Dense::new(2))
        .push(Dense::new(2))
        .build(1)
        .unwrap();
    for (name, mut value) in model.params_mut() {
        match name {
            "dense_1.kernel" => value.assign(&array![[10.0, -10.0], [10.0, -10.0]].into_dyn()),
            "dense_2.kernel" => value.fill(1.0),
            _ => {}
        }
    }
    let given = model.weights();
    let mut trainer = trainer(model);
    // the second becomes infinite, and −∞ beside it
    let far = array![[0.0, 1.0], [1e308, 1e308]];
    let expected = DataError::NanOutput {
        sample: 1,
        output: 0,
    };
    let classes = vec![0, 1];
    assert_eq!(trainer.evaluate(&far, &classes), Err(expected.clone()));
    let mut seen = Kept::default();
    let options = Fit::epochs(3)
        .validation(&far, &classes)
        .callback(&mut seen);
    let error = trainer.fit(&x, &labels, options).unwrap_err();
    assert_eq!(error, TrainError::Validation(expected));
    assert!(seen.0.is_empty() && trainer.history().epochs.is_empty());
    // the last good weights are those it was given
    assert_eq!(trainer.model().weights(), given);
}

/// As many as no machine has, but no more than a machine can count.
#[test]
fn layers_that_no_memory_holds_are_errors() {
    let refused =
        |input: Vec<usize>, build: &dyn Fn(Sequential<f32>) -> Sequential<f32>| match build(
            Sequential::input(input),
        )
        .build(0)
        {
            Err(BuildError::Layer { source, .. }) => source.to_string(),
            other => panic!("{other:?}"),
        };
    let features = 1 << 44;
    let no_room = format!("not enough memory for {features} values of 4 bytes each");
    assert_eq!(
        refused(vec![features], &|s| s.push(BatchNorm::new())),
        no_room
    );
    assert_eq!(
        refused(vec![features], &|s| s.push(LayerNorm::new())),
        no_room
    );
    assert_eq!(
        refused(vec![10], &|s| s.push(Dense::new(1_000_000_000))),
        "Dense units is 1000000000, but must be small enough for a kernel of fewer than 2^32 weights"
    );
}
