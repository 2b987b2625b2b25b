//! PNG files.

use std::io::Cursor;

use dl_fs::Budget;
use png::{BitDepth, Decoder, DecodingError, Limits, Transformations};

use super::{
    ImageProblem,
    decode::{Decoded, check_size, convert, converted},
};

pub(super) fn decode(
    file: &[u8],
    channels: usize,
    budget: &Budget,
) -> Result<Decoded, ImageProblem> {
    let bytes = usize::try_from(budget.memory()).unwrap_or(usize::MAX);
    let mut decoder = Decoder::new_with_limits(Cursor::new(file), Limits { bytes });
    // palettes become colours, and fewer than 8 bits are scaled to 8
    decoder.set_transformations(Transformations::EXPAND);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let header = decoder.read_header_info().map_err(damaged)?;
    let [width, height] = [header.width, header.height].map(|side| side as usize);
    let mut reader = decoder.read_info().map_err(damaged)?;
    let (color, depth) = reader.output_color_type();
    let wide = depth == BitDepth::Sixteen;
    let bytes = color.samples() * if wide { 2 } else { 1 };
    // sixteen bits are narrowed into further memory
    let narrowed = if wide { color.samples() } else { 0 };
    let in_all = bytes + narrowed + converted(color.samples(), channels);
    check_size([height, width], in_all, budget)?;

    let mut pixels = vec![0; height * width * bytes];
    reader.next_frame(&mut pixels).map_err(damaged)?;
    // up to its end, so that a file cut off there is found
    reader.finish().map_err(damaged)?;
    if wide {
        pixels = pixels
            .chunks_exact(2)
            .map(|v| narrow([v[0], v[1]]))
            .collect();
    }
    Ok(Decoded {
        height,
        width,
        channels,
        pixels: convert(pixels, color.samples(), channels),
    })
}

/// v / 257, rounded: 0 to 65535 as 0 to 255.
fn narrow(value: [u8; 2]) -> u8 {
    ((u32::from(u16::from_be_bytes(value)) + 128) / 257) as u8
}

fn damaged(error: DecodingError) -> ImageProblem {
    ImageProblem::Decode {
        format: "PNG",
        source: error.into(),
    }
}
