//! Decision regions.

use ndarray::{Array2, ArrayView2};

use crate::{
    FigureError,
    canvas::{Canvas, Stroke},
    error::DataProblem,
    marks::{Entry, Frame, Key, Mark, contour, mesh},
    plot::Plot,
    style,
};

/// The decision regions of a classifier in the plane, in tints of the palette's colours.
///
/// The classes are given on a mesh of points; borders run halfway between points of different classes and are
/// smoothed over a few of them.
///
/// ```
/// use dl_viz::{Figure, Panel, Regions, Scatter};
///
/// let names = ["inside", "outside"];
/// let regions = Regions::predict((-2.0, 2.0), (-2.0, 2.0), 0.05, |points| {
///     points.outer_iter().map(|p| usize::from(p[0].hypot(p[1]) > 1.0)).collect::<Vec<_>>()
/// });
/// let points = Scatter::new([0.1, 1.2], [0.3, -1.1]).classes([0, 1], names);
/// let panel = Panel::new("A disc").regions(regions.names(names)).scatter(points);
/// let svg = Figure::from(panel).to_svg()?;
/// # assert!(svg.starts_with("<svg"));
/// # Ok::<(), dl_viz::FigureError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Regions {
    mesh: Result<Array2<usize>, DataProblem>,
    x: (f64, f64),
    y: (f64, f64),
    names: Vec<String>,
}

/// The opacity of filled contours in the course.
const OPACITY: f64 = 0.8;
/// The palette's colours are lightened in addition, so that the points stand out.
const LIGHTNESS: f64 = 0.45;
/// Maximum number of mesh points; more are probably a mistake in the step.
const MAX_POINTS: f64 = 4e6;

impl Regions {
    /// Regions from class indices on a mesh: `mesh[[i, j]]` is the class at the `i`-th of the evenly spaced
    /// values of `y` and the `j`-th of `x`; both ranges include their ends.
    pub fn new(mesh: Array2<usize>, x: (f64, f64), y: (f64, f64)) -> Self {
        Self {
            mesh: Ok(mesh),
            x,
            y,
            names: Vec::new(),
        }
    }

    /// Regions of a classifier, which is called once, with all mesh points as rows (x, y) of an array, and returns
    /// a class index for each. `step` is the mesh width, reduced to divide the ranges evenly.
    pub fn predict<C: IntoIterator<Item = usize>>(
        x: (f64, f64),
        y: (f64, f64),
        step: f64,
        classify: impl FnOnce(ArrayView2<f64>) -> C,
    ) -> Self {
        Self {
            mesh: evaluate(x, y, step, classify),
            x,
            y,
            names: Vec::new(),
        }
    }

    /// Sets the class names for the legend.
    pub fn names(mut self, names: impl IntoIterator<Item: Into<String>>) -> Self {
        self.names = names.into_iter().map(Into::into).collect();
        self
    }

    fn tint(class: usize) -> crate::Color {
        style::palette(class).tint(LIGHTNESS * OPACITY)
    }
}

fn evaluate<C: IntoIterator<Item = usize>>(
    x: (f64, f64),
    y: (f64, f64),
    step: f64,
    classify: impl FnOnce(ArrayView2<f64>) -> C,
) -> Result<Array2<usize>, DataProblem> {
    let (columns, rows) = (
        ((x.1 - x.0) / step).ceil() + 1.0,
        ((y.1 - y.0) / step).ceil() + 1.0,
    );
    if !(step > 0.0 && columns >= 2.0 && rows >= 2.0 && columns * rows <= MAX_POINTS) {
        let allowed = "positive, with at most 4 million points in non-empty ranges";
        return Err(DataProblem::Parameter {
            what: "step",
            value: step,
            allowed,
        });
    }
    let (rows, columns) = (rows as usize, columns as usize);
    let at = |(start, end): (f64, f64), i: usize, n: usize| {
        start + (end - start) * i as f64 / (n - 1) as f64
    };
    let points = Array2::from_shape_fn((rows * columns, 2), |(point, axis)| match axis {
        0 => at(x, point % columns, columns),
        _ => at(y, point / columns, rows),
    });
    let classes: Vec<usize> = classify(points.view()).into_iter().collect();
    let found = classes.len();
    Array2::from_shape_vec((rows, columns), classes).map_err(|_| DataProblem::Length {
        what: "classes",
        found,
        reference: "mesh points",
        expected: rows * columns,
    })
}

impl Mark for Regions {
    fn name(&self) -> String {
        "regions".to_owned()
    }

    fn check(&self) -> Result<(), DataProblem> {
        let mesh = self.mesh.as_ref().map_err(Clone::clone)?;
        mesh::check(mesh.dim(), self.x, self.y)?;
        match mesh
            .iter()
            .find(|&&class| !self.names.is_empty() && class >= self.names.len())
        {
            Some(&class) => Err(DataProblem::Class {
                class,
                names: self.names.len(),
            }),
            None => Ok(()),
        }
    }

    fn outline(&self) -> Vec<Vec<(f64, f64)>> {
        [(self.x.0, self.y.0), (self.x.1, self.y.1)]
            .map(|corner| vec![corner])
            .into()
    }

    fn draw(&self, plot: &Plot, canvas: &Canvas) -> Result<(), FigureError> {
        let Ok(mesh) = &self.mesh else { return Ok(()) };
        let at =
            |(start, end): (f64, f64), i: f64, n: usize| start + (end - start) * i / (n - 1) as f64;
        for ring in contour::rings(mesh.view()) {
            let pixels: Vec<_> = ring
                .points
                .iter()
                .filter_map(|&(column, row)| {
                    plot.clamped((
                        at(self.x, column, mesh.ncols()),
                        at(self.y, row, mesh.nrows()),
                    ))
                })
                .collect();
            canvas.polygon(&pixels, Self::tint(ring.class), 1.0)?;
            // Makes the border visible without colours, too.
            let closed: Vec<_> = pixels.iter().chain(pixels.first()).copied().collect();
            canvas.polyline(&closed, &Stroke::solid(style::TICK_TEXT, 0.8))?;
        }
        Ok(())
    }

    fn legend(&self) -> Vec<Entry> {
        self.names
            .iter()
            .enumerate()
            .map(|(class, name)| Entry {
                label: name.clone(),
                key: Key::Patch {
                    color: Self::tint(class),
                },
            })
            .collect()
    }

    fn frame(&self) -> Frame {
        Frame {
            x_range: Some(self.x),
            y_range: Some(self.y),
            no_x_grid: true,
            no_y_grid: true,
            ..Frame::default()
        }
    }
}
