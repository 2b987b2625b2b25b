//! Batches augmented on a background thread while the caller trains on earlier ones.

use std::{
    fmt, panic,
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{Builder, JoinHandle},
};

use dl_core::{Scalar, instantiate};
use ndarray::{Array1, Array4, Axis};

use super::{AugmentError, Augmenter};
use crate::{Batches, ImageDataset, check::check_rows};

/// Batches queued in addition to the one in use.
const AHEAD: usize = 2;

type Batch<F> = (Array4<F>, Array1<usize>);

impl Augmenter {
    /// The batches of an epoch, images `[batch, h, w, c]` and labels `[batch]`, prepared on a background thread, at
    /// most three ahead of the caller.
    ///
    /// Image k of the epoch uses draw `epoch` · (images in `data`) + k, so each epoch is augmented differently. The
    /// order is that of `batches`.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use dl_data::{Augment, Batches, ImageDataset, LastBatch, generator};
    /// use dl_data::ndarray::{Array1, Array4};
    ///
    /// let labels = Array1::from_shape_fn(100, |i| i % 2);
    /// let images = Array4::<f32>::ones((100, 8, 8, 1));
    /// let data = ImageDataset::new(images, labels, vec!["even".into(), "odd".into()])?;
    ///
    /// let data = Arc::new(data); // shared with the thread
    /// let augmenter = Augment::new().shift(1.).flip_horizontal(0.5).build(42)?;
    /// let rng = &mut generator(42);
    /// for epoch in 0..3 {
    ///     let batches = Batches::shuffled(data.len(), 32, LastBatch::Drop, rng)?;
    ///     for (x, y) in augmenter.batches(&data, batches, epoch)? {
    ///         // trainer.step(&x, &y)?
    ///         assert_eq!((x.dim(), y.len()), ((32, 8, 8, 1), 32));
    ///     }
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Batches with a row that `data` does not have; the thread cannot be started.
    pub fn batches<F: Scalar>(
        &self,
        data: &Arc<ImageDataset<F>>,
        batches: Batches,
        epoch: u64,
    ) -> Result<AugmentedBatches<F>, AugmentError> {
        start(self, data, batches, epoch)
    }

    fn start<F: Scalar>(
        &self,
        data: &Arc<ImageDataset<F>>,
        batches: Batches,
        epoch: u64,
    ) -> Result<AugmentedBatches<F>, AugmentError> {
        for rows in &batches {
            check_rows(rows, data.len())?;
        }
        let (send, ready) = sync_channel(AHEAD);
        let (augmenter, data) = (*self, Arc::clone(data));
        let first_draw = epoch.wrapping_mul(data.len() as u64);
        let thread = Builder::new()
            .name("augment".into())
            .spawn(move || augmenter.prepare(&data, &batches, first_draw, &send))
            .map_err(AugmentError::Thread)?;
        Ok(AugmentedBatches(Box::new(Epoch {
            ready: Some(ready),
            thread: Some(thread),
        })))
    }

    fn prepare<F: Scalar>(
        &self,
        data: &ImageDataset<F>,
        batches: &Batches,
        first_draw: u64,
        send: &SyncSender<Batch<F>>,
    ) {
        let mut draw = first_draw;
        for rows in batches {
            let mut shape = data.images().raw_dim();
            shape[0] = rows.len();
            let mut images = Array4::zeros(shape);
            self.apply_rows_into(data.images(), rows, draw, &mut images)
                .expect("the rows are checked, and the buffer has their shape");
            let labels = data.labels().select(Axis(0), rows);
            if send.send((images, labels)).is_err() {
                return; // the receiver is gone
            }
            draw = draw.wrapping_add(rows.len() as u64);
        }
    }
}

instantiate! {
    fn start<F: Scalar>(
        augmenter: &Augmenter,
        data: &Arc<ImageDataset<F>>,
        batches: Batches,
        epoch: u64,
    ) -> Result<AugmentedBatches<F>, AugmentError> {
        augmenter.start(data, batches, epoch)
    }
}

/// Iterator over the batches of an epoch; see [`Augmenter::batches`]. Dropping it stops its thread.
pub struct AugmentedBatches<F>(
    // boxed, so that waiting and joining are compiled in this crate
    Box<dyn Iterator<Item = Batch<F>> + Send>,
);

impl<F: Scalar> Iterator for AugmentedBatches<F> {
    type Item = (Array4<F>, Array1<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }
}

struct Epoch<F> {
    ready: Option<Receiver<Batch<F>>>,
    thread: Option<JoinHandle<()>>,
}

impl<F: Scalar> Iterator for Epoch<F> {
    type Item = Batch<F>;

    fn next(&mut self) -> Option<Self::Item> {
        let batch = self.ready.as_ref()?.recv().ok();
        if batch.is_none()
            && let Some(thread) = self.thread.take()
            && let Err(panic) = thread.join()
        {
            // a panic must not look like the end of the epoch
            panic::resume_unwind(panic);
        }
        batch
    }
}

impl<F> Drop for Epoch<F> {
    fn drop(&mut self) {
        self.ready = None; // sending the next batch fails, which ends the thread
        if let Some(thread) = self.thread.take() {
            // `next` has propagated a panic there, unless it came after the last batch requested
            let _ = thread.join();
        }
    }
}

impl<F> fmt::Debug for AugmentedBatches<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AugmentedBatches").finish_non_exhaustive()
    }
}
