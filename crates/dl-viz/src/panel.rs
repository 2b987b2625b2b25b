//! A panel: a pair of axes and the marks in it.

use std::sync::Arc;

use crate::{
    Band, Bars, Color, Contours, HeatMap, Images, Legend, Line, Network, Regions, Scatter, Stages,
    marks::{
        Mark,
        note::{Note, Rule},
    },
    scale::Scale,
    style,
};

/// A pair of axes with a title, labels, a legend, and lines, points, bars … drawn in the order they were added.
///
/// ```
/// use dl_viz::{Figure, Legend, Line, Panel};
///
/// let (train, validation) = ([0.9, 0.4, 0.2, 0.1], [1.0, 0.5, 0.4, 0.4]);
/// let panel = Panel::new("Loss")
///     .x_label("Epoch")
///     .y_label("Cross-entropy (nats)")
///     .log_y()
///     .line(Line::steps(train).label("train"))
///     .line(Line::steps(validation).label("validation"))
///     .vertical_line(3.0, "best")
///     .legend(Legend::BottomLeft);
/// let svg = Figure::from(panel).to_svg()?;
/// # assert!(svg.starts_with("<svg"));
/// # Ok::<(), dl_viz::FigureError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Panel {
    pub(crate) title: String,
    pub(crate) title_color: Option<Color>,
    pub(crate) x: AxisSpec,
    pub(crate) y: AxisSpec,
    pub(crate) equal_aspect: bool,
    pub(crate) legend: Legend,
    pub(crate) marks: Vec<Arc<dyn Mark>>,
    /// Number of palette colours used so far.
    colored: usize,
}

/// The settings of an axis.
#[derive(Clone, Debug)]
pub(crate) struct AxisSpec {
    pub(crate) label: String,
    pub(crate) scale: Scale,
    pub(crate) range: Option<(f64, f64)>,
    /// Ticks are at integers only.
    pub(crate) integer_ticks: bool,
}

impl Default for AxisSpec {
    fn default() -> Self {
        Self {
            label: String::new(),
            scale: Scale::Linear,
            range: None,
            integer_ticks: false,
        }
    }
}

impl Panel {
    /// An empty panel with this title (`""` for none).
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            ..Self::default()
        }
    }

    /// Sets the colour of the title.
    pub fn title_color(mut self, color: Color) -> Self {
        self.title_color = Some(color);
        self
    }

    /// Sets the label of the x axis.
    pub fn x_label(mut self, label: impl Into<String>) -> Self {
        self.x.label = label.into();
        self
    }

    /// Sets the label of the y axis.
    pub fn y_label(mut self, label: impl Into<String>) -> Self {
        self.y.label = label.into();
        self
    }

    /// Sets the range of the x axis; by default that of the data, with a small margin.
    pub fn x_range(mut self, start: f64, end: f64) -> Self {
        self.x.range = Some((start, end));
        self
    }

    /// Sets the range of the y axis; by default that of the data, with a small margin.
    pub fn y_range(mut self, start: f64, end: f64) -> Self {
        self.y.range = Some((start, end));
        self
    }

    /// Restricts the ticks of the x axis to integers, for counts.
    pub fn integer_x_ticks(mut self) -> Self {
        self.x.integer_ticks = true;
        self
    }

    /// Makes the x axis logarithmic. Values that are not positive leave gaps.
    pub fn log_x(mut self) -> Self {
        self.x.scale = Scale::Log10;
        self
    }

    /// Makes the y axis logarithmic. Values that are not positive leave gaps.
    pub fn log_y(mut self) -> Self {
        self.y.scale = Scale::Log10;
        self
    }

    /// Makes a unit equally long on both axes.
    pub fn equal_aspect(mut self) -> Self {
        self.equal_aspect = true;
        self
    }

    /// Sets the position of the legend.
    pub fn legend(mut self, legend: Legend) -> Self {
        self.legend = legend;
        self
    }

    /// Adds a line.
    pub fn line(mut self, mut line: Line) -> Self {
        line.color = Some(line.color.unwrap_or_else(|| self.next_color()));
        self.add(line)
    }

    /// Adds points.
    pub fn scatter(mut self, mut scatter: Scatter) -> Self {
        if scatter.takes_color() {
            scatter.color = Some(self.next_color());
        }
        self.add(scatter)
    }

    /// Adds the area between two curves.
    pub fn band(self, band: Band) -> Self {
        self.add(band)
    }

    /// Adds decision regions. Add points after them.
    pub fn regions(self, regions: Regions) -> Self {
        self.add(regions)
    }

    /// Adds the level lines of a function. Add paths and points after them.
    pub fn contours(self, contours: Contours) -> Self {
        self.add(contours)
    }

    /// Adds the diagram of a network.
    pub fn network(self, network: Network) -> Self {
        self.add(network)
    }

    /// Adds the stages of a convolutional network.
    pub fn stages(self, stages: Stages) -> Self {
        self.add(stages)
    }

    /// Adds bars.
    pub fn bars(self, bars: Bars) -> Self {
        self.add(bars)
    }

    /// Adds a heat map.
    pub fn heat_map(self, heat_map: HeatMap) -> Self {
        self.add(heat_map)
    }

    /// Adds a grid of small images.
    pub fn images(self, images: Images) -> Self {
        self.add(images)
    }

    /// Adds a dashed line at `y` with a label (`""` for none) at its right end.
    pub fn horizontal_line(self, y: f64, label: impl Into<String>) -> Self {
        self.add(Rule {
            value: y,
            horizontal: true,
            label: label.into(),
        })
    }

    /// Adds a dashed line at `x` with a label (`""` for none) at its top.
    pub fn vertical_line(self, x: f64, label: impl Into<String>) -> Self {
        self.add(Rule {
            value: x,
            horizontal: false,
            label: label.into(),
        })
    }

    /// Adds a text next to a point.
    pub fn note(self, x: f64, y: f64, text: impl Into<String>) -> Self {
        self.add(Note {
            point: (x, y),
            text: text.into(),
        })
    }

    fn add(mut self, mark: impl Mark + 'static) -> Self {
        self.marks.push(Arc::new(mark));
        self
    }

    fn next_color(&mut self) -> Color {
        self.colored += 1;
        style::palette(self.colored - 1)
    }
}
