//! Saves and loads weights in this project's, PyTorch's or Keras's layout.

mod archive;
mod entry;
mod error;
mod flattened_image;
mod layout;
mod natural;
#[cfg(feature = "npz")]
mod npz;
mod order;
mod safetensors;
mod tensor_mapping;
#[cfg(feature = "npz")]
mod zip64;
#[cfg(feature = "npz")]
mod zip_directory;

pub use error::{WeightsFileError, WeightsFileErrorKind};
pub use layout::Layout;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;

use dl_core::instantiate;
use dl_nn::{Model, Scalar, Weights};
use ndarray::{ArrayD, Dimension};

use self::archive::{Archive, ArchiveFormat};
use self::entry::Entry;
use self::error::listed_for;
use self::order::in_order;
use self::tensor_mapping::{TensorMapping, layers_with_weights, params_and_state, tensor_mappings};
use crate::tensors::{Narrowing, check_dtype};

/// A file of a model's weights: its parameters and state (running statistics), by name. The extension determines
/// the format: `.safetensors`, or, with the feature `npz`, `.npz` for NumPy.
///
/// Before either changes, the file and the model are compared: every parameter must have a tensor of the same shape
/// with finite values, and every tensor a parameter. `f32` values are loaded exactly into a model of `f64`, 16-bit
/// ones (`f16`, `bf16`) into either; `f64` values are loaded into a model of `f32` only with
/// [`rounding`](Self::rounding).
///
/// ```
/// use dl_io::{Layout, WeightsFile};
/// use dl_nn::prelude::*;
///
/// let folder = tempfile::tempdir()?;
/// let network = Sequential::<f32>::input([2]).push(Dense::new(10).activation(Relu)).push(Dense::new(3));
/// // for torch.nn.Sequential(Linear(2, 10), ReLU(), Linear(10, 3))
/// let file = WeightsFile::new(folder.path().join("mlp.safetensors"))
///     .layout(Layout::PyTorch)
///     .rename("0", "dense_1")
///     .rename("2", "dense_2");
/// file.save(&network.build(1)?)?;
/// let mut model = network.build(2)?;
/// file.load(&mut model)?;
/// assert_eq!(model.weights(), network.build(1)?.weights());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct WeightsFile {
    path: PathBuf,
    layout: Layout,
    /// The name of a layer in the file, by ours.
    names: BTreeMap<String, String>,
    /// Groups of layers, in order; empty for a single group. `None`: layers are matched by name.
    in_order: Option<Vec<String>>,
    narrowing: Narrowing,
}

impl WeightsFile {
    /// A file with this project's names and axis orders.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            layout: Layout::Native,
            names: BTreeMap::new(),
            in_order: None,
            narrowing: Narrowing::Reject,
        }
    }

    /// Sets the framework whose names and axis orders the file uses.
    pub fn layout(mut self, layout: Layout) -> Self {
        self.layout = layout;
        self
    }

    /// Sets the name in the file of one of the model's layers: `rename("features.0", "conv2d_1")`. Other layers
    /// have the model's names in the file.
    pub fn rename(mut self, in_file: impl Into<String>, layer: impl Into<String>) -> Self {
        self.names.insert(layer.into(), in_file.into());
        self
    }

    /// For reading: matches the file's layers in order with the model's layers that have weights and are not
    /// renamed, as for a `torch.nn.Sequential`.
    ///
    /// The order of the file's layers is that of the numbers in their names (`2` before `10`) if they differ only
    /// in numbers (`features.0`, `features.3`), or else that of the tensors in the file, unless they are sorted by
    /// name, as in safetensors files. Loading fails if neither determines it: for `features.0` and `classifier.1`,
    /// use [`in_order_of`](Self::in_order_of). If the file has the model's names, layers are matched by name.
    pub fn in_order(self) -> Self {
        self.in_order_of::<String>([])
    }

    /// Like [`in_order`](Self::in_order), for a file whose layers are in several named groups: all whose names
    /// begin with the first group's name, then those of the second …
    ///
    /// ```
    /// use dl_io::{Layout, WeightsFile};
    /// // torchvision's AlexNet and VGG
    /// let file = WeightsFile::new("vgg16.safetensors")
    ///     .layout(Layout::PyTorch)
    ///     .in_order_of(["features", "classifier"]);
    /// ```
    pub fn in_order_of<S: Into<String>>(mut self, groups: impl IntoIterator<Item = S>) -> Self {
        self.in_order = Some(groups.into_iter().map(Into::into).collect());
        self
    }

    /// For reading: rounds `f64` values to the nearest `f32` if the model is of `f32`.
    pub fn rounding(mut self) -> Self {
        self.narrowing = Narrowing::Round;
        self
    }

    /// Loads the file's weights into the model.
    ///
    /// # Errors
    /// [`WeightsFileError`] with the file and the tensor, what was found and what was expected; the model is left
    /// unchanged.
    pub fn load<F: Scalar>(&self, model: &mut Model<F>) -> Result<(), WeightsFileError> {
        load(self, model)
    }

    /// Saves the model's weights. The file is written atomically.
    ///
    /// # Errors
    /// [`WeightsFileError`]; an existing file is left unchanged.
    pub fn save<F: Scalar>(&self, model: &Model<F>) -> Result<(), WeightsFileError> {
        save(self, model)
    }

    fn error(&self, kind: WeightsFileErrorKind) -> WeightsFileError {
        WeightsFileError {
            path: self.path.clone(),
            kind: Box::new(kind),
        }
    }

    fn read<F: Scalar>(&self, model: &Model<F>) -> Result<Weights<F>, WeightsFileErrorKind> {
        let format = ArchiveFormat::from_path(&self.path)?;
        self.check_names(model)?;
        let bytes = dl_fs::read(&self.path).map_err(WeightsFileErrorKind::Read)?;
        let mut archive = Archive::new(format, &bytes)?;
        let mut entries = archive.entries();
        entries.retain(|entry| !self.layout.ignores(&entry.name));
        let mappings = match &self.in_order {
            None => tensor_mappings(model, self.layout, &self.names)?,
            Some(groups) => {
                let names = in_order(model, self.layout, &entries, groups, &self.names)?;
                tensor_mappings(model, self.layout, &names)?
            }
        };
        let matched = matched(&mappings, &entries)?;
        for &(mapping, entry) in &matched {
            check_dtype::<F>(&entry.name, &entry.dtype, self.narrowing)?;
            if entry.shape != mapping.shape {
                return Err(WeightsFileErrorKind::Shape {
                    tensor: mapping.tensor.clone(),
                    found: entry.shape.clone(),
                    parameter: mapping.parameter.clone(),
                    expected: mapping.shape.clone(),
                });
            }
        }
        let mut array = |(mapping, entry): (&TensorMapping, &Entry)| {
            let array = archive.array::<F>(entry, self.narrowing)?;
            check_finite(&mapping.tensor, &array)?;
            Ok((mapping.parameter.clone(), mapping.transform.here(array)))
        };
        matched.into_iter().map(&mut array).collect()
    }

    fn write<F: Scalar>(&self, model: &Model<F>) -> Result<(), WeightsFileErrorKind> {
        let format = ArchiveFormat::from_path(&self.path)?;
        if self.in_order.is_some() {
            return Err(WeightsFileErrorKind::InOrder);
        }
        self.check_names(model)?;
        let mappings = tensor_mappings(model, self.layout, &self.names)?;
        let values = model.layers().iter().flat_map(params_and_state);
        let mut tensors = Vec::with_capacity(mappings.len());
        for (mapping, param) in mappings.into_iter().zip(values) {
            let array = mapping.transform.in_file(param.value);
            check_finite(&mapping.tensor, &array)?;
            tensors.push((mapping.tensor, array));
        }
        // marks the file as PyTorch's for its tools
        let metadata = (self.layout == Layout::PyTorch)
            .then(|| HashMap::from([("format".to_owned(), "pt".to_owned())]));
        let written = dl_fs::write_atomically(&self.path, |file| match format {
            ArchiveFormat::Safetensors => safetensors::write(file, tensors, metadata),
            #[cfg(feature = "npz")]
            ArchiveFormat::Npz => npz::write(file, tensors),
        });
        written.map_err(WeightsFileErrorKind::Write)
    }

    /// Checks that every renamed layer has weights.
    fn check_names<F: Scalar>(&self, model: &Model<F>) -> Result<(), WeightsFileErrorKind> {
        let layers = layers_with_weights(model);
        let known: HashSet<&str> = layers.iter().copied().collect();
        match self
            .names
            .keys()
            .find(|name| !known.contains(name.as_str()))
        {
            None => Ok(()),
            Some(layer) => Err(WeightsFileErrorKind::Rename {
                layer: layer.clone(),
                expected: listed_for(layer, layers),
            }),
        }
    }
}

instantiate! {
    fn load<F: Scalar>(
        file: &WeightsFile,
        model: &mut Model<F>,
    ) -> Result<(), WeightsFileError> {
        let weights = file.read(model).map_err(|kind| file.error(kind))?;
        let fits = model.set_weights(&weights);
        fits.expect("every name and shape has been checked");
        Ok(())
    }

    fn save<F: Scalar>(file: &WeightsFile, model: &Model<F>) -> Result<(), WeightsFileError> {
        file.write(model).map_err(|kind| file.error(kind))
    }
}

/// Pairs every mapping with its tensor; none may be left over.
fn matched<'a>(
    mappings: &'a [TensorMapping],
    entries: &'a [Entry],
) -> Result<Vec<(&'a TensorMapping, &'a Entry)>, WeightsFileErrorKind> {
    let mut left: BTreeMap<&str, &Entry> = entries.iter().map(|e| (e.name.as_str(), e)).collect();
    let pair = |mapping: &'a TensorMapping| match left.remove(mapping.tensor.as_str()) {
        Some(entry) => Ok((mapping, entry)),
        None => Err(WeightsFileErrorKind::Missing {
            tensor: mapping.tensor.clone(),
            parameter: mapping.parameter.clone(),
            shape: mapping.shape.clone(),
            found: {
                let mut names: Vec<&str> =
                    entries.iter().map(|entry| entry.name.as_str()).collect();
                names.sort_unstable();
                listed_for(&mapping.tensor, names)
            },
        }),
    };
    let pairs = mappings.iter().map(pair).collect::<Result<_, _>>()?;
    match left.values().next() {
        None => Ok(pairs),
        Some(entry) => Err(WeightsFileErrorKind::Unexpected {
            tensor: entry.name.clone(),
            shape: entry.shape.clone(),
            expected: listed_for(
                &entry.name,
                mappings.iter().map(|mapping| mapping.tensor.as_str()),
            ),
        }),
    }
}

fn check_finite<F: Scalar>(tensor: &str, array: &ArrayD<F>) -> Result<(), WeightsFileErrorKind> {
    match array.indexed_iter().find(|(_, value)| !value.is_finite()) {
        None => Ok(()),
        Some((position, value)) => Err(WeightsFileErrorKind::NonFinite {
            tensor: tensor.to_owned(),
            position: position.slice().to_vec(),
            value: value.as_f64(),
        }),
    }
}
