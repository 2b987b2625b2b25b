//! A checkpoint with a valid checksum: an error, or a snapshot that a trainer accepts or rejects.

use dl_io::Checkpoints;
use dl_nn::ndarray::Array2;
use dl_nn::prelude::*;
use dl_nn::schedule::ReduceOnPlateau;

use crate::container::container;
use crate::file::file;

/// The epochs of the training run of the seeds.
pub(crate) const EPOCHS: usize = 2;

/// Reads the input as a checkpoint and resumes from it.
pub(crate) fn check(input: &[u8]) {
    let mut checkpoints = Checkpoints::new(file("checkpoint", &container(input)));
    if let Ok(snapshot) = checkpoints.resume::<f32>() {
        let (x, labels) = data();
        let mut stopping = EarlyStopping::new(5);
        let fit = options(&mut stopping).resume(snapshot);
        // damaged weights may lead to NaN, which is an error, too
        let _ = trainer().fit(&x, &labels, fit);
    }
}

/// The trainer.
pub(crate) fn trainer() -> Trainer<f32> {
    let network = Sequential::input([3])
        .push(Dense::new(4).activation(Relu))
        .push(BatchNorm::new())
        .push(Dense::new(2));
    let model = network.build(1).expect("it fits");
    Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(0.01)).expect("it fits")
}

/// The options of `fit`.
pub(crate) fn options<'a>(stopping: &'a mut EarlyStopping<f32>) -> Fit<'a, f32> {
    Fit::epochs(EPOCHS)
        .batch_size(4)
        .callback(ReduceOnPlateau::new(0.5).patience(0))
        .callback(stopping)
}

/// The training data.
pub(crate) fn data() -> (Array2<f32>, Vec<usize>) {
    let x = Array2::from_shape_fn((12, 3), |(i, j)| ((3 * i + 7 * j) as f32).sin());
    let labels = (0..12).map(|i| usize::from(x[[i, 0]] > x[[i, 1]]));
    let labels = labels.collect();
    (x, labels)
}
