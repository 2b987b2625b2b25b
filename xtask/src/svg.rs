//! Reads the figures' SVG: the points of its paths, and its pixels.
//!
//! Only what dl-viz writes is read, paths and circles in plain colours; anything else is an error, so that nothing
//! is left out of a comparison.

use roxmltree::{Document, Node};
use tiny_skia::{Color, FillRule, LineJoin, Paint, Path, PathBuilder, Pixmap, Stroke, Transform};

/// The scale at which SVGs are drawn: that of the figures' PNGs.
const SCALE: f32 = 2.0;

/// A segment of a path: `M`, `L`, `Q`, `C` or `Z`, and its points in absolute coordinates.
#[derive(Debug, PartialEq)]
pub(crate) struct Segment {
    pub(crate) command: char,
    pub(crate) points: Vec<(f64, f64)>,
}

/// Reads the attribute `d` of a path.
pub(crate) fn path(data: &str) -> Result<Vec<Segment>, String> {
    let error = || {
        format!(
            "`{}` is not a path",
            data.chars().take(60).collect::<String>()
        )
    };
    let mut segments = Vec::new();
    let (mut at, mut start) = ((0.0, 0.0), (0.0, 0.0));
    let mut rest = data.trim_start();
    while let Some(command) = rest.chars().next().filter(char::is_ascii_alphabetic) {
        let end = rest[1..].find(|c: char| c.is_ascii_alphabetic());
        let (numbers, after) = rest[1..].split_at(end.unwrap_or(rest.len() - 1));
        let numbers = self::numbers(numbers).ok_or_else(error)?;
        rest = after;
        let (kind, size) = match command.to_ascii_uppercase() {
            'Z' if numbers.is_empty() => {
                at = start;
                segments.push(Segment {
                    command: 'Z',
                    points: Vec::new(),
                });
                continue;
            }
            kind @ ('H' | 'V') => (kind, 1),
            // Of more points than one, those after the first would be lines.
            'M' if numbers.len() == 2 => ('M', 2),
            'L' => ('L', 2),
            'Q' => ('Q', 4),
            'C' => ('C', 6),
            _ => return Err(error()),
        };
        if numbers.is_empty() || numbers.len() % size != 0 {
            return Err(error());
        }
        for chunk in numbers.chunks(size) {
            let origin = if command.is_ascii_lowercase() {
                at
            } else {
                (0.0, 0.0)
            };
            let points: Vec<_> = match kind {
                'H' => vec![(origin.0 + chunk[0], at.1)],
                'V' => vec![(at.0, origin.1 + chunk[0])],
                _ => chunk
                    .chunks(2)
                    .map(|pair| (origin.0 + pair[0], origin.1 + pair[1]))
                    .collect(),
            };
            at = points[points.len() - 1];
            if kind == 'M' {
                start = at;
            }
            let command = if size == 1 { 'L' } else { kind };
            segments.push(Segment { command, points });
        }
    }
    match (rest, segments.first()) {
        ("", Some(first)) if first.command == 'M' => Ok(segments),
        _ => Err(error()),
    }
}

/// Numbers separated by blanks, commas or the sign of the next; `None` if one is not a number.
fn numbers(text: &str) -> Option<Vec<f64>> {
    let text = text.replace('-', " -").replace(',', " ");
    let number = |word: &str| word.parse().ok().filter(|number: &f64| number.is_finite());
    text.split_whitespace().map(number).collect()
}

/// A colour `#rrggbb`.
pub(crate) fn color(word: &str) -> Option<[u8; 3]> {
    let digits = word.strip_prefix('#').filter(|digits| digits.len() == 6)?;
    let rgb = u32::from_str_radix(digits, 16).ok()?;
    Some([rgb >> 16, rgb >> 8 & 255, rgb & 255].map(|channel| channel as u8))
}

/// The pixels of a figure.
pub(crate) fn draw(svg: &str) -> Result<Pixmap, String> {
    let document = Document::parse(svg).map_err(|error| format!("not an SVG: {error}"))?;
    let root = document.root_element();
    let pixels = |side: f32| (side * SCALE).round() as u32;
    let (width, height) = (number(&root, "width")?, number(&root, "height")?);
    let mut pixmap = Pixmap::new(pixels(width), pixels(height)).ok_or("an SVG without a size")?;
    for node in root.children().filter(Node::is_element) {
        if node.tag_name().name() != "title" {
            draw_shape(&node, &mut pixmap)?;
        }
    }
    Ok(pixmap)
}

fn draw_shape(node: &Node, pixmap: &mut Pixmap) -> Result<(), String> {
    let name = node.tag_name().name();
    let geometry: &[&str] = match name {
        "path" => &["d"],
        "circle" => &["cx", "cy", "r"],
        _ => return Err(format!("no figure has a `{name}`")),
    };
    let known = [geometry, &["fill", "stroke", "stroke-width", "opacity"]].concat();
    if let Some(other) = node.attributes().find(|a| !known.contains(&a.name())) {
        return Err(format!("no {name} of a figure has `{}`", other.name()));
    }
    let outline = match name {
        "path" => outline(&path(node.attribute("d").unwrap_or(""))?),
        _ => {
            let [x, y, radius] = ["cx", "cy", "r"].map(|name| number(node, name));
            PathBuilder::from_circle(x?, y?, radius?)
        }
    };
    // An empty path covers nothing.
    let Some(outline) = outline else {
        return Ok(());
    };
    let scale = Transform::from_scale(SCALE, SCALE);
    if let Some(paint) = paint(node, "fill")? {
        pixmap.fill_path(&outline, &paint, FillRule::Winding, scale, None);
    }
    if let Some(paint) = paint(node, "stroke")? {
        let stroke = Stroke {
            width: number(node, "stroke-width")?,
            line_join: LineJoin::Round,
            ..Stroke::default()
        };
        pixmap.stroke_path(&outline, &paint, &stroke, scale, None);
    }
    Ok(())
}

fn number(node: &Node, name: &str) -> Result<f32, String> {
    let value = node.attribute(name).unwrap_or("");
    let number = value.parse().ok().filter(|number: &f32| number.is_finite());
    number.ok_or_else(|| format!("`{name}` is `{value}`, which is not a number"))
}

/// The paint of a shape's fill or stroke; `None` if the attribute is missing.
fn paint(node: &Node, attribute: &str) -> Result<Option<Paint<'static>>, String> {
    let Some(value) = node.attribute(attribute).filter(|&value| value != "none") else {
        return Ok(None);
    };
    let [red, green, blue] =
        color(value).ok_or_else(|| format!("`{attribute}` is `{value}`, which is not a colour"))?;
    let mut color = Color::from_rgba8(red, green, blue, 255);
    if node.has_attribute("opacity") {
        color.set_alpha(number(node, "opacity")?.clamp(0.0, 1.0));
    }
    let mut paint = Paint::default();
    paint.set_color(color);
    Ok(Some(paint))
}

fn outline(segments: &[Segment]) -> Option<Path> {
    let mut path = PathBuilder::new();
    for Segment { command, points } in segments {
        let points: Vec<_> = points.iter().map(|p| (p.0 as f32, p.1 as f32)).collect();
        match (command, &points[..]) {
            ('M', &[(x, y)]) => path.move_to(x, y),
            ('L', &[(x, y)]) => path.line_to(x, y),
            ('Q', &[(x1, y1), (x, y)]) => path.quad_to(x1, y1, x, y),
            ('C', &[(x1, y1), (x2, y2), (x, y)]) => path.cubic_to(x1, y1, x2, y2, x, y),
            _ => path.close(),
        }
    }
    path.finish()
}

#[cfg(test)]
mod tests {
    use dl_viz::{Band, Figure, Line, Panel, Scatter};

    use super::*;

    #[test]
    fn relative_and_absolute_paths_are_the_same() {
        let relative = "M1 2h3v4.5l-1-.5 2 1q1 0 1 1c1 0 2 1 2 2zM5 5h1";
        let absolute = "M 1,2 L 4,2 4,6.5 L 3,6 5,7 Q 6 7 6 8 C 7 8 8 9 8 10 Z M 5 5 L 6 5";
        let segments = path(relative).expect("a path");
        assert_eq!(segments, path(absolute).expect("a path"));
        assert_eq!(segments.len(), 10);
        for wrong in [
            "",
            "L 1 2",
            "M 1",
            "M 1 2 L 3",
            "M NaN 2",
            "M 1 2 A 3 4",
            "1 2",
        ] {
            assert!(path(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_figure_read_back_has_the_pixels_of_its_png() {
        let x = [1.0, 2.0, 3.0, 4.0];
        let panel = Panel::new("Loss λ̂ over 10⁻³ ∇")
            .x_label("Epoch")
            .y_label("Loss")
            .band(Band::new(x, [1.0, 0.5, 0.3, 0.2], [2.0, 1.0, 0.7, 0.6]).label("min–max"))
            .line(Line::new(x, [1.5, 0.7, 0.5, 0.3]).label("mean").dashed())
            .scatter(Scatter::new(x, [1.4, 0.8, 0.4, 0.35]).classes([0, 1, 2, 0], ["a", "b", "c"]));
        let figure = Figure::from(panel).size(5.0, 4.0);
        let drawn = draw(&figure.to_svg().expect("drawn")).expect("read");
        let png = Pixmap::decode_png(&figure.to_png().expect("drawn")).expect("a PNG");
        assert_eq!((drawn.width(), drawn.height()), (png.width(), png.height()));
        let differences = drawn
            .data()
            .iter()
            .zip(png.data())
            .map(|(a, b)| a.abs_diff(*b));
        let largest = differences.max().expect("pixels");
        assert!(largest <= 1, "{largest}");
    }

    #[test]
    fn what_no_figure_has_is_refused() {
        let drawn = |body: &str| draw(&format!(r#"<svg width="9" height="9">{body}</svg>"#));
        assert!(drawn(r##"<path fill="#000000" d="M1 1h3v3z"/><title>t</title>"##).is_ok());
        for body in [
            "<text>a</text>",
            r##"<path fill="url(#a)" d="M1 1h3v3z"/>"##,
            r##"<path fill="#000000" transform="scale(2)" d="M1 1h3v3z"/>"##,
            r##"<path stroke="#000000" d="M1 1h3v3z"/>"##,
            r##"<circle fill="#000000" cx="1" cy="x" r="1"/>"##,
            "<path",
        ] {
            assert!(drawn(body).is_err(), "{body}");
        }
    }
}
