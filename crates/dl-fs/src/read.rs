//! Reads regular files.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use crate::regular::require_regular;

/// Opens a regular file for reading; symbolic links are followed.
///
/// # Errors
/// Errors of [`File::open`]; [`InvalidInput`](io::ErrorKind::InvalidInput) for a directory, a named pipe, a socket
/// or a device, without blocking: opening a pipe would wait for its writer, and a device such as `/dev/zero` is
/// endless.
pub fn open(path: impl AsRef<Path>) -> io::Result<File> {
    let path = path.as_ref();
    require_regular(&fs::metadata(path)?)?;
    let file = File::open(path)?;
    // it may have been replaced in the meantime
    require_regular(&file.metadata()?)?;
    Ok(file)
}

/// Reads the bytes of a regular file.
///
/// # Errors
/// Same as [`open`].
pub fn read(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Reads the UTF-8 text of a regular file.
///
/// # Errors
/// Same as [`open`]; [`InvalidData`](io::ErrorKind::InvalidData) for bytes that are not UTF-8.
pub fn read_to_string(path: impl AsRef<Path>) -> io::Result<String> {
    let mut text = String::new();
    open(path)?.read_to_string(&mut text)?;
    Ok(text)
}
