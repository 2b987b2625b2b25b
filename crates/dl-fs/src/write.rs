//! Files that are either the old one or the new one, never half of either.

use std::fs::{self, File, Metadata};
use std::io::{self, BufWriter, Seek, Write};
use std::path::Path;

use crate::partial::{Partial, remove_leftovers, remove_older, sync_folder};
use crate::target::Target;

/// Writes a file whole or not at all: beside `path`, waits until it is on the disk, and renames it
/// over what stood there. A program killed at any moment leaves the old file or the new one.
///
/// Symbolic links are followed, and the file behind them is replaced; its permissions and, where
/// the system allows it, its owner are kept. A file with several hard links is replaced under all of
/// its names, and so is another user's in a sticky folder such as `/tmp`: the new contents are written
/// beside it and then copied into it, so that a program killed while it copies leaves them in the file beside
/// it, `.NAME.….whole`. That one stays until the next write has come to its end; what programs left beside it
/// that were killed before they had written all, `.NAME.….partial`, is removed before.
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
    let mut partial = Partial::create(&target.path)?;
    let in_place = target.existing.as_ref().is_some_and(has_other_names)
        || may_not_be_replaced(&partial, &target)?;
    if let Some(existing) = &target.existing {
        keep_owner(&partial.file, existing);
        partial.file.set_permissions(existing.permissions())?;
    }
    let mut writer = BufWriter::new(&partial.file);
    write(&mut writer)?;
    writer.flush()?;
    drop(writer);
    partial.file.sync_all()?;
    if in_place {
        partial.make_whole()?;
        copy_into(partial, &target.path)?;
    } else {
        partial.rename(&target.path)?;
        sync_folder(&target.path)?;
    }
    // only now: until here, one of them may have been the only whole copy
    let _ = remove_older(&target.path);
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

/// Removes what programs left beside `path` that were killed before they had written all of it. Files that a
/// program is writing are left alone, and so are whole copies ([`write_atomically`]).
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

/// Whether a rename would be refused: in a sticky folder, only the owner of the folder or of the file may
/// replace it.
#[cfg(unix)]
fn may_not_be_replaced(partial: &Partial, target: &Target) -> io::Result<bool> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let Some(existing) = &target.existing else {
        return Ok(false);
    };
    let folder = fs::metadata(target.folder())?;
    let sticky = folder.permissions().mode() & 0o1000 != 0;
    // who made the partial file is who writes
    let user = partial.file.metadata()?.uid();
    Ok(sticky && ![0, existing.uid()].contains(&user) && user != folder.uid())
}

#[cfg(not(unix))]
fn may_not_be_replaced(_: &Partial, _: &Target) -> io::Result<bool> {
    Ok(false)
}

/// Root, who writes another user's file, leaves it to that user; others may not give files away.
#[cfg(unix)]
fn keep_owner(file: &File, existing: &Metadata) {
    use std::os::unix::fs::{MetadataExt, fchown};
    let _ = fchown(file, Some(existing.uid()), Some(existing.gid()));
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &Metadata) {}
