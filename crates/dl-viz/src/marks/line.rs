//! Line charts.

use crate::{
    Color, FigureError, Number,
    canvas::{Canvas, Stroke},
    error::DataProblem,
    marks::{Entry, Key, Mark, named, points, same_length},
    plot::Plot,
    style, values,
};

/// A line through points in order.
///
/// A coordinate that is NaN or infinite (or not positive, on a log scale) leaves a gap.
///
/// ```
/// use dl_viz::{Figure, Line, Panel, ndarray::Array1, style::BLUE};
///
/// let x = Array1::linspace(-10.0, 10.0, 100);
/// let y = x.mapv(f64::tanh);
/// let line = Line::new(&x, &y).label("tanh").color(BLUE);
/// let svg = Figure::from(Panel::new("Tanh").line(line)).to_svg()?;
/// # assert!(svg.starts_with("<svg"));
/// # Ok::<(), dl_viz::FigureError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Line {
    x: Vec<f64>,
    y: Vec<f64>,
    label: Option<String>,
    pub(crate) color: Option<Color>,
    width: f64,
    dashed: bool,
    dots: bool,
}

impl Line {
    /// A line through the points `(x[i], y[i])`.
    pub fn new(x: impl IntoIterator<Item: Number>, y: impl IntoIterator<Item: Number>) -> Self {
        Self {
            x: values::collect(x),
            y: values::collect(y),
            label: None,
            color: None,
            width: style::LINE_WIDTH,
            dashed: false,
            dots: false,
        }
    }

    /// A line through the points `(0, y[0])`, `(1, y[1])` …: one value per step.
    pub fn steps(y: impl IntoIterator<Item: Number>) -> Self {
        let y = values::collect(y);
        Self::new(0..y.len(), y)
    }

    /// Sets its label in the legend.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Sets its colour, by default the next in the palette.
    pub fn color(mut self, color: Color) -> Self {
        self.color = Some(color);
        self
    }

    /// Sets its width in pixels (100 per inch), by default 2.2.
    pub fn width(mut self, width: f64) -> Self {
        self.width = width;
        self
    }

    /// Draws it dashed.
    pub fn dashed(mut self) -> Self {
        self.dashed = true;
        self
    }

    /// Adds a dot at each point, for the steps of a path.
    pub fn dots(mut self) -> Self {
        self.dots = true;
        self
    }

    fn shade(&self) -> Color {
        self.color.unwrap_or(style::BLUE)
    }
}

impl Mark for Line {
    fn name(&self) -> String {
        named("line", self.label.as_deref())
    }

    fn check(&self) -> Result<(), DataProblem> {
        same_length("y values", self.y.len(), "x values", self.x.len())?;
        if self.x.is_empty() {
            return Err(DataProblem::Empty("points"));
        }
        if !(0.1..=50.0).contains(&self.width) {
            return Err(DataProblem::Parameter {
                what: "width",
                value: self.width,
                allowed: "in [0.1, 50] px",
            });
        }
        Ok(())
    }

    fn outline(&self) -> Vec<Vec<(f64, f64)>> {
        vec![points(&self.x, &self.y)]
    }

    fn draw(&self, plot: &Plot, canvas: &Canvas) -> Result<(), FigureError> {
        let points = points(&self.x, &self.y);
        let dash = self.dashed.then_some(self.width * 4.0);
        plot.polyline(
            canvas,
            &points,
            &Stroke {
                color: self.shade(),
                width: self.width,
                dash,
            },
        )?;
        // A value between two gaps is not on a line; a dot keeps it visible.
        let drawn = |i: usize| points.get(i).is_some_and(|&p| plot.at(p).is_some());
        for (i, &point) in points.iter().enumerate() {
            let alone = !drawn(i + 1) && (i == 0 || !drawn(i - 1));
            if let (true, Some(at)) = (alone || self.dots, plot.at(point)) {
                canvas.disc(at, self.width * 1.4, self.shade())?;
            }
        }
        Ok(())
    }

    fn legend(&self) -> Vec<Entry> {
        let key = Key::Line {
            color: self.shade(),
            width: self.width,
            dashed: self.dashed,
        };
        self.label
            .iter()
            .map(|label| Entry {
                label: label.clone(),
                key,
            })
            .collect()
    }
}
