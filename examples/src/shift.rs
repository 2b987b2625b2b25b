//! Images whose pixels have been moved.

use dl_data::{DatasetError, ImageDataset};
use dl_math::{rand::Rng, random::stream, sampling::permutation};
use ndarray::{Array3, Array4, ArrayView3, Axis};

/// One image `[height, width, channels]` moved `down` and `right` by whole pixels; what enters is 0.
pub fn shifted(image: ArrayView3<'_, f32>, down: isize, right: isize) -> Array3<f32> {
    let (height, width, _) = image.dim();
    let source = |at: usize, by: isize, size: usize| {
        let source = at.checked_add_signed(-by)?;
        (source < size).then_some(source)
    };
    Array3::from_shape_fn(image.dim(), |(row, column, channel)| {
        match (source(row, down, height), source(column, right, width)) {
            (Some(row), Some(column)) => image[[row, column, channel]],
            _ => 0.0,
        }
    })
}

/// Every image moved by its own (down, right).
///
/// # Errors
/// None for a sound data set.
pub fn shift_each(
    data: &ImageDataset<f32>,
    by: impl Fn(usize) -> (isize, isize),
) -> Result<ImageDataset<f32>, DatasetError> {
    with_images(data, |i, image| {
        let (down, right) = by(i);
        shifted(image, down, right)
    })
}

/// Every image moved up to `reach` pixels in both directions at random: image i from stream i of
/// `seed`.
///
/// # Errors
/// None for a sound data set.
pub fn shift_at_random(
    data: &ImageDataset<f32>,
    reach: i32,
    seed: u64,
) -> Result<ImageDataset<f32>, DatasetError> {
    shift_each(data, |i| {
        let mut rng = stream(seed, i as u64);
        let mut draw = || rng.random_range(-reach..=reach) as isize;
        (draw(), draw())
    })
}

/// The pixels of every image in another order, the same for all.
///
/// # Errors
/// None for a sound data set.
pub fn shuffled_pixels(
    data: &ImageDataset<f32>,
    rng: &mut impl Rng,
) -> Result<ImageDataset<f32>, DatasetError> {
    let (_, height, width, _) = data.images().dim();
    let order = permutation(height * width, rng)?;
    with_images(data, |_, image| {
        Array3::from_shape_fn(image.dim(), |(row, column, channel)| {
            let from = order[row * width + column];
            image[[from / width, from % width, channel]]
        })
    })
}

fn with_images(
    data: &ImageDataset<f32>,
    mut change: impl FnMut(usize, ArrayView3<'_, f32>) -> Array3<f32>,
) -> Result<ImageDataset<f32>, DatasetError> {
    let mut images = Array4::zeros(data.images().dim());
    let pairs = images
        .outer_iter_mut()
        .zip(data.images().axis_iter(Axis(0)));
    for (i, (mut new, old)) in pairs.enumerate() {
        new.assign(&change(i, old));
    }
    ImageDataset::new(images, data.labels().clone(), data.class_names().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use dl_math::random::generator;
    use ndarray::array;

    fn data() -> ImageDataset<f32> {
        let mut images = Array4::zeros((2, 4, 5, 1));
        images[[0, 1, 2, 0]] = 1.0;
        images[[1, 0, 4, 0]] = 0.5;
        ImageDataset::new(images, array![0, 1], vec!["a".into(), "b".into()]).unwrap()
    }

    #[test]
    fn pixels_move_and_fall_off() {
        let moved = shift_each(&data(), |_| (1, -2)).unwrap();
        assert_eq!(moved.images()[[0, 2, 0, 0]], 1.0);
        assert_eq!(moved.images()[[1, 1, 2, 0]], 0.5);
        assert_eq!(moved.images().sum(), 1.5);
        let gone = shift_each(&data(), |_| (-1, 1)).unwrap();
        assert_eq!(gone.images()[[0, 0, 3, 0]], 1.0);
        assert_eq!(gone.images().sum(), 1.0);
    }

    #[test]
    fn shuffling_is_the_same_for_all_and_loses_nothing() {
        let mut images = data().images().clone();
        for (i, pixel) in images.iter_mut().enumerate() {
            *pixel = (i % 20) as f32;
        }
        let data = ImageDataset::new(images, array![0, 1], vec!["a".into(), "b".into()]).unwrap();
        let shuffled = shuffled_pixels(&data, &mut generator(1)).unwrap();
        let (first, second) = (
            shuffled.images().index_axis(Axis(0), 0),
            shuffled.images().index_axis(Axis(0), 1),
        );
        assert_eq!(first, second);
        assert_ne!(first, data.images().index_axis(Axis(0), 0));
        let mut values: Vec<f32> = first.iter().copied().collect();
        values.sort_by(f32::total_cmp);
        assert_eq!(values, (0..20).map(|i| i as f32).collect::<Vec<_>>());
    }
}
