//! The tiles against the sum, literally.

use super::*;
use ndarray::Array2;
use proptest::prelude::*;

/// Small whole numbers, so that sums are exact in any order.
fn numbers<F: Scalar>(n: usize, seed: usize) -> Vec<F> {
    let number = |i: usize| ((i * 31 + seed * 17) % 23) as f64 - 11.0;
    (0..n).map(|i| F::of(number(i))).collect()
}

#[derive(Debug, Clone)]
struct Case {
    rows: usize,
    columns: usize,
    segments: Vec<Segment>,
    layout: Layout,
    repeat: Repeat,
    c_row: usize,
    rectify: bool,
}

fn cases() -> impl Strategy<Value = Case> {
    let segment = (0..40_usize, 0..20_usize, 0..20_usize);
    let segment = segment.prop_map(|(a, b, length)| Segment { a, b, length });
    let layout = prop_oneof![
        (0..50_usize).prop_map(|row| Layout::Rows { row }),
        (0..50_usize).prop_map(|term| Layout::Columns { term }),
    ];
    let repeat = (1..4_usize, 0..20_usize, 0..10_usize);
    let repeat = repeat.prop_map(|(count, a, b)| Repeat { count, a, b });
    let segments = prop::collection::vec(segment, 0..5);
    (
        1..30_usize,
        1..150_usize,
        segments,
        layout,
        repeat,
        (0..9_usize, any::<bool>()),
    )
        .prop_map(
            |(rows, columns, segments, layout, repeat, (gap, rectify))| Case {
                rows,
                columns,
                segments,
                layout,
                repeat,
                c_row: columns + gap,
                rectify,
            },
        )
}

fn check<F: Scalar>(case: &Case) {
    let Case {
        rows,
        columns,
        ref segments,
        layout,
        repeat,
        c_row,
        rectify,
    } = *case;
    let (row, term) = match layout {
        Layout::Rows { row } => (row, 1),
        Layout::Columns { term } => (1, term),
    };
    // two runs: all segments at the start, and all but the first further on
    let last = segments.len();
    let run = |a, c, segments| Run { a, c, segments };
    let runs = [run(0, 0, 0..last), run(3, rows * c_row, 1.min(last)..last)];
    let a: Vec<F> = numbers(4000, 1);
    let depth = 60;
    let b: Vec<F> = numbers(depth * columns, 2);
    let start: Vec<F> = numbers(columns, 3);
    let given: Vec<F> = numbers(2 * rows * c_row, 4);
    for from in [From::Zero, From::Row(&start), From::Given] {
        let mut c = given.clone();
        let mut scratch = Vec::new();
        Product {
            from,
            a: &a,
            layout,
            b: &Panels::new(&b, columns, &mut scratch),
            runs: &runs,
            rows,
            segments,
            repeat,
            c_row,
            rectify,
        }
        .write(&mut c);
        let mut expected = given.clone();
        for run in &runs {
            for (i, j) in (0..rows).flat_map(|i| (0..columns).map(move |j| (i, j))) {
                let at = run.c + i * c_row + j;
                let mut sum = match from {
                    From::Zero => F::zero(),
                    From::Row(start) => start[j],
                    From::Given => given[at],
                };
                for time in 0..repeat.count {
                    for s in &segments[run.segments.clone()] {
                        for k in 0..s.length {
                            let a = a[time * repeat.a + run.a + s.a + i * row + k * term];
                            sum += a * b[(time * repeat.b + s.b + k) * columns + j];
                        }
                    }
                }
                expected[at] = if rectify { sum.max(F::zero()) } else { sum };
            }
        }
        assert_eq!(c, expected, "{from:?}");
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
        let b: Vec<f64> = numbers(columns * depth, 5);
        let b = Array2::from_shape_vec((columns, depth), b).unwrap();
        let twice = ndarray::concatenate![ndarray::Axis(0), b.t(), b.t()];
        let twice: Vec<f64> = twice.iter().copied().collect();
        let (mut one, mut other) = (Vec::new(), Vec::new());
        let expected = Panels::new(&twice, columns, &mut one);
        let stacked = Panels::stack([b.t(), b.t()].into_iter(), 2 * depth, columns, &mut other);
        prop_assert_eq!(stacked.values, expected.values);
    }
}

#[test]
#[should_panic(expected = "out of range")]
fn what_leads_outside_panics() {
    let mut scratch = Vec::new();
    let segment = Segment {
        a: 0,
        b: 0,
        length: 3,
    };
    Product {
        from: From::Zero,
        a: &[1.0_f32; 4],
        layout: Layout::Rows { row: 2 },
        b: &Panels::new(&[1.0; 6], 2, &mut scratch),
        runs: &[Run {
            a: 0,
            c: 0,
            segments: 0..1,
        }],
        rows: 2,
        segments: &[segment],
        repeat: Repeat::ONCE,
        c_row: 2,
        rectify: false,
    }
    .write(&mut [0.0; 4]);
}
