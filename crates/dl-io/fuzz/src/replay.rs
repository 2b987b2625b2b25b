//! Replays the findings of fuzzing in the workspace's tests.

use std::fs;
use std::path::Path;

/// Passes every input of a folder to a target's check.
pub(crate) fn replay(folder: impl AsRef<Path>, check: fn(&[u8])) {
    let entries = fs::read_dir(folder).unwrap();
    let inputs = entries.map(|entry| fs::read(entry.unwrap().path()).unwrap());
    let count = inputs.map(|input| check(&input)).count();
    assert!(count > 0);
}
