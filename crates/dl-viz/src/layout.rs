//! Determines a panel's axes and the space around them.

use std::collections::{
    HashMap,
    hash_map::Entry::{Occupied, Vacant},
};

use crate::{
    FigureError, Legend,
    axis::Axis,
    color_bar, legend,
    marks::{Entry, Frame},
    panel::Panel,
    pixels::{CAP_HEIGHT, Px, Rect},
    plot::Plot,
    range::range,
    style, text,
    ticks::{Tick, ticks},
};

/// Space between a panel's cell and its data area.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Insets {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
}

impl Insets {
    /// The larger of both on each side.
    fn largest(self, other: Self) -> Self {
        Self {
            left: self.left.max(other.left),
            top: self.top.max(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }
}

/// A laid-out panel, except for its final insets, which the panels of a grid share.
pub(crate) struct PanelPlan {
    /// The panel's name in errors.
    pub(crate) name: String,
    pub(crate) cell: Rect,
    pub(crate) frame: Frame,
    pub(crate) insets: Insets,
    pub(crate) legend: Legend,
    pub(crate) entries: Vec<Entry>,
    equal_aspect: bool,
    integer_x_ticks: bool,
    x: Axis,
    y: Axis,
}

impl PanelPlan {
    /// Plans `panel`, called `name` in errors.
    pub(crate) fn new(panel: &Panel, name: &str, cell: Rect) -> Result<Self, FigureError> {
        let frame = frame(panel);
        let data: Vec<_> = panel
            .marks
            .iter()
            .flat_map(|mark| mark.outline())
            .flatten()
            .collect();
        let x_range = range(
            &panel.x,
            frame.x_range,
            frame.x_from_zero,
            data.iter().map(|p| p.0),
        )
        .map_err(|error| error.at(name, "x"))?;
        let y_range = range(
            &panel.y,
            frame.y_range,
            frame.y_from_zero,
            data.iter().map(|p| p.1),
        )
        .map_err(|error| error.at(name, "y"))?;
        let y_ticks = match &frame.y_ticks {
            Some(names) => names_beside(names, cell),
            None => ticks(
                panel.y.scale,
                y_range,
                (cell.height() / 50.0).clamp(4.0, 9.0) as usize,
            ),
        };
        let mut plan = Self {
            name: name.to_owned(),
            x: Axis::new(
                panel.x.scale,
                x_range,
                frame.x_ticks.clone().unwrap_or_default(),
            ),
            y: Axis::new(panel.y.scale, y_range, y_ticks),
            cell,
            insets: Insets::default(),
            legend: panel.legend,
            entries: entries(panel),
            integer_x_ticks: panel.x.integer_ticks,
            equal_aspect: panel.equal_aspect || frame.equal_aspect,
            frame,
        };
        plan.insets = plan.insets(panel);
        let plot = plan.plot(plan.insets);
        plan.entries = legend::shortened(plan.entries, plot.rect.width());
        plan.legend = legend::choose(plot.rect, &plan.entries, plan.legend, &pixels(panel, &plot));
        plan.entries = legend::limited(plan.entries, plan.legend, plot.rect);
        if plan.legend == Legend::Above {
            plan.insets.top += legend::height_above(plot.rect.width(), &plan.entries);
        }
        Ok(plan)
    }

    fn insets(&self, panel: &Panel) -> Insets {
        let mut insets = Insets::default();
        if !panel.title.is_empty() {
            insets.top += style::TITLE_SIZE * CAP_HEIGHT + style::TITLE_GAP;
        }
        if !self.frame.bare {
            insets.left += self.y.labels_width() + style::TICK_GAP;
            insets.bottom += style::TICK_GAP + style::TICK_SIZE;
            // Half of the last tick label is to the right of the frame.
            insets.right += 12.0;
        }
        if !panel.y.label.is_empty() {
            insets.left += style::LABEL_SIZE + style::GAP;
        }
        if !panel.x.label.is_empty() {
            insets.bottom += style::LABEL_SIZE + style::GAP;
        }
        if let Some(bar) = &self.frame.color_bar {
            insets.right += color_bar::width(bar);
        }
        insets
    }

    /// The panel's axes within these insets.
    pub(crate) fn plot(&self, insets: Insets) -> Plot {
        let mut rect = Rect {
            left: self.cell.left + insets.left,
            top: self.cell.top + insets.top,
            right: self.cell.right - insets.right,
            bottom: self.cell.bottom - insets.bottom,
        };
        if self.equal_aspect {
            rect = equal_aspect(rect, self.x.range, self.y.range);
        }
        let mut x = self.x.clone();
        if self.frame.x_ticks.is_none() {
            fit_ticks(&mut x, rect.width(), self.integer_x_ticks);
        } else {
            fit_names(&mut x, rect.width());
        }
        Plot {
            rect,
            x,
            y: self.y.clone(),
        }
    }
}

/// The common insets of a grid's panels, so that those in a column are aligned in x and those in a row in y.
pub(crate) fn align(plans: &[PanelPlan], columns: usize) -> Vec<Insets> {
    let rows = plans.len().div_ceil(columns.max(1));
    let (mut of_rows, mut of_columns) = (
        vec![Insets::default(); rows],
        vec![Insets::default(); columns],
    );
    for (i, plan) in plans.iter().enumerate() {
        for common in [&mut of_rows[i / columns], &mut of_columns[i % columns]] {
            *common = common.largest(plan.insets);
        }
    }
    (0..plans.len())
        .map(|i| {
            let (row, column) = (of_rows[i / columns], of_columns[i % columns]);
            Insets {
                left: column.left,
                right: column.right,
                top: row.top,
                bottom: row.bottom,
            }
        })
        .collect()
}

/// The combined requests of all marks; the first request wins.
fn frame(panel: &Panel) -> Frame {
    panel
        .marks
        .iter()
        .map(|mark| mark.frame())
        .fold(Frame::default(), |all, one| Frame {
            x_ticks: all.x_ticks.or(one.x_ticks),
            y_ticks: all.y_ticks.or(one.y_ticks),
            x_range: all.x_range.or(one.x_range),
            y_range: all.y_range.or(one.y_range),
            x_from_zero: all.x_from_zero || one.x_from_zero,
            y_from_zero: all.y_from_zero || one.y_from_zero,
            no_x_grid: all.no_x_grid || one.no_x_grid,
            no_y_grid: all.no_y_grid || one.no_y_grid,
            bare: all.bare || one.bare,
            equal_aspect: all.equal_aspect || one.equal_aspect,
            color_bar: all.color_bar.or(one.color_bar),
        })
}

/// The entries of the legend. If regions and points have the same class name, only the point is listed.
fn entries(panel: &Panel) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for entry in panel.marks.iter().flat_map(|mark| mark.legend()) {
        match places.entry(entry.label.clone()) {
            Occupied(known) => entries[*known.get()] = entry,
            Vacant(place) => {
                place.insert(entries.len());
                entries.push(entry);
            }
        }
    }
    entries
}

/// Everything drawn, as polylines and single points in pixels.
fn pixels(panel: &Panel, plot: &Plot) -> Vec<Vec<Px>> {
    panel.marks.iter().flat_map(|mark| mark.ink(plot)).collect()
}

/// As many ticks as fit along `width` with space between their labels, at integers if requested and possible.
fn fit_ticks(x: &mut Axis, width: f64, integer_ticks: bool) {
    for most in (2..=9).rev() {
        x.ticks = ticks(x.scale, x.range, most);
        let is_whole = |tick: &Tick| tick.position.fract() == 0.0;
        if integer_ticks && most > 2 && !x.ticks.iter().all(is_whole) {
            continue;
        }
        if (x.labels_width() + style::TICK_SIZE) * x.ticks.len() as f64 <= width {
            return;
        }
    }
}

/// Names below a frame of this width: set smaller as long as they are readable, then shortened, and then thinned
/// out.
fn fit_names(x: &mut Axis, width: f64) {
    const BETWEEN: f64 = 6.0;
    const MIN: f64 = 24.0;
    let slot = width / x.ticks.len() as f64;
    let smallest = 0.6 * x.labels_width();
    x.size *= ((slot - BETWEEN) / x.labels_width()).clamp(0.6, 1.0);
    if smallest + BETWEEN <= slot {
        return;
    }
    let stride = ((smallest.min(MIN) + BETWEEN) / slot).ceil().max(1.0) as usize;
    let available = slot * stride as f64 - BETWEEN;
    x.ticks = every(&x.ticks, stride, x.size, available);
}

/// Names to the left of a panel's frame: shortened to leave most of the width for the data, and thinned out if
/// there are too many.
fn names_beside(names: &[Tick], cell: Rect) -> Vec<Tick> {
    let lines = (cell.height() / style::TICK_SIZE).max(1.0);
    let stride = (names.len() as f64 / lines).ceil().max(1.0) as usize;
    every(names, stride, style::TICK_SIZE, 0.4 * cell.width())
}

fn every(names: &[Tick], stride: usize, size: f64, available: f64) -> Vec<Tick> {
    let names = names.iter().step_by(stride);
    let names = names.map(|tick| Tick {
        label: text::shortened(&tick.label, size, false, available),
        ..*tick
    });
    names.collect()
}

/// The largest centred part of `rect` with equal aspect ratio.
fn equal_aspect(rect: Rect, x: (f64, f64), y: (f64, f64)) -> Rect {
    let (x_span, y_span) = ((x.1 - x.0).abs(), (y.1 - y.0).abs());
    let unit = (rect.width() / x_span).min(rect.height() / y_span);
    let (half_width, half_height) = (unit * x_span / 2.0, unit * y_span / 2.0);
    let (center_x, center_y) = rect.center();
    Rect {
        left: center_x - half_width,
        top: center_y - half_height,
        right: center_x + half_width,
        bottom: center_y + half_height,
    }
}
