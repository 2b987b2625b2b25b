//! Whether two paths refer to the same file.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::links::{folder, follow};

/// The identity of a file, independent of the path or hard link used. The file need not exist; its folder must.
#[derive(Debug)]
pub struct FileId {
    folder: PathBuf,
    name: OsString,
    /// Device and inode number, if the system has them and the file exists.
    number: Option<(u64, u64)>,
}

impl FileId {
    /// The identity of the file at `path`; symbolic links are followed, also to a file that does not exist yet.
    ///
    /// # Errors
    /// Errors of the file system.
    pub fn from_path(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = follow(path.as_ref())?;
        Ok(Self {
            folder: folder(&path).canonicalize()?,
            name: path.file_name().unwrap_or_default().to_owned(),
            number: fs::metadata(&path).ok().and_then(|file| number(&file)),
        })
    }

    /// The folder it is in, without symbolic links.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl PartialEq for FileId {
    fn eq(&self, other: &Self) -> bool {
        let same_name = self.folder == other.folder && self.name == other.name;
        same_name || (self.number.is_some() && self.number == other.number)
    }
}

#[cfg(unix)]
pub(crate) fn number(file: &fs::Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((file.dev(), file.ino()))
}

/// Whether this program's standard output or error is redirected to the file.
#[cfg(unix)]
pub(crate) fn is_standard_stream(file: &fs::Metadata) -> bool {
    use std::os::fd::{AsFd, BorrowedFd};
    let number_of = |stream: BorrowedFd<'_>| {
        let stream = fs::File::from(stream.try_clone_to_owned().ok()?);
        number(&stream.metadata().ok()?)
    };
    let streams = [
        number_of(io::stdout().as_fd()),
        number_of(io::stderr().as_fd()),
    ];
    streams.contains(&number(file))
}

#[cfg(not(unix))]
pub(crate) fn is_standard_stream(_: &fs::Metadata) -> bool {
    false
}

#[cfg(not(unix))]
pub(crate) fn number(_: &fs::Metadata) -> Option<(u64, u64)> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_file_has_the_same_id_by_every_name() {
        let folder = tempfile::tempdir().unwrap();
        let [file, link, hard, other] =
            ["file", "link", "hard", "other"].map(|name| folder.path().join(name));
        symlink("file", &link).unwrap();
        let id = |path: &Path| FileId::from_path(path).unwrap();
        // also before it exists
        assert_eq!(id(&file), id(&link));
        assert_eq!(id(&file), id(&folder.path().join("./file")));
        fs::write(&file, "").unwrap();
        fs::hard_link(&file, &hard).unwrap();
        assert_eq!(id(&hard), id(&link));
        assert!(id(&other) != id(&file));
        assert!(FileId::from_path(folder.path().join("none/file")).is_err());
    }
}
