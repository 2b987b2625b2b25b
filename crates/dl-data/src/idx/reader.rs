//! Reading, a chunk at a time.

use std::{collections::TryReserveError, fs::File, io::Read, path::Path};

use ndarray::ArrayD;

use super::{
    Element, IdxArray, IdxElement, IdxError, IdxPlace,
    header::Header,
    source::{CHUNK, Source},
};

/// An IDX file whose header is read and whose values are still to come.
///
/// The sizes in the header are not trusted: memory grows with the values that really come, to at
/// most twice what they need, and never beyond what the header says, however much a gzipped file
/// would unpack to. A gzipped file may unpack to 64 MiB and 16 times its size, no more: packed tighter, it
/// is most likely made to fill the memory of whoever reads it, and can be read unpacked.
#[derive(Debug)]
pub struct IdxReader<R> {
    source: Source<R>,
    header: Header,
    /// Values not read yet.
    left: usize,
    /// The end has been looked at.
    ended: bool,
}

/// Opens a file and reads its header.
///
/// # Errors
/// A file that cannot be read or whose header is not that of an IDX file.
pub fn open(path: impl AsRef<Path>) -> Result<IdxReader<File>, IdxError> {
    let name = path.as_ref().display().to_string();
    let opened = dl_fs::open(path).and_then(|file| Ok((file.metadata()?.len(), file)));
    match opened {
        Ok((size, file)) => IdxReader::sized(file, name, Some(size)),
        Err(source) => Err(IdxError::Io {
            at: IdxPlace::start(name),
            source,
        }),
    }
}

impl<R: Read> IdxReader<R> {
    /// Reads the header; `name` is what errors call the data. The reader is buffered here.
    ///
    /// # Errors
    /// As [`open`].
    pub fn new(reader: R, name: impl Into<String>) -> Result<Self, IdxError> {
        Self::sized(reader, name.into(), None)
    }

    fn sized(reader: R, name: String, size: Option<u64>) -> Result<Self, IdxError> {
        let mut source = Source::new(reader, name, size)?;
        let header = Header::read(&mut source)?;
        if size.is_some() {
            // before anything is unpacked
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
    pub fn element(&self) -> Element {
        self.header.element
    }

    /// Length of each axis, as the header says.
    pub fn shape(&self) -> &[usize] {
        &self.header.shape
    }

    /// Name of the data in errors.
    pub fn name(&self) -> &str {
        self.source.name()
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
        if T::ELEMENT != self.header.element {
            return Err(IdxError::WrongElement {
                at: self.source.place(2),
                expected: T::ELEMENT,
                found: self.header.element,
            });
        }
        let count = at_most.min(self.left);
        let end = values.len() + count;
        while values.len() < end {
            let next = (end - values.len()).min(CHUNK / T::ELEMENT.bytes());
            let filled = self.source.fill(next * T::ELEMENT.bytes());
            let whole = self.source.chunk().len() / T::ELEMENT.bytes();
            grow(values, whole, end).map_err(|error| self.source.io(error.into()))?;
            let bytes = &self.source.chunk()[..whole * T::ELEMENT.bytes()];
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

    /// All values that are left, as an array of the file's shape.
    ///
    /// # Errors
    /// As [`read_values`](Self::read_values).
    ///
    /// # Panics
    /// If values have been read before.
    pub fn into_array<T: IdxElement>(mut self) -> Result<ArrayD<T>, IdxError> {
        let mut values = Vec::new();
        self.read_values(self.header.values, &mut values)?;
        let array = ArrayD::from_shape_vec(self.header.shape, values);
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
        Ok(match self.header.element {
            Element::U8 => IdxArray::U8(self.into_array()?),
            Element::I8 => IdxArray::I8(self.into_array()?),
            Element::I16 => IdxArray::I16(self.into_array()?),
            Element::I32 => IdxArray::I32(self.into_array()?),
            Element::F32 => IdxArray::F32(self.into_array()?),
            Element::F64 => IdxArray::F64(self.into_array()?),
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

    /// Nothing may follow; looking for it also has gzip's checksum compared.
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

/// Makes room for `next` more values of `end` in all. The room is doubled, as a Vec grows, but not
/// beyond the end.
pub(crate) fn grow<T>(values: &mut Vec<T>, next: usize, end: usize) -> Result<(), TryReserveError> {
    let len = values.len();
    if values.capacity() - len >= next {
        return Ok(());
    }
    values.try_reserve_exact((2 * len).clamp(len + next, end) - len)
}
