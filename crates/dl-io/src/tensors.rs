//! Conversion of arrays to the bytes of a tensor and back: little-endian and row-major, as in safetensors.

use dl_core::text::shown;
use dl_nn::Scalar;
use ndarray::{ArrayD, ArrayRef, IxDyn};
use safetensors::Dtype;
use safetensors::tensor::TensorView;

/// How `f64` values are handled when loaded into a model of `f32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Narrowing {
    /// They are an error, since most are not representable in `f32`.
    #[default]
    Reject,
    /// Each is rounded to the nearest `f32`.
    Round,
}

/// A tensor that cannot be converted to an array of this type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TensorError {
    /// Its values have a type that cannot be read without loss.
    #[error(
        "tensor `{tensor}` has type {found}, but only {expected} can be read into this model",
        tensor = shown(tensor), found = shown(found)
    )]
    Dtype {
        /// The tensor's name.
        tensor: String,
        /// The type in the file, as the format writes it.
        found: String,
        /// The types that can be read.
        expected: &'static str,
    },
    /// Its shape overflows or does not match its number of bytes.
    #[error(
        "tensor `{tensor}` has shape {shape:?}, which does not match its {bytes} bytes",
        tensor = shown(tensor)
    )]
    Size {
        /// The tensor's name.
        tensor: String,
        /// Its shape in the file.
        shape: Vec<usize>,
        /// Its number of bytes.
        bytes: usize,
    },
}

/// The type of an array of `F` in a file.
pub(crate) fn dtype<F: Scalar>() -> Dtype {
    match F::NAME {
        "f64" => Dtype::F64,
        _ => Dtype::F32,
    }
}

/// Rejects types that a model of `F` cannot hold. Types have their safetensors names.
pub(crate) fn check_dtype<F: Scalar>(
    tensor: &str,
    found: &str,
    narrowing: Narrowing,
) -> Result<(), TensorError> {
    let both = dtype::<F>() == Dtype::F64 || narrowing == Narrowing::Round;
    if matches!(found, "F32" | "F16" | "BF16") || (found == "F64" && both) {
        return Ok(());
    }
    Err(TensorError::Dtype {
        tensor: tensor.to_owned(),
        found: found.to_owned(),
        expected: match both {
            true => "F16, BF16, F32 and F64",
            false => "F16, BF16 and F32",
        },
    })
}

/// The bytes of an array in row-major order, whatever its layout in memory.
pub(crate) fn bytes_of<F: Scalar>(array: &ArrayRef<F, IxDyn>) -> Vec<u8> {
    let values = array.iter().map(|value| value.as_f64());
    match dtype::<F>() {
        Dtype::F64 => values.flat_map(f64::to_le_bytes).collect(),
        _ => values
            .flat_map(|value| (value as f32).to_le_bytes())
            .collect(),
    }
}

/// Converts a tensor to an array: `F16`, `BF16` and `F32` exactly to `f32` and `f64`, `F64` exactly to `f64`, and
/// to `f32` according to `narrowing`.
pub(crate) fn array_from<F: Scalar>(
    name: &str,
    tensor: &TensorView<'_>,
    narrowing: Narrowing,
) -> Result<ArrayD<F>, TensorError> {
    check_dtype::<F>(name, &tensor.dtype().to_string(), narrowing)?;
    let values = values(tensor.dtype(), tensor.data());
    ArrayD::from_shape_vec(IxDyn(tensor.shape()), values).map_err(|_| TensorError::Size {
        tensor: name.to_owned(),
        shape: tensor.shape().to_vec(),
        bytes: tensor.data().len(),
    })
}

/// The values of a type that [`check_dtype`] accepts.
pub(crate) fn values<F: Scalar>(dtype: Dtype, bytes: &[u8]) -> Vec<F> {
    match dtype {
        Dtype::F64 => from_bytes(bytes, f64::from_le_bytes),
        Dtype::F16 => from_bytes(bytes, |bytes| half(u16::from_le_bytes(bytes))),
        Dtype::BF16 => from_bytes(bytes, |bytes| {
            f64::from(f32::from_bits(u32::from(u16::from_le_bytes(bytes)) << 16))
        }),
        _ => from_bytes(bytes, |bytes| f64::from(f32::from_le_bytes(bytes))),
    }
}

/// Converts a half-precision number (IEEE 754-2019, binary16): a sign bit, five exponent bits, ten fraction bits.
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (u64::from(bits >> 10) & 0x1f, u64::from(bits) & 0x3ff);
    // the exponent bias is 15 there and 1023 in an `f64`, which has 42 more fraction bits
    let magnitude = match exponent {
        // subnormal: a multiple of 2⁻²⁴
        0 => fraction as f64 * f64::from_bits((1023 - 24) << 52),
        0x1f => f64::from_bits(0x7ff << 52 | fraction << 42),
        _ => f64::from_bits((exponent + 1023 - 15) << 52 | fraction << 42),
    };
    if bits >> 15 == 0 {
        magnitude
    } else {
        -magnitude
    }
}

/// Converts values of `N` bytes each.
fn from_bytes<F: Scalar, const N: usize>(bytes: &[u8], value: impl Fn([u8; N]) -> f64) -> Vec<F> {
    let (chunks, _) = bytes.as_chunks::<N>();
    chunks.iter().map(|&bytes| F::cast(value(bytes))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip<F: Scalar, G: Scalar>(
        array: &ArrayD<F>,
        narrowing: Narrowing,
    ) -> Result<ArrayD<G>, TensorError> {
        let bytes = bytes_of(array);
        let tensor = TensorView::new(dtype::<F>(), array.shape().to_vec(), &bytes).unwrap();
        array_from("t", &tensor, narrowing)
    }

    fn array() -> ArrayD<f64> {
        let values = vec![0.1, -0.0, 1e-310, f64::MAX, f64::INFINITY, 1.0 / 3.0];
        ArrayD::from_shape_vec(IxDyn(&[2, 3]), values).unwrap()
    }

    #[test]
    fn every_bit_comes_back() {
        let wide = array();
        let narrow = wide.mapv(|x| x as f32);
        let again = round_trip::<f64, f64>(&wide, Narrowing::Reject).unwrap();
        assert_eq!(again.mapv(f64::to_bits), wide.mapv(f64::to_bits));
        let again = round_trip::<f32, f32>(&narrow, Narrowing::Reject).unwrap();
        assert_eq!(again.mapv(f32::to_bits), narrow.mapv(f32::to_bits));
        let wider = round_trip::<f32, f64>(&narrow, Narrowing::Reject).unwrap();
        assert_eq!(wider, narrow.mapv(f64::from));
    }

    #[test]
    fn f64_is_rounded_to_f32_only_on_request() {
        let rejected = round_trip::<f64, f32>(&array(), Narrowing::Reject).unwrap_err();
        assert_eq!(
            rejected.to_string(),
            "tensor `t` has type F64, but only F16, BF16 and F32 can be read into this model"
        );
        let rounded = round_trip::<f64, f32>(&array(), Narrowing::Round).unwrap();
        assert_eq!(rounded, array().mapv(|x| x as f32));
    }

    #[test]
    fn order_in_memory_does_not_matter() {
        let transposed = array().reversed_axes();
        let again: ArrayD<f64> = round_trip(&transposed, Narrowing::Reject).unwrap();
        assert_eq!(again, transposed);
    }

    #[test]
    fn integers_and_shapes_beyond_counting_are_errors() {
        let tensor = TensorView::new(Dtype::I64, vec![1], &[0; 8]).unwrap();
        assert!(array_from::<f64>("t", &tensor, Narrowing::Round).is_err());
        let side = 1 << 40;
        let tensor = TensorView::new(Dtype::F32, vec![0, side, side], &[]);
        let rejected = array_from::<f32>("t", &tensor.unwrap(), Narrowing::Round);
        assert!(matches!(rejected, Err(TensorError::Size { .. })));
    }
}
