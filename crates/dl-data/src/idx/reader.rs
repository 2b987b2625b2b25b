//! Reads a file, a chunk at a time.

use std::{collections::TryReserveError, fs::File, io::Read, path::Path};

use ndarray::ArrayD;

use super::{
    ElementType, IdxArray, IdxElement, IdxError, IdxLocation,
    header::Header,
    source::{CHUNK, Source},
};

/// An IDX file whose header has been read.
///
/// The sizes in the header are not trusted: memory grows with the values actually read, to at most twice their
/// size, and never beyond what the header declares, however much a gzipped file would decompress to. A gzipped file
/// may decompress to at most 64 MiB plus 16 times its size: one compressed more tightly is most likely a
/// decompression bomb; otherwise, decompress it first.
#[derive(Debug)]
pub struct IdxReader<R> {
    source: Source<R>,
    header: Header,
    /// Number of values not read yet.
    left: usize,
    /// The end of the file has been checked.
    ended: bool,
}

/// Opens a file and reads its header.
///
/// # Errors
/// A file that cannot be read or whose header is invalid.
pub fn open(path: impl AsRef<Path>) -> Result<IdxReader<File>, IdxError> {
    let name = path.as_ref().display().to_string();
    let opened = dl_fs::open(path).and_then(|file| Ok((file.metadata()?.len(), file)));
    match opened {
        Ok((size, file)) => IdxReader::sized(file, name, Some(size)),
        Err(source) => Err(IdxError::Io {
            at: IdxLocation::start(name),
            source,
        }),
    }
}

impl<R: Read> IdxReader<R> {
    /// Reads the header; `name` is what error messages call the data. The reader need not be buffered.
    ///
    /// # Errors
    /// Same as [`open`].
    pub fn new(reader: R, name: impl Into<String>) -> Result<Self, IdxError> {
        Self::sized(reader, name.into(), None)
    }

    fn sized(reader: R, name: String, size: Option<u64>) -> Result<Self, IdxError> {
        let mut source = Source::new(reader, name, size)?;
        let header = Header::read(&mut source)?;
        if size.is_some() {
            // checked before anything is decompressed
            source.check_unpacked((header.values * header.element.bytes()) as u64)?;
        }
        Ok(Self {
            source,
            left: header.values,
            header,
            ended: false,
        })
    }

    /// Type of the values.
    pub fn element_type(&self) -> ElementType {
        self.header.element
    }

    /// Length of each axis, from the header.
    pub fn shape(&self) -> &[usize] {
        &self.header.shape
    }

    /// Name of the data in error messages.
    pub fn name(&self) -> &str {
        self.source.name()
    }

    /// Appends the next `at_most` values, or as many as are left, in row-major order and returns their number: 0
    /// after the last. Reading the last ones also checks that nothing follows them.
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
    /// Values of a different type; a file that cannot be read, is damaged, truncated or too long. The values before
    /// the error have then been appended.
    pub fn read_values<T: IdxElement>(
        &mut self,
        at_most: usize,
        values: &mut Vec<T>,
    ) -> Result<usize, IdxError> {
        if T::ELEMENT_TYPE != self.header.element {
            return Err(IdxError::WrongElement {
                at: self.source.location(2),
                expected: T::ELEMENT_TYPE,
                found: self.header.element,
            });
        }
        let count = at_most.min(self.left);
        let end = values.len() + count;
        while values.len() < end {
            let next = (end - values.len()).min(CHUNK / T::ELEMENT_TYPE.bytes());
            let filled = self.source.fill(next * T::ELEMENT_TYPE.bytes());
            let whole = self.source.chunk().len() / T::ELEMENT_TYPE.bytes();
            grow(values, whole, end).map_err(|error| self.source.io(error.into()))?;
            let bytes = &self.source.chunk()[..whole * T::ELEMENT_TYPE.bytes()];
            T::extend_from_bytes(values, bytes);
            self.left -= whole;
            filled?;
            if whole < next {
                return Err(self.truncated());
            }
        }
        if self.left == 0 && !self.ended {
            self.check_end()?;
        }
        Ok(count)
    }

    /// All values, as an array of the file's shape.
    ///
    /// # Errors
    /// Same as [`read_values`](Self::read_values).
    ///
    /// # Panics
    /// If values have been read before.
    pub fn into_array<T: IdxElement>(mut self) -> Result<ArrayD<T>, IdxError> {
        let mut values = Vec::new();
        self.read_values(self.header.values, &mut values)?;
        let array = ArrayD::from_shape_vec(self.header.shape, values);
        Ok(array.expect("into_array takes a reader no values have been read from"))
    }

    /// Like [`into_array`](Self::into_array), for any type.
    ///
    /// # Errors
    /// Same as [`read_values`](Self::read_values).
    ///
    /// # Panics
    /// If values have been read before.
    pub fn into_any(self) -> Result<IdxArray, IdxError> {
        Ok(match self.header.element {
            ElementType::U8 => IdxArray::U8(self.into_array()?),
            ElementType::I8 => IdxArray::I8(self.into_array()?),
            ElementType::I16 => IdxArray::I16(self.into_array()?),
            ElementType::I32 => IdxArray::I32(self.into_array()?),
            ElementType::F32 => IdxArray::F32(self.into_array()?),
            ElementType::F64 => IdxArray::F64(self.into_array()?),
        })
    }

    /// The error of a file that ends before its values do.
    fn truncated(&self) -> IdxError {
        let bytes = self.header.element.bytes();
        let over = self.source.chunk().len() % bytes;
        IdxError::TruncatedData {
            at: self.source.here(),
            element: self.header.element,
            shape: self.header.shape.clone(),
            expected: (self.header.values * bytes) as u64,
            found: ((self.header.values - self.left) * bytes + over) as u64,
        }
    }

    /// Nothing may follow; checking for it also makes the decoder verify gzip's checksum.
    fn check_end(&mut self) -> Result<(), IdxError> {
        let at = self.source.here();
        if self.source.fill(1)? > 0 {
            return Err(IdxError::TrailingData {
                at,
                element: self.header.element,
                shape: self.header.shape.clone(),
            });
        }
        self.ended = true;
        Ok(())
    }
}

/// Reserves memory for `next` more values of `end` in all. The capacity doubles, as that of a growing Vec, but
/// never exceeds `end`.
pub(crate) fn grow<T>(values: &mut Vec<T>, next: usize, end: usize) -> Result<(), TryReserveError> {
    let len = values.len();
    if values.capacity() - len >= next {
        return Ok(());
    }
    values.try_reserve_exact((2 * len).clamp(len + next, end) - len)
}
