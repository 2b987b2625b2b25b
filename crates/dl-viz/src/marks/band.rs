//! The area between two curves.

use crate::{
    Color, FigureError, Number,
    canvas::Canvas,
    error::DataProblem,
    marks::{Entry, Key, Mark, all_finite, named, points, same_length},
    plot::Plot,
    style, values,
};

/// The tinted area between a lower and an upper curve: an interval around a line, or the area under one.
///
/// ```
/// use dl_viz::{Band, Figure, Line, Panel};
///
/// let epochs = [1, 2, 3];
/// let panel = Panel::new("Loss over five seeds")
///     .band(Band::new(epochs, [0.9, 0.5, 0.3], [1.1, 0.7, 0.4]).label("min–max"))
///     .line(Line::new(epochs, [1.0, 0.6, 0.35]).label("mean"));
/// let svg = Figure::from(panel).to_svg()?;
/// # assert!(svg.starts_with("<svg"));
/// # Ok::<(), dl_viz::FigureError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Band {
    x: Vec<f64>,
    lower: Vec<f64>,
    upper: Vec<f64>,
    label: Option<String>,
    color: Color,
}

impl Band {
    /// The area between `(x[i], lower[i])` and `(x[i], upper[i])`.
    pub fn new(
        x: impl IntoIterator<Item: Number>,
        lower: impl IntoIterator<Item: Number>,
        upper: impl IntoIterator<Item: Number>,
    ) -> Self {
        Self {
            x: values::collect(x),
            lower: values::collect(lower),
            upper: values::collect(upper),
            label: None,
            color: style::BLUE,
        }
    }

    /// Sets its label in the legend.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Sets the base colour of the tint, by default blue.
    pub fn color(mut self, color: Color) -> Self {
        self.color = color;
        self
    }
}

const OPACITY: f64 = 0.2;

impl Mark for Band {
    fn name(&self) -> String {
        named("band", self.label.as_deref())
    }

    fn check(&self) -> Result<(), DataProblem> {
        same_length("lower values", self.lower.len(), "x values", self.x.len())?;
        same_length("upper values", self.upper.len(), "x values", self.x.len())?;
        if self.x.is_empty() {
            return Err(DataProblem::Empty("points"));
        }
        all_finite("x", &self.x)?;
        all_finite("lower", &self.lower)?;
        all_finite("upper", &self.upper)
    }

    fn outline(&self) -> Vec<Vec<(f64, f64)>> {
        vec![points(&self.x, &self.lower), points(&self.x, &self.upper)]
    }

    fn draw(&self, plot: &Plot, canvas: &Canvas) -> Result<(), FigureError> {
        let there = points(&self.x, &self.lower);
        let back = points(&self.x, &self.upper);
        let ring: Vec<_> = there
            .into_iter()
            .chain(back.into_iter().rev())
            .filter_map(|p| plot.clamped(p))
            .collect();
        canvas.polygon(&ring, self.color, OPACITY)
    }

    fn legend(&self) -> Vec<Entry> {
        let key = Key::Patch {
            color: self.color.tint(OPACITY),
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
