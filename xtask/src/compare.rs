//! Whether two figures are the same up to rounding.
//!
//! Another processor may round the last bit of an exponential differently or fuse a multiplication with an
//! addition. In a figure that moves a coordinate by at most one unit of the canvas (a tenth of a pixel), a colour by
//! one level, and in a curve of many points or the border of a decision region it may choose another point of
//! nearly the same place. A figure whose numbers have changed differs by more than that.

use tiny_skia::Pixmap;

use crate::svg::{Segment, color, draw, path};

/// How far a coordinate may move, in pixels (100 per inch).
const COORDINATE: f64 = 0.2;
/// How far a channel of a colour may move, of 255 levels.
const COLOR: f64 = 2.0;
/// Side of the blocks of pixels that are compared.
const BLOCK: usize = 8;
/// Maximum mean difference of a block, of 255 levels. Measured: a line moved by a tenth of a pixel gives 24, by half a
/// pixel 73; a class that changed at one point of a mesh 16; a different last digit in a label 100.
const BLOCK_DIFFERENCE: f64 = 32.0;
/// A pixel differs clearly by more than this, of 255 levels …
const CLEAR: u8 = 32;
/// … and no more than this fraction of all pixels may.
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
        let (tolerance, difference) = match old_name.rsplit(char::is_whitespace).next() {
            _ if old_value == new_value => continue,
            Some("d=") => {
                let difference = path_difference(old_value, new_value);
                // Other segments may draw the same line.
                redraw |= difference.is_none();
                (COORDINATE, difference.or(Some(0.0)))
            }
            Some("cx=" | "cy=" | "r=") => (COORDINATE, number_difference(old_value, new_value)),
            Some("fill=" | "stroke=") => (COLOR, color_difference(old_value, new_value)),
            _ => (0.0, None),
        };
        match difference {
            // Two decimals are written; what is beyond them is the error of a subtraction.
            Some(difference) if difference <= tolerance + 1e-6 => {}
            Some(difference) => {
                return Some(format!(
                    "`{}` moved by {difference:.2} of {tolerance} allowed",
                    short(old_name)
                ));
            }
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

/// The document split at its quotation marks: what precedes an attribute's value, and the value.
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

/// The largest difference between the coordinates of two paths; `None` if their segments differ.
fn path_difference(old: &str, new: &str) -> Option<f64> {
    let (old, new) = (path(old).ok()?, path(new).ok()?);
    let commands = |segments: &[Segment]| -> Vec<char> {
        segments.iter().map(|segment| segment.command).collect()
    };
    if commands(&old) != commands(&new) {
        return None;
    }
    let points = |segments: Vec<Segment>| segments.into_iter().flat_map(|segment| segment.points);
    let distances = points(old)
        .zip(points(new))
        .map(|((x0, y0), (x1, y1))| (x1 - x0).abs().max((y1 - y0).abs()));
    Some(distances.fold(0.0, f64::max))
}

fn number_difference(old: &str, new: &str) -> Option<f64> {
    let [old, new]: [f64; 2] = [old.parse().ok()?, new.parse().ok()?];
    Some((new - old).abs()).filter(|difference| difference.is_finite())
}

/// The difference of the channel that differs most.
fn color_difference(old: &str, new: &str) -> Option<f64> {
    let channels = color(old)?.into_iter().zip(color(new)?);
    let differences = channels.map(|(old, new)| f64::from(old.abs_diff(new)));
    Some(differences.fold(0.0, f64::max))
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
            r##"<svg width="200" height="100" fill="none"><path fill="#ffffff" d="M0 0h200v100h-200z"/><path stroke="{color}" stroke-width="2.2" opacity="{opacity}" d="{points}"/><circle fill="#868e96" cx="150" cy="12" r="4.5"/></svg>"##
        )
    }

    const LINE: &str = "M10 10l90 70.05 90-50.05";

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
            against("M10 10.1l89.9 69.9 90.19-50", "#0173b2", "0.85"),
            None
        );
        // Another choice among points of the same line.
        assert_eq!(
            against("M10 10L55 45L100 80.05L190 30", "#0072b2", "0.85"),
            None
        );
        let old = figure(LINE, "#0072b2", "0.85");
        assert_eq!(svg(&old, &old.replace("cx=\"150\"", "cx=\"150.1\"")), None);
    }

    #[test]
    fn a_moved_point_fails() {
        let moved = against("M10 10l90 70.8 90-50.8", "#0072b2", "0.85").expect("moved");
        assert!(
            moved.ends_with("d=` moved by 0.75 of 0.2 allowed"),
            "{moved}"
        );
        // Each step is within what a point may move; all together they are not.
        let drifted = against("M10.15 10l90.15 70.05 90.15-50.05", "#0072b2", "0.85");
        let drifted = drifted.expect("drifted");
        assert!(
            drifted.ends_with("d=` moved by 0.45 of 0.2 allowed"),
            "{drifted}"
        );
        let bent = against("M10 10L55 65L100 80.05L190 30", "#0072b2", "0.85").expect("bent");
        assert!(bent.starts_with("drawn, "), "{bent}");
        let nan = against("M 10 10 L NaN 80 L 190 30", "#0072b2", "0.85").expect("no number");
        assert!(nan.ends_with("is not a path"), "{nan}");
        let old = figure(LINE, "#0072b2", "0.85");
        for (from, to) in [("cx=\"150\"", "cx=\"150.5\""), ("r=\"4.5\"", "r=\"NaN\"")] {
            let circle = svg(&old, &old.replace(from, to));
            assert!(circle.is_some(), "{to}");
        }
    }

    #[test]
    fn another_style_fails() {
        assert!(
            against(LINE, "#d55e00", "0.85")
                .expect("colour")
                .contains("moved by 213.00 of 2 allowed")
        );
        assert!(
            against(LINE, "none", "0.85")
                .expect("no colour")
                .contains("`none` instead of `#0072b2`")
        );
        assert!(
            against(LINE, "#0072b2", "0.8")
                .expect("opacity")
                .contains("`0.8` instead of `0.85`")
        );
        let old = figure(LINE, "#0072b2", "0.85");
        let wider = old.replace("stroke-width=\"2.2\"", "stroke-width=\"2.3\"");
        assert!(
            svg(&old, &wider)
                .expect("wider")
                .contains("`2.3` instead of `2.2`")
        );
        let longer = old.replace("</svg>", r##"<path fill="#000000" d="M0 0z"/></svg>"##);
        assert!(
            svg(&old, &longer)
                .expect("one more path")
                .contains("attributes")
        );
        let filled = old.replace("<path stroke=", "<path fill=");
        assert!(
            svg(&old, &filled)
                .expect("another attribute")
                .contains("<path fill=")
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
