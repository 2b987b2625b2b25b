//! The file beside another in which its new contents are written.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::target::folder;

/// Of a file that is being written: never the only whole copy of anything.
const PARTIAL: &str = ".partial";
/// Of one that is being copied into a file that cannot be replaced, and is the only whole copy until that is done.
const WHOLE: &str = ".whole";

/// A file that is removed when this is dropped, unless it was renamed, and locked as long as it is
/// written: one that is not locked was left by a program that was killed.
pub(crate) struct Partial {
    pub(crate) file: File,
    pub(crate) path: PathBuf,
    keep: bool,
}

impl Partial {
    /// A new, empty file for the contents of `path`, of a name nothing else has.
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
            // a file system without locks: its leftovers are not removed
            let locked = !matches!(file.try_lock(), Err(TryLockError::WouldBlock));
            // between the two, another program may have taken it for a leftover
            if locked && partial.exists() {
                return Ok(Self {
                    file,
                    path: partial,
                    keep: false,
                });
            }
        }
    }

    /// Puts it in the place of `path`.
    pub(crate) fn rename(mut self, path: &Path) -> io::Result<()> {
        fs::rename(&self.path, path)?;
        self.keep = true;
        Ok(())
    }

    /// Gives it, written and on the disk, a name under which it is not removed as a leftover.
    pub(crate) fn make_whole(&mut self) -> io::Result<()> {
        let whole = self.path.with_extension(&WHOLE[1..]);
        fs::rename(&self.path, &whole)?;
        self.path = whole;
        sync_folder(&self.path)
    }

    /// Leaves it where it is.
    pub(crate) fn keep(mut self) {
        self.keep = true;
    }
}

/// A new name is on the disk once its folder is.
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
            // writing has failed already; what is left of it is removed if it can be
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Removes what killed programs left of `path` while they wrote it: partial files that no program has locked.
pub(crate) fn remove_leftovers(path: &Path) -> io::Result<()> {
    remove_unlocked(path, PARTIAL)
}

/// Removes whole copies that killed programs left of `path`, once there is a newer one at `path` itself.
pub(crate) fn remove_older(path: &Path) -> io::Result<()> {
    remove_unlocked(path, WHOLE)
}

fn remove_unlocked(path: &Path, suffix: &str) -> io::Result<()> {
    let prefix = prefix(path);
    for entry in folder(path).read_dir()? {
        let entry = entry?;
        if is_ours(&entry.file_name(), &prefix, suffix) && entry.file_type()?.is_file() {
            let leftover = entry.path();
            // another program may be removing it, too
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

/// What the names of all files begin with that stand beside `path` for it.
pub(crate) fn prefix(path: &Path) -> OsString {
    let mut prefix = OsString::from(".");
    prefix.push(path.file_name().unwrap_or_default());
    prefix.push(".");
    prefix
}

/// Whether a name is the prefix, a process's number, a count and the suffix.
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
