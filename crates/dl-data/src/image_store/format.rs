//! The format, all integers little-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `DLIMAGES` |
//! | 4 | version, 1 |
//! | 3 × 4 | height, width, channels |
//! | 8 | n, the number of images |
//! | 4, 4 | number of classes, bytes of the next row |
//! | | for each class: 4 bytes for the length of its name, the name in UTF-8 |
//! | n × 4 | class of each image |
//! | n × 8 | offset of each image in the file |
//! | 4 | CRC-32 of all before |
//! | n × h·w·c | the images, bytes `[height, width, channels]` |
//! | n × 4 | CRC-32 of each image |
//! | 4 | CRC-32 of these |

use super::ImageStoreProblem;
use crate::{dataset::check_classes, positioned::PositionedFile};

pub(super) const MAGIC: &[u8; 8] = b"DLIMAGES";
pub(super) const VERSION: u32 = 1;
/// Bytes up to the names of the classes.
const START: usize = 40;

/// All of a file but its images.
#[derive(Debug)]
pub(super) struct Contents {
    pub(super) shape: [usize; 3],
    pub(super) class_names: Vec<String>,
    pub(super) labels: Vec<usize>,
    pub(super) offsets: Vec<u64>,
    pub(super) checksums: Vec<u32>,
}

pub(super) fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

impl Contents {
    /// Bytes of an image.
    pub(super) fn image_len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Reads all but the images. Nothing is allocated before the header agrees with the length of the file.
    pub(super) fn read(file: &PositionedFile) -> Result<Self, ImageStoreProblem> {
        let found = file.len()?;
        let mut start = [0; START];
        if found < START as u64 {
            let mut magic = [0; MAGIC.len()];
            let read = file.read_exact_at(&mut magic, 0);
            return Err(match read.is_ok() && magic == *MAGIC {
                true => ImageStoreProblem::Damaged { part: "header" },
                false => ImageStoreProblem::Magic,
            });
        }
        file.read_exact_at(&mut start, 0)?;
        let mut fields = Fields(&start);
        if fields.take(MAGIC.len())? != MAGIC {
            return Err(ImageStoreProblem::Magic);
        }
        let version = fields.u32()?;
        if version != VERSION {
            return Err(ImageStoreProblem::Version { found: version });
        }
        let shape = [fields.u32()?, fields.u32()?, fields.u32()?];
        let (count, classes) = (fields.u64()?, fields.u32()?);
        let sizes = Sizes::new(shape, count, fields.u32()?);
        let expected = sizes.as_ref().map_or(u64::MAX, |sizes| sizes.file);
        let Some(sizes) = sizes.filter(|sizes| sizes.file == found) else {
            return Err(ImageStoreProblem::Length { found, expected });
        };

        let header = checked(file, 0, sizes.header, "header")?;
        let mut fields = Fields(&header[START..]);
        let class_names = (0..classes).map(|_| fields.name());
        let class_names: Vec<String> = class_names.collect::<Result<_, _>>()?;
        check_classes(&class_names)?;
        let numbers = 0..count;
        let labels = numbers.clone().map(|_| match fields.u32()? as usize {
            label if label < class_names.len() => Ok(label),
            _ => Err(HEADER),
        });
        let labels = labels.collect::<Result<_, _>>()?;
        let offsets = numbers.clone().map(|_| match fields.u64()? {
            offset if (sizes.header..=sizes.checksums - sizes.image).contains(&offset) => {
                Ok(offset)
            }
            _ => Err(HEADER),
        });
        let offsets = offsets.collect::<Result<_, _>>()?;

        let checksums = checked(file, sizes.checksums, sizes.file, "end")?;
        let mut fields = Fields(&checksums);
        let checksums = numbers.map(|_| fields.u32());
        Ok(Self {
            shape: shape.map(|side| side as usize),
            class_names,
            labels,
            offsets,
            checksums: checksums.collect::<Result<_, _>>()?,
        })
    }
}

const HEADER: ImageStoreProblem = ImageStoreProblem::Damaged { part: "header" };

/// The header of a file; image i will be the `places[i]`-th in it.
pub(super) fn header(
    shape: [u32; 3],
    class_names: &[String],
    labels: &[usize],
    places: &[usize],
) -> Result<Vec<u8>, ImageStoreProblem> {
    let number =
        |count: usize, what| u32::try_from(count).map_err(|_| ImageStoreProblem::TooMany { what });
    let names = "characters in the names of classes";
    let names_len = class_names.iter().map(|name| 4 + name.len()).sum();
    let names_len = number(names_len, names)?;
    let sizes = Sizes::new(shape, labels.len() as u64, names_len);
    let sizes = sizes.ok_or(ImageStoreProblem::TooMany { what: "bytes" })?;

    let mut header = MAGIC.to_vec();
    header.extend(VERSION.to_le_bytes());
    header.extend(shape.iter().flat_map(|side| side.to_le_bytes()));
    header.extend((labels.len() as u64).to_le_bytes());
    header.extend(number(class_names.len(), "classes")?.to_le_bytes());
    header.extend(names_len.to_le_bytes());
    for name in class_names {
        header.extend(number(name.len(), names)?.to_le_bytes());
        header.extend(name.as_bytes());
    }
    for &label in labels {
        header.extend(number(label, "classes")?.to_le_bytes());
    }
    for &place in places {
        header.extend((sizes.header + place as u64 * sizes.image).to_le_bytes());
    }
    header.extend(checksum(&header).to_le_bytes());
    Ok(header)
}

/// Sizes and places of the parts, in bytes; `None` where they exceed what can be counted or addressed.
struct Sizes {
    header: u64,
    image: u64,
    /// Where the checksums begin.
    checksums: u64,
    file: u64,
}

impl Sizes {
    fn new(shape: [u32; 3], count: u64, names: u32) -> Option<Self> {
        let sides = shape.iter().map(|&side| u64::from(side));
        let image = sides.into_iter().try_fold(1, u64::checked_mul)?;
        let header = count
            .checked_mul(12)?
            .checked_add(u64::from(names) + START as u64 + 4)?;
        let checksums = image.checked_mul(count)?.checked_add(header)?;
        let file = count
            .checked_mul(4)?
            .checked_add(4)?
            .checked_add(checksums)?;
        let is_possible = image > 0 && count > 0 && usize::try_from(image.max(header)).is_ok();
        is_possible.then_some(Self {
            header,
            image,
            checksums,
            file,
        })
    }
}

/// The bytes from `start` to `end`, whose last four are the checksum of the others.
fn checked(
    file: &PositionedFile,
    start: u64,
    end: u64,
    part: &'static str,
) -> Result<Vec<u8>, ImageStoreProblem> {
    let mut bytes = vec![0; (end - start) as usize];
    file.read_exact_at(&mut bytes, start)?;
    let stored = bytes.split_off(bytes.len() - 4);
    match checksum(&bytes).to_le_bytes() == *stored {
        true => Ok(bytes),
        false => Err(ImageStoreProblem::Damaged { part }),
    }
}

/// What is left of a header.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], ImageStoreProblem> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(HEADER)?;
        self.0 = rest;
        Ok(taken)
    }

    fn u32(&mut self) -> Result<u32, ImageStoreProblem> {
        let bytes = self.take(4)?.try_into().expect("four");
        Ok(u32::from_le_bytes(bytes))
    }

    fn u64(&mut self) -> Result<u64, ImageStoreProblem> {
        let bytes = self.take(8)?.try_into().expect("eight");
        Ok(u64::from_le_bytes(bytes))
    }

    fn name(&mut self) -> Result<String, ImageStoreProblem> {
        let length = self.u32()? as usize;
        let name = self.take(length)?;
        String::from_utf8(name.to_vec()).map_err(|_| HEADER)
    }
}
