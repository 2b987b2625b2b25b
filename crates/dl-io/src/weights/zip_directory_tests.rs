use super::*;

/// The fields in both headers of a file: flags, method, checksum and sizes.
#[derive(Clone, Copy)]
struct Fields {
    flags: u16,
    method: u16,
    checksum: u32,
    sizes: [u32; 2],
}

const FIELDS: Fields = Fields {
    flags: 0,
    method: 8,
    checksum: 0x0102_0304,
    sizes: [300, 70_000],
};

impl Fields {
    fn bytes(self) -> Vec<u8> {
        let [compressed, size] = self.sizes.map(u32::to_le_bytes);
        let (flags, method) = (self.flags.to_le_bytes(), self.method.to_le_bytes());
        let checksum = self.checksum.to_le_bytes();
        [&flags[..], &method, &[0; 4], &checksum, &compressed, &size].concat()
    }

    /// A header before a file's data, without its extra field.
    fn local(self, name: &str) -> Vec<u8> {
        let length = (name.len() as u16).to_le_bytes();
        let start: &[u8] = b"PK\x03\x04\x14\x00";
        [start, &self.bytes(), &length, &[0; 2], name.as_bytes()].concat()
    }

    /// An entry of the directory.
    fn central(self, name: &str, offset: u32, extra: &[u8], comment: &[u8]) -> Vec<u8> {
        let lengths = [name.len(), extra.len(), comment.len()];
        let lengths = lengths.map(|length| (length as u16).to_le_bytes()).concat();
        let start: &[u8] = b"PK\x01\x02\x14\x00\x14\x00";
        let offset = offset.to_le_bytes();
        let fixed = [start, &self.bytes(), &lengths, &[0; 8], &offset].concat();
        [&fixed[..], name.as_bytes(), extra, comment].concat()
    }
}

/// A field of an extra field.
fn field(id: u16, data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u16).to_le_bytes();
    [&id.to_le_bytes(), &length, data].concat()
}

/// Checks an archive of these parts, of which the first `before` come before the directory.
fn checked(parts: &[Vec<u8>], before: usize, files: usize) -> Result<(), DirectoryError> {
    let start: usize = parts[..before].iter().map(Vec::len).sum();
    check(&parts.concat(), start as u64, 0, files)
}

fn damaged(why: &str) -> Result<(), DirectoryError> {
    Err(DirectoryError::Damaged(why.to_owned()))
}

#[test]
fn extra_fields_and_comments_are_passed_over() {
    let a = FIELDS.local("a");
    let second = a.len() as u32;
    let parts = [
        a,
        FIELDS.local("bc"),
        FIELDS.central("a", 0, &field(7, &[1; 5]), b"a comment"),
        FIELDS.central("bc", second, &[], b"another"),
        b"PK\x05\x06".to_vec(),
    ];
    assert_eq!(checked(&parts, 2, 2), Ok(()));
    assert_eq!(
        checked(&parts, 2, 3),
        damaged("its directory has 2 files, but declares 3")
    );
    // an incomplete entry is not read
    for end in 1..parts[3].len() {
        let mut cut = parts[..4].to_vec();
        cut[3].truncate(end);
        let found = damaged("its directory has 1 files, but declares 2");
        assert_eq!(checked(&cut, 2, 2), found, "{end} bytes");
    }
    let all = parts.concat();
    let before = (parts[0].len() + parts[1].len()) as u64;
    // an archive after other bytes, which offsets do not count
    let moved = [vec![9; 13], all.clone()].concat();
    assert_eq!(check(&moved, before + 13, 13, 2), Ok(()));
    assert_eq!(
        check(&moved, before + 13, 12, 2),
        damaged("`a` is not where the directory says")
    );
    assert!(check(&all, u64::MAX, 0, 1).is_err());
    assert_eq!(check(&all, u64::MAX, 0, 0), Ok(()));
}

#[test]
fn names_are_unique() {
    let parts = [
        FIELDS.local("a"),
        FIELDS.central("a", 0, &[], &[]),
        FIELDS.central("a", 0, &[], &[]),
    ];
    let twice = Err(DirectoryError::Duplicate("a".to_owned()));
    assert_eq!(checked(&parts, 1, 2), twice);
}

/// The offset follows those sizes that are also in the ZIP64 field.
#[test]
fn offsets_in_the_zip64_field() {
    let (elsewhere, at) = (u32::MAX, 5_u64.to_le_bytes());
    let sized = |sizes| Fields { sizes, ..FIELDS };
    let size = 1_u64.to_le_bytes();
    for (sizes, numbers) in [
        ([300, 70_000], at.to_vec()),
        ([300, elsewhere], [size, at].concat()),
        ([elsewhere, 70_000], [size, at].concat()),
        ([elsewhere, elsewhere], [size, size, at].concat()),
    ] {
        let other = field(7, &[1; 3]);
        let extra = [other, field(1, &numbers), field(8, &[2; 2])].concat();
        let directory = sized(sizes).central("a", elsewhere, &extra, &[]);
        let parts = [vec![0; 5], FIELDS.local("a"), directory.clone()];
        assert_eq!(checked(&parts, 2, 1), Ok(()), "{sizes:?}");
        // truncated by one value, or without the field
        let gone = damaged("`a` is not where the directory says");
        for extra in [field(1, &numbers[8..]), field(7, &numbers), Vec::new()] {
            let directory = sized(sizes).central("a", elsewhere, &extra, &[]);
            let parts = [vec![0; 5], FIELDS.local("a"), directory];
            assert_eq!(checked(&parts, 2, 1), gone, "{sizes:?}");
        }
    }
}

#[test]
fn both_headers_must_agree() {
    let compare = |local: Fields, central: Fields| {
        let parts = [local.local("a"), central.central("a", 0, &[], &[])];
        checked(&parts, 1, 1)
    };
    let differs = |what| {
        let why = format!("the directory and the header of the file `a` disagree on its {what}");
        damaged(&why)
    };
    assert_eq!(compare(FIELDS, FIELDS), Ok(()));
    let method = Fields {
        method: 0,
        ..FIELDS
    };
    assert_eq!(compare(method, FIELDS), differs("compression"));
    let checksum = Fields {
        checksum: 0,
        ..FIELDS
    };
    assert_eq!(compare(checksum, FIELDS), differs("checksum"));
    for sizes in [[301, 70_000], [300, 70_001]] {
        let sized = Fields { sizes, ..FIELDS };
        assert_eq!(compare(sized, FIELDS), differs("size"));
    }
    // sizes in a ZIP64 field are not compared
    for sizes in [[u32::MAX, 70_000], [300, u32::MAX]] {
        let sized = Fields { sizes, ..FIELDS };
        assert_eq!(compare(sized, FIELDS), Ok(()));
        assert_eq!(compare(FIELDS, sized), Ok(()));
    }
    // if they follow the data, the local header has none
    let behind = Fields {
        flags: SIZES_BEHIND | 1 << 11,
        checksum: 0,
        sizes: [0, 0],
        ..FIELDS
    };
    assert_eq!(compare(behind, FIELDS), Ok(()));
    let other = Fields {
        flags: 1 << 11,
        ..behind
    };
    assert_eq!(compare(other, FIELDS), differs("checksum"));
    let parts = [FIELDS.local("b"), FIELDS.central("a", 0, &[], &[])];
    assert_eq!(checked(&parts, 1, 1), differs("name"));
}
