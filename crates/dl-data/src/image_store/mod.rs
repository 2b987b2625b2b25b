//! Images packed in one file, read by position.

mod error;
mod format;
mod pack;

use std::path::{Path, PathBuf};

use dl_core::{
    Mode, Scalar, Source, instantiate,
    rand::{Rng, seq::SliceRandom},
    random::generator,
    source::{SourceBatch, SourceError, SourceTargets},
};
use rayon::prelude::*;

pub use error::{ImageStoreError, ImageStoreProblem};

use crate::{
    positioned::PositionedFile,
    sources::{check_read, first_error, to_unit},
};
use format::Contents;

/// Files up to this size are shuffled thoroughly: the system keeps them in memory.
const SMALL: u64 = 256 << 20;
/// Of larger files, the samples in about as many bytes stay together.
const RUN: u64 = 64 << 10;

/// Images of one shape in a single file, as bytes with their classes; a [`Source`] that reads them by position, so that a
/// data set may be larger than memory. Values are in [0, 1]: byte ÷ 255.
///
/// In memory are 20 bytes per image (label, position, checksum) and what a batch needs. A read checks the checksums of its
/// images: damage is an error that names the file and the image.
///
/// Neighbours in the file are far apart in the source that was packed, and so mostly of different classes. In a file of more
/// than 256 MiB, [`shuffle`](Source::shuffle) keeps about 64 KiB of neighbours together, which are other ones in each
/// epoch; smaller files are shuffled thoroughly.
///
/// ```
/// use dl_data::ndarray::{array, Array4};
/// use dl_data::{ImageDataset, ImageStore, Mode, Source, SourceBatch};
///
/// let images = Array4::<f32>::from_shape_fn((3, 8, 8, 1), |(i, ..)| i as f32 / 255.);
/// let data = ImageDataset::new(images, array![0, 1, 1], vec!["cat".into(), "dog".into()])?;
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("animals.images");
/// ImageStore::pack(&data, data.class_names(), &path)?;
///
/// let store = ImageStore::open(&path)?;
/// let mut x = Array4::<f64>::zeros((2, 8, 8, 1));
/// let batch = SourceBatch { x: x.as_slice_mut().unwrap(), values: &mut [] };
/// store.read(&[2, 0], Mode::Eval, batch)?;
/// assert_eq!(x[[0, 7, 7, 0]], 2. / 255.);
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
#[derive(Debug)]
pub struct ImageStore {
    path: PathBuf,
    file: PositionedFile,
    contents: Contents,
}

impl ImageStore {
    /// Packs the images of a source into a file, as it gives them for evaluation; `class_names[k]` is the name of class k.
    /// The file is written atomically.
    ///
    /// Values must be in [0, 1], and are rounded to bytes: those of `ImageFolder`, [`Mnist`](crate::Mnist)
    /// and [`Cifar10`](crate::Cifar10) stay exactly as they are.
    ///
    /// # Errors
    /// A source without samples, without classes, with others than are named, or of samples that are not `[h, w, c]`; a
    /// sample that cannot be read; a value outside [0, 1]; the file cannot be written.
    pub fn pack<S: Source<f32>>(
        source: &S,
        class_names: &[String],
        path: impl AsRef<Path>,
    ) -> Result<(), ImageStoreError> {
        pack::pack(source, class_names, path.as_ref())
    }

    /// Opens a file and reads all but its images.
    ///
    /// # Errors
    /// A file that cannot be read, is no image store or of a later version, truncated, or damaged before or behind its images.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, ImageStoreError> {
        let path = path.as_ref();
        let open = || {
            let file = PositionedFile::new(dl_fs::open(path)?);
            let contents = Contents::read(&file)?;
            Ok((file, contents))
        };
        let (file, contents) = open().map_err(|problem| ImageStoreError {
            path: path.to_owned(),
            problem,
        })?;
        Ok(Self {
            path: path.to_owned(),
            file,
            contents,
        })
    }

    /// Name of each class.
    pub fn class_names(&self) -> &[String] {
        &self.contents.class_names
    }

    /// Class of each image, from 0.
    pub fn labels(&self) -> &[usize] {
        &self.contents.labels
    }

    /// The bytes of an image, into a buffer of their length.
    fn image(&self, sample: usize, bytes: &mut [u8]) -> Result<(), ImageStoreError> {
        let mut read = || {
            self.file
                .read_exact_at(bytes, self.contents.offsets[sample])?;
            match format::checksum(bytes) == self.contents.checksums[sample] {
                true => Ok(()),
                false => Err(ImageStoreProblem::Sample { sample }),
            }
        };
        read().map_err(|problem| ImageStoreError {
            path: self.path.clone(),
            problem,
        })
    }
}

impl<F: Scalar> Source<F> for ImageStore {
    fn len(&self) -> usize {
        self.contents.labels.len()
    }

    fn sample_shape(&self) -> &[usize] {
        &self.contents.shape
    }

    fn targets(&self) -> SourceTargets<'_> {
        SourceTargets::Classes(&self.contents.labels)
    }

    fn read(
        &self,
        samples: &[usize],
        _: Mode,
        batch: SourceBatch<'_, F>,
    ) -> Result<(), SourceError> {
        read(self, samples, batch)
    }

    fn shuffle(&self, samples: &mut [usize], seed: u64) {
        let length = self.contents.image_len() as u64;
        let all = length * self.contents.labels.len() as u64;
        match all <= SMALL {
            true => samples.shuffle(&mut generator(seed)),
            false => shuffle_runs(samples, &self.contents.offsets, RUN.max(length), seed),
        }
    }
}

instantiate! {
    fn read<F: Scalar>(
        store: &ImageStore,
        samples: &[usize],
        batch: SourceBatch<'_, F>,
    ) -> Result<(), SourceError> {
        let length = store.contents.image_len();
        check_read(samples, store.contents.labels.len(), length, 0, &batch)?;
        let images = batch.x.par_chunks_exact_mut(length).zip(samples);
        first_error(images.map_init(|| vec![0; length], |bytes, (image, &sample)| {
            store.image(sample, bytes)?;
            to_unit(bytes, image);
            Ok(())
        }))
    }
}

/// Random order of runs, `run` bytes of the file each, within which samples stay in the order of the file. Where the first
/// run begins is drawn, too, so that other neighbours are in a run with another seed.
fn shuffle_runs(samples: &mut [usize], offsets: &[u64], run: u64, seed: u64) {
    let rng = &mut generator(seed);
    let before = rng.random_range(0..run);
    samples.sort_unstable_by_key(|&sample| offsets[sample]);
    let in_order = samples.to_vec();
    let run_of = |sample: usize| (offsets[sample] + before) / run;
    let mut runs: Vec<&[usize]> = in_order.chunk_by(|&a, &b| run_of(a) == run_of(b)).collect();
    runs.shuffle(rng);
    for (to, &from) in samples.iter_mut().zip(runs.into_iter().flatten()) {
        *to = from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_stay_together_and_differ_between_seeds() {
        // sample i is at 10 · (i · 7 mod 100)
        let offsets: Vec<u64> = (0..100).map(|i| i * 7 % 100 * 10).collect();
        let shuffled = |seed| {
            let mut samples: Vec<usize> = (0..100).collect();
            shuffle_runs(&mut samples, &offsets, 50, seed);
            samples
        };
        let of_seed = shuffled(1);
        let mut sorted = of_seed.clone();
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(0..100));
        assert_eq!(of_seed, shuffled(1));
        // twenty or, at both ends, twenty-one runs of at most five
        let breaks = |samples: &[usize]| -> Vec<u64> {
            let pairs = samples
                .windows(2)
                .map(|pair| [offsets[pair[0]], offsets[pair[1]]]);
            pairs
                .filter(|[a, b]| a + 10 != *b)
                .map(|[a, _]| a)
                .collect()
        };
        assert!((15..=20).contains(&breaks(&of_seed).len()));
        let ends = |seed| {
            let mut ends = breaks(&shuffled(seed));
            ends.retain(|&end| end < 900);
            ends.iter().map(|end| end % 50).max()
        };
        // where runs end depends on the seed
        let all: std::collections::HashSet<_> = (0..20).map(ends).collect();
        assert!(all.len() > 1);
        // of some samples only
        let mut some: Vec<usize> = (0..100).step_by(3).collect();
        shuffle_runs(&mut some, &offsets, 50, 1);
        some.sort_unstable();
        assert!(some.into_iter().eq((0..100).step_by(3)));
    }
}
