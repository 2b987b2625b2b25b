//! Drawing a planned panel: grid and axes, marks, titles, legend.

use plotters::{chart::LabelAreaPosition, prelude::ChartBuilder, style::Color as _};

use crate::{
    FigureError, Legend,
    canvas::{Canvas, Font, font_desc, rgb},
    color_bar,
    error::DataProblem,
    layout::{Insets, PanelPlan},
    legend,
    marks::Frame,
    panel::Panel,
    pixels::{CAP_HEIGHT, units},
    plot::Plot,
    style, text,
};

/// Checks the data of a panel, called `name` in errors.
pub(crate) fn check(panel: &Panel, name: &str) -> Result<(), FigureError> {
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
        let drawable = |&(x, y): &(f64, f64)| {
            let (x, y) = (panel.x.scale.position(x), panel.y.scale.position(y));
            // A reference line has only one coordinate.
            let one = x.is_finite() || y.is_finite();
            let both = x.is_finite() && y.is_finite();
            if mark.is_rule() { one } else { both }
        };
        if !mark.outline().iter().flatten().any(drawable) {
            return Err(error(mark.name(), DataProblem::NothingFinite));
        }
    }
    Ok(())
}

/// Minimum width and height of a data area.
const MIN_ROOM: f64 = 24.0;

/// Draws a planned panel, within the insets it shares with its neighbours.
pub(crate) fn draw(
    panel: &Panel,
    plan: &PanelPlan,
    insets: Insets,
    canvas: &Canvas,
) -> Result<(), FigureError> {
    let plot = plan.plot(insets);
    if plot.rect.width() < MIN_ROOM || plot.rect.height() < MIN_ROOM {
        return Err(FigureError::Room {
            panel: plan.name.clone(),
        });
    }
    axes(canvas, &plot, &plan.frame)?;
    for mark in &panel.marks {
        mark.draw(&plot, canvas)?;
    }
    titles(panel, plan, &plot, canvas)?;
    if let Some(bar) = &plan.frame.color_bar {
        color_bar::draw(canvas, plot.rect, bar)?;
    }
    legend::draw(canvas, plot.rect, &plan.entries, plan.legend)
}

/// Grid, axes and tick labels by plotters, in a chart whose data area is exactly the plot's rectangle.
fn axes(canvas: &Canvas, plot: &Plot, frame: &Frame) -> Result<(), FigureError> {
    if frame.bare {
        return Ok(());
    }
    let (width, height) = canvas.root.dim_in_pixel();
    let mut chart = ChartBuilder::on(&canvas.root)
        .margin_top(units(plot.rect.top))
        .margin_right(width as i32 - units(plot.rect.right))
        .set_label_area_size(LabelAreaPosition::Left, units(plot.rect.left))
        .set_label_area_size(
            LabelAreaPosition::Bottom,
            height as i32 - units(plot.rect.bottom),
        )
        .build_cartesian_2d(plot.x.clone(), plot.y.clone())?;
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
        .x_label_style(font_desc(plot.x.size, false).color(&rgb(style::TICK_TEXT)))
        .y_label_style(font_desc(plot.y.size, false).color(&rgb(style::TICK_TEXT)))
        .draw()?;
    Ok(())
}

fn titles(
    panel: &Panel,
    plan: &PanelPlan,
    plot: &Plot,
    canvas: &Canvas,
) -> Result<(), FigureError> {
    let (rect, cell) = (plot.rect, plan.cell);
    let (center_x, center_y) = rect.center();
    let width = 2.0 * (center_x - cell.left).min(cell.right - center_x);
    let ticks = |size: f64| {
        if plan.frame.bare {
            0.0
        } else {
            style::TICK_GAP + size
        }
    };
    if !panel.title.is_empty() {
        let size = text::fit(&panel.title, style::TITLE_SIZE, true, width);
        let above = match plan.legend {
            Legend::Above => legend::height_above(rect.width(), &plan.entries),
            _ => 0.0,
        };
        let font = Font::new(size, panel.title_color.unwrap_or(style::TEXT)).bold();
        canvas.text(
            (center_x, rect.top - above - style::TITLE_GAP),
            &panel.title,
            &font,
        )?;
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
