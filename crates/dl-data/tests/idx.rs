//! IDX files are read as written, for every type and rank, from readers of every behaviour.

use std::io::{self, Read, Write};

use dl_data::idx::{self, ElementType, IdxArray, IdxElement, IdxReader};
use dl_data::ndarray::{ArrayD, Axis, IxDyn, ShapeBuilder, array};
use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;

fn written<T: IdxElement>(array: &ArrayD<T>, gzip: bool) -> Vec<u8> {
    let mut file = Vec::new();
    idx::write(&mut file, array, gzip).unwrap();
    assert_eq!(file.starts_with(&[0x1f, 0x8b]), gzip);
    file
}

/// A reader that returns one byte at a time and is interrupted before each.
struct Hesitant<'a>(&'a [u8], bool);

impl Read for Hesitant<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.1 = !self.1;
        if self.1 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        self.0.by_ref().take(1).read(buffer)
    }
}

/// Written by hand from the specification, so that reader and writer cannot share a mistake.
#[test]
fn the_bytes_are_those_of_the_format() {
    let file = |code: u8, values: &[u8]| [&[0, 0, code, 1, 0, 0, 0, 2], values].concat();
    let read = |file: &[u8]| IdxReader::new(file, "t").unwrap().into_any().unwrap();
    let both = |file: Vec<u8>, expected: IdxArray| {
        let found = read(&file);
        assert_eq!(found, expected);
        assert_eq!(
            (found.element_type().code(), found.shape()),
            (file[2], &[2][..])
        );
        let again = match &found {
            IdxArray::U8(values) => written(values, false),
            IdxArray::I8(values) => written(values, false),
            IdxArray::I16(values) => written(values, false),
            IdxArray::I32(values) => written(values, false),
            IdxArray::F32(values) => written(values, false),
            IdxArray::F64(values) => written(values, false),
        };
        assert_eq!(again, file);
    };
    both(
        file(0x08, &[1, 255]),
        IdxArray::U8(array![1, 255].into_dyn()),
    );
    both(
        file(0x09, &[1, 255]),
        IdxArray::I8(array![1, -1].into_dyn()),
    );
    both(
        file(0x0b, &[1, 2, 0xff, 0xfe]),
        IdxArray::I16(array![258, -2].into_dyn()),
    );
    both(
        file(0x0c, &[0, 1, 0, 2, 0xff, 0xff, 0xff, 0xfe]),
        IdxArray::I32(array![65538, -2].into_dyn()),
    );
    both(
        file(0x0d, &[0x3f, 0xc0, 0, 0, 0xc0, 0, 0, 0]),
        IdxArray::F32(array![1.5, -2.].into_dyn()),
    );
    both(
        file(
            0x0e,
            &[0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0],
        ),
        IdxArray::F64(array![1.5, -2.].into_dyn()),
    );
}

#[test]
fn numbers_of_any_type_become_scalars() {
    let expected = array![1., -2.].into_dyn();
    for array in [
        IdxArray::I8(array![1, -2].into_dyn()),
        IdxArray::I16(array![1, -2].into_dyn()),
        IdxArray::I32(array![1, -2].into_dyn()),
        IdxArray::F32(array![1., -2.].into_dyn()),
        IdxArray::F64(array![1., -2.].into_dyn()),
    ] {
        assert_eq!(array.to_scalar::<f64>(), expected);
    }
}

#[test]
fn any_layout_is_written_row_by_row() {
    let columns = ArrayD::from_shape_vec(vec![2, 3].f(), vec![1, 4, 2, 5, 3, 6]).unwrap();
    let file = written::<u8>(&columns, false);
    assert_eq!(file[12..], [1, 2, 3, 4, 5, 6]);
}

#[test]
fn empty_and_extreme_shapes() {
    for (shape, gzip) in [
        (vec![0], false),
        (vec![0, 28, 28], true),
        (vec![3, 0], false),
        (vec![1; 64], true),
        (vec![70_000], true), // more than 16 bits
    ] {
        let array = ArrayD::<i32>::zeros(IxDyn(&shape));
        let file = written(&array, gzip);
        let read = IdxReader::new(file.as_slice(), "t").unwrap();
        assert_eq!(read.into_array::<i32>().unwrap(), array);
    }
    for shape in [vec![], vec![1; 65], vec![1 << 32, 0]] {
        let array = ArrayD::<i32>::zeros(IxDyn(&shape));
        let error = idx::write(io::sink(), &array, false).unwrap_err();
        assert!(error.to_string().contains("1 to 64 axes"), "{error}");
    }
}

/// Several gzip members, as made by `cat a.gz b.gz`, one of them empty.
#[test]
fn gzip_members_are_joined() {
    let file = written(&array![[1_u8, 2], [3, 4]].into_dyn(), false);
    let mut packed = Vec::new();
    for part in [&file[..5], &file[5..14], &[], &file[14..]] {
        let mut member = GzEncoder::new(&mut packed, Compression::fast());
        member.write_all(part).unwrap();
        member.finish().unwrap();
    }
    let read = IdxReader::new(packed.as_slice(), "t").unwrap();
    assert_eq!(
        read.into_array::<u8>().unwrap(),
        array![[1, 2], [3, 4]].into_dyn()
    );
}

#[test]
fn from_a_path() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a name without gz");
    let array = array![[1.5_f64], [-0.0]].into_dyn();
    std::fs::write(&path, written(&array, true)).unwrap();
    assert_eq!(idx::read(&path).unwrap(), IdxArray::F64(array.clone()));
    let read = idx::open(&path).unwrap().into_array::<f64>();
    assert_eq!(read.unwrap(), array);
}

fn round_trip<T: IdxElement>(shape: &[usize], gzip: bool, value: impl Fn(usize) -> T) {
    let len: usize = shape.iter().product();
    let array = ArrayD::from_shape_vec(shape, (0..len).map(value).collect()).unwrap();
    let file = written(&array, gzip);
    let read = IdxReader::new(Hesitant(&file, false), "t").unwrap();
    assert_eq!(
        (read.element_type(), read.shape()),
        (T::ELEMENT_TYPE, shape)
    );
    assert_eq!(read.into_array::<T>().unwrap(), array);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read(
        shape in proptest::collection::vec(0_usize..6, 1..5),
        gzip: bool,
        factor in -1000..1000_i32,
    ) {
        let i = |i: usize| (i as i32).wrapping_mul(factor);
        round_trip(&shape, gzip, |n| i(n) as u8);
        round_trip(&shape, gzip, |n| i(n) as i8);
        round_trip(&shape, gzip, |n| i(n) as i16);
        round_trip(&shape, gzip, i);
        round_trip(&shape, gzip, |n| i(n) as f32 / 3.);
        round_trip(&shape, gzip, |n| f64::from(i(n)) / 3.);
    }

    /// In whatever portions the values are requested, also across the reader's own chunks.
    #[test]
    fn pieces_are_the_whole(rows in 1_usize..40, at_most in 1_usize..60_000, gzip: bool) {
        let array = ArrayD::from_shape_fn(IxDyn(&[rows, 2003]), |i| (i[0] * 31 + i[1]) as i16);
        let file = written(&array, gzip);
        let mut read = IdxReader::new(file.as_slice(), "t").unwrap();
        prop_assert_eq!(read.element_type(), ElementType::I16);
        let (mut values, mut left) = (Vec::new(), array.len());
        loop {
            let count = read.read_values::<i16>(at_most, &mut values).unwrap();
            prop_assert_eq!(count, at_most.min(left));
            if count == 0 {
                break;
            }
            left -= count;
        }
        prop_assert_eq!(values, array.flatten().to_vec());
        prop_assert_eq!(read.shape()[0], array.len_of(Axis(0)));
    }
}
