//! Pictures of files as samples of a network.

use std::io::{self, BufRead, Cursor, Seek};
use std::path::{Path, PathBuf};

use dl_core::text::shown_path;

use dl_fs::{Budget, OverBudget};
use ndarray::{Array1, Array2, Array3, Axis, aview1};
use png::{BitDepth, Decoder, DecodingError, Limits, Transformations};

/// The most pixels along a side of a picture that is read.
const LARGEST_SIDE: u32 = 16_384;

/// Shares of red, green and blue in what the eye sees as brightness (ITU-R BT.709).
const LUMA: [f64; 3] = [0.2126, 0.7152, 0.0722];

/// A picture that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", shown_path(path))]
pub struct PictureError {
    path: PathBuf,
    #[source]
    problem: Problem,
}

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error(transparent)]
    Read(#[from] io::Error),
    #[error("no PNG picture that can be read: {0}")]
    Decode(#[from] DecodingError),
    #[error("a picture of {width} × {height} pixels is too large: a side may have {LARGEST_SIDE}")]
    TooLarge { width: u32, height: u32 },
    #[error(transparent)]
    OverBudget(#[from] OverBudget),
}

/// The picture of a PNG file, brought to `[height, width, channels]` (1, grey, or 3, red, green and
/// blue), in bytes from 0 to 255; light and dark changed over if `invert`. Of a pixel that is not opaque,
/// its own colour is taken.
///
/// # Errors
/// A file that cannot be read, is no PNG, or has too many pixels.
pub fn read_picture(
    path: &Path,
    [height, width, channels]: [usize; 3],
    invert: bool,
) -> Result<Array3<f64>, PictureError> {
    let open = || {
        let png = dl_fs::read(path)?;
        let budget = Budget::for_file(png.len() as u64);
        Decoded::new(Cursor::new(png), &budget)
    };
    let decoded = open().map_err(|problem| PictureError {
        path: path.to_owned(),
        problem,
    })?;
    let mut picture = decoded.resize(height, width);
    if channels == 1 && picture.dim().2 == 3 {
        let luma = picture.map_axis(Axis(2), |color| color.dot(&aview1(&LUMA)));
        picture = luma.insert_axis(Axis(2));
    }
    if invert {
        picture.mapv_inplace(|value| 255.0 - value);
    }
    let picture = picture.mapv(f64::round);
    let all = picture.broadcast((height, width, channels));
    Ok(all.expect("one channel or as many").to_owned())
}

/// A picture as it is in its file, but for its palette and for bits fewer than 8.
struct Decoded {
    height: usize,
    width: usize,
    /// Grey; grey, opacity; red, green, blue; or these and opacity.
    samples: usize,
    depth: BitDepth,
    bytes: Vec<u8>,
}

impl Decoded {
    fn new(png: impl BufRead + Seek, budget: &Budget) -> Result<Self, Problem> {
        let bytes = usize::try_from(budget.memory()).unwrap_or(usize::MAX);
        let mut decoder = Decoder::new_with_limits(png, Limits { bytes });
        decoder.set_transformations(Transformations::EXPAND);
        decoder.set_ignore_text_chunk(true);
        decoder.set_ignore_iccp_chunk(true);
        let (width, height) = decoder.read_header_info()?.size();
        let too_large = || Problem::TooLarge { width, height };
        if width.max(height) > LARGEST_SIDE {
            return Err(too_large());
        }
        let mut reader = decoder.read_info()?;
        let size = reader.output_buffer_size().ok_or_else(too_large)?;
        budget.take_memory(
            format_args!("a picture of {width} × {height} pixels"),
            size as u64,
        )?;
        let mut bytes = vec![0; size];
        reader.next_frame(&mut bytes)?;
        let (color, depth) = reader.output_color_type();
        Ok(Self {
            height: height as usize,
            width: width as usize,
            samples: color.samples(),
            depth,
            bytes,
        })
    }

    /// The colours of a row of pixels, from 0 to 255, `[width, 1 or 3]`.
    fn row(&self, y: usize) -> Array2<f64> {
        let channels = if self.samples < 3 { 1 } else { 3 };
        Array2::from_shape_fn((self.width, channels), |(x, channel)| {
            let i = (y * self.width + x) * self.samples + channel;
            match self.depth {
                BitDepth::Sixteen => {
                    f64::from(u16::from_be_bytes([
                        self.bytes[2 * i],
                        self.bytes[2 * i + 1],
                    ])) / 257.0
                }
                _ => f64::from(self.bytes[i]),
            }
        })
    }

    /// The picture on another grid, `[height, width, 1 or 3]`, by the triangle filter (bilinear
    /// interpolation, which takes in as many pixels as fall under a new one where there are fewer).
    fn resize(&self, height: usize, width: usize) -> Array3<f64> {
        let (rows, columns) = (triangles(self.height, height), triangles(self.width, width));
        let mut resized = Array3::zeros((height, width, if self.samples < 3 { 1 } else { 3 }));
        // a row of the file at a time: all of them as numbers could need eight times its memory
        for y in 0..self.height {
            let row = self.row(y);
            let of_row = |columns: &Triangle| {
                let under = row.slice_axis(Axis(0), columns.range().into());
                columns.weights.dot(&under)
            };
            let row: Vec<Array1<f64>> = columns.iter().map(of_row).collect();
            for (mut out, rows) in resized.outer_iter_mut().zip(&rows) {
                if let Some(&weight) = y.checked_sub(rows.start).and_then(|i| rows.weights.get(i)) {
                    let pixels = out.outer_iter_mut().zip(&row);
                    pixels.for_each(|(mut pixel, row)| pixel.scaled_add(weight, row));
                }
            }
        }
        resized
    }
}

/// The pixels that one pixel of another size is made of.
struct Triangle {
    /// The first of them.
    start: usize,
    /// How much of each, 1 in all.
    weights: Array1<f64>,
}

impl Triangle {
    fn range(&self) -> std::ops::Range<usize> {
        self.start..self.start + self.weights.len()
    }
}

/// What each of `to` pixels along a side takes of `from`: it is over the place with the same share of the
/// side before it, and its weights fall evenly to 0 at the distance of its neighbours' places, or of the
/// pixels' own if these are further apart.
fn triangles(from: usize, to: usize) -> Vec<Triangle> {
    let ratio = from as f64 / to as f64;
    let reach = ratio.max(1.0);
    let triangle = |i| {
        // from centres to centres
        let place = (i as f64 + 0.5) * ratio - 0.5;
        let start = (place - reach).floor().max(0.0) as usize;
        let end = ((place + reach).ceil() as usize + 1).min(from);
        let weight = |pixel| (1.0 - (pixel as f64 - place).abs() / reach).max(0.0);
        let weights: Array1<f64> = (start..end).map(weight).collect();
        let weights = &weights / weights.sum();
        Triangle { start, weights }
    };
    (0..to).map(triangle).collect()
}

#[cfg(test)]
mod tests {
    use ndarray::array;
    use png::{ColorType, Encoder};

    use super::*;

    fn png(
        [width, height]: [u32; 2],
        color: ColorType,
        depth: BitDepth,
        palette: &[u8],
        data: &[u8],
    ) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, width, height);
        encoder.set_color(color);
        encoder.set_depth(depth);
        if !palette.is_empty() {
            encoder.set_palette(palette);
        }
        let mut writer = encoder.write_header().expect("it can be written");
        writer.write_image_data(data).expect("it can be written");
        writer.finish().expect("it can be written");
        bytes
    }

    fn decode(png: &[u8]) -> Result<Decoded, Problem> {
        Decoded::new(Cursor::new(png), &Budget::for_file(png.len() as u64))
    }

    fn decoded(png: &[u8]) -> Decoded {
        decode(png).expect("it is a PNG")
    }

    fn weights(from: usize, to: usize) -> Vec<Vec<f64>> {
        let all = |t: Triangle| {
            let mut weights = vec![0.0; from];
            weights[t.range()].copy_from_slice(&t.weights.to_vec());
            weights
        };
        triangles(from, to).into_iter().map(all).collect()
    }

    #[test]
    fn the_triangle_filter_by_hand() {
        assert_eq!(weights(2, 2), [[1.0, 0.0], [0.0, 1.0]]);
        // each of four has its place a quarter of a pixel beside one of the two
        let more = [[1.0, 0.0], [0.75, 0.25], [0.25, 0.75], [0.0, 1.0]];
        assert_eq!(weights(2, 4), more);
        // distances 1/2, 1/2 and 3/2 of a reach of 2: 3/4, 3/4 and 1/4
        let [left, right] = &weights(4, 2)[..] else {
            panic!("two pixels");
        };
        for (weight, expected) in left.iter().zip([3.0, 3.0, 1.0, 0.0]) {
            assert!((weight - expected / 7.0).abs() <= 1e-15);
        }
        assert!(left.iter().rev().eq(right));
    }

    #[test]
    fn a_picture_of_one_colour_stays_so() {
        let bytes = png(
            [5, 3],
            ColorType::Rgb,
            BitDepth::Eight,
            &[],
            &[7, 80, 255].repeat(15),
        );
        for (height, width) in [(1, 1), (3, 5), (2, 9), (28, 28)] {
            let resized = decoded(&bytes).resize(height, width);
            assert_eq!(resized.dim(), (height, width, 3));
            for pixel in resized.rows() {
                let error = &pixel - &array![7.0, 80.0, 255.0];
                assert!(error.iter().all(|e| e.abs() <= 1e-12));
            }
        }
    }

    #[test]
    fn every_kind_of_png() {
        use BitDepth::{Eight, One, Sixteen};
        let row = |color, depth, palette: &[u8], data: &[u8]| {
            decoded(&png([2, 1], color, depth, palette, data)).row(0)
        };
        let grey = array![[0.0], [255.0]];
        assert_eq!(row(ColorType::Grayscale, One, &[], &[0b0100_0000]), grey);
        assert_eq!(row(ColorType::Grayscale, Eight, &[], &[0, 255]), grey);
        assert_eq!(
            row(ColorType::Grayscale, Sixteen, &[], &[0, 0, 255, 255]),
            grey
        );
        assert_eq!(
            row(ColorType::GrayscaleAlpha, Eight, &[], &[0, 9, 255, 9]),
            grey
        );
        let color = array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
        assert_eq!(row(ColorType::Rgb, Eight, &[], &[1, 2, 3, 4, 5, 6]), color);
        let with_opacity = [1, 2, 3, 0, 4, 5, 6, 255];
        assert_eq!(row(ColorType::Rgba, Eight, &[], &with_opacity), color);
        let palette = [4, 5, 6, 1, 2, 3];
        assert_eq!(
            row(ColorType::Indexed, One, &palette, &[0b1000_0000]),
            color
        );
    }

    #[test]
    fn grey_colour_and_what_is_inverted() {
        let path = std::env::temp_dir().join(format!("picture {}.png", std::process::id()));
        let read = |bytes: &[u8], channels, invert| {
            std::fs::write(&path, bytes).expect("it can be written");
            let picture = read_picture(&path, [1, 1, channels], invert).expect("it is a picture");
            std::fs::remove_file(&path).expect("it was written");
            picture.into_raw_vec_and_offset().0
        };
        let color = png(
            [1, 1],
            ColorType::Rgb,
            BitDepth::Eight,
            &[],
            &[100, 200, 50],
        );
        assert_eq!(read(&color, 3, false), [100.0, 200.0, 50.0]);
        assert_eq!(read(&color, 3, true), [155.0, 55.0, 205.0]);
        // 0.2126 · 100 + 0.7152 · 200 + 0.0722 · 50 = 167.91
        assert_eq!(read(&color, 1, false), [168.0]);
        let grey = png([1, 1], ColorType::Grayscale, BitDepth::Eight, &[], &[100]);
        assert_eq!(read(&grey, 3, false), [100.0; 3]);
        assert_eq!(read(&grey, 1, true), [155.0]);
    }

    #[test]
    fn what_is_no_picture() {
        let message = |png: &[u8]| decode(png).err().expect("none").to_string();
        assert!(message(b"a,b\n1,2\n").starts_with("no PNG picture that can be read: "));
        let whole = png([2, 2], ColorType::Grayscale, BitDepth::Eight, &[], &[0; 4]);
        assert!(message(&whole[..whole.len() - 20]).starts_with("no PNG picture"));
        // declared, not there
        let wide = LARGEST_SIDE + 1;
        let mut huge = Vec::new();
        let encoder = Encoder::new(&mut huge, wide, 1);
        encoder.write_header().expect("it can be written");
        let error = message(&huge);
        assert_eq!(
            error,
            "a picture of 16385 × 1 pixels is too large: a side may have 16384"
        );
        // a file of 80 kB, all black
        let black = vec![0; 9000 * 9000];
        let huge = png(
            [9000; 2],
            ColorType::Grayscale,
            BitDepth::Eight,
            &[],
            &black,
        );
        let error = message(&huge);
        assert!(
            error.starts_with("a picture of 9000 × 9000 pixels takes 77.2 MiB of memory"),
            "{error}"
        );
    }
}
