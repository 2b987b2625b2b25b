//! The gradient of a kernel over a million pixels is as near the exact one as other libraries'.

use dl_core::gemm::{
    GatherGemm, Init, KBatch, KRange, KStep, LhsLayout, PackedB, Row, RowBatch, RowBlock, gemm,
};
use dl_core::ndarray::{Array2, ArrayView2};

/// k, the pixels.
const COUNT: usize = 1_000_000;
/// Taps and channels, and filters.
const SHAPE: [usize; 2] = [9, 16];

/// Values around a centre, and the largest relative errors of NumPy 2.4.6 (`OpenBLAS`) for their products:
/// `tests/reference/long_products.py`, by which `PyTorch`'s are larger.
const PEERS: [(f64, f64, f64); 3] = [
    (0.1, 0.05, 2.28e-6),
    (100.0, 1.0, 1.94e-6),
    (0.1, 0.0, 1.55e-5),
];

/// The numbers of the script, from an integer hash.
fn numbers(columns: usize, centre: f64, spread: f64, seed: u64) -> Vec<f32> {
    let number = |index: u64| {
        let z = index + (seed << 32);
        let z = z
            .wrapping_add(0x9E37_79B9_7F4A_7C15)
            .wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 31)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let unit = (z >> 40) as f64 / f64::from(1 << 24);
        (centre + spread * (2.0 * unit - 1.0)) as f32
    };
    (0..(COUNT * columns) as u64).map(number).collect()
}

/// Xᵀ·D in double precision.
fn exact(x: &[f32], d: &[f32]) -> Vec<f64> {
    let [rows, columns] = SHAPE;
    let mut sums = vec![0.0; rows * columns];
    for (x, d) in x.chunks_exact(rows).zip(d.chunks_exact(columns)) {
        for (sums, &x) in sums.chunks_exact_mut(columns).zip(x) {
            for (sum, &d) in sums.iter_mut().zip(d) {
                *sum += f64::from(x) * f64::from(d);
            }
        }
    }
    sums
}

/// The same by gathered rows: the pixels in ranges of so many, of so many images.
fn gathered(x: &[f32], d: &[f32], images: usize, length: usize) -> Vec<f32> {
    let [rows, columns] = SHAPE;
    let pixels = COUNT / images;
    let ranges = (0..pixels / length).map(|i| KRange {
        a: i * length * rows,
        b: i * length,
        len: length,
    });
    let row = |i| Row {
        a: i,
        c: i * columns,
    };
    let mut c = vec![0.0; rows * columns];
    GatherGemm {
        init: Init::Accumulate,
        a: x,
        layout: LhsLayout::ColumnMajor { k_stride: rows },
        b: &PackedB::pack(d, columns, &mut Vec::new()),
        row_blocks: &[RowBlock {
            outer: 0..1,
            inner: 0..rows,
            k_steps: 0..1,
            k_ranges: 0..pixels / length,
        }],
        rows: &(0..rows).map(row).collect::<Vec<_>>(),
        k_steps: &[KStep { a: 0, b: 0 }],
        k_ranges: &ranges.collect::<Vec<_>>(),
        row_batch: RowBatch::ONE,
        k_batch: KBatch {
            count: images,
            a: pixels * rows,
            b: pixels,
        },
        relu: false,
    }
    .run(&mut c);
    c
}

#[test]
fn kernel_gradients_over_a_million_pixels() {
    let [rows, columns] = SHAPE;
    for (centre, spread, peer) in PEERS {
        let (x, d) = (
            numbers(rows, centre, spread, 1),
            numbers(columns, centre, spread, 2),
        );
        let exact = exact(&x, &d);
        let by_matrices = {
            let x = ArrayView2::from_shape((COUNT, rows), &x).expect("as many numbers");
            let d = ArrayView2::from_shape((COUNT, columns), &d).expect("as many numbers");
            let mut c = Array2::zeros((rows, columns));
            gemm(Init::Zero, x.t(), d, c.view_mut());
            c.into_iter().collect()
        };
        for (name, found) in [
            ("matrices", by_matrices),
            ("rows of 500 pixels", gathered(&x, &d, 1, 500)),
            ("images of rows of 25 pixels", gathered(&x, &d, 1600, 25)),
        ] {
            let error = |(&found, exact): (&f32, &f64)| (f64::from(found) / exact - 1.0).abs();
            let error = found.iter().zip(&exact).map(error).fold(0.0, f64::max);
            assert!(
                error <= 2.0 * peer,
                "{centre} ± {spread}, {name}: {error:.2e} against {peer:.2e}"
            );
        }
    }
}
