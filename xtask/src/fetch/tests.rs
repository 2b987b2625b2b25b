//! Downloads from a server on the loopback interface.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use tempfile::TempDir;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::catalog::{Artifact, Source};
use super::digest::Sha256;
use super::download::{Downloader, Outcome, Patience};
use super::emnist::{Split, extract};
use super::error::FetchError;
use super::server::{Answer, Request, Server};

const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(5),
    read: Duration::from_millis(500),
    pause: Duration::ZERO,
};

/// A file of 100 000 bytes, and an empty directory for it.
struct Case {
    directory: TempDir,
    body: Vec<u8>,
    file: Artifact,
}

impl Case {
    fn new() -> Self {
        let directory = TempDir::new().expect("a directory");
        let body: Vec<u8> = (0..100_000_u32)
            .map(|i| (i.wrapping_mul(i) >> 7) as u8)
            .collect();
        let copy = directory.path().join("copy");
        fs::write(&copy, &body).expect("written");
        let sha256 = Sha256::of_file(&copy).expect("read");
        fs::remove_file(&copy).expect("removed");
        let (name, size) = ("images.gz", 100_000);
        let file = Artifact { name, size, sha256 };
        Self {
            directory,
            body,
            file,
        }
    }

    fn target(&self) -> PathBuf {
        self.directory.path().join("images.gz")
    }

    fn part(&self) -> PathBuf {
        self.directory.path().join("images.gz.part")
    }

    fn fetch(&self, servers: &[&Server]) -> Result<Outcome, FetchError> {
        let mirrors: Vec<String> = servers.iter().map(|server| server.url.clone()).collect();
        let bar = ProgressBar::hidden();
        let directory = self.directory.path();
        Downloader::new(PATIENCE, None).fetch(&self.file, &mirrors, directory, &bar)
    }

    /// Fetches what must succeed; the requests the server got for it.
    #[track_caller]
    fn ranges(&self, server: &Server) -> Vec<Option<String>> {
        let url = format!("{}images.gz", server.url);
        assert_eq!(
            self.fetch(&[server]).expect("fetched"),
            Outcome::Fetched(url)
        );
        self.assert_complete();
        ranges(server)
    }

    /// Fetches what must fail; the message, with this server's address as URL.
    #[track_caller]
    fn failure(&self, server: &Server) -> String {
        let message = self.fetch(&[server]).expect_err("refused").to_string();
        assert!(!self.target().exists(), "nothing in place");
        let header = format!(
            "cannot fetch {} (100000 bytes, SHA-256 {}):\n  ",
            self.target().display(),
            self.file.sha256
        );
        let rest = message
            .strip_prefix(&header)
            .unwrap_or_else(|| panic!("{message}"));
        rest.replace(&format!("{}images.gz", server.url), "URL")
    }

    #[track_caller]
    fn assert_complete(&self) {
        assert!(
            fs::read(self.target()).expect("in place") == self.body,
            "the right bytes"
        );
        assert!(!self.part().exists(), "no part left");
    }
}

fn ranges(server: &Server) -> Vec<Option<String>> {
    server
        .requests()
        .into_iter()
        .map(|request| request.range)
        .collect()
}

fn from(byte: usize) -> Option<String> {
    Some(format!("bytes={byte}-"))
}

#[test]
fn a_file_is_downloaded_and_then_left_alone() {
    let case = Case::new();
    let server = Server::start(vec![Answer::ok(&case.body)]);
    assert_eq!(case.ranges(&server), [None]);
    assert_eq!(
        case.fetch(&[&server]).expect("there"),
        Outcome::AlreadyThere
    );
    assert_eq!(case.fetch(&[]).expect("there"), Outcome::AlreadyThere);
}

#[test]
fn a_wrong_file_in_place_is_replaced() {
    let case = Case::new();
    for wrong in [&case.body[1..], &vec![7; case.body.len()]] {
        fs::write(case.target(), wrong).expect("written");
        assert_eq!(
            case.ranges(&Server::start(vec![Answer::ok(&case.body)])),
            [None]
        );
    }
}

#[test]
fn a_cut_connection_is_resumed() {
    let case = Case::new();
    let server = Server::start(vec![
        Answer::cut(&case.body, 30_000),
        Answer::rest(&case.body, 30_000),
    ]);
    assert_eq!(case.ranges(&server), [None, from(30_000)]);
}

#[test]
fn a_part_left_by_another_run_is_gone_on_with() {
    let case = Case::new();
    fs::write(case.part(), &case.body[..99_999]).expect("written");
    let server = Server::start(vec![Answer::rest(&case.body, 99_999)]);
    assert_eq!(case.ranges(&server), [from(99_999)]);
}

#[test]
fn a_complete_part_is_only_checked() {
    let case = Case::new();
    fs::write(case.part(), &case.body).expect("written");
    let server = Server::start(vec![]);
    assert_eq!(case.ranges(&server), []);
}

#[test]
fn a_part_goes_on_at_the_next_mirror() {
    let case = Case::new();
    let cut = || Answer::cut(&case.body, 30_000);
    let first = Server::start(vec![cut(), Answer::status("404 Not Found")]);
    let second = Server::start(vec![Answer::rest(&case.body, 30_000)]);
    let url = format!("{}images.gz", second.url);
    assert_eq!(
        case.fetch(&[&first, &second]).expect("fetched"),
        Outcome::Fetched(url)
    );
    assert_eq!(ranges(&first), [None, from(30_000)]);
    assert_eq!(ranges(&second), [from(30_000)]);
    case.assert_complete();
}

#[test]
fn a_server_without_ranges_sends_all_again() {
    let case = Case::new();
    fs::write(case.part(), &case.body[..30_000]).expect("written");
    let server = Server::start(vec![Answer::ok(&case.body)]);
    assert_eq!(case.ranges(&server), [from(30_000)]);
}

#[test]
fn a_part_of_another_file_is_thrown_away_once() {
    let case = Case::new();
    let whole = || Answer::ok(&case.body);
    fs::write(case.part(), [7; 30_000]).expect("written");
    let server = Server::start(vec![Answer::rest(&case.body, 30_000), whole()]);
    assert_eq!(case.ranges(&server), [from(30_000), None]);
    // Complete, and wrong.
    fs::remove_file(case.target()).expect("removed");
    fs::write(case.part(), vec![7; 100_000]).expect("written");
    assert_eq!(case.ranges(&Server::start(vec![whole()])), [None]);
    // The fresh start is wrong, too.
    fs::remove_file(case.target()).expect("removed");
    fs::write(case.part(), [7; 30_000]).expect("written");
    let other = vec![8; 100_000];
    let server = Server::start(vec![Answer::rest(&other, 30_000), Answer::ok(&other)]);
    let message = case.failure(&server);
    assert!(message.starts_with("URL: SHA-256 is "), "{message}");
    assert_eq!(ranges(&server), [from(30_000), None]);
}

#[test]
fn a_part_longer_than_the_file_is_started_over() {
    let case = Case::new();
    fs::write(case.part(), vec![7; 100_001]).expect("written");
    assert_eq!(
        case.ranges(&Server::start(vec![Answer::ok(&case.body)])),
        [None]
    );
}

#[test]
fn a_range_that_does_not_exist_is_a_fresh_start() {
    let case = Case::new();
    fs::write(case.part(), &case.body[..30_000]).expect("written");
    let refusal = Answer::status("416 Range Not Satisfiable");
    let server = Server::start(vec![refusal, Answer::ok(&case.body)]);
    assert_eq!(case.ranges(&server), [from(30_000), None]);
}

#[test]
fn another_range_than_asked_for_is_refused() {
    let case = Case::new();
    fs::write(case.part(), &case.body[..30_000]).expect("written");
    let message = case.failure(&Server::start(vec![Answer::rest(&case.body, 20_000)]));
    let range = "`content-range: bytes 20000-99999/100000`";
    let expected = format!("URL: answers a request for bytes 30000 onwards with {range}");
    assert_eq!(message, expected);
    assert_eq!(fs::read(case.part()).expect("kept").len(), 30_000);
}

#[test]
fn other_bytes_are_refused_and_removed() {
    let case = Case::new();
    let other = vec![7; 100_000];
    let message = case.failure(&Server::start(vec![Answer::ok(&other)]));
    // sha256sum of 100 000 bytes of value 7
    let found = "2c4b101169bf328cd4a882e640a8b57eb3acf76518b3d105869905cf629e791c";
    let expected = case.file.sha256;
    assert_eq!(
        message,
        format!("URL: SHA-256 is {found}, expected {expected}")
    );
    assert!(!case.part().exists(), "part removed");
}

#[test]
fn the_next_mirror_is_asked_where_one_has_nothing() {
    let case = Case::new();
    let first = Server::start(vec![Answer::status("404 Not Found")]);
    let second = Server::start(vec![Answer::ok(&vec![7; 100_000])]);
    let third = Server::start(vec![Answer::ok(&case.body)]);
    let outcome = case.fetch(&[&first, &second, &third]).expect("fetched");
    assert_eq!(outcome, Outcome::Fetched(format!("{}images.gz", third.url)));
    case.assert_complete();
    for server in [first, second, third] {
        let (path, range) = ("/images.gz".to_owned(), None);
        assert_eq!(server.requests(), [Request { path, range }]);
    }
}

#[test]
fn every_mirror_is_in_the_error() {
    let case = Case::new();
    let first = Server::start(vec![Answer::status("404 Not Found")]);
    let second = Server::start(vec![Answer::status("403 Forbidden")]);
    let message = case
        .fetch(&[&first, &second])
        .expect_err("refused")
        .to_string();
    let lines: Vec<&str> = message.lines().skip(1).collect();
    let line = |server: &Server, status| format!("  {}images.gz: HTTP status {status}", server.url);
    assert_eq!(lines, [line(&first, 404), line(&second, 403)]);
}

#[test]
fn a_file_of_another_size_is_not_downloaded() {
    let case = Case::new();
    let longer = [&case.body[..], b"!"].concat();
    let message = case.failure(&Server::start(vec![Answer::ok(&longer)]));
    assert_eq!(message, "URL: offers 100001 bytes, expected 100000");
    fs::write(case.part(), &case.body[..30_000]).expect("written");
    let message = case.failure(&Server::start(vec![Answer::rest(&longer, 30_000)]));
    assert_eq!(message, "URL: offers 100001 bytes, expected 100000");
}

#[test]
fn no_more_is_written_than_the_file_has() {
    let case = Case::new();
    // A body without a length ends where the server hangs up.
    let longer = [&case.body[..], &case.body].concat();
    let message = case.failure(&Server::start(vec![Answer::new("200 OK", &[], &longer)]));
    assert_eq!(message, "URL: more than the expected 100000 bytes");
    assert!(!case.part().exists(), "part removed");
}

#[test]
fn a_body_that_never_gets_complete_is_given_up_and_kept() {
    let case = Case::new();
    let cut = |sent| Answer::cut(&case.body, sent);
    let server = Server::start(vec![
        cut(10),
        cut(20),
        cut(30),
        cut(40),
        Answer::ok(&case.body),
    ]);
    let message = case.failure(&server);
    assert!(
        message.starts_with("URL: broke off after 40 of 100000 bytes: "),
        "{message}"
    );
    assert_eq!(ranges(&server), [None, from(10), from(20), from(30)]);
    assert_eq!(fs::read(case.part()).expect("kept"), &case.body[..40]);
}

#[test]
fn a_short_body_without_a_length_is_asked_for_again() {
    let case = Case::new();
    let server = Server::start(vec![
        Answer::new("200 OK", &[], &case.body[..30_000]),
        Answer::rest(&case.body, 30_000),
    ]);
    assert_eq!(case.ranges(&server), [None, from(30_000)]);
}

#[test]
fn a_silent_server_is_left() {
    let case = Case::new();
    let long = Duration::from_secs(60);
    let server = Server::start(vec![
        Answer::nothing().then_silence(long),
        Answer::cut(&case.body, 30_000).then_silence(long),
        Answer::rest(&case.body, 30_000),
    ]);
    let start = Instant::now();
    assert_eq!(case.ranges(&server), [None, None, from(30_000)]);
    assert!(start.elapsed() < long / 2);
}

#[test]
fn a_busy_server_is_asked_again() {
    let case = Case::new();
    let busy = Answer::status("503 Service Unavailable");
    let server = Server::start(vec![busy, Answer::ok(&case.body)]);
    assert_eq!(case.ranges(&server), [None, None]);
}

#[test]
fn a_redirection_is_followed() {
    let case = Case::new();
    fs::write(case.part(), &case.body[..30_000]).expect("written");
    let other = Server::start(vec![Answer::rest(&case.body, 30_000)]);
    let to = [
        format!("Location: {}there", other.url),
        "Content-Length: 0".to_owned(),
    ];
    let server = Server::start(vec![Answer::new("302 Found", &to, b"")]);
    assert_eq!(case.ranges(&server), [from(30_000)]);
    let (path, range) = ("/there".to_owned(), from(30_000));
    assert_eq!(other.requests(), [Request { path, range }]);
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let case = Case::new();
    let message = case.failure(&Server::start(vec![]));
    assert!(message.starts_with("URL: "), "{message}");
    assert!(message.to_lowercase().contains("refused"), "{message}");
}

#[test]
fn a_disk_that_fails_is_named() {
    let case = Case::new();
    fs::create_dir(case.part()).expect("made");
    let error = case
        .fetch(&[&Server::start(vec![Answer::ok(&case.body)])])
        .expect_err("no file");
    assert!(
        error
            .to_string()
            .starts_with(&case.part().display().to_string()),
        "{error}"
    );
}

#[test]
fn all_files_of_a_source_come_from_a_mirror_of_ones_own() {
    let case = Case::new();
    let server = Server::start(vec![Answer::ok(&case.body)]);
    let source = Source {
        files: vec![case.file].leak(),
        mirrors: &["http://localhost:1/no/"],
    };
    let downloader = Downloader::new(PATIENCE, None);
    let mirror = format!("{}my/copy", server.url);
    let folder = case.directory.path().join("new/folder");
    super::fetch(&downloader, &source, &[mirror], &folder).expect("fetched");
    assert!(fs::read(folder.join("images.gz")).expect("in place") == case.body);
    let (path, range) = ("/my/copy/images.gz".to_owned(), None);
    assert_eq!(server.requests(), [Request { path, range }]);
}

/// An option that would change nothing is refused, before anything is fetched.
#[test]
fn splits_are_those_of_emnist() {
    let fetch = super::Fetch {
        names: vec![super::Name::Kmnist],
        out: None,
        mirror: Vec::new(),
        split: vec![Split::Digits],
    };
    let message = fetch.run().expect_err("refused").to_string();
    assert_eq!(message, "--split is for emnist, which is not asked for");
}

/// A small archive of the shape of EMNIST's.
fn archive(path: &Path, method: CompressionMethod) {
    let mut zip = ZipWriter::new(fs::File::create(path).expect("created"));
    let options = SimpleFileOptions::default().compression_method(method);
    for (name, bytes) in MEMBERS {
        zip.start_file(name, options).expect("started");
        zip.write_all(bytes).expect("written");
    }
    zip.finish().expect("finished");
}

const MEMBERS: [(&str, &[u8]); 5] = [
    (
        "gzip/emnist-letters-train-images-idx3-ubyte.gz",
        b"training images",
    ),
    (
        "gzip/emnist-letters-train-labels-idx1-ubyte.gz",
        b"training labels",
    ),
    (
        "gzip/emnist-letters-test-images-idx3-ubyte.gz",
        b"test images",
    ),
    (
        "gzip/emnist-letters-test-labels-idx1-ubyte.gz",
        b"test labels",
    ),
    ("gzip/emnist-digits-test-labels-idx1-ubyte.gz", b"others"),
];

#[test]
fn a_split_is_extracted() {
    let directory = TempDir::new().expect("a directory");
    let zip = directory.path().join("gzip.zip");
    let folder = directory.path().join("emnist");
    for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
        archive(&zip, method);
        extract(&zip, Split::Letters, &folder).expect("extracted");
    }
    for (member, bytes) in &MEMBERS[..4] {
        let path = folder.join(member.trim_start_matches("gzip/"));
        assert_eq!(&fs::read(path).expect("extracted"), bytes);
    }
    assert_eq!(fs::read_dir(&folder).expect("listed").count(), 4);
}

#[test]
fn a_missing_or_damaged_member_is_named() {
    let directory = TempDir::new().expect("a directory");
    let zip = directory.path().join("gzip.zip");
    let fails = |split| {
        extract(&zip, split, directory.path())
            .expect_err("refused")
            .to_string()
    };
    archive(&zip, CompressionMethod::Stored);
    let message = fails(Split::Digits);
    assert!(
        message.contains("gzip/emnist-digits-train-images-idx3-ubyte.gz: "),
        "{message}"
    );
    let mut bytes = fs::read(&zip).expect("read");
    let place = bytes
        .windows(15)
        .position(|window| window == b"training labels");
    bytes[place.expect("stored as it is") + 3] ^= 1;
    fs::write(&zip, bytes).expect("written");
    let message = fails(Split::Letters);
    assert!(
        message.contains("gzip/emnist-letters-train-labels-idx1-ubyte.gz: "),
        "{message}"
    );
    assert!(
        !directory
            .path()
            .join("emnist-letters-train-labels-idx1-ubyte.gz")
            .exists()
    );
    // the archive and the member before it: nothing of what was not written to its end
    assert_eq!(fs::read_dir(directory.path()).expect("listed").count(), 2);
    fs::write(&zip, "no archive").expect("written");
    assert!(fails(Split::Letters).contains("gzip.zip: directory: "));
}

#[test]
fn digests_are_read_and_written_in_hexadecimal() {
    // FIPS 180-2, appendix B.1
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let directory = TempDir::new().expect("a directory");
    let path = directory.path().join("abc");
    fs::write(&path, "abc").expect("written");
    let digest = Sha256::of_file(&path).expect("read");
    assert_eq!(digest.to_string(), abc);
    assert_eq!(digest, Sha256::from_hex(abc));
}
