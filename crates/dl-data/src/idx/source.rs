//! The bytes of a file with their place, unpacked if it is gzipped.

use std::io::{self, BufReader, Chain, Cursor, Read};

use dl_fs::Budget;
use flate2::bufread::MultiGzDecoder;

use super::{IdxError, IdxPlace};

const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Most bytes taken at a time: they stay in cache until they are values.
pub(super) const CHUNK: usize = 64 << 10;

/// The first bytes, already read, and the rest.
type Rewound<R> = Chain<Cursor<Vec<u8>>, BufReader<Counted<R>>>;

/// A reader and the bytes that have come from it.
#[derive(Debug)]
struct Counted<R> {
    reader: R,
    count: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.count += read as u64;
        Ok(read)
    }
}

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
    /// Bytes of the file, where they are known.
    size: Option<u64>,
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
    pub(super) fn new(reader: R, name: String, size: Option<u64>) -> Result<Self, IdxError> {
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
            size,
        })
    }

    /// A gzipped file may unpack to a thousand times its size: `bytes` of it must be what the whole file
    /// warrants, or else what has come of it so far.
    pub(super) fn check_unpacked(&self, bytes: u64) -> Result<(), IdxError> {
        let Bytes::Gzip(decoder) = &self.bytes else {
            return Ok(());
        };
        let (_, file) = decoder.get_ref().get_ref();
        let size = self.size.unwrap_or(file.get_ref().count);
        let taken = Budget::for_file(size).take_memory("the unpacked file", bytes);
        taken.map_err(|source| IdxError::OverBudget {
            at: self.here(),
            source,
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
        let taken = taken.map_err(|error| self.io(error))?;
        self.check_unpacked(self.at.offset)?;
        Ok(taken)
    }
}

impl<R: Read> Bytes<R> {
    fn new(reader: R) -> io::Result<Self> {
        let mut reader = BufReader::with_capacity(32 << 10, Counted { reader, count: 0 });
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
