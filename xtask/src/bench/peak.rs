//! The machine's peak: fused multiply-adds on 32-bit floats in registers only.

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use dl_core::simd::arch;
use pulp::{Simd, WithSimd};

/// Independent sums: enough for two units with a latency of up to six cycles, and few enough for
/// sixteen registers.
const CHAINS: usize = 12;

/// Steps between readings of the clock.
const STEPS: usize = 1 << 16;

struct MultiplyAdds;

impl WithSimd for MultiplyAdds {
    /// Floating-point operations done.
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        let [start, factor, summand] = black_box([0.0, 0.75, 0.25]).map(|x| simd.splat_f32s(x));
        let mut sums = [start; CHAINS];
        for _ in 0..STEPS {
            for sum in &mut sums {
                *sum = simd.mul_add_e_f32s(*sum, factor, summand);
            }
        }
        for sum in sums {
            black_box(simd.reduce_sum_f32s(sum));
        }
        (STEPS * CHAINS * S::F32_LANES * 2) as f64
    }
}

/// Floating-point operations per second of some threads at once, over a tenth of a second.
pub(super) fn measure(threads: usize) -> f64 {
    let thread = || {
        let (arch, start, mut operations) = (arch(), Instant::now(), 0.0);
        while start.elapsed() < Duration::from_millis(100) {
            operations += arch.dispatch(MultiplyAdds);
        }
        operations / start.elapsed().as_secs_f64()
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(thread)).collect();
        let rates = threads.into_iter().map(|thread| thread.join());
        rates.map(|rate| rate.expect("arithmetic")).sum()
    })
}

/// The same for the calling thread, in the best millisecond or so of a second.
pub(super) fn best() -> f64 {
    let arch = arch();
    let (begin, mut best) = (Instant::now(), 0.0_f64);
    while begin.elapsed() < Duration::from_secs(1) {
        let start = Instant::now();
        let operations = arch.dispatch(MultiplyAdds);
        best = best.max(operations / start.elapsed().as_secs_f64());
    }
    best
}
