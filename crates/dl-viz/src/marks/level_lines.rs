//! Level lines of a function on a mesh (marching squares).

use std::collections::BTreeMap;

use ndarray::ArrayView2;

/// A point in units of the mesh: (column, row).
type Point = (f64, f64);

/// The lines of value `level`; a closed one ends where it starts.
///
/// In each cell of the mesh a line enters and leaves through edges whose ends are on different sides of
/// the level, where the value interpolated along the edge equals the level. Cells share edges, so the
/// pieces join exactly.
pub(crate) fn level_lines(values: ArrayView2<f64>, level: f64) -> Vec<Vec<Point>> {
    let mut links = links(values, level);
    // Open lines first, from one of their ends; the rest are closed.
    let ends: Vec<usize> = links
        .iter()
        .filter(|(_, next)| next.len() == 1)
        .map(|(&edge, _)| edge)
        .collect();
    let all: Vec<usize> = links.keys().copied().collect();
    let mut lines = Vec::new();
    for start in ends.into_iter().chain(all) {
        let line = follow(&mut links, start);
        if line.len() > 1 {
            let place = |&edge: &usize| crossing(values, level, edge);
            lines.push(line.iter().map(place).collect());
        }
    }
    lines
}

/// For each crossed edge of the mesh, the edges it is linked with, one in each adjacent cell.
///
/// The edge from mesh point p to the right has index 2p, the one downwards 2p + 1.
fn links(values: ArrayView2<f64>, level: f64) -> BTreeMap<usize, Vec<usize>> {
    let mut links: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let (rows, columns) = values.dim();
    for row in 0..rows - 1 {
        for column in 0..columns - 1 {
            // clockwise from the upper left
            let corners =
                [(0, 0), (0, 1), (1, 1), (1, 0)].map(|(r, c)| values[[row + r, column + c]]);
            let high = corners.map(|value| value >= level);
            let point = row * columns + column;
            let edges = [
                2 * point,
                2 * (point + 1) + 1,
                2 * (point + columns),
                2 * point + 1,
            ];
            let crossed: Vec<usize> = (0..4).filter(|&i| high[i] != high[(i + 1) % 4]).collect();
            let pairs: &[(usize, usize)] = match crossed[..] {
                [a, b] => &[(a, b)],
                // A saddle: the value in the middle determines which two corners are connected, and the lines cut
                // off the others.
                [_, _, _, _] if (corners.iter().sum::<f64>() / 4.0 >= level) == high[0] => {
                    &[(0, 1), (2, 3)]
                }
                [_, _, _, _] => &[(3, 0), (1, 2)],
                _ => &[],
            };
            for &(a, b) in pairs {
                links.entry(edges[a]).or_default().push(edges[b]);
                links.entry(edges[b]).or_default().push(edges[a]);
            }
        }
    }
    links
}

/// Removes the line that starts at an edge from the links and returns it.
fn follow(links: &mut BTreeMap<usize, Vec<usize>>, start: usize) -> Vec<usize> {
    let mut line = vec![start];
    let mut at = start;
    while let Some(next) = links.get_mut(&at).and_then(Vec::pop) {
        if let Some(back) = links.get_mut(&next)
            && let Some(i) = back.iter().position(|&edge| edge == at)
        {
            back.swap_remove(i);
        }
        line.push(next);
        at = next;
    }
    line
}

/// The point on an edge where the value is the level.
fn crossing(values: ArrayView2<f64>, level: f64, edge: usize) -> Point {
    let columns = values.ncols();
    let (row, column) = (edge / 2 / columns, edge / 2 % columns);
    let down = edge % 2;
    let (from, to) = (
        values[[row, column]],
        values[[row + down, column + 1 - down]],
    );
    let fraction = (level - from) / (to - from);
    match down {
        0 => (column as f64 + fraction, row as f64),
        _ => (column as f64, row as f64 + fraction),
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, array};

    use super::*;

    #[test]
    fn a_circle_is_one_closed_line() {
        let squares = Array2::from_shape_fn((41, 41), |(r, c)| {
            (r as f64 - 20.0).powi(2) + (c as f64 - 20.0).powi(2)
        });
        let lines = level_lines(squares.view(), 150.0);
        assert_eq!(lines.len(), 1);
        let line = &lines[0];
        assert_eq!(line.first(), line.last());
        assert!(line.len() > 80, "{}", line.len());
        for (x, y) in line {
            let radius = (x - 20.0).hypot(y - 20.0);
            // interpolating a square along an edge of length 1 has an error of at most 1/4
            assert!((radius * radius - 150.0).abs() <= 0.25 + 1e-9, "{radius}");
        }
    }

    #[test]
    fn a_plane_has_open_straight_lines() {
        let plane = Array2::from_shape_fn((4, 6), |(r, c)| c as f64 + 2.0 * r as f64);
        let lines = level_lines(plane.view(), 4.5);
        assert_eq!(lines.len(), 1);
        for (x, y) in &lines[0] {
            assert!((x + 2.0 * y - 4.5).abs() <= 1e-12);
        }
        assert!(level_lines(plane.view(), 100.0).is_empty());
    }

    #[test]
    fn a_saddle_is_cut_twice() {
        let high_middle = array![[1.0, 0.0], [0.0, 1.0]];
        let lines = level_lines(high_middle.view(), 0.4);
        assert_eq!(lines.len(), 2);
        // the high corners, upper left and lower right, stay together: each line is about a low corner
        for line in lines {
            let middle = ((line[0].0 + line[1].0) / 2.0, (line[0].1 + line[1].1) / 2.0);
            assert!((middle.0 + middle.1 - 1.0).abs() <= 1e-12, "{middle:?}");
        }
    }
}
