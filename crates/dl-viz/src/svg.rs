//! Writes a scene as SVG: paths and circles, without text, styles or references.
//!
//! There are no ids, so that many figures can be in one HTML page.

use std::fmt::{self, Write as _};

use crate::{
    pixels::Px,
    scene::{Outline, Paint, Scene, Segment, Shape, rectangle},
    style::Color,
    text,
};

/// The document; `title` is its text alternative, since all other text is drawn as paths.
pub(crate) fn document(scene: &Scene, title: &str) -> String {
    let mut svg = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut svg, scene, title);
    svg
}

fn write(svg: &mut String, scene: &Scene, title: &str) -> fmt::Result {
    let (width, height) = (
        Hundredths::from_f64(scene.size.0),
        Hundredths::from_f64(scene.size.1),
    );
    write!(
        svg,
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" fill="none" stroke-linejoin="round">"#
    )?;
    if !title.is_empty() {
        write!(svg, "<title>{}</title>", escaped(title))?;
    }
    for shape in &scene.shapes {
        write_shape(svg, shape)?;
    }
    svg.write_str("</svg>")
}

/// Text as XML: without control characters, markup escaped.
fn escaped(title: &str) -> String {
    text::clean(title)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn write_shape(svg: &mut String, shape: &Shape) -> fmt::Result {
    let name = match shape.outline {
        Outline::Circle { .. } => "circle",
        Outline::Rectangle(..) | Outline::Path(_) => "path",
    };
    write!(svg, "<{name}")?;
    let Color { red, green, blue } = shape.color;
    let color = format!("#{red:02x}{green:02x}{blue:02x}");
    match shape.paint {
        Paint::Fill => write!(svg, r#" fill="{color}""#)?,
        Paint::Stroke { width } => {
            let width = Hundredths::from_f64(width);
            write!(svg, r#" stroke="{color}" stroke-width="{width}""#)?;
        }
    }
    if shape.opacity < 1.0 {
        write!(svg, r#" opacity="{}""#, Hundredths::from_f64(shape.opacity))?;
    }
    match &shape.outline {
        Outline::Circle { center, radius } => {
            let [x, y, radius] = [center.0, center.1, *radius].map(Hundredths::from_f64);
            write!(svg, r#" cx="{x}" cy="{y}" r="{radius}""#)?;
        }
        Outline::Rectangle(from, to) => {
            write!(svg, r#" d="{}""#, path_data(&rectangle(*from, *to)))?;
        }
        Outline::Path(path) => write!(svg, r#" d="{}""#, path_data(path))?,
    }
    svg.write_str("/>")
}

/// A number with two decimals, stored in hundredths: sums are exact, and the text is as short as possible.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Hundredths(i64);

impl Hundredths {
    fn from_f64(value: f64) -> Self {
        Self((value * 100.0).round() as i64)
    }
}

impl fmt::Display for Hundredths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 0 {
            f.write_char('-')?;
        }
        let (whole, rest) = (self.0.unsigned_abs() / 100, self.0.unsigned_abs() % 100);
        if whole > 0 || rest == 0 {
            write!(f, "{whole}")?;
        }
        match (rest / 10, rest % 10) {
            (0, 0) => Ok(()),
            (tenths, 0) => write!(f, ".{tenths}"),
            (tenths, hundredths) => write!(f, ".{tenths}{hundredths}"),
        }
    }
}

/// The attribute `d` of a path. Each point is relative to the end of the previous segment, which takes few digits;
/// differences are between rounded points, so that errors do not accumulate.
fn path_data(path: &[Segment]) -> String {
    let mut data = Data::default();
    for segment in path {
        match *segment {
            Segment::Move(to) => data.begin(to),
            Segment::Line(to) => data.line(to),
            Segment::Quadratic(control, to) => data.segment('q', &[control, to]),
            Segment::Cubic(first, second, to) => data.segment('c', &[first, second, to]),
            Segment::Close => data.close(),
        }
    }
    data.text
}

#[derive(Default)]
struct Data {
    text: String,
    /// The last command written, which also applies to further numbers after its own.
    command: char,
    /// The end of the last segment, and the start of the contour.
    at: (i64, i64),
    start: (i64, i64),
}

impl Data {
    fn begin(&mut self, to: Px) {
        let (x, y) = rounded(to);
        self.command('M');
        self.numbers(&[x, y]);
        (self.at, self.start) = ((x, y), (x, y));
        // By the format's rule, further numbers after a move are lines, but absolute ones.
        self.command = 'M';
    }

    fn line(&mut self, to: Px) {
        let (x, y) = rounded(to);
        let (dx, dy) = (x - self.at.0, y - self.at.1);
        let (command, numbers): (_, &[i64]) = match (dx, dy) {
            (_, 0) => ('h', &[dx]),
            (0, _) => ('v', &[dy]),
            _ => ('l', &[dx, dy]),
        };
        self.command(command);
        self.numbers(numbers);
        self.at = (x, y);
    }

    fn segment(&mut self, command: char, points: &[Px]) {
        self.command(command);
        let from = self.at;
        for &point in points {
            let (x, y) = rounded(point);
            self.numbers(&[x - from.0, y - from.1]);
            self.at = (x, y);
        }
    }

    fn close(&mut self) {
        self.command('z');
        self.at = self.start;
    }

    fn command(&mut self, command: char) {
        if self.command != command || matches!(command, 'M' | 'z') {
            self.text.push(command);
            self.command = command;
        }
    }

    fn numbers(&mut self, numbers: &[i64]) {
        for &number in numbers {
            // A sign separates numbers as well as a space does.
            if number >= 0 && self.text.ends_with(|c: char| c.is_ascii_digit()) {
                self.text.push(' ');
            }
            let _ = write!(self.text, "{}", Hundredths(number));
        }
    }
}

fn rounded((x, y): Px) -> (i64, i64) {
    (Hundredths::from_f64(x).0, Hundredths::from_f64(y).0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{scene::polyline, style};

    #[test]
    fn numbers_are_short() {
        let texts = [0.0, -0.001, 0.5, -0.25, 3.0, -12.04, 1400.0, 7.199_999]
            .map(|v| Hundredths::from_f64(v).to_string());
        assert_eq!(
            texts,
            ["0", "0", ".5", "-.25", "3", "-12.04", "1400", "7.2"]
        );
    }

    #[test]
    fn path_data_is_relative_and_does_not_drift() {
        let square = polyline([(1.0, 2.0), (4.0, 2.0), (4.0, 6.5), (1.0, 6.5)], true);
        assert_eq!(path_data(&square), "M1 2h3v4.5h-3z");
        let line = polyline([(1.0, 2.0), (2.0, 3.0), (4.0, 2.5)], false);
        assert_eq!(path_data(&line), "M1 2l1 1 2-.5");
        let steps = (0..=300).map(|i| (f64::from(i) / 300.0, f64::from(i) / 300.0));
        let sum: f64 = path_data(&polyline(steps, false))
            .split(|c: char| !c.is_ascii_digit() && c != '.')
            .filter_map(|number| number.parse::<f64>().ok())
            .sum();
        assert!((sum - 2.0).abs() <= 1e-9, "{sum}");
        let curves = [
            Segment::Move((0.0, 0.0)),
            Segment::Cubic((1.0, 0.0), (2.0, 1.0), (2.0, 2.0)),
            Segment::Quadratic((2.0, 3.0), (1.0, 3.0)),
            Segment::Close,
            Segment::Move((5.0, 5.0)),
        ];
        assert_eq!(path_data(&curves), "M0 0c1 0 2 1 2 2q0 1-1 1zM5 5");
    }

    #[test]
    fn shapes_say_how_they_are_painted() {
        let shape = |outline, paint, opacity| Shape {
            outline,
            paint,
            color: style::BLUE,
            opacity,
        };
        let circle = Outline::Circle {
            center: (3.0, 4.5),
            radius: 2.0,
        };
        let line = Outline::Path(polyline([(0.0, 0.0), (1.0, 1.0)], false));
        let scene = Scene {
            size: (30.0, 20.0),
            shapes: vec![
                shape(circle, Paint::Fill, 0.2),
                shape(line, Paint::Stroke { width: 2.2 }, 1.0),
            ],
        };
        let svg = document(&scene, "a < b");
        let (_, body) = svg.split_once('>').expect("an element");
        assert_eq!(
            body,
            concat!(
                "<title>a &lt; b</title>",
                r##"<circle fill="#0072b2" opacity=".2" cx="3" cy="4.5" r="2"/>"##,
                r##"<path stroke="#0072b2" stroke-width="2.2" d="M0 0l1 1"/></svg>"##
            )
        );
    }
}
