//! Formulas with numbers per channel (the last axis), over all rows of a batch: what normalisations compute.
//!
//! Channels may be few, so their numbers are repeated until a row of them is long enough for vector instructions.

use dl_core::Scalar;
use dl_core::simd::arch;
use dl_core::sum::{
    add_column_squared_deviations, add_column_sums_and_deviation_products, add_column_totals,
};
use rayon::prelude::*;

/// Elements that one task processes. Parts depend on the shape alone, and so does the order of their sums.
const PART: usize = 1 << 15;

/// Shortest row of repeated numbers.
const ROW: usize = 64;

/// Rows of so many channels that one task processes, in elements.
pub(super) fn part(channels: usize) -> usize {
    channels * (PART / channels).max(1)
}

/// The numbers of all channels, as often as makes a row of at least 64.
fn repeated<F: Scalar>(numbers: &[F]) -> Vec<F> {
    numbers.repeat(ROW.div_ceil(numbers.len().max(1)))
}

/// Sums over all rows: mean and biased variance of each channel, in one pass over memory. Parts are merged by the
/// formula of Chan, Golub, `LeVeque` (1983, "Algorithms for computing the sample variance", eq. 2.1).
pub(super) fn moments<F: Scalar>(x: &[F], channels: usize) -> [Vec<F>; 2] {
    let part_moments = |x: &[F]| {
        let rows = (x.len() / channels) as f64;
        let mut mean = vec![0.0; channels];
        add_column_totals(x, &mut mean);
        mean.iter_mut().for_each(|sum| *sum /= rows);
        let near: Vec<F> = mean.iter().map(|&mean| F::cast(mean)).collect();
        let mut squares = vec![0.0; channels];
        add_column_squared_deviations(x, &near, &mut squares);
        for ((squares, mean), near) in squares.iter_mut().zip(&mean).zip(&near) {
            *squares -= rows * (mean - near.as_f64()).powi(2);
        }
        (rows, mean, squares)
    };
    let part = part(channels);
    let parts: Vec<_> = match x.len() <= part {
        true => vec![part_moments(x)],
        false => x.par_chunks(part).map(part_moments).collect(),
    };
    let rows = (x.len() / channels) as f64;
    let mut moments = [vec![F::zero(); channels], vec![F::zero(); channels]];
    for c in 0..channels {
        let weighted = parts.iter().map(|(rows, mean, _)| rows * mean[c]);
        let mean = weighted.sum::<f64>() / rows;
        let squares = parts.iter().map(|(rows, part, squares)| {
            let shift: f64 = part[c] - mean;
            squares[c] + rows * shift * shift
        });
        moments[0][c] = F::cast(mean);
        moments[1][c] = F::cast((squares.sum::<f64>() / rows).max(0.0));
    }
    moments
}

/// Σ δ and Σ δ (x − mean) of each channel over all rows.
pub(super) fn gradient_sums<F: Scalar>(delta: &[F], x: &[F], means: &[F]) -> [Vec<f64>; 2] {
    let channels = means.len();
    let part_sums = |(delta, x): (&[F], &[F])| {
        let mut sums = [vec![0.0; channels], vec![0.0; channels]];
        let [sum, product] = &mut sums;
        add_column_sums_and_deviation_products(delta, x, means, sum, product);
        sums
    };
    let part = part(channels);
    if x.len() <= part {
        return part_sums((delta, x));
    }
    let parts = delta.par_chunks(part).zip(x.par_chunks(part));
    let parts: Vec<_> = parts.map(part_sums).collect();
    let mut totals = [vec![0.0; channels], vec![0.0; channels]];
    for part in &parts {
        for (totals, sums) in totals.iter_mut().zip(part) {
            for (total, sum) in totals.iter_mut().zip(sums) {
                *total += sum;
            }
        }
    }
    totals
}

/// y = (x − mean) · scale + shift, with numbers per channel.
pub(super) fn standardize<F: Scalar>(x: &[F], y: &mut [F], numbers: [&[F]; 3], parallel: bool) {
    let channels = numbers[0].len();
    let numbers = numbers.map(repeated);
    let work = |y: &mut [F], x: &[F]| {
        arch().dispatch(
            #[inline(always)]
            || {
                let row = numbers[0].len();
                for (x, y) in x.chunks(row).zip(y.chunks_mut(row)) {
                    let [mean, scale, shift] = numbers.each_ref().map(|n| &n[..x.len()]);
                    let y = &mut y[..x.len()];
                    for i in 0..x.len() {
                        y[i] = (x[i] - mean[i]) * scale[i] + shift[i];
                    }
                }
            },
        );
    };
    let part = part(channels);
    match parallel && x.len() > part {
        true => {
            let parts = y.par_chunks_mut(part).zip(x.par_chunks(part));
            parts.for_each(|(y, x)| work(y, x));
        }
        false => work(y, x),
    }
}

/// ∂L/∂x = δ · scale − (x − mean) · slope − shift, with numbers per channel.
pub(super) fn input_gradient<F: Scalar>(
    [x, delta]: [&[F]; 2],
    dx: &mut [F],
    numbers: [&[F]; 4],
    parallel: bool,
) {
    let channels = numbers[0].len();
    let numbers = numbers.map(repeated);
    let work = |dx: &mut [F], x: &[F], delta: &[F]| {
        arch().dispatch(
            #[inline(always)]
            || {
                let row = numbers[0].len();
                let rows = x.chunks(row).zip(delta.chunks(row));
                for ((x, delta), dx) in rows.zip(dx.chunks_mut(row)) {
                    let [mean, scale, slope, shift] = numbers.each_ref().map(|n| &n[..x.len()]);
                    let (dx, delta) = (&mut dx[..x.len()], &delta[..x.len()]);
                    for i in 0..x.len() {
                        dx[i] = delta[i] * scale[i] - (x[i] - mean[i]) * slope[i] - shift[i];
                    }
                }
            },
        );
    };
    let part = part(channels);
    match parallel && x.len() > part {
        true => {
            let parts = x.par_chunks(part).zip(delta.par_chunks(part));
            let parts = dx.par_chunks_mut(part).zip(parts);
            parts.for_each(|(dx, (x, delta))| work(dx, x, delta));
        }
        false => work(dx, x, delta),
    }
}
