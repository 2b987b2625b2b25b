//! The checksum of a data set, so that a model can record its training data.

use dl_core::instantiate;
use dl_nn::Scalar;
use ndarray::{ArrayRef, ArrayRef1, ArrayViewD, Dimension};
use sha2::{Digest, Sha256};

use crate::container::hexadecimal;
use crate::tensors::bytes_of;

/// SHA-256, in hexadecimal, of samples and their labels: of the shape, the samples' values and the labels,
/// little-endian, in that order.
pub fn data_sha256<F: Scalar, D: Dimension>(
    x: &ArrayRef<F, D>,
    labels: &ArrayRef1<usize>,
) -> String {
    sha256(x.view().into_dyn(), labels)
}

instantiate! {
    fn sha256<F: Scalar>(x: ArrayViewD<'_, F>, labels: &ArrayRef1<usize>) -> String {
        checksum(&x, labels)
    }
}

fn checksum<F: Scalar>(x: &ArrayViewD<'_, F>, labels: &ArrayRef1<usize>) -> String {
    let mut hash = Sha256::new();
    let integers = |hash: &mut Sha256, integers: &[usize]| {
        hash.update((integers.len() as u64).to_le_bytes());
        for &number in integers {
            hash.update((number as u64).to_le_bytes());
        }
    };
    integers(&mut hash, x.shape());
    for sample in x.outer_iter() {
        hash.update(bytes_of(&sample));
    }
    integers(&mut hash, &labels.to_vec());
    hexadecimal(&hash.finalize())
}
