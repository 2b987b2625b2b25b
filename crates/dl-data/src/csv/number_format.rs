//! How numbers are written.

use std::borrow::Cow;

/// The separators in a number.
#[derive(Debug, Clone, Copy)]
pub(super) struct NumberFormat {
    pub(super) decimal: char,
    pub(super) thousands: Option<char>,
}

impl NumberFormat {
    /// The number, if the text is one.
    pub(super) fn parse(self, text: &str) -> Option<f64> {
        self.plain(text)?.parse().ok()
    }

    /// The text with a decimal point, trimmed and without thousands separators; `None` if these are misplaced:
    /// groups have three digits, so 1,5 is not 15.
    pub(super) fn plain(self, text: &str) -> Option<Cow<'_, str>> {
        let text = text.trim();
        if self.decimal == '.' && self.thousands.is_none() {
            return Some(Cow::Borrowed(text));
        }
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let sign = &text[..text.len() - unsigned.len()];
        let end = |c: char| c == self.decimal || c.eq_ignore_ascii_case(&'e');
        let (whole, rest) = unsigned.split_at(unsigned.find(end).unwrap_or(unsigned.len()));
        let mut plain = sign.to_owned();
        match self.thousands {
            Some(thousands) if whole.contains(thousands) => {
                for (i, group) in whole.split(thousands).enumerate() {
                    let digits = group.bytes().all(|byte| byte.is_ascii_digit());
                    let fits = match i {
                        0 => (1..=3).contains(&group.len()),
                        _ => group.len() == 3,
                    };
                    if !(digits && fits) {
                        return None;
                    }
                    plain += group;
                }
            }
            // a point that is not the decimal separator
            _ if whole.contains('.') => return None,
            _ => plain += whole,
        }
        match rest.strip_prefix(self.decimal) {
            Some(fraction) if fraction.contains('.') => return None,
            Some(fraction) => {
                plain.push('.');
                plain += fraction;
            }
            None => plain += rest,
        }
        Some(Cow::Owned(plain))
    }

    /// The number, and its canonical form, so that a number written in two ways gives the same text. `None` if the
    /// text is not a finite number.
    pub(super) fn canonical(self, text: &str) -> Option<(f64, String)> {
        let plain = self.plain(text)?;
        let value: f64 = plain.parse().ok().filter(|value: &f64| value.is_finite())?;
        // digits beyond the precision of an f64 count, except with an exponent
        let plain = match plain.contains(['e', 'E']) {
            true => value.to_string(),
            false => plain.into_owned(),
        };
        let unsigned = plain.trim_start_matches(['+', '-']).trim_start_matches('0');
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let fraction = fraction.trim_end_matches('0');
        let digits = match (whole, fraction) {
            ("", "") => "0".to_owned(),
            (whole, "") => whole.to_owned(),
            (whole, fraction) => format!("{whole}.{fraction}"),
        };
        let sign = if plain.starts_with('-') && digits != "0" {
            "-"
        } else {
            ""
        };
        Some((value + 0.0, format!("{sign}{digits}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_where_they_belong() {
        let german = NumberFormat {
            decimal: ',',
            thousands: Some('.'),
        };
        let swiss = NumberFormat {
            decimal: '.',
            thousands: Some('\''),
        };
        let french = NumberFormat {
            decimal: ',',
            thousands: Some('\u{202f}'),
        };
        for (number_format, text, value) in [
            (german, "1.234.567,5", 1_234_567.5),
            (german, "-1.234", -1234.),
            (german, "3,5e-2", 0.035),
            (german, ",5", 0.5),
            (german, "1234", 1234.),
            (swiss, "+12'345.25", 12_345.25),
            (swiss, "1'000e3", 1e6),
            (french, "1\u{202f}000,5", 1000.5),
        ] {
            assert_eq!(number_format.parse(text), Some(value), "{text}");
        }
        for (number_format, text) in [
            (german, "1.5"),
            (german, "1.23.456"),
            (german, "1234.567"),
            (german, ".123"),
            (german, "1,234.5"),
            (german, "1,2,3"),
            (german, "1.234e1.234"),
            (german, ""),
            (swiss, "1,5"),
            (swiss, "1'00"),
            (swiss, "1.000'000"),
            (french, "1.5"),
            (french, "1 000"),
        ] {
            assert_eq!(number_format.parse(text), None, "{text}");
        }
    }

    #[test]
    fn one_text_for_each_number() {
        let canonical = |text| {
            let number_format = NumberFormat {
                decimal: '.',
                thousands: None,
            };
            number_format.canonical(text).map(|(_, digits)| digits)
        };
        for (text, digits) in [
            ("1", "1"),
            ("1.0", "1"),
            ("+01.", "1"),
            ("1e0", "1"),
            ("-0.0", "0"),
            ("0", "0"),
            ("-.50", "-0.5"),
            ("0.5", "0.5"),
            ("100", "100"),
            ("1e2", "100"),
            ("9007199254740993", "9007199254740993"),
        ] {
            let digits = digits.replace("0.5", ".5");
            assert_eq!(canonical(text).as_deref(), Some(&*digits), "{text}");
        }
        for text in ["", "cat", "inf", "NaN", "1,5"] {
            assert_eq!(canonical(text), None, "{text}");
        }
    }
}
