//! The embedded fonts, and how wide a text is in them.

use std::sync::{Arc, LazyLock};

use resvg::usvg::{self, fontdb};

const FACES: [&[u8]; 3] = [
    include_bytes!("../fonts/Inter-Regular.otf"),
    include_bytes!("../fonts/Inter-SemiBold.otf"),
    include_bytes!("../fonts/NotoSansMath-Regular.ttf"),
];

static FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::new();
    for face in FACES {
        fonts.load_font_data(face.to_vec());
    }
    // Text whose family is not found would vanish; every generic family is therefore Inter.
    fonts.set_sans_serif_family("Inter");
    fonts.set_serif_family("Inter");
    fonts.set_monospace_family("Inter");
    fonts.set_cursive_family("Inter");
    fonts.set_fantasy_family("Inter");
    Arc::new(fonts)
});

/// How SVG is parsed here: with the embedded fonts and no others.
pub(crate) fn options() -> usvg::Options<'static> {
    usvg::Options {
        font_family: "sans-serif".to_owned(),
        fontdb: Arc::clone(&FONTS),
        ..usvg::Options::default()
    }
}

/// XML has no place for control characters; a space stands in for each.
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

/// Width in pixels of `text` set at `size`.
///
/// plotters knows nothing of fonts without its font features, so the shaper that will set the text
/// measures it.
pub(crate) fn width(text: &str, size: f64, bold: bool) -> f64 {
    let weight = if bold { "bold" } else { "normal" };
    let escaped = clean(text).replace('&', "&amp;").replace('<', "&lt;");
    let svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"><text font-family="sans-serif" font-size="100" font-weight="{weight}">{escaped}</text></svg>"#
    );
    match usvg::Tree::from_str(&svg, &options()) {
        Ok(tree) => f64::from(tree.root().bounding_box().width()) * size / 100.0,
        // Only blank text gives no tree or no box.
        Err(_) => 0.0,
    }
}

/// The largest size up to `size` at which `text` is at most `available` pixels wide, but not below half of it.
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
    fn every_symbol_the_figures_need_is_in_a_face() {
        let symbols = "x₁w₂b₀10⁻³ −×÷·±→←↑↓≤≥≠≈√∞∑∏∂∇∫∈∝‖αβγδεηθλμνπρστφχψωΓΔΘΛΣΦΨΩσ̂ŷéüß°½";
        for symbol in symbols.chars().filter(|c| !c.is_whitespace()) {
            let known = FONTS.faces().any(|face| {
                FONTS.with_face_data(face.id, |data, index| has_glyph(data, index, symbol))
                    == Some(true)
            });
            assert!(known, "no glyph for {symbol}");
        }
    }

    /// A missing glyph is drawn as the box of `.notdef`, so its outline equals that of a private-use character.
    fn has_glyph(data: &[u8], index: u32, symbol: char) -> bool {
        let mut fonts = fontdb::Database::new();
        fonts.load_font_data(data.to_vec());
        assert_eq!(index, 0);
        let family = fonts.faces().next().expect("one face").families[0]
            .0
            .clone();
        let options = usvg::Options {
            fontdb: Arc::new(fonts),
            ..usvg::Options::default()
        };
        let outline = |c: char| {
            let svg = format!(
                r#"<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text font-family="{family}">{c}</text></svg>"#
            );
            usvg::Tree::from_str(&svg, &options)
                .expect("valid")
                .to_string(&usvg::WriteOptions::default())
        };
        outline(symbol) != outline('\u{e000}')
    }
}
