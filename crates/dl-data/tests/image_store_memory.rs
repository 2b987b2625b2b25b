//! Packing and reading a store takes the memory of a few batches, however large it is. A separate program, since the
//! allocations of the whole process are counted.

use std::alloc::System;

use cap::Cap;
use dl_data::{ImageStore, Mode, Source, SourceBatch, SourceError, SourceTargets};

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

const IMAGE: usize = 32 * 32 * 3;

/// Images made when they are read.
struct Made {
    labels: Vec<usize>,
}

impl Source<f32> for Made {
    fn len(&self) -> usize {
        self.labels.len()
    }

    fn sample_shape(&self) -> &[usize] {
        &[32, 32, 3]
    }

    fn targets(&self) -> SourceTargets<'_> {
        SourceTargets::Classes(&self.labels)
    }

    fn read(
        &self,
        samples: &[usize],
        _: Mode,
        batch: SourceBatch<'_, f32>,
    ) -> Result<(), SourceError> {
        for (image, &sample) in batch.x.chunks_exact_mut(IMAGE).zip(samples) {
            image.fill((sample % 256) as f32 / 255.);
        }
        Ok(())
    }
}

#[test]
fn a_few_batches() {
    const BATCH: usize = 64;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made.images");
    let count = 20_000;
    let made = Made {
        labels: (0..count).map(|i| i % 10).collect(),
    };
    let names: Vec<String> = (0..10).map(|i| i.to_string()).collect();
    // threads have their memory already
    rayon::broadcast(|_| ());
    // 61 MB of bytes, 246 MB as f32: packing has 4 MiB of values, and 28 bytes a sample
    let limit = MEMORY.allocated() + (6 << 20);
    MEMORY.set_limit(limit).unwrap();
    ImageStore::pack(&made, &names, &path).unwrap();
    drop(made);

    // an epoch: 20 bytes a sample twice while the header is read, the order, and a batch
    let limit = MEMORY.allocated() + (2 << 20);
    MEMORY.set_limit(limit).unwrap();
    let store = ImageStore::open(&path).unwrap();
    let mut samples: Vec<usize> = (0..count).collect();
    Source::<f32>::shuffle(&store, &mut samples, 1);
    let mut x = vec![0_f32; BATCH * IMAGE];
    for samples in samples.chunks(BATCH) {
        let x = &mut x[..samples.len() * IMAGE];
        let values = &mut [];
        let batch = SourceBatch { x: &mut *x, values };
        store.read(samples, Mode::Eval, batch).unwrap();
        for (image, sample) in x.chunks_exact(IMAGE).zip(samples) {
            assert_eq!(image[IMAGE - 1], (sample % 256) as f32 / 255.);
        }
    }
    MEMORY.set_limit(usize::MAX).unwrap();
}
