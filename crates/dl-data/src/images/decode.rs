//! Bytes of a file to pixels.

use dl_fs::Budget;

use super::{ImageProblem, LARGEST_SIDE, png};

/// An image `[height, width, channels]` of bytes, row-major.
#[derive(Debug)]
pub(super) struct Decoded {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) channels: usize,
    pub(super) pixels: Vec<u8>,
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
const JPEG: &[u8] = b"\xff\xd8\xff";

/// The image of a file's contents, with 1 or 3 channels.
pub(super) fn decode(file: &[u8], channels: usize) -> Result<Decoded, ImageProblem> {
    let budget = Budget::for_file(file.len() as u64);
    if file.starts_with(PNG) {
        return png::decode(file, channels, &budget);
    }
    if file.starts_with(JPEG) {
        #[cfg(feature = "jpeg")]
        return super::jpeg::decode(file, channels, &budget);
        #[cfg(not(feature = "jpeg"))]
        return Err(ImageProblem::JpegFeature);
    }
    Err(ImageProblem::Format)
}

/// Checks a size that a file declares, before pixels of so many bytes are allocated.
pub(super) fn check_size(
    [height, width]: [usize; 2],
    bytes: usize,
    budget: &Budget,
) -> Result<(), ImageProblem> {
    if height.max(width) > LARGEST_SIDE {
        return Err(ImageProblem::Side { height, width });
    }
    let what = format_args!("an image of {height} × {width} pixels");
    budget.take_memory(what, (height * width * bytes) as u64)?;
    Ok(())
}

/// Bytes a pixel that [`convert`] allocates.
pub(super) fn converted(from: usize, channels: usize) -> usize {
    if from == channels { 0 } else { channels }
}

/// Pixels of grey (1), grey and opacity (2), colour (3), colour and opacity (4) as grey (1) or colour (3).
pub(super) fn convert(pixels: Vec<u8>, from: usize, channels: usize) -> Vec<u8> {
    if from == channels {
        return pixels;
    }
    let each = pixels.chunks_exact(from);
    match (from, channels) {
        (1 | 2, 1) => each.map(|pixel| pixel[0]).collect(),
        (1 | 2, _) => each.flat_map(|pixel| [pixel[0]; 3]).collect(),
        (_, 1) => each.map(|p| grey([p[0], p[1], p[2]])).collect(),
        (_, _) => each.flat_map(|p| [p[0], p[1], p[2]]).collect(),
    }
}

/// 0.299 R + 0.587 G + 0.114 B in sixteen bits after the point, rounded (ITU-R BT.601, as in Pillow).
fn grey([red, green, blue]: [u8; 3]) -> u8 {
    let [red, green, blue] = [red, green, blue].map(u32::from);
    // the weights are 2¹⁶ in all, so that white stays white
    ((19_595 * red + 38_470 * green + 7_471 * blue + (1 << 15)) >> 16) as u8
}
