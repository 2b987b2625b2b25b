//! Decompresses bytes on one thread while another converts them to floats.

use std::{
    io::Read,
    sync::mpsc::{SyncSender, sync_channel},
    thread,
};

use dl_core::Scalar;
use ndarray::Array4;

use super::MnistError;
use crate::idx::{IdxError, IdxReader, grow};

const SIDE: usize = 28;
const IMAGE: usize = SIDE * SIDE;
/// Images per block passed between the threads.
const BLOCK: usize = 256;

/// The images of a file of shape `[n, 28, 28]`, as `[n, 28, 28, 1]` in 0..=1.
pub(super) fn read<F: Scalar>(
    file: IdxReader<impl Read + Send>,
    transposed: bool,
) -> Result<Array4<F>, MnistError> {
    let count = file.shape()[0];
    // a lookup table of byte / 255, each rounded once
    let scaled: [F; 256] = std::array::from_fn(|byte| F::cast(byte as f64) / F::cast(255.));
    let mut pixels: Vec<F> = Vec::new();
    thread::scope(|scope| {
        let (blocks, unpacked) = sync_channel::<Vec<u8>>(2);
        let unpacking = scope.spawn(move || unpack(file, &blocks));
        for mut block in unpacked {
            if transposed {
                block.chunks_exact_mut(IMAGE).for_each(transpose);
            }
            grow(&mut pixels, block.len(), count * IMAGE).map_err(MnistError::Memory)?;
            pixels.extend(block.iter().map(|&byte| scaled[usize::from(byte)]));
        }
        unpacking.join().expect("unpacking does not panic")?;
        Ok::<_, MnistError>(())
    })?;
    let images = Array4::from_shape_vec((count, SIDE, SIDE, 1), pixels);
    Ok(images.expect("the reader counts the values"))
}

fn unpack(mut file: IdxReader<impl Read>, blocks: &SyncSender<Vec<u8>>) -> Result<(), IdxError> {
    loop {
        let mut block = Vec::new();
        if file.read_values(BLOCK * IMAGE, &mut block)? == 0 {
            return Ok(());
        }
        if blocks.send(block).is_err() {
            return Ok(()); // the receiver is gone
        }
    }
}

fn transpose(image: &mut [u8]) {
    for row in 0..SIDE {
        for column in 0..row {
            image.swap(row * SIDE + column, column * SIDE + row);
        }
    }
}
