//! NumPy's npz format: a zip archive of npy files named after their arrays
//! (<https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>).
//!
//! A member's header is read first; the member is decompressed only once its shape is known to be the model's, into
//! as many bytes as that shape needs.

use std::collections::HashMap;
use std::io::{self, Cursor, Read, Seek, Write};

use dl_core::text::excerpt;
use dl_nn::Scalar;
use ndarray::{ArrayD, IxDyn, ShapeBuilder};
use ndarray_npy::npy::header::Header;
use ndarray_npy::{WritableElement, WriteNpyExt};
use safetensors::Dtype;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::entry::Entry;
use super::error::WeightsFileErrorKind;
use super::zip_directory::{self, DirectoryError};
use super::zip64;
use crate::tensors::values;

const FORMAT: &str = "npz";

/// Maximum length of a header that NumPy reads.
const MAX_HEADER: usize = 10_000;

/// Maximum nesting of brackets: a dictionary with a tuple has two, and the parser recurses into each.
const MAX_BRACKETS: usize = 8;

#[derive(Debug)]
pub(super) struct Npz<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    /// In the archive's order.
    members: Vec<Member>,
    /// The index of each name.
    places: HashMap<String, usize>,
}

#[derive(Debug)]
struct Member {
    /// Offset of the values in bytes.
    header: usize,
    big_endian: bool,
    by_columns: bool,
    entry: Entry,
}

impl<'a> Npz<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, WeightsFileErrorKind> {
        let damaged = |why| WeightsFileErrorKind::damaged(FORMAT, why);
        zip64::check(bytes).map_err(|why| WeightsFileErrorKind::damaged(FORMAT, why))?;
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
        let start = archive.central_directory_start();
        let directory = zip_directory::check(bytes, start, archive.offset(), archive.len());
        directory.map_err(|error| match error {
            DirectoryError::Duplicate(name) => WeightsFileErrorKind::Duplicate {
                tensor: without_ending(&name).to_owned(),
            },
            DirectoryError::Damaged(why) => WeightsFileErrorKind::damaged(FORMAT, why),
        })?;
        let mut members = Vec::new();
        let mut places = HashMap::new();
        for index in 0..archive.len() {
            let file = archive.by_index(index).map_err(damaged)?;
            let name = file.name().map_err(damaged)?.into_owned();
            let name = without_ending(&name).to_owned();
            let member = member(name.clone(), file).map_err(|why| {
                WeightsFileErrorKind::damaged(FORMAT, format!("array `{}`: {why}", excerpt(&name)))
            })?;
            if places.insert(name.clone(), index).is_some() {
                return Err(WeightsFileErrorKind::Duplicate { tensor: name });
            }
            members.push(member);
        }
        Ok(Self {
            archive,
            members,
            places,
        })
    }

    pub(super) fn entries(&self) -> Vec<Entry> {
        let members = self.members.iter();
        members.map(|member| member.entry.clone()).collect()
    }

    /// The values of an array whose type and shape have been accepted.
    pub(super) fn array<F: Scalar>(
        &mut self,
        entry: &Entry,
    ) -> Result<ArrayD<F>, WeightsFileErrorKind> {
        let damaged = |why| format!("array `{}`: {why}", excerpt(&entry.name));
        let read = self.read(&entry.name);
        read.map_err(|why| WeightsFileErrorKind::damaged(FORMAT, damaged(why)))
    }

    fn read<F: Scalar>(&mut self, name: &str) -> Result<ArrayD<F>, String> {
        let &index = self.places.get(name).ok_or("does not exist")?;
        let member = &self.members[index];
        let dtype = match member.entry.dtype.as_str() {
            "F16" => Dtype::F16,
            "F64" => Dtype::F64,
            _ => Dtype::F32,
        };
        let number = dtype.bitsize() / 8;
        let shape = &member.entry.shape;
        let length = member.header + shape.iter().product::<usize>() * number;
        let file = self.archive.by_index(index);
        // up to the end, so that the checksum is verified
        let mut file = file.map_err(|why| why.to_string())?.take(length as u64 + 1);
        let mut npy = Vec::with_capacity(length + 1);
        file.read_to_end(&mut npy).map_err(|why| why.to_string())?;
        if npy.len() != length {
            let (found, expected) = (
                npy.len().saturating_sub(member.header),
                length - member.header,
            );
            return Err(format!(
                "has at least {found} bytes of data, expected {expected}"
            ));
        }
        let data = &mut npy[member.header..];
        if member.big_endian {
            data.chunks_exact_mut(number).for_each(<[u8]>::reverse);
        }
        let shape = IxDyn(shape).set_f(member.by_columns);
        ArrayD::from_shape_vec(shape, values(dtype, data)).map_err(|why| why.to_string())
    }
}

/// The array's name, without the extension.
fn without_ending(file: &str) -> &str {
    file.strip_suffix(".npy").unwrap_or(file)
}

/// Reads the header of an npy file.
fn member(name: String, file: impl Read) -> Result<Member, String> {
    let mut start = Vec::new();
    let most = (MAX_HEADER + 12) as u64;
    let read = file.take(most).read_to_end(&mut start);
    read.map_err(|why| why.to_string())?;
    // magic number (6 bytes), version (2), length of the header (2, from version 2 on 4)
    let length = match start.as_slice() {
        [_, _, _, _, _, _, 1, _, a, b, ..] => 10 + u64::from(u16::from_le_bytes([*a, *b])),
        [_, _, _, _, _, _, _, _, a, b, c, d, ..] => {
            12 + u64::from(u32::from_le_bytes([*a, *b, *c, *d]))
        }
        _ => return Err("is truncated within its first bytes".to_owned()),
    };
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let text = start.get(..length).ok_or_else(|| {
        format!(
            "its header declares {length} bytes, more than the file has or more than NumPy reads"
        )
    })?;
    let brackets = text.iter().filter(|byte| b"([{".contains(byte)).count();
    if brackets > MAX_BRACKETS {
        return Err("its header describes something other than an array of numbers".to_owned());
    }
    let header = Header::from_reader(&mut &*text).map_err(|why| why.to_string())?;
    let descriptor = header.type_descriptor.to_string();
    let descriptor = descriptor.trim_matches('\'');
    let dtype = match descriptor {
        "<f2" | ">f2" => "F16",
        "<f4" | ">f4" => "F32",
        "<f8" | ">f8" => "F64",
        other => other,
    };
    Ok(Member {
        header: length,
        big_endian: descriptor.starts_with('>'),
        by_columns: header.layout.is_fortran(),
        entry: Entry {
            name,
            dtype: dtype.to_owned(),
            shape: header.shape,
        },
    })
}

/// Writes arrays uncompressed, as `numpy.savez` does: weights hardly shrink.
pub(super) fn write<F: Scalar>(
    out: &mut (impl Write + Seek),
    arrays: Vec<(String, ArrayD<F>)>,
) -> io::Result<()> {
    let mut archive = ZipWriter::new(out);
    for (name, array) in arrays {
        let large = array.len() * size_of::<F>() >= 1 << 31;
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .large_file(large);
        archive.start_file(format!("{name}.npy"), options)?;
        let array = array.as_standard_layout();
        match F::NAME {
            "f64" => npy(&mut archive, &array.mapv(F::as_f64)),
            _ => npy(&mut archive, &array.mapv(|value| value.as_f64() as f32)),
        }?;
    }
    archive.finish()?;
    Ok(())
}

fn npy<E: WritableElement>(out: impl Write, array: &ArrayD<E>) -> io::Result<()> {
    array.write_npy(out).map_err(io::Error::other)
}
