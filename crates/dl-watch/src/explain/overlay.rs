//! Maps over their images.

use dl_core::instantiate;
use dl_viz::style::{BLUE, Color, RED};
use ndarray::{Array4, ArrayRef3, ArrayRef4, Axis};

use super::ExplainError;

/// How much of the image the strongest value hides.
const OPACITY: f64 = 0.8;

instantiate! {
    /// Maps `[n, height, width]` over their images `[n, height, width, channels]` of values from 0 to 1, as colour images
    /// `[n, height, width, 3]` for [`dl_viz::Images`]: the images in grey, red where a map is positive and blue where it is
    /// negative. The largest magnitude of each map has the full colour; a map of zeros leaves its image grey.
    ///
    /// # Errors
    /// [`ExplainError::Overlay`] if maps and images differ in number, height or width.
    pub fn overlay<F: Scalar>(
        images: &ArrayRef4<F>,
        maps: &ArrayRef3<F>,
    ) -> Result<Array4<f64>, ExplainError> {
        let (n, height, width, _) = images.dim();
        if maps.dim() != (n, height, width) {
            return Err(ExplainError::Overlay {
                maps: maps.shape().to_vec(),
                images: images.shape().to_vec(),
            });
        }
        let gray = images.map_axis(Axis(3), |channels| {
            let values = channels.iter().map(|value| value.as_f64().clamp(0.0, 1.0));
            values.sum::<f64>() / channels.len() as f64
        });
        let mut drawn = Array4::zeros((n, height, width, 3));
        for i in 0..n {
            let map = maps.index_axis(Axis(0), i).mapv(|value| value.as_f64());
            let largest = map.fold(0.0_f64, |most, value| most.max(value.abs()));
            for ((y, x), &value) in map.indexed_iter() {
                let strength = if largest > 0.0 { value / largest } else { 0.0 };
                let opacity = OPACITY * strength.abs();
                let color = channels(if strength < 0.0 { BLUE } else { RED });
                for (c, color) in color.into_iter().enumerate() {
                    drawn[[i, y, x, c]] = (1.0 - opacity) * gray[[i, y, x]] + opacity * color;
                }
            }
        }
        Ok(drawn)
    }
}

fn channels(color: Color) -> [f64; 3] {
    [color.red, color.green, color.blue].map(|channel| f64::from(channel) / 255.0)
}

#[cfg(test)]
mod tests {
    use ndarray::{Array3, array};

    use super::*;

    #[test]
    fn strength_is_relative_to_the_largest() {
        let images = Array4::from_elem((1, 1, 3, 2), 0.5);
        let maps = array![[[0.0, 2.0, -4.0]]];
        let drawn = overlay(&images, &maps).unwrap();
        let pixel = |x: usize| [0, 1, 2].map(|c| drawn[[0, 0, x, c]]);
        assert_eq!(pixel(0), [0.5; 3]);
        let mixed = |color: Color, opacity: f64| {
            channels(color).map(|color| (1.0 - opacity) * 0.5 + opacity * color)
        };
        assert_eq!(pixel(1), mixed(RED, OPACITY / 2.0));
        assert_eq!(pixel(2), mixed(BLUE, OPACITY));
        let zero = overlay(&images, &Array3::zeros((1, 1, 3))).unwrap();
        assert!(zero.iter().all(|&value| value == 0.5));
    }

    #[test]
    fn other_sizes_are_rejected() {
        let error = overlay(
            &Array4::<f32>::zeros((1, 2, 3, 1)),
            &Array3::zeros((1, 3, 2)),
        );
        let message = "maps have shape [1, 3, 2], but images [1, 2, 3, 1]: must agree in number, height and width";
        assert_eq!(error.unwrap_err().to_string(), message);
    }
}
