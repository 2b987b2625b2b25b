//! Buffers lent to blocks.

use std::sync::{Mutex, PoisonError};

use dl_core::Scalar;

use super::block::{Block, BlockBuffers};
use crate::model::NamedLayer;

/// Buffers that no block holds: as many as blocks ran at the same time, so that those in use stay in cache.
#[derive(Debug, Default)]
pub(super) struct BufferPool<F>(Mutex<Vec<BlockBuffers<F>>>);

/// A copy starts empty.
impl<F> Clone for BufferPool<F> {
    fn clone(&self) -> Self {
        Self(Mutex::default())
    }
}

impl<F: Scalar> BufferPool<F> {
    /// The buffers that a block holds, else the most recently released, else new ones.
    pub(super) fn acquire(
        &self,
        block: &mut Block<F>,
        run: &[NamedLayer<F>],
        block_size: usize,
    ) -> BlockBuffers<F> {
        let free = || self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let buffers = block.buffers.take().or_else(free);
        buffers.unwrap_or_else(|| BlockBuffers::new(run, block_size))
    }

    pub(super) fn release(&self, buffers: BlockBuffers<F>) {
        let mut free = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        free.push(buffers);
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut BlockBuffers<F>> {
        let free = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        free.iter_mut()
    }
}
