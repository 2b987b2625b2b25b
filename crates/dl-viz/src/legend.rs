//! The legend, and the corner where it hides least.

use crate::{
    FigureError,
    canvas::{Align, CAP_HEIGHT, Canvas, Font, Px, Rect, Stroke},
    marks::{Entry, Key},
    style, text,
};

/// Where a panel's legend goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Legend {
    /// In the corner where it hides least of the data.
    #[default]
    Auto,
    /// In the top left corner.
    TopLeft,
    /// In the top right corner.
    TopRight,
    /// In the bottom left corner.
    BottomLeft,
    /// In the bottom right corner.
    BottomRight,
    /// Nowhere.
    Hidden,
}

const PADDING: f64 = 9.0;
const KEY_WIDTH: f64 = 24.0;
const ROW: f64 = style::LEGEND_SIZE * 1.45;
/// Distance to the frame.
const INSET: f64 = 9.0;

/// Draws the entries in a box; `data` is what it should keep clear of.
pub(crate) fn draw(
    canvas: &Canvas,
    area: Rect,
    entries: &[Entry],
    place: Legend,
    data: &[Vec<Px>],
) -> Result<(), FigureError> {
    if entries.is_empty() || place == Legend::Hidden {
        return Ok(());
    }
    let font = Font::new(style::LEGEND_SIZE, style::TEXT).align(Align::Left);
    let text_width = entries
        .iter()
        .map(|e| text::width(&e.label, font.size, false))
        .fold(0.0, f64::max);
    let size = (
        KEY_WIDTH + 8.0 + text_width + 2.0 * PADDING,
        ROW * entries.len() as f64 + 2.0 * PADDING - (ROW - style::LEGEND_SIZE) * 0.6,
    );
    let rect = corner(area, size, place, data);

    canvas.rect(rect, style::WHITE, 0.85)?;
    canvas.frame(rect, &Stroke::solid(style::GRID, 1.0))?;
    for (i, entry) in entries.iter().enumerate() {
        let middle = rect.top + PADDING + style::LEGEND_SIZE / 2.0 + ROW * i as f64;
        let left = rect.left + PADDING;
        key(canvas, entry.key, left, middle)?;
        let baseline = middle + font.size * CAP_HEIGHT / 2.0;
        canvas.text((left + KEY_WIDTH + 8.0, baseline), &entry.label, &font)?;
    }
    Ok(())
}

fn key(canvas: &Canvas, key: Key, left: f64, middle: f64) -> Result<(), FigureError> {
    let center = left + KEY_WIDTH / 2.0;
    match key {
        Key::Line {
            color,
            width,
            dashed,
        } => {
            let stroke = Stroke {
                color,
                width,
                dash: dashed.then_some(6.0),
            };
            canvas.polyline(&[(left, middle), (left + KEY_WIDTH, middle)], &stroke)
        }
        Key::Point { color } => {
            canvas.point((center, middle), style::POINT_RADIUS, color, style::BLACK)
        }
        Key::Patch { color } => {
            let half = style::LEGEND_SIZE * 0.4;
            canvas.rect(
                Rect {
                    left: left + 2.0,
                    top: middle - half,
                    right: left + KEY_WIDTH - 2.0,
                    bottom: middle + half,
                },
                color,
                1.0,
            )
        }
    }
}

fn corner(area: Rect, (width, height): (f64, f64), place: Legend, data: &[Vec<Px>]) -> Rect {
    let at = |place: Legend| {
        let left = match place {
            Legend::TopLeft | Legend::BottomLeft => area.left + INSET,
            _ => (area.right - INSET - width).max(area.left + INSET),
        };
        let top = match place {
            Legend::BottomLeft | Legend::BottomRight => {
                (area.bottom - INSET - height).max(area.top + INSET)
            }
            _ => area.top + INSET,
        };
        Rect {
            left,
            top,
            right: left + width,
            bottom: top + height,
        }
    };
    match place {
        Legend::Auto => [
            Legend::TopRight,
            Legend::TopLeft,
            Legend::BottomRight,
            Legend::BottomLeft,
        ]
        .map(at)
        .into_iter()
        .map(|rect| (hidden(rect, data), rect))
        // The first of the best, so that ties go to the usual corner.
        .reduce(|best, other| if other.0 < best.0 { other } else { best })
        .map_or_else(|| at(Legend::TopRight), |(_, rect)| rect),
        chosen => at(chosen),
    }
}

/// How much of the data a box hides: the length of lines in it, and a point counted as so many pixels.
fn hidden(rect: Rect, data: &[Vec<Px>]) -> f64 {
    const STEP: f64 = 4.0;
    const POINT: f64 = 10.0;
    let near = Rect {
        left: rect.left - 5.0,
        top: rect.top - 5.0,
        right: rect.right + 5.0,
        bottom: rect.bottom + 5.0,
    };
    data.iter()
        .map(|run| {
            let points = run.iter().filter(|&&p| near.contains(p)).count() as f64;
            if run.len() == 1 {
                return points * POINT;
            }
            let samples = run.windows(2).flat_map(|pair| {
                let (from, to) = (pair[0], pair[1]);
                let length = (to.0 - from.0).hypot(to.1 - from.1);
                let count = (length / STEP).ceil().max(1.0);
                (0..count as usize).map(move |i| {
                    let t = i as f64 / count;
                    (
                        (from.0 + (to.0 - from.0) * t, from.1 + (to.1 - from.1) * t),
                        length / count,
                    )
                })
            });
            samples
                .filter(|(p, _)| near.contains(*p))
                .map(|(_, length)| length)
                .sum()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legend_goes_where_it_hides_least() {
        let area = Rect {
            left: 0.0,
            top: 0.0,
            right: 400.0,
            bottom: 300.0,
        };
        let falling = vec![vec![(0.0, 0.0), (400.0, 300.0)]];
        let rect = corner(area, (100.0, 50.0), Legend::Auto, &falling);
        assert_eq!((rect.right, rect.top), (400.0 - INSET, INSET));
        let rising = vec![vec![(0.0, 300.0), (400.0, 0.0)]];
        let rect = corner(area, (100.0, 50.0), Legend::Auto, &rising);
        assert_eq!((rect.left, rect.top), (INSET, INSET));
        let chosen = corner(area, (100.0, 50.0), Legend::BottomLeft, &rising);
        assert_eq!((chosen.left, chosen.bottom), (INSET, 300.0 - INSET));
    }
}
