//! 3×3 convolutions of stride 1 with fewer multiplications: Winograd's minimal filtering F(2×2, 3×3) (Lavin, Gray
//! 2016, "Fast Algorithms for Convolutional Neural Networks", algorithm 1).
//!
//! The output is cut into tiles of 2×2 pixels; each sees a patch d of 4×4 input pixels, tiles' patches overlap. With
//! the [matrices](transforms) A, B, G and the kernel g of a channel and a filter,
//!
//! ```text
//! U = G·g·Gᵀ    V = Bᵀ·d·B    M = Σ over channels U ⊙ V    Y = Aᵀ·M·A
//! ```
//!
//! Element by element of the 4×4, the third is a matrix product `[tiles, channels]·[channels, filters]`: 16
//! multiplications for 4 output pixels instead of 36. All four are linear, so the gradients are their transposes:
//!
//! ```text
//! ∂M = A·∂Y·Aᵀ    ∂U = Vᵀ·∂M    ∂g = Gᵀ·∂U·G    ∂V = ∂M·Uᵀ    ∂d = B·∂V·Bᵀ, summed where patches overlap
//! ```

mod band;
mod kernel;
mod plan;
mod products;
mod tiles;
mod transforms;

use std::ops::Range;

use dl_core::Scalar;
use dl_core::gemm::Packings;
use ndarray::ArrayView2;

use self::band::Frame;
use self::kernel::add_transformed;
pub(super) use self::plan::elements;
use self::plan::{band, frames, planes, tiles};
use self::products::{Products, accumulate, multiply};
use self::tiles::{Tiles, Write, from_planes, to_planes};
use self::transforms::{Input, InputGradient, Kernel, KernelGradient, Output, OutputGradient};
use super::plan::Channels;
use crate::geometry::Geometry;

/// Elements of a transformed tile, 4×4.
const ELEMENTS: usize = 16;

/// A convolution that goes this way.
#[derive(Debug, Clone)]
pub(super) struct Winograd<F> {
    channels: Channels,
    /// Of the input and of the output.
    frames: [Frame; 2],
    /// Rows of tiles.
    rows: usize,
    /// How many of them make a band, and what is done with it.
    band: usize,
    whole: Plan,
    /// The same for the last rows, where they are fewer.
    last: Plan,
    /// No bias.
    zeros: Vec<F>,
}

/// What is done with a band.
#[derive(Debug, Clone)]
struct Plan {
    /// Of the input and of the output.
    tiles: [Tiles; 2],
    products: Products,
}

/// Memory that a thread works in.
pub(super) type Scratch<F> = [Vec<F>; 5];

impl<F: Scalar> Winograd<F> {
    /// `None` where it cannot be done so, or not faster.
    pub(super) fn new(geometry: Geometry, channels: Channels) -> Option<Self> {
        let tiles = tiles(&geometry, channels)?;
        let frames = frames(&geometry, channels, tiles);
        let band = band(tiles, channels);
        let plan = |rows: usize| {
            let tiles = planes(rows, tiles.width, frames);
            Plan {
                tiles,
                products: Products::new(tiles, channels),
            }
        };
        Some(Self {
            channels,
            frames,
            rows: tiles.height,
            band,
            whole: plan(band),
            last: plan(tiles.height % band),
            zeros: vec![F::zero(); frames[1].room],
        })
    }

    /// Y = X ∗ K + b, or its positive part.
    pub(super) fn convolve(
        &self,
        x: &[F],
        kernel: &[F],
        (bias, relu): (Option<&[F]>, bool),
        y: &mut [F],
        packings: &mut Packings<F>,
        [v, m, u, pixels, padded_bias]: &mut Scratch<F>,
    ) {
        let Channels {
            inputs, filters, ..
        } = self.channels;
        let u = packings.pack_each(0, ELEMENTS, [inputs, filters], || {
            transformed(kernel, u, inputs)
        });
        padded_bias.clear();
        padded_bias.extend_from_slice(bias.unwrap_or(&self.zeros[..filters]));
        padded_bias.resize(self.zeros.len(), F::zero());
        for (x, y) in self.images(x, 0).zip(self.images_mut(y, 1)) {
            for (rows, plan) in self.bands() {
                self.read::<Input, 4>(0, x, rows.start, plan, pixels, v);
                let [from, to] = plan.tiles;
                let m = first(m, to.elements());
                let output = &plan.products.output;
                multiply(output, (v, from.stride), u.clone(), (m, to.stride));
                let frame = &self.frames[1];
                let pixels = first(pixels, frame.elements(2 * to.rows));
                let write = Write::Output {
                    bias: padded_bias,
                    relu,
                };
                from_planes::<F, Output, 2>(to, m, write, pixels);
                frame.write(pixels, 2 * rows.start, y);
            }
        }
    }

    /// ∂L/∂K += Xᵀ ∗ δ.
    pub(super) fn add_kernel_gradient(
        &self,
        x: &[F],
        delta: &[F],
        gradient: &mut [F],
        [v, m, u, pixels, panels]: &mut Scratch<F>,
    ) {
        let Channels {
            inputs, filters, ..
        } = self.channels;
        u.clear();
        u.resize(ELEMENTS * inputs * filters, F::zero());
        for (x, delta) in self.images(x, 0).zip(self.images(delta, 1)) {
            for (rows, plan) in self.bands() {
                self.read::<Input, 4>(0, x, rows.start, plan, pixels, v);
                self.read::<OutputGradient, 2>(1, delta, rows.start, plan, pixels, m);
                let [from, to] = plan.tiles;
                let pattern = &plan.products.kernel_gradient;
                accumulate(pattern, (v, from.stride), (m, to), filters, panels, u);
            }
        }
        add_transformed::<F, KernelGradient, 4, 3>(u, gradient);
    }

    /// ∂L/∂X = δ ∗ K, flipped and transposed.
    pub(super) fn input_gradient(
        &self,
        delta: &[F],
        kernel: &[F],
        dx: &mut [F],
        packings: &mut Packings<F>,
        [v, m, u, pixels, sums]: &mut Scratch<F>,
    ) {
        let Channels {
            inputs, filters, ..
        } = self.channels;
        let u = packings.pack_each(1, ELEMENTS, [filters, inputs], || {
            transformed(kernel, u, inputs).map(ArrayView2::reversed_axes)
        });
        let frame = &self.frames[0];
        // two rows more than those of the tiles: the next band adds to them, too
        let common = frame.elements(2);
        for (delta, dx) in self.images(delta, 1).zip(self.images_mut(dx, 0)) {
            sums.clear();
            for (rows, plan) in self.bands() {
                self.read::<OutputGradient, 2>(1, delta, rows.start, plan, pixels, m);
                let [to, from] = plan.tiles;
                let v = first(v, to.elements());
                let gradient = &plan.products.input_gradient;
                multiply(gradient, (m, from.stride), u.clone(), (v, to.stride));
                let done = frame.elements(2 * to.rows);
                sums.resize(done + common, F::zero());
                from_planes::<F, InputGradient, 4>(to, v, Write::Add, sums);
                if rows.end == self.rows {
                    frame.write(sums, 2 * rows.start, dx);
                } else {
                    frame.write(&sums[..done], 2 * rows.start, dx);
                    sums.copy_within(done.., 0);
                    sums.truncate(common);
                }
            }
        }
    }

    /// The planes of a band from this row of tiles on, of the input (0) or the output's gradient (1).
    fn read<T: transforms::Transform<N, 4>, const N: usize>(
        &self,
        which: usize,
        image: &[F],
        row: usize,
        plan: &Plan,
        pixels: &mut Vec<F>,
        planes: &mut Vec<F>,
    ) {
        let (frame, tiles) = (&self.frames[which], plan.tiles[which]);
        let pixels = first(pixels, frame.elements(2 * tiles.rows + N - 2));
        frame.read(image, 2 * row, pixels);
        to_planes::<F, T, N>(tiles, pixels, first(planes, tiles.elements()));
    }

    /// An image's rows of tiles, some at a time.
    fn bands(&self) -> impl Iterator<Item = (Range<usize>, &Plan)> {
        (0..self.rows).step_by(self.band).map(|first| {
            let end = self.rows.min(first + self.band);
            let plan = match end - first == self.band {
                true => &self.whole,
                false => &self.last,
            };
            (first..end, plan)
        })
    }

    /// The images of a batch of inputs (0) or outputs (1).
    fn images<'a>(&self, batch: &'a [F], which: usize) -> impl Iterator<Item = &'a [F]> {
        batch.chunks_exact(self.frames[which].image_elements())
    }

    fn images_mut<'a>(
        &self,
        batch: &'a mut [F],
        which: usize,
    ) -> impl Iterator<Item = &'a mut [F]> {
        batch.chunks_exact_mut(self.frames[which].image_elements())
    }
}

/// The first elements of a buffer, which has at least that many.
fn first<F: Scalar>(buffer: &mut Vec<F>, elements: usize) -> &mut [F] {
    if buffer.len() < elements {
        buffer.resize(elements, F::zero());
    }
    &mut buffer[..elements]
}

/// U: a matrix `[channels, filters]` for each element.
fn transformed<'a, F: Scalar>(
    kernel: &[F],
    u: &'a mut Vec<F>,
    inputs: usize,
) -> impl Iterator<Item = ArrayView2<'a, F>> + Clone {
    let size = kernel.len() / 9;
    u.clear();
    u.resize(ELEMENTS * size, F::zero());
    add_transformed::<F, Kernel, 3, 4>(kernel, u);
    let shape = (inputs, size / inputs);
    u.chunks_exact(size)
        .map(move |matrix| ArrayView2::from_shape(shape, matrix).expect("as many elements"))
}
