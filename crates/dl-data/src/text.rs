//! Text from outside in messages.

use dl_core::text::{self, shown};

/// The beginning of a text, short enough for a message.
pub(crate) fn excerpt(text: &str) -> String {
    text::excerpt(text).into_owned()
}

/// The first names of a list, short enough for a message and fit to be shown.
pub(crate) fn listed<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    const MOST: usize = 12;
    let count = names.len();
    let first = names.take(MOST);
    let mut parts: Vec<String> = first
        .map(|name| shown(&excerpt(name)).to_string())
        .collect();
    if count > MOST {
        parts.push(format!("… ({count} in all)"));
    }
    parts.join(", ")
}
