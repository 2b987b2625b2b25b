//! The tiles against the sum, literally.

use super::*;
use ndarray::Array2;
use proptest::prelude::*;

/// Small whole elements, so that sums are exact in any order.
fn elements<F: Scalar>(n: usize, seed: usize) -> Vec<F> {
    let number = |i: usize| ((i * 31 + seed * 17) % 23) as f64 - 11.0;
    (0..n).map(|i| F::cast(number(i))).collect()
}

#[derive(Debug, Clone)]
struct Case {
    inner: usize,
    outer: Vec<usize>,
    columns: usize,
    k_steps: Vec<KStep>,
    k_ranges: Vec<KRange>,
    /// From one inner row to the next, and from one term to the next.
    strides: [usize; 2],
    row_batch: [usize; 2],
    k_batch: KBatch,
    c_row_stride: usize,
    relu: bool,
}

fn cases() -> impl Strategy<Value = Case> {
    let k_range = (0..40_usize, 0..10_usize, 0..20_usize);
    let k_range = k_range.prop_map(|(a, b, len)| KRange { a, b, len });
    let k_step = (0..40_usize, 0..10_usize).prop_map(|(a, b)| KStep { a, b });
    let strides = prop_oneof![
        (0..50_usize).prop_map(|row_stride| [row_stride, 1]),
        (0..50_usize).prop_map(|k_stride| [1, k_stride]),
    ];
    let k_batch = (1..4_usize, 0..20_usize, 0..10_usize);
    let k_batch = k_batch.prop_map(|(count, a, b)| KBatch { count, a, b });
    (
        (1..30_usize, prop::collection::vec(0..30_usize, 1..4)),
        1..150_usize,
        prop::collection::vec(k_step, 0..4),
        prop::collection::vec(k_range, 0..4),
        strides,
        (k_batch, [1..4_usize, 0..30_usize]),
        (0..9_usize, any::<bool>()),
    )
        .prop_map(
            |((inner, outer), columns, k_steps, k_ranges, strides, batches, (gap, relu))| Case {
                inner,
                outer,
                columns,
                k_steps,
                k_ranges,
                strides,
                k_batch: batches.0,
                row_batch: batches.1,
                c_row_stride: columns + gap,
                relu,
            },
        )
}

/// All rows of a block, with the sums of its terms, literally.
fn sums<F: Scalar>(product: &GatherGemm<'_, F>, block: &RowBlock, b: &[F]) -> Vec<(Row, Vec<F>)> {
    let n = product.b.columns;
    let k_stride = match product.layout {
        LhsLayout::RowMajor => 1,
        LhsLayout::ColumnMajor { k_stride } => k_stride,
        LhsLayout::Packed => unreachable!("used by dense products only"),
    };
    let mut found = Vec::new();
    for sample in 0..product.row_batch.count {
        for outer in &product.rows[block.outer.clone()] {
            for inner in &product.rows[block.inner.clone()] {
                let batch = product.row_batch;
                let row = Row {
                    a: sample * batch.a + outer.a + inner.a,
                    c: sample * batch.c + outer.c + inner.c,
                };
                let mut sums = vec![F::zero(); n];
                for sample in 0..product.k_batch.count {
                    for step in &product.k_steps[block.k_steps.clone()] {
                        for range in &product.k_ranges[block.k_ranges.clone()] {
                            for k in 0..range.len {
                                let a = sample * product.k_batch.a + step.a + range.a;
                                let a = product.a[row.a + a + k * k_stride];
                                let b_row = sample * product.k_batch.b + step.b + range.b + k;
                                for (sum, &b) in sums.iter_mut().zip(&b[b_row * n..]) {
                                    *sum += a * b;
                                }
                            }
                        }
                    }
                }
                found.push((row, sums));
            }
        }
    }
    found
}

fn check<F: Scalar>(case: &Case) {
    let &Case {
        inner,
        ref outer,
        columns,
        ref k_steps,
        ref k_ranges,
        strides: [row_stride, k_stride],
        row_batch: [count, batch_a],
        k_batch,
        c_row_stride,
        relu,
    } = case;
    let layout = match k_stride {
        1 => LhsLayout::RowMajor,
        k_stride => LhsLayout::ColumnMajor { k_stride },
    };
    let a: Vec<F> = elements(5000, 1);
    let b: Vec<F> = elements(80 * columns, 2);
    let bias: Vec<F> = elements(columns, 3);
    let outer_c = inner * c_row_stride;
    let block_c = outer.len() * outer_c;
    let rows = (0..inner).map(|i| Row {
        a: i * row_stride,
        c: i * c_row_stride,
    });
    let outer_rows = outer
        .iter()
        .enumerate()
        .map(|(i, &a)| Row { a, c: i * outer_c });
    let later = outer.iter().enumerate().map(|(i, &a)| Row {
        a: a + 3,
        c: block_c + i * outer_c,
    });
    let rows: Vec<Row> = rows.chain(outer_rows).chain(later).collect();
    // two blocks: all terms, and all but the first further on
    let block = |first: usize, skip: usize| RowBlock {
        outer: first..first + outer.len(),
        inner: 0..inner,
        k_steps: skip.min(k_steps.len())..k_steps.len(),
        k_ranges: 0..k_ranges.len(),
    };
    let row_blocks = [block(inner, 0), block(inner + outer.len(), 1)];
    let row_batch = RowBatch {
        count,
        a: batch_a,
        c: 2 * block_c,
    };
    let given: Vec<F> = elements(count * 2 * block_c, 4);
    for init in [Init::Zero, Init::Bias(&bias), Init::Accumulate] {
        let (mut c, mut scratch) = (given.clone(), Vec::new());
        let product = GatherGemm {
            init,
            a: &a,
            layout,
            b: &PackedB::pack(&b, columns, &mut scratch),
            row_blocks: &row_blocks,
            rows: &rows,
            k_steps,
            k_ranges,
            row_batch,
            k_batch,
            relu,
        };
        product.run(&mut c);
        let mut expected = given.clone();
        for block in &row_blocks {
            for (row, sums) in sums(&product, block, &b) {
                for (j, &sum) in sums.iter().enumerate() {
                    let start = match init {
                        Init::Zero => F::zero(),
                        Init::Bias(bias) => bias[j],
                        Init::Accumulate => given[row.c + j],
                    };
                    let sum = start + sum;
                    expected[row.c + j] = if relu { sum.max(F::zero()) } else { sum };
                }
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
    GatherGemm {
        init: Init::Zero,
        a: &[1.0_f32; 4],
        layout: LhsLayout::RowMajor,
        b: &PackedB::pack(&[1.0; 6], 2, &mut scratch),
        row_blocks: &[RowBlock {
            outer: 0..1,
            inner: 0..2,
            k_steps: 0..1,
            k_ranges: 0..1,
        }],
        rows: &[Row { a: 0, c: 0 }, Row { a: 2, c: 2 }],
        k_steps: &[KStep { a: 0, b: 0 }],
        k_ranges: &[KRange { a: 0, b: 0, len: 3 }],
        row_batch: RowBatch::ONE,
        k_batch: KBatch::ONE,
        relu: false,
    }
    .run(&mut [0.0; 4]);
}
