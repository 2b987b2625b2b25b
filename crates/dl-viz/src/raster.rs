//! Draws a scene as PNG.

use tiny_skia::{FillRule, LineJoin, PathBuilder, Pixmap, Stroke, Transform};

use crate::{
    FigureError,
    scene::{Outline, Paint, Scene, Segment, Shape, rectangle},
};

/// PNG pixels per SVG pixel.
const SCALE: f32 = 2.0;

/// Maximum number of pixels: 400 MB of memory.
const MAX_PIXELS: u64 = 100_000_000;

/// Draws a scene on a transparent background.
pub(crate) fn png(scene: &Scene) -> Result<Vec<u8>, FigureError> {
    let pixels = |side: f64| (side as f32 * SCALE).round() as u32;
    let (width, height) = (pixels(scene.size.0), pixels(scene.size.1));
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(FigureError::Pixels { width, height });
    }
    let mut pixmap =
        Pixmap::new(width, height).ok_or_else(|| FigureError::Drawing("no pixels".to_owned()))?;
    for shape in &scene.shapes {
        draw(shape, &mut pixmap);
    }
    pixmap
        .encode_png()
        .map_err(|error| FigureError::Drawing(error.to_string()))
}

fn draw(shape: &Shape, pixmap: &mut Pixmap) {
    // A path without extent covers nothing.
    let Some(path) = path(&shape.outline) else {
        return;
    };
    let color = shape.color;
    let alpha = (shape.opacity * 255.0).round() as u8;
    let mut paint = tiny_skia::Paint::default();
    paint.set_color_rgba8(color.red, color.green, color.blue, alpha);
    let scale = Transform::from_scale(SCALE, SCALE);
    match shape.paint {
        Paint::Fill => pixmap.fill_path(&path, &paint, FillRule::Winding, scale, None),
        Paint::Stroke { width } => {
            let stroke = Stroke {
                width: width as f32,
                line_join: LineJoin::Round,
                ..Stroke::default()
            };
            pixmap.stroke_path(&path, &paint, &stroke, scale, None);
        }
    }
}

fn path(outline: &Outline) -> Option<tiny_skia::Path> {
    let mut path = PathBuilder::new();
    match outline {
        Outline::Circle { center, radius } => {
            path.push_circle(center.0 as f32, center.1 as f32, *radius as f32);
        }
        Outline::Rectangle(from, to) => add(&mut path, &rectangle(*from, *to)),
        Outline::Path(segments) => add(&mut path, segments),
    }
    path.finish()
}

fn add(path: &mut PathBuilder, segments: &[Segment]) {
    let f32s = |(x, y): (f64, f64)| (x as f32, y as f32);
    for segment in segments {
        match *segment {
            Segment::Move(to) => path.move_to(to.0 as f32, to.1 as f32),
            Segment::Line(to) => path.line_to(to.0 as f32, to.1 as f32),
            Segment::Quadratic(control, to) => {
                let ((x1, y1), (x, y)) = (f32s(control), f32s(to));
                path.quad_to(x1, y1, x, y);
            }
            Segment::Cubic(first, second, to) => {
                let ((x1, y1), (x2, y2), (x, y)) = (f32s(first), f32s(second), f32s(to));
                path.cubic_to(x1, y1, x2, y2, x, y);
            }
            Segment::Close => path.close(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{scene::polyline, style};

    #[test]
    fn shapes_are_painted_in_their_order() {
        let square = |side: f64, color, opacity| Shape {
            outline: Outline::Path(polyline(
                [(0.0, 0.0), (side, 0.0), (side, side), (0.0, side)],
                true,
            )),
            paint: Paint::Fill,
            color,
            opacity,
        };
        let empty = Shape {
            outline: Outline::Path(Vec::new()),
            ..square(1.0, style::RED, 1.0)
        };
        let shapes = vec![
            square(4.0, style::WHITE, 1.0),
            empty,
            square(2.0, style::BLUE, 0.5),
        ];
        let scene = Scene {
            size: (4.0, 3.0),
            shapes,
        };
        let pixmap = Pixmap::decode_png(&png(&scene).expect("drawn")).expect("a PNG");
        assert_eq!((pixmap.width(), pixmap.height()), (8, 6));
        let at = |x, y| {
            let pixel = pixmap.pixel(x, y).expect("inside");
            [pixel.red(), pixel.green(), pixel.blue(), pixel.alpha()]
        };
        assert_eq!(at(5, 1), [255, 255, 255, 255]);
        let halfway = [0u8, 114, 178].map(|v| (f32::from(v) + 255.0) / 2.0);
        for (channel, expected) in at(1, 1).iter().zip(halfway) {
            assert!((f32::from(*channel) - expected).abs() <= 1.0);
        }
    }
}
