//! Checks what a zip archive declares about its directory before opening it.

/// The number of bytes at the end of a file that are searched for an archive's end records: the last of them has a
/// comment of up to 2¹⁶ bytes.
const TAIL: usize = 1 << 17;

/// Maximum number of files in an archive without a ZIP64 record.
const MAX_FILES: u64 = u16::MAX as u64;

/// Rejects a ZIP64 end record that declares more than 2¹⁶ − 1 files: on opening an archive, `zip` reserves memory
/// for the declared number, though never more than the file has bytes.
///
/// Layouts: APPNOTE.TXT 6.3.10, sections 4.3.14 (the record) and 4.3.15 (its locator).
pub(super) fn check(bytes: &[u8]) -> Result<(), &'static str> {
    const RECORD: usize = 56;
    let from = bytes.len().saturating_sub(TAIL);
    for (at, locator) in (from..).zip(bytes[from..].windows(20)) {
        let disks = u32::from_le_bytes([locator[16], locator[17], locator[18], locator[19]]);
        if !locator.starts_with(b"PK\x06\x07") || disks > 1 {
            continue;
        }
        let record = at.checked_sub(RECORD).map(|start| &bytes[start..at]);
        let record = record.filter(|record| record.starts_with(b"PK\x06\x06"));
        let record = record.filter(|_| number(locator, 8) == Some((at - RECORD) as u64));
        match record.and_then(|record| number(record, 32)) {
            None => return Err("its ZIP64 end record is not where its locator says"),
            Some(files) if files > MAX_FILES => return Err("it declares more than 65535 files"),
            Some(_) => {}
        }
    }
    Ok(())
}

/// The eight bytes from `at`.
fn number(bytes: &[u8], at: usize) -> Option<u64> {
    let bytes = bytes.get(at..at + 8)?;
    bytes.try_into().ok().map(u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An end record that declares this many files, and a locator with its position.
    fn end(files: u64, at: u64, disks: u32) -> Vec<u8> {
        let record = [
            b"PK\x06\x06".as_slice(),
            &[0; 28],
            &files.to_le_bytes(),
            &[0; 16],
        ];
        let locator = [
            b"PK\x06\x07".as_slice(),
            &[0; 4],
            &at.to_le_bytes(),
            &disks.to_le_bytes(),
        ];
        [record.concat(), locator.concat()].concat()
    }

    #[test]
    fn as_many_files_as_without_it() {
        assert_eq!(check(&end(65535, 0, 1)), Ok(()));
        assert_eq!(check(&end(65535, 0, 0)), Ok(()));
        let rejected = Err("it declares more than 65535 files");
        assert_eq!(check(&end(65536, 0, 1)), rejected);
        assert_eq!(check(&end(65536, 0, 0)), rejected);
        // an archive on several disks is not a single file: `zip` does not read on
        assert_eq!(check(&end(65536, 0, 2)), Ok(()));
        assert_eq!(check(&[]), Ok(()));
    }

    #[test]
    fn records_are_where_the_locator_says() {
        let elsewhere = Err("its ZIP64 end record is not where its locator says");
        let moved = |bytes: Vec<u8>| [[7; 9].to_vec(), bytes, [7; 9].to_vec()].concat();
        assert_eq!(check(&moved(end(2, 9, 1))), Ok(()));
        assert_eq!(check(&moved(end(2, 0, 1))), elsewhere);
        assert_eq!(check(&end(2, 1, 1)), elsewhere);
        let mut other = end(2, 0, 1);
        other[0] = b'Q';
        assert_eq!(check(&other), elsewhere);
        // a locator without room for a record before it
        assert_eq!(check(&end(2, 0, 1)[1..]), elsewhere);
        assert_eq!(check(&end(2, 0, 1)[56..]), elsewhere);
    }

    #[test]
    fn only_the_end_of_a_file_is_looked_at() {
        let padded = |bytes: usize| {
            let mut archive = end(65536, 0, 1);
            archive.resize(56 + bytes, 0);
            check(&archive)
        };
        assert!(padded(TAIL).is_err());
        assert_eq!(padded(TAIL + 1), Ok(()));
    }
}
