//! SHA-256 digests.

use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use sha2::Digest;

/// A SHA-256 digest, shown in hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sha256([u8; 32]);

impl Sha256 {
    /// The digest written as 64 hexadecimal digits; anything else does not compile where this is
    /// used for a constant.
    pub(crate) const fn from_hex(text: &str) -> Self {
        assert!(text.len() == 64, "64 hexadecimal digits");
        let (digits, mut bytes, mut i) = (text.as_bytes(), [0; 32], 0);
        while i < 32 {
            bytes[i] = nibble(digits[2 * i]) << 4 | nibble(digits[2 * i + 1]);
            i += 1;
        }
        Self(bytes)
    }

    /// The digest of a file's contents.
    pub(crate) fn of_file(path: &Path) -> io::Result<Self> {
        let mut reader = BufReader::with_capacity(1 << 16, File::open(path)?);
        let mut hasher = sha2::Sha256::new();
        loop {
            let block = reader.fill_buf()?;
            if block.is_empty() {
                return Ok(Self(hasher.finalize().into()));
            }
            hasher.update(block);
            let read = block.len();
            reader.consume(read);
        }
    }
}

const fn nibble(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => panic!("a lower-case hexadecimal digit"),
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
