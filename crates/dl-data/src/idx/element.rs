//! The six element types of an IDX file.

use std::fmt;

/// Type of the elements of an IDX file, stored big-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ElementType {
    /// Code 0x08.
    U8,
    /// Code 0x09.
    I8,
    /// Code 0x0B.
    I16,
    /// Code 0x0C.
    I32,
    /// Code 0x0D.
    F32,
    /// Code 0x0E.
    F64,
}

impl ElementType {
    /// All types, ordered by code.
    pub const ALL: [Self; 6] = [
        Self::U8,
        Self::I8,
        Self::I16,
        Self::I32,
        Self::F32,
        Self::F64,
    ];

    /// The code of this type, the third byte of a file.
    pub fn code(self) -> u8 {
        match self {
            Self::U8 => 0x08,
            Self::I8 => 0x09,
            Self::I16 => 0x0B,
            Self::I32 => 0x0C,
            Self::F32 => 0x0D,
            Self::F64 => 0x0E,
        }
    }

    /// The type with a code, `None` if there is none.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|element| element.code() == code)
    }

    /// Size of an element in bytes.
    pub fn bytes(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::I16 => 2,
            Self::I32 | Self::F32 => 4,
            Self::F64 => 8,
        }
    }
}

impl fmt::Display for ElementType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::U8 => "u8",
            Self::I8 => "i8",
            Self::I16 => "i16",
            Self::I32 => "i32",
            Self::F32 => "f32",
            Self::F64 => "f64",
        })
    }
}

/// A Rust type that an IDX file can contain: `u8`, `i8`, `i16`, `i32`, `f32`, `f64`.
pub trait IdxElement: Copy + fmt::Debug + PartialEq + Send + Sync + sealed::Sealed {
    /// Its element type.
    const ELEMENT_TYPE: ElementType;
}

pub(super) mod sealed {
    pub trait Sealed: Sized {
        /// Appends the values of big-endian bytes, whose number is a multiple of the element size.
        fn extend_from_bytes(values: &mut Vec<Self>, bytes: &[u8]);

        /// Appends the big-endian bytes of the value.
        fn push_bytes(self, bytes: &mut Vec<u8>);
    }
}

macro_rules! element {
    ($($type:ident $element:ident),*) => {$(
        impl IdxElement for $type {
            const ELEMENT_TYPE: ElementType = ElementType::$element;
        }

        impl sealed::Sealed for $type {
            fn extend_from_bytes(values: &mut Vec<Self>, bytes: &[u8]) {
                let (each, _) = bytes.as_chunks();
                values.extend(each.iter().map(|value| Self::from_be_bytes(*value)));
            }

            fn push_bytes(self, bytes: &mut Vec<u8>) {
                bytes.extend(self.to_be_bytes());
            }
        }
    )*};
}

element!(u8 U8, i8 I8, i16 I16, i32 I32, f32 F32, f64 F64);
