//! Drawing a panel: grid and axes, marks, titles, legend.

use plotters::{chart::LabelAreaPosition, prelude::ChartBuilder, style::Color as _};

use crate::{
    FigureError,
    canvas::{CAP_HEIGHT, Canvas, Font, Px, Rect, font_desc, rgb, units},
    color_bar,
    error::DataProblem,
    layout::{Layout, layout},
    legend,
    marks::{Entry, Frame},
    panel::Panel,
    plot::Plot,
    style, text,
};

/// Draws `panel`, called `name` in errors, within `cell`.
pub(crate) fn draw(
    panel: &Panel,
    name: &str,
    canvas: &Canvas,
    cell: Rect,
) -> Result<(), FigureError> {
    check(panel, name)?;
    let frame = frame(panel);
    let layout = layout(panel, name, &frame, cell)?;
    let plot = axes(canvas, layout, &frame)?;
    for mark in &panel.marks {
        mark.draw(&plot)?;
    }
    titles(panel, &frame, &plot, cell)?;
    if let Some(bar) = &frame.color_bar {
        color_bar::draw(canvas, plot.rect, bar)?;
    }
    legend::draw(
        canvas,
        plot.rect,
        &entries(panel),
        panel.legend,
        &pixels(panel, &plot),
    )
}

fn check(panel: &Panel, name: &str) -> Result<(), FigureError> {
    let error = |mark: String, problem| FigureError::Data {
        panel: name.to_owned(),
        mark,
        problem,
    };
    if panel.marks.is_empty() {
        return Err(error(
            "panel".to_owned(),
            DataProblem::Empty("lines, points or other marks"),
        ));
    }
    for mark in &panel.marks {
        mark.check()
            .map_err(|problem| error(mark.name(), problem))?;
        // A reference line has one coordinate only.
        let drawable = |&(x, y): &(f64, f64)| {
            let (x, y) = (panel.x.scale.position(x), panel.y.scale.position(y));
            if mark.is_rule() {
                x.is_finite() || y.is_finite()
            } else {
                x.is_finite() && y.is_finite()
            }
        };
        if !mark.outline().iter().flatten().any(drawable) {
            return Err(error(mark.name(), DataProblem::NothingFinite));
        }
    }
    Ok(())
}

/// What all marks ask for; the first to ask for something gets it.
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

/// Grid, axes and tick labels by plotters, in a chart whose data area is exactly the layout's rectangle.
fn axes<'c, 'a>(
    canvas: &'c Canvas<'a>,
    layout: Layout,
    frame: &Frame,
) -> Result<Plot<'c, 'a>, FigureError> {
    let Layout { x, y, rect } = layout;
    let (width, height) = canvas.root.dim_in_pixel();
    let mut chart = ChartBuilder::on(&canvas.root)
        .margin_top(units(rect.top))
        .margin_right(width as i32 - units(rect.right))
        .set_label_area_size(LabelAreaPosition::Left, units(rect.left))
        .set_label_area_size(
            LabelAreaPosition::Bottom,
            height as i32 - units(rect.bottom),
        )
        .build_cartesian_2d(x.clone(), y.clone())?;
    if !frame.bare {
        let mut mesh = chart.configure_mesh();
        if frame.no_x_grid {
            mesh.disable_x_mesh();
        }
        if frame.no_y_grid {
            mesh.disable_y_mesh();
        }
        mesh.bold_line_style(rgb(style::GRID).stroke_width(units(style::GRID_WIDTH) as u32))
            .axis_style(rgb(style::AXIS).stroke_width(units(style::AXIS_WIDTH) as u32))
            .set_all_tick_mark_size(units(style::TICK_LENGTH))
            .label_style(font_desc(style::TICK_SIZE, false).color(&rgb(style::TICK_TEXT)))
            // plotters centres at a quarter of the type size; digits are taller.
            .y_label_offset(units((CAP_HEIGHT / 2.0 - 0.25) * style::TICK_SIZE))
            .draw()?;
    }
    let area = chart.plotting_area().clone();
    Ok(Plot {
        canvas,
        area,
        rect,
        x,
        y,
    })
}

fn titles(panel: &Panel, frame: &Frame, plot: &Plot, cell: Rect) -> Result<(), FigureError> {
    let (rect, canvas) = (plot.rect, plot.canvas);
    let (center_x, center_y) = rect.center();
    let width = 2.0 * (center_x - cell.left).min(cell.right - center_x);
    let ticks = |size: f64| {
        if frame.bare {
            0.0
        } else {
            style::TICK_GAP + size
        }
    };
    if !panel.title.is_empty() {
        let size = text::fit(&panel.title, style::TITLE_SIZE, true, width);
        let font = Font::new(size, panel.title_color.unwrap_or(style::TEXT)).bold();
        canvas.text((center_x, rect.top - style::TITLE_GAP), &panel.title, &font)?;
    }
    if !panel.x.label.is_empty() {
        let size = text::fit(&panel.x.label, style::LABEL_SIZE, false, width);
        let baseline = rect.bottom + ticks(style::TICK_SIZE) + style::GAP + size * CAP_HEIGHT;
        canvas.text(
            (center_x, baseline),
            &panel.x.label,
            &Font::new(size, style::TEXT),
        )?;
    }
    if !panel.y.label.is_empty() {
        let height = 2.0 * (center_y - cell.top).min(cell.bottom - center_y);
        let size = text::fit(&panel.y.label, style::LABEL_SIZE, false, height);
        let baseline = rect.left - ticks(plot.y.labels_width()) - style::GAP;
        canvas.text(
            (baseline, center_y),
            &panel.y.label,
            &Font::new(size, style::TEXT).upwards(),
        )?;
    }
    Ok(())
}

/// The legend's lines. Regions and points of one class share their name; it stands there once, as the point.
fn entries(panel: &Panel) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for entry in panel.marks.iter().flat_map(|mark| mark.legend()) {
        match entries.iter_mut().find(|known| known.label == entry.label) {
            Some(known) => *known = entry,
            None => entries.push(entry),
        }
    }
    entries
}

/// All that is drawn, as polylines and single points in pixels.
fn pixels(panel: &Panel, plot: &Plot) -> Vec<Vec<Px>> {
    let outlines = panel.marks.iter().flat_map(|mark| mark.outline());
    outlines
        .flat_map(|line| match line[..] {
            [point] => plot
                .at(point)
                .map(|pixel| vec![pixel])
                .into_iter()
                .collect(),
            _ => plot.runs(&line),
        })
        .collect()
}
