//! The temporary file for the new contents of a file.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::links::folder;

/// Suffix of a file that is being written: never the only complete copy of anything.
const PARTIAL: &str = ".partial";
/// Suffix of a file that is being copied into one that cannot be replaced, and is the only complete copy until that
/// is done.
const WHOLE: &str = ".whole";

/// A temporary file that is removed on drop unless it was renamed, and is locked while it is written: an unlocked
/// one was left behind by a killed program.
pub(crate) struct Partial {
    pub(crate) file: File,
    pub(crate) path: PathBuf,
    keep: bool,
}

impl Partial {
    /// Creates an empty file with a unique name for the contents of `path`.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let mut name = prefix(path);
            name.push(format!("{}-{number}{PARTIAL}", std::process::id()));
            let partial = path.with_file_name(name);
            let file = match OpenOptions::new()
                .read(true)
                .write(true)
                .create_new(true)
                .open(&partial)
            {
                Ok(file) => file,
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                Err(error) => return Err(error),
            };
            // without locks in the file system, leftovers are not removed
            let locked = !matches!(file.try_lock(), Err(TryLockError::WouldBlock));
            // before it was locked, another program may have removed it as a leftover
            if locked && partial.exists() {
                return Ok(Self {
                    file,
                    path: partial,
                    keep: false,
                });
            }
        }
    }

    /// Replaces `path` with it.
    pub(crate) fn rename(mut self, path: &Path) -> io::Result<()> {
        fs::rename(&self.path, path)?;
        self.keep = true;
        Ok(())
    }

    /// Renames it, once it is completely written and synced, so that it is not removed as a leftover.
    pub(crate) fn make_whole(&mut self) -> io::Result<()> {
        let whole = self.path.with_extension(&WHOLE[1..]);
        fs::rename(&self.path, &whole)?;
        self.path = whole;
        sync_folder(&self.path)
    }

    /// Keeps the file.
    pub(crate) fn keep(mut self) {
        self.keep = true;
    }
}

/// Syncs the folder of a file, which makes a rename durable.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(folder(path))?.sync_all()?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.keep {
            // writing has already failed; the rest is removed if possible
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Removes what killed programs left behind while writing `path`: partial files that no program has locked.
pub(crate) fn remove_leftovers(path: &Path) -> io::Result<()> {
    remove_unlocked(path, PARTIAL)
}

/// Removes complete copies that killed programs left behind, once `path` itself is newer.
pub(crate) fn remove_older(path: &Path) -> io::Result<()> {
    remove_unlocked(path, WHOLE)
}

fn remove_unlocked(path: &Path, suffix: &str) -> io::Result<()> {
    let prefix = prefix(path);
    for entry in folder(path).read_dir()? {
        let entry = entry?;
        if is_ours(&entry.file_name(), &prefix, suffix) && entry.file_type()?.is_file() {
            let leftover = entry.path();
            // another program may be removing it at the same time
            let Ok(file) = OpenOptions::new().write(true).open(&leftover) else {
                continue;
            };
            if file.try_lock().is_ok() {
                fs::remove_file(&leftover)?;
            }
        }
    }
    Ok(())
}

/// The common prefix of the names of all temporary files for `path`.
pub(crate) fn prefix(path: &Path) -> OsString {
    let mut prefix = OsString::from(".");
    prefix.push(path.file_name().unwrap_or_default());
    prefix.push(".");
    prefix
}

/// Whether a name consists of the prefix, a process id, a count and the suffix.
fn is_ours(name: &OsStr, prefix: &OsStr, suffix: &str) -> bool {
    let name = name.as_encoded_bytes();
    let middle = name
        .strip_prefix(prefix.as_encoded_bytes())
        .and_then(|name| name.strip_suffix(suffix.as_bytes()));
    middle.is_some_and(|middle| {
        let mut numbers = middle.split(|&byte| byte == b'-');
        let mut is_number = || {
            numbers
                .next()
                .is_some_and(|number| !number.is_empty() && number.iter().all(u8::is_ascii_digit))
        };
        is_number() && is_number() && numbers.next().is_none()
    })
}
