//! Random numbers that are the same on every machine and in every version.

use ndarray_rand::rand::SeedableRng;

/// The generator used throughout: `ChaCha` with 8 rounds, whose stream is fixed by its
/// specification, unlike `rand`'s `StdRng` and `SmallRng`.
pub type Generator = rand_chacha::ChaCha8Rng;

/// A generator for a seed.
///
/// ```
/// use dl_math::{Scalar, random::generator};
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
