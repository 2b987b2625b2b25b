//! Downloads from folders, which `curl` reads as it does servers, and from a server that hangs up.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::thread;

use tempfile::TempDir;

use super::catalog::Artifact;
use super::download;

const BODY: &[u8] = b"twenty bytes of image";
const SHA256: &str = "43fd52e8fc6ff7856300cf3d0dd2e3d3fa2c9396c5ad29f7d615a7c1b35e4962";
const FILE: Artifact = Artifact("images.gz", 21, SHA256);

/// A folder to download to, and two mirrors.
struct Case {
    folder: TempDir,
    mirrors: Vec<String>,
}

impl Case {
    /// The second mirror has the file.
    fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let mirrors = ["first", "second"].map(|mirror| {
            let mirror = folder.path().join(mirror);
            fs::create_dir(&mirror).expect("created");
            format!("file://{}", mirror.display())
        });
        let case = Self {
            folder,
            mirrors: mirrors.into(),
        };
        case.write("second/images.gz", BODY);
        case
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).expect("written");
    }

    fn fetch(&self) -> Result<Option<String>, String> {
        download::fetch(FILE, &self.mirrors, self.folder.path())
    }

    #[track_caller]
    fn assert_fetched_from(&self, mirror: usize) {
        let url = format!("{}/images.gz", self.mirrors[mirror]);
        assert_eq!(self.fetch(), Ok(Some(url)));
        assert_eq!(fs::read(self.path("images.gz")).expect("there"), BODY);
        assert!(!self.path("images.gz.part").exists());
    }
}

#[test]
fn the_first_mirror_with_the_file_is_used_and_the_file_then_left_alone() {
    let case = Case::new();
    case.assert_fetched_from(1);
    assert_eq!(case.fetch(), Ok(None));
    case.write("images.gz", b"changed bytes, 21 too");
    case.write("first/images.gz", BODY);
    case.assert_fetched_from(0);
}

/// A server that hangs up after six bytes is asked for the others.
#[test]
fn an_interrupted_download_is_resumed() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let mut case = Case::new();
    case.mirrors[0] = format!("http://{}", listener.local_addr().expect("bound"));
    let server = thread::spawn(move || {
        let status = [
            "200 OK\r\n",
            "206 Partial Content\r\nContent-Range: bytes 6-20/21\r\n",
        ];
        let answers = [&BODY[..6], &BODY[6..]]
            .into_iter()
            .zip(status)
            .zip([21, 15]);
        let ranges = answers.map(|((body, status), length)| {
            let (mut stream, _) = listener.accept().expect("a connection");
            let lines = BufReader::new(&stream)
                .lines()
                .map(|line| line.expect("text"));
            let request: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
            let head = format!("HTTP/1.1 {status}Content-Length: {length}\r\n\r\n");
            stream
                .write_all(&[head.as_bytes(), body].concat())
                .expect("sent");
            request.into_iter().find(|line| line.starts_with("Range"))
        });
        ranges.collect::<Vec<_>>()
    });
    case.assert_fetched_from(0);
    let ranges = server.join().expect("two requests");
    assert_eq!(ranges, [None, Some("Range: bytes=6-".to_owned())]);
}

#[test]
fn a_complete_part_is_only_checked() {
    let case = Case::new();
    fs::remove_file(case.path("second/images.gz")).expect("removed");
    case.write("images.gz.part", BODY);
    case.assert_fetched_from(0);
}

#[test]
fn a_wrong_part_is_downloaded_again() {
    for part in [&b"other"[..], b"changed bytes, 21 too", &[b'b'; 30]] {
        let case = Case::new();
        case.write("images.gz.part", part);
        case.assert_fetched_from(1);
    }
}

#[test]
fn the_error_says_what_is_wrong_with_each_mirror() {
    let case = Case::new();
    let wrong = b"changed bytes, more than 21";
    case.write("second/images.gz", wrong);
    let error = case.fetch().expect_err("no right file");
    let target = case.path("images.gz");
    let lines: Vec<&str> = error.lines().collect();
    let file = format!("{} (21 bytes, SHA-256 {SHA256})", target.display());
    assert_eq!(lines[0], format!("cannot fetch {file}:"));
    assert!(lines[1].starts_with(&format!("  {}/images.gz: ", case.mirrors[0])));
    assert!(lines[1].ends_with(" (curl: exit status: 37)"), "{error}");
    let second = format!("  {}/images.gz: it has 27 bytes, SHA-256 ", case.mirrors[1]);
    assert!(lines[2].starts_with(&second), "{error}");
    assert!(!target.exists() && !case.path("images.gz.part").exists());
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let case = Case::new();
    case.write("file", b"");
    let folder = case.path("file/data");
    let error = download::fetch(FILE, &case.mirrors, &folder).expect_err("no folder");
    assert!(
        error.starts_with(&format!("{}: ", folder.display())),
        "{error}"
    );
}
