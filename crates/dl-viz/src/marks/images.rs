//! Grids of small images.

use ndarray::{Array4, ArrayView3, ArrayView4, Axis};

use crate::{
    Color, ColorMap, FigureError, Number,
    canvas::{Canvas, Stroke},
    error::DataProblem,
    marks::{ColorBar, Frame, Mark, all_finite, array_values, cells, proper_range, proper_span},
    pixels::Rect,
    plot::Plot,
    scale::Scale,
    style,
};

/// A grid of small images without axes: samples, learned filters, feature maps.
///
/// ```
/// use dl_viz::{ColorMap, Figure, Images, Panel, ndarray::Array4};
///
/// // one filter per entry of the last axis of a convolution kernel [3, 3, 1, 32]
/// let kernel = Array4::from_shape_fn((3, 3, 1, 32), |(y, x, _, f)| (y * x * f) as f32 - 20.0);
/// let filters = kernel.permuted_axes([3, 0, 1, 2]);
/// let images = Images::new(&filters).columns(8).color_map(ColorMap::Diverging).scale_each();
/// let svg = Figure::from(Panel::new("Filters").images(images)).to_svg()?;
/// # assert!(svg.starts_with("<svg"));
/// # Ok::<(), dl_viz::FigureError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Images {
    /// `[images, height, width, 1 or 3]`
    pixels: Array4<f64>,
    /// The error if there are too many values.
    count: Result<(), DataProblem>,
    columns: Option<usize>,
    map: ColorMap,
    range: Option<(f64, f64)>,
    scale_each: bool,
    color_bar: Option<String>,
}

impl Images {
    /// Images `[n, height, width, channels]`: with one channel grey, the smallest value black and the largest
    /// white; with three channels colour, red, green and blue from 0 to 1.
    pub fn new<'a, T: Number + Copy + 'a>(pixels: impl Into<ArrayView4<'a, T>>) -> Self {
        let (pixels, count) = array_values(pixels.into());
        Self {
            pixels,
            count,
            columns: None,
            map: ColorMap::Gray,
            range: None,
            scale_each: false,
            color_bar: None,
        }
    }

    /// The channels of one image `[height, width, channels]` as separate images.
    pub fn channels<'a, T: Number + Copy + 'a>(image: impl Into<ArrayView3<'a, T>>) -> Self {
        let channels: ArrayView3<T> = image.into();
        Self::new(channels.permuted_axes([2, 0, 1]).insert_axis(Axis(3)))
    }

    /// Sets the number of images per row; by default the grid is about square.
    pub fn columns(mut self, columns: usize) -> Self {
        self.columns = Some(columns);
        self
    }

    /// Sets the colour map of images with one channel, by default [`ColorMap::Gray`].
    pub fn color_map(mut self, map: ColorMap) -> Self {
        self.map = map;
        self
    }

    /// Sets the values at the ends of the colour map; by default the smallest and the largest of all images, or for
    /// [`ColorMap::Diverging`] ± the largest magnitude.
    pub fn range(mut self, low: f64, high: f64) -> Self {
        self.range = Some((low, high));
        self
    }

    /// Scales each image to the colour map separately.
    pub fn scale_each(mut self) -> Self {
        self.scale_each = true;
        self
    }

    /// Adds a colour bar with this label (`""` for none). It shows the range of all images.
    pub fn color_bar(mut self, label: impl Into<String>) -> Self {
        self.color_bar = Some(label.into());
        self
    }

    fn ends(&self) -> (f64, f64) {
        self.map.ends(self.pixels.iter().copied(), self.range)
    }

    /// The colours of an image with one or three channels; `ends` are those of all images.
    fn color(&self, image: usize, ends: (f64, f64)) -> impl Fn(usize, usize) -> Color {
        let pixels = self.pixels.index_axis(Axis(0), image);
        let (low, high) = match self.scale_each {
            true => self.map.ends(pixels.iter().copied(), self.range),
            false => ends,
        };
        let level = |value: f64| (value.clamp(0.0, 1.0) * 255.0).round() as u8;
        move |row, column| {
            let at = |channel| pixels[[row, column, channel]];
            match pixels.len_of(Axis(2)) {
                3 => Color::rgb(level(at(0)), level(at(1)), level(at(2))),
                _ => self.map.at((at(0) - low) / (high - low)),
            }
        }
    }

    /// Images per row, and number of rows.
    fn grid(&self) -> (usize, usize) {
        let count = self.pixels.len_of(Axis(0));
        let square = (count as f64).sqrt().ceil() as usize;
        let columns = self.columns.unwrap_or(square).clamp(1, count.max(1));
        (columns, count.div_ceil(columns))
    }

    /// Distance between the first pixels of neighbouring images, along x and y.
    fn pitch(&self) -> (f64, f64) {
        let (_, height, width, _) = self.pixels.dim();
        // The gap is an eighth of an image, but at least a third of a pixel.
        let gap = (height.max(width) as f64 / 8.0).max(1.0 / 3.0);
        (width as f64 + gap, height as f64 + gap)
    }
}

impl Mark for Images {
    fn name(&self) -> String {
        "images".to_owned()
    }

    fn check(&self) -> Result<(), DataProblem> {
        self.count.clone()?;
        let parameter = |what, value: usize, allowed| DataProblem::Parameter {
            what,
            value: value as f64,
            allowed,
        };
        if self.pixels.is_empty() {
            return Err(DataProblem::Empty("pixels"));
        }
        let channels = self.pixels.len_of(Axis(3));
        if !matches!(channels, 1 | 3) {
            return Err(parameter("number of channels", channels, "1 or 3"));
        }
        if self.columns == Some(0) {
            return Err(parameter("number of columns", 0, "at least 1"));
        }
        all_finite("pixels", &self.pixels)?;
        proper_span(&self.pixels)?;
        proper_range(self.range)
    }

    fn outline(&self) -> Vec<Vec<(f64, f64)>> {
        vec![vec![(0.0, 0.0)]]
    }

    fn draw(&self, plot: &Plot, canvas: &Canvas) -> Result<(), FigureError> {
        let (count, height, width, _) = self.pixels.dim();
        let (columns, _) = self.grid();
        let pitch = self.pitch();
        let ends = self.ends();
        let edge = Stroke::solid(style::AXIS, style::GRID_WIDTH);
        for image in 0..count {
            let first = (
                (image % columns) as f64 * pitch.0,
                (image / columns) as f64 * pitch.1,
            );
            cells::draw(
                plot,
                canvas,
                first,
                (height, width),
                self.color(image, ends),
            )?;
            let (left, top) = (first.0 - 0.5, first.1 - 0.5);
            let corners = (
                plot.clamped((left, top)),
                plot.clamped((left + width as f64, top + height as f64)),
            );
            if let (Some((left, top)), Some((right, bottom))) = corners {
                let rect = Rect {
                    left,
                    top,
                    right,
                    bottom,
                };
                canvas.frame(rect, &edge)?;
            }
        }
        Ok(())
    }

    fn frame(&self) -> Frame {
        let (_, height, width, _) = self.pixels.dim();
        let (columns, rows) = self.grid();
        let pitch = self.pitch();
        let end = |count: usize, pitch: f64, size: usize| {
            (count.saturating_sub(1)) as f64 * pitch + size as f64 - 0.5
        };
        Frame {
            x_ticks: Some(Vec::new()),
            y_ticks: Some(Vec::new()),
            x_range: Some((-0.5, end(columns, pitch.0, width))),
            y_range: Some((end(rows, pitch.1, height), -0.5)),
            no_x_grid: true,
            no_y_grid: true,
            bare: true,
            equal_aspect: true,
            color_bar: self.color_bar.as_ref().map(|label| ColorBar {
                map: self.map,
                scale: Scale::Linear,
                range: self.ends(),
                label: label.clone(),
            }),
            ..Frame::default()
        }
    }
}
