//! Points and rectangles in pixels, and the units of the canvas.

/// Canvas units per pixel.
pub(crate) const SCALE: f64 = 10.0;

/// A point in pixels; y points downwards.
pub(crate) type Px = (f64, f64);

/// Converts pixels to canvas units, rounded.
pub(crate) fn units(pixels: f64) -> i32 {
    (pixels * SCALE).round() as i32
}

/// An axis-parallel rectangle in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rect {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
}

impl Rect {
    pub(crate) fn width(&self) -> f64 {
        self.right - self.left
    }

    pub(crate) fn height(&self) -> f64 {
        self.bottom - self.top
    }

    pub(crate) fn center(&self) -> Px {
        (
            (self.left + self.right) / 2.0,
            (self.top + self.bottom) / 2.0,
        )
    }

    pub(crate) fn contains(&self, (x, y): Px) -> bool {
        (self.left..=self.right).contains(&x) && (self.top..=self.bottom).contains(&y)
    }
}

/// Height of Inter's capitals and digits as a fraction of the font size.
pub(crate) const CAP_HEIGHT: f64 = 0.727;
