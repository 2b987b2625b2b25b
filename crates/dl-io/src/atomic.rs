//! Files that are either the old one or the new one, never half of either.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// A file that could not be written. What stood there before still does.
#[derive(Debug, thiserror::Error)]
#[error("cannot write `{}`: {source}", path.display())]
pub struct WriteError {
    /// The file.
    pub path: PathBuf,
    /// What the operating system says.
    pub source: io::Error,
}

/// Writes a file beside `path`, waits until it is on the disk, and renames it over `path`.
pub(crate) fn write_atomically(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>,
) -> Result<(), WriteError> {
    replace(path, write).map_err(|source| WriteError {
        path: path.to_owned(),
        source,
    })
}

fn replace(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>,
) -> io::Result<()> {
    let beside = beside(path);
    let (before, after) = affixes(path);
    let mut builder = builder();
    let file = builder.prefix(&before).suffix(&after).tempfile_in(beside)?;
    let mut writer = BufWriter::new(file.as_file());
    write(&mut writer)?;
    writer.flush()?;
    drop(writer);
    file.as_file().sync_all()?;
    file.persist(path)?;
    // the new name is on the disk once its folder is
    #[cfg(unix)]
    File::open(beside)?.sync_all()?;
    Ok(())
}

/// What the names of the files written beside `path` begin and end with.
fn affixes(path: &Path) -> (OsString, OsString) {
    let mut before = OsString::from(".");
    before.push(path.file_name().unwrap_or_default());
    before.push(".");
    (before, ".partial".into())
}

/// Removes what a program left beside `path` that was killed while it wrote.
pub(crate) fn remove_partial(path: &Path) -> io::Result<()> {
    let (before, after) = affixes(path);
    for entry in beside(path).read_dir()? {
        let entry = entry?;
        let name = entry.file_name();
        let random = name.as_encoded_bytes();
        let random = random.strip_prefix(before.as_encoded_bytes());
        let random = random.and_then(|name| name.strip_suffix(after.as_encoded_bytes()));
        // with a dot it is what is left of a file with a longer name
        if random.is_some_and(|random| !random.contains(&b'.')) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn beside(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Temporary files are private unless told otherwise; a saved file is as readable as any other.
fn builder<'a, 'b>() -> tempfile::Builder<'a, 'b> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        write_atomically(&path, |file| file.write_all(b"old")).unwrap();
        let failed = write_atomically(&path, |file| {
            file.write_all(b"new")?;
            Err(io::Error::other("no more"))
        });
        let message = failed.unwrap_err().to_string();
        assert_eq!(
            message,
            format!("cannot write `{}`: no more", path.display())
        );
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_replaces_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        write_atomically(&path, |file| file.write_all(b"a longer text")).unwrap();
        write_atomically(&path, |file| file.write_all(b"new")).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
    }

    #[test]
    fn what_was_left_half_written_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for name in [
            ".file.abc.partial",
            ".file",
            "file.partial",
            ".other.abc.partial",
            ".file.txt.abc.partial",
        ] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        remove_partial(&path).unwrap();
        let left = std::fs::read_dir(folder.path()).unwrap();
        let mut left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        let kept = [
            ".file",
            ".file.txt.abc.partial",
            ".other.abc.partial",
            "file.partial",
        ];
        assert_eq!(left, kept);
    }

    #[test]
    fn a_missing_folder_is_an_error_that_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("none").join("file");
        let error = write_atomically(&path, |_| Ok(())).unwrap_err();
        assert_eq!(error.path, path);
    }
}
