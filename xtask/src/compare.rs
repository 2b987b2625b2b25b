//! Whether two figures are the same but for rounding.
//!
//! Another processor may round the last bit of an exponential differently or fuse a multiplication with an
//! addition. In a figure that moves a coordinate by at most one unit of the canvas (a tenth of a pixel), a colour by
//! one level, and in a curve of many points or the border of a decision region it may choose another point of
//! nearly the same place. A figure whose numbers have changed differs by more than that.

use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{Options, Tree},
};

/// How far a coordinate of a path may move, in canvas units: 0.2 of the figure's 100 pixels to the inch.
const COORDINATE: f64 = 2.0;
/// How far a channel of a colour may move, of 255 levels.
const COLOR: f64 = 2.0;
/// The scale at which SVGs are drawn when their paths differ in more than numbers: that of the figures' PNGs.
const DRAWING: f32 = 2.0;
/// Side of the blocks of pixels that are compared.
const BLOCK: usize = 8;
/// The mean difference a block may have, of 255 levels. Measured: a line moved by a tenth of a pixel makes 24, by
/// half a pixel 73; a class that changed at one point of a mesh 16; another last digit in a label 100.
const BLOCK_DIFFERENCE: f64 = 32.0;
/// A pixel differs clearly by more than this, of 255 levels …
const CLEAR: u8 = 32;
/// … and no more than this share of all pixels may.
const CLEAR_SHARE: f64 = 1e-3;

/// How two SVGs differ beyond rounding, if they do.
pub(crate) fn svg(expected: &str, found: &str) -> Option<String> {
    let (old, new) = (attributes(expected), attributes(found));
    if old.len() != new.len() {
        return Some(format!(
            "{} attributes and texts instead of {}",
            new.len(),
            old.len()
        ));
    }
    let mut redraw = false;
    for ((old_name, old_value), (new_name, new_value)) in old.iter().zip(&new) {
        if old_name != new_name {
            return Some(format!(
                "`{}` instead of `{}`",
                short(new_name),
                short(old_name)
            ));
        }
        let tolerance = match old_name.rsplit(|c: char| c.is_whitespace()).next() {
            Some("d=") => COORDINATE,
            Some("transform=") => COORDINATE,
            Some("fill=" | "stroke=") => COLOR,
            _ => 0.0,
        };
        match largest_difference(old_value, new_value) {
            // The first four numbers of a transform turn and scale; they do not depend on data.
            _ if old_name.ends_with("transform=") && linear(old_value) != linear(new_value) => {
                return Some(format!("`{new_value}` instead of `{old_value}`"));
            }
            Some(difference) if difference <= tolerance => {}
            Some(difference) => {
                return Some(format!(
                    "`{}` moved by {difference} of {tolerance} allowed",
                    short(old_name)
                ));
            }
            None if old_name.ends_with(" d=") => redraw = true,
            None => {
                return Some(format!(
                    "`{}` instead of `{}`",
                    short(new_value),
                    short(old_value)
                ));
            }
        }
    }
    if !redraw {
        return None;
    }
    match (draw(expected), draw(found)) {
        (Ok(old), Ok(new)) => pixmaps(&old, &new).map(|difference| format!("drawn, {difference}")),
        (Err(error), _) | (_, Err(error)) => Some(error),
    }
}

/// How two PNGs differ beyond rounding, if they do.
pub(crate) fn png(expected: &[u8], found: &[u8]) -> Option<String> {
    match (Pixmap::decode_png(expected), Pixmap::decode_png(found)) {
        (Ok(old), Ok(new)) => pixmaps(&old, &new),
        (Err(error), _) | (_, Err(error)) => Some(format!("not a PNG: {error}")),
    }
}

/// The document cut at its quotation marks: what leads to an attribute's value, and the value.
fn attributes(svg: &str) -> Vec<(&str, &str)> {
    let mut pieces = svg.split('"');
    let mut attributes = Vec::new();
    while let Some(name) = pieces.next() {
        attributes.push((name, pieces.next().unwrap_or("")));
    }
    attributes
}

fn short(text: &str) -> String {
    text.trim().chars().take(60).collect()
}

/// A transform without its last two numbers, which move.
fn linear(transform: &str) -> Vec<&str> {
    let parts: Vec<&str> = transform.split_whitespace().collect();
    parts[..parts.len().saturating_sub(2)].to_vec()
}

/// The largest difference between the numbers of two texts; `None` if what stands between the numbers differs.
fn largest_difference(old: &str, new: &str) -> Option<f64> {
    if old == new {
        return Some(0.0);
    }
    let (old, new) = (numbers(old), numbers(new));
    if old.len() != new.len() {
        return None;
    }
    old.iter()
        .zip(&new)
        .try_fold(0.0f64, |largest, pair| match pair {
            (Token::Number(a), Token::Number(b)) => Some(largest.max((a - b).abs())),
            (a, b) => (a == b).then_some(largest),
        })
}

#[derive(Debug, PartialEq)]
enum Token<'a> {
    Number(f64),
    Text(&'a str),
}

/// Words of an attribute's value; a colour `#rrggbb` is three numbers.
fn numbers(value: &str) -> Vec<Token<'_>> {
    let words = value.split(|c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')'));
    words
        .filter(|word| !word.is_empty())
        .flat_map(|word| {
            if let Some([red, green, blue]) = color(word) {
                return vec![
                    Token::Number(red),
                    Token::Number(green),
                    Token::Number(blue),
                ];
            }
            // NaN is a word: nothing is near it.
            let number = word.parse().ok().filter(|number: &f64| number.is_finite());
            vec![number.map_or(Token::Text(word), Token::Number)]
        })
        .collect()
}

fn color(word: &str) -> Option<[f64; 3]> {
    let digits = word.strip_prefix('#').filter(|digits| digits.len() == 6)?;
    let rgb = u32::from_str_radix(digits, 16).ok()?;
    Some([rgb >> 16, rgb >> 8 & 255, rgb & 255].map(f64::from))
}

fn draw(svg: &str) -> Result<Pixmap, String> {
    let tree =
        Tree::from_str(svg, &Options::default()).map_err(|error| format!("not an SVG: {error}"))?;
    let pixels = |side: f32| (side * DRAWING).round() as u32;
    let mut pixmap = Pixmap::new(pixels(tree.size().width()), pixels(tree.size().height()))
        .ok_or("an SVG without a size")?;
    resvg::render(
        &tree,
        Transform::from_scale(DRAWING, DRAWING),
        &mut pixmap.as_mut(),
    );
    Ok(pixmap)
}

fn pixmaps(old: &Pixmap, new: &Pixmap) -> Option<String> {
    let (width, height) = (old.width() as usize, old.height() as usize);
    if (new.width(), new.height()) != (old.width(), old.height()) {
        return Some(format!(
            "{} × {} pixels instead of {width} × {height}",
            new.width(),
            new.height()
        ));
    }
    // The largest difference of a channel stands for the pixel.
    let differences: Vec<u8> = old
        .data()
        .chunks_exact(4)
        .zip(new.data().chunks_exact(4))
        .map(|(a, b)| {
            a.iter()
                .zip(b)
                .map(|(a, b)| a.abs_diff(*b))
                .max()
                .unwrap_or(0)
        })
        .collect();
    let clear =
        differences.iter().filter(|&&d| d > CLEAR).count() as f64 / differences.len() as f64;
    if clear > CLEAR_SHARE {
        return Some(format!(
            "{:.3} % of the pixels differ, of {} % allowed",
            clear * 100.0,
            CLEAR_SHARE * 100.0
        ));
    }
    let columns = width.div_ceil(BLOCK);
    let mut sums = vec![0u32; columns * height.div_ceil(BLOCK)];
    for (i, &difference) in differences.iter().enumerate() {
        sums[i / width / BLOCK * columns + i % width / BLOCK] += u32::from(difference);
    }
    let (block, &sum) = sums.iter().enumerate().max_by_key(|(_, sum)| **sum)?;
    let mean = f64::from(sum) / (BLOCK * BLOCK) as f64;
    (mean > BLOCK_DIFFERENCE).then(|| {
        let (x, y) = (block % columns * BLOCK, block / columns * BLOCK);
        format!(
            "a difference of {mean:.0} levels of {BLOCK_DIFFERENCE} allowed near pixel ({x}, {y})"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(points: &str, color: &str, opacity: &str) -> String {
        format!(
            r##"<svg width="200" height="100" xmlns="http://www.w3.org/2000/svg"><g transform="matrix(0.1 0 0 0.1 0 0)"><path fill="#ffffff" d="M 0 0 L 2000 0 L 2000 1000 L 0 1000 Z"/><path fill="none" stroke="{color}" opacity="{opacity}" stroke-width="22" d="{points}"/></g></svg>"##
        )
    }

    const LINE: &str = "M 100 100 L 1000 800.5 L 1900 300";

    fn against(points: &str, color: &str, opacity: &str) -> Option<String> {
        svg(
            &figure(LINE, "#0072b2", "0.85"),
            &figure(points, color, opacity),
        )
    }

    #[test]
    fn rounding_passes() {
        assert_eq!(against(LINE, "#0072b2", "0.85"), None);
        assert_eq!(
            against("M 100 101 L 999 800 L 1900.9 300", "#0173b2", "0.85"),
            None
        );
        // Another choice among points of the same line.
        assert_eq!(
            against(
                "M 100 100 L 550 450 L 1000 800.5 L 1900 300",
                "#0072b2",
                "0.85"
            ),
            None
        );
    }

    #[test]
    fn a_moved_point_fails() {
        let moved = against("M 100 100 L 1000 808 L 1900 300", "#0072b2", "0.85").expect("moved");
        assert!(moved.ends_with("d=` moved by 7.5 of 2 allowed"), "{moved}");
        let bent = against(
            "M 100 100 L 550 650 L 1000 800.5 L 1900 300",
            "#0072b2",
            "0.85",
        )
        .expect("bent");
        assert!(bent.starts_with("drawn, "), "{bent}");
        assert!(against("M 100 100 L NaN 800 L 1900 300", "#0072b2", "0.85").is_some());
    }

    #[test]
    fn another_style_fails() {
        assert!(
            against(LINE, "#d55e00", "0.85")
                .expect("colour")
                .contains("moved by 213 of 2 allowed")
        );
        assert!(
            against(LINE, "#0072b2", "0.8")
                .expect("opacity")
                .contains("opacity=")
        );
        let old = figure(LINE, "#0072b2", "0.85");
        let transformed = old.replace("matrix(0.1 0 0 0.1", "matrix(0.2 0 0 0.1");
        assert!(
            svg(&old, &transformed)
                .expect("scaled")
                .contains("matrix(0.2")
        );
        let longer = old.replace("</g>", r##"<path fill="#000000" d="M 0 0 Z"/></g>"##);
        assert!(
            svg(&old, &longer)
                .expect("one more path")
                .contains("attributes")
        );
    }

    fn raster(change: impl Fn(&mut Pixmap)) -> Vec<u8> {
        let mut pixmap = draw(&figure(LINE, "#0072b2", "0.85")).expect("drawn");
        change(&mut pixmap);
        pixmap.encode_png().expect("encoded")
    }

    #[test]
    fn pixels_are_compared() {
        let same = raster(|_| ());
        assert_eq!(png(&same, &same), None);
        // One level everywhere is rounding; a dark block is not.
        let noise = raster(|p| {
            p.data_mut()
                .iter_mut()
                .step_by(3)
                .for_each(|v| *v = v.saturating_sub(1))
        });
        assert_eq!(png(&same, &noise), None);
        let dot = raster(|p| {
            for (x, y) in (0..36).map(|i| (300 + i % 6, 20 + i / 6)) {
                let start = (y * 400 + x) * 4;
                p.data_mut()[start..start + 3].fill(0);
            }
        });
        assert!(
            png(&same, &dot)
                .expect("a dot")
                .contains("near pixel (296, 16)"),
            "{:?}",
            png(&same, &dot)
        );
        let black = raster(|p| p.data_mut().iter_mut().for_each(|v| *v = 255));
        assert!(
            png(&same, &black)
                .expect("white")
                .contains("% of the pixels differ")
        );
        assert!(
            png(&same, b"GIF89a")
                .expect("no PNG")
                .starts_with("not a PNG")
        );
        let small = Pixmap::new(3, 2)
            .expect("small")
            .encode_png()
            .expect("encoded");
        assert_eq!(
            png(&same, &small).expect("small"),
            "3 × 2 pixels instead of 400 × 200"
        );
    }
}
