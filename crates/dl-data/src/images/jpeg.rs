//! JPEG files.

use dl_fs::Budget;
use zune_jpeg::{
    JpegDecoder,
    errors::DecodeErrors,
    zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions},
};

use super::{
    ImageProblem, LARGEST_SIDE,
    decode::{Decoded, check_size, convert, converted},
};

pub(super) fn decode(
    file: &[u8],
    channels: usize,
    budget: &Budget,
) -> Result<Decoded, ImageProblem> {
    decode_with(options(), file, channels, budget)
}

fn options() -> DecoderOptions {
    // strict, since a truncated image would be filled up with grey
    DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(LARGEST_SIDE)
        .set_max_height(LARGEST_SIDE)
}

fn decode_with(
    options: DecoderOptions,
    file: &[u8],
    channels: usize,
    budget: &Budget,
) -> Result<Decoded, ImageProblem> {
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(file), options);
    decoder.decode_headers().map_err(damaged)?;
    let info = decoder.info().ok_or_else(|| problem("it has no header"))?;
    let size @ [height, width] = [info.height, info.width].map(usize::from);
    let grey = decoder.input_colorspace() == Some(ColorSpace::Luma);
    let (color, from) = match grey {
        true => (ColorSpace::Luma, 1),
        false => (ColorSpace::RGB, 3),
    };
    check_size(size, from + converted(from, channels), budget)?;
    decoder.set_options(options.jpeg_set_out_colorspace(color));
    let pixels = decoder.decode().map_err(damaged)?;
    if !has_end(file) {
        return Err(problem("it ends within the image"));
    }
    Ok(Decoded {
        height,
        width,
        channels,
        pixels: convert(pixels, from, channels),
    })
}

/// Whether there is an end of the image after its beginning: the decoder takes zeros for the last bits that are missing.
fn has_end(file: &[u8]) -> bool {
    const SCAN: u8 = 0xda;
    const END: [u8; 2] = [0xff, 0xd9];
    let mut rest = &file[2..];
    while let [0xff, marker, length @ ..] = rest {
        if *marker == SCAN {
            // cannot occur within compressed data
            return rest.windows(2).any(|pair| pair == END);
        }
        let skip = match (marker, length) {
            (0xff, _) => 1, // a fill byte
            (_, [high, low, ..]) => 2 + usize::from(u16::from_be_bytes([*high, *low])),
            _ => return false,
        };
        rest = rest.get(skip..).unwrap_or(&[]);
    }
    false
}

fn damaged(error: DecodeErrors) -> ImageProblem {
    problem(&error.to_string())
}

fn problem(problem: &str) -> ImageProblem {
    ImageProblem::Decode {
        format: "JPEG",
        source: problem.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same bits on every processor.
    #[test]
    fn vector_instructions_change_nothing() {
        for file in ["444", "420", "progressive", "grey", "cmyk"] {
            let file = std::fs::read(format!("tests/reference/images/{file}.jpg")).unwrap();
            let decode = |options| {
                let budget = Budget::for_file(file.len() as u64);
                decode_with(options, &file, 3, &budget).unwrap().pixels
            };
            let plain = decode(options().set_use_unsafe(false));
            assert!(decode(options()) == plain);
        }
    }
}
