//! A canvas for shapes in pixels, drawn by plotters into a scene.
//!
//! plotters' coordinates are integers, which would make curves angular. The canvas is therefore
//! [`SCALE`] times the size of the figure and the scene divides by it.

use plotters::{
    coord::Shift,
    element::{Circle, PathElement, Polygon, Rectangle},
    prelude::{DrawingArea, ShapeStyle},
    style::{
        Color as _, FontDesc, FontFamily, FontStyle, FontTransform, RGBColor,
        text_anchor::{HPos, Pos, VPos},
    },
};

use crate::{
    FigureError,
    backend::Recorder,
    pixels::{Px, Rect, SCALE, units},
    style::{self, Color},
};

fn place((x, y): Px) -> (i32, i32) {
    (units(x), units(y))
}

/// Colour and width of a line, and the length of its dashes, if any.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stroke {
    pub(crate) color: Color,
    pub(crate) width: f64,
    pub(crate) dash: Option<f64>,
}

impl Stroke {
    pub(crate) fn solid(color: Color, width: f64) -> Self {
        Self {
            color,
            width,
            dash: None,
        }
    }
}

/// The shape of a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Marker {
    Circle,
    Triangle,
    Square,
}

impl Marker {
    /// The marker of a class.
    pub(crate) fn for_class(class: usize) -> Self {
        [Self::Circle, Self::Triangle, Self::Square][class % 3]
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Align {
    Left,
    Center,
    Right,
}

/// How text is set. It is positioned by a point on its baseline.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Font {
    pub(crate) size: f64,
    pub(crate) bold: bool,
    pub(crate) color: Color,
    pub(crate) align: Align,
    /// Reading upwards.
    pub(crate) upwards: bool,
}

impl Font {
    pub(crate) fn new(size: f64, color: Color) -> Self {
        Self {
            size,
            bold: false,
            color,
            align: Align::Center,
            upwards: false,
        }
    }

    pub(crate) fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    pub(crate) fn align(self, align: Align) -> Self {
        Self { align, ..self }
    }

    pub(crate) fn upwards(self) -> Self {
        Self {
            upwards: true,
            ..self
        }
    }
}

/// A weight and size of the embedded font, for plotters.
pub(crate) fn font_desc(size: f64, bold: bool) -> FontDesc<'static> {
    let style = if bold {
        FontStyle::Bold
    } else {
        FontStyle::Normal
    };
    FontDesc::new(FontFamily::SansSerif, size * SCALE, style)
}

pub(crate) fn rgb(color: Color) -> RGBColor {
    RGBColor(color.red, color.green, color.blue)
}

pub(crate) type Root<'a> = DrawingArea<Recorder<'a>, Shift>;
type Drawn = Result<(), FigureError>;

/// The canvas that all parts of a figure draw on.
pub(crate) struct Canvas<'a> {
    pub(crate) root: Root<'a>,
}

impl Canvas<'_> {
    pub(crate) fn polyline(&self, points: &[Px], stroke: &Stroke) -> Drawn {
        let style = rgb(stroke.color).stroke_width(units(stroke.width) as u32);
        match stroke.dash {
            None => self.path(points, style),
            Some(dash) => dashes(points, dash)
                .iter()
                .try_for_each(|piece| self.path(piece, style)),
        }
    }

    fn path(&self, points: &[Px], style: ShapeStyle) -> Drawn {
        let points: Vec<_> = points.iter().copied().map(place).collect();
        Ok(self.root.draw(&PathElement::new(points, style))?)
    }

    pub(crate) fn polygon(&self, points: &[Px], color: Color, opacity: f64) -> Drawn {
        let points: Vec<_> = points.iter().copied().map(place).collect();
        Ok(self
            .root
            .draw(&Polygon::new(points, rgb(color).mix(opacity).filled()))?)
    }

    pub(crate) fn rect(&self, rect: Rect, color: Color, opacity: f64) -> Drawn {
        let corners = [
            place((rect.left, rect.top)),
            place((rect.right, rect.bottom)),
        ];
        Ok(self
            .root
            .draw(&Rectangle::new(corners, rgb(color).mix(opacity).filled()))?)
    }

    pub(crate) fn frame(&self, rect: Rect, stroke: &Stroke) -> Drawn {
        let Rect {
            left,
            top,
            right,
            bottom,
        } = rect;
        self.polyline(
            &[
                (left, top),
                (right, top),
                (right, bottom),
                (left, bottom),
                (left, top),
            ],
            stroke,
        )
    }

    /// A disc without an edge.
    pub(crate) fn disc(&self, at: Px, radius: f64, color: Color) -> Drawn {
        let disc = Circle::new(place(at), units(radius), rgb(color).filled());
        Ok(self.root.draw(&disc)?)
    }

    /// A disc with an edge.
    pub(crate) fn point(&self, at: Px, radius: f64, fill: Color, edge: Color) -> Drawn {
        self.disc(at, radius + style::EDGE_WIDTH / 2.0, edge)?;
        self.disc(at, radius - style::EDGE_WIDTH / 2.0, fill)
    }

    /// A disc, or a polygon of about the same area, with a dark edge.
    pub(crate) fn marker(&self, at: Px, radius: f64, fill: Color, marker: Marker) -> Drawn {
        let corners: &[Px] = match marker {
            Marker::Circle => return self.point(at, radius, fill, style::BLACK),
            Marker::Triangle => &[(0.0, -1.4), (1.3, 0.8), (-1.3, 0.8), (0.0, -1.4)],
            Marker::Square => &[
                (-0.9, -0.9),
                (0.9, -0.9),
                (0.9, 0.9),
                (-0.9, 0.9),
                (-0.9, -0.9),
            ],
        };
        let place = |&(x, y): &Px| (at.0 + radius * x, at.1 + radius * y);
        let corners: Vec<Px> = corners.iter().map(place).collect();
        self.polygon(&corners, fill, 1.0)?;
        self.polyline(&corners, &Stroke::solid(style::BLACK, style::EDGE_WIDTH))
    }

    pub(crate) fn text(&self, baseline: Px, text: &str, font: &Font) -> Drawn {
        let align = match font.align {
            Align::Left => HPos::Left,
            Align::Center => HPos::Center,
            Align::Right => HPos::Right,
        };
        let transform = match font.upwards {
            true => FontTransform::Rotate270,
            false => FontTransform::None,
        };
        let style = font_desc(font.size, font.bold)
            .transform(transform)
            .color(&rgb(font.color))
            .pos(Pos::new(align, VPos::Bottom));
        Ok(self.root.draw_text(text, &style, place(baseline))?)
    }
}

/// Maximum number of dashes of a line; more would not be visible as dashes.
const MAX_DASHES: f64 = 20_000.0;

/// The pieces of a dashed polyline: dashes of the given length and gaps of two thirds of it, both longer if there
/// would be too many.
fn dashes(points: &[Px], dash: f64) -> Vec<Vec<Px>> {
    let lengths = points
        .windows(2)
        .map(|p| (p[1].0 - p[0].0).hypot(p[1].1 - p[0].1));
    let dash = dash.max(lengths.sum::<f64>() / MAX_DASHES);
    let gap = dash * 2.0 / 3.0;
    let mut pieces = Vec::new();
    let mut piece: Vec<Px> = points.first().copied().into_iter().collect();
    let (mut inked, mut left) = (true, dash);
    for pair in points.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        let length = (x1 - x0).hypot(y1 - y0);
        let mut walked = 0.0;
        while length - walked > left {
            walked += left;
            let turn = (
                x0 + (x1 - x0) * walked / length,
                y0 + (y1 - y0) * walked / length,
            );
            if inked {
                piece.push(turn);
                pieces.push(std::mem::take(&mut piece));
            } else {
                piece = vec![turn];
            }
            inked = !inked;
            left = if inked { dash } else { gap };
        }
        left -= length - walked;
        if inked {
            piece.push((x1, y1));
        }
    }
    if inked && piece.len() > 1 {
        pieces.push(piece);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_alternate_with_gaps_around_a_corner() {
        let pieces = dashes(&[(0.0, 0.0), (8.0, 0.0), (8.0, 10.0)], 6.0);
        assert_eq!(
            pieces,
            [vec![(0.0, 0.0), (6.0, 0.0)], vec![(8.0, 2.0), (8.0, 8.0)]]
        );
    }

    #[test]
    fn a_scribble_has_no_millions_of_dashes() {
        let scribble: Vec<Px> = (0..100_000)
            .map(|i| (0.0, 500.0 * f64::from(i % 2)))
            .collect();
        assert!(dashes(&scribble, 0.4).len() <= 20_000);
    }
}
