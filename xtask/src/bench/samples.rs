//! The inputs of the networks, read or generated once.

use std::error::Error;
use std::sync::OnceLock;

use dl_data::{Dataset, Mnist, iris};
use dl_nn::ndarray::{Array1, Array4, ArrayD, ArrayView1, ArrayViewD};

/// Samples `[n, …]` and their labels.
#[derive(Debug, Clone, Copy)]
pub(super) enum Samples {
    /// The digits, all of them for training.
    Mnist,
    /// Generated colour images of 32 × 32 pixels, the same for training and testing.
    Colour32,
    /// The flowers' four measures.
    Iris,
}

/// Views of data that lives as long as the program.
pub(super) type Labelled = (ArrayViewD<'static, f32>, ArrayView1<'static, usize>);

impl Samples {
    /// Training samples and labels.
    pub(super) fn train(self) -> Result<Labelled, Box<dyn Error>> {
        match self {
            Self::Mnist => {
                let train = &mnist()?.train;
                Ok((train.images().view().into_dyn(), train.labels().view()))
            }
            Self::Colour32 => Ok(made()),
            Self::Iris => Ok(flowers()),
        }
    }

    /// The samples for measuring inference.
    pub(super) fn test(self) -> Result<ArrayViewD<'static, f32>, Box<dyn Error>> {
        match self {
            Self::Mnist => Ok(mnist()?.test.images().view().into_dyn()),
            Self::Colour32 | Self::Iris => Ok(self.train()?.0),
        }
    }
}

/// The folder of MNIST.
pub(super) fn folder() -> std::path::PathBuf {
    crate::programs::root().join("examples/data/mnist")
}

/// The data set of the examples.
fn mnist() -> Result<&'static Mnist<f32>, Box<dyn Error>> {
    static MNIST: OnceLock<Mnist<f32>> = OnceLock::new();
    if let Some(mnist) = MNIST.get() {
        return Ok(mnist);
    }
    let mnist = Mnist::load(folder())?;
    Ok(MNIST.get_or_init(|| mnist))
}

/// Arbitrary pixels from 0 to 1.
fn made() -> Labelled {
    static MADE: OnceLock<(ArrayD<f32>, Array1<usize>)> = OnceLock::new();
    let (images, labels) = MADE.get_or_init(|| {
        const IMAGES: usize = 2560;
        let pixel = |(n, row, column, channel)| {
            ((n * 31 + row * 17 + column * 7 + channel * 3) % 101) as f32 / 101.0
        };
        let images = Array4::from_shape_fn((IMAGES, 32, 32, 3), pixel);
        (images.into_dyn(), (0..IMAGES).map(|n| n % 10).collect())
    });
    (images.view(), labels.view())
}

fn flowers() -> Labelled {
    static IRIS: OnceLock<(ArrayD<f32>, Array1<usize>)> = OnceLock::new();
    let (rows, labels) = IRIS.get_or_init(|| {
        let data: Dataset<f32> = iris();
        (data.features().clone().into_dyn(), data.labels().clone())
    });
    (rows.view(), labels.view())
}
