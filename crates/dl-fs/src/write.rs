//! Files that are either the old one or the new one, never half of either.

use std::fs::{self, File, Metadata};
use std::io::{self, BufWriter, Seek, Write};
use std::path::Path;

use crate::partial::{Partial, remove_leftovers};
use crate::target::Target;

/// Writes a file whole or not at all: beside `path`, waits until it is on the disk, and renames it
/// over what stood there. A program killed at any moment leaves the old file or the new one.
///
/// Symbolic links are followed, and the file behind them is replaced; its permissions and, where
/// the system allows it, its owner are kept. A file with several hard links is replaced under all of
/// its names: the new contents are written beside it and then copied into it, so that a program
/// killed while it copies leaves the new contents in the file beside it. What killed programs left
/// beside the file is removed.
///
/// # Errors
/// Those of `write`, and of the file system; what stands at `path` is no regular file, or is
/// write-protected. What stood there still does, and nothing is left beside it.
pub fn write_atomically<E: From<io::Error>>(
    path: impl AsRef<Path>,
    write: impl FnOnce(&mut BufWriter<&File>) -> Result<(), E>,
) -> Result<(), E> {
    let target = Target::of(path.as_ref())?;
    // what cannot be removed takes room, and nothing else
    let _ = remove_leftovers(&target.path);
    let partial = Partial::create(&target.path)?;
    if let Some(existing) = &target.existing {
        keep_owner(&partial.file, existing);
        partial.file.set_permissions(existing.permissions())?;
    }
    let mut writer = BufWriter::new(&partial.file);
    write(&mut writer)?;
    writer.flush()?;
    drop(writer);
    partial.file.sync_all()?;
    if target.existing.as_ref().is_some_and(has_other_names) {
        copy_into(partial, &target.path)?;
        return Ok(());
    }
    partial.rename(&target.path)?;
    // the new name is on the disk once its folder is
    #[cfg(unix)]
    File::open(target.folder())?.sync_all()?;
    Ok(())
}

/// Checks, before anything is computed, that a file can be written at `path`; nothing is changed.
///
/// # Errors
/// The folder does not exist or cannot be written to; what stands at `path` is no regular file, or
/// is write-protected.
pub fn check_writable(path: impl AsRef<Path>) -> io::Result<()> {
    let target = Target::of(path.as_ref())?;
    Partial::create(&target.path).map(drop)
}

/// Removes what programs left beside `path` that were killed while they wrote it. Files that a
/// program is writing are left alone.
///
/// # Errors
/// The folder cannot be read, or a file in it not be removed.
pub fn remove_partial(path: impl AsRef<Path>) -> io::Result<()> {
    remove_leftovers(&Target::of(path.as_ref())?.path)
}

/// Copies the new contents into the file at `path`. From here to the end, the new contents are whole
/// in the partial file alone, which stays if this fails.
fn copy_into(mut partial: Partial, path: &Path) -> io::Result<()> {
    let copy = |partial: &mut Partial| {
        partial.file.rewind()?;
        let mut file = fs::OpenOptions::new()
            .write(true)
            .truncate(true)
            .open(path)?;
        io::copy(&mut partial.file, &mut file)?;
        file.sync_all()
    };
    let copied = copy(&mut partial);
    if let Err(error) = copied {
        let kept = partial.path.display();
        let message = format!("{error}; the new contents are in `{kept}`");
        partial.keep();
        return Err(io::Error::new(error.kind(), message));
    }
    Ok(())
}

#[cfg(unix)]
fn has_other_names(existing: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    existing.nlink() > 1
}

#[cfg(not(unix))]
fn has_other_names(_: &Metadata) -> bool {
    false
}

/// Root, who writes another user's file, leaves it to that user; others may not give files away.
#[cfg(unix)]
fn keep_owner(file: &File, existing: &Metadata) {
    use std::os::unix::fs::{MetadataExt, fchown};
    let _ = fchown(file, Some(existing.uid()), Some(existing.gid()));
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &Metadata) {}
