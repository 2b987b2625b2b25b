//! Bar charts.

use crate::{
    Color, FigureError, Number,
    canvas::{Align, Canvas, Font, Stroke},
    error::DataProblem,
    marks::{Entry, Frame, Key, Mark, all_finite, proper_decimals, same_length},
    pixels::{CAP_HEIGHT, Rect},
    plot::Plot,
    style,
    ticks::{Tick, signed},
    values,
};

/// A bar chart over named categories: one series, or several side by side.
///
/// ```
/// use dl_viz::{Bars, Figure, Panel, Series};
///
/// let accuracy = Series::new([0.967, 0.933]).intervals([0.90, 0.85], [0.99, 0.97]).label("test");
/// let bars = Bars::new(["MLP (10, 10)", "Logistic"]).series(accuracy).value_labels(3);
/// let svg = Figure::from(Panel::new("Accuracy").bars(bars)).to_svg()?;
/// # assert!(svg.starts_with("<svg"));
/// # Ok::<(), dl_viz::FigureError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Bars {
    categories: Vec<String>,
    series: Vec<Series>,
    horizontal: bool,
    decimals: Option<usize>,
}

/// A series of bars, one value per category.
#[derive(Clone, Debug)]
pub struct Series {
    values: Vec<f64>,
    intervals: Option<(Vec<f64>, Vec<f64>)>,
    label: Option<String>,
    color: Option<Color>,
}

impl Series {
    /// A series with one value per category.
    pub fn new(values: impl IntoIterator<Item: Number>) -> Self {
        Self {
            values: values::collect(values),
            intervals: None,
            label: None,
            color: None,
        }
    }

    /// Adds error bars from the lower to the upper end of an interval around each value.
    pub fn intervals(
        mut self,
        lower: impl IntoIterator<Item: Number>,
        upper: impl IntoIterator<Item: Number>,
    ) -> Self {
        self.intervals = Some((values::collect(lower), values::collect(upper)));
        self
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

    fn interval(&self, i: usize) -> Option<(f64, f64)> {
        self.intervals
            .as_ref()
            .map(|(lower, upper)| (lower[i], upper[i]))
    }

    /// The end of the bar, or of its error bar if that is further out.
    fn tip(&self, i: usize) -> f64 {
        let value = self.values[i];
        self.interval(i).map_or(
            value,
            |(lower, upper)| if value < 0.0 { lower } else { upper },
        )
    }
}

/// Fraction of a category's width that its bars take.
const FILLED: f64 = 0.7;

impl Bars {
    /// Vertical bars over these categories; add at least one [`Series`].
    pub fn new(categories: impl IntoIterator<Item: Into<String>>) -> Self {
        Self {
            categories: categories.into_iter().map(Into::into).collect(),
            series: Vec::new(),
            horizontal: false,
            decimals: None,
        }
    }

    /// Adds a series next to the existing ones.
    pub fn series(mut self, mut series: Series) -> Self {
        series.color = Some(series.color.unwrap_or(style::palette(self.series.len())));
        self.series.push(series);
        self
    }

    /// Makes the bars horizontal, with the first category on top, which leaves room for long names.
    pub fn horizontal(mut self) -> Self {
        self.horizontal = true;
        self
    }

    /// Writes each value next to its bar with this many decimals, at most 17.
    pub fn value_labels(mut self, decimals: usize) -> Self {
        self.decimals = Some(decimals);
        self
    }

    /// Start and end of a bar along the category axis.
    fn slot(&self, category: usize, series: usize) -> (f64, f64) {
        let width = FILLED / self.series.len() as f64;
        let start = category as f64 - FILLED / 2.0 + width * series as f64;
        // Neighbouring bars have a small gap.
        (start + width * 0.04, start + width * 0.96)
    }

    /// (along the categories, value) as (x, y).
    fn point(&self, along: f64, value: f64) -> (f64, f64) {
        if self.horizontal {
            (value, along)
        } else {
            (along, value)
        }
    }

    fn draw_bar(
        &self,
        plot: &Plot,
        canvas: &Canvas,
        category: usize,
        index: usize,
    ) -> Result<(), FigureError> {
        let series = &self.series[index];
        let value = series.values[category];
        let (start, end) = self.slot(category, index);
        let middle = (start + end) / 2.0;
        let corner = |along, value| plot.clamped(self.point(along, value));
        // On a log scale there is no zero, so bars start at the frame.
        let base = |along| corner(along, 0.0).or_else(|| corner(along, f64::MIN_POSITIVE));
        let (Some(from), Some(to)) = (base(start), corner(end, value)) else {
            return Ok(());
        };
        let rect = Rect {
            left: from.0.min(to.0),
            top: from.1.min(to.1),
            right: from.0.max(to.0),
            bottom: from.1.max(to.1),
        };
        canvas.rect(rect, series.color.unwrap_or(style::BLUE), 1.0)?;
        if let Some((lower, upper)) = series.interval(category)
            && let (Some(low), Some(high)) = (corner(middle, lower), corner(middle, upper))
        {
            let stroke = Stroke::solid(style::BLACK, style::RULE_WIDTH);
            let (dx, dy) = if self.horizontal {
                (0.0, 4.0)
            } else {
                (4.0, 0.0)
            };
            canvas.polyline(&[low, high], &stroke)?;
            for (x, y) in [low, high] {
                canvas.polyline(&[(x - dx, y - dy), (x + dx, y + dy)], &stroke)?;
            }
        }
        if let (Some(decimals), Some((x, y))) =
            (self.decimals, corner(middle, series.tip(category)))
        {
            let font = Font::new(style::TICK_SIZE, style::TEXT);
            let height = font.size * CAP_HEIGHT;
            let (at, align) = match (self.horizontal, value < 0.0) {
                (true, false) => ((x + 6.0, y + height / 2.0), Align::Left),
                (true, true) => ((x - 6.0, y + height / 2.0), Align::Right),
                (false, false) => ((x, y - 5.0), Align::Center),
                (false, true) => ((x, y + 5.0 + height), Align::Center),
            };
            canvas.text(at, &signed(value, decimals), &font.align(align))?;
        }
        Ok(())
    }
}

impl Mark for Bars {
    fn name(&self) -> String {
        "bars".to_owned()
    }

    fn check(&self) -> Result<(), DataProblem> {
        if self.categories.is_empty() {
            return Err(DataProblem::Empty("categories"));
        }
        if self.series.is_empty() {
            return Err(DataProblem::Empty("series of bars"));
        }
        proper_decimals(self.decimals)?;
        let categories = self.categories.len();
        for series in &self.series {
            same_length("values", series.values.len(), "categories", categories)?;
            all_finite("values", &series.values)?;
            if let Some((lower, upper)) = &series.intervals {
                same_length("lower ends", lower.len(), "categories", categories)?;
                same_length("upper ends", upper.len(), "categories", categories)?;
                all_finite("lower ends", lower)?;
                all_finite("upper ends", upper)?;
            }
        }
        Ok(())
    }

    fn outline(&self) -> Vec<Vec<(f64, f64)>> {
        let largest = self
            .series
            .iter()
            .flat_map(|s| &s.values)
            .fold(0.0f64, |m, v| m.max(v.abs()));
        let room = match (self.decimals, self.horizontal) {
            (None, _) => 0.0,
            (Some(_), false) => 0.05 * largest,
            (Some(_), true) => 0.1 * largest,
        };
        let mut outlines = Vec::new();
        for (index, series) in self.series.iter().enumerate() {
            for (category, &value) in series.values.iter().enumerate() {
                let (start, end) = self.slot(category, index);
                let tip = series.tip(category);
                let tip = tip + room.copysign(tip);
                outlines.push(
                    [(start, 0.0), (start, tip), (end, tip), (end, 0.0)]
                        .map(|(along, value)| self.point(along, value))
                        .to_vec(),
                );
                let middle = (start + end) / 2.0;
                let (lower, upper) = series.interval(category).unwrap_or((value, value));
                outlines.push(vec![self.point(middle, lower), self.point(middle, upper)]);
            }
        }
        outlines
    }

    fn draw(&self, plot: &Plot, canvas: &Canvas) -> Result<(), FigureError> {
        for category in 0..self.categories.len() {
            for index in 0..self.series.len() {
                self.draw_bar(plot, canvas, category, index)?;
            }
        }
        Ok(())
    }

    fn legend(&self) -> Vec<Entry> {
        self.series
            .iter()
            .filter_map(|series| {
                let key = Key::Patch {
                    color: series.color?,
                };
                Some(Entry {
                    label: series.label.clone()?,
                    key,
                })
            })
            .collect()
    }

    fn frame(&self) -> Frame {
        let ticks = self
            .categories
            .iter()
            .enumerate()
            .map(|(i, label)| Tick {
                position: i as f64,
                label: label.clone(),
            })
            .collect();
        let last = self.categories.len() as f64 - 0.5;
        if self.horizontal {
            Frame {
                y_ticks: Some(ticks),
                y_range: Some((last, -0.5)),
                x_from_zero: true,
                no_y_grid: true,
                ..Frame::default()
            }
        } else {
            Frame {
                x_ticks: Some(ticks),
                x_range: Some((-0.5, last)),
                y_from_zero: true,
                no_x_grid: true,
                ..Frame::default()
            }
        }
    }
}
