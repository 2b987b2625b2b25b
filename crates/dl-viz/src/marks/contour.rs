//! The outlines of the regions of a mesh of classes.

use ndarray::ArrayView2;

/// The outline of a connected region, in units of mesh points: (column, row).
#[derive(Clone, Debug)]
pub(crate) struct Ring {
    pub(crate) class: usize,
    pub(crate) points: Vec<(f64, f64)>,
    area: f64,
}

/// Padding of the mesh, so that smoothing does not round regions at its edge.
const PAD: isize = 8;
/// Maximum number of neighbours on each side in the moving average of outline points.
const WINDOW: usize = 5;

/// A mesh padded with its edge values; no class further out.
struct Padded<'a>(ArrayView2<'a, usize>);

impl Padded<'_> {
    fn class(&self, row: isize, column: isize) -> Option<usize> {
        let (rows, columns) = (self.0.nrows() as isize, self.0.ncols() as isize);
        let inside = (-PAD..rows + PAD).contains(&row) && (-PAD..columns + PAD).contains(&column);
        inside.then(|| {
            self.0[[
                row.clamp(0, rows - 1) as usize,
                column.clamp(0, columns - 1) as usize,
            ]]
        })
    }

    /// Whether more than two borders meet between the four points at (row, column).
    fn junction(&self, row: isize, column: isize) -> bool {
        let around = [(0, 0), (0, 1), (1, 1), (1, 0)].map(|(r, c)| self.class(row + r, column + c));
        (0..4).filter(|&i| around[i] != around[(i + 1) % 4]).count() > 2
    }
}

/// The outlines of all regions, largest first. Painted in this order they need no holes: anything inside a region
/// is smaller and painted over it.
pub(crate) fn rings(mesh: ArrayView2<usize>) -> Vec<Ring> {
    let mut rings = Vec::new();
    let (rows, columns) = (mesh.nrows() as isize, mesh.ncols() as isize);
    let mesh = Padded(mesh);
    let width = columns + 2 * PAD;
    let index = |row: isize, column: isize| ((row + PAD) * width + column + PAD) as usize;
    let mut seen = vec![false; (width * (rows + 2 * PAD)) as usize];
    for row in -PAD..rows + PAD {
        for column in -PAD..columns + PAD {
            let own = mesh.class(row, column);
            let Some(class) = own else { continue };
            // Every outline runs along the top of some point of its region.
            if mesh.class(row - 1, column) == own || seen[index(row, column)] {
                continue;
            }
            let outline = follow(&mesh, row, column, |row, column| {
                seen[index(row, column)] = true;
            });
            let area = area(&outline);
            // Outlines of holes have the opposite orientation.
            if area > 0.0 {
                rings.push(Ring {
                    class,
                    points: thin(&smooth(&outline)),
                    area,
                });
            }
        }
    }
    rings.sort_by(|a, b| b.area.total_cmp(&a.area));
    rings
}

/// A point of an outline; a fixed one is a junction of borders.
#[derive(Clone, Copy)]
struct Node {
    at: (f64, f64),
    fixed: bool,
}

/// Walks once around the region of a point with a border above it, keeping the region on the right. Returns the
/// midpoints of the mesh edges on the path and the junctions between them.
fn follow(
    mesh: &Padded,
    row: isize,
    column: isize,
    mut along_top: impl FnMut(isize, isize),
) -> Vec<Node> {
    let own = mesh.class(row, column);
    let inside = |row: isize, column: isize| mesh.class(row, column) == own;
    let start = ((row, column), (0, 1));
    let ((mut row, mut column), (mut down, mut right)) = start;
    let mut nodes = Vec::new();
    loop {
        if (down, right) == (0, 1) {
            along_top(row, column);
        }
        // The heading is (down, right); to its left is (−right, down).
        let (x, y) = (
            column as f64 + 0.5 * down as f64,
            row as f64 - 0.5 * right as f64,
        );
        nodes.push(Node {
            at: (x, y),
            fixed: false,
        });
        let corner = (x + 0.5 * right as f64, y + 0.5 * down as f64);
        if mesh.junction(corner.1.floor() as isize, corner.0.floor() as isize) {
            nodes.push(Node {
                at: corner,
                fixed: true,
            });
        }
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
            return nodes;
        }
    }
}

/// The shoelace formula.
fn area(outline: &[Node]) -> f64 {
    let next = outline.iter().cycle().skip(1);
    let cross = |(a, b): (&Node, &Node)| a.at.0 * b.at.1 - b.at.0 * a.at.1;
    outline.iter().zip(next).map(cross).sum::<f64>() / 2.0
}

/// Moving average around the ring, narrower towards a junction. It is local and symmetric, so two regions keep
/// their common border, and three their common corner.
fn smooth(outline: &[Node]) -> Vec<(f64, f64)> {
    let n = outline.len();
    let widest = WINDOW.min(n / 8);
    let fixed = |i: usize, k: usize| outline[(i + k) % n].fixed || outline[(i + n - k) % n].fixed;
    (0..n)
        .map(|i| {
            let window = (0..widest).find(|&k| fixed(i, k)).unwrap_or(widest);
            let fraction = 1.0 / (2 * window + 1) as f64;
            let around = (0..=2 * window).map(|k| outline[(i + n + k - window) % n].at);
            around.fold((0.0, 0.0), |sum, p| {
                (sum.0 + p.0 * fraction, sum.1 + p.1 * fraction)
            })
        })
        .collect()
}

/// Removes points on the straight line between their neighbours.
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
        let within = |p: (usize, usize), range: std::ops::Range<usize>| {
            range.contains(&p.0) && range.contains(&p.1)
        };
        let mesh = Array2::from_shape_fn((40, 40), |p| {
            usize::from(within(p, 10..30) && !within(p, 18..22))
        });
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

    #[test]
    fn regions_meet_in_a_point() {
        let mesh = Array2::from_shape_fn((30, 30), |(row, column)| row / 15 * 2 + column / 15);
        let rings = rings(mesh.view());
        assert_eq!(rings.len(), 4);
        for ring in &rings {
            let center = ring.points.iter().filter(|&&p| p == (14.5, 14.5)).count();
            assert_eq!(center, 1, "{:?}", ring.points);
        }
    }
}
