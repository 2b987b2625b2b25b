//! The characters that divide a line into fields, and whether they are compatible.

use super::{Csv, CsvError};

/// What separates fields.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Separator {
    /// One byte.
    Byte(u8),
    /// Any number of spaces and tabs.
    Whitespace,
}

/// How a line is split into fields.
#[derive(Clone, Copy)]
pub(super) struct Dialect {
    pub(super) separator: Separator,
    pub(super) quote: Option<u8>,
    pub(super) comment: Option<u8>,
}

impl Dialect {
    /// Checks the characters among the settings, including those in numbers.
    pub(super) fn new(csv: &Csv) -> Result<Self, CsvError> {
        if let (Some(separator), true) = (csv.separator, csv.whitespace) {
            return Err(CsvError::Contradiction {
                first: named("separator", separator),
                second: "whitespace".to_owned(),
            });
        }
        let separator = csv.separator.unwrap_or(',');
        let separator = match csv.whitespace {
            true => Separator::Whitespace,
            false => Separator::Byte(ascii("separator", separator)?),
        };
        let quote = csv.quote.map(|quote| ascii("quote", quote)).transpose()?;
        let comment = csv.comment.map(|comment| ascii("comment", comment));
        let comment = comment.transpose()?;
        if !is_mark(csv.decimal) && csv.decimal != '.' {
            return Err(character("decimal", csv.decimal));
        }
        match csv.thousands {
            Some(thousands) if !is_mark(thousands) && thousands != '.' => {
                return Err(character("thousands", thousands));
            }
            _ => {}
        }
        check_distinct(csv, separator)?;
        Ok(Self {
            separator,
            quote,
            comment,
        })
    }

    /// Whether a byte is whitespace that is ignored around fields.
    pub(super) fn is_space(&self, byte: u8) -> bool {
        matches!(byte, b' ' | b'\t') && self.separator != Separator::Byte(byte)
    }
}

/// No character may have two meanings.
fn check_distinct(csv: &Csv, separator: Separator) -> Result<(), CsvError> {
    let separators = match separator {
        Separator::Byte(byte) => vec![("separator", char::from(byte))],
        Separator::Whitespace => vec![("whitespace", ' '), ("whitespace", '\t')],
    };
    let optional = [
        ("quote", csv.quote),
        ("comment", csv.comment),
        ("thousands", csv.thousands),
    ];
    let optional = optional
        .into_iter()
        .filter_map(|(option, c)| Some((option, c?)));
    let all: Vec<(&str, char)> = separators
        .into_iter()
        .chain([("decimal", csv.decimal)])
        .chain(optional)
        .collect();
    for (i, &(second, c)) in all.iter().enumerate() {
        let Some(&(first, _)) = all[..i].iter().find(|&&(_, other)| other == c) else {
            continue;
        };
        // a quoted "1,234" is unambiguous among commas
        let is_quoted = second == "thousands" && csv.quote.is_some();
        if !(is_quoted && matches!(first, "separator" | "whitespace")) {
            return Err(CsvError::Contradiction {
                first: named(first, c),
                second: named(second, c),
            });
        }
    }
    Ok(())
}

fn named(option: &str, c: char) -> String {
    format!("{option} {c:?}")
}

/// Whether a character is neither part of a number or a name nor a line end.
fn is_mark(c: char) -> bool {
    !c.is_alphanumeric() && !"\0\r\n+-.".contains(c)
}

fn ascii(option: &'static str, c: char) -> Result<u8, CsvError> {
    match u8::try_from(c) {
        Ok(byte) if byte.is_ascii() && is_mark(c) => Ok(byte),
        _ => Err(character(option, c)),
    }
}

fn character(option: &'static str, character: char) -> CsvError {
    CsvError::Character { option, character }
}
