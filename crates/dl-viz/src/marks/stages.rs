//! Architectures: the shape of the data after each layer.

use crate::{
    Color, FigureError,
    canvas::{Canvas, Font, Stroke},
    error::DataProblem,
    marks::{Frame, Mark},
    pixels::{CAP_HEIGHT, Px, Rect},
    plot::Plot,
    style, text,
};

/// The shapes of the data in a convolutional network, from left to right: one box per stage, with its name above
/// and its shape below.
///
/// The height and depth of a box are proportional to the square roots of the image's sides, its width to log₂(1 +
/// channels), so that images of 227 and of 6 pixels, and of 3 and of 4096 channels, fit into one figure. A layer of
/// n units is a stage of shape `[1, 1, n]`.
///
/// ```
/// use dl_viz::{Figure, Panel, Stages, style::{BLUE, GRAY, ORANGE}};
///
/// let stages = Stages::new()
///     .stage("image", [28, 28, 1], GRAY)
///     .stage("conv", [24, 24, 8], BLUE)
///     .stage("dense", [1, 1, 10], ORANGE);
/// let svg = Figure::from(Panel::new("A small network").stages(stages)).size(8.0, 4.0).to_svg()?;
/// # assert!(svg.starts_with("<svg"));
/// # Ok::<(), dl_viz::FigureError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Stages {
    stages: Vec<Stage>,
}

#[derive(Clone, Debug)]
struct Stage {
    name: String,
    /// Height, width, channels.
    shape: [usize; 3],
    color: Color,
}

/// Maximum width of a box as a fraction of the width per stage.
const MAX_WIDTH: f64 = 0.62;
/// An oblique edge extends to the right and upwards by this fraction of its length.
const OBLIQUE: f64 = 0.3;
const LINE: f64 = 1.2;

impl Stages {
    /// A diagram without stages.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a stage of shape `[height, width, channels]`.
    pub fn stage(mut self, name: impl Into<String>, shape: [usize; 3], color: Color) -> Self {
        self.stages.push(Stage {
            name: name.into(),
            shape,
            color,
        });
        self
    }

    /// The boxes, centred in slots of equal width.
    fn arrange(&self, rect: Rect) -> Vec<Cuboid> {
        let room = rect.width() / self.stages.len().max(1) as f64;
        let largest = |length: fn(&Stage) -> f64| {
            let lengths = self.stages.iter().map(length);
            lengths.fold(1.0, f64::max)
        };
        let tall = largest(|stage| stage.height().max(stage.depth()));
        let labels = 2.0 * (style::TICK_SIZE + style::GAP);
        let across = MAX_WIDTH * room / largest(Stage::width);
        let high = (rect.height() - labels) / ((1.0 + OBLIQUE) * tall);
        // no box exceeds its slot
        let along = self.stages.iter().fold(high, |along, stage| {
            along.min((0.98 * room - across * stage.width()) / (OBLIQUE * stage.depth()))
        });
        let centre = rect.center().1;
        self.stages
            .iter()
            .enumerate()
            .map(|(i, stage)| {
                let shift = OBLIQUE * along * stage.depth();
                let (width, height) = (across * stage.width(), along * stage.height());
                let middle = rect.left + room * (i as f64 + 0.5);
                let (left, top) = (
                    middle - (width + shift) / 2.0,
                    centre - (height - shift) / 2.0,
                );
                Cuboid {
                    middle,
                    front: Rect {
                        left,
                        top,
                        right: left + width,
                        bottom: top + height,
                    },
                    shift,
                }
            })
            .collect()
    }
}

impl Stage {
    fn height(&self) -> f64 {
        (self.shape[0] as f64).sqrt()
    }

    fn depth(&self) -> f64 {
        (self.shape[1] as f64).sqrt()
    }

    fn width(&self) -> f64 {
        (1.0 + self.shape[2] as f64).log2()
    }

    fn label(&self) -> String {
        match self.shape {
            [1, 1, units] => units.to_string(),
            [height, width, channels] => format!("{height}×{width}×{channels}"),
        }
    }
}

/// A box in oblique projection.
#[derive(Clone, Copy, Debug)]
struct Cuboid {
    /// Centre of its slot.
    middle: f64,
    front: Rect,
    /// Offset of its back to the right of and above its front.
    shift: f64,
}

impl Cuboid {
    fn draw(&self, color: Color, canvas: &Canvas) -> Result<(), FigureError> {
        let Rect {
            left,
            top,
            right,
            bottom,
        } = self.front;
        let back = |(x, y): Px| (x + self.shift, y - self.shift);
        let [a, b, c, d] = [(left, top), (right, top), (right, bottom), (left, bottom)];
        for (corners, tint) in [
            ([a, b, back(b), back(a)], 0.35),
            ([b, c, back(c), back(b)], 0.85),
            ([a, b, c, d], 0.6),
        ] {
            canvas.polygon(&corners, color.tint(tint), 1.0)?;
            let outline = [&corners[..], &corners[..1]].concat();
            canvas.polyline(&outline, &Stroke::solid(style::TEXT, LINE))?;
        }
        Ok(())
    }
}

impl Mark for Stages {
    fn name(&self) -> String {
        "stages".to_owned()
    }

    fn check(&self) -> Result<(), DataProblem> {
        if self.stages.is_empty() {
            return Err(DataProblem::Empty("stages"));
        }
        if self.stages.iter().any(|stage| stage.shape.contains(&0)) {
            return Err(DataProblem::Empty("values in a stage"));
        }
        Ok(())
    }

    fn outline(&self) -> Vec<Vec<(f64, f64)>> {
        vec![vec![(0.0, 0.0)]]
    }

    fn draw(&self, plot: &Plot, canvas: &Canvas) -> Result<(), FigureError> {
        let boxes = self.arrange(plot.rect);
        let room = plot.rect.width() / boxes.len() as f64 - 4.0;
        let top = |cuboid: &Cuboid| cuboid.front.top - cuboid.shift;
        let highest = boxes.iter().map(top).fold(f64::INFINITY, f64::min);
        let lowest = boxes
            .iter()
            .map(|cuboid| cuboid.front.bottom)
            .fold(f64::NEG_INFINITY, f64::max);
        for (stage, cuboid) in self.stages.iter().zip(&boxes) {
            cuboid.draw(stage.color, canvas)?;
            let label = stage.label();
            let below = lowest + style::GAP + style::TICK_SIZE * CAP_HEIGHT;
            for (line, bold, baseline) in [
                (&stage.name, true, highest - style::GAP),
                (&label, false, below),
            ] {
                let size = text::fit(line, style::TICK_SIZE, bold, room);
                let font = Font {
                    bold,
                    ..Font::new(size, style::TEXT)
                };
                canvas.text((cuboid.middle, baseline), line, &font)?;
            }
        }
        Ok(())
    }

    fn frame(&self) -> Frame {
        Frame::diagram()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECT: Rect = Rect {
        left: 0.0,
        top: 0.0,
        right: 900.0,
        bottom: 400.0,
    };

    #[test]
    fn boxes_are_to_scale_and_within_their_slots() {
        let boxes = Stages::new()
            .stage("image", [64, 64, 3], style::GRAY)
            .stage("conv", [64, 64, 255], style::BLUE)
            .stage("dense", [1, 1, 15], style::ORANGE)
            .arrange(RECT);
        let ratio = |length: fn(&Cuboid) -> f64, i: usize| length(&boxes[i]) / length(&boxes[0]);
        let close = |a: f64, b: f64| assert!((a - b).abs() <= 1e-9, "{a} {b}");
        // heights and depths by the square root, widths by the logarithm
        for (i, side, channels) in [(1, 1.0, 8.0 / 2.0), (2, 1.0 / 8.0, 4.0 / 2.0)] {
            close(ratio(|cuboid| cuboid.front.height(), i), side);
            close(ratio(|cuboid| cuboid.shift, i), side);
            close(ratio(|cuboid| cuboid.front.width(), i), channels);
        }
        for (i, cuboid) in boxes.iter().enumerate() {
            let room = 300.0 * i as f64..=300.0 * (i + 1) as f64;
            assert!(room.contains(&cuboid.front.left), "{cuboid:?}");
            assert!(
                room.contains(&(cuboid.front.right + cuboid.shift)),
                "{cuboid:?}"
            );
            assert!(cuboid.front.top - cuboid.shift >= 0.0 && cuboid.front.bottom <= 400.0);
        }
    }

    #[test]
    fn an_empty_stage_is_rejected() {
        assert!(Stages::new().check().is_err());
        let stages = Stages::new().stage("image", [28, 28, 1], style::GRAY);
        assert!(stages.check().is_ok());
        assert!(
            stages
                .stage("none", [0, 1, 3], style::GRAY)
                .check()
                .is_err()
        );
    }
}
