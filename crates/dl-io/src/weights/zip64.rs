//! What a zip archive declares about its directory, checked before it is opened.

/// The end of a file in which an archive's end records are looked for: the last of them has a
/// comment of up to 2¹⁶ bytes.
const TAIL: usize = 1 << 17;

/// As many files as an archive without a ZIP64 record can have.
const MOST_FILES: u64 = u16::MAX as u64;

/// Refuses a ZIP64 end record that declares more than 2¹⁶ − 1 files: on opening an archive, `zip`
/// reserves memory for as many as are declared, though never more than the file has bytes.
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
            Some(files) if files > MOST_FILES => return Err("it declares more than 65535 files"),
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
