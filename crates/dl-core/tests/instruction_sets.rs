//! Every instruction set that this machine has gives the same but for rounding. A program of its own, since the
//! choice is the whole program's.

use dl_core::gemm::{Init, gemm};
use dl_core::ndarray::Array2;
use dl_core::simd::{Level, limit};

fn values(rows: usize, columns: usize, seed: usize) -> Array2<f32> {
    Array2::from_shape_fn((rows, columns), |(i, j)| {
        ((i * 37 + j * 11 + seed * 5) as f32 * 0.37).sin()
    })
}

/// A·B of each way there is, by shape: few rows, few columns, blocks, and A transposed.
fn products() -> Vec<Array2<f32>> {
    let mut all = Vec::new();
    for (m, k, n) in [(1, 700, 90), (3, 40, 33), (60, 30, 7), (37, 1100, 150)] {
        let (a, b) = (values(m, k, 1), values(k, n, 2));
        let mut c = Array2::zeros((m, n));
        gemm(Init::Zero, a.view(), b.view(), c.view_mut());
        all.push(c.clone());
        let transposed = a.t().as_standard_layout().into_owned();
        gemm(Init::Accumulate, transposed.t(), b.view(), c.view_mut());
        all.push(c);
    }
    all
}

#[test]
fn results_agree_within_rounding() {
    let levels = [Level::Baseline, Level::Avx2, Level::Avx512];
    let found: Vec<_> = levels
        .into_iter()
        .filter(|&level| limit(level))
        .map(|level| (level, products()))
        .collect();
    // where there is one level only it has that name
    let Some(((first, expected), others)) = found.split_first() else {
        return;
    };
    for (level, products) in others {
        for (product, expected) in products.iter().zip(expected) {
            // sums of up to 1100 terms of at most 1, of which errors grow with the root
            let error = (product - expected).mapv(f32::abs);
            let most = error.iter().copied().fold(0.0, f32::max);
            assert!(most <= 1e-4, "{level} and {first}: {most}");
        }
    }
}
