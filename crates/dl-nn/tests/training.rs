//! Training: that it learns, and that each option does what it says.

use std::cell::RefCell;
use std::f64::consts::PI;
use std::rc::Rc;

use dl_core::random::generator;
use dl_nn::losses::mean_loss;
use dl_nn::ndarray::{Array1, Array2, ArrayD, Axis, array};
use dl_nn::prelude::*;
use dl_nn::schedule::{ReduceOnPlateau, StepDecay};
use dl_nn::train::{Epoch, StepEnd};
use dl_nn::{TargetRow, TrainError};

/// Two interleaved half circles with noise, `n` points each.
fn moons(n: usize, seed: u64) -> (Array2<f64>, Vec<usize>) {
    let mut rng = generator(seed);
    let mut x = Array2::zeros((2 * n, 2));
    for (i, mut row) in x.rows_mut().into_iter().enumerate() {
        let angle = PI * f64::uniform(&mut rng);
        let (a, b) = match i % 2 {
            0 => (angle.cos(), angle.sin()),
            _ => (1.0 - angle.cos(), 0.5 - angle.sin()),
        };
        row[0] = a + 0.1 * f64::standard_normal(&mut rng);
        row[1] = b + 0.1 * f64::standard_normal(&mut rng);
    }
    (x, (0..2 * n).map(|i| i % 2).collect())
}

fn classifier(seed: u64) -> Model<f64> {
    Sequential::input([2])
        .push(Dense::new(16).activation(Tanh))
        .push(Dense::new(2))
        .build(seed)
        .unwrap()
}

fn trainer(model: Model<f64>) -> Trainer<f64> {
    Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(0.02)).unwrap()
}

/// A line y = w x + b by plain gradient descent: an update is worth the learning rate.
fn line(learning_rate: f64) -> Trainer<f64> {
    let model = Sequential::input([1]).push(Dense::new(1)).build(3).unwrap();
    Trainer::new(model, MeanSquaredError::new(), Sgd::new(learning_rate)).unwrap()
}

fn line_data() -> (Array2<f64>, Array2<f64>) {
    let x = Array2::from_shape_fn((10, 1), |(i, _)| i as f64 / 5.0 - 1.0);
    let y = &x * 3.0 + 0.5;
    (x, y)
}

fn assert_close(a: f64, b: f64, tolerance: f64) {
    assert!((a - b).abs() <= tolerance, "{a} against {b}");
}

fn assert_same_weights(a: &Model<f64>, b: &Model<f64>, tolerance: f64) {
    for ((name, a), (_, b)) in a.params().zip(b.params()) {
        for (a, b) in a.iter().zip(b) {
            assert!((a - b).abs() <= tolerance, "{name}: {a} against {b}");
        }
    }
}

// Learning

#[test]
fn learns_exclusive_or() {
    let x = array![[0., 0.], [0., 1.], [1., 0.], [1., 1.]];
    let labels = vec![0, 1, 1, 0];
    let mut two = trainer(classifier(1));
    two.fit(&x, &labels, Fit::epochs(300)).unwrap();
    assert_eq!(two.predict_classes(&x).unwrap().to_vec(), labels);
    // one output and a sigmoid in the loss
    let model = Sequential::input([2])
        .push(Dense::new(8).activation(Tanh))
        .push(Dense::new(1))
        .build(1)
        .unwrap();
    let mut one = Trainer::new(model, BinaryCrossEntropy::new(), Adam::new(0.05)).unwrap();
    let history = one.fit(&x, &labels, Fit::epochs(300)).unwrap();
    assert_eq!(one.predict_classes(&x).unwrap().to_vec(), labels);
    assert_eq!(history.accuracies().last(), Some(&1.0));
    for (p, &label) in one.predict(&x).unwrap().iter().zip(&labels) {
        assert!((p - label as f64).abs() <= 0.1, "{p} for {label}");
    }
}

/// A probability is above ½ where its logit is above 0.
#[test]
fn one_output_with_its_own_sigmoid() {
    let x = array![[-2.0], [-1.0], [1.0], [2.0]];
    let y = array![0.0, 0.0, 1.0, 1.0];
    let model = Sequential::input([1])
        .push(Dense::new(1).activation(Sigmoid))
        .build(1)
        .unwrap();
    let mut trainer = Trainer::new(model, MeanSquaredError::new(), Adam::new(0.1)).unwrap();
    trainer.fit(&x, &y, Fit::epochs(100)).unwrap();
    assert_eq!(trainer.predict_classes(&x).unwrap().to_vec(), [0, 0, 1, 1]);
}

#[test]
fn learns_two_moons() {
    let ((x, labels), (unseen, unseen_labels)) = (moons(150, 1), moons(150, 2));
    let mut trainer = trainer(classifier(1));
    let history = trainer.fit(&x, &labels, Fit::epochs(60)).unwrap();
    let accuracy = trainer.evaluate(&unseen, &unseen_labels).unwrap().accuracy;
    assert!(accuracy.unwrap() >= 0.95, "{accuracy:?}");
    let losses = history.losses();
    assert!(losses[59] <= 0.3 * losses[0], "{losses:?}");
}

#[test]
fn learns_a_line_and_a_curve() {
    let (x, y) = line_data();
    let mut straight = line(0.3);
    straight.fit(&x, &y, Fit::epochs(200)).unwrap();
    let params: Vec<f64> = straight.model().params().map(|(_, v)| v.sum()).collect();
    assert_close(params[0], 3.0, 1e-6);
    assert_close(params[1], 0.5, 1e-6);

    let x = Array2::from_shape_fn((100, 1), |(i, _)| (i as f64 - 50.0) / 16.0);
    let y: Array1<f64> = x.column(0).mapv(f64::sin);
    let model = Sequential::input([1])
        .push(Dense::new(20).activation(Tanh))
        .push(Dense::new(1))
        .build(1)
        .unwrap();
    let mut curve = Trainer::new(model, MeanSquaredError::new(), Adam::new(0.02)).unwrap();
    let history = curve.fit(&x, &y, Fit::epochs(300)).unwrap();
    let evaluation = curve.evaluate(&x, &y).unwrap();
    // a hundredth of the curve's variance
    assert!(evaluation.loss <= 5e-3, "{evaluation:?}");
    assert_eq!(evaluation.accuracy, None);
    assert_eq!(history.accuracies(), Vec::<f64>::new());
}

// Steps, batches, epochs

/// Without shuffling, `fit` is `step` over the batches in order, the last one smaller; an epoch's
/// loss is the mean over samples of what each batch cost before its update.
#[test]
fn fit_is_a_loop_of_steps() {
    let (x, labels) = moons(11, 1);
    let mut fitted = trainer(classifier(1));
    let options = Fit::epochs(3).batch_size(8).shuffle(false);
    let history = fitted.fit(&x, &labels, options).unwrap();
    let mut stepped = trainer(classifier(1));
    let mut losses = Vec::new();
    for _ in 0..3 {
        let mut sum = 0.0;
        let batches = x.axis_chunks_iter(Axis(0), 8).zip(labels.chunks(8));
        for (x, labels) in batches {
            sum += stepped.step(x, labels).unwrap() * labels.len() as f64;
        }
        losses.push(sum / 22.0);
    }
    assert_eq!(fitted.model().weights(), stepped.model().weights());
    assert_eq!(fitted.optimizer().state(), stepped.optimizer().state());
    for (a, b) in history.losses().into_iter().zip(losses) {
        assert_close(a, b, 1e-14);
    }
}

/// A step is forward, loss and delta, backward, update: by hand, for a line.
#[test]
fn a_step_by_hand() {
    let mut trainer = line(0.1);
    let (x, y) = (array![[1.0], [2.0]], array![[3.0], [-1.0]]);
    let weights = |trainer: &Trainer<f64>| {
        let sums: Vec<f64> = trainer.model().params().map(|(_, v)| v.sum()).collect();
        (sums[0], sums[1])
    };
    let (w, b) = weights(&trainer);
    let errors = [w + b - 3.0, 2.0 * w + b + 1.0];
    let loss = trainer.step(&x, &y).unwrap();
    assert_close(loss, (errors[0].powi(2) + errors[1].powi(2)) / 2.0, 1e-14);
    let (dw, db) = (errors[0] + 2.0 * errors[1], errors[0] + errors[1]);
    let (new_w, new_b) = weights(&trainer);
    assert_close(new_w, w - 0.1 * dw, 1e-14);
    assert_close(new_b, b - 0.1 * db, 1e-14);
    let grads = trainer.grads();
    assert_close(grads[0][0].sum(), dw, 1e-14);
    assert_close(grads[0][1].sum(), db, 1e-14);
}

#[test]
fn a_batch_larger_than_the_data_is_all_of_it() {
    let (x, labels) = moons(10, 1);
    let run = |batch_size| {
        let mut trainer = trainer(classifier(1));
        let fit = Fit::epochs(5).batch_size(batch_size);
        trainer.fit(&x, &labels, fit).unwrap();
        trainer.into_model().weights()
    };
    assert_eq!(run(20), run(1_000_000));
    assert_eq!(run(20), run(usize::MAX));
    assert_ne!(run(20), run(10));
}

/// Each epoch goes through every sample once, in an order of its own.
#[test]
fn shuffling() {
    /// Sees the samples by a loss that is the sample's number.
    #[derive(Debug)]
    struct Number;
    impl Loss<f64> for Number {
        fn name(&self) -> &'static str {
            "Number"
        }
        fn sample(&self, _: &[f64], target: TargetRow<'_, f64>, delta: &mut [f64]) -> f64 {
            delta.fill(0.0);
            match target {
                TargetRow::Class(number) => number as f64,
                TargetRow::Values(values) => values[0],
            }
        }
        fn takes(&self, _: usize) -> String {
            "a number".into()
        }
        fn accepts(&self, _: usize, _: TargetRow<'_, f64>) -> bool {
            true
        }
    }
    let orders = |shuffle: bool, seed: u64| {
        let model = Sequential::input([1]).push(Dense::new(1)).build(0).unwrap();
        let trainer = Trainer::new(model, Number, Sgd::new(0.1)).unwrap();
        let mut seen = Vec::new();
        let (x, y) = (
            Array2::zeros((20, 1)),
            Array1::from_iter((0..20).map(f64::from)),
        );
        let fit = Fit::epochs(3).batch_size(1).shuffle(shuffle);
        let fit = fit.callback(OnStep(|step: &StepEnd| seen.push(step.loss as usize)));
        trainer.seed(seed).fit(&x, &y, fit).unwrap();
        let epochs: Vec<_> = seen.chunks(20).map(<[usize]>::to_vec).collect();
        epochs
    };
    let in_order: Vec<usize> = (0..20).collect();
    assert_eq!(orders(false, 1), vec![in_order.clone(); 3]);
    let shuffled = orders(true, 1);
    for (i, order) in shuffled.iter().enumerate() {
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, in_order);
        assert_ne!(*order, in_order);
        assert!(shuffled[i + 1..].iter().all(|other| other != order));
    }
    assert_eq!(orders(true, 1), shuffled);
    assert_ne!(orders(true, 2), shuffled);
}

/// Calls a function after each step.
struct OnStep<C>(C);

impl<C: FnMut(&StepEnd)> Callback<f64> for OnStep<C> {
    fn step_end(&mut self, step: &StepEnd, _: &mut FitContext<'_, f64>) -> Flow {
        (self.0)(step);
        Flow::Continue
    }
}

// Evaluation

#[test]
fn evaluation_by_hand() {
    // more than one pass of 256 samples, the last one smaller
    let (x, labels) = moons(150, 1);
    let mut trainer = trainer(classifier(1));
    trainer.fit(&x, &labels, Fit::epochs(2)).unwrap();
    let logits = trainer.model().predict(&x).unwrap();
    let mut delta = vec![0.0; logits.len()];
    let flat = logits.as_slice().unwrap();
    let (loss, targets) = (SoftmaxCrossEntropy::new(), (&labels).into_target().unwrap());
    let loss = mean_loss(&loss, flat, &targets, 0..300, None, &mut delta);
    let right = |(row, &label): (&[f64], &usize)| usize::from(row[1] > row[0]) == label;
    let right = flat
        .chunks(2)
        .zip(&labels)
        .filter(|&pair| right(pair))
        .count();
    let evaluation = trainer.evaluate(&x, &labels).unwrap();
    assert_close(evaluation.loss, loss, 1e-14);
    assert_eq!(evaluation.accuracy, Some(right as f64 / 300.0));
    assert_eq!(evaluation.samples, 300);
    let probabilities = trainer.predict(&x).unwrap();
    for (row, p) in flat.chunks(2).zip(probabilities.axis_iter(Axis(0))) {
        assert_close(p.sum(), 1.0, 1e-14);
        assert_close(p[1], 1.0 / (1.0 + (row[0] - row[1]).exp()), 1e-14);
    }
}

/// A split evaluates on what it held out: the rows that were not trained on, each class by its
/// share. Features that are one-hot rows tell which rows these are.
#[test]
fn validation_split_is_stratified_and_shuffled() {
    let x: Array2<f64> = Array2::eye(40);
    let labels: Vec<usize> = (0..40).map(|i| usize::from(i >= 30)).collect();
    let held_out = |seed| {
        let model = Sequential::input([40])
            .push(Dense::new(2))
            .build(0)
            .unwrap();
        let mut trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), Sgd::new(1.0))
            .unwrap()
            .seed(seed);
        let before = trainer.model().weights();
        let initial: ArrayD<f64> = trainer.model().params().next().unwrap().1.to_owned();
        let fit = Fit::epochs(1).batch_size(7).validation_split(0.2);
        let history = trainer.fit(&x, &labels, fit).unwrap();
        assert_ne!(trainer.model().weights(), before);
        let trained = trainer.model().params().next().unwrap().1.to_owned();
        // a row of the kernel whose sample was never seen has not moved
        let still = |&i: &usize| trained.index_axis(Axis(0), i) == initial.index_axis(Axis(0), i);
        let rows: Vec<usize> = (0..40).filter(still).collect();
        let validation = history.epochs[0].validation.unwrap();
        assert_eq!(
            (validation.samples, history.epochs[0].train.samples),
            (8, 32)
        );
        let their_labels: Vec<usize> = rows.iter().map(|&row| labels[row]).collect();
        let theirs = x.select(Axis(0), &rows);
        let by_hand = trainer.evaluate(&theirs, &their_labels).unwrap();
        assert_close(validation.loss, by_hand.loss, 1e-14);
        assert_eq!(validation.accuracy, by_hand.accuracy);
        assert_eq!(their_labels.iter().filter(|&&l| l == 1).count(), 2);
        rows
    };
    let rows = held_out(1);
    assert_eq!(rows, held_out(1));
    assert_ne!(rows, held_out(2));
    assert_ne!(rows[..6], [24, 25, 26, 27, 28, 29]);
}

#[test]
fn validation_data_of_ones_own() {
    let ((x, labels), (unseen, unseen_labels)) = (moons(20, 1), moons(15, 2));
    let mut trainer = trainer(classifier(1));
    let fit = Fit::epochs(4).validation(&unseen, &unseen_labels);
    let history = trainer.fit(&x, &labels, fit).unwrap();
    let last = history.epochs[3].validation.unwrap();
    let by_hand = trainer.evaluate(&unseen, &unseen_labels).unwrap();
    assert_eq!(last, by_hand);
    assert_eq!(history.validation_losses().len(), 4);
    assert_eq!(history.validation_accuracies()[3], last.accuracy.unwrap());
}

// Weights

/// Weighted samples are repeated samples, for the whole data in one batch; class weights are
/// sample weights by class.
#[test]
fn weights_are_repetitions() {
    let (x, labels) = moons(10, 1);
    let run = |x: &Array2<f64>, labels: &Vec<usize>, fit: Fit<f64>| {
        let mut trainer = trainer(classifier(1));
        let history = trainer.fit(x, labels, fit.batch_size(100)).unwrap();
        (history.losses(), trainer.into_model())
    };
    let by_class = run(&x, &labels, Fit::epochs(5).class_weights([1.0, 3.0]));
    let weights: Vec<f64> = labels.iter().map(|&l| [1.0, 3.0][l]).collect();
    let by_sample = run(&x, &labels, Fit::epochs(5).sample_weights(weights));
    assert_eq!(by_class.0, by_sample.0);
    assert_eq!(by_class.1.weights(), by_sample.1.weights());
    let rows: Vec<usize> = (0..20).flat_map(|i| vec![i; [1, 3][labels[i]]]).collect();
    let repeated_labels = rows.iter().map(|&row| labels[row]).collect();
    let repeated = run(&x.select(Axis(0), &rows), &repeated_labels, Fit::epochs(5));
    assert_same_weights(&by_class.1, &repeated.1, 1e-12);
    for (a, b) in by_class.0.iter().zip(&repeated.0) {
        assert_close(*a, *b, 1e-12);
    }
    // both at once multiply
    let both = Fit::epochs(5).class_weights([2.0, 3.0]);
    let both = both.sample_weights(labels.iter().map(|&l| [0.5, 1.0][l]).collect::<Vec<_>>());
    assert_eq!(run(&x, &labels, both).1.weights(), by_class.1.weights());
}

/// A weight of 0 is a sample that is not there, even where a batch has no other.
#[test]
fn weights_of_zero() {
    let (x, y) = line_data();
    let mut weighted = line(0.1);
    let weights: Vec<f64> = (0..10).map(|i| f64::from(u8::from(i < 4))).collect();
    let fit = Fit::epochs(3).batch_size(2).shuffle(false);
    let history = weighted.fit(&x, &y, fit.sample_weights(weights)).unwrap();
    let mut fewer = line(0.1);
    let rows = [0, 1, 2, 3];
    let (x, y) = (x.select(Axis(0), &rows), y.select(Axis(0), &rows));
    let fit = Fit::epochs(3).batch_size(2).shuffle(false);
    assert_eq!(fewer.fit(&x, &y, fit).unwrap().losses(), history.losses());
    assert_eq!(weighted.model().weights(), fewer.model().weights());
}

// Mode

#[test]
fn dropout_and_batch_statistics_are_for_training_only() {
    let model = Sequential::input([2])
        .push(BatchNorm::new())
        .push(Dropout::new(0.5))
        .push(Dense::new(2))
        .build(1)
        .unwrap();
    let (x, labels) = moons(20, 1);
    let mut trainer = trainer(model);
    let statistics = |trainer: &Trainer<f64>| {
        let state = trainer.model().layers()[0].layer.state();
        state.iter().map(|s| s.value.to_owned()).collect::<Vec<_>>()
    };
    let initial = statistics(&trainer);
    let first = trainer.predict(&x).unwrap();
    trainer.evaluate(&x, &labels).unwrap();
    assert_eq!(trainer.predict(&x).unwrap(), first);
    assert_eq!(statistics(&trainer), initial);
    trainer.step(&x, &labels).unwrap();
    let moved = statistics(&trainer);
    let mean = x.mean_axis(Axis(0)).unwrap() * 0.1;
    let variance = x.var_axis(Axis(0), 1.0) * 0.1 + 0.9;
    for (ours, expected) in moved.iter().zip([mean, variance]) {
        for (a, b) in ours.iter().zip(&expected) {
            assert_close(*a, *b, 1e-14);
        }
    }
    let fit = Fit::epochs(1).validation(&x, &labels);
    let history = trainer.fit(&x, &labels, fit).unwrap();
    let after = statistics(&trainer);
    assert_ne!(after, moved);
    let evaluation = trainer.evaluate(&x, &labels).unwrap();
    assert_eq!(history.epochs[0].validation, Some(evaluation));
    assert_eq!(statistics(&trainer), after);
}

/// A last batch of one sample has no variance to learn.
#[test]
fn one_row_leaves_the_running_statistics_alone() {
    let model: Model<f64> = Sequential::input([2])
        .push(BatchNorm::new())
        .push(Dense::new(2))
        .build(1)
        .unwrap();
    let mut trainer = trainer(model);
    trainer.step(&array![[5.0, -3.0]], &[1][..]).unwrap();
    let state = trainer.model().layers()[0].layer.state();
    assert_eq!(state[0].value, Array1::<f64>::zeros(2).into_dyn());
    assert_eq!(state[1].value, Array1::<f64>::ones(2).into_dyn());
}

// Callbacks

/// Writes down what it is told, and stops where it should.
struct Recorder<'a> {
    name: &'static str,
    log: &'a RefCell<Vec<String>>,
    stop_after_step: Option<(usize, usize)>,
    stop_after_epoch: Option<usize>,
}

impl Recorder<'_> {
    fn note(&self, event: String) {
        self.log.borrow_mut().push(format!("{} {event}", self.name));
    }

    fn flow(&self, stop: bool) -> Flow {
        match stop {
            true => Flow::Stop(format!("{} says so", self.name)),
            false => Flow::Continue,
        }
    }
}

impl Callback<f64> for Recorder<'_> {
    fn train_begin(&mut self, run: &mut FitContext<'_, f64>) {
        let plan = run.plan;
        self.note(format!(
            "begin: {} epochs of {} steps, {} samples by {}",
            plan.epochs, plan.steps_per_epoch, plan.samples, plan.batch_size
        ));
    }

    fn step_begin(&mut self, epoch: usize, step: usize, _: &mut FitContext<'_, f64>) {
        self.note(format!("before step {epoch}.{step}"));
    }

    fn step_end(&mut self, step: &StepEnd, _: &mut FitContext<'_, f64>) -> Flow {
        self.note(format!("after step {}.{}", step.epoch, step.step));
        self.flow(self.stop_after_step == Some((step.epoch, step.step)))
    }

    fn epoch_end(&mut self, epoch: &Epoch, _: &mut FitContext<'_, f64>) -> Flow {
        self.note(format!("after epoch {}", epoch.epoch));
        self.flow(self.stop_after_epoch == Some(epoch.epoch))
    }

    fn train_end(&mut self, history: &History, _: &mut FitContext<'_, f64>) {
        self.note(format!("end: {} epochs done", history.epochs.len()));
    }
}

fn recorded(
    stop_after_step: Option<(usize, usize)>,
    stop_after_epoch: Option<usize>,
) -> (Vec<String>, History) {
    let log = RefCell::new(Vec::new());
    let recorder = |name| Recorder {
        name,
        log: &log,
        stop_after_step,
        stop_after_epoch,
    };
    let (x, y) = line_data();
    let fit = Fit::epochs(2)
        .batch_size(6)
        .callback(recorder("a"))
        .callback(recorder("b"));
    let history = line(0.1).fit(&x, &y, fit).unwrap();
    (log.into_inner(), history)
}

#[test]
fn callbacks_are_called_in_order() {
    let (log, history) = recorded(None, None);
    let events = [
        "begin: 2 epochs of 2 steps, 10 samples by 6",
        "before step 0.0",
        "after step 0.0",
        "before step 0.1",
        "after step 0.1",
        "after epoch 0",
        "before step 1.0",
        "after step 1.0",
        "before step 1.1",
        "after step 1.1",
        "after epoch 1",
        "end: 2 epochs done",
    ];
    let expected = events
        .iter()
        .flat_map(|event| [format!("a {event}"), format!("b {event}")]);
    assert_eq!(log, expected.collect::<Vec<_>>());
    assert_eq!(history.stopped, None);
    let epochs: Vec<usize> = history.epochs.iter().map(|e| e.epoch).collect();
    assert_eq!(epochs, [0, 1]);
    assert!(
        history
            .epochs
            .iter()
            .all(|e| e.seconds >= 0.0 && e.learning_rate == 0.1)
    );
}

/// The first callback's reason counts, the others are still told.
#[test]
fn callbacks_can_stop() {
    let (log, history) = recorded(None, Some(0));
    assert_eq!(history.stopped.as_deref(), Some("a says so"));
    assert_eq!(history.epochs.len(), 1);
    let last = [
        "a after epoch 0",
        "b after epoch 0",
        "a end: 1 epochs done",
        "b end: 1 epochs done",
    ];
    assert_eq!(log[log.len() - 4..], last);
    // within an epoch: it is not among those done
    let (log, history) = recorded(Some((1, 0)), None);
    assert_eq!(history.stopped.as_deref(), Some("a says so"));
    assert_eq!(history.epochs.len(), 1);
    assert_eq!(log[log.len() - 3], "b after step 1.0");
}

// Learning rate

/// The learning rate of every step, two an epoch, for a base of 0.01.
fn learning_rates(fit: Fit<'_, f64>) -> Vec<f64> {
    let (x, y) = line_data();
    let rates = Rc::new(RefCell::new(Vec::new()));
    let record = Rc::clone(&rates);
    let record = OnStep(move |step: &StepEnd| record.borrow_mut().push(step.learning_rate));
    let fit = fit.batch_size(5).callback(record);
    let history = line(0.01).fit(&x, &y, fit).unwrap();
    let rates = rates.take();
    let last: Vec<f64> = history.epochs.iter().map(|e| e.learning_rate).collect();
    let expected: Vec<f64> = rates.chunks(2).map(|rates| rates[1]).collect();
    assert_eq!(last, expected);
    rates
}

/// Halved after every `period`.
fn halving(period: u64) -> StepDecay {
    StepDecay::new(period, 0.5)
}

#[test]
fn schedules_by_epoch_and_by_step() {
    let rates = |fit: Fit<'_, f64>| -> Vec<f64> {
        learning_rates(fit).iter().map(|rate| rate / 0.01).collect()
    };
    let by_epoch = LearningRate::per_epoch(halving(1));
    let by_step = || LearningRate::per_step(halving(1));
    assert_eq!(rates(Fit::epochs(2)), [1.0; 4]);
    assert_eq!(
        rates(Fit::epochs(2).callback(by_epoch)),
        [1.0, 1.0, 0.5, 0.5]
    );
    assert_eq!(
        rates(Fit::epochs(2).callback(by_step())),
        [1.0, 0.5, 0.25, 0.125]
    );
    // several multiply
    let both = Fit::epochs(2).callback(by_step());
    let both = both.callback(LearningRate::per_step(halving(2)));
    assert_eq!(rates(both), [1.0, 0.5, 0.125, 0.0625]);
}

/// The rate of the update is the rate recorded.
#[test]
fn a_schedule_scales_the_update() {
    let (x, y) = line_data();
    let fit = Fit::epochs(2).callback(LearningRate::per_step(halving(1)));
    let mut scheduled = line(0.2);
    scheduled.fit(&x, &y, fit).unwrap();
    let mut by_hand = line(0.2);
    by_hand.step(&x, &y).unwrap();
    let mut halved =
        Trainer::new(by_hand.into_model(), MeanSquaredError::new(), Sgd::new(0.1)).unwrap();
    halved.step(&x, &y).unwrap();
    assert_same_weights(scheduled.model(), halved.model(), 1e-15);
}

#[test]
fn reduces_on_a_plateau() {
    // validation targets that get worse as the line is learned
    let (x, y) = line_data();
    let against = -&y;
    let mut plateau = ReduceOnPlateau::new(0.5).patience(1);
    let fit = Fit::epochs(6)
        .validation(&x, &against)
        .callback(&mut plateau);
    let history = line(0.01).fit(&x, &y, fit).unwrap();
    let losses = history.validation_losses();
    assert!(
        losses.windows(2).all(|pair| pair[0] < pair[1]),
        "{losses:?}"
    );
    let rates: Vec<f64> = history
        .epochs
        .iter()
        .map(|e| e.learning_rate / 0.01)
        .collect();
    assert_eq!(rates, [1.0, 1.0, 1.0, 0.5, 0.5, 0.25]);
    assert_eq!(plateau.factor(), 0.25);
}

// Early stopping

/// Multiplies the learning rate of one epoch.
struct Kick {
    epoch: usize,
    factor: f64,
}

impl Callback<f64> for Kick {
    fn step_begin(&mut self, epoch: usize, _: usize, run: &mut FitContext<'_, f64>) {
        if epoch == self.epoch {
            run.learning_rate_factor *= self.factor;
        }
    }
}

/// Copies the weights after each epoch.
struct Copies(Vec<dl_nn::Weights<f64>>);

impl Callback<f64> for Copies {
    fn epoch_end(&mut self, _: &Epoch, run: &mut FitContext<'_, f64>) -> Flow {
        self.0.push(run.model.weights());
        Flow::Continue
    }
}

#[test]
fn early_stopping_stops_and_restores_the_best() {
    let (x, y) = line_data();
    let mut trainer = line(0.1);
    let (mut copies, mut stopping) = (Copies(Vec::new()), EarlyStopping::new(2));
    // after a good start, a jump away that takes more than two epochs to come back from
    let fit = Fit::epochs(50)
        .validation(&x, &y)
        .callback(Kick {
            epoch: 4,
            factor: -20.0,
        })
        .callback(&mut copies)
        .callback(&mut stopping);
    let history = trainer.fit(&x, &y, fit).unwrap();
    assert_eq!(
        history.epochs.len(),
        6,
        "the jump, and one more without improvement"
    );
    let reason = "no improvement for 2 epochs; best was epoch 4";
    assert_eq!(history.stopped.as_deref(), Some(reason));
    assert_eq!(stopping.best_epoch(), Some(3));
    assert_eq!(trainer.model().weights(), copies.0[3]);
    let losses = history.validation_losses();
    assert_eq!(trainer.evaluate(&x, &y).unwrap().loss, losses[3]);
}

#[test]
fn early_stopping_restores_the_best_however_training_ends() {
    let (x, y) = line_data();
    let run = |kick: f64, stop: Option<usize>| {
        let mut trainer = line(0.1);
        let log = RefCell::new(Vec::new());
        let mut copies = Copies(Vec::new());
        let fit = Fit::epochs(5)
            .validation(&x, &y)
            .callback(Kick {
                epoch: 3,
                factor: kick,
            })
            .callback(&mut copies)
            .callback(EarlyStopping::new(100))
            .callback(Recorder {
                name: "user",
                log: &log,
                stop_after_step: stop.map(|epoch| (epoch, 0)),
                stop_after_epoch: None,
            });
        let result = trainer.fit(&x, &y, fit);
        let best = copies.0[2].clone();
        assert_eq!(trainer.model().weights(), best);
        assert!(log.borrow().last().unwrap().starts_with("user end: "));
        result
    };
    assert_eq!(run(-20.0, None).unwrap().stopped, None);
    let stopped = run(-20.0, Some(4)).unwrap().stopped;
    assert_eq!(stopped.as_deref(), Some("user says so"));
    run(f64::NAN, None).unwrap_err();
    run(1e200, None).unwrap_err();
}

#[test]
fn early_stopping_watches_what_it_is_told() {
    let epoch = |loss: f64, accuracy: f64, validation: Option<f64>| {
        let evaluation = |loss| Evaluation {
            loss,
            accuracy: Some(accuracy),
            samples: 1,
        };
        Epoch {
            epoch: 0,
            train: evaluation(loss),
            validation: validation.map(evaluation),
            metrics: Vec::new(),
            learning_rate: 0.1,
            seconds: 0.0,
        }
    };
    let best = |mut stopping: EarlyStopping<f64>, epochs: &[Epoch]| {
        let mut model = classifier(1);
        let mut run = FitContext {
            model: &mut model,
            learning_rate_factor: 1.0,
            plan: dl_nn::train::FitPlan {
                epochs: epochs.len(),
                steps_per_epoch: 1,
                batch_size: 1,
                samples: 1,
            },
            resumed_at: None,
            grads: &[],
        };
        stopping.train_begin(&mut run);
        for (number, epoch) in epochs.iter().enumerate() {
            let epoch = Epoch {
                epoch: number,
                ..epoch.clone()
            };
            if let Flow::Stop(_) = stopping.epoch_end(&epoch, &mut run) {
                break;
            }
        }
        stopping.best_epoch().unwrap()
    };
    let new = || EarlyStopping::new(100);
    let epochs = [
        epoch(3.0, 0.5, None),
        epoch(1.0, 0.6, None),
        epoch(2.0, 0.7, None),
    ];
    assert_eq!(best(new(), &epochs), 1);
    assert_eq!(best(new().monitor(Monitor::Accuracy), &epochs), 2);
    assert_eq!(best(new().min_delta(5.0), &epochs), 0);
    // patience is for epochs in a row: an improvement starts it anew
    let losses = [5.0, 6.0, 4.0, 6.0, 3.0, 6.0, 6.0, 2.0];
    let in_a_row = losses.map(|loss| epoch(loss, 0.5, None));
    assert_eq!(best(EarlyStopping::new(2), &in_a_row), 4);
    // validation goes before training; a loss that is NaN is the worst, even the first
    let epochs = [
        epoch(1.0, 0.5, Some(f64::NAN)),
        epoch(2.0, 0.5, Some(5.0)),
        epoch(3.0, 0.5, Some(4.0)),
        epoch(4.0, 0.5, Some(f64::NAN)),
    ];
    assert_eq!(best(new(), &epochs), 2);
}

// Failure

#[test]
fn a_failed_fit_keeps_the_last_good_weights() {
    let (x, y) = line_data();
    for factor in [f64::NAN, f64::INFINITY, 1e200] {
        let mut good = line(0.1);
        good.fit(&x, &y, Fit::epochs(2).batch_size(5)).unwrap();
        let mut trainer = line(0.1);
        let fit = Fit::epochs(5)
            .batch_size(5)
            .callback(Kick { epoch: 2, factor });
        let error = trainer.fit(&x, &y, fit).unwrap_err();
        let TrainError::NonFiniteLoss { epoch, step, .. } = error else {
            panic!("{error}")
        };
        assert_eq!(
            (epoch, step),
            (3, 2),
            "the first step after the update that broke it"
        );
        assert_eq!(trainer.model().weights(), good.model().weights());
        assert_eq!(trainer.history().losses(), good.history().losses());
        // and it can go on from there: no NaN is left in the optimiser
        trainer.fit(&x, &y, Fit::epochs(200)).unwrap();
        assert!(trainer.evaluate(&x, &y).unwrap().loss <= 1e-3);
    }
}

/// The last update of an epoch is measured by no loss of that epoch.
#[test]
fn an_update_to_nan_at_the_very_end_fails_too() {
    let (x, y) = line_data();
    let new = || {
        let model = line(0.1).into_model();
        Trainer::new(model, MeanSquaredError::new(), Adam::new(0.1)).unwrap()
    };
    let mut trainer = new();
    let before = trainer.model().weights();
    let kick = Kick {
        epoch: 0,
        factor: f64::INFINITY,
    };
    let error = trainer
        .fit(&x, &y, Fit::epochs(1).callback(kick))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "`dense_1.kernel` became NaN or infinite in epoch 1, at learning rate inf; \
         the model holds the last good weights"
    );
    assert_eq!(trainer.model().weights(), before);
    // going on is starting anew: the optimiser remembers nothing of what led astray
    let mut other = new();
    trainer.fit(&x, &y, Fit::epochs(3)).unwrap();
    other.fit(&x, &y, Fit::epochs(3)).unwrap();
    assert_eq!(trainer.model().weights(), other.model().weights());
    assert_eq!(trainer.optimizer().state(), other.optimizer().state());
}

// Summary

#[test]
fn summary() {
    let model: Model<f32> = Sequential::input([28, 28])
        .push(Flatten)
        .push(Dense::new(128).activation(LeakyRelu { slope: 0.01 }))
        .push(BatchNorm::new())
        .push(Dropout::new(0.5))
        .push_named("head", Dense::new(10).bias(false))
        .push(Activate(Softmax))
        .build(0)
        .unwrap();
    assert_eq!(model.summary().parameters(), 128 * 785 + 256 + 1280);
    assert_eq!(model.summary().parameters(), model.parameter_count());
    let names: Vec<&str> = model.params().map(|(name, _)| name).collect();
    let expected = [
        "dense_1.kernel",
        "dense_1.bias",
        "batch_norm_1.gamma",
        "batch_norm_1.beta",
        "head.kernel",
    ];
    assert_eq!(names, expected);
    insta::assert_snapshot!(model.summary(), @r"
    layer                              output shape  parameters
    ───────────────────────────────────────────────────────────
    input                              [28, 28]
    flatten_1 (flatten)                [784]                  0
    dense_1 (dense, leaky_relu(0.01))  [128]            100 480
    batch_norm_1 (batch_norm)          [128]                256
    dropout_1 (dropout)                [128]                  0
    head (dense)                       [10]               1 280
    activation_1 (softmax)             [10]                   0
    ───────────────────────────────────────────────────────────
    102 016 parameters (398.5 KiB), activations 4.6 KiB a sample
    ");
}

#[test]
fn displays_of_activations() {
    let all = [
        Identity,
        Relu,
        LeakyRelu { slope: 0.1 },
        Elu { alpha: 1.0 },
        Gelu,
        Silu,
        Sigmoid,
        Tanh,
        Softplus,
        Softmax,
    ];
    let all: Vec<String> = all.iter().map(Activation::to_string).collect();
    insta::assert_snapshot!(
        all.join(", "),
        @"identity, relu, leaky_relu(0.1), elu(1), gelu, silu, sigmoid, tanh, softplus, softmax"
    );
}
