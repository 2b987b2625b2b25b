//! One file, from the first mirror that has it.
//!
//! Bytes go to `NAME.part` beside the target, which is renamed over the target once its digest is
//! right. A part that is left by a cut connection or a stopped program is gone on with: hence not
//! `dl_fs::write_atomically`, which leaves nothing of what was not written to its end.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use indicatif::ProgressBar;
use ureq::http::{Response, StatusCode, header};
use ureq::{Agent, Body, Proxy};

use super::catalog::Artifact;
use super::digest::Sha256;
use super::error::{DiskError, FetchError, MirrorError, at};

/// Requests to one mirror before the next one is tried.
const ATTEMPTS: u32 = 4;

/// How patient to be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// For a connection.
    pub(crate) connect: Duration,
    /// For each piece of an answer.
    pub(crate) read: Duration,
    /// Before the same mirror is asked again; longer from time to time.
    pub(crate) pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(15),
            read: Duration::from_secs(30),
            pause: Duration::from_secs(1),
        }
    }
}

/// Downloads files.
#[derive(Debug)]
pub(crate) struct Downloader {
    agent: Agent,
    pause: Duration,
}

/// What there was to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    AlreadyThere,
    /// From this address.
    Fetched(String),
}

impl Downloader {
    pub(crate) fn new(patience: Patience, proxy: Option<Proxy>) -> Self {
        let config = Agent::config_builder()
            .proxy(proxy)
            .http_status_as_error(false)
            .timeout_connect(Some(patience.connect))
            .timeout_per_read(Some(patience.read))
            .user_agent(concat!("cargo-xtask/", env!("CARGO_PKG_VERSION")));
        Self {
            agent: config.build().into(),
            pause: patience.pause,
        }
    }

    /// Puts the file into the directory, unless it is there: from the first of the mirrors, folders
    /// with a `/` at their end, that has the right one.
    ///
    /// # Errors
    /// The disk's, or what is wrong with each mirror.
    pub(crate) fn fetch(
        &self,
        file: &Artifact,
        mirrors: &[String],
        directory: &Path,
        bar: &ProgressBar,
    ) -> Result<Outcome, FetchError> {
        let target = directory.join(file.name);
        if is_right(&target, file)? {
            return Ok(Outcome::AlreadyThere);
        }
        fs::create_dir_all(directory).map_err(at(directory))?;
        let part = part_of(&target);
        bar.set_length(file.size);
        let mut attempts = Vec::new();
        for mirror in mirrors {
            let url = format!("{mirror}{}", file.name);
            match self.try_mirror(&url, file, &part, bar) {
                Ok(()) => {
                    fs::rename(&part, &target).map_err(at(&target))?;
                    return Ok(Outcome::Fetched(url));
                }
                Err(MirrorError::Disk(error)) => return Err(error.into()),
                Err(error) => attempts.push((url, error)),
            }
        }
        Err(FetchError::Mirrors {
            path: target,
            size: file.size,
            sha256: file.sha256,
            attempts,
        })
    }

    /// Asks one mirror until the part is complete and right, it turns out to have another file, or
    /// the attempts are used up.
    fn try_mirror(
        &self,
        url: &str,
        file: &Artifact,
        part: &Path,
        bar: &ProgressBar,
    ) -> Result<(), MirrorError> {
        let mut attempt = 1;
        loop {
            match self.request(url, file, part, bar) {
                Err(error) if error.may_pass() && attempt < ATTEMPTS => {
                    bar.suspend(|| eprintln!("{url}: {error}; asking again"));
                    thread::sleep(self.pause * attempt);
                    attempt += 1;
                }
                result => return result,
            }
        }
    }

    /// One request for what is missing in the part, and a look at the whole.
    fn request(
        &self,
        url: &str,
        file: &Artifact,
        part: &Path,
        bar: &ProgressBar,
    ) -> Result<(), MirrorError> {
        let have = length(part)?.unwrap_or(0);
        let mut start = have;
        if have < file.size {
            let mut request = self.agent.get(url);
            if have > 0 {
                request = request.header(header::RANGE, format!("bytes={have}-"));
            }
            let response = request.call()?;
            if have > 0 && response.status() == StatusCode::RANGE_NOT_SATISFIABLE {
                fs::remove_file(part).map_err(at(part))?;
                return Err(MirrorError::Stale { found: have });
            }
            start = first_byte(&response, have, file.size)?;
            receive(response.into_body(), start, file.size, part, bar)?;
        }
        let found = Sha256::of_file(part).map_err(at(part))?;
        if found == file.sha256 {
            return Ok(());
        }
        fs::remove_file(part).map_err(at(part))?;
        if start > 0 {
            return Err(MirrorError::Stale { found: start });
        }
        let expected = file.sha256;
        Err(MirrorError::Digest { found, expected })
    }
}

/// The byte at which a response starts: where it was asked to, or 0 from a server without ranges.
/// Sizes are compared before anything is received.
fn first_byte(response: &Response<Body>, have: u64, size: u64) -> Result<u64, MirrorError> {
    let start = match response.status() {
        StatusCode::OK => 0,
        StatusCode::PARTIAL_CONTENT => {
            let range = response.headers().get(header::CONTENT_RANGE);
            let range = range.and_then(|value| value.to_str().ok()).unwrap_or("");
            if !range.starts_with(&format!("bytes {have}-")) {
                let (found, expected) = (range.to_owned(), have);
                return Err(MirrorError::Range { found, expected });
            }
            have
        }
        status => return Err(MirrorError::Status(status.as_u16())),
    };
    match response.body().content_length() {
        Some(length) if length != size - start => Err(MirrorError::Size {
            found: start.saturating_add(length),
            expected: size,
        }),
        _ => Ok(start),
    }
}

/// Writes a body to the part from byte `start` on, and never more than the file's size.
fn receive(
    body: Body,
    start: u64,
    size: u64,
    part: &Path,
    bar: &ProgressBar,
) -> Result<(), MirrorError> {
    let mut file = open(part, start).map_err(at(part))?;
    let mut body = body.into_reader();
    let mut block = vec![0; 1 << 16];
    let mut found = start;
    bar.set_position(found);
    bar.reset_eta();
    loop {
        let read = match body.read(&mut block) {
            Ok(0) => break,
            Ok(read) => read,
            // All there, from a server that neither says how much it is nor hangs up.
            Err(_) if found == size => break,
            Err(source) => {
                let expected = size;
                return Err(MirrorError::Broken {
                    found,
                    expected,
                    source,
                });
            }
        };
        if read as u64 > size - found {
            drop(file);
            fs::remove_file(part).map_err(at(part))?;
            return Err(MirrorError::Long { expected: size });
        }
        file.write_all(&block[..read]).map_err(at(part))?;
        found += read as u64;
        bar.set_position(found);
    }
    if found < size {
        return Err(MirrorError::Short {
            found,
            expected: size,
        });
    }
    Ok(file.sync_all().map_err(at(part))?)
}

/// The part, cut to `start` bytes and ready for those that follow.
fn open(part: &Path, start: u64) -> io::Result<File> {
    let file = OpenOptions::new().create(true).append(true).open(part)?;
    file.set_len(start)?;
    Ok(file)
}

/// Whether a file is there and as it should be.
fn is_right(path: &Path, file: &Artifact) -> Result<bool, DiskError> {
    Ok(length(path)? == Some(file.size) && Sha256::of_file(path).map_err(at(path))? == file.sha256)
}

/// The length of a file, if there is one.
fn length(path: &Path) -> Result<Option<u64>, DiskError> {
    match fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata.len())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(at(path)(error)),
    }
}

/// `NAME.part` beside a file.
fn part_of(target: &Path) -> PathBuf {
    let mut name: OsString = target.as_os_str().to_owned();
    name.push(".part");
    name.into()
}
