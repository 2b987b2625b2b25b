//! Contour plots of functions of two variables.

use ndarray::{Array2, ArrayView2};

use crate::{
    Color, FigureError, Number,
    canvas::{Canvas, Stroke},
    error::DataProblem,
    marks::{
        Entry, Frame, Key, Mark, all_finite, array_values, level_lines::level_lines, mesh, named,
        proper_span,
    },
    plot::Plot,
    style, values,
};

/// The level lines of a function of two variables; lower levels are darker.
///
/// ```
/// use dl_viz::{Contours, Figure, Line, Panel};
///
/// let bowl = Contours::from_fn((-2.0, 2.0), (-1.0, 1.0), |x, y| x * x + 4.0 * y * y);
/// let path = Line::new([1.5, 1.0, 0.6, 0.3], [0.8, -0.5, 0.3, -0.1]).dots();
/// let svg = Figure::from(Panel::new("Descent").contours(bowl).line(path)).to_svg()?;
/// # assert!(svg.starts_with("<svg"));
/// # Ok::<(), dl_viz::FigureError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Contours {
    mesh: Array2<f64>,
    /// The error if there are too many values.
    count: Result<(), DataProblem>,
    x: (f64, f64),
    y: (f64, f64),
    levels: Option<Vec<f64>>,
    label: Option<String>,
    color: Color,
}

/// Mesh points along each side for a given function.
const POINTS: usize = 161;
/// Number of intervals between the lowest and the highest value if no levels are given.
const SPACES: usize = 12;
/// Maximum number of levels, since each is a pass over the whole mesh.
const MAX_LEVELS: usize = 1000;

impl Contours {
    /// Contours from values on a mesh: `mesh[[i, j]]` is the value at the `i`-th of the evenly spaced
    /// values of `y` and the `j`-th of `x`; both ranges include their ends.
    pub fn new<'a, T: Number + Copy + 'a>(
        mesh: impl Into<ArrayView2<'a, T>>,
        x: (f64, f64),
        y: (f64, f64),
    ) -> Self {
        let (mesh, count) = array_values(mesh.into());
        Self {
            mesh,
            count,
            x,
            y,
            levels: None,
            label: None,
            color: style::GRAY,
        }
    }

    /// Contours of a function, evaluated on a mesh of 161 × 161 points.
    pub fn from_fn(x: (f64, f64), y: (f64, f64), f: impl Fn(f64, f64) -> f64) -> Self {
        let at = |(start, end): (f64, f64), i: usize| {
            start + (end - start) * i as f64 / (POINTS - 1) as f64
        };
        let mesh = Array2::from_shape_fn((POINTS, POINTS), |(i, j)| f(at(x, j), at(y, i)));
        Self::new(&mesh, x, y)
    }

    /// Sets the values at which lines are drawn, at most 1000; by default lowest + (highest − lowest)·(k/12)²,
    /// which gives evenly spaced lines for a paraboloid.
    pub fn levels(mut self, levels: impl IntoIterator<Item: Number>) -> Self {
        self.levels = Some(values::collect(levels));
        self
    }

    /// Sets its label in the legend.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Sets the base colour of the lines' tints, by default grey.
    pub fn color(mut self, color: Color) -> Self {
        self.color = color;
        self
    }

    /// The levels in ascending order.
    fn ascending(&self) -> Vec<f64> {
        let mut levels = self.levels.clone().unwrap_or_else(|| {
            let low = self.mesh.iter().copied().fold(f64::INFINITY, f64::min);
            let high = self.mesh.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let fraction = |k: usize| (k as f64 / SPACES as f64).powi(2);
            (1..SPACES)
                .map(|k| low + (high - low) * fraction(k))
                .collect()
        });
        levels.sort_by(f64::total_cmp);
        levels
    }
}

impl Mark for Contours {
    fn name(&self) -> String {
        named("contours", self.label.as_deref())
    }

    fn check(&self) -> Result<(), DataProblem> {
        self.count.clone()?;
        mesh::check(self.mesh.dim(), self.x, self.y)?;
        all_finite("values (row by row)", &self.mesh)?;
        proper_span(&self.mesh)?;
        let levels = self.levels.as_deref().unwrap_or_default();
        if levels.len() > MAX_LEVELS {
            return Err(DataProblem::Parameter {
                what: "number of levels",
                value: levels.len() as f64,
                allowed: "at most 1000",
            });
        }
        all_finite("levels", levels)
    }

    fn outline(&self) -> Vec<Vec<(f64, f64)>> {
        [(self.x.0, self.y.0), (self.x.1, self.y.1)]
            .map(|corner| vec![corner])
            .into()
    }

    fn draw(&self, plot: &Plot, canvas: &Canvas) -> Result<(), FigureError> {
        let levels = self.ascending();
        let at =
            |(start, end): (f64, f64), i: f64, n: usize| start + (end - start) * i / (n - 1) as f64;
        for (i, &level) in levels.iter().enumerate() {
            let fraction = i as f64 / levels.len() as f64;
            let stroke = Stroke::solid(self.color.tint(1.0 - 0.6 * fraction), style::AXIS_WIDTH);
            for line in level_lines(self.mesh.view(), level) {
                let place = |&(column, row): &(f64, f64)| {
                    (
                        at(self.x, column, self.mesh.ncols()),
                        at(self.y, row, self.mesh.nrows()),
                    )
                };
                let points: Vec<_> = line.iter().map(place).collect();
                plot.polyline(canvas, &points, &stroke)?;
            }
        }
        Ok(())
    }

    fn legend(&self) -> Vec<Entry> {
        let key = Key::Line {
            color: self.color,
            width: style::AXIS_WIDTH,
            dashed: false,
        };
        let entry = |label: &String| Entry {
            label: label.clone(),
            key,
        };
        self.label.iter().map(entry).collect()
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
