//! A server on the loopback interface that answers what a test tells it to, one request a connection.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// What the client asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) path: String,
    pub(super) range: Option<String>,
}

/// An answer, byte for byte, after which the server hangs up.
#[derive(Debug)]
pub(super) struct Answer {
    bytes: Vec<u8>,
    /// How long it keeps silent before hanging up.
    silence: Duration,
}

impl Answer {
    pub(super) fn new(status: &str, headers: &[String], body: &[u8]) -> Self {
        let mut text = format!("HTTP/1.1 {status}\r\nConnection: close\r\n");
        for header in headers {
            text += &format!("{header}\r\n");
        }
        let mut bytes = (text + "\r\n").into_bytes();
        bytes.extend_from_slice(body);
        let silence = Duration::ZERO;
        Self { bytes, silence }
    }

    pub(super) fn nothing() -> Self {
        let (bytes, silence) = (Vec::new(), Duration::ZERO);
        Self { bytes, silence }
    }

    /// 200 with a body that is as long as announced.
    pub(super) fn ok(body: &[u8]) -> Self {
        Self::new("200 OK", &[format!("Content-Length: {}", body.len())], body)
    }

    /// 206 with the body from byte `start` on.
    pub(super) fn rest(body: &[u8], start: usize) -> Self {
        let (size, rest) = (body.len(), &body[start..]);
        let headers = [
            format!("Content-Length: {}", rest.len()),
            format!("Content-Range: bytes {start}-{}/{size}", size - 1),
        ];
        Self::new("206 Partial Content", &headers, rest)
    }

    /// Cut off after the first `sent` bytes of a body.
    pub(super) fn cut(body: &[u8], sent: usize) -> Self {
        let length = format!("Content-Length: {}", body.len());
        Self::new("200 OK", &[length], &body[..sent])
    }

    pub(super) fn status(status: &str) -> Self {
        Self::new(status, &["Content-Length: 0".to_owned()], b"")
    }

    pub(super) fn then_silence(mut self, silence: Duration) -> Self {
        self.silence = silence;
        self
    }
}

/// A running server.
#[derive(Debug)]
pub(super) struct Server {
    /// Its address, with a `/` at the end.
    pub(super) url: String,
    requests: Receiver<Request>,
}

impl Server {
    /// Gives these answers, one after the other, and then refuses connections.
    pub(super) fn start(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}/", listener.local_addr().expect("bound"));
        let (sender, requests) = channel();
        thread::spawn(move || {
            for answer in answers {
                let (mut stream, _) = listener.accept().expect("a connection");
                let request = read_request(&stream);
                if sender.send(request).is_err() {
                    return;
                }
                // The client may hang up first.
                let _ = stream.write_all(&answer.bytes);
                thread::spawn(move || {
                    thread::sleep(answer.silence);
                    drop(stream);
                });
            }
        });
        Self { url, requests }
    }

    /// The requests so far.
    pub(super) fn requests(&self) -> Vec<Request> {
        self.requests.try_iter().collect()
    }
}

fn read_request(stream: &TcpStream) -> Request {
    let mut lines = BufReader::new(stream)
        .lines()
        .map(|line| line.expect("text"));
    let first = lines.next().expect("a request");
    let path = first.split(' ').nth(1).expect("a path").to_owned();
    let headers: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let range = headers.iter().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        (name.eq_ignore_ascii_case("range")).then(|| value.to_owned())
    });
    Request { path, range }
}
