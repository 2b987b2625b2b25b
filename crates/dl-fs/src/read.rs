//! Reading regular files.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use crate::regular::require_regular;

/// Opens a regular file for reading; symbolic links are followed.
///
/// # Errors
/// Those of [`File::open`]; [`InvalidInput`](io::ErrorKind::InvalidInput) for a directory, a named
/// pipe, a socket or a device, at once: opening a pipe would wait for its writer, and a device such
/// as `/dev/zero` has no end.
pub fn open(path: impl AsRef<Path>) -> io::Result<File> {
    let path = path.as_ref();
    require_regular(&fs::metadata(path)?)?;
    let file = File::open(path)?;
    // something else may have taken its place since
    require_regular(&file.metadata()?)?;
    Ok(file)
}

/// The bytes of a regular file.
///
/// # Errors
/// As [`open`].
pub fn read(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The text of a regular file in UTF-8.
///
/// # Errors
/// As [`open`]; [`InvalidData`](io::ErrorKind::InvalidData) for bytes that are not UTF-8.
pub fn read_to_string(path: impl AsRef<Path>) -> io::Result<String> {
    let mut text = String::new();
    open(path)?.read_to_string(&mut text)?;
    Ok(text)
}
