//! The convolution of which a transposed one is the adjoint.

use dl_nn::{ConfigError, LayerError, ShapeError};

use crate::conv2d::{Checked, kernel_shape};
use crate::geometry::{Padding, Size, Window};
use crate::shape::{image_of, require_result};

/// The convolution that takes the transposed one's output to its input of shape `sample`; errors
/// name the settings as `owner`'s.
pub(crate) fn check(
    owner: &str,
    sample: &[usize],
    window: &Window,
    output_padding: Size,
    filters: usize,
    groups: usize,
) -> Result<Checked, LayerError> {
    window.validate(owner)?;
    check_output_padding(owner, window, output_padding)?;
    let image = image_of(sample)?;
    kernel_shape(owner, window, image.channels, filters, groups)?;
    let output = output_size(window, output_padding, image.size).ok_or_else(|| ShapeError {
        got: sample.to_vec(),
        takes: format!(
            "an image of which padding {:?} leaves at least one pixel",
            window.padding
        ),
    })?;
    let output = [output.height, output.width, filters];
    require_result(sample, output)?;
    Checked::new(owner, &output, window, image.channels, groups)
}

fn check_output_padding(
    owner: &str,
    window: &Window,
    output_padding: Size,
) -> Result<(), ConfigError> {
    let Size { height, width } = output_padding;
    let (fits, allowed) = match window.padding {
        Padding::Same => (
            output_padding == 0.into(),
            "0 with Padding::Same, which gives input · stride pixels",
        ),
        Padding::Valid | Padding::Explicit { .. } => (
            height < window.stride.height && width < window.stride.width,
            "less than the stride",
        ),
    };
    let parameter = format!("{owner} output_padding");
    ConfigError::require(fits, &parameter, format!("{height}×{width}"), allowed)
}

/// `None` where the padding takes everything away.
fn output_size(window: &Window, output_padding: Size, image: Size) -> Option<Size> {
    let Window {
        kernel,
        stride,
        dilation,
        padding,
    } = *window;
    let axis = |input: usize, kernel: usize, stride: usize, dilation: usize, more: usize| {
        (input - 1) * stride + (kernel - 1) * dilation + 1 + more
    };
    let rows = axis(
        image.height,
        kernel.height,
        stride.height,
        dilation.height,
        output_padding.height,
    );
    let columns = axis(
        image.width,
        kernel.width,
        stride.width,
        dilation.width,
        output_padding.width,
    );
    let size = match padding {
        Padding::Same => Size {
            height: image.height * stride.height,
            width: image.width * stride.width,
        },
        Padding::Valid => Size::from([rows, columns]),
        Padding::Explicit {
            top,
            bottom,
            left,
            right,
        } => Size {
            height: rows.checked_sub(top + bottom)?,
            width: columns.checked_sub(left + right)?,
        },
    };
    (size.height > 0 && size.width > 0).then_some(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Figures 4.1 to 4.7 of Dumoulin and Visin: input, kernel, stride, padding, output.
    #[test]
    fn sizes_of_the_guide_to_convolution_arithmetic() {
        let cases = [
            (2, 3, 1, Padding::Valid, 0, 4),
            (6, 4, 1, Padding::all(2), 0, 5),
            (5, 3, 1, Padding::Same, 0, 5),
            (7, 3, 1, Padding::all(2), 0, 5),
            (2, 3, 2, Padding::Valid, 0, 5),
            (3, 3, 2, Padding::all(1), 0, 5),
            (3, 3, 2, Padding::all(1), 1, 6),
        ];
        for (input, kernel, stride, padding, more, output) in cases {
            let window = Window {
                stride: stride.into(),
                padding,
                ..Window::new(kernel)
            };
            let checked = check("t", &[input, input, 2], &window, more.into(), 3, 1).unwrap();
            assert_eq!(checked.input.shape(), [output, output, 3]);
            assert_eq!(checked.output.shape(), [input, input, 2]);
            assert_eq!(checked.kernel, [kernel, kernel, 3, 2]);
        }
    }
}
