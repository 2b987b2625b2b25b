//! The legend, placed in the corner where it hides the least.

use crate::{
    FigureError,
    canvas::{Align, Canvas, Font, Stroke},
    marks::{Entry, Key},
    pixels::{CAP_HEIGHT, Px, Rect},
    plot::length_inside,
    style, text,
};

/// The position of a panel's legend.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Legend {
    /// In the corner where it hides the least data; above the frame if it would still hide too much.
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
    /// Above the frame, in a row.
    Above,
    /// No legend.
    Hidden,
}

const PADDING: f64 = 9.0;
const KEY_WIDTH: f64 = 24.0;
const KEY_GAP: f64 = 8.0;
/// Distance between entries in a row.
const BETWEEN: f64 = 22.0;
const ROW: f64 = style::LEGEND_SIZE * 1.45;
/// Distance to the frame.
const INSET: f64 = 9.0;

/// Maximum amount of hidden data, in pixels of lines, where a point counts as ten; beyond it the legend goes above
/// the frame.
const TOLERATED: f64 = 12.0;

/// Chooses the position: the corner where the legend hides the least of `data`, or above if that is too much.
pub(crate) fn choose(area: Rect, entries: &[Entry], place: Legend, data: &[Vec<Px>]) -> Legend {
    if entries.is_empty() {
        return Legend::Hidden;
    }
    if place != Legend::Auto {
        return place;
    }
    let size = size(entries);
    let (least, best) = [
        Legend::TopRight,
        Legend::TopLeft,
        Legend::BottomRight,
        Legend::BottomLeft,
    ]
    .map(|place| (corner(area, size, place), place))
    .into_iter()
    // In a box larger than the frame, some entries would be clipped.
    .filter(|(rect, _)| rect.right <= area.right && rect.bottom <= area.bottom)
    .map(|(rect, place)| (hidden(rect, data), place))
    // The first of the best, so that ties go to the default corner.
    .fold((f64::INFINITY, Legend::Above), |best, next| {
        if next.0 < best.0 { next } else { best }
    });
    if least <= TOLERATED {
        best
    } else {
        Legend::Above
    }
}

/// The entries with labels shortened to fit into a box in a frame of this width.
pub(crate) fn shortened(mut entries: Vec<Entry>, frame: f64) -> Vec<Entry> {
    let available = frame - 2.0 * (INSET + PADDING) - KEY_WIDTH - KEY_GAP;
    for entry in &mut entries {
        entry.label = text::shortened(&entry.label, style::LEGEND_SIZE, false, available);
    }
    entries
}

/// As many entries as fit at the chosen position; above the frame, as many rows as leave most of the `frame`. If
/// some are omitted, the last entry gives their number.
pub(crate) fn limited(entries: Vec<Entry>, place: Legend, frame: Rect) -> Vec<Entry> {
    let fits = |count: usize| {
        let shown = first(&entries, count);
        match place {
            Legend::Hidden => true,
            Legend::Above => height_above(frame.width(), &shown) <= 0.4 * frame.height(),
            _ => size(&shown).1 <= frame.height() - 2.0 * INSET,
        }
    };
    if fits(entries.len()) {
        return entries;
    }
    // at least one, so that the kind of keys is visible
    let (mut least, mut most) = (1, entries.len());
    while most - least > 1 {
        let middle = usize::midpoint(least, most);
        if fits(middle) {
            least = middle;
        } else {
            most = middle;
        }
    }
    first(&entries, least)
}

/// The first entries, and one for the rest.
fn first(entries: &[Entry], count: usize) -> Vec<Entry> {
    let mut first = entries[..count].to_vec();
    if count < entries.len() {
        first.push(Entry {
            label: format!("… and {} more", entries.len() - count),
            key: Key::Nothing,
        });
    }
    first
}

/// Draws the entries at the chosen position in the frame `area`.
pub(crate) fn draw(
    canvas: &Canvas,
    area: Rect,
    entries: &[Entry],
    place: Legend,
) -> Result<(), FigureError> {
    match place {
        Legend::Hidden => Ok(()),
        Legend::Above => above(canvas, area, entries),
        _ => boxed(canvas, corner(area, size(entries), place), entries),
    }
}

fn boxed(canvas: &Canvas, rect: Rect, entries: &[Entry]) -> Result<(), FigureError> {
    canvas.rect(rect, style::WHITE, 0.85)?;
    canvas.frame(rect, &Stroke::solid(style::GRID, 1.0))?;
    for (i, entry) in entries.iter().enumerate() {
        let middle = rect.top + PADDING + style::LEGEND_SIZE / 2.0 + ROW * i as f64;
        line(canvas, entry, rect.left + PADDING, middle)?;
    }
    Ok(())
}

/// The entries in centred rows that end a gap above the frame.
fn above(canvas: &Canvas, area: Rect, entries: &[Entry]) -> Result<(), FigureError> {
    let mut middle = area.top - height_above(area.width(), entries) + ROW / 2.0;
    for row in rows(area.width(), entries) {
        let width = row.iter().map(width).sum::<f64>() + BETWEEN * (row.len() - 1) as f64;
        let mut left = area.center().0 - width / 2.0;
        for entry in row {
            line(canvas, entry, left, middle)?;
            left += self::width(entry) + BETWEEN;
        }
        middle += ROW;
    }
    Ok(())
}

/// The height of a legend above the frame.
pub(crate) fn height_above(available: f64, entries: &[Entry]) -> f64 {
    ROW * rows(available, entries).len() as f64 + 4.0
}

/// Breaks entries into rows of the available width.
fn rows(available: f64, entries: &[Entry]) -> Vec<&[Entry]> {
    let mut rows = Vec::new();
    let (mut start, mut used) = (0, 0.0);
    for (i, entry) in entries.iter().enumerate() {
        let width = width(entry) + BETWEEN;
        if i > start && used + width > available + BETWEEN {
            rows.push(&entries[start..i]);
            (start, used) = (i, 0.0);
        }
        used += width;
    }
    rows.push(&entries[start..]);
    rows
}

/// Width of a key and its text.
fn width(entry: &Entry) -> f64 {
    KEY_WIDTH + KEY_GAP + text::width(&entry.label, style::LEGEND_SIZE, false)
}

/// Size of the box around all entries.
fn size(entries: &[Entry]) -> (f64, f64) {
    let widest = entries.iter().map(width).fold(0.0, f64::max);
    let height = ROW * (entries.len() - 1) as f64 + style::LEGEND_SIZE;
    (widest + 2.0 * PADDING, height + 2.0 * PADDING)
}

fn line(canvas: &Canvas, entry: &Entry, left: f64, middle: f64) -> Result<(), FigureError> {
    key(canvas, entry.key, left, middle)?;
    let font = Font::new(style::LEGEND_SIZE, style::TEXT).align(Align::Left);
    let baseline = middle + font.size * CAP_HEIGHT / 2.0;
    canvas.text((left + KEY_WIDTH + KEY_GAP, baseline), &entry.label, &font)
}

fn key(canvas: &Canvas, key: Key, left: f64, middle: f64) -> Result<(), FigureError> {
    let center = left + KEY_WIDTH / 2.0;
    match key {
        Key::Nothing => Ok(()),
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
        Key::Point { color, marker } => {
            canvas.marker((center, middle), style::POINT_RADIUS, color, marker)
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

fn corner(area: Rect, (width, height): (f64, f64), place: Legend) -> Rect {
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
}

/// How much data a box hides: the length of lines in it, with a point counted as `POINT` pixels.
fn hidden(rect: Rect, data: &[Vec<Px>]) -> f64 {
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
            let lengths = run
                .windows(2)
                .map(|pair| length_inside(pair[0], pair[1], near));
            lengths.sum::<f64>()
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
        let key = Key::Patch { color: style::BLUE };
        let entries = [Entry {
            label: "validation".to_owned(),
            key,
        }];
        let place = |data: &[Vec<Px>]| choose(area, &entries, Legend::Auto, data);
        let falling = vec![(0.0, 0.0), (400.0, 300.0)];
        let rising = vec![(0.0, 300.0), (400.0, 0.0)];
        assert_eq!(place(std::slice::from_ref(&falling)), Legend::TopRight);
        assert_eq!(place(std::slice::from_ref(&rising)), Legend::TopLeft);
        assert_eq!(place(&[falling, rising.clone()]), Legend::Above);
        assert_eq!(
            choose(area, &entries, Legend::TopRight, &[rising]),
            Legend::TopRight
        );
        assert_eq!(choose(area, &[], Legend::TopRight, &[]), Legend::Hidden);
    }

    #[test]
    fn entries_above_the_frame_are_broken_into_rows() {
        let key = Key::Patch { color: style::BLUE };
        let entries: Vec<Entry> = ["one", "two", "three"]
            .map(|label| Entry {
                label: label.to_owned(),
                key,
            })
            .into();
        assert_eq!(rows(1000.0, &entries).len(), 1);
        let two = width(&entries[0]) + width(&entries[1]) + BETWEEN;
        assert_eq!(
            rows(two + 1.0, &entries)
                .iter()
                .map(|row| row.len())
                .collect::<Vec<_>>(),
            [2, 1]
        );
        assert_eq!(rows(1.0, &entries).len(), 3);
    }
}
