//! Errors in an IDX file are reported with their location, gzipped or not.

use std::io::{self, Read, Write};

use dl_data::idx::{self, IdxArray, IdxError, IdxReader};
use flate2::{Compression, write::GzEncoder};

fn read(file: &[u8]) -> Result<IdxArray, IdxError> {
    IdxReader::new(file, "t.idx")?.into_any()
}

fn gzip(file: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(file).unwrap();
    packed.finish().unwrap()
}

fn message(file: &[u8]) -> String {
    read(file).unwrap_err().to_string()
}

/// Checks the error of a file and of the same file gzipped.
#[track_caller]
fn says(file: &[u8], offset: u64, expected: &str) {
    assert_eq!(message(file), format!("t.idx, byte {offset}: {expected}"));
    assert_eq!(
        message(&gzip(file)),
        format!("t.idx, decompressed byte {offset}: {expected}")
    );
}

/// Two rows of three 16-bit integers.
const SOUND: &[u8] = &[
    0, 0, 0x0b, 2, 0, 0, 0, 2, 0, 0, 0, 3, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6,
];

fn with(offset: usize, bytes: &[u8]) -> Vec<u8> {
    let mut file = SOUND.to_vec();
    file[offset..offset + bytes.len()].copy_from_slice(bytes);
    file
}

#[test]
fn header() {
    assert!(read(SOUND).is_ok() && read(&gzip(SOUND)).is_ok());
    let magic = |found: &str| {
        format!("begins with {found}; an IDX file begins with 00 00, a gzipped one with 1f 8b")
    };
    says(&with(0, &[1]), 0, &magic("01 00"));
    says(&with(1, &[7]), 0, &magic("00 07"));
    says(b"PNG", 0, &magic("50 4e"));
    says(
        &with(2, &[0x0a]),
        2,
        "element type 0x0a; it must be 08 (u8), 09 (i8), 0b (i16), 0c (i32), 0d (f32) or 0e (f64)",
    );
    says(&with(3, &[0]), 3, "0 axes; there must be 1 to 64");
    says(&with(3, &[65]), 3, "65 axes; there must be 1 to 64");
    for length in 0..4 {
        let end = "the file ends here, within the header of 4 bytes";
        says(&SOUND[..length], length as u64, end);
    }
    for length in 4..12 {
        let end = "the file ends here, within the header of 12 bytes";
        says(&SOUND[..length], length as u64, end);
    }
}

#[test]
fn sizes() {
    let most = &[0xff; 8];
    // 2 · (2³² − 1)² bytes do not fit into 63 bits
    says(
        &with(4, most),
        12,
        "i16 values of shape [4294967295, 4294967295] exceed addressable memory",
    );
    // 2⁶⁴ bytes, which overflows to 0 if unchecked
    let wraps = [&[0, 0, 8, 4][..], &[0, 1, 0, 0].repeat(4)].concat();
    says(
        &wraps,
        20,
        "u8 values of shape [65536, 65536, 65536, 65536] exceed addressable memory",
    );
    // an array without values is too large as well if its other axes are too long
    let empty = [&[0, 0, 0x0e, 3][..], most, &[0; 4]].concat();
    says(
        &empty,
        16,
        "f64 values of shape [4294967295, 4294967295, 0] exceed addressable memory",
    );
    // so is an empty one whose other axes fit into 64 bits, but not 63
    let empty = [&[0, 0, 8, 3][..], most, &[0; 4]].concat();
    says(
        &empty,
        16,
        "u8 values of shape [4294967295, 4294967295, 0] exceed addressable memory",
    );
    // far more than the file contains
    says(
        &with(4, &[0xff, 0xff, 0xff, 0xff]),
        24,
        "the file ends here, after 12 bytes of data; \
         shape [4294967295, 3] of i16 needs 25769803770",
    );
}

#[test]
fn count() {
    for length in 12..24 {
        let end = format!(
            "the file ends here, after {} bytes of data; shape [2, 3] of i16 needs 12",
            length - 12
        );
        says(&SOUND[..length], length as u64, &end);
    }
    says(
        &with(7, &[3]),
        24,
        "the file ends here, after 12 bytes of data; shape [3, 3] of i16 needs 18",
    );
    says(
        &with(7, &[1]),
        18,
        "the data of shape [1, 3] of i16 ends here, but more bytes follow",
    );
    says(
        &[SOUND, &[0]].concat(),
        24,
        "the data of shape [2, 3] of i16 ends here, but more bytes follow",
    );
    says(
        &with(7, &[0]),
        12,
        "the data of shape [0, 3] of i16 ends here, but more bytes follow",
    );
}

#[test]
fn gzip_that_is_damaged() {
    let packed = gzip(SOUND);
    let damaged = |file: &[u8]| match read(file) {
        Err(IdxError::Gzip { at, .. }) => at.offset,
        other => panic!("{other:?}"),
    };
    // no byte may be missing, including those of the checksum and the length at the end
    for length in 2..packed.len() {
        assert!(damaged(&packed[..length]) <= 24, "{length}");
    }
    for end in [packed.len() - 8, packed.len() - 4] {
        let mut wrong = packed.clone();
        wrong[end] ^= 1;
        assert_eq!(damaged(&wrong), 24);
    }
    let mut reserved = packed.clone();
    reserved[10] |= 0b110; // deflate's reserved block type
    assert_eq!(damaged(&reserved), 0);
    // nothing may follow, not even zeros
    assert_eq!(damaged(&[&packed[..], &[0]].concat()), 24);
    assert_eq!(damaged(&[&packed[..], b"trailing garbage"].concat()), 24);
    assert!(message(&packed[..20]).starts_with("t.idx, decompressed byte "));
    assert!(message(&packed[..20]).contains("the gzip data is damaged or truncated: "));
}

#[test]
fn type_asked_for() {
    let mut values = Vec::<f32>::new();
    let mut reader = IdxReader::new(SOUND, "t.idx").unwrap();
    let error = reader.read_values(1, &mut values).unwrap_err();
    assert_eq!(
        error.to_string(),
        "t.idx, byte 2: the values are i16, expected f32"
    );
    assert!(values.is_empty());
}

#[test]
fn values_before_an_error_are_kept() {
    let mut values = Vec::<i16>::new();
    let trailing = [SOUND, &[9]].concat();
    let mut reader = IdxReader::new(trailing.as_slice(), "t.idx").unwrap();
    assert_eq!(reader.read_values(5, &mut values).unwrap(), 5);
    assert!(reader.read_values(5, &mut values).is_err());
    assert_eq!(values, [1, 2, 3, 4, 5, 6]);

    // the last value, and a byte of the one before it, are missing
    values.clear();
    let short = &SOUND[..SOUND.len() - 3];
    let mut reader = IdxReader::new(short, "t.idx").unwrap();
    let error = reader.read_values(6, &mut values).unwrap_err();
    let found_of_expected = matches!(
        error,
        IdxError::TruncatedData {
            found: 9,
            expected: 12,
            ..
        }
    );
    assert!(found_of_expected, "{error}");
    assert_eq!(values, [1, 2, 3, 4]);
}

#[test]
fn errors_of_the_system() {
    /// Returns some bytes, then fails.
    struct Failing<'a>(&'a [u8], io::ErrorKind);
    impl Read for Failing<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0.read(buffer)? {
                0 => Err(io::Error::new(self.1, "unplugged")),
                count => Ok(count),
            }
        }
    }
    let fails = |file: &[u8], kind| {
        let reader = IdxReader::new(Failing(file, kind), "t.idx");
        reader.and_then(IdxReader::into_any).unwrap_err()
    };
    // a file that is not gzipped cannot have damaged gzip data, whatever the kind of the I/O error
    for kind in [io::ErrorKind::Other, io::ErrorKind::InvalidData] {
        assert_eq!(fails(&[], kind).to_string(), "t.idx, byte 0: unplugged");
        let error = fails(&SOUND[..14], kind);
        assert!(matches!(error, IdxError::Io { .. }));
        assert_eq!(error.to_string(), "t.idx, byte 14: unplugged");
    }
    // a failing disk is not a damaged gzip file
    let packed = gzip(SOUND);
    let error = fails(&packed[..20], io::ErrorKind::Other);
    assert!(matches!(error, IdxError::Io { .. }));

    let missing = idx::open("no/such/file").unwrap_err().to_string();
    assert!(missing.starts_with("no/such/file, byte 0: "), "{missing}");
    let folder = idx::read(env!("CARGO_MANIFEST_DIR")).unwrap_err();
    assert!(matches!(folder, IdxError::Io { .. }), "{folder}");

    let array = dl_data::ndarray::array![1_u8];
    for packed in [false, true] {
        let full: &mut [u8] = &mut [0; 4];
        let error = idx::write(full, &array, packed).unwrap_err();
        assert!(
            error.to_string().starts_with("cannot write the IDX data: "),
            "{error}"
        );
    }
}
