//! Reads figures back: the shapes of an SVG and their positions.

use roxmltree::{Document, Node};

/// The shapes of a figure, paths and circles.
pub(crate) fn shapes(svg: &str) -> usize {
    let document = Document::parse(svg).expect("well-formed XML");
    document.descendants().filter(is_shape).count()
}

fn is_shape(node: &Node) -> bool {
    matches!(node.tag_name().name(), "path" | "circle")
}

/// Left, top, right and bottom of the drawing. Curves lie within their control points.
pub(crate) fn bounds(svg: &str) -> [f64; 4] {
    let document = Document::parse(svg).expect("well-formed XML");
    let nothing = [
        f64::INFINITY,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NEG_INFINITY,
    ];
    let extents = document.descendants().filter(is_shape).flat_map(|node| {
        let number = |name| node.attribute(name).map_or(0.0, number);
        let points = match node.attribute("d") {
            Some(data) => points(data),
            None => vec![(number("cx"), number("cy"))],
        };
        let reach = number("r") + number("stroke-width") / 2.0;
        points.into_iter().map(move |point| (point, reach))
    });
    extents.fold(nothing, |[left, top, right, bottom], ((x, y), reach)| {
        [
            left.min(x - reach),
            top.min(y - reach),
            right.max(x + reach),
            bottom.max(y + reach),
        ]
    })
}

fn number(text: &str) -> f64 {
    text.parse().expect("a number")
}

/// The points of a path, control points among them.
fn points(data: &str) -> Vec<(f64, f64)> {
    let (mut at, mut start) = ((0.0, 0.0), (0.0, 0.0));
    let mut points = Vec::new();
    let commands: Vec<(usize, char)> = data
        .char_indices()
        .filter(|(_, c)| c.is_ascii_alphabetic())
        .collect();
    assert_eq!(commands.first(), Some(&(0, 'M')), "{data}");
    for (i, &(begin, command)) in commands.iter().enumerate() {
        let end = commands.get(i + 1).map_or(data.len(), |next| next.0);
        let spaced = data[begin + 1..end].replace('-', " -");
        let numbers: Vec<f64> = spaced.split_whitespace().map(number).collect();
        let (across, size) = match command {
            'M' | 'l' => (2, 2),
            'h' | 'v' => (1, 1),
            'q' => (2, 4),
            'c' => (2, 6),
            'z' => {
                at = start;
                continue;
            }
            _ => panic!("an unknown command: {data}"),
        };
        assert!(
            !numbers.is_empty() && numbers.len().is_multiple_of(size),
            "{data}"
        );
        for segment in numbers.chunks(size) {
            let from = if command == 'M' { (0.0, 0.0) } else { at };
            for pair in segment.chunks(across) {
                let (dx, dy) = match command {
                    'h' => (pair[0], 0.0),
                    'v' => (0.0, pair[0]),
                    _ => (pair[0], pair[1]),
                };
                at = (from.0 + dx, from.1 + dy);
                points.push(at);
            }
        }
        if command == 'M' {
            start = at;
        }
    }
    points
}
