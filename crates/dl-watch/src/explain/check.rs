//! Checks that all maps share.

use dl_nn::{Activation, DataError, Model, Scalar};
use ndarray::{ArrayRef1, ArrayRef4};

use super::ExplainError;

/// Checks that the model is a classifier of images, that these are finite images for it, and that each has a class.
pub(super) fn input<F: Scalar>(
    model: &Model<F>,
    images: &ArrayRef4<F>,
    classes: &ArrayRef1<usize>,
) -> Result<(), ExplainError> {
    let (sample, output) = (model.input_shape(), model.output_shape());
    if sample.len() != 3 {
        let shape = sample.to_vec();
        return Err(ExplainError::NotImages { shape });
    }
    let count = match *output {
        [count] if count >= 2 => count,
        _ => {
            let shape = output.to_vec();
            return Err(ExplainError::Outputs { shape });
        }
    };
    let activation = model.output_activation();
    if matches!(activation, Activation::Softmax | Activation::Sigmoid) {
        return Err(ExplainError::NotLogits { activation });
    }
    data(sample, images, classes)?;
    match classes.iter().position(|&class| class >= count) {
        None => Ok(()),
        Some(image) => Err(ExplainError::Class {
            image,
            class: classes[image],
            classes: count,
        }),
    }
}

fn data<F: Scalar>(
    sample: &[usize],
    images: &ArrayRef4<F>,
    classes: &ArrayRef1<usize>,
) -> Result<(), DataError> {
    if images.shape()[1..] != *sample {
        return Err(DataError::SampleShape {
            got: images.shape()[1..].to_vec(),
            expected: sample.to_vec(),
        });
    }
    let (n, size) = (images.shape()[0], sample.iter().product::<usize>());
    if n == 0 {
        return Err(DataError::Empty);
    }
    if classes.len() != n {
        return Err(DataError::Count {
            samples: n,
            targets: classes.len(),
            what: "classes",
        });
    }
    match images
        .iter()
        .enumerate()
        .find(|(_, value)| !value.is_finite())
    {
        None => Ok(()),
        Some((at, value)) => Err(DataError::NonFinite {
            sample: at / size,
            position: at % size,
            value: value.as_f64(),
        }),
    }
}

/// Checks that no logit `[n, classes]` is NaN; the first is that of image `first`.
pub(super) fn outputs<F: Scalar>(
    logits: &[F],
    classes: usize,
    first: usize,
) -> Result<(), DataError> {
    match logits.iter().position(|logit| logit.is_nan()) {
        None => Ok(()),
        Some(at) => Err(DataError::NanOutput {
            sample: first + at / classes,
            output: at % classes,
        }),
    }
}
