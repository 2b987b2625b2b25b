//! Text from files in messages.

use dl_core::text::{self, shown};

/// The beginning of a text, short enough for a message.
pub(crate) fn excerpt(text: &str) -> String {
    text::excerpt(text).into_owned()
}

/// The first names of a list, short enough for a message and escaped.
pub(crate) fn listed<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    const MAX: usize = 12;
    let count = names.len();
    let first = names.take(MAX);
    let mut parts: Vec<String> = first
        .map(|name| shown(&excerpt(name)).to_string())
        .collect();
    if count > MAX {
        parts.push(format!("… ({count} in all)"));
    }
    parts.join(", ")
}
