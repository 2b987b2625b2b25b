//! A figure: panels on a grid.

use std::path::Path;

use crate::{
    FigureError, Panel,
    canvas::{Canvas, Font},
    drawing,
    layout::{self, PanelPlan},
    pixels::{CAP_HEIGHT, Rect},
    raster, render,
    scene::Scene,
    style, svg, text,
};

/// Panels on a grid. A figure is a value: it is only drawn when written, and always to the same bytes.
///
/// ```
/// use dl_viz::{Figure, Line, Panel};
///
/// let curve = |name: &str, f: fn(f64) -> f64| {
///     let x: Vec<f64> = (0..100).map(|i| -10.0 + 20.0 * f64::from(i) / 99.0).collect();
///     let y: Vec<f64> = x.iter().map(|&x| f(x)).collect();
///     Panel::new(name).x_label("x").line(Line::new(&x, &y))
/// };
/// let figure = Figure::new()
///     .title("Two activations")
///     .size(12.0, 5.0)
///     .grid(1, 2)
///     .panel(curve("Tanh", f64::tanh))
///     .panel(curve("ReLU", |x| x.max(0.0)));
/// assert_eq!(figure.to_svg()?, figure.to_svg()?);
/// # Ok::<(), dl_viz::FigureError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Figure {
    title: String,
    /// In inches.
    size: (f64, f64),
    grid: Option<(usize, usize)>,
    panels: Vec<Panel>,
}

impl Default for Figure {
    fn default() -> Self {
        Self::new()
    }
}

impl From<Panel> for Figure {
    /// A figure of one panel.
    fn from(panel: Panel) -> Self {
        Self::new().panel(panel)
    }
}

impl Figure {
    /// A figure of 8 × 5.5 in without panels.
    pub fn new() -> Self {
        Self {
            title: String::new(),
            size: (8.0, 5.5),
            grid: None,
            panels: Vec::new(),
        }
    }

    /// Sets a title above all panels.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Sets width and height in inches; the SVG has 100 pixels per inch, the PNG 200.
    pub fn size(mut self, width: f64, height: f64) -> Self {
        self.size = (width, height);
        self
    }

    /// Sets rows and columns of the grid, which is filled row by row; by default a single row.
    pub fn grid(mut self, rows: usize, columns: usize) -> Self {
        self.grid = Some((rows, columns));
        self
    }

    /// Adds a panel in the next cell of the grid.
    pub fn panel(mut self, panel: Panel) -> Self {
        self.panels.push(panel);
        self
    }

    /// Adds panels in the next cells of the grid.
    pub fn panels(mut self, panels: impl IntoIterator<Item = Panel>) -> Self {
        self.panels.extend(panels);
        self
    }

    /// Draws the figure as SVG, with all text as paths.
    ///
    /// # Errors
    ///
    /// [`FigureError`] if a panel's data, a range, the grid or the size cannot be drawn.
    pub fn to_svg(&self) -> Result<String, FigureError> {
        Ok(svg::document(&self.scene()?, &self.titles()))
    }

    /// Draws the figure as a PNG with 200 pixels per inch.
    ///
    /// # Errors
    ///
    /// Same as [`Figure::to_svg`]; [`FigureError::Pixels`] for a figure of more than 100 million pixels.
    pub fn to_png(&self) -> Result<Vec<u8>, FigureError> {
        raster::png(&self.scene()?)
    }

    /// Writes the figure atomically ([`dl_fs::write_atomically`]) to a file with extension `.svg` or `.png`.
    ///
    /// # Errors
    ///
    /// Same as [`Figure::to_svg`]; [`FigureError::Extension`] for any other extension; [`FigureError::Io`] with the
    /// path if it cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), FigureError> {
        let path = path.as_ref();
        let extension = path.extension().and_then(|e| e.to_str()).unwrap_or("");
        let bytes = match extension.to_ascii_lowercase().as_str() {
            "svg" => self.to_svg()?.into_bytes(),
            "png" => self.to_png()?,
            _ => {
                return Err(FigureError::Extension {
                    path: path.to_owned(),
                });
            }
        };
        dl_fs::write(path, &bytes).map_err(|source| FigureError::Io {
            path: path.to_owned(),
            source,
        })
    }

    /// The titles of the figure and its panels, if any.
    fn titles(&self) -> String {
        let panels = self.panels.iter().map(|panel| panel.title.as_str());
        let titles = std::iter::once(self.title.as_str()).chain(panels);
        let titles: Vec<&str> = titles.filter(|title| !title.is_empty()).collect();
        titles.join("; ")
    }

    fn scene(&self) -> Result<Scene, FigureError> {
        if self.panels.is_empty() {
            return Err(FigureError::NoPanel);
        }
        let (rows, columns) = self.grid.unwrap_or((1, self.panels.len()));
        if rows.saturating_mul(columns) < self.panels.len() {
            return Err(FigureError::Grid {
                rows,
                columns,
                panels: self.panels.len(),
            });
        }
        let (width, height) = self.size;
        let drawable = |side: f64, cells: usize| side <= 100.0 && side / cells as f64 >= 1.5;
        if !(drawable(width, columns) && drawable(height, rows)) {
            return Err(FigureError::Size {
                width,
                height,
                rows,
                columns,
            });
        }
        let pixels = (
            width * style::PIXELS_PER_INCH,
            height * style::PIXELS_PER_INCH,
        );
        render::scene(pixels, |canvas| self.draw(canvas, pixels, (rows, columns)))
    }

    fn draw(
        &self,
        canvas: &Canvas,
        (width, height): (f64, f64),
        (rows, columns): (usize, usize),
    ) -> Result<(), FigureError> {
        let margin = style::FIGURE_MARGIN;
        let mut top = margin;
        if !self.title.is_empty() {
            let size = text::fit(
                &self.title,
                style::FIGURE_TITLE_SIZE,
                true,
                width - 2.0 * margin,
            );
            let baseline = top + size * CAP_HEIGHT;
            let font = Font::new(size, style::TEXT).bold();
            canvas.text((width / 2.0, baseline), &self.title, &font)?;
            top = baseline + style::PANEL_GAP;
        }
        let gap = style::PANEL_GAP;
        let cell = (
            (width - 2.0 * margin - gap * (columns - 1) as f64) / columns as f64,
            (height - top - margin - gap * (rows - 1) as f64) / rows as f64,
        );
        let plan = |(i, panel): (usize, &Panel)| {
            let (row, column) = (i / columns, i % columns);
            let left = margin + column as f64 * (cell.0 + gap);
            let top = top + row as f64 * (cell.1 + gap);
            let rect = Rect {
                left,
                top,
                right: left + cell.0,
                bottom: top + cell.1,
            };
            let name = match panel.title.as_str() {
                "" => format!("row {}, column {}", row + 1, column + 1),
                title => title.to_owned(),
            };
            drawing::check(panel, &name)?;
            PanelPlan::new(panel, &name, rect)
        };
        let plans: Vec<PanelPlan> = self
            .panels
            .iter()
            .enumerate()
            .map(plan)
            .collect::<Result<_, _>>()?;
        let insets = layout::align(&plans, columns);
        for ((panel, plan), insets) in self.panels.iter().zip(&plans).zip(insets) {
            drawing::draw(panel, plan, insets, canvas)?;
        }
        Ok(())
    }
}
