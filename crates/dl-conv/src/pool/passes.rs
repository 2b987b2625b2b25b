//! The passes of a window over images, several channels at a time.

use dl_core::Scalar;
use dl_core::simd::arch;
use pulp::NullaryFnOnce;

use super::plan::{Span, WindowPlan};

/// Channels that are worked on side by side: two registers of `f32` on the widest machines.
const LANES: usize = 32;

/// Windows of up to this many pixels are one run.
const SMALL: usize = 16;

/// Pixels of a row that are reduced, in larger windows, before they are joined to those before them.
const RUN: usize = 4;

/// How the pixels of a window become one number, and how its gradient goes back to them.
pub(crate) trait Reduce<F>: Copy + Send + Sync {
    /// What runs of pixels are joined in: wide enough for the sum of a whole image.
    type Total: Copy;

    /// The number of the pixels so far, with one more.
    fn add(self, sum: F, pixel: F) -> F;

    /// A run of pixels by itself.
    fn total(self, run: F) -> Self::Total;

    /// The runs so far, with one more.
    fn join(self, total: Self::Total, run: F) -> Self::Total;

    /// The number of all runs.
    fn number(self, total: Self::Total) -> F;

    /// The result of a window that sees `taps` pixels of the image.
    fn finish(self, sum: F, taps: usize) -> F;

    /// What the pixels of that window share of the result's gradient.
    fn share(self, dy: F, taps: usize) -> F;

    /// A pixel's part, and what is left for the pixels after it.
    fn part(self, pixel: F, y: F, left: F) -> (F, F);
}

/// Pools images `x` to `y`.
pub(crate) fn forward<F: Scalar>(reduce: impl Reduce<F>, plan: &WindowPlan, x: &[F], y: &mut [F]) {
    arch().dispatch(Forward { reduce, plan, x, y });
}

/// Gradients of up to this many overlapping windows are summed in their own type; those of more in `f64`.
const FEW: usize = 64;

/// From ∂L/∂y to ∂L/∂x, which is overwritten.
pub(crate) fn backward<F: Scalar>(
    reduce: impl Reduce<F>,
    plan: &WindowPlan,
    [x, y, dy]: [&[F]; 3],
    dx: &mut [F],
) {
    if plan.overlaps <= FEW {
        return arch().dispatch(Backward {
            reduce,
            plan,
            x,
            y,
            dy,
            dx,
        });
    }
    let elements = plan.image.elements();
    let outputs = plan.rows.len() * plan.columns.len() * plan.image.channels;
    let mut sums = vec![0.0; elements];
    let results = y.chunks_exact(outputs).zip(dy.chunks_exact(outputs));
    let images = x.chunks_exact(elements).zip(dx.chunks_exact_mut(elements));
    for ((x, image), (y, dy)) in images.zip(results) {
        arch().dispatch(Backward {
            reduce,
            plan,
            x,
            y,
            dy,
            dx: &mut sums,
        });
        for (dx, &sum) in image.iter_mut().zip(&sums) {
            *dx = F::cast(sum);
        }
    }
}

/// The taps of one position, from the first.
#[derive(Clone, Copy)]
struct Taps {
    /// Rows and columns of taps.
    counts: [usize; 2],
    /// Numbers from row to row and from column to column.
    strides: [usize; 2],
    /// Pixels seen, or counted as seen.
    number: usize,
}

impl Taps {
    #[inline(always)]
    fn new(plan: &WindowPlan, row: Span, column: Span) -> Self {
        Self {
            counts: [row.taps, column.taps],
            strides: plan.strides(),
            number: row.taps * column.taps,
        }
    }
}

// Types of their own and plain loops, no closures: the compiler would not inline those into the
// code with the vector instructions.
struct Forward<'a, F, R> {
    reduce: R,
    plan: &'a WindowPlan,
    x: &'a [F],
    y: &'a mut [F],
}

impl<F: Scalar, R: Reduce<F>> NullaryFnOnce for Forward<'_, F, R> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { reduce, plan, x, y } = self;
        let channels = plan.image.channels;
        let outputs = plan.rows.len() * plan.columns.len() * channels;
        let images = x.chunks_exact(plan.image.elements());
        for (x, y) in images.zip(y.chunks_exact_mut(outputs)) {
            let mut results = y.chunks_exact_mut(channels);
            for &row in &plan.rows {
                for (&column, y) in plan.columns.iter().zip(&mut results) {
                    let taps = Taps::new(plan, row, column);
                    let x = &x[plan.number_at(row.start, column.start)..];
                    let done = pool::<F, R, LANES>(reduce, taps, x, y, 0);
                    let done = pool::<F, R, 8>(reduce, taps, x, y, done);
                    let done = pool::<F, R, 4>(reduce, taps, x, y, done);
                    pool::<F, R, 1>(reduce, taps, x, y, done);
                }
            }
        }
    }
}

/// Pools one window's channels from `channel` on, N at a time; the first channel not done.
#[inline(always)]
fn pool<F: Scalar, R: Reduce<F>, const N: usize>(
    reduce: R,
    taps: Taps,
    x: &[F],
    y: &mut [F],
    mut channel: usize,
) -> usize {
    while channel + N <= y.len() {
        // with the usual counts known to the compiler, the sums stay in registers
        let sum = match taps.counts {
            [2, 2] => window::<F, R, N>(reduce, [2, 2], taps.strides, x, channel),
            [3, 3] => window::<F, R, N>(reduce, [3, 3], taps.strides, x, channel),
            counts => window::<F, R, N>(reduce, counts, taps.strides, x, channel),
        };
        for c in 0..N {
            y[channel + c] = reduce.finish(sum[c], taps.number);
        }
        channel += N;
    }
    channel
}

/// The sums of one window's channels from `channel` on, in runs where there are many pixels.
#[inline(always)]
fn window<F: Scalar, R: Reduce<F>, const N: usize>(
    reduce: R,
    counts: [usize; 2],
    strides: [usize; 2],
    x: &[F],
    channel: usize,
) -> [F; N] {
    if counts[0] * counts[1] <= SMALL {
        let mut sum = *lanes::<F, N>(x, channel);
        for i in 0..counts[0] {
            for j in usize::from(i == 0)..counts[1] {
                let at = i * strides[0] + j * strides[1] + channel;
                let pixel = lanes::<F, N>(x, at);
                for c in 0..N {
                    sum[c] = reduce.add(sum[c], pixel[c]);
                }
            }
        }
        return sum;
    }
    let mut totals: Option<[R::Total; N]> = None;
    for i in 0..counts[0] {
        for first in (0..counts[1]).step_by(RUN) {
            let at = i * strides[0] + channel;
            let mut run = *lanes::<F, N>(x, at + first * strides[1]);
            for j in first + 1..counts[1].min(first + RUN) {
                let pixel = lanes::<F, N>(x, at + j * strides[1]);
                for c in 0..N {
                    run[c] = reduce.add(run[c], pixel[c]);
                }
            }
            totals = Some(match totals {
                None => run.map(
                    #[inline(always)]
                    |run| reduce.total(run),
                ),
                Some(mut totals) => {
                    for c in 0..N {
                        totals[c] = reduce.join(totals[c], run[c]);
                    }
                    totals
                }
            });
        }
    }
    let totals = totals.expect("a window sees a pixel");
    totals.map(
        #[inline(always)]
        |total| reduce.number(total),
    )
}

/// With ∂L/∂x in F or in `f64`.
struct Backward<'a, F, R, T> {
    reduce: R,
    plan: &'a WindowPlan,
    x: &'a [F],
    y: &'a [F],
    dy: &'a [F],
    dx: &'a mut [T],
}

impl<F: Scalar, R: Reduce<F>, T: Scalar> NullaryFnOnce for Backward<'_, F, R, T> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { reduce, plan, .. } = self;
        let channels = plan.image.channels;
        let outputs = plan.rows.len() * plan.columns.len() * channels;
        let elements = plan.image.elements();
        let inputs = self.x.chunks_exact(elements);
        let inputs = inputs.zip(self.dx.chunks_exact_mut(elements));
        let results = self.y.chunks_exact(outputs);
        let results = results.zip(self.dy.chunks_exact(outputs));
        for ((x, dx), (y, dy)) in inputs.zip(results) {
            if !plan.partition {
                dx.fill(T::zero());
            }
            let mut results = y.chunks_exact(channels).zip(dy.chunks_exact(channels));
            for &row in &plan.rows {
                for (&column, (y, dy)) in plan.columns.iter().zip(&mut results) {
                    let first = plan.number_at(row.start, column.start);
                    let window = Window {
                        taps: Taps::new(plan, row, column),
                        add: !plan.disjoint,
                        x: &x[first..],
                        y,
                        dy,
                    };
                    let dx = &mut dx[first..];
                    let done = unpool::<F, R, T, LANES>(reduce, &window, dx, 0);
                    let done = unpool::<F, R, T, 8>(reduce, &window, dx, done);
                    let done = unpool::<F, R, T, 4>(reduce, &window, dx, done);
                    unpool::<F, R, T, 1>(reduce, &window, dx, done);
                }
            }
        }
    }
}

/// One output position in the backward pass.
struct Window<'a, F> {
    taps: Taps,
    /// Other positions see the pixels, too.
    add: bool,
    x: &'a [F],
    y: &'a [F],
    dy: &'a [F],
}

/// The backward pass of [`pool`].
#[inline(always)]
fn unpool<F: Scalar, R: Reduce<F>, T: Scalar, const N: usize>(
    reduce: R,
    window: &Window<'_, F>,
    dx: &mut [T],
    mut channel: usize,
) -> usize {
    let Taps {
        counts,
        strides,
        number,
    } = window.taps;
    while channel + N <= window.y.len() {
        let y = lanes::<F, N>(window.y, channel);
        let mut left = *lanes::<F, N>(window.dy, channel);
        for dy in &mut left {
            *dy = reduce.share(*dy, number);
        }
        for i in 0..counts[0] {
            for j in 0..counts[1] {
                let at = i * strides[0] + j * strides[1] + channel;
                let pixel = lanes::<F, N>(window.x, at);
                let dx = dx[at..].first_chunk_mut::<N>().expect("inside the image");
                for c in 0..N {
                    let (part, rest) = reduce.part(pixel[c], y[c], left[c]);
                    let part = T::cast(part.as_f64());
                    dx[c] = if window.add { dx[c] + part } else { part };
                    left[c] = rest;
                }
            }
        }
        channel += N;
    }
    channel
}

#[inline(always)]
fn lanes<F, const N: usize>(elements: &[F], at: usize) -> &[F; N] {
    elements[at..].first_chunk().expect("inside the image")
}
