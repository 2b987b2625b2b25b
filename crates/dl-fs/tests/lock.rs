//! One writer at a time, also of several processes.

use std::io::{ErrorKind, Read, Write};
use std::process::{Command, Stdio};

use dl_fs::Lock;

/// Set in a process that this test starts: the file it locks, until its standard input ends.
const LOCKED: &str = "DL_FS_TEST_LOCKED";

#[test]
fn a_process_has_the_lock_until_it_ends() {
    if let Some(path) = std::env::var_os(LOCKED) {
        let _lock = Lock::acquire(path).expect("it is free");
        // to the test's own output, which says when it is locked
        std::io::stderr().write_all(b"locked").unwrap();
        std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let start = || {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .env(LOCKED, &path)
            .args([
                "--exact",
                "a_process_has_the_lock_until_it_ends",
                "--nocapture",
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = [0; 6];
        process
            .stderr
            .as_mut()
            .unwrap()
            .read_exact(&mut said)
            .unwrap();
        process
    };

    let mut first = start();
    let error = Lock::acquire(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    let expected = format!("process {} is writing it", first.id());
    assert_eq!(error.to_string(), expected);
    // reading and looking need no lock
    dl_fs::check_writable(&path).unwrap();
    // killed, it leaves the lock's file behind, which is nobody's
    first.kill().unwrap();
    first.wait().unwrap();
    assert!(folder.path().join(".file.lock").exists());

    let mut second = start();
    assert!(Lock::acquire(&path).is_err());
    drop(second.stdin.take());
    second.wait().unwrap();
    assert!(!folder.path().join(".file.lock").exists());
    Lock::acquire(&path).unwrap();
}

#[test]
fn a_value_has_it_until_it_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let lock = Lock::acquire(&path).unwrap();
    assert!(Lock::acquire(&path).is_err());
    // another file's is free
    Lock::acquire(folder.path().join("other")).unwrap();
    drop(lock);
    Lock::acquire(&path).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[cfg(unix)]
#[test]
fn what_stands_in_the_locks_place_is_not_written_to() {
    let folder = tempfile::tempdir().unwrap();
    let mine = folder.path().join("mine");
    std::fs::write(&mine, "mine").unwrap();
    std::os::unix::fs::symlink(&mine, folder.path().join(".file.lock")).unwrap();
    let error = Lock::acquire(folder.path().join("file")).unwrap_err();
    assert!(error.to_string().contains(".file.lock"), "{error}");
    assert_eq!(std::fs::read(&mine).unwrap(), b"mine");
    // nor is a file that holds anything but a process's number
    let lock = folder.path().join(".other.lock");
    std::fs::write(&lock, "notes").unwrap();
    assert!(Lock::acquire(folder.path().join("other")).is_err());
    assert_eq!(std::fs::read(&lock).unwrap(), b"notes");
}
