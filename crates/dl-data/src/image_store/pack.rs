//! Writes an image store.

use std::{io::Write, path::Path};

use dl_core::{
    Mode, Source,
    source::{SourceBatch, SourceTargets},
};
use ndarray::ArrayView1;

use super::{
    ImageStoreError, ImageStoreProblem,
    format::{checksum, header},
};
use crate::{check::check_labels, dataset::check_classes};

/// Values read at a time, or those of one image.
const BATCH: usize = 1 << 20;

pub(super) fn pack(
    source: &dyn Source<f32>,
    class_names: &[String],
    path: &Path,
) -> Result<(), ImageStoreError> {
    let pack = || {
        let SourceTargets::Classes(labels) = source.targets() else {
            return Err(ImageStoreProblem::Values);
        };
        let shape = check_shape(source)?;
        check_classes(class_names)?;
        check_labels(&ArrayView1::from(labels), class_names.len())?;
        let order = order(labels.len());
        let mut places = vec![0; order.len()];
        for (place, &sample) in order.iter().enumerate() {
            places[sample] = place;
        }
        let header = header(shape, class_names, labels, &places)?;
        dl_fs::write_atomically(path, |file| {
            file.write_all(&header)?;
            images(source, &order, file)
        })
    };
    pack().map_err(|problem| ImageStoreError {
        path: path.to_owned(),
        problem,
    })
}

fn check_shape(source: &dyn Source<f32>) -> Result<[u32; 3], ImageStoreProblem> {
    let shape = source.sample_shape();
    let [height, width, channels] = *shape else {
        let shape = shape.to_vec();
        return Err(ImageStoreProblem::Shape { shape });
    };
    if source.is_empty() || height * width * channels == 0 {
        return Err(ImageStoreProblem::Empty);
    }
    let side =
        |side| u32::try_from(side).map_err(|_| ImageStoreProblem::TooMany { what: "pixels" });
    Ok([side(height)?, side(width)?, side(channels)?])
}

/// The samples in the order of the file, each about 0.618 of all after the one before: what is near in the source, of one
/// class perhaps, is far apart in the file.
fn order(count: usize) -> Vec<usize> {
    let mut step = ((count as f64 * 0.618_033_988_75) as usize).max(1);
    // coprime, so that each sample is met once
    while gcd(step, count) != 1 {
        step += 1;
    }
    let mut sample = 0;
    let next = |_| {
        let this = sample;
        sample = (sample + step) % count;
        this
    };
    (0..count).map(next).collect()
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Writes the images in this order, then their checksums in the order of the source.
fn images(
    source: &dyn Source<f32>,
    order: &[usize],
    file: &mut impl Write,
) -> Result<(), ImageStoreProblem> {
    let length: usize = source.sample_shape().iter().product();
    let batch = (BATCH / length).clamp(1, order.len());
    let mut values = vec![0_f32; batch * length];
    let mut bytes = Vec::with_capacity(length);
    let mut checksums = vec![0; order.len()];
    for samples in order.chunks(batch) {
        let x = &mut values[..samples.len() * length];
        let batch = SourceBatch { x, values: &mut [] };
        let read = source.read(samples, Mode::Eval, batch);
        read.map_err(ImageStoreProblem::Source)?;
        for (values, &sample) in values.chunks_exact(length).zip(samples) {
            if let Some(&value) = values.iter().find(|value| !(0. ..=1.).contains(*value)) {
                return Err(ImageStoreProblem::Value { sample, value });
            }
            bytes.clear();
            bytes.extend(values.iter().map(|value| (value * 255.).round() as u8));
            checksums[sample] = checksum(&bytes);
            file.write_all(&bytes)?;
        }
    }
    let checksums: Vec<u8> = checksums
        .iter()
        .flat_map(|sum: &u32| sum.to_le_bytes())
        .collect();
    file.write_all(&checksums)?;
    file.write_all(&checksum(&checksums).to_le_bytes())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_far_apart() {
        for count in [1, 2, 3, 10, 64, 1000, 4181, 60_000] {
            let order = order(count);
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert!(sorted.into_iter().eq(0..count));
            if count >= 1000 {
                // of ten classes in a row, any twenty neighbours have all
                let classes = |run: &[usize]| {
                    let mut met = [false; 10];
                    run.iter().for_each(|i| met[i * 10 / count] = true);
                    met.iter().all(|&met| met)
                };
                assert!(order.windows(20).all(classes), "{count}");
            }
        }
    }
}
