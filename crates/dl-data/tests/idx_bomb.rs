//! A small gzipped file that decompresses to a large one is rejected before it costs much. A separate program with
//! a single test, since the allocations of the whole process are counted.

use std::{alloc::System, io::Write};

use cap::Cap;
use dl_data::idx::{self, IdxError, IdxReader};
use flate2::{Compression, write::GzEncoder};

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

#[test]
fn what_unpacks_to_far_more_than_its_size() {
    // bytes of shape [mebibytes, 2²⁰], all present
    let file = |mebibytes: u8| {
        let header = gzip(&[0, 0, 8, 2, 0, 0, 0, mebibytes, 0, 0x10, 0, 0]);
        let zeros = gzip(&vec![0; 1 << 20]);
        [header, zeros.repeat(usize::from(mebibytes))].concat()
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bomb.idx.gz");

    let large = file(200);
    std::fs::write(&path, &large).unwrap();
    let before = MEMORY.total_allocated();
    let error = idx::read(&path).unwrap_err();
    let allocated = MEMORY.total_allocated() - before;
    assert!(matches!(error, IdxError::OverBudget { .. }), "{error}");
    let message = error.to_string();
    assert!(
        message.contains("decompressed byte 12: the decompressed file takes 200 MiB of memory"),
        "{message}"
    );
    assert!(allocated < 1 << 20, "{allocated} bytes");

    // from a reader of unknown size, as much is decompressed as the bytes read so far warrant
    let before = MEMORY.total_allocated();
    let error = IdxReader::new(large.as_slice(), "reader")
        .and_then(IdxReader::into_any)
        .unwrap_err();
    let allocated = MEMORY.total_allocated() - before;
    assert!(matches!(error, IdxError::OverBudget { .. }), "{error}");
    // 64 MiB in a buffer that doubles, each of its sizes counted: 1 + … + 128 MiB
    assert!(allocated < 260 << 20, "{allocated} bytes");

    // and a file that is small when decompressed is read however tightly it is compressed
    std::fs::write(&path, file(50)).unwrap();
    assert_eq!(idx::read(&path).unwrap().shape(), [50, 1 << 20]);
}
