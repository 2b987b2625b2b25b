//! The patterns of one convolution, each worked out once, when it is needed.

use std::sync::OnceLock;

use super::plan::{self, Channels, Padded, Pattern};
use crate::geometry::Geometry;

/// What is summed up where.
#[derive(Debug, Clone)]
pub(super) struct Patterns {
    geometry: Geometry,
    channels: Channels,
    /// The input with the zeros that the kernel's gradient needs beside it.
    pub(super) input: Padded,
    output: OnceLock<Pattern>,
    kernel_gradient: OnceLock<Pattern>,
    input_gradient: OnceLock<Pattern>,
}

impl Patterns {
    pub(super) fn new(geometry: Geometry, channels: Channels) -> Self {
        Self {
            geometry,
            channels,
            input: plan::padded_input(&geometry),
            output: OnceLock::new(),
            kernel_gradient: OnceLock::new(),
            input_gradient: OnceLock::new(),
        }
    }

    /// y.
    pub(super) fn output(&self) -> &Pattern {
        self.output
            .get_or_init(|| plan::output(&self.geometry, self.channels))
    }

    /// ∂L/∂K.
    pub(super) fn kernel_gradient(&self) -> &Pattern {
        self.kernel_gradient
            .get_or_init(|| plan::kernel_gradient(&self.geometry, self.channels))
    }

    /// ∂L/∂x.
    pub(super) fn input_gradient(&self) -> &Pattern {
        self.input_gradient
            .get_or_init(|| plan::input_gradient(&self.geometry, self.channels))
    }
}
