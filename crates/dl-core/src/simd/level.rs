//! Which instruction set the kernels use.

use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};

use pulp::Arch;

/// The instruction sets for which kernels are compiled on x86-64, in rising order. Elsewhere there is one,
/// which goes by [`Baseline`](Self::Baseline).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[doc(hidden)]
pub enum Level {
    /// What every machine of the kind has: SSE2 on x86-64.
    Baseline,
    /// AVX2 and FMA: 16 registers of 256 bits.
    Avx2,
    /// AVX-512: 32 registers of 512 bits.
    Avx512,
}

/// The highest level in use.
static LIMIT: AtomicU8 = AtomicU8::new(Level::Avx512 as u8);

/// The instruction set that kernels are dispatched to: the best that the machine has.
pub fn arch() -> Arch {
    match LIMIT.load(Ordering::Relaxed) {
        limit if limit == Level::Avx512 as u8 => Arch::new(),
        limit => lower(limit),
    }
}

#[cfg(target_arch = "x86_64")]
#[cold]
fn lower(limit: u8) -> Arch {
    match pulp::x86::V3::try_new() {
        Some(simd) if limit == Level::Avx2 as u8 => Arch::V3(simd),
        _ => Arch::Scalar,
    }
}

#[cfg(not(target_arch = "x86_64"))]
#[cold]
fn lower(_: u8) -> Arch {
    Arch::new()
}

/// The level of [`arch`].
#[doc(hidden)]
pub fn level() -> Level {
    match arch() {
        #[cfg(target_arch = "x86_64")]
        Arch::V4(_) => Level::Avx512,
        #[cfg(target_arch = "x86_64")]
        Arch::V3(_) => Level::Avx2,
        _ => Level::Baseline,
    }
}

/// Keeps all kernels of the program from instructions above `level`, from now on: for benchmarks and tests of
/// what other machines would do. Results differ in their rounding. Gives whether the machine has them.
#[doc(hidden)]
pub fn limit(level: Level) -> bool {
    LIMIT.store(level as u8, Ordering::Relaxed);
    self::level() == level
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Level::Baseline => "baseline",
            Level::Avx2 => "AVX2",
            Level::Avx512 => "AVX-512",
        })
    }
}
