//! Checks the directory of a zip archive for what `zip` does not report: duplicate names, of which `zip` keeps the
//! last, and files whose local headers disagree.
//!
//! Layouts: APPNOTE.TXT 6.3.10, sections 4.3.7 (local header), 4.3.12 (directory) and 4.5.3 (ZIP64).

use std::collections::HashSet;

use dl_core::text::excerpt;

/// Marks a value that is in the ZIP64 field instead.
const ELSEWHERE: u32 = u32::MAX;

/// Bit 3 of the flags: sizes and checksum follow the data.
const SIZES_BEHIND: u16 = 1 << 3;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum DirectoryError {
    /// A duplicate name in the directory.
    Duplicate(String),
    Damaged(String),
}

/// Checks the directory that begins at `start`, of an archive that begins at `archive`: it must have the number of
/// `files` that `zip` has found, each with a unique name and a matching local header.
pub(super) fn check(
    bytes: &[u8],
    start: u64,
    archive: u64,
    files: usize,
) -> Result<(), DirectoryError> {
    let damaged = |why: String| DirectoryError::Damaged(why);
    let mut names = HashSet::new();
    let mut rest = usize::try_from(start)
        .ok()
        .and_then(|start| bytes.get(start..))
        .unwrap_or_default();
    while let Some((entry, after)) = Entry::central(rest) {
        let name = || String::from_utf8_lossy(entry.name).into_owned();
        if !names.insert(entry.name) {
            return Err(DirectoryError::Duplicate(name()));
        }
        let offset = entry.offset.and_then(|offset| offset.checked_add(archive));
        let local =
            offset.and_then(|offset| Entry::local(bytes.get(usize::try_from(offset).ok()?..)?));
        let Some(local) = local else {
            return Err(damaged(format!(
                "`{}` is not where the directory says",
                excerpt(&name())
            )));
        };
        if let Some(what) = entry.differs(&local) {
            let why = format!(
                "the directory and the header of the file `{}` disagree on its {what}",
                excerpt(&name())
            );
            return Err(damaged(why));
        }
        rest = after;
    }
    if names.len() != files {
        let found = names.len();
        return Err(damaged(format!(
            "its directory has {found} files, but declares {files}"
        )));
    }
    Ok(())
}

/// What both headers record about a file.
struct Entry<'a> {
    name: &'a [u8],
    flags: u16,
    method: u16,
    checksum: u32,
    compressed: u32,
    size: u32,
    /// Offset of its local header; in the directory only.
    offset: Option<u64>,
}

impl<'a> Entry<'a> {
    /// Splits the first entry off the rest of the directory.
    fn central(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        const LENGTH: usize = 46;
        bytes.starts_with(b"PK\x01\x02").then_some(())?;
        let [name, extra, comment] = [28, 30, 32].map(|at| u16_at(bytes, at).map(usize::from));
        let (name, extra, comment) = (name?, extra?, comment?);
        let entry = Self {
            name: bytes.get(LENGTH..LENGTH + name)?,
            flags: u16_at(bytes, 8)?,
            method: u16_at(bytes, 10)?,
            checksum: u32_at(bytes, 16)?,
            compressed: u32_at(bytes, 20)?,
            size: u32_at(bytes, 24)?,
            offset: None,
        };
        let extra_field = bytes.get(LENGTH + name..LENGTH + name + extra)?;
        let offset = match u32_at(bytes, 42)? {
            ELSEWHERE => entry.zip64_offset(extra_field),
            offset => Some(u64::from(offset)),
        };
        let rest = bytes.get(LENGTH + name + extra + comment..)?;
        Some((Self { offset, ..entry }, rest))
    }

    /// The header before a file's data.
    fn local(bytes: &'a [u8]) -> Option<Self> {
        const LENGTH: usize = 30;
        bytes.starts_with(b"PK\x03\x04").then_some(())?;
        let name = usize::from(u16_at(bytes, 26)?);
        Some(Self {
            name: bytes.get(LENGTH..LENGTH + name)?,
            flags: u16_at(bytes, 6)?,
            method: u16_at(bytes, 8)?,
            checksum: u32_at(bytes, 14)?,
            compressed: u32_at(bytes, 18)?,
            size: u32_at(bytes, 22)?,
            offset: None,
        })
    }

    /// The offset in the ZIP64 field, after those sizes that are also there.
    fn zip64_offset(&self, mut extra: &[u8]) -> Option<u64> {
        let before = [self.size, self.compressed];
        let before = before.iter().filter(|&&size| size == ELSEWHERE).count();
        loop {
            let (id, length) = (u16_at(extra, 0)?, usize::from(u16_at(extra, 2)?));
            let field = extra.get(4..4 + length)?;
            if id == 1 {
                let offset = field.get(8 * before..8 * before + 8)?;
                return offset.try_into().ok().map(u64::from_le_bytes);
            }
            extra = &extra[4 + length..];
        }
    }

    /// The first item on which the local header disagrees.
    fn differs(&self, local: &Self) -> Option<&'static str> {
        if self.name != local.name {
            return Some("name");
        }
        if self.method != local.method {
            return Some("compression");
        }
        let sizes = [(self.compressed, local.compressed), (self.size, local.size)];
        let differ = |(a, b): (u32, u32)| a != b && a != ELSEWHERE && b != ELSEWHERE;
        if local.flags & SIZES_BEHIND != 0 {
            return None;
        }
        if self.checksum != local.checksum {
            return Some("checksum");
        }
        sizes.into_iter().any(differ).then_some("size")
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..at + 2)?;
    bytes.try_into().ok().map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + 4)?;
    bytes.try_into().ok().map(u32::from_le_bytes)
}

#[cfg(test)]
#[path = "zip_directory_tests.rs"]
mod tests;
