//! The patterns of one convolution, each worked out once, when it is needed.

use std::sync::OnceLock;

use super::plan::{self, Channels, Padded, Pattern};
use crate::geometry::Geometry;

/// So many pixels (or images) side by side fill a tile.
pub(super) const NARROW: usize = 6;

/// What is summed up where. Most passes need few of the patterns, and those along the images have an
/// entry for each pixel.
#[derive(Debug, Clone)]
pub(super) struct Patterns {
    geometry: Geometry,
    channels: Channels,
    /// The input with the zeros beside it.
    pub(super) input: Padded,
    /// `None` where the input's gradient must be summed up along the images.
    delta: Option<Padded>,
    output_along_width: OnceLock<Pattern>,
    output_along_images: OnceLock<Pattern>,
    kernel_gradient: OnceLock<Pattern>,
    input_gradient_along_width: OnceLock<Pattern>,
    input_gradient_along_images: OnceLock<Pattern>,
}

impl Patterns {
    pub(super) fn new(geometry: Geometry, channels: Channels) -> Self {
        Self {
            geometry,
            channels,
            input: plan::padded_input(&geometry),
            delta: plan::padded_delta(&geometry),
            output_along_width: OnceLock::new(),
            output_along_images: OnceLock::new(),
            kernel_gradient: OnceLock::new(),
            input_gradient_along_width: OnceLock::new(),
            input_gradient_along_images: OnceLock::new(),
        }
    }

    /// y of `n` images.
    pub(super) fn output(&self, n: usize) -> &Pattern {
        let width = self.geometry.output.width;
        if width < NARROW && n > width {
            let pattern = || plan::output_along_images(&self.geometry, self.channels);
            self.output_along_images.get_or_init(pattern)
        } else {
            let pattern = || plan::output_along_width(&self.geometry, self.channels);
            self.output_along_width.get_or_init(pattern)
        }
    }

    /// ∂L/∂K.
    pub(super) fn kernel_gradient(&self) -> &Pattern {
        let pattern = || plan::kernel_gradient(&self.geometry, self.channels);
        self.kernel_gradient.get_or_init(pattern)
    }

    /// ∂L/∂X of `n` images, with the zeros that the output's gradient then needs beside it.
    pub(super) fn input_gradient(&self, n: usize) -> (Option<Padded>, &Pattern) {
        let (geometry, channels) = (&self.geometry, self.channels);
        match self.delta {
            // along the images no zeros are multiplied
            Some(around) if n < NARROW.min(geometry.input.width) => {
                let pattern = || plan::input_gradient_along_width(geometry, channels, around.width);
                let pattern = self.input_gradient_along_width.get_or_init(pattern);
                (Some(around), pattern)
            }
            _ => {
                let pattern = || plan::input_gradient_along_images(geometry, channels);
                let pattern = self.input_gradient_along_images.get_or_init(pattern);
                (None, pattern)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Window;

    fn patterns(image: [usize; 2], stride: usize) -> Patterns {
        let window = Window {
            stride: stride.into(),
            ..Window::new([1, 2])
        };
        let channels = Channels {
            inputs: 1,
            filters: 1,
            groups: 1,
        };
        Patterns::new(window.over(image.into()).unwrap(), channels)
    }

    /// Rows of a tile are what there is more of, pixels or images, unless pixels fill it.
    #[test]
    fn narrow_images_are_taken_side_by_side() {
        let along_images = |width: usize, n| {
            let patterns = patterns([3, width + 1], 1);
            patterns.output(n).rows.is_none()
        };
        assert_eq!(
            [1, 5, 6, 100].map(|n| along_images(5, n)),
            [false, false, true, true]
        );
        assert_eq!([2, 3].map(|n| along_images(2, n)), [false, true]);
        assert_eq!([1, 100].map(|n| along_images(6, n)), [false, false]);

        let along_images = |width, n| {
            let patterns = patterns([3, width], 1);
            let (around, pattern) = patterns.input_gradient(n);
            assert_eq!(around.is_none(), pattern.rows.is_none());
            pattern.rows.is_none()
        };
        assert_eq!([1, 5, 6].map(|n| along_images(9, n)), [false, false, true]);
        assert_eq!([1, 3, 4].map(|n| along_images(4, n)), [false, false, true]);
        // by steps of two there is no other way
        assert!(patterns([3, 9], 2).input_gradient(1).1.rows.is_none());
    }
}
