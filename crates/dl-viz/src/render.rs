//! Renders a drawing to a scene.

use plotters::{drawing::DrawingAreaErrorKind, prelude::IntoDrawingArea};

use crate::{FigureError, backend::Recorder, canvas::Canvas, scene::Scene};

/// Draws on a white canvas of this size in pixels.
pub(crate) fn scene(
    size: (f64, f64),
    draw: impl FnOnce(&Canvas) -> Result<(), FigureError>,
) -> Result<Scene, FigureError> {
    let mut scene = Scene {
        size,
        shapes: Vec::new(),
    };
    let root = Recorder { scene: &mut scene }.into_drawing_area();
    root.fill(&plotters::style::WHITE)?;
    draw(&Canvas { root })?;
    Ok(scene)
}

impl<E: std::error::Error + Send + Sync> From<DrawingAreaErrorKind<E>> for FigureError {
    fn from(error: DrawingAreaErrorKind<E>) -> Self {
        Self::Drawing(error.to_string())
    }
}
