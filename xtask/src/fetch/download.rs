//! Downloads a file with the system's `curl`, from the first mirror that has it.
//!
//! `curl` writes to `NAME.part` next to the target, which replaces the target once its digest is right. The part of an
//! interrupted download stays, and is resumed.

use std::fs;
use std::io::{self, IsTerminal, Read};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use sha2::{Digest, Sha256};

use super::catalog::Artifact;

/// Maximum number of requests to one mirror.
const MAX_REQUESTS: usize = 10;

/// Puts the file into a folder, unless it is there. Returns the address it came from.
///
/// # Errors
/// An error of the file system or of starting `curl`, or what is wrong with each mirror.
pub(super) fn fetch(
    file: Artifact,
    mirrors: &[String],
    folder: &Path,
) -> Result<Option<String>, String> {
    let Artifact(name, size, sha256) = file;
    let target = folder.join(name);
    let part = folder.join(format!("{name}.part"));
    if length(&target) == size && digest(&target)? == sha256 {
        return Ok(None);
    }
    fs::create_dir_all(folder).map_err(at(folder))?;
    dl_fs::check_writable(&target).map_err(at(&target))?;
    let mut errors = String::new();
    for mirror in mirrors {
        let url = format!("{}/{name}", mirror.trim_end_matches('/'));
        match from_mirror(&url, file, &part)? {
            Ok(()) => {
                dl_fs::replace(&target, &part).map_err(at(&target))?;
                return Ok(Some(url));
            }
            Err(error) => errors += &format!("\n  {url}: {error}"),
        }
    }
    Err(format!(
        "cannot fetch {} ({size} bytes, SHA-256 {sha256}):{errors}",
        target.display()
    ))
}

/// Completes the part from one mirror, from the beginning if what is there cannot be resumed or is wrong. The inner
/// error is the mirror's.
fn from_mirror(url: &str, file: Artifact, part: &Path) -> Result<Result<(), String>, String> {
    let Artifact(_, size, sha256) = file;
    let mut fresh = length(part) == 0;
    let mut error = String::new();
    for _ in 0..MAX_REQUESTS {
        let before = length(part);
        if before < size {
            let (status, message) = curl(url, size, part)?;
            if !status.success() {
                error = format!("{message} (curl: {status})");
                // the server cannot resume, or not from there
                let cannot_resume = before > 0 && matches!(status.code(), Some(33 | 36));
                if cannot_resume {
                    fs::remove_file(part).map_err(at(part))?;
                    fresh = true;
                }
                // a connection that was cut is used again as long as something arrives
                if cannot_resume || length(part) > before {
                    continue;
                }
                break;
            }
        }
        let (found, found_sha256) = (length(part), digest(part)?);
        if found == size && found_sha256 == sha256 {
            return Ok(Ok(()));
        }
        fs::remove_file(part).map_err(at(part))?;
        error = format!("it has {found} bytes, SHA-256 {found_sha256}");
        if fresh {
            break;
        }
        fresh = true;
    }
    Ok(Err(error))
}

/// Runs `curl` to append what is missing to the part; returns its exit status and error message.
fn curl(url: &str, size: u64, part: &Path) -> Result<(ExitStatus, String), String> {
    let size = size.to_string();
    let progress = match io::stderr().is_terminal() {
        true => "--progress-bar",
        false => "--silent",
    };
    let curl = Command::new("curl")
        .args([progress, "--fail", "--location", "--continue-at", "-"])
        .args(["--retry", "3", "--connect-timeout", "15"])
        .args(["--speed-limit", "1", "--speed-time", "30"])
        .args(["--max-filesize", &size, "--write-out", "%{errormsg}"])
        .arg(url)
        .arg("--output")
        .arg(part)
        .stderr(Stdio::inherit())
        .output();
    let output = curl.map_err(|error| format!("cannot run `curl`, which downloads: {error}"))?;
    let message = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok((output.status, message))
}

/// The length of a file, 0 if there is none.
fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}

/// The SHA-256 of a file in hexadecimal.
fn digest(path: &Path) -> Result<String, String> {
    let mut file = fs::File::open(path).map_err(at(path))?;
    let (mut hash, mut block) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut block).map_err(at(path))? {
            0 => break,
            read => hash.update(&block[..read]),
        }
    }
    let bytes = hash.finalize();
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// An error of the file system with its path.
fn at(path: &Path) -> impl FnOnce(io::Error) -> String + '_ {
    move |error| format!("{}: {error}", path.display())
}
