//! Only one writer at a time, also among several processes.

use std::io::{ErrorKind, Read, Write};
use std::process::{Command, Stdio};

use dl_fs::Lock;

/// Set in a process started by this test: the file that it locks until its standard input ends.
const LOCKED: &str = "DL_FS_TEST_LOCKED";

#[test]
fn a_process_holds_the_lock_until_it_ends() {
    if let Some(path) = std::env::var_os(LOCKED) {
        let _lock = Lock::acquire(path).expect("it is free");
        // tells the test that it is locked
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
                "a_process_holds_the_lock_until_it_ends",
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
    // reading and checking need no lock
    dl_fs::check_writable(&path).unwrap();
    // when killed, it leaves its lock file behind, unlocked
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
fn a_value_holds_the_lock_until_it_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let lock = Lock::acquire(&path).unwrap();
    assert!(Lock::acquire(&path).is_err());
    // another file is not locked
    Lock::acquire(folder.path().join("other")).unwrap();
    drop(lock);
    Lock::acquire(&path).unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[cfg(unix)]
#[test]
fn a_file_that_is_not_a_lock_file_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let mine = folder.path().join("mine");
    std::fs::write(&mine, "mine").unwrap();
    std::os::unix::fs::symlink(&mine, folder.path().join(".file.lock")).unwrap();
    let error = Lock::acquire(folder.path().join("file")).unwrap_err();
    assert!(error.to_string().contains(".file.lock"), "{error}");
    assert_eq!(std::fs::read(&mine).unwrap(), b"mine");
    // nor is a file that contains anything but a process id
    let lock = folder.path().join(".other.lock");
    std::fs::write(&lock, "notes").unwrap();
    assert!(Lock::acquire(folder.path().join("other")).is_err());
    assert_eq!(std::fs::read(&lock).unwrap(), b"notes");
}
