//! The bytes of a bundle or a checkpoint from an input, with corrected lengths and checksum, so that the contents
//! are fuzzed rather than the checksum.

use sha2::{Digest, Sha256};

/// What precedes the checksum in a file.
const BEFORE_CHECKSUM: &[u8] = br#"{\"sha256\":\""#;
const CHECKSUM: usize = 64;

/// The input is the header, a NUL byte and the data of the tensors.
pub(crate) fn container(input: &[u8]) -> Vec<u8> {
    let end = input.iter().position(|&byte| byte == 0);
    let (header, numbers) = match end {
        Some(end) => (&input[..end], &input[end + 1..]),
        None => (input, &[][..]),
    };
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(header);
    bytes.extend_from_slice(numbers);
    repair(&mut bytes);
    bytes
}

/// The input from which [`container`] makes this file.
#[allow(dead_code, reason = "only the seeds need it")]
pub(crate) fn input(file: &[u8]) -> Vec<u8> {
    let length = file[..8].try_into().expect("eight bytes");
    let (header, numbers) = file[8..].split_at(u64::from_le_bytes(length) as usize);
    [header, &[0], numbers].concat()
}

fn repair(bytes: &mut [u8]) {
    let found = bytes
        .windows(BEFORE_CHECKSUM.len())
        .position(|window| window == BEFORE_CHECKSUM);
    let Some(start) = found.map(|start| start + BEFORE_CHECKSUM.len()) else {
        return;
    };
    let Some(place) = bytes.get_mut(start..start + CHECKSUM) else {
        return;
    };
    place.fill(b'0');
    let digest = Sha256::digest(&*bytes);
    let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    bytes[start..start + CHECKSUM].copy_from_slice(digits.as_bytes());
}
