//! A log has whole lines only, whatever was killed and whoever else appends.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::thread;

use dl_fs::{LineLog, LineLogError};

const HEADER: &str = "{\"größe\":1}";

fn lines(path: &Path) -> Vec<String> {
    LineLog::open(path, HEADER).unwrap().1
}

#[test]
fn cut_off_anywhere_it_goes_on_after_the_last_whole_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let all = ["eins", "zwölf", "", "drei"];
    let (log, _) = LineLog::open(&path, HEADER).unwrap();
    all.iter().for_each(|line| log.append(line).unwrap());
    let whole = fs::read(&path).unwrap();
    assert_eq!(
        String::from_utf8(whole.clone()).unwrap(),
        format!("{HEADER}\neins\nzwölf\n\ndrei\n")
    );
    for length in 0..=whole.len() {
        fs::write(&path, &whole[..length]).unwrap();
        let (log, kept) = LineLog::open(&path, HEADER).unwrap();
        let ends = whole[..length].iter().filter(|&&byte| byte == b'\n');
        assert_eq!(kept, all[..ends.count().saturating_sub(1)], "{length}");
        all[kept.len()..]
            .iter()
            .for_each(|line| log.append(line).unwrap());
        assert_eq!(fs::read(&path).unwrap(), whole, "{length}");
    }
}

/// The unfinished line of another process, longer than what is read at a time.
#[test]
fn what_another_process_did_not_finish_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let (log, _) = LineLog::open(&path, HEADER).unwrap();
    log.append("one").unwrap();
    let mut other = fs::OpenOptions::new().append(true).open(&path).unwrap();
    other.write_all(&[b'x'; 10_000]).unwrap();
    log.append("two").unwrap();
    assert_eq!(lines(&path), ["one", "two"]);
}

#[test]
fn an_emptied_file_gets_its_header_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let (log, _) = LineLog::open(&path, HEADER).unwrap();
    log.append("one").unwrap();
    fs::write(&path, "").unwrap();
    log.append("two").unwrap();
    assert_eq!(lines(&path), ["two"]);
}

#[test]
fn many_writers_lose_no_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    thread::scope(|scope| {
        for writer in 0..4 {
            let path = &path;
            scope.spawn(move || {
                // a lock of its own, like another process
                let (log, _) = LineLog::open(path, HEADER).unwrap();
                for line in 0..25 {
                    log.append(&format!("{writer} {line}")).unwrap();
                }
            });
        }
    });
    let mut found = lines(&path);
    found.sort();
    let mut expected: Vec<String> = (0..100).map(|i| format!("{} {}", i / 25, i % 25)).collect();
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn a_file_of_another_kind_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes");
    for (text, first) in [("milk\neggs\n", "milk"), ("milk", "milk"), ("\n", "")] {
        fs::write(&path, text).unwrap();
        match LineLog::open(&path, HEADER) {
            Err(LineLogError::Header { found }) => assert_eq!(found, first),
            other => panic!("{other:?}"),
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    let error = LineLog::open(folder.path(), HEADER).unwrap_err();
    assert_eq!(error.to_string(), "it is a directory, not a regular file");
}
