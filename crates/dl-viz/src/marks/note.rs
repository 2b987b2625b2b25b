//! Reference lines and notes.

use crate::{
    FigureError,
    canvas::{Align, Canvas, Font, Stroke},
    error::DataProblem,
    marks::{Mark, all_finite},
    pixels::{CAP_HEIGHT, Px, Rect},
    plot::Plot,
    style, text,
};

/// A dashed line across the panel at a value of one axis, with its text at the end.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) value: f64,
    pub(crate) horizontal: bool,
    pub(crate) label: String,
}

impl Mark for Rule {
    fn name(&self) -> String {
        format!("reference line `{}`", self.label)
    }

    fn check(&self) -> Result<(), DataProblem> {
        all_finite("its position", [&self.value])
    }

    fn outline(&self) -> Vec<Vec<(f64, f64)>> {
        let point = if self.horizontal {
            (f64::NAN, self.value)
        } else {
            (self.value, f64::NAN)
        };
        vec![vec![point]]
    }

    fn is_rule(&self) -> bool {
        true
    }

    fn ink(&self, plot: &Plot) -> Vec<Vec<Px>> {
        let Some((line, (x, y), font)) = self.place(plot) else {
            return Vec::new();
        };
        let width = text::width(&self.label, font.size, false);
        let end = if font.align == Align::Left {
            x + width
        } else {
            x - width
        };
        vec![line.to_vec(), vec![(x, y), (end, y)]]
    }

    fn draw(&self, plot: &Plot, canvas: &Canvas) -> Result<(), FigureError> {
        let Some((line, at, font)) = self.place(plot) else {
            return Ok(());
        };
        let stroke = Stroke {
            color: style::GRAY,
            width: style::RULE_WIDTH,
            dash: Some(6.0),
        };
        canvas.polyline(&line, &stroke)?;
        canvas.text(at, &self.label, &font)
    }
}

impl Rule {
    /// The line, and the position and style of its text.
    fn place(&self, plot: &Plot) -> Option<([Px; 2], Px, Font)> {
        let rect = plot.rect;
        let along = plot.along(self.value, self.horizontal)?;
        let font = Font::new(style::TICK_SIZE, style::TICK_TEXT).align(Align::Right);
        let height = font.size * CAP_HEIGHT;
        if self.horizontal {
            let above = along - height - 10.0 > rect.top;
            let baseline = if above {
                along - 5.0
            } else {
                along + 5.0 + height
            };
            let line = [(rect.left, along), (rect.right, along)];
            return Some((line, (rect.right - 5.0, baseline), font));
        }
        let right = along + text::width(&self.label, font.size, false) + 6.0 < rect.right;
        let (x, align) = if right {
            (along + 6.0, Align::Left)
        } else {
            (along - 6.0, Align::Right)
        };
        let line = [(along, rect.bottom), (along, rect.top)];
        Some((line, (x, rect.top + 4.0 + height), font.align(align)))
    }
}

/// A text next to a point.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    pub(crate) point: (f64, f64),
    pub(crate) text: String,
}

impl Mark for Note {
    fn name(&self) -> String {
        format!("note `{}`", self.text)
    }

    fn check(&self) -> Result<(), DataProblem> {
        all_finite("its point", [&self.point.0, &self.point.1])
    }

    fn outline(&self) -> Vec<Vec<(f64, f64)>> {
        vec![vec![self.point]]
    }

    fn draw(&self, plot: &Plot, canvas: &Canvas) -> Result<(), FigureError> {
        let Some((x, y)) = plot.at(self.point) else {
            return Ok(());
        };
        let font = Font::new(style::TICK_SIZE, style::TEXT);
        let width = text::width(&self.text, font.size, false);
        let left = if x + 8.0 + width < plot.rect.right {
            x + 8.0
        } else {
            x - 8.0 - width
        };
        let baseline = (y - 6.0).max(plot.rect.top + font.size);
        // Fades grid lines behind the text.
        let behind = Rect {
            left: left - 3.0,
            top: baseline - font.size,
            right: left + width + 3.0,
            bottom: baseline + font.size * 0.2,
        };
        canvas.rect(behind, style::WHITE, 0.85)?;
        canvas.text((left, baseline), &self.text, &font.align(Align::Left))
    }
}

#[cfg(test)]
mod tests {
    use crate::axis::Axis;
    use crate::scale::Scale;

    use super::*;

    #[test]
    fn the_legend_keeps_clear_of_a_reference_line() {
        let axis = || Axis::new(Scale::Linear, (0.0, 1.0), Vec::new());
        let rect = Rect {
            left: 0.0,
            top: 0.0,
            right: 100.0,
            bottom: 50.0,
        };
        let plot = Plot {
            rect,
            x: axis(),
            y: axis(),
        };
        let rule = Rule {
            value: 0.5,
            horizontal: true,
            label: "target".to_owned(),
        };
        let ink = rule.ink(&plot);
        assert!(ink.contains(&vec![(0.0, 25.0), (100.0, 25.0)]), "{ink:?}");
    }
}
