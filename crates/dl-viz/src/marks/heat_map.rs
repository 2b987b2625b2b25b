//! Heat maps, confusion matrices and images.

use ndarray::{Array2, ArrayView2};

use crate::{
    ColorMap, FigureError, Number,
    canvas::{Canvas, Font, Stroke},
    error::DataProblem,
    marks::{
        ColorBar, Frame, Mark, all_finite, array_values, cells, proper_decimals, proper_range,
        proper_span, same_length,
    },
    pixels::{CAP_HEIGHT, Rect},
    plot::Plot,
    scale::Scale,
    style, text,
    ticks::{Tick, signed},
};

/// A matrix as coloured cells, with row 0 at the top: a confusion matrix, a kernel, a feature map or an image.
///
/// ```
/// use dl_viz::{Figure, HeatMap, Panel, ndarray::array};
///
/// let counts = array![[10, 0, 0], [0, 9, 1], [0, 0, 10]];
/// let names = ["setosa", "versicolor", "virginica"];
/// let map = HeatMap::new(&counts).rows(names).columns(names).value_labels(0).color_bar("Samples");
/// let panel = Panel::new("Confusion matrix").x_label("Predicted").y_label("True").heat_map(map);
/// let svg = Figure::from(panel).to_svg()?;
/// # assert!(svg.starts_with("<svg"));
/// # Ok::<(), dl_viz::FigureError>(())
/// ```
#[derive(Clone, Debug)]
pub struct HeatMap {
    values: Array2<f64>,
    /// The error if there are too many values.
    count: Result<(), DataProblem>,
    rows: Vec<String>,
    columns: Vec<String>,
    map: ColorMap,
    range: Option<(f64, f64)>,
    decimals: Option<usize>,
    color_bar: Option<String>,
    bare: bool,
    log_colors: bool,
}

impl HeatMap {
    /// A heat map of a matrix.
    pub fn new<'a, T: Number + Copy + 'a>(values: impl Into<ArrayView2<'a, T>>) -> Self {
        let (values, count) = array_values(values.into());
        Self {
            values,
            count,
            rows: Vec::new(),
            columns: Vec::new(),
            map: ColorMap::Blues,
            range: None,
            decimals: None,
            color_bar: None,
            bare: false,
            log_colors: false,
        }
    }

    /// A grey image without axes, with the smallest value black and the largest white.
    pub fn image<'a, T: Number + Copy + 'a>(pixels: impl Into<ArrayView2<'a, T>>) -> Self {
        Self {
            map: ColorMap::Gray,
            bare: true,
            ..Self::new(pixels)
        }
    }

    /// Sets the row names, from the top.
    pub fn rows(mut self, names: impl IntoIterator<Item: Into<String>>) -> Self {
        self.rows = names.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the column names, from the left.
    pub fn columns(mut self, names: impl IntoIterator<Item: Into<String>>) -> Self {
        self.columns = names.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the colour map, by default [`ColorMap::Blues`], and [`ColorMap::Gray`] for an image.
    pub fn color_map(mut self, map: ColorMap) -> Self {
        self.map = map;
        self
    }

    /// Sets the values at the ends of the colour map; by default the smallest and the largest, or for
    /// [`ColorMap::Diverging`] ± the largest magnitude.
    pub fn range(mut self, low: f64, high: f64) -> Self {
        self.range = Some((low, high));
        self
    }

    /// Colours by log(1 + value), so that small counts are visible next to large ones. Values must not be negative.
    pub fn log_colors(mut self) -> Self {
        self.log_colors = true;
        self
    }

    /// Writes each value into its cell with this many decimals, at most 17.
    pub fn value_labels(mut self, decimals: usize) -> Self {
        self.decimals = Some(decimals);
        self
    }

    /// Adds a colour bar with this label (`""` for none).
    pub fn color_bar(mut self, label: impl Into<String>) -> Self {
        self.color_bar = Some(label.into());
        self
    }

    /// The values at the ends of the colour map, which are never equal.
    fn ends(&self) -> (f64, f64) {
        let (low, high) = self.map.ends(self.values.iter().copied(), self.range);
        let scale = self.scale();
        match scale.position(low) < scale.position(high) {
            true => (low, high),
            // neighbouring large numbers may have the same logarithm
            false => (low, low + (low.abs() * 1e-9).max(1.0)),
        }
    }

    /// Maps values to colours. The ends of the map are determined once, not for each value.
    fn colors(&self) -> impl Fn(f64) -> crate::Color {
        let scale = self.scale();
        let (low, high) = self.ends();
        let (low, high) = (scale.position(low), scale.position(high));
        let map = self.map;
        move |value| map.at((scale.position(value) - low) / (high - low))
    }

    fn scale(&self) -> Scale {
        match self.log_colors {
            true => Scale::Log1p,
            false => Scale::Linear,
        }
    }

    /// Lines between the cells, and a frame around them.
    fn draw_cells(&self, plot: &Plot, canvas: &Canvas) -> Result<(), FigureError> {
        let Rect {
            left,
            top,
            right,
            bottom,
        } = plot.rect;
        let (rows, columns) = self.values.dim();
        let between = Stroke::solid(style::WHITE, style::AXIS_WIDTH);
        for x in (1..columns).filter_map(|c| plot.along(c as f64 - 0.5, false)) {
            canvas.polyline(&[(x, top), (x, bottom)], &between)?;
        }
        for y in (1..rows).filter_map(|r| plot.along(r as f64 - 0.5, true)) {
            canvas.polyline(&[(left, y), (right, y)], &between)?;
        }
        canvas.frame(plot.rect, &Stroke::solid(style::AXIS, style::AXIS_WIDTH))
    }

    fn draw_values(
        &self,
        plot: &Plot,
        canvas: &Canvas,
        decimals: usize,
        color: impl Fn(f64) -> crate::Color,
    ) -> Result<(), FigureError> {
        let cell = plot.rect.width() / self.values.ncols() as f64;
        let widest = self
            .values
            .iter()
            .map(|&v| text::width(&signed(v, decimals), style::CELL_SIZE, false))
            .fold(1.0, f64::max);
        let size = style::CELL_SIZE * (cell * 0.8 / widest).min(1.0);
        for ((row, column), &value) in self.values.indexed_iter() {
            let color = if color(value).luminance() > 0.55 {
                style::TEXT
            } else {
                style::WHITE
            };
            if let Some((x, y)) = plot.at((column as f64, row as f64)) {
                let at = (x, y + size * CAP_HEIGHT / 2.0);
                canvas.text(at, &signed(value, decimals), &Font::new(size, color))?;
            }
        }
        Ok(())
    }
}

/// Ticks with the cells' names, or else their indices, thinned out so that they do not overlap.
fn ticks(names: &[String], count: usize) -> Vec<Tick> {
    let stride = if names.is_empty() {
        count.div_ceil(10)
    } else {
        1
    };
    (0..count)
        .step_by(stride)
        .map(|i| Tick {
            position: i as f64,
            label: names.get(i).cloned().unwrap_or_else(|| i.to_string()),
        })
        .collect()
}

impl Mark for HeatMap {
    fn name(&self) -> String {
        "heat map".to_owned()
    }

    fn check(&self) -> Result<(), DataProblem> {
        self.count.clone()?;
        if self.values.is_empty() {
            return Err(DataProblem::Empty("cells"));
        }
        all_finite("values (row by row)", &self.values)?;
        proper_span(&self.values)?;
        proper_decimals(self.decimals)?;
        if !self.rows.is_empty() {
            same_length("row names", self.rows.len(), "rows", self.values.nrows())?;
        }
        if !self.columns.is_empty() {
            same_length(
                "column names",
                self.columns.len(),
                "columns",
                self.values.ncols(),
            )?;
        }
        let lowest = self.range.map(|(low, _)| low);
        let negative = self.values.iter().copied().chain(lowest).find(|&v| v < 0.0);
        if let (true, Some(value)) = (self.log_colors, negative) {
            return Err(DataProblem::Parameter {
                what: "a value coloured by its logarithm",
                value,
                allowed: "at least 0",
            });
        }
        proper_range(self.range)
    }

    fn outline(&self) -> Vec<Vec<(f64, f64)>> {
        vec![vec![(0.0, 0.0)]]
    }

    fn draw(&self, plot: &Plot, canvas: &Canvas) -> Result<(), FigureError> {
        let color = self.colors();
        cells::draw(
            plot,
            canvas,
            (0.0, 0.0),
            self.values.dim(),
            |row, column| color(self.values[[row, column]]),
        )?;
        match self.decimals {
            Some(decimals) => {
                self.draw_cells(plot, canvas)?;
                self.draw_values(plot, canvas, decimals, color)
            }
            None => Ok(()),
        }
    }

    fn frame(&self) -> Frame {
        let (rows, columns) = self.values.dim();
        Frame {
            x_ticks: Some(ticks(&self.columns, columns)),
            y_ticks: Some(ticks(&self.rows, rows)),
            x_range: Some((-0.5, columns as f64 - 0.5)),
            y_range: Some((rows as f64 - 0.5, -0.5)),
            no_x_grid: true,
            no_y_grid: true,
            bare: self.bare,
            equal_aspect: true,
            color_bar: self.color_bar.as_ref().map(|label| ColorBar {
                map: self.map,
                scale: self.scale(),
                range: self.ends(),
                label: label.clone(),
            }),
            ..Frame::default()
        }
    }
}
