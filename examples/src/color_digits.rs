//! MNIST's digits in colour.

use dl_data::{DatasetError, ImageDataset};
use dl_math::Scalar;
use dl_math::random::stream;
use ndarray::{Array4, Axis};

/// How far apart ink and paper are at least, as the distance of two colours in the unit cube: what
/// is drawn can be read.
const CONTRAST: f64 = 0.6;

/// Each digit in a random colour on paper of another, `[n, 28, 28, 3]`. Colours say nothing of the
/// class, and ink may be darker or brighter than the paper: a network has to see shapes.
///
/// The colours of image i come from stream i of `seed`.
///
/// # Errors
/// None for a sound grey data set.
pub fn color_digits(
    grey: &ImageDataset<f32>,
    seed: u64,
) -> Result<ImageDataset<f32>, DatasetError> {
    let (n, height, width, _) = grey.images().dim();
    let mut images = Array4::zeros((n, height, width, 3));
    let pairs = images.outer_iter_mut().zip(grey.images().outer_iter());
    for (i, (mut image, grey)) in pairs.enumerate() {
        let [ink, paper] = two_colors(seed, i as u64);
        for (channel, mut colored) in image.axis_iter_mut(Axis(2)).enumerate() {
            let (ink, paper) = (ink[channel], paper[channel]);
            colored.zip_mut_with(&grey.index_axis(Axis(2), 0), |colored, &grey| {
                *colored = grey * ink + (1.0 - grey) * paper;
            });
        }
    }
    let (labels, names) = (grey.labels().clone(), grey.class_names().to_vec());
    ImageDataset::new(images, labels, names)
}

/// Ink and paper.
fn two_colors(seed: u64, image: u64) -> [[f32; 3]; 2] {
    let rng = &mut stream(seed, image);
    loop {
        let mut color = || -> [f32; 3] { std::array::from_fn(|_| f32::uniform(rng)) };
        let (ink, paper) = (color(), color());
        let squares = ink
            .iter()
            .zip(&paper)
            .map(|(a, b)| f64::from(a - b).powi(2));
        if squares.sum::<f64>() >= CONTRAST * CONTRAST {
            return [ink, paper];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn ink_stands_on_paper_and_colours_repeat() {
        let mut grey = Array4::zeros((2, 28, 28, 1));
        grey[[0, 3, 4, 0]] = 1.0;
        grey[[1, 9, 9, 0]] = 0.5;
        let names = vec!["a".into(), "b".into()];
        let grey = ImageDataset::new(grey, array![0, 1], names).unwrap();
        let colored = color_digits(&grey, 1).unwrap();
        assert_eq!(colored.labels(), grey.labels());
        for (i, place) in [(0, [3, 4]), (1, [9, 9])] {
            let [ink, paper] = two_colors(1, i as u64);
            let share = grey.images()[[i, place[0], place[1], 0]];
            for channel in 0..3 {
                let at = |row, column| colored.images()[[i, row, column, channel]];
                assert_eq!(at(0, 0), paper[channel]);
                let expected = share * ink[channel] + (1.0 - share) * paper[channel];
                assert!((at(place[0], place[1]) - expected).abs() <= 1e-6);
            }
        }
        assert_ne!(two_colors(1, 0), two_colors(1, 1));
        assert_eq!(colored, color_digits(&grey, 1).unwrap());
    }
}
