//! The bytes of a file with their place, unpacked if it is gzipped.

use std::io::{self, BufReader, Chain, Cursor, Read};

use flate2::bufread::MultiGzDecoder;

use super::{IdxError, IdxPlace};

const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Most bytes taken at a time: they stay in cache until they are values.
pub(super) const CHUNK: usize = 64 << 10;

/// The first bytes, already read, and the rest.
type Rewound<R> = Chain<Cursor<Vec<u8>>, BufReader<R>>;

#[derive(Debug)]
enum Bytes<R> {
    Plain(Rewound<R>),
    Gzip(Box<MultiGzDecoder<Rewound<R>>>),
}

/// Bytes taken a chunk at a time.
#[derive(Debug)]
pub(super) struct Source<R> {
    bytes: Bytes<R>,
    at: IdxPlace,
    chunk: Vec<u8>,
}

impl<R> Source<R> {
    /// The bytes taken last.
    pub(super) fn chunk(&self) -> &[u8] {
        &self.chunk
    }

    /// The place behind them.
    pub(super) fn here(&self) -> IdxPlace {
        self.at.clone()
    }

    /// A place of the same file.
    pub(super) fn place(&self, offset: u64) -> IdxPlace {
        IdxPlace {
            offset,
            ..self.at.clone()
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.at.name
    }

    pub(super) fn io(&self, source: io::Error) -> IdxError {
        let at = self.here();
        if at.unpacked && is_damage(&source) {
            return IdxError::Gzip { at, source };
        }
        IdxError::Io { at, source }
    }
}

impl<R: Read> Source<R> {
    pub(super) fn new(reader: R, name: String) -> Result<Self, IdxError> {
        let mut at = IdxPlace::start(name);
        let bytes = match Bytes::new(reader) {
            Ok(bytes) => bytes,
            Err(source) => return Err(IdxError::Io { at, source }),
        };
        at.unpacked = matches!(bytes, Bytes::Gzip(_));
        Ok(Self {
            bytes,
            at,
            chunk: Vec::with_capacity(CHUNK),
        })
    }

    /// Takes the next bytes and tells how many they are: fewer than asked for only at the end.
    pub(super) fn fill(&mut self, count: usize) -> Result<usize, IdxError> {
        self.chunk.clear();
        let count = count as u64;
        let taken = match &mut self.bytes {
            Bytes::Plain(bytes) => bytes.take(count).read_to_end(&mut self.chunk),
            Bytes::Gzip(bytes) => bytes.take(count).read_to_end(&mut self.chunk),
        };
        self.at.offset += self.chunk.len() as u64;
        taken.map_err(|error| self.io(error))
    }
}

impl<R: Read> Bytes<R> {
    fn new(reader: R) -> io::Result<Self> {
        let mut reader = BufReader::with_capacity(32 << 10, reader);
        let mut start = Vec::with_capacity(GZIP.len());
        let most = GZIP.len() as u64;
        (&mut reader).take(most).read_to_end(&mut start)?;
        let gzipped = start == GZIP;
        let rewound = Cursor::new(start).chain(reader);
        Ok(if gzipped {
            Self::Gzip(Box::new(MultiGzDecoder::new(rewound)))
        } else {
            Self::Plain(rewound)
        })
    }
}

/// Whether a decoder's error is about the packed bytes; the others come from below it.
fn is_damage(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof)
}
