//! The tiles against the sum, literally.

use super::*;
use ndarray::Array2;
use proptest::prelude::*;

/// Small whole elements, so that sums are exact in any order.
fn elements<F: Scalar>(n: usize, seed: usize) -> Vec<F> {
    let number = |i: usize| ((i * 31 + seed * 17) % 23) as f64 - 11.0;
    (0..n).map(|i| F::of(number(i))).collect()
}

#[derive(Debug, Clone)]
struct Case {
    rows: usize,
    columns: usize,
    k_ranges: Vec<KRange>,
    layout: LhsLayout,
    batch: BatchStride,
    c_row_stride: usize,
    relu: bool,
}

fn cases() -> impl Strategy<Value = Case> {
    let k_range = (0..40_usize, 0..20_usize, 0..20_usize);
    let k_range = k_range.prop_map(|(a, b, len)| KRange { a, b, len });
    let layout = prop_oneof![
        (0..50_usize).prop_map(|row_stride| LhsLayout::RowMajor { row_stride }),
        (0..50_usize).prop_map(|k_stride| LhsLayout::ColumnMajor { k_stride }),
    ];
    let batch = (1..4_usize, 0..20_usize, 0..10_usize);
    let batch = batch.prop_map(|(count, a, b)| BatchStride { count, a, b });
    let k_ranges = prop::collection::vec(k_range, 0..5);
    (
        1..30_usize,
        1..150_usize,
        k_ranges,
        layout,
        batch,
        (0..9_usize, any::<bool>()),
    )
        .prop_map(
            |(rows, columns, k_ranges, layout, batch, (gap, relu))| Case {
                rows,
                columns,
                k_ranges,
                layout,
                batch,
                c_row_stride: columns + gap,
                relu,
            },
        )
}

fn check<F: Scalar>(case: &Case) {
    let Case {
        rows,
        columns,
        ref k_ranges,
        layout,
        batch,
        c_row_stride,
        relu,
    } = *case;
    let (row, term) = match layout {
        LhsLayout::RowMajor { row_stride } => (row_stride, 1),
        LhsLayout::ColumnMajor { k_stride } => (1, k_stride),
    };
    // two runs: all k_ranges at the start, and all but the first further on
    let last = k_ranges.len();
    let run = |a, c, k_ranges| RowBlock { a, c, k_ranges };
    let row_blocks = [
        run(0, 0, 0..last),
        run(3, rows * c_row_stride, 1.min(last)..last),
    ];
    let a: Vec<F> = elements(4000, 1);
    let depth = 60;
    let b: Vec<F> = elements(depth * columns, 2);
    let bias: Vec<F> = elements(columns, 3);
    let given: Vec<F> = elements(2 * rows * c_row_stride, 4);
    for init in [Init::Zero, Init::Bias(&bias), Init::Accumulate] {
        let mut c = given.clone();
        let mut scratch = Vec::new();
        GatherGemm {
            init,
            a: &a,
            layout,
            b: &PackedB::pack(&b, columns, &mut scratch),
            row_blocks: &row_blocks,
            rows,
            k_ranges,
            batch,
            c_row_stride,
            relu,
        }
        .run(&mut c);
        let mut expected = given.clone();
        for block in &row_blocks {
            for (i, j) in (0..rows).flat_map(|i| (0..columns).map(move |j| (i, j))) {
                let at = block.c + i * c_row_stride + j;
                let mut sum = match init {
                    Init::Zero => F::zero(),
                    Init::Bias(bias) => bias[j],
                    Init::Accumulate => given[at],
                };
                for sample in 0..batch.count {
                    for s in &k_ranges[block.k_ranges.clone()] {
                        for k in 0..s.len {
                            let a = a[sample * batch.a + block.a + s.a + i * row + k * term];
                            sum += a * b[(sample * batch.b + s.b + k) * columns + j];
                        }
                    }
                }
                expected[at] = if relu { sum.max(F::zero()) } else { sum };
            }
        }
        assert_eq!(c, expected, "{init:?}");
    }
}

proptest! {
    #[test]
    fn equals_the_sum(case in cases()) {
        check::<f32>(&case);
        check::<f64>(&case);
    }

    #[test]
    fn panels_of_stacked_transposed_matrices(columns in 1..150_usize, depth in 1..9_usize) {
        let b: Vec<f64> = elements(columns * depth, 5);
        let b = Array2::from_shape_vec((columns, depth), b).unwrap();
        let twice = ndarray::concatenate![ndarray::Axis(0), b.t(), b.t()];
        let twice: Vec<f64> = twice.iter().copied().collect();
        let (mut one, mut other) = (Vec::new(), Vec::new());
        let expected = PackedB::pack(&twice, columns, &mut one);
        let stacked = PackedB::pack_stacked([b.t(), b.t()].into_iter(), 2 * depth, columns, &mut other);
        prop_assert_eq!(stacked.values, expected.values);
    }
}

#[test]
#[should_panic(expected = "out of range")]
fn what_leads_outside_panics() {
    let mut scratch = Vec::new();
    let k_range = KRange { a: 0, b: 0, len: 3 };
    GatherGemm {
        init: Init::Zero,
        a: &[1.0_f32; 4],
        layout: LhsLayout::RowMajor { row_stride: 2 },
        b: &PackedB::pack(&[1.0; 6], 2, &mut scratch),
        row_blocks: &[RowBlock {
            a: 0,
            c: 0,
            k_ranges: 0..1,
        }],
        rows: 2,
        k_ranges: &[k_range],
        batch: BatchStride::ONE,
        c_row_stride: 2,
        relu: false,
    }
    .run(&mut [0.0; 4]);
}
