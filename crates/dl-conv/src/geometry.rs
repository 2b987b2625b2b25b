//! Where a window stands on an image: sizes, strides, padding.

use dl_nn::{ConfigError, ShapeError};
use serde::{Deserialize, Serialize};

/// The most pixels a kernel, stride, dilation or padding may have along an axis: more is a typo, and
/// that many can still be multiplied without overflow.
const MAX: usize = 1 << 20;

/// A height and a width in pixels. Made from one number for both, or from `[height, width]`.
///
/// ```
/// use dl_conv::Size;
/// assert_eq!(Size::from(3), Size::from([3, 3]));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Size {
    /// Along axis 0 of an image.
    pub height: usize,
    /// Along axis 1 of an image.
    pub width: usize,
}

impl From<usize> for Size {
    fn from(side: usize) -> Self {
        [side, side].into()
    }
}

impl From<[usize; 2]> for Size {
    fn from([height, width]: [usize; 2]) -> Self {
        Self { height, width }
    }
}

impl Size {
    pub(crate) fn require(self, least: usize, parameter: &str) -> Result<(), ConfigError> {
        let allowed = match least {
            0 => "at most 2^20 pixels",
            _ => "from 1 to 2^20 pixels",
        };
        let holds = |side| (least..=MAX).contains(&side);
        let value = format!("{}×{}", self.height, self.width);
        ConfigError::require(
            holds(self.height) && holds(self.width),
            parameter,
            value,
            allowed,
        )
    }
}

/// How many zeros stand around an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Padding {
    /// None: the window stays inside the image.
    #[default]
    Valid,
    /// As many as make the output `⌈input / stride⌉` pixels; where their number is odd, one more
    /// at the bottom and at the right (Keras, TensorFlow).
    Same,
    /// Given for each side.
    Explicit {
        /// Above row 0.
        top: usize,
        /// Below the last row.
        bottom: usize,
        /// Before column 0.
        left: usize,
        /// After the last column.
        right: usize,
    },
}

impl Padding {
    /// `n` zeros on each of the four sides (the `padding=n` of PyTorch).
    pub fn all(n: usize) -> Self {
        Self::Explicit {
            top: n,
            bottom: n,
            left: n,
            right: n,
        }
    }
}

/// A window that slides over an image: its size, its steps, the gaps between its taps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Taps of the kernel, or pixels pooled.
    pub kernel: Size,
    /// Pixels from one position to the next.
    pub stride: Size,
    /// Pixels from one tap to the next; 1 is a dense kernel.
    pub dilation: Size,
    /// Zeros around the image.
    pub padding: Padding,
}

/// The setters of a description with a `window`, given what stride and padding mean for it.
macro_rules! window_setters {
    (stride: $stride:literal, padding: $padding:literal) => {
        #[doc = $stride]
        pub fn stride(mut self, stride: impl Into<$crate::Size>) -> Self {
            self.window.stride = stride.into();
            self
        }

        #[doc = $padding]
        pub fn padding(mut self, padding: $crate::Padding) -> Self {
            self.window.padding = padding;
            self
        }

        /// Spreads the taps: `dilation` pixels from one to the next (Yu, Koltun 2016).
        pub fn dilation(mut self, dilation: impl Into<$crate::Size>) -> Self {
            self.window.dilation = dilation.into();
            self
        }
    };
}

pub(crate) use window_setters;

impl Window {
    /// A dense window with stride 1 that stays inside the image.
    pub fn new(kernel: impl Into<Size>) -> Self {
        Self {
            kernel: kernel.into(),
            stride: 1.into(),
            dilation: 1.into(),
            padding: Padding::Valid,
        }
    }

    /// Checks the settings, which errors name as `owner`'s.
    ///
    /// # Errors
    /// A size of 0, or one of more than 2²⁰ pixels.
    pub fn validate(&self, owner: &str) -> Result<(), ConfigError> {
        self.kernel.require(1, &format!("{owner} kernel"))?;
        self.stride.require(1, &format!("{owner} stride"))?;
        self.dilation.require(1, &format!("{owner} dilation"))?;
        if let Padding::Explicit {
            top,
            bottom,
            left,
            right,
        } = self.padding
        {
            Size::from([top, left]).require(0, &format!("{owner} padding"))?;
            Size::from([bottom, right]).require(0, &format!("{owner} padding"))?;
        }
        Ok(())
    }

    /// The positions of the window on an image.
    ///
    /// # Errors
    /// The image, padded, is smaller than the window, or larger than can be counted; a window that
    /// [`validate`](Self::validate) refuses.
    pub fn over(&self, image: Size) -> Result<Geometry, ShapeError> {
        self.validate("window").map_err(|error| ShapeError {
            got: vec![image.height, image.width],
            takes: error.to_string(),
        })?;
        let (top, bottom, left, right) = match self.padding {
            Padding::Valid => (Some(0), 0, Some(0), 0),
            Padding::Same => (None, 0, None, 0),
            Padding::Explicit {
                top,
                bottom,
                left,
                right,
            } => (Some(top), bottom, Some(left), right),
        };
        let (Size { height, width }, kernel) = (image, self.kernel);
        let (stride, dilation) = (self.stride, self.dilation);
        let rows = axis(
            height,
            kernel.height,
            stride.height,
            dilation.height,
            top,
            bottom,
        );
        let columns = axis(
            width,
            kernel.width,
            stride.width,
            dilation.width,
            left,
            right,
        );
        let (Some((top, rows)), Some((left, columns))) = (rows, columns) else {
            let extent = |kernel: usize, dilation: usize| (kernel - 1) * dilation + 1;
            return Err(ShapeError {
                got: vec![height, width],
                takes: format!(
                    "an image large enough for a window of {}×{} pixels with padding {:?}",
                    extent(kernel.height, dilation.height),
                    extent(kernel.width, dilation.width),
                    self.padding,
                ),
            });
        };
        Ok(Geometry {
            input: image,
            output: Size::from([rows, columns]),
            kernel,
            stride,
            dilation,
            top,
            left,
        })
    }
}

/// Zeros before the axis and number of positions along it:
/// `⌊(input + padding − (kernel − 1)·dilation − 1) / stride⌋ + 1`
/// (Dumoulin, Visin 2016, "A guide to convolution arithmetic", eq. 6 with dilation).
fn axis(
    input: usize,
    kernel: usize,
    stride: usize,
    dilation: usize,
    before: Option<usize>,
    after: usize,
) -> Option<(usize, usize)> {
    if input == 0 || input > isize::MAX as usize / 4 {
        return None;
    }
    let extent = (kernel - 1) * dilation + 1;
    match before {
        Some(before) => {
            let room = (input + before + after).checked_sub(extent)?;
            Some((before, room / stride + 1))
        }
        // same
        None => {
            let output = input.div_ceil(stride);
            let padding = ((output - 1) * stride + extent).saturating_sub(input);
            Some((padding / 2, output))
        }
    }
}

/// A window's positions on an image of known size.
///
/// Output pixel `(y, x)` sees, through tap `(i, j)`, input pixel
/// `(y·stride + i·dilation − top, x·stride + j·dilation − left)`, or a zero where that is outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geometry {
    /// The image.
    pub input: Size,
    /// The number of positions.
    pub output: Size,
    /// Taps.
    pub kernel: Size,
    /// Steps.
    pub stride: Size,
    /// Gaps.
    pub dilation: Size,
    /// Zeros above the image.
    pub top: usize,
    /// Zeros before the image.
    pub left: usize,
}

impl Geometry {
    /// The input row that output row `y` sees through tap row `i`; `None` in the padding.
    pub fn row(&self, y: usize, i: usize) -> Option<usize> {
        let [stride, dilation] = [self.stride.height, self.dilation.height];
        seen(y, stride, i, dilation, self.top).filter(|&row| row < self.input.height)
    }

    /// The input column that output column `x` sees through tap column `j`; `None` in the padding.
    pub fn column(&self, x: usize, j: usize) -> Option<usize> {
        let [stride, dilation] = [self.stride.width, self.dilation.width];
        seen(x, stride, j, dilation, self.left).filter(|&column| column < self.input.width)
    }

    /// The output row whose tap row `i` is on input row `y`: the inverse of [`row`](Self::row).
    pub fn output_row(&self, y: usize, i: usize) -> Option<usize> {
        let [stride, dilation] = [self.stride.height, self.dilation.height];
        seeing(y, stride, i, dilation, self.top).filter(|&v| v < self.output.height)
    }

    /// The output column whose tap column `j` is on input column `x`.
    pub fn output_column(&self, x: usize, j: usize) -> Option<usize> {
        let [stride, dilation] = [self.stride.width, self.dilation.width];
        seeing(x, stride, j, dilation, self.left).filter(|&u| u < self.output.width)
    }
}

/// position · stride + tap · dilation − before, where that is in the image or behind it.
fn seen(
    position: usize,
    stride: usize,
    tap: usize,
    dilation: usize,
    before: usize,
) -> Option<usize> {
    let first = position.checked_mul(stride)?;
    let pixel = first.checked_add(tap.checked_mul(dilation)?)?;
    pixel.checked_sub(before)
}

/// The position with pixel = position · stride + tap · dilation − before, where there is one.
fn seeing(
    pixel: usize,
    stride: usize,
    tap: usize,
    dilation: usize,
    before: usize,
) -> Option<usize> {
    let first = pixel
        .checked_add(before)?
        .checked_sub(tap.checked_mul(dilation)?)?;
    (first.checked_rem(stride)? == 0).then(|| first / stride)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_sizes_of_the_classics() {
        let output = |window: Window, side: usize| window.over(side.into()).unwrap().output;
        // LeNet C1, AlexNet conv1, its overlapping pooling, its padded conv2
        assert_eq!(output(Window::new(5), 32), 28.into());
        let strided = |kernel, stride, padding| Window {
            stride: Size::from(stride),
            padding,
            ..Window::new(kernel)
        };
        assert_eq!(output(strided(11, 4, Padding::Valid), 227), 55.into());
        assert_eq!(output(strided(3, 2, Padding::Valid), 55), 27.into());
        assert_eq!(output(strided(5, 1, Padding::all(2)), 27), 27.into());
        assert_eq!(output(strided(5, 1, Padding::Same), 27), 27.into());
        assert_eq!(output(strided(3, 2, Padding::Same), 7), 4.into());
    }

    #[test]
    fn a_window_that_cannot_be_is_an_error() {
        for (kernel, stride, dilation) in [(0, 1, 1), (3, 0, 1), (3, 1, 0), (3, 1, usize::MAX)] {
            let window = Window {
                stride: stride.into(),
                dilation: dilation.into(),
                ..Window::new(kernel)
            };
            let error = window.over(5.into()).unwrap_err().to_string();
            assert!(error.contains("window"), "{error}");
        }
    }

    #[test]
    fn same_pads_the_end_first() {
        let window = Window {
            padding: Padding::Same,
            ..Window::new(2)
        };
        let geometry = window.over(5.into()).unwrap();
        assert_eq!((geometry.top, geometry.output), (0, 5.into()));
        assert_eq!(geometry.row(4, 1), None);
    }

    #[test]
    fn pixels_beyond_all_counting_are_in_the_padding() {
        let geometry = Window::new(3).over(5.into()).unwrap();
        assert_eq!(geometry.row(usize::MAX, 2), None);
        assert_eq!(geometry.column(1, usize::MAX), None);
        assert_eq!(geometry.output_row(usize::MAX, 0), None);
        assert_eq!(geometry.output_column(0, usize::MAX), None);
        // not from a window
        let still = Geometry {
            stride: 0.into(),
            dilation: usize::MAX.into(),
            top: usize::MAX,
            ..geometry
        };
        assert_eq!(still.row(2, 2), None);
        assert_eq!(still.output_row(2, 2), None);
        assert_eq!(still.output_column(2, 0), None);
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        assert!(Window::new(4).over(3.into()).is_err());
        assert!(Window::new(1).over(0.into()).is_err());
        assert!(Window::new(1).over(usize::MAX.into()).is_err());
        assert!(Window::new(0).validate("Conv2d").is_err());
        let error = Window::new([3, usize::MAX]).validate("Conv2d").unwrap_err();
        assert_eq!(error.parameter, "Conv2d kernel");
    }
}
