//! One program at a time.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};

use crate::id::number;
use crate::partial::prefix;
use crate::regular::require_regular;
use crate::target::Target;

/// The right to write a file, which one program, and one value in it, has at a time. It ends when
/// this is dropped, or the program with it.
///
/// It is a lock of the operating system on a file `.NAME.lock` beside the file, so that it also holds
/// while the file itself is replaced. It binds those who ask for it; reading needs no lock.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    // its lock ends with it
    _file: File,
}

impl Lock {
    /// Locks the file at `path`, which need not exist; its folder must.
    ///
    /// # Errors
    /// [`WouldBlock`](ErrorKind::WouldBlock) where another has it; those of the file system. Where a
    /// file system knows no locks, anyone gets one.
    pub fn acquire(path: impl AsRef<Path>) -> io::Result<Self> {
        let target = Target::of(path.as_ref())?;
        let mut name = prefix(&target.path);
        name.push("lock");
        let path = target.path.with_file_name(name);
        Self::of_file(path.clone()).map_err(|error| match error.kind() {
            ErrorKind::WouldBlock => error,
            kind => io::Error::new(kind, format!("its lock `{}`: {error}", path.display())),
        })
    }

    fn of_file(path: PathBuf) -> io::Result<Self> {
        loop {
            // nor is what somebody put in its place written to
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
            // the one who had it may have removed the file since it was opened
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
        // still locked, so nobody else's; one that stays is taken by the next
        let _ = fs::remove_file(&self.path);
    }
}

/// What stands in the file: nothing, or the number of the last process that had it. All else is somebody's.
fn require_process_number(file: &mut File) -> io::Result<()> {
    let mut bytes = Vec::new();
    file.take(21).read_to_end(&mut bytes)?;
    if bytes.len() <= 20 && bytes.iter().all(u8::is_ascii_digit) {
        return Ok(());
    }
    let message = "it is no lock: it holds something else";
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

/// Whether an open file is still the one at a path. Where files have no numbers, one that is open cannot be
/// removed.
fn is_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::metadata(path)) {
        (Ok(file), Ok(there)) => number(&file) == number(&there),
        _ => false,
    }
}
