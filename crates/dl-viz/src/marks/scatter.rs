//! Scatter plots.

use crate::{
    Color, FigureError, Number,
    canvas::{Canvas, Marker},
    error::DataProblem,
    marks::{Entry, Key, Mark, all_finite, named, points, same_length},
    plot::Plot,
    style, values,
};

/// A scatter plot of points with dark edges, in one colour or with a colour and a shape per class.
///
/// ```
/// use dl_viz::{Figure, Panel, Scatter};
///
/// let flowers = Scatter::new([5.1, 7.0, 6.3], [3.5, 3.2, 3.3]).classes([0, 1, 2], ["setosa", "versicolor", "virginica"]);
/// let panel = Panel::new("Iris").x_label("Sepal length (cm)").y_label("Sepal width (cm)").scatter(flowers);
/// let svg = Figure::from(panel).to_svg()?;
/// # assert!(svg.starts_with("<svg"));
/// # Ok::<(), dl_viz::FigureError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Scatter {
    x: Vec<f64>,
    y: Vec<f64>,
    label: Option<String>,
    pub(crate) color: Option<Color>,
    classes: Option<(Vec<usize>, Vec<String>)>,
    radius: f64,
}

impl Scatter {
    /// The points `(x[i], y[i])`.
    pub fn new(x: impl IntoIterator<Item: Number>, y: impl IntoIterator<Item: Number>) -> Self {
        Self {
            x: values::collect(x),
            y: values::collect(y),
            label: None,
            color: None,
            classes: None,
            radius: style::POINT_RADIUS,
        }
    }

    /// Sets its label in the legend.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Sets the colour of all points, by default the next in the palette.
    pub fn color(mut self, color: Color) -> Self {
        self.color = Some(color);
        self
    }

    /// Sets a class index per point, which determines its colour in the palette and its shape (circle, triangle,
    /// square, repeating), and the class names for the legend.
    pub fn classes(
        mut self,
        classes: impl IntoIterator<Item = usize>,
        names: impl IntoIterator<Item: Into<String>>,
    ) -> Self {
        self.classes = Some((
            classes.into_iter().collect(),
            names.into_iter().map(Into::into).collect(),
        ));
        self
    }

    /// Sets the points' radius in pixels (100 per inch), by default 4.2.
    pub fn radius(mut self, radius: f64) -> Self {
        self.radius = radius;
        self
    }

    /// Whether it takes the next colour in the palette.
    pub(crate) fn takes_color(&self) -> bool {
        self.color.is_none() && self.classes.is_none()
    }

    fn shade(&self) -> Color {
        self.color.unwrap_or(style::BLUE)
    }
}

impl Mark for Scatter {
    fn name(&self) -> String {
        named("scatter", self.label.as_deref())
    }

    fn check(&self) -> Result<(), DataProblem> {
        same_length("y values", self.y.len(), "x values", self.x.len())?;
        if self.x.is_empty() {
            return Err(DataProblem::Empty("points"));
        }
        all_finite("x", &self.x)?;
        all_finite("y", &self.y)?;
        if let Some((classes, names)) = &self.classes {
            same_length("classes", classes.len(), "points", self.x.len())?;
            if let Some(&class) = classes.iter().find(|&&class| class >= names.len()) {
                return Err(DataProblem::Class {
                    class,
                    names: names.len(),
                });
            }
        }
        if !(1.0..=50.0).contains(&self.radius) {
            return Err(DataProblem::Parameter {
                what: "radius",
                value: self.radius,
                allowed: "in [1, 50] px",
            });
        }
        Ok(())
    }

    fn outline(&self) -> Vec<Vec<(f64, f64)>> {
        points(&self.x, &self.y)
            .into_iter()
            .map(|point| vec![point])
            .collect()
    }

    fn draw(&self, plot: &Plot, canvas: &Canvas) -> Result<(), FigureError> {
        for (i, &point) in points(&self.x, &self.y).iter().enumerate() {
            let (color, marker) = match &self.classes {
                Some((classes, _)) => (style::palette(classes[i]), Marker::for_class(classes[i])),
                None => (self.shade(), Marker::Circle),
            };
            if let Some(at) = plot.at(point) {
                canvas.marker(at, self.radius, color, marker)?;
            }
        }
        Ok(())
    }

    fn legend(&self) -> Vec<Entry> {
        match &self.classes {
            Some((_, names)) => names
                .iter()
                .enumerate()
                .map(|(class, name)| Entry {
                    label: name.clone(),
                    key: Key::Point {
                        color: style::palette(class),
                        marker: Marker::for_class(class),
                    },
                })
                .collect(),
            None => self
                .label
                .iter()
                .map(|label| Entry {
                    label: label.clone(),
                    key: Key::Point {
                        color: self.shade(),
                        marker: Marker::Circle,
                    },
                })
                .collect(),
        }
    }
}
