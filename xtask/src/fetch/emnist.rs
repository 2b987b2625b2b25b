//! EMNIST's splits, which come in one archive.

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use zip::ZipArchive;
use zip::result::ZipError;

use super::error::{FetchError, at};

/// A split of EMNIST
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Split {
    /// 47 classes of equal size: digits and letters
    Balanced,
    /// 26 classes, labelled 1 to 26: letters, upper and lower case as one
    Letters,
    /// 10 classes: all digits
    Digits,
    /// 10 classes: as many digits as in MNIST
    Mnist,
    /// 62 classes, as often as they were written: digits, upper and lower case letters
    Byclass,
    /// 47 classes, as often as they were written: letters whose cases look alike as one
    Bymerge,
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Balanced => "balanced",
            Self::Letters => "letters",
            Self::Digits => "digits",
            Self::Mnist => "mnist",
            Self::Byclass => "byclass",
            Self::Bymerge => "bymerge",
        })
    }
}

/// Extracts the four files of a split into a directory. The archive's digest has been checked; while
/// reading, each member's CRC-32 is.
///
/// # Errors
/// The disk's, a member that is missing or damaged.
pub(crate) fn extract(archive: &Path, split: Split, directory: &Path) -> Result<(), FetchError> {
    let failed = |member: &str, source: ZipError| FetchError::Archive {
        path: archive.to_owned(),
        member: member.to_owned(),
        source,
    };
    let file = File::open(archive).map_err(at(archive))?;
    let mut zip = ZipArchive::new(file).map_err(|error| failed("directory", error))?;
    fs::create_dir_all(directory).map_err(at(directory))?;
    for part in [
        "train-images-idx3",
        "train-labels-idx1",
        "test-images-idx3",
        "test-labels-idx1",
    ] {
        let name = format!("emnist-{split}-{part}-ubyte.gz");
        let member = format!("gzip/{name}");
        let mut reader = zip
            .by_name(&member)
            .map_err(|error| failed(&member, error))?;
        let target = directory.join(name);
        dl_fs::check_writable(&target).map_err(at(&target))?;
        let copied: Result<(), ZipError> = dl_fs::write_atomically(&target, |out| {
            io::copy(&mut reader, out)?;
            Ok(())
        });
        copied.map_err(|error| failed(&member, error))?;
    }
    Ok(())
}
