//! The embedded fonts: the outlines, advance widths and kerning of their glyphs.

use std::sync::LazyLock;

use ttf_parser::{
    GlyphId, OutlineBuilder, Tag,
    gpos::{PairAdjustment, PositioningSubtable},
};

use crate::{
    pixels::{CAP_HEIGHT, Px},
    scene::{Segment, polyline},
};

/// The glyph of missing characters. It has a width, but no outline in the embedded fonts.
const MISSING: GlyphId = GlyphId(0);

/// Inter, regular and semi-bold, and Noto Sans Math.
static FACES: LazyLock<[Face; 3]> = LazyLock::new(|| {
    [
        Face::new(include_bytes!("../fonts/Inter-Regular.otf")),
        Face::new(include_bytes!("../fonts/Inter-SemiBold.otf")),
        Face::new(include_bytes!("../fonts/NotoSansMath-Regular.ttf")),
    ]
});

/// One of the embedded fonts. Lengths are in ems.
pub(crate) struct Face {
    font: ttf_parser::Face<'static>,
    /// The pair adjustment tables, in order of lookup.
    kerning: Vec<PairAdjustment<'static>>,
}

/// A glyph of a face.
#[derive(Clone, Copy)]
pub(crate) struct Glyph {
    pub(crate) face: &'static Face,
    id: GlyphId,
}

/// The bounding box of a glyph's outline, above the baseline.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) left: f64,
    pub(crate) right: f64,
    pub(crate) top: f64,
}

impl Face {
    fn new(data: &'static [u8]) -> Self {
        let font = ttf_parser::Face::parse(data, 0).expect("the embedded fonts are valid");
        let kerning = kerning(&font);
        Self { font, kerning }
    }

    fn ems(&self, units: impl Into<f64>) -> f64 {
        units.into() / f64::from(self.font.units_per_em())
    }

    /// The height of lower-case letters.
    pub(crate) fn x_height(&self) -> f64 {
        self.ems(self.font.x_height().unwrap_or(0))
    }

    fn glyph(&'static self, c: char) -> Option<Glyph> {
        let id = self.font.glyph_index(c)?;
        Some(Glyph { face: self, id })
    }
}

/// The pair adjustment tables of a font's feature `kern`.
fn kerning(font: &ttf_parser::Face<'static>) -> Vec<PairAdjustment<'static>> {
    let Some(gpos) = font.tables().gpos else {
        return Vec::new();
    };
    let features = gpos.features.into_iter();
    let features = features.filter(|feature| feature.tag == Tag::from_bytes(b"kern"));
    let lookups = features
        .flat_map(|feature| feature.lookup_indices)
        .filter_map(|index| gpos.lookups.get(index));
    let tables = lookups.flat_map(|lookup| lookup.subtables.into_iter());
    tables
        .filter_map(|table| match table {
            PositioningSubtable::Pair(pairs) => Some(pairs),
            _ => None,
        })
        .collect()
}

impl Glyph {
    /// The glyph of a character in Inter or else in the mathematical font; an empty box if neither has one.
    pub(crate) fn new(c: char, bold: bool) -> Self {
        let [regular, semi_bold, math] = &*FACES;
        let text = if bold { semi_bold } else { regular };
        let missing = Self {
            face: text,
            id: MISSING,
        };
        text.glyph(c).or_else(|| math.glyph(c)).unwrap_or(missing)
    }

    /// The advance width.
    pub(crate) fn advance(self) -> f64 {
        let advance = self.face.font.glyph_hor_advance(self.id);
        self.face.ems(advance.unwrap_or(0))
    }

    /// The kerning with the next glyph: how far it moves to the right, usually negative.
    pub(crate) fn kerning(self, next: Self) -> f64 {
        if !std::ptr::eq(self.face, next.face) {
            return 0.0;
        }
        let mut tables = self.face.kerning.iter();
        let adjustment = tables.find_map(|table| {
            let index = table.coverage().get(self.id)?;
            let (first, _) = match table {
                PairAdjustment::Format1 { sets, .. } => sets.get(index)?.get(next.id)?,
                PairAdjustment::Format2 {
                    classes, matrix, ..
                } => matrix.get((classes.0.get(self.id), classes.1.get(next.id)))?,
            };
            Some(first.x_advance)
        });
        self.face.ems(adjustment.unwrap_or(0))
    }

    /// `None` for a blank.
    pub(crate) fn bounds(self) -> Option<Bounds> {
        let bounds = self.face.font.glyph_bounding_box(self.id)?;
        Some(Bounds {
            left: self.face.ems(bounds.x_min),
            right: self.face.ems(bounds.x_max),
            top: self.face.ems(bounds.y_max),
        })
    }

    /// Adds its outline to a path; `place` converts ems right of the origin and above the baseline to pixels.
    pub(crate) fn outline(self, path: &mut Vec<Segment>, place: impl Fn(f64, f64) -> Px) {
        let face = self.face;
        if self.id == MISSING {
            let (width, line) = (self.advance(), 0.06);
            // The inner rectangle has the opposite orientation and is a hole.
            for (edge, reversed) in [(line, false), (2.0 * line, true)] {
                let (left, right, top) = (edge, width - edge, CAP_HEIGHT + line - edge);
                let mut corners = [
                    (left, edge - line),
                    (right, edge - line),
                    (right, top),
                    (left, top),
                ];
                if reversed {
                    corners.reverse();
                }
                path.extend(polyline(corners.map(|(x, y)| place(x, y)), true));
            }
            return;
        }
        let mut pen = Pen {
            path,
            place: |x, y| place(face.ems(x), face.ems(y)),
        };
        // A blank has no outline.
        let _ = face.font.outline_glyph(self.id, &mut pen);
    }
}

struct Pen<'a, P> {
    path: &'a mut Vec<Segment>,
    place: P,
}

impl<P: Fn(f32, f32) -> Px> OutlineBuilder for Pen<'_, P> {
    fn move_to(&mut self, x: f32, y: f32) {
        self.path.push(Segment::Move((self.place)(x, y)));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.path.push(Segment::Line((self.place)(x, y)));
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let points = ((self.place)(x1, y1), (self.place)(x, y));
        self.path.push(Segment::Quadratic(points.0, points.1));
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let place = &self.place;
        let cubic = Segment::Cubic(place(x1, y1), place(x2, y2), place(x, y));
        self.path.push(cubic);
    }

    fn close(&mut self) {
        self.path.push(Segment::Close);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_symbol_the_figures_need_is_in_a_face() {
        let symbols = "x₁w₂b₀10⁻³ −×÷·±→←↑↓≤≥≠≈√∞∑∏∂∇∫∈∝‖αβγδεηθλμνπρστφχψωΓΔΘΛΣΦΨΩσ̂x̄ñŷéüß°½";
        for (symbol, bold) in symbols.chars().flat_map(|c| [(c, false), (c, true)]) {
            assert_ne!(
                Glyph::new(symbol, bold).id,
                MISSING,
                "no glyph for {symbol}"
            );
        }
        assert_eq!(Glyph::new('漢', false).id, MISSING);
    }

    #[test]
    fn pairs_are_kerned_by_glyph_and_by_class() {
        let kerning = |first, next| Glyph::new(first, false).kerning(Glyph::new(next, false));
        assert!(kerning('A', 'V') < -0.03, "{}", kerning('A', 'V'));
        assert!(kerning('T', 'o') < -0.03, "{}", kerning('T', 'o'));
        assert_eq!(kerning('A', 'V'), kerning('Ä', 'V'), "one class");
        assert_eq!(kerning('n', 'n'), 0.0);
        assert_eq!(kerning('A', '∇'), 0.0, "of another face");
    }

    #[test]
    fn outlines_are_closed_and_blanks_have_none() {
        for (c, contours) in [('i', 2), ('o', 2), ('∇', 2), (' ', 0), ('漢', 2)] {
            let mut path = Vec::new();
            Glyph::new(c, false).outline(&mut path, |x, y| (x, y));
            let of = |kind: fn(&Segment) -> bool| path.iter().filter(|s| kind(s)).count();
            assert_eq!(of(|s| matches!(s, Segment::Move(_))), contours, "{c}");
            assert_eq!(of(|s| matches!(s, Segment::Close)), contours, "{c}");
        }
    }
}
