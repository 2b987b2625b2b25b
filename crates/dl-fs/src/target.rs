//! Resolves a path to be written.

use std::fs::{self, Metadata, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf, is_separator};

use crate::id::is_standard_stream;
use crate::links::{folder, follow};
use crate::regular::require_regular;

/// Where to write, and the existing file.
pub(crate) struct Target {
    /// The file behind all symbolic links.
    pub(crate) path: PathBuf,
    /// Its metadata, if it exists.
    pub(crate) existing: Option<Metadata>,
}

impl Target {
    /// Follows symbolic links, also to a file that does not exist yet.
    ///
    /// # Errors
    /// The path is not a regular file, is write-protected, or is this program's own standard output or error.
    pub(crate) fn resolve(path: &Path) -> io::Result<Self> {
        let last = path.as_os_str().as_encoded_bytes().last();
        if last.is_some_and(|&byte| is_separator(char::from(byte))) && !path.is_dir() {
            let message = "the path ends in a separator, but a file name is expected";
            return Err(io::Error::new(ErrorKind::InvalidInput, message));
        }
        let path = follow(path)?;
        if path.file_name().is_none() {
            let message = "the path does not end in a file name";
            return Err(io::Error::new(ErrorKind::InvalidInput, message));
        }
        let existing = match fs::metadata(&path) {
            Ok(metadata) => Some(metadata),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        if let Some(metadata) = &existing {
            require_regular(metadata)?;
            if is_standard_stream(metadata) {
                let message = "it is this program's own standard output or error";
                return Err(io::Error::new(ErrorKind::InvalidInput, message));
            }
            // a rename does not need this permission, and root always has it
            if metadata.permissions().readonly() {
                let message = "the file is write-protected";
                return Err(io::Error::new(ErrorKind::PermissionDenied, message));
            }
            OpenOptions::new().write(true).open(&path)?;
        }
        Ok(Self { path, existing })
    }

    pub(crate) fn folder(&self) -> &Path {
        folder(&self.path)
    }
}
