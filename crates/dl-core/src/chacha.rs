//! The ChaCha stream cipher with 8 rounds (Bernstein 2008, "ChaCha, a variant of Salsa20") as a
//! generator of random numbers: by its definition, since the usual crate for it costs a user more
//! seconds of compiling than it has lines.

use rand::rand_core::block::{BlockRng, BlockRngCore};
use rand::{RngCore, SeedableRng};

/// "expand 32-byte k"
const CONSTANTS: [u32; 4] = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574];

/// A key, and which block of which stream comes next.
#[derive(Debug, Clone)]
struct ChaCha8 {
    key: [u32; 8],
    counter: u64,
    stream: u64,
}

/// A row of the 4 × 4 state.
type Row = [u32; 4];

fn add(x: Row, y: Row) -> Row {
    std::array::from_fn(|i| x[i].wrapping_add(y[i]))
}

/// x ⊕ y, rotated left.
fn xor_rotate(x: Row, y: Row, bits: u32) -> Row {
    std::array::from_fn(|i| (x[i] ^ y[i]).rotate_left(bits))
}

/// Moves column i + `by` to column i.
fn turn(x: Row, by: usize) -> Row {
    std::array::from_fn(|i| x[(i + by) % 4])
}

/// A quarter round of each column (section 3.1).
fn quarter_rounds([mut a, mut b, mut c, mut d]: [Row; 4]) -> [Row; 4] {
    a = add(a, b);
    d = xor_rotate(d, a, 16);
    c = add(c, d);
    b = xor_rotate(b, c, 12);
    a = add(a, b);
    d = xor_rotate(d, a, 8);
    c = add(c, d);
    b = xor_rotate(b, c, 7);
    [a, b, c, d]
}

impl BlockRngCore for ChaCha8 {
    type Item = u32;
    type Results = [u32; 16];

    fn generate(&mut self, words: &mut Self::Results) {
        let [low, high] = [self.counter as u32, (self.counter >> 32) as u32];
        let [k, l] = [0, 4].map(|i| std::array::from_fn(|j| self.key[i + j]));
        let place = [low, high, self.stream as u32, (self.stream >> 32) as u32];
        let start = [CONSTANTS, k, l, place];
        let mut state = start;
        for _ in 0..4 {
            // columns, then diagonals
            let [a, b, c, d] = quarter_rounds(state);
            let [a, b, c, d] = quarter_rounds([a, turn(b, 1), turn(c, 2), turn(d, 3)]);
            state = [a, turn(b, 3), turn(c, 2), turn(d, 1)];
        }
        for ((words, row), start) in words.chunks_exact_mut(4).zip(state).zip(start) {
            words.copy_from_slice(&add(row, start));
        }
        self.counter = self.counter.wrapping_add(1);
    }
}

/// The generator used throughout: ChaCha with 8 rounds, whose stream is fixed by its definition,
/// unlike `rand`'s `StdRng` and `SmallRng`. Not meant for secrets.
#[derive(Debug, Clone)]
pub struct Generator(BlockRng<ChaCha8>);

impl Generator {
    /// Takes the draws of another stream of the same seed, from its start.
    pub fn set_stream(&mut self, stream: u64) {
        self.0.core.stream = stream;
        self.0.core.counter = 0;
        self.0.reset();
    }
}

impl SeedableRng for Generator {
    type Seed = [u8; 32];

    fn from_seed(seed: Self::Seed) -> Self {
        let (words, _) = seed.as_chunks::<4>();
        let key = std::array::from_fn(|i| u32::from_le_bytes(words[i]));
        Self(BlockRng::new(ChaCha8 {
            key,
            counter: 0,
            stream: 0,
        }))
    }
}

impl RngCore for Generator {
    fn next_u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::{RngCore, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::Generator;

    proptest! {
        /// Any mixture of draws is that of the `rand_chacha` crate.
        #[test]
        fn draws_are_rand_chachas(
            seed: u64,
            stream: u64,
            draws in prop::collection::vec((0..3_usize, 0..200_usize), 1..200),
        ) {
            let mut ours = Generator::seed_from_u64(seed);
            let mut theirs = ChaCha8Rng::seed_from_u64(seed);
            ours.set_stream(stream);
            theirs.set_stream(stream);
            for (kind, bytes) in draws {
                match kind {
                    0 => prop_assert_eq!(ours.next_u32(), theirs.next_u32()),
                    1 => prop_assert_eq!(ours.next_u64(), theirs.next_u64()),
                    _ => {
                        let (mut a, mut b) = (vec![0; bytes], vec![0; bytes]);
                        ours.fill_bytes(&mut a);
                        theirs.fill_bytes(&mut b);
                        prop_assert_eq!(a, b);
                    }
                }
            }
        }
    }

    #[test]
    fn the_counter_carries() {
        let mut generator = Generator::seed_from_u64(1);
        generator.0.core.counter = u64::from(u32::MAX);
        let last = std::array::from_fn::<_, 16, _>(|_| generator.next_u32());
        let first = std::array::from_fn::<_, 16, _>(|_| generator.next_u32());
        assert_ne!(last, first);
        let mut theirs = ChaCha8Rng::seed_from_u64(1);
        theirs.set_word_pos(16 * u128::from(u32::MAX));
        assert_eq!(last, std::array::from_fn(|_| theirs.next_u32()));
        assert_eq!(first, std::array::from_fn(|_| theirs.next_u32()));
    }
}
