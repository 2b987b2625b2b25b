//! Reading a damaged IDX file neither panics nor allocates memory for data that is not there. A separate program
//! with a single test, since the allocations of the whole process are counted.

use std::{alloc::System, io::Write};

use cap::Cap;
use dl_data::{idx, idx::IdxReader, ndarray::Array2};
use flate2::{Compression, write::GzEncoder};
use proptest::{prelude::*, test_runner::TestRunner};

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

/// For buffers and the decoder's window.
const CONSTANT: usize = 320 << 10;

/// Bytes allocated while reading, including those freed again, and whether reading succeeded.
fn allocated(file: &[u8]) -> (usize, bool) {
    let before = MEMORY.total_allocated();
    let result = IdxReader::new(file, "t.idx").and_then(IdxReader::into_any);
    (MEMORY.total_allocated() - before, result.is_ok())
}

fn gzip(file: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(file).unwrap();
    packed.finish().unwrap()
}

/// A mutation of a file: bytes changed, removed or inserted.
#[derive(Debug, Clone)]
enum Mutation {
    Flip(u8),
    Cut,
    Remove,
    Insert(Vec<u8>),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        4 => (1..=255_u8).prop_map(Mutation::Flip),
        1 => Just(Mutation::Cut),
        1 => Just(Mutation::Remove),
        1 => proptest::collection::vec(any::<u8>(), 1..6).prop_map(Mutation::Insert),
    ]
}

fn apply(mutation: &Mutation, at: usize, file: &mut Vec<u8>) {
    if at >= file.len() {
        return;
    }
    match mutation {
        Mutation::Flip(bits) => file[at] ^= bits,
        Mutation::Cut => file.truncate(at),
        Mutation::Remove => drop(file.remove(at)),
        Mutation::Insert(bytes) => drop(file.splice(at..at, bytes.iter().copied())),
    }
}

fn mutated_files_do_no_harm() {
    let plain_sound = |rows: usize| {
        let array = Array2::from_shape_fn((rows, 3), |(row, column)| (7 * row + column) as i32);
        let mut file = Vec::new();
        idx::write(&mut file, &array, false).unwrap();
        file
    };
    // half of the positions in the header, where they do the most harm
    let at = prop_oneof![0_usize..13, 0_usize..400];
    let mutations = proptest::collection::vec((mutation(), at), 1..4);
    let mut runner = TestRunner::new(ProptestConfig::with_cases(4000));
    let strategy = (0_usize..30, mutations, any::<bool>(), any::<bool>());
    let result = runner.run(&strategy, |(rows, mutations, inside, outside)| {
        let mut file = plain_sound(rows);
        if inside || !outside {
            mutations
                .iter()
                .for_each(|(m, at)| apply(m, *at, &mut file));
        }
        if outside {
            file = gzip(&file);
            mutations
                .iter()
                .for_each(|(m, at)| apply(m, *at, &mut file));
        }
        let (bytes, _) = allocated(&file);
        // each doubling counts in full; deflate compresses by at most 1032 to 1
        let delivered = if outside {
            1032 * file.len()
        } else {
            file.len()
        };
        prop_assert!(bytes <= CONSTANT + 4 * delivered, "{bytes}");
        Ok(())
    });
    result.unwrap();
}

fn a_header_that_lies_takes_no_memory() {
    // every type and many ranks: 2³¹ values or more, of which only 2 bytes are present
    for code in [0x08, 0x09, 0x0b, 0x0c, 0x0d, 0x0e] {
        for sizes in [
            &[0x7fff_ffff_u32][..],
            &[u32::MAX],
            &[1 << 20, 1 << 20],
            &[1 << 14; 4],
        ] {
            let mut file = vec![0, 0, code, sizes.len() as u8];
            file.extend(sizes.iter().flat_map(|size| size.to_be_bytes()));
            file.extend([1, 2]);
            for file in [file.clone(), gzip(&file)] {
                let (bytes, well) = allocated(&file);
                assert!(
                    !well && bytes <= CONSTANT,
                    "{bytes} for {sizes:?} of {code}"
                );
            }
        }
    }
}

fn memory_grows_with_what_comes() {
    for delivered in [100_000, 1_000_000, 10_000_000] {
        let mut file = vec![0, 0, 8, 1, 0xff, 0xff, 0xff, 0xff];
        file.resize(8 + delivered, 7);
        for file in [file.clone(), gzip(&file)] {
            let (bytes, well) = allocated(&file);
            assert!(!well && bytes <= CONSTANT + 4 * delivered, "{bytes}");
            assert!(bytes >= delivered);
        }
    }
}

fn a_gzip_bomb_is_read_as_far_as_the_header_goes() {
    let mut file = vec![0, 0, 8, 1, 0, 0, 0, 100];
    file.resize(100_000_000, 0);
    let bomb = gzip(&file);
    assert!(bomb.len() < 100_000);
    let (bytes, well) = allocated(&bomb);
    assert!(!well && bytes <= CONSTANT, "{bytes}");
}

#[test]
fn memory_is_bounded_by_what_a_file_holds() {
    // the counter works
    let (bytes, well) = allocated(&[0, 0, 8, 1, 0, 0, 0, 1, 5]);
    assert!(well && bytes > 64 << 10);

    a_header_that_lies_takes_no_memory();
    memory_grows_with_what_comes();
    a_gzip_bomb_is_read_as_far_as_the_header_goes();
    mutated_files_do_no_harm();
}
