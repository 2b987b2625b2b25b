//! 16-bit values are converted exactly; `pytorch/half.py` wrote the files and printed the values.

mod cases;

use std::path::Path;

use cases::fixture;
use dl_io::{Layout, WeightsFile};
use dl_nn::ndarray::ArrayD;
use dl_nn::prelude::*;
use safetensors::tensor::{Dtype, TensorView, serialize_to_file};
use sha2::{Digest, Sha256};

/// The weight `[2, 3]`: the smallest and the largest subnormal, the smallest normal number, the largest, −0, the
/// one nearest to ⅓.
const F16: [u32; 6] = [
    0x33800000, 0x387fc000, 0x38800000, 0x477fe000, 0x80000000, 0x3eaaa000,
];

/// The bias: the smallest subnormal, the most negative number.
const BF16: [u32; 2] = [0x00010000, 0xff7f0000];

fn loaded<F: Scalar>(file: &WeightsFile) -> Vec<ArrayD<F>> {
    let network = Sequential::input([3]).push(Dense::new(2));
    let mut model: Model<F> = network.build(0).unwrap();
    file.load(&mut model).unwrap();
    model
        .params()
        .map(|(_, value)| value.into_owned())
        .collect()
}

fn assert_bits<F: Scalar>(array: &ArrayD<F>, expected: &[u32]) {
    let bits: Vec<u64> = array.iter().map(|value| value.as_f64().to_bits()).collect();
    let expected = expected
        .iter()
        .map(|&bits| f64::from(f32::from_bits(bits)).to_bits());
    assert_eq!(bits, expected.collect::<Vec<_>>());
}

fn has_the_numbers<F: Scalar>() {
    let file = WeightsFile::new(fixture("pytorch", "half.safetensors")).layout(Layout::PyTorch);
    let [kernel, bias] = loaded::<F>(&file).try_into().unwrap();
    assert_bits(&kernel.t().as_standard_layout().into_owned(), &F16);
    assert_bits(&bias, &BF16);
    if cfg!(feature = "npz") {
        for name in ["half.npz", "half_big.npz"] {
            let file = WeightsFile::new(fixture("pytorch", name));
            let [kernel, _] = loaded::<F>(&file).try_into().unwrap();
            assert_bits(&kernel.t().as_standard_layout().into_owned(), &F16);
        }
    }
}

#[test]
fn pytorchs_and_numpys_numbers_of_16_bits_are_read_exactly() {
    has_the_numbers::<f32>();
    has_the_numbers::<f64>();
}

fn write(path: &Path, dtype: Dtype, shape: [usize; 2], bits: &[u16]) {
    let bytes: Vec<u8> = bits.iter().flat_map(|bits| bits.to_le_bytes()).collect();
    let tensor = TensorView::new(dtype, shape.to_vec(), &bytes).unwrap();
    serialize_to_file([("dense_1.kernel", tensor)], None, path).unwrap();
}

#[test]
fn every_finite_number_is_the_one_that_pytorch_makes_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    for (dtype, exponent, shape, digest) in [
        (
            Dtype::F16,
            0x7c00,
            [31, 2048],
            "cb34a8c3b8855f6ca5a3c91b264f3bf21176b2e1d85203a881efb0cabe2d5c80",
        ),
        (
            Dtype::BF16,
            0x7f80,
            [255, 256],
            "bf7148a7bfda758982a6218f7c74077a198605183d5a21d61fe14cdea1b07378",
        ),
    ] {
        let finite = |bits: &u16| bits & exponent != exponent;
        let bits: Vec<u16> = (0..=u16::MAX).filter(finite).collect();
        write(&path, dtype, shape, &bits);
        let network = Sequential::input([shape[0]]).push(Dense::new(shape[1]).bias(false));
        let mut model: Model<f32> = network.build(0).unwrap();
        WeightsFile::new(&path).load(&mut model).unwrap();
        let (_, kernel) = model.params().next().unwrap();
        let mut hash = Sha256::new();
        kernel
            .iter()
            .for_each(|value| hash.update(value.to_le_bytes()));
        let found: String = hash
            .finalize()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(found, digest, "{dtype}");
    }
}

#[test]
fn infinities_and_nan_of_16_bits_are_rejected_like_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    let network = Sequential::<f32>::input([1]).push(Dense::new(2).bias(false));
    for (dtype, infinity, nan) in [(Dtype::F16, 0xfc00, 0x7c01), (Dtype::BF16, 0xff80, 0x7f81)] {
        for (bits, value) in [(infinity, "-inf"), (nan, "NaN")] {
            write(&path, dtype, [1, 2], &[0, bits]);
            let mut model = network.build(0).unwrap();
            let error = WeightsFile::new(&path)
                .load(&mut model)
                .unwrap_err()
                .to_string();
            assert!(
                error.contains(&format!("contains {value} at [0, 1]")),
                "{error}"
            );
        }
    }
}

#[test]
fn other_types_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    let network = Sequential::<f32>::input([1]).push(Dense::new(2).bias(false));
    for dtype in [Dtype::I16, Dtype::U16] {
        write(&path, dtype, [1, 2], &[0, 1]);
        let mut model = network.build(0).unwrap();
        let error = WeightsFile::new(&path)
            .load(&mut model)
            .unwrap_err()
            .to_string();
        let expected =
            format!("has type {dtype}, but only F16, BF16 and F32 can be read into this model");
        assert!(error.contains(&expected), "{error}");
    }
}
