//! Distinguishes regular files from anything else.

use std::fs::Metadata;
use std::io::{Error, ErrorKind};

/// Rejects anything but a regular file: reading it may never end, and replacing it would destroy it.
pub(crate) fn require_regular(metadata: &Metadata) -> Result<(), Error> {
    if metadata.is_file() {
        return Ok(());
    }
    let kind = kind(metadata);
    let message = format!("it is a {kind}, not a regular file");
    Err(Error::new(ErrorKind::InvalidInput, message))
}

fn kind(metadata: &Metadata) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let kind = metadata.file_type();
        if kind.is_fifo() {
            return "named pipe";
        }
        if kind.is_socket() {
            return "socket";
        }
        if kind.is_block_device() || kind.is_char_device() {
            return "device";
        }
    }
    if metadata.is_dir() {
        return "directory";
    }
    "special file"
}
