//! The bytes of a file, unpacked if it is gzipped.

use std::io::{self, BufReader, Chain, Cursor, Read};

use flate2::bufread::MultiGzDecoder;

const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The first bytes, already read, and the rest.
type Rewound<R> = Chain<Cursor<Vec<u8>>, BufReader<R>>;

#[derive(Debug)]
pub(super) enum Source<R> {
    Plain(Rewound<R>),
    Gzip(Box<MultiGzDecoder<Rewound<R>>>),
}

impl<R: Read> Source<R> {
    pub(super) fn new(reader: R) -> io::Result<Self> {
        let mut reader = BufReader::with_capacity(32 << 10, reader);
        let mut start = Vec::with_capacity(GZIP.len());
        (&mut reader)
            .take(GZIP.len() as u64)
            .read_to_end(&mut start)?;
        let gzipped = start == GZIP;
        let rewound = Cursor::new(start).chain(reader);
        Ok(if gzipped {
            Self::Gzip(Box::new(MultiGzDecoder::new(rewound)))
        } else {
            Self::Plain(rewound)
        })
    }

    pub(super) fn is_gzip(&self) -> bool {
        matches!(self, Self::Gzip(_))
    }
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(bytes) => bytes.read(buffer),
            Self::Gzip(bytes) => bytes.read(buffer),
        }
    }
}

/// Whether a decoder's error is about the packed bytes; the others come from below it.
pub(super) fn is_damage(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof)
}
