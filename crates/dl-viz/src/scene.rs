//! The display list: the shapes of a figure in the order they are painted.
//!
//! SVG and PNG are both written from it, so that they agree. Lengths are pixels of the SVG.

use crate::{pixels::Px, style::Color};

/// A figure as shapes.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    /// Width and height.
    pub(crate) size: (f64, f64),
    pub(crate) shapes: Vec<Shape>,
}

/// An outline with its paint.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub(crate) outline: Outline,
    pub(crate) paint: Paint,
    pub(crate) color: Color,
    pub(crate) opacity: f64,
}

/// How a shape is painted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Paint {
    /// Filled, by the non-zero rule.
    Fill,
    /// Stroked, with round joins and butt caps.
    Stroke { width: f64 },
}

#[derive(Clone, Debug)]
pub(crate) enum Outline {
    Circle {
        center: Px,
        radius: f64,
    },
    /// Its upper left and lower right corners. There may be millions, such as the cells of a matrix.
    Rectangle(Px, Px),
    Path(Vec<Segment>),
}

/// A segment of a path from the end of the previous one; control points come before the end point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Segment {
    Move(Px),
    Line(Px),
    Quadratic(Px, Px),
    Cubic(Px, Px, Px),
    Close,
}

/// The path around a rectangle.
pub(crate) fn rectangle((left, top): Px, (right, bottom): Px) -> Vec<Segment> {
    let corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
    polyline(corners, true)
}

/// The path through these points, from the last back to the first if it is `closed`.
pub(crate) fn polyline(points: impl IntoIterator<Item = Px>, closed: bool) -> Vec<Segment> {
    let mut path: Vec<Segment> = points.into_iter().map(Segment::Line).collect();
    if let Some(first) = path.first_mut() {
        if let Segment::Line(point) = *first {
            *first = Segment::Move(point);
        }
        if closed {
            path.push(Segment::Close);
        }
    }
    path
}
