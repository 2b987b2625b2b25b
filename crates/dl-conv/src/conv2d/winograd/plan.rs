//! Which convolutions go by minimal filtering, and how their images are cut into bands of tiles.

use super::ELEMENTS;
use super::band::Frame;
use super::tiles::Tiles;
use crate::conv2d::plan::Channels;
use crate::geometry::{Geometry, Size};

/// Elements that the transformed tiles of input and output may have together, so that they stay in second-level cache.
const MAX_PLANES: usize = 1 << 16;

/// Tiles that are worked on together at least, if there are as many, since the kernel is read once for them.
const MIN_TILES: usize = 48;

/// The fewest tiles, channels and filters with which the products are worth the transforms.
const MIN_TILES_OF_AN_IMAGE: usize = 12;
const MIN_CHANNELS: usize = 32;

/// The channels of a pixel are whole vectors, of up to this many elements, and so is the gap between planes, which
/// keeps them from falling into the same lines of a cache.
const LANES: usize = 16;

/// The tiles down and across an image, where this way is possible and faster.
pub(super) fn tiles(geometry: &Geometry, channels: Channels) -> Option<Size> {
    let Geometry {
        input,
        output,
        kernel,
        stride,
        dilation,
        ..
    } = *geometry;
    let one = Size::from(1);
    let possible = kernel == Size::from(3)
        && [stride, dilation] == [one; 2]
        && channels.groups == 1
        && channels.inputs.min(channels.filters) >= MIN_CHANNELS;
    let tiles = Size::from([output.height.div_ceil(2), output.width.div_ceil(2)]);
    let count = tiles.height.checked_mul(tiles.width)?;
    // what the direct way multiplies: nothing beside the image
    let seen = |outputs: usize, pixels: usize| 3 * pixels.min(outputs);
    let direct = seen(output.height, input.height).checked_mul(seen(output.width, input.width))?;
    let faster =
        count >= MIN_TILES_OF_AN_IMAGE && count.checked_mul(ELEMENTS + ELEMENTS / 4)? <= direct;
    (possible && faster).then_some(tiles)
}

/// How the input and the output are placed in their bands.
pub(super) fn frames(geometry: &Geometry, channels: Channels, tiles: Size) -> [Frame; 2] {
    let frame = |image, channels: usize, before, width| Frame {
        image,
        channels,
        room: channels.next_multiple_of(LANES),
        before,
        width,
    };
    let before = Size::from([geometry.top, geometry.left]);
    [
        frame(geometry.input, channels.inputs, before, 2 * tiles.width + 2),
        frame(
            geometry.output,
            channels.filters,
            Size::from(0),
            2 * tiles.width,
        ),
    ]
}

/// How many rows of tiles are worked on together: as many as cache holds, in bands of nearly equal height.
pub(super) fn band(tiles: Size, channels: Channels) -> usize {
    let most = MAX_PLANES / (ELEMENTS * (channels.inputs + channels.filters));
    let rows = most.max(MIN_TILES) / tiles.width;
    tiles.height.div_ceil(tiles.height.div_ceil(rows.max(1)))
}

/// The planes of `rows` rows of tiles, of the input and of the output.
pub(super) fn planes(rows: usize, columns: usize, frames: [Frame; 2]) -> [Tiles; 2] {
    frames.map(|frame| Tiles {
        rows,
        columns,
        channels: frame.room,
        width: frame.width,
        stride: rows * columns * frame.room + LANES,
    })
}

/// Elements of the buffers, and of the kernel transformed and packed for both passes; `None` where the
/// convolution is computed directly.
pub(in crate::conv2d) fn elements(geometry: &Geometry, channels: Channels) -> Option<usize> {
    let tiles = tiles(geometry, channels)?;
    let frames = frames(geometry, channels, tiles);
    let rows = band(tiles, channels);
    let planes = planes(rows, tiles.width, frames);
    let [inputs, filters] = frames.map(|frame| frame.room);
    let kernel = ELEMENTS.saturating_mul(inputs).saturating_mul(filters);
    let pixels = frames.map(|frame| frame.elements(2 * rows + 2));
    let terms = [
        planes[0].elements(),
        // as they are, and packed
        planes[1].elements().saturating_mul(2),
        kernel.saturating_mul(3),
        pixels[0].saturating_mul(2),
        pixels[1],
    ];
    Some(terms.into_iter().fold(0, usize::saturating_add))
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
