//! The size that a gzipped IDX file may decompress to is counted in bytes, whatever the type of its values.

use std::io::Write;

use dl_data::idx::{self, IdxError};
use flate2::{Compression, write::GzEncoder};

/// 10 × 2²⁰ values are declared but none is present, so it is the header that is rejected.
#[test]
fn values_count_with_their_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("wide.idx.gz");
    let read = |code: u8| {
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed
            .write_all(&[0, 0, code, 2, 0, 0, 0, 10, 0, 0x10, 0, 0])
            .unwrap();
        std::fs::write(&path, packed.finish().unwrap()).unwrap();
        idx::read(&path).unwrap_err()
    };
    // bytes: 10 MiB, within what any file may take
    let error = read(0x08);
    assert!(matches!(error, IdxError::TruncatedData { .. }), "{error}");
    // f64
    let error = read(0x0e);
    assert!(matches!(error, IdxError::OverBudget { .. }), "{error}");
    assert!(error.to_string().contains("takes 80 MiB"), "{error}");
}
