//! Random numbers that are the same on every machine and in every version.

use rand::SeedableRng;

pub use crate::chacha::Generator;

/// A generator for a seed.
///
/// ```
/// use dl_core::{Scalar, random::generator};
/// assert_eq!(f64::uniform(&mut generator(42)), f64::uniform(&mut generator(42)));
/// ```
pub fn generator(seed: u64) -> Generator {
    Generator::seed_from_u64(seed)
}

/// A generator for a seed and a stream number: streams of one seed never overlap, so that
/// independent consumers (initialisation, shuffling, each dropout layer …) do not share draws.
pub fn stream(seed: u64, stream: u64) -> Generator {
    let mut generator = generator(seed);
    generator.set_stream(stream);
    generator
}

/// A new seed from a seed and a number (`SplitMix64`, Steele, Lea, Flood 2014).
pub fn derive_seed(seed: u64, number: u64) -> u64 {
    let mut z = seed ^ number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngCore;

    fn draws(mut generator: Generator) -> [u64; 3] {
        std::array::from_fn(|_| generator.next_u64())
    }

    #[test]
    fn streams_and_seeds_differ_and_repeat() {
        let all = [
            draws(generator(1)),
            draws(generator(2)),
            draws(stream(1, 1)),
            draws(stream(1, 2)),
        ];
        for (i, a) in all.iter().enumerate() {
            assert!(all[..i].iter().all(|b| a != b));
        }
        assert_eq!(draws(stream(1, 2)), all[3]);
        // without a number it is the first stream
        assert_eq!(draws(stream(1, 0)), all[0]);
    }

    /// Initial weights and splits depend on these. From tests/reference/chacha.py, which computes
    /// them from the definition of the cipher.
    #[test]
    fn the_draws_are_those_of_the_specification() {
        let (of_seed, of_stream) = (draws(generator(42)), draws(stream(42, 7)));
        assert_eq!(
            of_seed,
            [
                12_578_764_544_318_200_737,
                17_529_487_244_874_322_312,
                7_886_285_670_807_131_020
            ]
        );
        assert_eq!(
            of_stream,
            [
                2_370_525_664_269_707_216,
                6_019_739_031_913_071_421,
                11_352_947_354_031_309_824
            ]
        );
    }
}
