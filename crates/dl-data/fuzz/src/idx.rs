//! An IDX file, gzipped or not: an error, or an array that survives a round trip.

use dl_data::idx::{IdxArray, IdxElement, IdxReader, write};
use dl_data::ndarray::ArrayD;

/// Reads the bytes as an IDX file.
pub(crate) fn check(bytes: &[u8]) {
    let Ok(array) = IdxReader::new(bytes, "fuzz").and_then(IdxReader::into_any) else {
        return;
    };
    match array {
        IdxArray::U8(array) => read_back(&array),
        IdxArray::I8(array) => read_back(&array),
        IdxArray::I16(array) => read_back(&array),
        IdxArray::I32(array) => read_back(&array),
        IdxArray::F32(array) => read_back(&array.mapv(|x| if x.is_nan() { 0.0 } else { x })),
        IdxArray::F64(array) => read_back(&array.mapv(|x| if x.is_nan() { 0.0 } else { x })),
    }
}

fn read_back<T: IdxElement + PartialEq>(array: &ArrayD<T>) {
    let mut bytes = Vec::new();
    write(&mut bytes, array, false).expect("it was read");
    let again = IdxReader::new(bytes.as_slice(), "written").and_then(IdxReader::into_array::<T>);
    assert_eq!(&again.expect("it was written"), array);
}
