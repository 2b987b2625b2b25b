//! From drawing to a scene, and from bytes to a file.

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicU64, Ordering},
};

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

/// Writes beside the target and renames over it: no reader ever sees half a file.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), FigureError> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}-{count}.tmp", std::process::id()));
    let beside = path.with_file_name(name);
    fs::write(&beside, bytes)
        .and_then(|()| fs::rename(&beside, path))
        .map_err(|source| {
            // The write has failed already; what is left of it is removed if it can be.
            let _ = fs::remove_file(&beside);
            FigureError::Io {
                path: path.to_owned(),
                source,
            }
        })
}

impl<E: std::error::Error + Send + Sync> From<DrawingAreaErrorKind<E>> for FigureError {
    fn from(error: DrawingAreaErrorKind<E>) -> Self {
        Self::Drawing(error.to_string())
    }
}
