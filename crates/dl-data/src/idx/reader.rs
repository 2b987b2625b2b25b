//! Reading, a chunk at a time.

use std::{
    collections::TryReserveError,
    fs::File,
    io::{self, Read},
    path::Path,
};

use ndarray::ArrayD;

use super::{Element, IdxArray, IdxElement, IdxError, IdxPlace, MAX_RANK, source};

/// Bytes unpacked at a time: they stay in cache until they are values.
const CHUNK: usize = 64 << 10;

/// An IDX file whose header is read and whose values are still to come.
///
/// The sizes in the header are not trusted: memory grows with the values that really come, to at
/// most twice what they need, and never beyond what the header says, however much a gzipped file
/// would unpack to.
#[derive(Debug)]
pub struct IdxReader<R> {
    source: source::Source<R>,
    at: IdxPlace,
    element: Element,
    shape: Vec<usize>,
    /// Values in the whole file.
    values: usize,
    /// Values not read yet.
    left: usize,
    /// The end has been looked at.
    ended: bool,
    chunk: Vec<u8>,
}

/// Opens a file and reads its header.
///
/// # Errors
/// A file that cannot be read or whose header is not that of an IDX file.
pub fn open(path: impl AsRef<Path>) -> Result<IdxReader<File>, IdxError> {
    let name = path.as_ref().display().to_string();
    match File::open(path) {
        Ok(file) => IdxReader::new(file, name),
        Err(source) => Err(IdxError::Io {
            at: start(name),
            source,
        }),
    }
}

fn start(name: String) -> IdxPlace {
    IdxPlace {
        name,
        offset: 0,
        unpacked: false,
    }
}

impl<R: Read> IdxReader<R> {
    /// Reads the header; `name` is what errors call the data. The reader is buffered here.
    ///
    /// # Errors
    /// As [`open`].
    pub fn new(reader: R, name: impl Into<String>) -> Result<Self, IdxError> {
        let mut at = start(name.into());
        let source = match source::Source::new(reader) {
            Ok(source) => source,
            Err(source) => return Err(IdxError::Io { at, source }),
        };
        at.unpacked = source.is_gzip();
        let mut this = Self {
            source,
            at,
            element: Element::U8,
            shape: Vec::new(),
            values: 0,
            left: 0,
            ended: false,
            chunk: Vec::with_capacity(CHUNK),
        };
        this.read_header()?;
        Ok(this)
    }

    /// Type of the values.
    pub fn element(&self) -> Element {
        self.element
    }

    /// Length of each axis, as the header says.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Name of the data in errors.
    pub fn name(&self) -> &str {
        &self.at.name
    }

    /// Appends the next values, `at_most` so many, in row-major order, and tells how many there
    /// were: 0 after the last. With the last ones it is checked that nothing follows them.
    ///
    /// ```
    /// use dl_data::idx::{self, IdxReader};
    /// let mut file = Vec::new();
    /// idx::write(&mut file, &dl_data::ndarray::array![[1_i16, -2], [3, -4]], true)?;
    ///
    /// let mut reader = IdxReader::new(file.as_slice(), "memory")?;
    /// assert_eq!(reader.shape(), [2, 2]);
    /// let mut row = Vec::new();
    /// while reader.read_values::<i16>(2, &mut row)? > 0 {
    ///     assert_eq!(row[0].signum() * row[1].signum(), -1);
    ///     row.clear();
    /// }
    /// # Ok::<(), idx::IdxError>(())
    /// ```
    ///
    /// # Errors
    /// Values of another type; a file that cannot be read, is damaged, ends too soon or too
    /// late. The values before the fault have then been appended.
    pub fn read_values<T: IdxElement>(
        &mut self,
        at_most: usize,
        values: &mut Vec<T>,
    ) -> Result<usize, IdxError> {
        if T::ELEMENT != self.element {
            return Err(IdxError::WrongElement {
                at: IdxPlace {
                    offset: 2,
                    ..self.at.clone()
                },
                expected: T::ELEMENT,
                found: self.element,
            });
        }
        let count = at_most.min(self.left);
        let end = values.len() + count;
        while values.len() < end {
            let next = (end - values.len()).min(CHUNK / self.element.bytes());
            self.fill_with_values(next)?;
            grow(values, next, end).map_err(|error| self.io(error.into()))?;
            T::extend_from_bytes(values, &self.chunk);
            self.left -= next;
        }
        if self.left == 0 && !self.ended {
            self.check_end()?;
        }
        Ok(count)
    }

    /// All values that are left, as an array of the file's shape.
    ///
    /// # Errors
    /// As [`read_values`](Self::read_values).
    ///
    /// # Panics
    /// If values have been read before.
    pub fn into_array<T: IdxElement>(mut self) -> Result<ArrayD<T>, IdxError> {
        let mut values = Vec::new();
        self.read_values(self.values, &mut values)?;
        let array = ArrayD::from_shape_vec(self.shape, values);
        Ok(array.expect("into_array takes a reader no values have been read from"))
    }

    /// As [`into_array`](Self::into_array), of whatever type the values are.
    ///
    /// # Errors
    /// As [`read_values`](Self::read_values).
    ///
    /// # Panics
    /// If values have been read before.
    pub fn into_any(self) -> Result<IdxArray, IdxError> {
        Ok(match self.element {
            Element::U8 => IdxArray::U8(self.into_array()?),
            Element::I8 => IdxArray::I8(self.into_array()?),
            Element::I16 => IdxArray::I16(self.into_array()?),
            Element::I32 => IdxArray::I32(self.into_array()?),
            Element::F32 => IdxArray::F32(self.into_array()?),
            Element::F64 => IdxArray::F64(self.into_array()?),
        })
    }

    fn read_header(&mut self) -> Result<(), IdxError> {
        self.fill(4)?;
        let at = |offset| IdxPlace {
            offset,
            ..self.at.clone()
        };
        // what is no IDX file at all is not called a short one
        if let &[a, b, ..] = self.chunk.as_slice()
            && [a, b] != [0, 0]
        {
            return Err(IdxError::Magic {
                at: at(0),
                found: [a, b],
            });
        }
        let &[_, _, code, rank] = self.chunk.as_slice() else {
            return Err(self.header_ends(4));
        };
        self.element = Element::of_code(code).ok_or_else(|| IdxError::ElementType {
            at: at(2),
            found: code,
        })?;
        if !(1..=MAX_RANK).contains(&usize::from(rank)) {
            return Err(IdxError::Rank {
                at: at(3),
                found: rank,
            });
        }
        let sizes = 4 * usize::from(rank);
        if self.fill(sizes)? < sizes {
            return Err(self.header_ends(4 + sizes));
        }
        let (sizes, _) = self.chunk.as_chunks();
        let shape: Vec<u32> = sizes.iter().map(|size| u32::from_be_bytes(*size)).collect();
        let Some(values) = count(&shape, self.element.bytes()) else {
            return Err(IdxError::TooLarge {
                at: self.at.clone(),
                element: self.element,
                shape,
            });
        };
        self.shape = shape.iter().map(|&size| size as usize).collect();
        (self.values, self.left) = (values, values);
        Ok(())
    }

    fn header_ends(&self, expected: usize) -> IdxError {
        IdxError::TruncatedHeader {
            at: self.at.clone(),
            expected,
        }
    }

    fn fill_with_values(&mut self, values: usize) -> Result<(), IdxError> {
        let size = self.element.bytes();
        let before = (self.values - self.left) * size;
        let found = self.fill(values * size)?;
        if found < values * size {
            return Err(IdxError::TruncatedData {
                at: self.at.clone(),
                element: self.element,
                shape: self.shape.clone(),
                expected: (self.values * size) as u64,
                found: (before + found) as u64,
            });
        }
        Ok(())
    }

    /// Nothing may follow; looking for it also has gzip's checksum compared.
    fn check_end(&mut self) -> Result<(), IdxError> {
        let at = self.at.clone();
        if self.fill(1)? > 0 {
            return Err(IdxError::TrailingData {
                at,
                element: self.element,
                shape: self.shape.clone(),
            });
        }
        self.ended = true;
        Ok(())
    }

    /// Fills `chunk` with the next bytes, fewer than asked for only at the end.
    fn fill(&mut self, bytes: usize) -> Result<usize, IdxError> {
        self.chunk.clear();
        let read = (&mut self.source)
            .take(bytes as u64)
            .read_to_end(&mut self.chunk);
        self.at.offset += self.chunk.len() as u64;
        read.map_err(|error| self.io(error))
    }

    fn io(&self, source: io::Error) -> IdxError {
        let at = self.at.clone();
        if at.unpacked && source::is_damage(&source) {
            return IdxError::Gzip { at, source };
        }
        IdxError::Io { at, source }
    }
}

/// Makes room for `next` more values of `end` in all. The room is doubled, as a Vec grows, but not
/// beyond the end.
pub(crate) fn grow<T>(values: &mut Vec<T>, next: usize, end: usize) -> Result<(), TryReserveError> {
    let len = values.len();
    if values.capacity() - len >= next {
        return Ok(());
    }
    values.try_reserve_exact((2 * len).clamp(len + next, end) - len)
}

/// Values of a shape; `None` if an array of it cannot be addressed, even if it is empty.
fn count(shape: &[u32], element_bytes: usize) -> Option<usize> {
    let addressable = (shape.iter().filter(|&&size| size > 0))
        .try_fold(element_bytes, |bytes, &size| {
            bytes.checked_mul(usize::try_from(size).ok()?)
        })
        .filter(|&bytes| isize::try_from(bytes).is_ok())?;
    Some(if shape.contains(&0) {
        0
    } else {
        addressable / element_bytes
    })
}
