//! The outlines of the regions of a mesh of classes.

use ndarray::ArrayView2;

/// The outline of a connected region, in units of mesh points: (column, row).
#[derive(Clone, Debug)]
pub(crate) struct Ring {
    pub(crate) class: usize,
    pub(crate) points: Vec<(f64, f64)>,
    area: f64,
}

/// Regions are carried on this far beyond the mesh, so that smoothing does not round them at its edge.
const PAD: isize = 8;
/// Each outline point becomes the mean of this many neighbours on both sides.
const WINDOW: usize = 3;

/// The outlines of all regions, largest first. Painted in this order they need no holes: whatever lies inside a
/// region is smaller and painted over it.
pub(crate) fn rings(mesh: ArrayView2<usize>) -> Vec<Ring> {
    let mut rings = Vec::new();
    let (rows, columns) = (mesh.nrows() as isize, mesh.ncols() as isize);
    let class = |row: isize, column: isize| {
        let inside = (-PAD..rows + PAD).contains(&row) && (-PAD..columns + PAD).contains(&column);
        inside.then(|| {
            mesh[[
                row.clamp(0, rows - 1) as usize,
                column.clamp(0, columns - 1) as usize,
            ]]
        })
    };
    let width = (columns + 2 * PAD) as usize;
    let mut seen = vec![false; width * (rows + 2 * PAD) as usize];
    let index = |row: isize, column: isize| (row + PAD) as usize * width + (column + PAD) as usize;
    for row in -PAD..rows + PAD {
        for column in -PAD..columns + PAD {
            let own = class(row, column);
            let Some(this) = own else { continue };
            // Every outline runs along the top of some point of its region.
            if class(row - 1, column) == own || seen[index(row, column)] {
                continue;
            }
            let points = follow(
                row,
                column,
                |r, c| class(r, c) == own,
                |r, c| seen[index(r, c)] = true,
            );
            let area = area(&points);
            // Outlines of holes run the other way round.
            if area > 0.0 {
                rings.push(Ring {
                    class: this,
                    points: thin(&smooth(&points)),
                    area,
                });
            }
        }
    }
    rings.sort_by(|a, b| b.area.total_cmp(&a.area));
    rings
}

/// Walks once around a region, keeping it on the right, and returns the middles of the mesh edges on the way.
fn follow(
    row: isize,
    column: isize,
    inside: impl Fn(isize, isize) -> bool,
    mut along_top: impl FnMut(isize, isize),
) -> Vec<(f64, f64)> {
    let start = ((row, column), (0, 1));
    let ((mut row, mut column), (mut down, mut right)) = start;
    let mut points = Vec::new();
    loop {
        if (down, right) == (0, 1) {
            along_top(row, column);
        }
        // To the left of the heading (down, right) is (−right, down).
        points.push((
            column as f64 + 0.5 * down as f64,
            row as f64 - 0.5 * right as f64,
        ));
        if !inside(row + down, column + right) {
            (down, right) = (right, -down);
        } else {
            (row, column) = (row + down, column + right);
            if inside(row - right, column + down) {
                (row, column) = (row - right, column + down);
                (down, right) = (-right, down);
            }
        }
        if ((row, column), (down, right)) == start {
            return points;
        }
    }
}

/// The shoelace formula.
fn area(points: &[(f64, f64)]) -> f64 {
    let next = points.iter().cycle().skip(1);
    points
        .iter()
        .zip(next)
        .map(|(a, b)| a.0 * b.1 - b.0 * a.1)
        .sum::<f64>()
        / 2.0
}

/// Moving average around the ring. It is local and symmetric, so two regions keep their common border.
fn smooth(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let n = points.len();
    let window = WINDOW.min(n / 8);
    let share = 1.0 / (2 * window + 1) as f64;
    (0..n)
        .map(|i| {
            (0..=2 * window)
                .map(|k| points[(i + n + k - window) % n])
                .fold((0.0, 0.0), |sum, p| {
                    (sum.0 + p.0 * share, sum.1 + p.1 * share)
                })
        })
        .collect()
}

/// Leaves out the points that lie straight between their neighbours.
fn thin(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let n = points.len();
    (0..n)
        .map(|i| (points[(i + n - 1) % n], points[i], points[(i + 1) % n]))
        .filter(|(a, p, b)| ((p.0 - a.0) * (b.1 - p.1) - (p.1 - a.1) * (b.0 - p.0)).abs() > 1e-9)
        .map(|(_, p, _)| p)
        .collect()
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    #[test]
    fn a_region_and_what_it_encloses() {
        let mut mesh = Array2::zeros((40, 40));
        mesh.slice_mut(ndarray::s![10..30, 10..30]).fill(1);
        mesh.slice_mut(ndarray::s![18..22, 18..22]).fill(0);
        let rings = rings(mesh.view());
        let found: Vec<_> = rings
            .iter()
            .map(|ring| (ring.class, ring.area.round()))
            .collect();
        // All of the padded mesh, the square, its hole; corners are cut by an eighth of a mesh cell each.
        assert_eq!(
            found,
            [(0, 3136.0 - 0.5), (1, 400.0 - 0.5), (0, 16.0 - 0.5)].map(|(c, a)| (c, f64::round(a)))
        );
    }

    #[test]
    fn neighbours_share_their_border() {
        let mesh = Array2::from_shape_fn((30, 60), |(row, column)| usize::from(2 * row > column));
        let rings = rings(mesh.view());
        assert_eq!(rings.len(), 2);
        let middle = |p: &&(f64, f64)| p.0 > 10.0 && p.0 < 50.0 && p.1 > 3.0 && p.1 < 27.0;
        let border: Vec<_> = rings[0].points.iter().filter(middle).collect();
        assert!(border.len() > 20);
        for p in border {
            let nearest = rings[1]
                .points
                .iter()
                .map(|q| (p.0 - q.0).hypot(p.1 - q.1))
                .fold(f64::MAX, f64::min);
            assert!(nearest <= 1e-9, "{p:?} is {nearest} from the other side");
        }
    }
}
