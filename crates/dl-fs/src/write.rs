//! Atomic writes: a file has either its old or its new contents, never parts of both.

use std::fs::{self, File, Metadata};
use std::io::{self, BufWriter, Seek, Write};
use std::path::Path;

use crate::partial::{Partial, remove_leftovers, remove_older, sync_folder};
use crate::target::Target;

/// Writes a file atomically: writes to a temporary file next to `path`, syncs it, and renames it over the existing
/// file. A program killed at any time leaves either the old or the new file.
///
/// Symbolic links are followed, and the file behind them is replaced; its permissions and, if the system allows it,
/// its owner are kept. A file with several hard links, or another user's file in a sticky folder such as `/tmp`,
/// cannot be replaced by renaming: the new contents are written next to it and then copied into it, so that a
/// program killed while copying leaves them in the temporary file, `.NAME.….whole`. That file is kept until the
/// next write has finished; incomplete temporary files of killed programs, `.NAME.….partial`, are removed before.
///
/// # Errors
/// Errors of `write` and of the file system; `path` is not a regular file or is write-protected. An existing file
/// is left unchanged, and no temporary file remains.
pub fn write_atomically<E: From<io::Error>>(
    path: impl AsRef<Path>,
    write: impl FnOnce(&mut BufWriter<&File>) -> Result<(), E>,
) -> Result<(), E> {
    let target = Target::resolve(path.as_ref())?;
    // leftovers that cannot be removed only take up space
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
    // only now: until here, one of them may have been the only complete copy
    let _ = remove_older(&target.path);
    Ok(())
}

/// Writes bytes to a file atomically, like [`write_atomically`].
///
/// # Errors
/// Same as [`write_atomically`].
pub fn write(path: impl AsRef<Path>, bytes: &[u8]) -> io::Result<()> {
    write_atomically(path, |file| file.write_all(bytes))
}

/// Replaces the file at `path` with one that is already complete, in the same folder: for what must outlive an
/// interrupted program, such as a partial download. Syncs `complete`, renames it over `path`, and syncs the folder.
///
/// # Errors
/// Errors of the file system; `path` is not a regular file or is write-protected.
pub fn replace(path: impl AsRef<Path>, complete: impl AsRef<Path>) -> io::Result<()> {
    let target = Target::resolve(path.as_ref())?;
    let complete = complete.as_ref();
    let file = fs::OpenOptions::new().write(true).open(complete)?;
    file.sync_all()?;
    fs::rename(complete, &target.path)?;
    sync_folder(&target.path)
}

/// Checks in advance that a file can be written at `path`, without changing anything.
///
/// # Errors
/// The folder does not exist or cannot be written to; `path` is not a regular file or is write-protected.
pub fn check_writable(path: impl AsRef<Path>) -> io::Result<()> {
    let target = Target::resolve(path.as_ref())?;
    Partial::create(&target.path).map(drop)
}

/// Removes incomplete temporary files that killed programs left next to `path`. Files that a program is writing are
/// kept, and so are complete copies ([`write_atomically`]).
///
/// # Errors
/// The folder cannot be read, or a file in it cannot be removed.
pub fn remove_partial(path: impl AsRef<Path>) -> io::Result<()> {
    remove_leftovers(&Target::resolve(path.as_ref())?.path)
}

/// Copies the new contents into the file at `path`. Until this is finished, they are complete only in the temporary
/// file, which is kept if this fails.
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

/// Whether a rename would be denied: in a sticky folder, only the owner of the folder or of the file may replace
/// it.
#[cfg(unix)]
fn may_not_be_replaced(partial: &Partial, target: &Target) -> io::Result<bool> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let Some(existing) = &target.existing else {
        return Ok(false);
    };
    let folder = fs::metadata(target.folder())?;
    let sticky = folder.permissions().mode() & 0o1000 != 0;
    // the owner of the temporary file is the current user
    let user = partial.file.metadata()?.uid();
    Ok(sticky && ![0, existing.uid()].contains(&user) && user != folder.uid())
}

#[cfg(not(unix))]
fn may_not_be_replaced(_: &Partial, _: &Target) -> io::Result<bool> {
    Ok(false)
}

/// If root writes another user's file, that user stays its owner; others cannot change owners.
#[cfg(unix)]
fn keep_owner(file: &File, existing: &Metadata) {
    use std::os::unix::fs::{MetadataExt, fchown};
    let _ = fchown(file, Some(existing.uid()), Some(existing.gid()));
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &Metadata) {}
