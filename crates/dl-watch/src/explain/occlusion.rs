//! What covering a patch of the image does.

use dl_core::{instantiate, softmax::softmax_rows};
use dl_nn::{DataError, Model, Scalar};
use ndarray::{
    Array2, Array3, Array4, ArrayRef1, ArrayRef4, ArrayView3, ArrayViewMut, Axis, Dimension, Slice,
};

use super::{ExplainError, check, gradient::PASS};

instantiate! {
    /// How far the probability of the image's class drops where a patch is covered (Zeiler & Fergus, "Visualizing and
    /// understanding convolutional networks", ECCV 2014, section 4.2). Squares of `window` × `window` pixels, `stride`
    /// apart and the last ones flush with the border, are filled with the value `fill`, one at a time; a pixel
    /// of the map is the mean drop over the patches that cover it, negative where covering makes the class more
    /// probable. Maps `[n, height, width]`, from −1 to 1, for images `[n, height, width, channels]` and their
    /// classes `[n]`.
    ///
    /// # Errors
    /// As [`saliency`](super::saliency), and a window that is 0 or larger than the image, a stride that is 0 or larger
    /// than the window, a fill that is not finite.
    pub fn occlusion<F: Scalar>(
        model: &Model<F>,
        images: &ArrayRef4<F>,
        classes: &ArrayRef1<usize>,
        window: usize,
        stride: usize,
        fill: F,
    ) -> Result<Array3<F>, ExplainError> {
        check::input(model, images, classes)?;
        let (n, height, width, _) = images.dim();
        check_patches((height, width), window, stride, fill)?;
        let whole = probabilities(model, images)?;
        let mut maps = Array3::zeros((n, height, width));
        for (i, image) in images.outer_iter().enumerate() {
            let class = classes[i];
            let covered = |places: &[(usize, usize)]| {
                let images = cover(image, places, window, fill);
                Ok::<_, DataError>(probabilities(model, &images)?.column(class).to_owned())
            };
            let mut drops = Array2::<f64>::zeros((height, width));
            let mut patches = drops.clone();
            for places in corners((height, width), window, stride).chunks(PASS) {
                for (&(y, x), p) in places.iter().zip(covered(places)?) {
                    let drop = (whole[[i, class]] - p).as_f64();
                    patch(drops.view_mut(), (y, x), window).mapv_inplace(|sum| sum + drop);
                    patch(patches.view_mut(), (y, x), window).mapv_inplace(|count| count + 1.0);
                }
            }
            maps.index_axis_mut(Axis(0), i).assign(&(drops / patches).mapv(F::cast));
        }
        Ok(maps)
    }
}

/// softmax(z) of the model's outputs z `[n, classes]`.
fn probabilities<F: Scalar>(
    model: &Model<F>,
    images: &ArrayRef4<F>,
) -> Result<Array2<F>, DataError> {
    let mut outputs = model.predict_matrix(images)?;
    let classes = outputs.ncols();
    let values = outputs.as_slice_mut().expect("in standard layout");
    check::outputs(values, classes, 0)?;
    softmax_rows(values, classes);
    Ok(outputs)
}

/// Copies of the image, each with the patch at one of the places covered.
fn cover<F: Scalar>(
    image: ArrayView3<'_, F>,
    places: &[(usize, usize)],
    window: usize,
    fill: F,
) -> Array4<F> {
    let (height, width, channels) = image.dim();
    let mut images = Array4::zeros((places.len(), height, width, channels));
    for (mut covered, &place) in images.outer_iter_mut().zip(places) {
        covered.assign(&image);
        patch(covered, place, window).fill(fill);
    }
    images
}

/// The patch with its upper left corner at (y, x) of an image `[height, width, …]`.
fn patch<A, D: Dimension>(
    image: ArrayViewMut<'_, A, D>,
    (y, x): (usize, usize),
    window: usize,
) -> ArrayViewMut<'_, A, D> {
    let mut patch = image;
    patch.slice_each_axis_inplace(|axis| match axis.axis.index() {
        0 => Slice::from(y..y + window),
        1 => Slice::from(x..x + window),
        _ => Slice::from(..),
    });
    patch
}

/// The upper left corners of all patches.
fn corners((height, width): (usize, usize), window: usize, stride: usize) -> Vec<(usize, usize)> {
    let starts = |length: usize| {
        let last = length - window;
        (0..last).step_by(stride).chain([last])
    };
    starts(height)
        .flat_map(|y| starts(width).map(move |x| (y, x)))
        .collect()
}

fn check_patches<F: Scalar>(
    (height, width): (usize, usize),
    window: usize,
    stride: usize,
    fill: F,
) -> Result<(), ExplainError> {
    let most = height.min(width);
    if !(1..=most).contains(&window) {
        return Err(ExplainError::Window { window, most });
    }
    if !(1..=window).contains(&stride) {
        return Err(ExplainError::Stride { stride, window });
    }
    if !fill.is_finite() {
        let fill = fill.as_f64();
        return Err(ExplainError::Fill { fill });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches_end_flush_with_the_border() {
        assert_eq!(corners((3, 6), 3, 2), [(0, 0), (0, 2), (0, 3)]);
        assert_eq!(corners((4, 4), 2, 2), [(0, 0), (0, 2), (2, 0), (2, 2)]);
        assert_eq!(corners((2, 2), 2, 1), [(0, 0)]);
    }
}
