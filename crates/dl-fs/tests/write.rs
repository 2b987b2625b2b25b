//! Writes are atomic, and never damage what exists at a path.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use dl_fs::{check_writable, replace, write_atomically};

fn write(path: &Path, text: &str) -> io::Result<()> {
    write_atomically(path, |file| file.write_all(text.as_bytes()))
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

#[test]
fn a_file_replaces_another() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    write(&path, "a longer text").unwrap();
    write(&path, "new").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_eq!(names(folder.path()), ["file"]);
}

#[test]
fn a_complete_file_replaces_another() {
    let folder = tempfile::tempdir().unwrap();
    let (path, part) = (folder.path().join("file"), folder.path().join("part"));
    write(&path, "old").unwrap();
    let missing = replace(&path, &part).unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::NotFound);
    assert_eq!(fs::read(&path).unwrap(), b"old");
    write(&part, "new").unwrap();
    replace(&path, &part).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_eq!(names(folder.path()), ["file"]);
    write(&part, "new").unwrap();
    let error = replace(folder.path(), &part).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[test]
fn a_failed_write_leaves_the_old_file_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    write(&path, "old").unwrap();
    let failed = write_atomically(&path, |file| {
        file.write_all(b"new")?;
        Err(io::Error::other("no more"))
    });
    assert_eq!(failed.unwrap_err().to_string(), "no more");
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(names(folder.path()), ["file"]);
}

#[test]
fn a_path_that_ends_in_a_separator_names_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/");
    for error in [
        check_writable(&path).unwrap_err(),
        write_atomically(&path, |file| file.write_all(b"new")).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains("ends in a separator"), "{error}");
    }
}

#[test]
fn a_missing_folder_and_a_folder_are_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("none").join("file");
    for rejected in [write(&missing, "x"), check_writable(&missing)] {
        assert_eq!(rejected.unwrap_err().kind(), ErrorKind::NotFound);
    }
    for rejected in [write(folder.path(), "x"), check_writable(folder.path())] {
        let message = rejected.unwrap_err().to_string();
        assert_eq!(message, "it is a directory, not a regular file");
    }
    assert!(check_writable("..").is_err());
    assert!(check_writable("").is_err());
}

#[test]
fn checking_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    check_writable(&path).unwrap();
    assert!(names(folder.path()).is_empty());
    write(&path, "old").unwrap();
    check_writable(&path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(names(folder.path()), ["file"]);
}

#[test]
fn only_leftovers_of_killed_programs_are_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    let others = [
        ".file",
        ".file.1-2-3.partial",
        ".file.abc.partial",
        ".file.txt.1-0.partial",
        ".other.1-0.partial",
        "file.partial",
    ];
    let left = [".file.1-0.partial", ".file.4194304-17.partial"];
    for name in others.iter().chain(&left) {
        fs::write(folder.path().join(name), "").unwrap();
    }
    write(&path, "new").unwrap();
    let mut kept: Vec<_> = others.iter().chain(&["file"]).copied().collect();
    kept.sort_unstable();
    assert_eq!(names(folder.path()), kept);
}

#[test]
fn two_simultaneous_writers_both_succeed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    write_atomically(&path, |outer| {
        outer.write_all(b"outer")?;
        outer.flush()?;
        // the second writer finds the first one's file, which is not a leftover
        write(&path, "inner")
    })
    .unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"outer");
    assert_eq!(names(folder.path()), ["file"]);

    std::thread::scope(|scope| {
        for writer in 0..8_u8 {
            let path = &path;
            scope.spawn(move || {
                for _ in 0..20 {
                    write(path, &writer.to_string().repeat(10_000)).unwrap();
                }
            });
        }
    });
    let whole = fs::read(&path).unwrap();
    assert_eq!(whole, [whole[0]; 10_000]);
    assert_eq!(names(folder.path()), ["file"]);
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
    use std::process::Command;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn permissions_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for kept in [0o600, 0o644, 0o666, 0o750] {
            fs::write(&path, "old").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(kept)).unwrap();
            write(&path, "new").unwrap();
            assert_eq!(mode(&path), kept);
        }
        // a new file has default permissions
        let (ours, any) = (folder.path().join("ours"), folder.path().join("any"));
        write(&ours, "").unwrap();
        fs::write(&any, "").unwrap();
        assert_eq!(mode(&ours), mode(&any));
    }

    #[test]
    fn a_write_protected_file_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
        for rejected in [write(&path, "new"), check_writable(&path)] {
            assert_eq!(rejected.unwrap_err().kind(), ErrorKind::PermissionDenied);
        }
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["file"]);
    }

    #[test]
    fn the_file_behind_a_link_is_written_and_the_link_stays() {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let file = elsewhere.path().join("file");
        let (link, second) = (folder.path().join("link"), folder.path().join("second"));
        symlink(&file, &link).unwrap();
        symlink("link", &second).unwrap();
        // the first time, the link is still dangling
        for text in ["old", "new"] {
            write(&second, text).unwrap();
            assert_eq!(fs::read_to_string(&file).unwrap(), text);
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
            assert!(fs::symlink_metadata(&second).unwrap().is_symlink());
        }
        assert_eq!(names(folder.path()), ["link", "second"]);
        assert_eq!(names(elsewhere.path()), ["file"]);
        // a cycle of links
        let (a, b) = (folder.path().join("a"), folder.path().join("b"));
        symlink(&a, &b).unwrap();
        symlink(&b, &a).unwrap();
        assert!(write(&a, "x").is_err() && check_writable(&a).is_err());
    }

    #[test]
    fn all_names_of_a_file_have_its_new_contents() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("file"), folder.path().join("other"));
        fs::write(&path, "a longer text").unwrap();
        fs::hard_link(&path, &other).unwrap();
        write(&path, "new").unwrap();
        assert_eq!(fs::read(&other).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().nlink(), 2);
        assert_eq!(names(folder.path()), ["file", "other"]);
    }

    /// The complete copy that a program killed while copying leaves next to a half-written file.
    #[test]
    fn a_complete_copy_is_kept_until_there_is_a_newer_one() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("file"), folder.path().join("other"));
        for several_names in [true, false] {
            fs::write(&path, "ha").unwrap();
            if several_names {
                fs::hard_link(&path, &other).unwrap();
            }
            let file_names: &[_] = if several_names {
                &["file", "other"]
            } else {
                &["file"]
            };
            let with_whole = [&[".file.1-0.whole"], file_names].concat();
            fs::write(folder.path().join(".file.1-0.whole"), "half").unwrap();
            fs::write(folder.path().join(".file.1-1.partial"), "ha").unwrap();
            dl_fs::remove_partial(&path).unwrap();
            assert_eq!(names(folder.path()), with_whole);
            let failed = write_atomically(&path, |file| {
                file.write_all(b"ne")?;
                Err(io::Error::other("no more"))
            });
            failed.unwrap_err();
            assert_eq!(names(folder.path()), with_whole);
            // still there while the next one is written
            write_atomically(&path, |file| {
                assert!(names(folder.path()).contains(&".file.1-0.whole".to_owned()));
                file.write_all(b"newer")
            })
            .unwrap();
            assert_eq!(names(folder.path()), file_names);
            assert_eq!(fs::read_to_string(&path).unwrap(), "newer");
            let _ = fs::remove_file(&other);
        }
    }

    /// A program killed while copying leaves the complete new contents next to the file.
    #[test]
    fn killed_while_it_copies() {
        const PATH: &str = "DL_FS_TEST_COPIED";
        let new = "new".repeat(10 << 20);
        if let Some(path) = std::env::var_os(PATH) {
            write(Path::new(&path), &new).unwrap();
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "old").unwrap();
        fs::hard_link(&path, folder.path().join("other")).unwrap();
        let whole = || {
            let names = names(folder.path());
            names.into_iter().find(|name| name.ends_with(".whole"))
        };
        for attempt in 1.. {
            let mut process = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "unix::killed_while_it_copies"])
                .env(PATH, &path)
                .stdout(std::process::Stdio::null())
                .spawn()
                .unwrap();
            while whole().is_none() && process.try_wait().unwrap().is_none() {}
            process.kill().unwrap();
            process.wait().unwrap();
            if let Some(whole) = whole() {
                let copy = fs::read_to_string(folder.path().join(&whole)).unwrap();
                assert!(copy == new);
                break;
            }
            assert!(attempt < 50, "it was never killed in time");
        }
        write(&path, "newer").unwrap();
        assert_eq!(names(folder.path()), ["file", "other"]);
    }

    #[test]
    fn anything_but_a_regular_file_is_neither_replaced_nor_read() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        let socket = folder.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let link = folder.path().join("link");
        symlink("/dev/null", &link).unwrap();
        let cases = [
            (pipe.as_path(), "named pipe"),
            (&socket, "socket"),
            (&link, "device"),
            (Path::new("/dev/null"), "device"),
            (folder.path(), "directory"),
        ];
        for (path, kind) in cases {
            let before = fs::symlink_metadata(path).unwrap();
            let errors = [
                write(path, "x").unwrap_err(),
                check_writable(path).unwrap_err(),
                dl_fs::read(path).unwrap_err(),
                dl_fs::read_to_string(path).unwrap_err(),
                dl_fs::open(path).unwrap_err(),
            ];
            for error in errors {
                let expected = format!("it is a {kind}, not a regular file");
                assert_eq!(error.to_string(), expected, "{}", path.display());
            }
            let after = fs::symlink_metadata(path).unwrap();
            assert_eq!(after.file_type(), before.file_type());
            assert_eq!(after.ino(), before.ino());
        }
        assert!(dl_fs::open("/dev/zero").is_err());
    }
}
