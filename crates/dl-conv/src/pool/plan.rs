//! Which pixels of the image each position of a pooling window sees.

use dl_nn::{Cost, LayerError, ShapeError};

use crate::geometry::{Geometry, Size, Window};
use crate::shape::{Image, image_of, of_sample, require_result};

/// The pixels along an axis that one position sees; the padding is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) taps: usize,
}

/// A window's positions on images of one shape, row by row and column by column.
#[derive(Debug, Clone)]
pub(crate) struct WindowPlan {
    pub(crate) rows: Vec<Span>,
    pub(crate) columns: Vec<Span>,
    pub(crate) image: Image,
    /// Pixels from one tap to the next.
    pub(crate) dilation: Size,
    /// Taps of a window that sees no padding.
    pub(crate) taps: usize,
    /// No pixel is seen from two positions.
    pub(crate) disjoint: bool,
    /// The largest number of positions that see a pixel.
    pub(crate) overlaps: usize,
    /// No pixel is seen from two positions, and each from one.
    pub(crate) partition: bool,
}

impl WindowPlan {
    /// Checks the window, which errors name as `owner`'s, on samples of shape `input`.
    pub(crate) fn new(window: &Window, input: &[usize], owner: &str) -> Result<Self, LayerError> {
        let (image, geometry) = checked(window, input, owner)?;
        let Size { height, width } = geometry.output;
        let rows = spans(
            image.size.height,
            height,
            window.kernel.height,
            window.stride.height,
            window.dilation.height,
            geometry.top,
        );
        let columns = spans(
            image.size.width,
            width,
            window.kernel.width,
            window.stride.width,
            window.dilation.width,
            geometry.left,
        );
        let (Some(rows), Some(columns)) = (rows, columns) else {
            let takes = "an image and a padding of which every window sees at least one pixel \
                         of the image";
            return Err(ShapeError {
                got: input.to_vec(),
                takes: takes.to_owned(),
            }
            .into());
        };
        let extent = |kernel: usize, dilation: usize| (kernel - 1) * dilation + 1;
        let disjoint = extent(window.kernel.height, window.dilation.height) <= window.stride.height
            && extent(window.kernel.width, window.dilation.width) <= window.stride.width;
        let overlaps = |kernel: usize, dilation: usize, stride: usize, positions: usize| {
            // one for each tap, where that many positions are within reach
            let near = extent(kernel, dilation).div_ceil(stride);
            kernel.min(near).min(positions)
        };
        let overlaps = [
            overlaps(
                window.kernel.height,
                window.dilation.height,
                window.stride.height,
                height,
            ),
            overlaps(
                window.kernel.width,
                window.dilation.width,
                window.stride.width,
                width,
            ),
        ];
        let seen = |spans: &[Span]| spans.iter().map(|span| span.taps).sum::<usize>();
        let all = seen(&rows) == image.size.height && seen(&columns) == image.size.width;
        Ok(Self {
            rows,
            columns,
            image,
            dilation: window.dilation,
            taps: window.kernel.height * window.kernel.width,
            disjoint,
            overlaps: overlaps[0].saturating_mul(overlaps[1]),
            partition: disjoint && all,
        })
    }

    /// `positions` windows that divide the image as evenly as whole pixels allow, and together see all of it: window i
    /// of n on m pixels sees those from ⌊i m/n⌋ to ⌈(i + 1) m/n⌉.
    pub(crate) fn adaptive(positions: Size, image: Image) -> Self {
        let spans = |count: usize, pixels: usize| -> Vec<Span> {
            let span = |i: usize| {
                let start = i * pixels / count;
                let taps = ((i + 1) * pixels).div_ceil(count) - start;
                Span { start, taps }
            };
            (0..count).map(span).collect()
        };
        // positions that see the same pixel are neighbours
        let overlaps = |spans: &[Span]| {
            let before = |pixel: usize| spans.partition_point(|other| other.start < pixel);
            let after = |span: &Span| before(span.start + span.taps) - before(span.start);
            spans.iter().map(after).max().unwrap_or(1)
        };
        let rows = spans(positions.height, image.size.height);
        let columns = spans(positions.width, image.size.width);
        let seen = |spans: &[Span]| spans.iter().map(|span| span.taps).sum::<usize>();
        let once = seen(&rows) == image.size.height && seen(&columns) == image.size.width;
        let most = |spans: &[Span]| spans.iter().map(|span| span.taps).max().unwrap_or(1);
        Self {
            taps: most(&rows) * most(&columns),
            overlaps: overlaps(&rows) * overlaps(&columns),
            rows,
            columns,
            image,
            dilation: Size::from(1),
            disjoint: once,
            partition: once,
        }
    }

    /// Where the channels of a pixel begin in its image.
    pub(crate) fn number_at(&self, row: usize, column: usize) -> usize {
        (row * self.image.size.width + column) * self.image.channels
    }

    /// Pixels from one row of taps to the next, and from one tap to the next, in elements.
    pub(crate) fn strides(&self) -> [usize; 2] {
        let row = self.image.size.width * self.image.channels;
        [
            self.dilation.height * row,
            self.dilation.width * self.image.channels,
        ]
    }
}

/// The images of shape `input`, and where the window stands on them.
fn checked(window: &Window, input: &[usize], owner: &str) -> Result<(Image, Geometry), LayerError> {
    window.validate(owner)?;
    let image = image_of(input)?;
    let geometry = window
        .over(image.size)
        .map_err(|error| of_sample(error, input))?;
    let Size { height, width } = geometry.output;
    require_result(input, [height, width, image.channels])?;
    Ok((image, geometry))
}

/// What a plan takes, and pooling by it: told before it is made.
pub(crate) fn cost(window: &Window, input: &[usize]) -> Cost {
    let Ok((image, geometry)) = checked(window, input, "window") else {
        return Cost::default();
    };
    let Size { height, width } = geometry.output;
    let seen = |taps: usize, dilation: usize, pixels: usize| taps.min(pixels.div_ceil(dilation));
    let Window {
        kernel, dilation, ..
    } = *window;
    let rows = seen(kernel.height, dilation.height, image.size.height);
    let columns = seen(kernel.width, dilation.width, image.size.width);
    let taps = rows.saturating_mul(columns);
    let elements = height.saturating_mul(width).saturating_mul(image.channels);
    Cost {
        plan: height
            .saturating_add(width)
            .saturating_mul(size_of::<Span>()),
        scratch: 0,
        operations: elements.saturating_mul(taps),
    }
}

/// The taps in the image of each position; `None` where a position sees only padding.
fn spans(
    input: usize,
    output: usize,
    kernel: usize,
    stride: usize,
    dilation: usize,
    before: usize,
) -> Option<Vec<Span>> {
    let span = |position: usize| {
        let shift = position * stride;
        let first = before.saturating_sub(shift).div_ceil(dilation);
        let end = (input + before).saturating_sub(shift).div_ceil(dilation);
        let taps = end
            .min(kernel)
            .checked_sub(first)
            .filter(|&taps| taps > 0)?;
        let start = shift + first * dilation - before;
        Some(Span { start, taps })
    };
    (0..output).map(span).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Padding;

    fn span(start: usize, taps: usize) -> Span {
        Span { start, taps }
    }

    #[test]
    fn spans_leave_the_padding_out() {
        // taps −1 0 1, 1 2 3, 3 4 5 on five pixels
        let expected = vec![span(0, 2), span(1, 3), span(3, 2)];
        assert_eq!(spans(5, 3, 3, 2, 1, 1), Some(expected));
        // taps −1 1 3, 0 2 4, 1 3 5
        let expected = vec![span(1, 2), span(0, 3), span(1, 2)];
        assert_eq!(spans(5, 3, 3, 1, 2, 1), Some(expected));
        // taps −2 −1
        assert_eq!(spans(5, 3, 2, 2, 1, 2), None);
        // taps −1 1 between which the only pixel is
        assert_eq!(spans(1, 1, 2, 1, 2, 1), None);
    }

    #[test]
    fn windows_that_share_or_miss_pixels() {
        let plan = |kernel: usize, stride: usize, padding, side| {
            let window = Window {
                stride: stride.into(),
                padding,
                ..Window::new(kernel)
            };
            let plan = WindowPlan::new(&window, &[side, side, 1], "MaxPool2d").unwrap();
            (plan.disjoint, plan.partition)
        };
        assert_eq!(plan(2, 2, Padding::Valid, 26), (true, true));
        assert_eq!(plan(2, 2, Padding::Valid, 11), (true, false));
        assert_eq!(plan(2, 2, Padding::Same, 11), (true, true));
        assert_eq!(plan(2, 3, Padding::Valid, 8), (true, false));
        assert_eq!(plan(3, 2, Padding::Valid, 7), (false, false));
    }

    #[test]
    fn costs_are_those_of_the_pixels_that_are_seen() {
        let cost = |window: Window, input: &[usize]| {
            let cost = super::cost(&window, input);
            (cost.plan / size_of::<Span>(), cost.scratch, cost.operations)
        };
        let plain = Window {
            stride: 2.into(),
            ..Window::new(2)
        };
        // 2 × 3 positions, 4 pixels of 3 channels each
        assert_eq!(cost(plain, &[4, 6, 3]), (5, 0, 2 * 3 * 4 * 3));
        // of taps 4 pixels apart, one at a time is on 4 rows, two are on 5 columns
        let wide = Window {
            dilation: 4.into(),
            padding: Padding::all(4),
            ..Window::new(3)
        };
        assert_eq!(cost(wide, &[4, 5, 1]), (9, 0, 4 * 5 * 2));
        assert_eq!(cost(plain, &[1, 6, 3]), (0, 0, 0));
    }
}
