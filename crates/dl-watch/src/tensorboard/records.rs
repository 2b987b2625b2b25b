//! The framing of an event file: TFRecord.
//!
//! A record is its length (`u64`), the masked CRC of these 8 bytes (`u32`), the data, and the masked
//! CRC of the data (`u32`), all little-endian (TensorFlow, `tensorflow/core/lib/io/record_writer.h`).

use std::io::{self, Write};

/// Writes `data` as one record.
pub(super) fn write_record(out: &mut impl Write, data: &[u8]) -> io::Result<()> {
    let length = (data.len() as u64).to_le_bytes();
    out.write_all(&length)?;
    out.write_all(&masked_crc(&length).to_le_bytes())?;
    out.write_all(data)?;
    out.write_all(&masked_crc(data).to_le_bytes())
}

/// The CRC-32C of the data, rotated and offset, so that the CRC of data that contains CRCs is reliable
/// (TensorFlow, `tensorflow/core/lib/hash/crc32c.h`).
fn masked_crc(data: &[u8]) -> u32 {
    crc32c::crc32c(data)
        .rotate_right(15)
        .wrapping_add(0xa282_ead8)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The records of a file, or an error.
    pub(in crate::tensorboard) fn read_records(mut file: &[u8]) -> Result<Vec<Vec<u8>>, String> {
        let mut take = |length: usize| {
            let (head, tail) = file.split_at_checked(length).ok_or("cut off")?;
            file = tail;
            Ok::<_, String>((head, tail.is_empty()))
        };
        let sound = |data: &[u8], crc: &[u8]| match masked_crc(data).to_le_bytes() == crc {
            true => Ok(()),
            false => Err("damaged".to_owned()),
        };
        let mut records = Vec::new();
        loop {
            let (length, _) = take(8)?;
            sound(length, take(4)?.0)?;
            let length = u64::from_le_bytes(length.try_into().unwrap());
            let (data, _) = take(length as usize)?;
            let (crc, end) = take(4)?;
            sound(data, crc)?;
            records.push(data.to_vec());
            if end {
                return Ok(records);
            }
        }
    }

    #[test]
    fn records_survive_a_round_trip_and_damage_is_detected() {
        let mut file = Vec::new();
        for data in [&b"first"[..], b"", &[0; 300]] {
            write_record(&mut file, data).unwrap();
        }
        let records = [b"first".to_vec(), Vec::new(), vec![0; 300]];
        assert_eq!(read_records(&file).unwrap(), records);
        for at in [0, 9, 13, file.len() - 1] {
            let mut damaged = file.clone();
            damaged[at] ^= 1;
            assert!(read_records(&damaged).is_err(), "byte {at}");
        }
        assert!(read_records(&file[..file.len() - 1]).is_err());
    }

    /// The first 12 bytes of every event file written by TensorFlow: the header of a record of 24 bytes.
    #[test]
    fn the_header_of_24_bytes_is_tensorflows() {
        let mut file = Vec::new();
        write_record(&mut file, &[0; 24]).unwrap();
        assert_eq!(file[..12], *b"\x18\0\0\0\0\0\0\0\xa3\x7f\x4b\x22");
    }
}
