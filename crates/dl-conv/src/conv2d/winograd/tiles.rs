//! Transforms of many tiles: between a band of an image, where their patches overlap, and planes, one for each element
//! of the transformed tiles.

use std::marker::PhantomData;

use dl_core::Scalar;
use dl_core::simd::arch;
use pulp::{Simd, WithSimd};

use super::ELEMENTS;
use super::transforms::Transform;

/// Some rows of tiles. Tile (i, j) of them is about the pixels from (2i, 2j) on of a band of pixels `[height, width,
/// channels]`; its element e stands at `e·stride + (i·columns + j)·channels` of the planes. The channels are a whole
/// number of vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tiles {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) channels: usize,
    /// Of the band, in pixels.
    pub(super) width: usize,
    /// From one plane to the next.
    pub(super) stride: usize,
}

/// T·d·Tᵀ of each tile's N×N pixels d.
pub(super) fn to_planes<F: Scalar, T: Transform<N, 4>, const N: usize>(
    tiles: Tiles,
    band: &[F],
    planes: &mut [F],
) {
    arch().dispatch(ToPlanes::<F, T, N> {
        tiles,
        band,
        planes,
        transform: PhantomData,
    });
}

struct ToPlanes<'a, F, T, const N: usize> {
    tiles: Tiles,
    band: &'a [F],
    planes: &'a mut [F],
    transform: PhantomData<T>,
}

impl<F: Scalar, T: Transform<N, 4>, const N: usize> WithSimd for ToPlanes<'_, F, T, N> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let band = F::vectors::<S>(self.band).0;
        let mut planes = self.planes.chunks_exact_mut(self.tiles.stride);
        let mut planes: [&mut [F::Vector<S>]; ELEMENTS] =
            std::array::from_fn(|_| F::vectors_mut::<S>(planes.next().expect("16 planes")).0);
        for tile in self.tiles.each(F::lanes::<S>()) {
            let d = tile.pixels::<_, N>(band);
            let v = tile.elements_mut(&mut planes);
            for c in 0..tile.vectors {
                let mut pixels = [[F::splat(simd, F::zero()); N]; N];
                for i in 0..N {
                    for j in 0..N {
                        pixels[i][j] = d[i][j][c];
                    }
                }
                let transformed = T::both_sides::<F, S>(simd, pixels);
                for i in 0..4 {
                    for j in 0..4 {
                        v[4 * i + j][c] = transformed[i][j];
                    }
                }
            }
        }
    }
}

/// How T·m·Tᵀ is written to its pixels.
#[derive(Debug, Clone, Copy)]
pub(super) enum Write<'a, F> {
    /// It replaces them, with one bias per channel added, and with ReLU if asked for.
    Output { bias: &'a [F], relu: bool },
    /// It is added to them.
    Add,
}

/// T·m·Tᵀ of each tile m, to its M×M pixels.
pub(super) fn from_planes<F: Scalar, T: Transform<4, M>, const M: usize>(
    tiles: Tiles,
    planes: &[F],
    write: Write<'_, F>,
    band: &mut [F],
) {
    arch().dispatch(FromPlanes::<F, T, M> {
        tiles,
        planes,
        write,
        band,
        transform: PhantomData,
    });
}

struct FromPlanes<'a, F, T, const M: usize> {
    tiles: Tiles,
    planes: &'a [F],
    write: Write<'a, F>,
    band: &'a mut [F],
    transform: PhantomData<T>,
}

impl<F: Scalar, T: Transform<4, M>, const M: usize> WithSimd for FromPlanes<'_, F, T, M> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let band = F::vectors_mut::<S>(self.band).0;
        let mut planes = self.planes.chunks_exact(self.tiles.stride);
        let planes: [&[F::Vector<S>]; ELEMENTS] =
            std::array::from_fn(|_| F::vectors::<S>(planes.next().expect("16 planes")).0);
        let (bias, relu) = match self.write {
            Write::Output { bias, relu } => (Some(F::vectors::<S>(bias).0), relu),
            Write::Add => (None, false),
        };
        for tile in self.tiles.each(F::lanes::<S>()) {
            let m = tile.elements(&planes);
            for c in 0..tile.vectors {
                let mut elements = [[F::splat(simd, F::zero()); 4]; 4];
                for i in 0..4 {
                    for j in 0..4 {
                        elements[i][j] = m[4 * i + j][c];
                    }
                }
                let transformed = T::both_sides::<F, S>(simd, elements);
                for i in 0..M {
                    for j in 0..M {
                        let pixel = &mut band[tile.pixel(i, j) + c];
                        let sum = match bias {
                            Some(bias) => F::vector_add(simd, bias[c], transformed[i][j]),
                            None => F::vector_add(simd, *pixel, transformed[i][j]),
                        };
                        *pixel = if relu { F::relu(simd, sum) } else { sum };
                    }
                }
            }
        }
    }
}

/// Where a tile stands, in vectors.
#[derive(Clone, Copy)]
struct Tile {
    /// In the band.
    first: usize,
    /// From one row of pixels to the next.
    row: usize,
    /// In each plane.
    element: usize,
    /// Of a pixel.
    vectors: usize,
}

impl Tile {
    #[inline(always)]
    fn pixel(self, i: usize, j: usize) -> usize {
        self.first + i * self.row + j * self.vectors
    }

    /// The N×N pixels, all of equal length, so that no loop over them checks bounds.
    #[inline(always)]
    fn pixels<V, const N: usize>(self, band: &[V]) -> [[&[V]; N]; N] {
        let mut pixels: [[&[V]; N]; N] = [[&[]; N]; N];
        for i in 0..N {
            for j in 0..N {
                pixels[i][j] = &band[self.pixel(i, j)..][..self.vectors];
            }
        }
        pixels
    }

    /// Its elements, likewise.
    #[inline(always)]
    fn elements<'a, V>(self, planes: &[&'a [V]; ELEMENTS]) -> [&'a [V]; ELEMENTS] {
        let mut elements: [&[V]; ELEMENTS] = [&[]; ELEMENTS];
        for e in 0..ELEMENTS {
            elements[e] = &planes[e][self.element..][..self.vectors];
        }
        elements
    }

    #[inline(always)]
    fn elements_mut<'a, V>(self, planes: &'a mut [&mut [V]; ELEMENTS]) -> [&'a mut [V]; ELEMENTS] {
        let mut elements: [&mut [V]; ELEMENTS] = Default::default();
        for (element, plane) in elements.iter_mut().zip(planes) {
            *element = &mut plane[self.element..][..self.vectors];
        }
        elements
    }
}

impl Tiles {
    /// The elements of all planes together.
    pub(super) fn elements(self) -> usize {
        ELEMENTS * self.stride
    }

    /// How many there are.
    pub(super) fn count(self) -> usize {
        self.rows * self.columns
    }

    /// All tiles, row by row.
    #[inline(always)]
    fn each(self, lanes: usize) -> impl Iterator<Item = Tile> {
        let vectors = self.channels / lanes;
        (0..self.rows).flat_map(
            #[inline(always)]
            move |row| {
                (0..self.columns).map(
                    #[inline(always)]
                    move |column| Tile {
                        first: (2 * row * self.width + 2 * column) * vectors,
                        row: self.width * vectors,
                        element: (row * self.columns + column) * vectors,
                        vectors,
                    },
                )
            },
        )
    }
}
