//! Coloured cells side by side: the pixels of an image, the entries of a matrix.

use crate::{Color, FigureError, canvas::Canvas, pixels::Rect, plot::Plot};

/// How far a cell extends under the next to avoid seams.
const OVERLAP: f64 = 1.0;

/// Draws `rows` × `columns` cells of side 1 whose first, at the upper left, is centred at `first`.
/// Adjacent cells of the same colour in a row are drawn as one rectangle.
pub(crate) fn draw(
    plot: &Plot,
    canvas: &Canvas,
    first: (f64, f64),
    (rows, columns): (usize, usize),
    color: impl Fn(usize, usize) -> Color,
) -> Result<(), FigureError> {
    let corner = |row: usize, column: usize| {
        let (x, y) = (first.0 + column as f64 - 0.5, first.1 + row as f64 - 0.5);
        plot.clamped((x, y))
    };
    let Some((right_end, bottom_end)) = corner(rows, columns) else {
        return Ok(());
    };
    for row in 0..rows {
        let mut start = 0;
        while start < columns {
            let run = color(row, start);
            let end = (start..columns)
                .find(|&column| color(row, column) != run)
                .unwrap_or(columns);
            if let (Some((left, top)), Some((right, bottom))) =
                (corner(row, start), corner(row + 1, end))
            {
                let cells = Rect {
                    left,
                    top,
                    right: (right + OVERLAP).min(right_end),
                    bottom: (bottom + OVERLAP).min(bottom_end),
                };
                canvas.rect(cells, run, 1.0)?;
            }
            start = end;
        }
    }
    Ok(())
}
