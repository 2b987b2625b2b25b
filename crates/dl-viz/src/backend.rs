//! Records plotters' drawing calls in a scene.

use std::convert::Infallible;

use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
    FontStyle, FontTransform,
    text_anchor::{HPos, VPos},
};

use crate::{
    pixels::{CAP_HEIGHT, Px, SCALE, units},
    scene::{Outline, Paint, Scene, Segment, Shape, polyline},
    style::Color,
    text,
};

/// The backend of plotters, in canvas units of which [`SCALE`] are a pixel of the scene.
pub(crate) struct Recorder<'a> {
    pub(crate) scene: &'a mut Scene,
}

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

fn pixels(units: impl Into<f64>) -> f64 {
    units.into() / SCALE
}

fn place((x, y): BackendCoord) -> Px {
    (pixels(x), pixels(y))
}

impl Recorder<'_> {
    fn push(&mut self, outline: Outline, paint: Paint, color: BackendColor) -> Drawn {
        if color.alpha > 0.0 {
            let (red, green, blue) = color.rgb;
            self.scene.shapes.push(Shape {
                outline,
                paint,
                color: Color::rgb(red, green, blue),
                opacity: color.alpha,
            });
        }
        Ok(())
    }

    fn path(&mut self, path: Vec<Segment>, paint: Paint, color: BackendColor) -> Drawn {
        if path.len() > 1 {
            self.push(Outline::Path(path), paint, color)
        } else {
            Ok(())
        }
    }
}

/// The paint for a shape that is either filled or outlined.
fn paint<S: BackendStyle>(style: &S, fill: bool) -> Paint {
    if fill {
        Paint::Fill
    } else {
        let width = pixels(style.stroke_width());
        Paint::Stroke { width }
    }
}

impl DrawingBackend for Recorder<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        let (width, height) = self.scene.size;
        (units(width) as u32, units(height) as u32)
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, color: BackendColor) -> Drawn {
        self.draw_rect((x, y), (x + 1, y + 1), &color, true)
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        upper_left: BackendCoord,
        lower_right: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let outline = Outline::Rectangle(place(upper_left), place(lower_right));
        self.push(outline, paint(style, fill), style.color())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        let mut points: Vec<Px> = path.into_iter().map(place).collect();
        // A closed line has a corner at its start, not two ends.
        let closed = points.len() > 2 && points.first() == points.last();
        if closed {
            points.pop();
        }
        self.path(polyline(points, closed), paint(style, false), style.color())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        let path = polyline(path.into_iter().map(place), true);
        self.path(path, Paint::Fill, style.color())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        center: BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let outline = Outline::Circle {
            center: place(center),
            radius: pixels(radius),
        };
        self.push(outline, paint(style, fill), style.color())
    }

    /// Top, centre and bottom of text are those of capitals and digits.
    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, at: BackendCoord) -> Drawn {
        let line = text::Line::new(text, matches!(style.style(), FontStyle::Bold));
        let size = style.size() / SCALE;
        let left = match style.anchor().h_pos {
            HPos::Left => 0.0,
            HPos::Center => -line.width / 2.0,
            HPos::Right => -line.width,
        };
        let drop = match style.anchor().v_pos {
            VPos::Top => CAP_HEIGHT,
            VPos::Center => CAP_HEIGHT / 2.0,
            VPos::Bottom => 0.0,
        };
        let (x, y) = place(at);
        let path = line.outline(|right, up| {
            let (dx, dy) = (size * (left + right), size * (drop - up));
            let (x, y) = match style.transform() {
                FontTransform::None => (x + dx, y + dy),
                FontTransform::Rotate90 => (x - dy, y + dx),
                FontTransform::Rotate180 => (x - dx, y - dy),
                FontTransform::Rotate270 => (x + dy, y - dx),
            };
            // Rounded as in the SVG, so that the PNG is drawn from the same numbers.
            ((x * 100.0).round() / 100.0, (y * 100.0).round() / 100.0)
        });
        self.path(path, Paint::Fill, style.color())
    }

    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        text: &str,
        style: &S,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        let line = text::Line::new(text, matches!(style.style(), FontStyle::Bold));
        let width = style.size() * line.width;
        Ok((
            width.ceil() as u32,
            (style.size() * CAP_HEIGHT).ceil() as u32,
        ))
    }
}
