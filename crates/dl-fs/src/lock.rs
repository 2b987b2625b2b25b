//! Locks for exclusive writing.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::id::number;
use crate::partial::prefix;
use crate::regular::require_regular;
use crate::target::Target;

/// An exclusive lock for writing a file, held by at most one value in one program at a time. It is released when
/// this value is dropped or the program ends.
///
/// It is an advisory lock of the operating system on a file `.NAME.lock` next to the file, so that it holds even
/// while the file itself is replaced. Reading needs no lock.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    // closing it releases the lock
    _file: File,
}

impl Lock {
    /// Locks the file at `path`, which need not exist; its folder must.
    ///
    /// # Errors
    /// [`WouldBlock`](ErrorKind::WouldBlock) if the lock is held elsewhere; errors of the file system. If the file
    /// system does not support locks, the lock is always granted.
    pub fn acquire(path: impl AsRef<Path>) -> io::Result<Self> {
        let target = Target::resolve(path.as_ref())?;
        let mut name = prefix(&target.path);
        name.push("lock");
        let path = target.path.with_file_name(name);
        Self::lock_file(path.clone()).map_err(|error| match error.kind() {
            ErrorKind::WouldBlock => error,
            kind => io::Error::new(kind, format!("its lock `{}`: {error}", path.display())),
        })
    }

    fn lock_file(path: PathBuf) -> io::Result<Self> {
        loop {
            // a file that is not a lock file is not overwritten
            match fs::symlink_metadata(&path) {
                Ok(metadata) => require_regular(&metadata)?,
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false);
            let mut file = options.open(&path)?;
            if let Err(TryLockError::WouldBlock) = file.try_lock() {
                return Err(taken(&mut file));
            }
            // the previous holder may have removed the file since it was opened
            if is_at(&file, &path) {
                require_process_number(&mut file)?;
                file.rewind()?;
                file.set_len(0)?;
                write!(file, "{}", std::process::id())?;
                return Ok(Self { path, _file: file });
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // still locked, so it is safe to remove; a lock file that remains is reused
        let _ = fs::remove_file(&self.path);
    }
}

/// Checks the contents of the file: nothing, or the id of the last process that held the lock. A file with anything
/// else is not ours.
fn require_process_number(file: &mut File) -> io::Result<()> {
    let mut bytes = Vec::new();
    file.take(21).read_to_end(&mut bytes)?;
    if bytes.len() <= 20 && bytes.iter().all(u8::is_ascii_digit) {
        return Ok(());
    }
    let message = "it is not a lock file: it has other contents";
    Err(io::Error::new(ErrorKind::InvalidData, message))
}

fn taken(file: &mut File) -> io::Error {
    let mut process = String::new();
    let read = file.take(20).read_to_string(&mut process);
    let by = match read {
        Ok(_) if !process.is_empty() => format!("process {process}"),
        _ => "another process".to_owned(),
    };
    io::Error::new(ErrorKind::WouldBlock, format!("{by} is writing it"))
}

/// Whether an open file is still the one at a path. On systems without inode numbers, an open file cannot be
/// removed.
fn is_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::metadata(path)) {
        (Ok(file), Ok(there)) => number(&file) == number(&there),
        _ => false,
    }
}
