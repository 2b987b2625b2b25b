//! Images brought to another size by the triangle filter.

use super::{Resize, decode::Decoded};

/// The pixels under one pixel of the result, along one axis.
#[derive(Debug)]
struct Taps {
    /// The first of them.
    start: usize,
    /// How much of each, 1 in all.
    weights: Vec<f32>,
}

/// The image in `[height, width]`, row-major.
pub(super) fn resize(image: Decoded, [height, width]: [usize; 2], how: Resize) -> Vec<u8> {
    if [image.height, image.width] == [height, width] {
        return image.pixels;
    }
    let [rows, columns] = part(&image, [height, width], how);
    let rows = taps(image.height, rows, height);
    let columns = taps(image.width, columns, width);

    let n = image.channels;
    let line = image.width * n;
    let mut resized = Vec::with_capacity(height * width * n);
    let mut sums = vec![0_f32; line];
    for taps in &rows {
        // whole rows first, which are contiguous
        sums.fill(0.);
        let under = image.pixels[taps.start * line..].chunks_exact(line);
        for (row, &weight) in under.zip(&taps.weights) {
            for (sum, &pixel) in sums.iter_mut().zip(row) {
                *sum += weight * f32::from(pixel);
            }
        }
        for taps in &columns {
            let under = &sums[taps.start * n..];
            for channel in 0..n {
                let values = under[channel..].iter().step_by(n);
                let value: f32 = values
                    .zip(&taps.weights)
                    .map(|(v, weight)| v * weight)
                    .sum();
                // a cast saturates
                resized.push((value + 0.5) as u8);
            }
        }
    }
    resized
}

/// The rows and the columns of an image that are resized: first and end, in fractions of pixels.
fn part(image: &Decoded, size: [usize; 2], how: Resize) -> [[f64; 2]; 2] {
    let sides = [image.height as f64, image.width as f64];
    if how == Resize::Stretch {
        return sides.map(|side| [0., side]);
    }
    let size = size.map(|side| side as f64);
    // pixels of the image for one of the result, where the image is the smallest for its size
    let scale = (sides[0] / size[0]).min(sides[1] / size[1]);
    [0, 1].map(|axis| {
        let before = (sides[axis] - size[axis] * scale) / 2.;
        [before, before + size[axis] * scale]
    })
}

/// What each of `to` pixels takes of the `length` pixels of an axis, of which the part from `start` to `end` is resized.
///
/// Its weights fall evenly from its own place to 0 at the distance of its neighbours' places, or of the pixels' own if
/// these are further apart.
fn taps(length: usize, [start, end]: [f64; 2], to: usize) -> Vec<Taps> {
    let scale = (end - start) / to as f64;
    let reach = scale.max(1.);
    let tap = |i: usize| {
        let place = start + (i as f64 + 0.5) * scale;
        let first = (place - reach).floor().max(0.) as usize;
        let last = ((place + reach).ceil() as usize).min(length);
        let weight = |pixel: usize| {
            let distance = (pixel as f64 + 0.5 - place).abs();
            (1. - distance / reach).max(0.)
        };
        let weights: Vec<f64> = (first..last).map(weight).collect();
        let total: f64 = weights.iter().sum();
        Taps {
            start: first,
            weights: weights.iter().map(|w| (w / total) as f32).collect(),
        }
    };
    (0..to).map(tap).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights(length: usize, part: [f64; 2], to: usize) -> Vec<Vec<f32>> {
        let all = |taps: Taps| {
            let mut weights = vec![0.; length];
            weights[taps.start..][..taps.weights.len()].copy_from_slice(&taps.weights);
            weights
        };
        taps(length, part, to).into_iter().map(all).collect()
    }

    #[test]
    fn the_triangle_filter_by_hand() {
        assert_eq!(weights(2, [0., 2.], 2), [[1., 0.], [0., 1.]]);
        // each of four has its place a quarter of a pixel beside one of the two
        let more = [[1., 0.], [0.75, 0.25], [0.25, 0.75], [0., 1.]];
        assert_eq!(weights(2, [0., 2.], 4), more);
        // distances 1/2, 1/2 and 3/2 of a reach of 2: 3/4, 3/4 and 1/4
        let [left, right] = &weights(4, [0., 4.], 2)[..] else {
            panic!("two pixels");
        };
        for (weight, expected) in left.iter().zip([3., 3., 1., 0.]) {
            assert!((weight - expected / 7.).abs() <= 1e-7);
        }
        assert!(left.iter().rev().eq(right));
        // of a part, pixels outside of it that are near count, too
        assert_eq!(weights(4, [1., 3.], 1), [[0.125, 0.375, 0.375, 0.125]]);
    }

    #[test]
    fn one_colour_stays_so() {
        for how in [Resize::CenterCrop, Resize::Stretch] {
            for size in [[1, 1], [3, 5], [5, 3], [2, 9], [40, 28]] {
                let image = Decoded {
                    height: 3,
                    width: 5,
                    channels: 3,
                    pixels: [7, 80, 255].repeat(15),
                };
                let resized = resize(image, size, how);
                assert_eq!(resized, [7, 80, 255].repeat(size[0] * size[1]));
            }
        }
    }
}
