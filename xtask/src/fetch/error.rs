//! What can go wrong in fetching.

use std::io;
use std::path::{Path, PathBuf};

use super::digest::Sha256;

/// The disk failed.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {source}", path = path.display())]
pub(crate) struct DiskError {
    path: PathBuf,
    source: io::Error,
}

/// Says at which path the disk failed.
pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> DiskError {
    let path = path.to_owned();
    move |source| DiskError { path, source }
}

/// Why a file is not there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// No mirror gave the right file.
    #[error(
        "cannot fetch {path} ({size} bytes, SHA-256 {sha256}):{}",
        list(attempts),
        path = path.display()
    )]
    Mirrors {
        path: PathBuf,
        size: u64,
        sha256: Sha256,
        /// Addresses, and what came of each.
        attempts: Vec<(String, MirrorError)>,
    },
    /// A member of an archive.
    #[error("{path}: {member}: {source}", path = path.display())]
    Archive {
        path: PathBuf,
        member: String,
        source: zip::result::ZipError,
    },
}

/// What is wrong with one mirror.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MirrorError {
    /// Not the mirror's fault.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// No connection, no answer in time, not HTTP.
    #[error(transparent)]
    Request(#[from] ureq::Error),
    /// The connection broke in the middle of the file.
    #[error("broke off after {found} of {expected} bytes: {source}")]
    Broken {
        found: u64,
        expected: u64,
        source: io::Error,
    },
    /// The server said the file was over, too early.
    #[error("ended after {found} of {expected} bytes")]
    Short { found: u64, expected: u64 },
    /// More bytes than the file has.
    #[error("more than the expected {expected} bytes")]
    Long { expected: u64 },
    /// The server announces a file of another size.
    #[error("offers {found} bytes, expected {expected}")]
    Size { found: u64, expected: u64 },
    /// Not found, or another refusal.
    #[error("HTTP status {0}")]
    Status(u16),
    /// A part that was not asked for.
    #[error("answers a request for bytes {expected} onwards with `content-range: {found}`")]
    Range { found: String, expected: u64 },
    /// The part that was there does not go with what the server has; it has been removed.
    #[error("the {found} bytes left by an earlier download are of another file; removed")]
    Stale { found: u64 },
    /// All bytes there, and not the right ones.
    #[error("SHA-256 is {found}, expected {expected}")]
    Digest { found: Sha256, expected: Sha256 },
}

impl MirrorError {
    /// Whether asking the same server again may help.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Self::Request(_) | Self::Broken { .. } | Self::Short { .. } | Self::Stale { .. } => {
                true
            }
            Self::Status(status) => matches!(status, 408 | 429 | 500..),
            _ => false,
        }
    }
}

fn list(attempts: &[(String, MirrorError)]) -> String {
    let lines = attempts
        .iter()
        .map(|(url, error)| format!("\n  {url}: {error}"));
    lines.collect()
}
