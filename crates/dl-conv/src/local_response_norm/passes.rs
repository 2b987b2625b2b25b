//! The formula, pixel by pixel, vectorised along the channels.

use dl_core::Scalar;
use dl_core::simd::arch;
use dl_nn::Cache;
use pulp::NullaryFnOnce;

use super::LocalResponseNormLayer;

/// Channels that are summed side by side.
const LANES: usize = 16;

/// b = a s^−β.
pub(super) fn forward<F: Scalar>(
    layer: &LocalResponseNormLayer<F>,
    a: &[F],
    b: &mut [F],
    cache: &mut Cache<F>,
) {
    let scratch = scratch(layer, cache);
    arch().dispatch(Forward {
        layer,
        scratch,
        a,
        b,
    });
}

/// From ∂L/∂b to ∂L/∂a.
pub(super) fn backward<F: Scalar>(
    layer: &LocalResponseNormLayer<F>,
    a: &[F],
    db: &[F],
    da: &mut [F],
    cache: &mut Cache<F>,
) {
    let scratch = scratch(layer, cache);
    arch().dispatch(Backward {
        layer,
        scratch,
        a,
        db,
        da,
    });
}

impl<F: Scalar> LocalResponseNormLayer<F> {
    /// Channels beyond the first and the last that are summed as zeros.
    fn border(&self) -> usize {
        self.reach.min(self.channels - 1)
    }

    /// s = k + α Σ a² and s^−β for the channels of one pixel.
    #[inline(always)]
    fn scale(&self, a: &[F], squares: &mut [F], s: &mut [F], power: &mut [F]) {
        let inner = &mut squares[self.border()..][..a.len()];
        for (square, &a) in inner.iter_mut().zip(a) {
            *square = self.alpha * a * a;
        }
        sum_neighbours(self.k, squares, s);
        if self.beta == F::cast(0.75) {
            for (power, &s) in power.iter_mut().zip(&*s) {
                *power = F::one() / (s * s.sqrt()).sqrt();
            }
        } else {
            for (power, &s) in power.iter_mut().zip(&*s) {
                *power = s.powf(-self.beta);
            }
        }
    }
}

/// Terms that are summed before their sum is added to those before them.
const RUN: usize = 32;

/// sumᵢ = start + Σ of the terms from i on, as many as there are more terms than sums, and one; in runs
/// where there are many.
#[inline(always)]
fn sum_neighbours<F: Scalar>(start: F, terms: &[F], sums: &mut [F]) {
    let width = terms.len() - sums.len() + 1;
    let (blocks, rest) = sums.as_chunks_mut::<LANES>();
    let done = blocks.len() * LANES;
    for (block, sums) in blocks.iter_mut().enumerate() {
        let mut totals = [F::zero(); LANES];
        for first in (0..width).step_by(RUN) {
            let mut run = [if first == 0 { start } else { F::zero() }; LANES];
            for place in first..width.min(first + RUN) {
                let terms = terms[block * LANES + place..].first_chunk::<LANES>();
                let terms = terms.expect("as many terms as sums from each place on");
                for i in 0..LANES {
                    run[i] += terms[i];
                }
            }
            for i in 0..LANES {
                totals[i] += run[i];
            }
        }
        *sums = totals;
    }
    for (i, sum) in rest.iter_mut().enumerate() {
        *sum = F::zero();
        for (run, terms) in terms[done + i..][..width].chunks(RUN).enumerate() {
            let start = if run == 0 { start } else { F::zero() };
            *sum += terms.iter().fold(start, |sum, &term| sum + term);
        }
    }
}

/// Rows to work in: the terms that are summed over neighbours, between zeros; sums; powers.
fn scratch<'a, F: Scalar>(
    layer: &LocalResponseNormLayer<F>,
    cache: &'a mut Cache<F>,
) -> [&'a mut [F]; 3] {
    let space = &mut cache.scratch[0];
    let (channels, border) = (layer.channels, layer.border());
    space.resize(3 * channels + 2 * border, F::zero());
    let (terms, rest) = space.split_at_mut(channels + 2 * border);
    terms[..border].fill(F::zero());
    terms[border + channels..].fill(F::zero());
    let (sums, powers) = rest.split_at_mut(channels);
    [terms, sums, powers]
}

// Types of their own, because that is what `pulp` compiles per instruction set.
struct Forward<'a, F> {
    layer: &'a LocalResponseNormLayer<F>,
    scratch: [&'a mut [F]; 3],
    a: &'a [F],
    b: &'a mut [F],
}

impl<F: Scalar> NullaryFnOnce for Forward<'_, F> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let channels = self.layer.channels;
        let [squares, s, power] = self.scratch;
        let pixels = self.a.chunks_exact(channels);
        for (a, b) in pixels.zip(self.b.chunks_exact_mut(channels)) {
            self.layer.scale(a, squares, s, power);
            for ((b, &a), &power) in b.iter_mut().zip(a).zip(&*power) {
                *b = a * power;
            }
        }
    }
}

struct Backward<'a, F> {
    layer: &'a LocalResponseNormLayer<F>,
    scratch: [&'a mut [F]; 3],
    a: &'a [F],
    db: &'a [F],
    da: &'a mut [F],
}

impl<F: Scalar> NullaryFnOnce for Backward<'_, F> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let layer = self.layer;
        let channels = layer.channels;
        let factor = F::cast(2.0) * layer.alpha * layer.beta;
        let [r, s, power] = self.scratch;
        let pixels = self.a.chunks_exact(channels);
        let gradients = self.db.chunks_exact(channels);
        let gradients = gradients.zip(self.da.chunks_exact_mut(channels));
        for (a, (db, da)) in pixels.zip(gradients) {
            layer.scale(a, r, s, power);
            let inner = &mut r[layer.border()..][..channels];
            for c in 0..channels {
                inner[c] = db[c] * a[c] * power[c] / s[c];
            }
            let sums = &mut *s;
            sum_neighbours(F::zero(), r, sums);
            for c in 0..channels {
                da[c] = db[c] * power[c] - factor * a[c] * sums[c];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dl_nn::contract::samples;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_channel_by_the_formula(
            channels in 1..40_usize,
            reach in 0..9_usize,
            beta in prop_oneof![Just(0.75), 0.0..1.5],
            seed: u64,
        ) {
            let layer = LocalResponseNormLayer {
                channels,
                reach,
                k: 1.5,
                alpha: 0.3,
                beta,
            };
            let a: Vec<f64> = samples(&[2, channels], seed).into_iter().collect();
            let mut b = vec![f64::NAN; a.len()];
            forward(&layer, &a, &mut b, &mut Cache::default());
            for (a, b) in a.chunks(channels).zip(b.chunks(channels)) {
                for i in 0..channels {
                    let near = |&j: &usize| i.abs_diff(j) <= reach;
                    let squares = (0..channels).filter(near).map(|j| a[j] * a[j]);
                    let s: f64 = 1.5 + 0.3 * squares.sum::<f64>();
                    let expected = a[i] / s.powf(beta);
                    prop_assert!((b[i] - expected).abs() <= 1e-13 * expected.abs());
                }
            }
        }
    }
}
