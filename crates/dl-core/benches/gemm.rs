//! Matrix products on one core: `cargo bench -p dl-core`.
//!
//! Throughput in items counts floating-point operations, two for every multiply-add: Gitem/s are
//! GFLOP/s.

use divan::Bencher;
use divan::counter::ItemsCount;
use dl_core::Scalar;
use dl_core::gemm::{
    GatherGemm, Init, KBatch, KRange, KStep, LhsLayout, PackedB, Row, RowBatch, RowBlock, gemm,
};
use dl_core::ndarray::Array2;
use dl_core::random::generator;

fn main() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    pool.expect("a thread").install(divan::main);
}

/// C `[m, n]` ← A `[m, k]` · B `[k, n]`, as `[m, k, n]`: the layers of an MLP on a batch, of the
/// Iris MLP, a convolution's, and a square.
const SHAPES: [[usize; 3]; 8] = [
    [8, 576, 64],
    [64, 784, 512],
    [64, 512, 512],
    [64, 512, 10],
    [16, 4, 10],
    [676, 9, 32],
    [121, 288, 64],
    [512, 512, 512],
];

fn matrix(rows: usize, columns: usize, seed: u64) -> Array2<f32> {
    let mut rng = generator(seed);
    Array2::from_shape_simple_fn((rows, columns), || f32::standard_normal(&mut rng))
}

fn operations([m, k, n]: [usize; 3]) -> ItemsCount {
    ItemsCount::new(2 * m * k * n)
}

#[divan::bench(args = SHAPES)]
fn gemm_f32(bencher: Bencher, shape @ [m, k, n]: [usize; 3]) {
    let (a, b, mut c) = (matrix(m, k, 1), matrix(k, n, 2), matrix(m, n, 3));
    let bencher = bencher.counter(operations(shape));
    bencher.bench_local(|| gemm(Init::Zero, a.view(), b.view(), c.view_mut()));
}

/// Aᵀ·B, as for a dense kernel's gradient.
#[divan::bench(args = SHAPES)]
fn gemm_f32_transposed(bencher: Bencher, shape @ [m, k, n]: [usize; 3]) {
    let (a, b, mut c) = (matrix(k, m, 1), matrix(k, n, 2), matrix(m, n, 3));
    let bencher = bencher.counter(operations(shape));
    bencher.bench_local(|| gemm(Init::Zero, a.t(), b.view(), c.view_mut()));
}

/// The product of gathered rows, here of a plain matrix; B is packed every time.
fn gathered(bencher: Bencher, shape @ [m, k, n]: [usize; 3], layout: LhsLayout, a_stride: usize) {
    let (a, b, mut c) = (matrix(m, k, 1), matrix(k, n, 2), matrix(m, n, 3));
    let (a, b) = (a.as_slice().expect("new"), b.as_slice().expect("new"));
    let c = c.as_slice_mut().expect("new");
    let rows: Vec<Row> = (0..m)
        .map(|i| Row {
            a: i * a_stride,
            c: i * n,
        })
        .collect();
    let row_block = RowBlock {
        outer: 0..1,
        inner: 0..m,
        k_steps: 0..1,
        k_ranges: 0..1,
    };
    let mut scratch = Vec::new();
    bencher.counter(operations(shape)).bench_local(|| {
        GatherGemm {
            init: Init::Zero,
            a,
            layout,
            b: &PackedB::pack(b, n, &mut scratch),
            row_blocks: std::slice::from_ref(&row_block),
            rows: &rows,
            k_steps: &[KStep { a: 0, b: 0 }],
            k_ranges: &[KRange { a: 0, b: 0, len: k }],
            row_batch: RowBatch::ONE,
            k_batch: KBatch::ONE,
            relu: false,
        }
        .run(c);
    });
}

#[divan::bench(args = SHAPES)]
fn gathered_row_major(bencher: Bencher, shape: [usize; 3]) {
    gathered(bencher, shape, LhsLayout::RowMajor, shape[1]);
}

#[divan::bench(args = SHAPES)]
fn gathered_column_major(bencher: Bencher, shape: [usize; 3]) {
    let k_stride = shape[0];
    gathered(bencher, shape, LhsLayout::ColumnMajor { k_stride }, 1);
}
