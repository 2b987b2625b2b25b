//! Sets text: positions of glyphs and widths.
//!
//! There is no shaping engine: the scripts in the embedded fonts only need advance widths, kerning and marks above
//! letters.

use crate::{
    face::{Bounds, Glyph},
    pixels::Px,
    scene::Segment,
};

/// XML does not allow control characters; each is replaced with a space.
pub(crate) fn clean(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') {
                ' '
            } else {
                c
            }
        })
        .collect()
}

/// A text for messages: as it is drawn, without control sequences for a terminal, and shortened if long.
pub(crate) fn shown(text: &str) -> String {
    const MAX: usize = 600;
    let mut seen = text.chars().filter(|&c| !is_invisible(c));
    let mut beginning: String = seen.by_ref().take(MAX).collect();
    if seen.next().is_some() {
        beginning.push('…');
    }
    clean(&beginning)
}

/// Maximum number of characters drawn of a text; no figure is wide enough for more.
const MAX_CHARS: usize = 2000;

/// A line of text with positioned glyphs. Lengths are in ems.
pub(crate) struct Line {
    /// Each with its origin relative to the line's start, to the right and above the baseline.
    glyphs: Vec<(Glyph, (f64, f64))>,
    pub(crate) width: f64,
}

impl Line {
    pub(crate) fn new(text: &str, bold: bool) -> Self {
        let mut glyphs = Vec::new();
        let mut width = 0.0;
        // The last letter with its origin, and the bounding box of it and the marks above it.
        let mut letter: Option<(Glyph, f64)> = None;
        let mut below: Option<Bounds> = None;
        let seen = |text: &'_ str| text.chars().filter(|&c| !is_invisible(c)).count();
        let text = match text.char_indices().nth(MAX_CHARS) {
            Some((end, _)) if seen(text) > MAX_CHARS => clean(&text[..end]) + "…",
            _ => clean(text),
        };
        let mut chars = text.chars().filter(|&c| !is_invisible(c)).peekable();
        while let Some(c) = chars.next() {
            let marked = chars.peek().is_some_and(|&next| is_mark(next));
            let glyph = Glyph::new(if c == 'i' && marked { 'ı' } else { c }, bold);
            if let (true, Some((_, origin)), Some(base), Some(mark)) =
                (is_mark(c), letter, below, glyph.bounds())
            {
                let center = |bounds: Bounds| (bounds.left + bounds.right) / 2.0;
                // Marks are drawn at the height of lower-case letters.
                let raise = (base.top - glyph.face.x_height()).max(0.0);
                glyphs.push((glyph, (origin + center(base) - center(mark), raise)));
                below = Some(Bounds {
                    top: mark.top + raise,
                    ..base
                });
                continue;
            }
            let kerning = letter.map_or(0.0, |(previous, _)| previous.kerning(glyph));
            let origin = width + kerning;
            glyphs.push((glyph, (origin, 0.0)));
            width = origin + glyph.advance();
            (letter, below) = (Some((glyph, origin)), glyph.bounds());
        }
        Self { glyphs, width }
    }

    /// The outlines of all glyphs; `place` converts ems right of the line's start and above the baseline to pixels.
    pub(crate) fn outline(&self, place: impl Fn(f64, f64) -> Px) -> Vec<Segment> {
        let mut path = Vec::new();
        for (glyph, (right, up)) in &self.glyphs {
            glyph.outline(&mut path, |x, y| place(right + x, up + y));
        }
        path
    }
}

/// Marks that combine with the letter before them.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// Invisible formatting characters, such as those for text direction.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
    )
}

/// Width in pixels of `text` set at `size`.
pub(crate) fn width(text: &str, size: f64, bold: bool) -> f64 {
    Line::new(text, bold).width * size
}

/// `text`, shortened with an ellipsis to fit into `available` pixels.
pub(crate) fn shortened(text: &str, size: f64, bold: bool, available: f64) -> String {
    if width(text, size, bold) <= available {
        return text.to_owned();
    }
    let ends: Vec<usize> = text
        .char_indices()
        .map(|(at, _)| at)
        .take(MAX_CHARS)
        .collect();
    let cut = |end: usize| text[..end].trim_end().to_owned() + "…";
    // at least the first character
    let fitting = ends.partition_point(|&end| width(&cut(end), size, bold) <= available);
    ends.get(fitting.saturating_sub(1).max(1))
        .map_or_else(|| text.to_owned(), |&end| cut(end))
}

/// The largest font size up to `size` at which `text` is at most `available` pixels wide, but at least half of
/// `size`.
pub(crate) fn fit(text: &str, size: f64, bold: bool, available: f64) -> f64 {
    let width = width(text, size, bold);
    if width <= available {
        size
    } else {
        size * (available / width).max(0.5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_grows_with_text_size_and_weight() {
        let regular = width("Learning rate", 15.0, false);
        assert!(regular > 80.0 && regular < 110.0, "{regular}");
        assert!(width("Learning rates", 15.0, false) > regular);
        assert!(width("Learning rate", 15.0, true) > regular);
        assert!((width("Learning rate", 30.0, false) - 2.0 * regular).abs() <= 1e-3);
        assert_eq!(width("", 15.0, false), 0.0);
    }

    #[test]
    fn shortened_to_what_fits() {
        let text = "a class of a long name";
        let all = width(text, 15.0, false);
        assert_eq!(shortened(text, 15.0, false, all), text);
        let cut = shortened(text, 15.0, false, all - 1.0);
        assert_eq!(cut, "a class of a long na…");
        assert!(width(&cut, 15.0, false) <= all - 1.0);
        assert_eq!(shortened(text, 15.0, false, 0.0), "a…");
        assert_eq!(shortened("", 15.0, false, 0.0), "");
        assert_eq!(shortened("é", 15.0, false, 0.0), "é");
    }

    #[test]
    fn kerning_draws_letters_together() {
        let [pair, a, v] = ["AV", "A", "V"].map(|text| width(text, 1.0, false));
        assert!(pair < a + v - 0.03, "{pair} {a} {v}");
        assert_eq!(width("A\u{200b}V", 1.0, false), pair);
    }

    #[test]
    fn marks_are_centred_above_their_letters() {
        for text in ["σ̂", "x̄", "ñ", "X̄", "i\u{302}", "x̄\u{302}"] {
            let letter: String = text.chars().take(1).collect();
            assert_eq!(width(text, 1.0, false), width(&letter, 1.0, false));
            let line = Line::new(text, false);
            let bounds = |i: usize| {
                let (glyph, (right, up)) = line.glyphs[i];
                let bounds = glyph.bounds().expect("ink");
                ((bounds.left + bounds.right) / 2.0 + right, up, bounds.top)
            };
            let (letter, mut top) = (bounds(0), bounds(0).2);
            for i in 1..line.glyphs.len() {
                let (center, up, height) = bounds(i);
                assert!((center - letter.0).abs() <= 1e-9, "{text}");
                assert!(up + height > top + 0.05, "{text}");
                top = up + height;
            }
        }
    }

    #[test]
    fn a_mark_without_a_letter_stands_alone() {
        assert!(width("\u{302}", 1.0, false) >= 0.0);
        assert_eq!(Line::new(" \u{302}", false).glyphs.len(), 2);
    }
}
