//! Finds the vectors of a model that are flattened images.
//!
//! An image `[h, w, c]` is flattened pixel by pixel here, `[c, h, w]` channel by channel in PyTorch. So parameters
//! along such a vector are ordered differently there: those of a dense layer after a `Flatten`, or before a
//! `Reshape` to an image, also with dropout, activations and normalisations in between.

use dl_nn::{Model, NamedLayer, Scalar};

use super::error::WeightsFileErrorKind;

/// A vector that is a flattened image of this many pixels and channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FlattenedImage {
    pixels: usize,
    channels: usize,
}

impl FlattenedImage {
    /// For samples with the channels on the last axis. With a single channel both orders are the same as that of a
    /// vector that is not an image.
    fn from_sample(sample: &[usize]) -> Self {
        let (&channels, pixels) = sample.split_last().unwrap_or((&1, &[]));
        let pixels = pixels.iter().product();
        match channels {
            1 => Self {
                pixels: 1,
                channels: pixels,
            },
            _ => Self { pixels, channels },
        }
    }

    fn is_ordered_alike(self) -> bool {
        self.pixels == 1
    }

    /// The indices that put the values in channels-first order.
    pub(super) fn channels_first(self) -> Vec<usize> {
        transposed(self.pixels, self.channels)
    }

    /// The indices that put a channels-first vector in channels-last order.
    pub(super) fn channels_last(self) -> Vec<usize> {
        transposed(self.channels, self.pixels)
    }
}

/// The indices of the elements of the transpose in a row-major matrix.
fn transposed(rows: usize, columns: usize) -> Vec<usize> {
    let column = |column| (0..rows).map(move |row| row * columns + column);
    (0..columns).flat_map(column).collect()
}

/// For the input of the model and the output of each layer: the image, if it is a vector that was flattened from
/// one or is reshaped to one.
pub(super) fn flattened_images<F: Scalar>(
    model: &Model<F>,
) -> Result<Vec<Option<FlattenedImage>>, WeightsFileErrorKind> {
    let layers = model.layers();
    let mut vectors = Vectors {
        names: layers.iter().map(|layer| layer.name.as_str()).collect(),
        images: vec![None; layers.len() + 1],
    };
    let outputs = layers.iter().map(|layer| layer.output_shape.as_slice());
    let shapes: Vec<&[usize]> = std::iter::once(model.input_shape())
        .chain(outputs)
        .collect();
    for (i, layer) in layers.iter().enumerate() {
        if matches!(layer.kind(), "flatten" | "reshape") {
            match (shapes[i], shapes[i + 1]) {
                ([_], [_]) => {}
                (image, [_]) => vectors.set(i + 1, FlattenedImage::from_sample(image), i)?,
                ([_], image) => vectors.set(i, FlattenedImage::from_sample(image), i)?,
                (from, to) if from.last() == to.last() => {}
                (from, to) => {
                    let why = format!(
                        "it reshapes {from:?} to {to:?}, which changes the number of channels"
                    );
                    return Err(vectors.layout_error(i, why));
                }
            }
        }
    }
    for (i, layer) in layers.iter().enumerate() {
        if flattens_inside(layer, shapes[i]) {
            let why = "an image is flattened inside it, whose order is not looked into";
            return Err(vectors.layout_error(i, why.to_owned()));
        }
    }
    let keeps = |i: usize| {
        let same = [
            "dropout",
            "activation",
            "batch_norm",
            "layer_norm",
            "flatten",
            "reshape",
        ];
        let is_vector = shapes[i].len() == 1 && shapes[i + 1].len() == 1;
        is_vector && same.contains(&layers[i].kind())
    };
    for i in (0..layers.len()).filter(|&i| keeps(i)) {
        if let Some(image) = vectors.images[i] {
            vectors.set(i + 1, image, i)?;
        }
    }
    for i in (0..layers.len()).rev().filter(|&i| keeps(i)) {
        if let Some(image) = vectors.images[i + 1] {
            vectors.set(i, image, i)?;
        }
    }
    for (i, layer) in layers.iter().enumerate() {
        let free = matches!(layer.kind(), "dense" | "flatten" | "reshape") || keeps(i);
        let mut both = vectors.images[i..=i + 1].iter().flatten();
        if !free && !both.all(|image| image.is_ordered_alike()) {
            let why = "it reads or writes a flattened image, whose order it may depend on";
            return Err(vectors.layout_error(i, why.to_owned()));
        }
    }
    Ok(vectors.images)
}

/// Whether a layer inside this one flattens what both orders do not have in common.
fn flattens_inside<F: Scalar>(layer: &NamedLayer<F>, input: &[usize]) -> bool {
    let branches = layer
        .inside()
        .into_iter()
        .flat_map(|inside| inside.branches);
    branches.into_iter().any(|(_, layers)| {
        let mut shape = input;
        layers.iter().any(|inner| {
            let before = std::mem::replace(&mut shape, &inner.output_shape);
            let reshapes = matches!(inner.kind(), "flatten" | "reshape");
            let ordered = |sample: &[usize]| FlattenedImage::from_sample(sample).is_ordered_alike();
            (reshapes && !(ordered(before) && ordered(shape))) || flattens_inside(inner, before)
        })
    })
}

struct Vectors<'a> {
    names: Vec<&'a str>,
    images: Vec<Option<FlattenedImage>>,
}

impl Vectors<'_> {
    /// Records that, according to layer `i`, vector `at` is `image`.
    fn set(
        &mut self,
        at: usize,
        image: FlattenedImage,
        i: usize,
    ) -> Result<(), WeightsFileErrorKind> {
        match self.images[at].replace(image) {
            Some(other) if other != image => {
                let (a, b) = (image.channels, other.channels);
                let why = format!("its vector is both an image with {a} channels and one with {b}");
                Err(self.layout_error(i, why))
            }
            _ => Ok(()),
        }
    }

    fn layout_error(&self, i: usize, why: String) -> WeightsFileErrorKind {
        let layer = self.names[i].to_owned();
        WeightsFileErrorKind::Layout { layer, why }
    }
}
