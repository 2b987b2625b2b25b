//! One-dimensional signals `[length, channels]`: images of one row.

mod conv1d;
mod layer;
mod max_pool1d;

pub use conv1d::Conv1d;
pub use max_pool1d::MaxPool1d;

use dl_nn::ShapeError;

use crate::geometry::{Padding, Size, Window};

/// A window over signals, as that over an image of one row.
fn window(kernel: usize, stride: usize, dilation: usize, padding: Padding) -> Window {
    let row = |width| Size { height: 1, width };
    Window {
        kernel: row(kernel),
        stride: row(stride),
        dilation: row(dilation),
        padding: match padding {
            Padding::Explicit { left, right, .. } => Padding::Explicit {
                top: 0,
                bottom: 0,
                left,
                right,
            },
            padding => padding,
        },
    }
}

/// The shape of the image of one row.
fn image_shape(signal: &[usize]) -> Result<[usize; 3], ShapeError> {
    match *signal {
        [length, channels] => Ok([1, length, channels]),
        _ => Err(ShapeError {
            got: signal.to_vec(),
            takes: "a signal [length, channels], channels last".to_owned(),
        }),
    }
}
