//! The file for a target to read, since the readers take paths.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// Writes the bytes to this process's file and returns its path.
pub(crate) fn file(extension: &str, bytes: &[u8]) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        // in memory if the system supports it, since each input is a file
        let memory = Path::new("/dev/shm");
        let place = match memory.is_dir() {
            true => memory.to_owned(),
            false => std::env::temp_dir(),
        };
        let folder = place.join(format!("dl-io-fuzz-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("it can be made");
        folder
    });
    let path = folder.join("input").with_extension(extension);
    std::fs::write(&path, bytes).expect("it can be written");
    path
}
