//! Which vectors of a model are flattened images.
//!
//! An image `[h, w, c]` becomes a vector pixel by pixel here, `[c, h, w]` channel by channel in
//! PyTorch. So the parameters of layers that read or write such a vector have their numbers in
//! another order there: those of a dense layer behind a `Flatten`, or before a `Reshape` to an image,
//! also with dropout, activations and normalisations between.

use dl_nn::{Model, Scalar};

use super::error::WeightsProblem;
use super::layout::kind;

/// A vector that is an image of so many pixels and channels, row by row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Flattened {
    pixels: usize,
    channels: usize,
}

impl Flattened {
    /// Of samples with the channels on the last axis. With a single channel both orders are one,
    /// that of a vector which is no image.
    fn of(sample: &[usize]) -> Self {
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

    /// Where the numbers stand that go channel by channel.
    pub(super) fn channels_first(self) -> Vec<usize> {
        transposed(self.pixels, self.channels)
    }

    /// Where, in a vector that goes channel by channel, the numbers stand pixel by pixel.
    pub(super) fn channels_last(self) -> Vec<usize> {
        transposed(self.channels, self.pixels)
    }
}

/// Where, in a row-major matrix, the numbers of its transpose stand.
fn transposed(rows: usize, columns: usize) -> Vec<usize> {
    let column = |column| (0..rows).map(move |row| row * columns + column);
    (0..columns).flat_map(column).collect()
}

/// For the input of the model and the output of each layer: the image it is, if it is a vector
/// that becomes an image, or was one.
pub(super) fn flattened<F: Scalar>(
    model: &Model<F>,
) -> Result<Vec<Option<Flattened>>, WeightsProblem> {
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
        if matches!(kind(layer), "flatten" | "reshape") {
            match (shapes[i], shapes[i + 1]) {
                ([_], [_]) => {}
                (image, [_]) => vectors.set(i + 1, Flattened::of(image), i)?,
                ([_], image) => vectors.set(i, Flattened::of(image), i)?,
                (from, to) if from.last() == to.last() => {}
                (from, to) => {
                    let why = format!("it makes {to:?} of {from:?}, whose channels differ");
                    return Err(vectors.refusal(i, why));
                }
            }
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
        is_vector && same.contains(&kind(&layers[i]))
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
        let free = matches!(kind(layer), "dense" | "flatten" | "reshape") || keeps(i);
        let mut both = vectors.images[i..=i + 1].iter().flatten();
        if !free && !both.all(|image| image.is_ordered_alike()) {
            let why = "it reads or writes a flattened image, whose order it may depend on";
            return Err(vectors.refusal(i, why.to_owned()));
        }
    }
    Ok(vectors.images)
}

struct Vectors<'a> {
    names: Vec<&'a str>,
    images: Vec<Option<Flattened>>,
}

impl Vectors<'_> {
    /// Layer `i` says what vector `at` is.
    fn set(&mut self, at: usize, image: Flattened, i: usize) -> Result<(), WeightsProblem> {
        match self.images[at].replace(image) {
            Some(other) if other != image => {
                let (a, b) = (image.channels, other.channels);
                let why = format!("its vector is an image of {a} channels and one of {b}");
                Err(self.refusal(i, why))
            }
            _ => Ok(()),
        }
    }

    fn refusal(&self, i: usize, why: String) -> WeightsProblem {
        let layer = self.names[i].to_owned();
        WeightsProblem::Layout { layer, why }
    }
}
