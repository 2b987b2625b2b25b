//! What marks a missing value.

/// What marks a missing value, ignoring case: an empty field, what R, SQL, NumPy, pandas and Visual C++ write, and
/// `?` as in the UCI repository.
const DEFAULT_MARKERS: [&str; 15] = [
    "", "?", "NA", "N/A", "#NA", "#N/A", "#N/A N/A", "<NA>", "NULL", "NaN", "-NaN", NONE, "1.#IND",
    "-1.#IND", "1.#QNAN",
];

/// In a label column, as likely a class (none of several diseases) as a missing value.
const NONE: &str = "None";

/// The texts that mark a missing value; the default ones if `None`.
#[derive(Clone, Copy)]
pub(super) struct Markers<'a>(pub(super) Option<&'a [String]>);

impl Markers<'_> {
    /// Spaces around a marker are ignored, also inside quotes.
    pub(super) fn are_missing(self, text: &str) -> bool {
        let text = text.trim();
        match self.0 {
            Some(markers) => markers.iter().any(|marker| marker == text),
            // most fields are numbers
            None if text.starts_with(|c: char| c.is_ascii_digit()) && !text.contains('#') => false,
            None => DEFAULT_MARKERS
                .iter()
                .any(|marker| text.eq_ignore_ascii_case(marker)),
        }
    }

    /// Like [`are_missing`](Self::are_missing), but by default `None` is a class.
    pub(super) fn are_a_missing_label(self, text: &str) -> bool {
        self.are_missing(text) && (self.0.is_some() || !text.trim().eq_ignore_ascii_case(NONE))
    }
}
