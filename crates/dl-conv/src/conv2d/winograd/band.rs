//! Some rows of an image with zeros around it, as many pixels wide as all tiles reach.

use dl_core::Scalar;

use crate::geometry::Size;

/// Where an image is in its bands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) image: Size,
    /// Numbers of a pixel.
    pub(super) channels: usize,
    /// The same in the band, which has room for more.
    pub(super) room: usize,
    /// Rows above the image, columns before it.
    pub(super) before: Size,
    /// Pixels of a row of the band.
    pub(super) width: usize,
}

impl Frame {
    /// Elements in `rows` rows of a band.
    pub(super) fn elements(&self, rows: usize) -> usize {
        rows * self.width * self.room
    }

    /// Elements of the image.
    pub(super) fn image_elements(&self) -> usize {
        self.image.height * self.image.width * self.channels
    }

    /// The band's rows from `first` on, counted from above the image.
    pub(super) fn read<F: Scalar>(&self, image: &[F], first: usize, band: &mut [F]) {
        for (i, row) in band.chunks_exact_mut(self.width * self.room).enumerate() {
            let Some(y) = self.image_row(first + i) else {
                row.fill(F::zero());
                continue;
            };
            let pixels = &image[y * self.image.width * self.channels..];
            let pixels = &pixels[..self.image.width * self.channels];
            let (left, rest) = row.split_at_mut(self.before.width * self.room);
            let (inner, right) = rest.split_at_mut(self.image.width * self.room);
            left.fill(F::zero());
            right.fill(F::zero());
            if self.room == self.channels {
                inner.copy_from_slice(pixels);
                continue;
            }
            let pixels = pixels.chunks_exact(self.channels);
            for (to, from) in inner.chunks_exact_mut(self.room).zip(pixels) {
                let (channels, beside) = to.split_at_mut(self.channels);
                channels.copy_from_slice(from);
                beside.fill(F::zero());
            }
        }
    }

    /// Writes the rows of a band to where they are in the image, those beside it nowhere.
    pub(super) fn write<F: Scalar>(&self, band: &[F], first: usize, image: &mut [F]) {
        for (i, row) in band.chunks_exact(self.width * self.room).enumerate() {
            let Some(y) = self.image_row(first + i) else {
                continue;
            };
            let pixels = &mut image[y * self.image.width * self.channels..];
            let pixels = &mut pixels[..self.image.width * self.channels];
            let inner = &row[self.before.width * self.room..][..self.image.width * self.room];
            if self.room == self.channels {
                pixels.copy_from_slice(inner);
                continue;
            }
            let pixels = pixels.chunks_exact_mut(self.channels);
            for (to, from) in pixels.zip(inner.chunks_exact(self.room)) {
                to.copy_from_slice(&from[..self.channels]);
            }
        }
    }

    fn image_row(&self, row: usize) -> Option<usize> {
        let y = row.checked_sub(self.before.height)?;
        (y < self.image.height).then_some(y)
    }
}
