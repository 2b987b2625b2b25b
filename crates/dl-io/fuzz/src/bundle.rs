//! A bundle with a valid checksum: an error, or a model that predicts.

use dl_io::Bundle;
use dl_nn::ndarray::{ArrayD, IxDyn};

use crate::container::container;
use crate::file::file;

/// Loads the input as a bundle and predicts one sample with it.
pub(crate) fn check(input: &[u8]) {
    let path = file("dl", &container(input));
    let Ok(bundle) = Bundle::<f32>::load(path) else {
        return;
    };
    let shape = [&[1], bundle.input_shape()].concat();
    let x = ArrayD::from_elem(IxDyn(&shape), 0.5);
    // overflow is an error
    if let Ok(answers) = bundle.predict(&x) {
        assert_eq!(answers.len_of(dl_nn::ndarray::Axis(0)), 1);
    }
}
