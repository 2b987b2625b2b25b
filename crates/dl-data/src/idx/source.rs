//! The bytes of a file and their offset, decompressed if it is gzipped.

use std::io::{self, BufReader, Chain, Cursor, Read};

use dl_fs::Budget;
use flate2::bufread::MultiGzDecoder;

use super::{IdxError, IdxLocation};

const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Maximum number of bytes read at a time, so that they stay in cache until they are converted.
pub(super) const CHUNK: usize = 64 << 10;

/// The first bytes, already read, and the rest.
type Rewound<R> = Chain<Cursor<Vec<u8>>, BufReader<Counted<R>>>;

/// A reader that counts its bytes.
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

/// Bytes read a chunk at a time.
#[derive(Debug)]
pub(super) struct Source<R> {
    bytes: Bytes<R>,
    at: IdxLocation,
    chunk: Vec<u8>,
    /// Size of the file, if known.
    size: Option<u64>,
}

impl<R> Source<R> {
    /// The bytes read last.
    pub(super) fn chunk(&self) -> &[u8] {
        &self.chunk
    }

    /// The location after them.
    pub(super) fn here(&self) -> IdxLocation {
        self.at.clone()
    }

    /// A location in the same file.
    pub(super) fn location(&self, offset: u64) -> IdxLocation {
        IdxLocation {
            offset,
            ..self.at.clone()
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.at.name
    }

    pub(super) fn io(&self, source: io::Error) -> IdxError {
        let at = self.here();
        if at.decompressed && is_damage(&source) {
            return IdxError::Gzip { at, source };
        }
        IdxError::Io { at, source }
    }
}

impl<R: Read> Source<R> {
    pub(super) fn new(reader: R, name: String, size: Option<u64>) -> Result<Self, IdxError> {
        let mut at = IdxLocation::start(name);
        let bytes = match Bytes::new(reader) {
            Ok(bytes) => bytes,
            Err(source) => return Err(IdxError::Io { at, source }),
        };
        at.decompressed = matches!(bytes, Bytes::Gzip(_));
        Ok(Self {
            bytes,
            at,
            chunk: Vec::with_capacity(CHUNK),
            size,
        })
    }

    /// A gzipped file may decompress to a thousand times its size: checks that the size of the file, or else of
    /// what has been read of it so far, warrants `bytes`.
    pub(super) fn check_unpacked(&self, bytes: u64) -> Result<(), IdxError> {
        let Bytes::Gzip(decoder) = &self.bytes else {
            return Ok(());
        };
        let (_, file) = decoder.get_ref().get_ref();
        let size = self.size.unwrap_or(file.get_ref().count);
        let taken = Budget::for_file(size).take_memory("the decompressed file", bytes);
        taken.map_err(|source| IdxError::OverBudget {
            at: self.here(),
            source,
        })
    }

    /// Reads the next `count` bytes and returns how many there were: fewer only at the end.
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
        let magic = GZIP.len() as u64;
        (&mut reader).take(magic).read_to_end(&mut start)?;
        let gzipped = start == GZIP;
        let rewound = Cursor::new(start).chain(reader);
        Ok(if gzipped {
            Self::Gzip(Box::new(MultiGzDecoder::new(rewound)))
        } else {
            Self::Plain(rewound)
        })
    }
}

/// Whether a decoder's error is about the compressed bytes; others come from the reader below it.
fn is_damage(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof)
}
