//! Training on a source that is not in memory is training on arrays: the same bits, resumed or not, on any number of
//! threads.

use dl_core::source::{SourceBatch, SourceError, SourceTargets};
use dl_core::{Mode, Source, random::stream};
use dl_nn::ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, Slice};
use dl_nn::prelude::*;
use dl_nn::train::{CheckpointPoint, Checkpointer, Snapshot};
use dl_nn::{DataError, Scalar, TrainError};

const SAMPLES: usize = 53;

/// Samples that are read, with noise in training.
struct Read {
    x: Array2<f32>,
    classes: Vec<usize>,
    /// Of the noise.
    std: f32,
    /// A sample that cannot be read.
    broken: Option<usize>,
}

impl Read {
    fn new(std: f32) -> Self {
        let x = Array2::from_shape_fn((SAMPLES, 3), |(i, j)| ((3 * i + 7 * j) as f32).sin());
        let class = |row: ArrayView1<f32>| usize::from(row[0] > row[1]);
        let classes = x.outer_iter().map(class).collect();
        Self {
            x,
            classes,
            std,
            broken: None,
        }
    }
}

impl Source<f32> for Read {
    fn len(&self) -> usize {
        SAMPLES
    }

    fn sample_shape(&self) -> &[usize] {
        &[3]
    }

    fn targets(&self) -> SourceTargets<'_> {
        SourceTargets::Classes(&self.classes)
    }

    fn read(
        &self,
        samples: &[usize],
        mode: Mode,
        batch: SourceBatch<'_, f32>,
    ) -> Result<(), SourceError> {
        for (&i, x) in samples.iter().zip(batch.x.chunks_exact_mut(3)) {
            if Some(i) == self.broken {
                return Err(format!("sample-{i}.png is torn").into());
            }
            x.copy_from_slice(self.x.row(i).to_slice().unwrap());
            if let Mode::Train { seed } = mode {
                let generator = &mut stream(seed, i as u64);
                for x in x {
                    *x += self.std * f32::standard_normal(generator);
                }
            }
        }
        Ok(())
    }
}

/// The same, with the first column as the target's value.
struct Values(Read);

impl Source<f32> for Values {
    fn len(&self) -> usize {
        SAMPLES
    }

    fn sample_shape(&self) -> &[usize] {
        &[3]
    }

    fn targets(&self) -> SourceTargets<'_> {
        SourceTargets::Values { width: 2 }
    }

    fn read(
        &self,
        samples: &[usize],
        mode: Mode,
        batch: SourceBatch<'_, f32>,
    ) -> Result<(), SourceError> {
        let values: ArrayView2<f32> = self.0.x.view();
        for (&i, y) in samples.iter().zip(batch.values.chunks_exact_mut(2)) {
            y.copy_from_slice(&[values[[i, 0]], values[[i, 1]] + values[[i, 2]]]);
        }
        let values = &mut [];
        self.0
            .read(samples, mode, SourceBatch { x: batch.x, values })
    }
}

fn model(outputs: usize) -> dl_nn::Model<f32> {
    Sequential::input([3])
        .push(Dense::new(8).activation(Relu))
        .push(BatchNorm::new())
        .push(Dropout::new(0.3))
        .push(Dense::new(outputs))
        .build(5)
        .unwrap()
}

fn classifier() -> Trainer<f32> {
    Trainer::new(model(2), SoftmaxCrossEntropy::new(), Adam::new(0.02)).unwrap()
}

fn options<'a>() -> Fit<'a, f32> {
    Fit::epochs(4).batch_size(7).validation_split(0.25)
}

fn untimed(mut history: History) -> History {
    for epoch in &mut history.epochs {
        epoch.seconds = 0.0;
    }
    history
}

#[test]
fn a_source_of_classes_gives_the_bits_of_arrays() {
    let data = Read::new(0.0);
    let weights: Vec<f64> = (0..SAMPLES).map(|i| (i % 3) as f64).collect();
    for weighted in [false, true] {
        let weigh = |fit: Fit<'static, f32>| match weighted {
            true => fit.sample_weights(weights.clone()),
            false => fit,
        };
        let (mut read, mut arrays) = (classifier(), classifier());
        let of_source = read.fit_source(&data, weigh(options())).unwrap();
        let of_arrays = arrays.fit(&data.x, &data.classes, weigh(options()));
        assert_eq!(untimed(of_source), untimed(of_arrays.unwrap()));
        assert_eq!(read.state(), arrays.state());
        assert_eq!(
            read.evaluate_source(&data).unwrap(),
            read.evaluate(&data.x, &data.classes).unwrap()
        );
        assert_eq!(
            read.predict_source(&data).unwrap(),
            read.predict(&data.x).unwrap()
        );
        let classes: Array1<usize> = read.predict_classes(&data.x).unwrap();
        assert_eq!(read.predict_classes_source(&data).unwrap(), classes);
    }
}

#[test]
fn a_source_of_values_gives_the_bits_of_arrays() {
    let data = Values(Read::new(0.0));
    let x = &data.0.x;
    let y = Array2::from_shape_fn((SAMPLES, 2), |(i, j)| match j {
        0 => x[[i, 0]],
        _ => x[[i, 1]] + x[[i, 2]],
    });
    let trainer = || Trainer::new(model(2), MeanSquaredError::new(), Adam::new(0.02)).unwrap();
    let (mut read, mut arrays) = (trainer(), trainer());
    let validated = options().validation_source(&data);
    let of_source = read.fit_source(&data, validated).unwrap();
    let of_arrays = arrays.fit(x, &y, options().validation(x, &y)).unwrap();
    assert_eq!(untimed(of_source), untimed(of_arrays));
    assert_eq!(read.state(), arrays.state());
}

#[test]
fn noise_is_another_one_in_each_epoch_and_none_in_evaluation() {
    let data = Read::new(1.0);
    let mut epochs = Vec::new();
    for epochs_run in 1..=2 {
        // a learning rate so small that only noise can change the loss
        let mut trainer = Trainer::new(
            Sequential::input([3]).push(Dense::new(2)).build(1).unwrap(),
            SoftmaxCrossEntropy::new(),
            Sgd::new(1e-30),
        )
        .unwrap();
        let fit = Fit::epochs(epochs_run).validation_split(0.3);
        epochs = trainer.fit_source(&data, fit).unwrap().epochs;
    }
    let [first, second] = &*epochs else {
        panic!("two epochs")
    };
    assert_ne!(first.train.loss, second.train.loss);
    assert_eq!(first.validation, second.validation);
}

/// Keeps every snapshot, as text.
#[derive(Default)]
struct Keep(Vec<String>);

impl Checkpointer<f32> for Keep {
    fn wants(&mut self, _: CheckpointPoint) -> bool {
        true
    }

    fn save(&mut self, snapshot: Snapshot<f32>) -> Result<(), SourceError> {
        self.0.push(serde_json::to_string(&snapshot)?);
        Ok(())
    }
}

#[test]
fn resuming_anywhere_on_any_number_of_threads_gives_the_same_bits() {
    let data = Read::new(0.5);
    let (mut whole, mut keep) = (classifier(), Keep::default());
    let fit = options().checkpoint(&mut keep);
    let history = untimed(whole.fit_source(&data, fit).unwrap());
    assert_eq!(keep.0.len(), 4 * 6);
    for (k, text) in keep.0.iter().enumerate() {
        let pool = rayon::ThreadPoolBuilder::new().num_threads([1, 2, 5][k % 3]);
        let mut resumed = classifier();
        let snapshot: Snapshot<f32> = serde_json::from_str(text).unwrap();
        let pool = pool.build().unwrap();
        let after = pool.install(|| resumed.fit_source(&data, options().resume(snapshot)));
        assert_eq!(untimed(after.unwrap()), history, "snapshot {k}");
        assert_eq!(resumed.state(), whole.state(), "snapshot {k}");
    }
}

#[test]
fn what_cannot_be_read_stops_training_and_keeps_the_weights() {
    let mut data = Read::new(0.0);
    data.broken = Some(17);
    let mut trainer = classifier();
    let fit = || Fit::epochs(1).batch_size(5).shuffle(false);
    let error = trainer.fit_source(&data, fit()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot read the data: sample-17.png is torn"
    );
    // the three steps before are done
    assert_eq!(trainer.state().steps, 3);
    let mut before = classifier();
    let (x, y) = (
        data.x.slice_axis(Axis(0), Slice::from(..15)),
        &data.classes[..15],
    );
    before.fit(x, y, fit()).unwrap();
    assert_eq!(trainer.state().weights, before.state().weights);
    let error = trainer.evaluate_source(&data).unwrap_err();
    assert_eq!(error, DataError::Source("sample-17.png is torn".to_owned()));
    data.broken = None;
    data.x[[20, 1]] = f32::NAN;
    let error = trainer.fit_source(&data, fit()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "input value NaN in sample 20, position 1; inputs must be finite"
    );
}

#[test]
fn a_source_that_does_not_suit_the_model_is_refused_before_anything_is_read() {
    let mut data = Read::new(0.0);
    data.broken = Some(0);
    let message = |error: TrainError| error.to_string();
    let other = Sequential::input([4]).push(Dense::new(2)).build(0).unwrap();
    let mut other = Trainer::new(other, SoftmaxCrossEntropy::new(), Sgd::new(0.1)).unwrap();
    assert_eq!(
        message(other.fit_source(&data, options()).unwrap_err()),
        "samples have shape [3], but the model takes [4]"
    );
    data.classes[3] = 2;
    assert_eq!(
        message(classifier().fit_source(&data, options()).unwrap_err()),
        "target of sample 3: got class 2, but SoftmaxCrossEntropy takes a class in 0..=1, or 2 probabilities \
         that sum to 1"
    );
    let mut regression = Trainer::new(model(3), MeanSquaredError::new(), Sgd::new(0.1)).unwrap();
    let error = regression.fit_source(&Values(data), options()).unwrap_err();
    assert_eq!(
        message(error),
        "targets are 2 values a sample, but MeanSquaredError takes 3 finite values a sample (model outputs: 3)"
    );
}
