//! MNIST and related data sets, each in a folder.

mod error;
mod family;
mod pixels;

use std::path::{Path, PathBuf};

use dl_core::{Scalar, instantiate};
use ndarray::Array1;

use crate::{ImageDataset, idx};

pub use error::MnistError;
pub use family::MnistFamily;

/// The training and test images of MNIST or a related data set.
///
/// ```
/// use dl_data::{Mnist, MnistFamily};
/// let mnist = Mnist::<f32>::load("../../examples/data/mnist")?;
/// assert_eq!(mnist.train.images().dim(), (60_000, 28, 28, 1));
/// assert_eq!(mnist.test.labels()[0], 7);
///
/// let letters = Mnist::<f32>::load_family(".", MnistFamily::EmnistLetters).unwrap_err();
/// assert!(letters.to_string().starts_with(".: no file emnist-letters-train-images-idx3-ubyte.gz or"));
/// # Ok::<(), dl_data::MnistError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Mnist<F> {
    /// The training set.
    pub train: ImageDataset<F>,
    /// The test set.
    pub test: ImageDataset<F>,
}

impl<F: Scalar> Mnist<F> {
    /// Loads MNIST's digits from a folder: images `[n, 28, 28, 1]` in 0..=1 (stored byte ÷ 255), white on
    /// black, and labels 0 to 9. The files may be gzipped or not.
    ///
    /// # Errors
    /// A file that is missing, invalid, or from another data set.
    pub fn load(folder: impl AsRef<Path>) -> Result<Self, MnistError> {
        Self::load_family(folder, MnistFamily::Digits)
    }

    /// Loads a data set related to MNIST. EMNIST's images, stored column by column, are transposed.
    ///
    /// # Errors
    /// Same as [`load`](Self::load).
    pub fn load_family(folder: impl AsRef<Path>, family: MnistFamily) -> Result<Self, MnistError> {
        load(folder.as_ref(), family)
    }
}

instantiate! {
    fn load<F: Scalar>(folder: &Path, family: MnistFamily) -> Result<Mnist<F>, MnistError> {
        let (train, test) = rayon::join(
            || load_part(folder, family, "train"),
            || load_part(folder, family, family.test_name()),
        );
        Ok(Mnist {
            train: train?,
            test: test?,
        })
    }
}

fn load_part<F: Scalar>(
    folder: &Path,
    family: MnistFamily,
    part: &str,
) -> Result<ImageDataset<F>, MnistError> {
    let find = |content| find(folder, &format!("{}{part}-{content}", family.prefix()));
    let images = idx::open(find("images-idx3-ubyte")?)?;
    let labels = idx::open(find("labels-idx1-ubyte")?)?;
    // checked before anything large is read
    check_shapes(&images, &labels)?;
    let path = images.name().to_owned();
    let labels = read_labels(labels, family)?;
    let images = pixels::read(images, family.is_transposed())?;
    ImageDataset::new(images, labels, family.class_names())
        .map_err(|source| MnistError::Data { path, source })
}

fn find(folder: &Path, name: &str) -> Result<PathBuf, MnistError> {
    let dotted = name.replace("-idx", ".idx");
    let tried = [name, &dotted].map(|name| [format!("{name}.gz"), name.to_owned()]);
    let tried = tried.concat();
    let found = tried.iter().map(|name| folder.join(name));
    found
        .into_iter()
        .find(|path| path.is_file())
        .ok_or_else(|| MnistError::NoFile {
            folder: folder.display().to_string(),
            tried,
        })
}

fn check_shapes<R: std::io::Read>(
    images: &idx::IdxReader<R>,
    labels: &idx::IdxReader<R>,
) -> Result<(), MnistError> {
    let is_not = |file: &idx::IdxReader<R>, expected| MnistError::Shape {
        path: file.name().to_owned(),
        found: file.shape().to_vec(),
        expected,
    };
    let &[image_count, 28, 28] = images.shape() else {
        return Err(is_not(images, "[n, 28, 28]"));
    };
    let &[label_count] = labels.shape() else {
        return Err(is_not(labels, "[n]"));
    };
    if image_count != label_count {
        return Err(MnistError::Count {
            images_path: images.name().to_owned(),
            images: image_count,
            labels_path: labels.name().to_owned(),
            labels: label_count,
        });
    }
    Ok(())
}

fn read_labels<R: std::io::Read>(
    file: idx::IdxReader<R>,
    family: MnistFamily,
) -> Result<Array1<usize>, MnistError> {
    let path = file.name().to_owned();
    let first = family.first_label();
    let last = first + family.class_names().len() - 1;
    let stored = file.into_array::<u8>()?;
    let labels = stored.iter().enumerate().map(|(index, &label)| {
        let label = usize::from(label);
        if !(first..=last).contains(&label) {
            return Err(MnistError::Label {
                path: path.clone(),
                index,
                label,
                first,
                last,
            });
        }
        Ok(label - first)
    });
    labels.collect()
}
