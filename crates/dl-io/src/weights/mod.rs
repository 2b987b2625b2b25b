//! Weights to and from files, in this project's, PyTorch's and Keras's layout.

mod archive;
mod error;
mod flattened;
mod layout;
mod natural;
#[cfg(feature = "npz")]
mod npz;
mod order;
mod safetensors;
mod slots;
#[cfg(feature = "npz")]
mod zip64;
#[cfg(feature = "npz")]
mod zip_directory;

pub use error::{WeightsFileError, WeightsProblem};
pub use layout::Layout;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;

use dl_core::instantiate;
use dl_nn::{Model, Scalar, Weights};
use ndarray::{ArrayD, Dimension};

use self::archive::{Archive, Entry, Format};
use self::error::listed;
use self::order::in_order;
use self::slots::{Slot, layers_with_weights, numbers, slots};
use crate::tensors::{Narrowing, check_dtype};

/// A file of a model's weights: its parameters and state (running statistics), by name. What the
/// file's name ends in says the format: `.safetensors`, or, with the feature `npz`, `.npz` for NumPy.
///
/// Both ways the file and the model are compared before either changes: every parameter has its
/// tensor and every tensor its parameter, of the same shape, of finite numbers. `f32` numbers go
/// exactly into a model of `f64`, those of 16 bits (`f16`, `bf16`) into either; `f64` numbers into a
/// model of `f32` only after [`rounding`](Self::rounding).
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
    /// The file's name of a layer, by ours.
    names: BTreeMap<String, String>,
    /// Groups of layers, in their order; of one group where it is empty. `None`: all layers are named.
    in_order: Option<Vec<String>>,
    narrowing: Narrowing,
}

impl WeightsFile {
    /// A file with this project's names and orders of axes.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            layout: Layout::Native,
            names: BTreeMap::new(),
            in_order: None,
            narrowing: Narrowing::Refuse,
        }
    }

    /// Whose names and orders of axes the file has.
    pub fn layout(mut self, layout: Layout) -> Self {
        self.layout = layout;
        self
    }

    /// The file's name of one of the model's layers: `rename("features.0", "conv2d_1")`. Layers not
    /// renamed have the model's names in the file, too.
    pub fn rename(mut self, in_file: impl Into<String>, layer: impl Into<String>) -> Self {
        self.names.insert(layer.into(), in_file.into());
        self
    }

    /// For reading: takes the file's layers one by one for those of the model's that have weights and
    /// are not renamed, in their order, as in a `torch.nn.Sequential`'s file.
    ///
    /// The order of the file's layers is that of the numbers in their names (`2` before `10`), where
    /// these differ in numbers alone (`features.0`, `features.3`), or that of the tensors in the file,
    /// unless they are sorted by name, as safetensors files are. Loading fails where neither says it:
    /// of `features.0` and `classifier.1`, only [`in_order_of`](Self::in_order_of) knows which is
    /// first. Where the file has the model's names, they are matched by name.
    pub fn in_order(self) -> Self {
        self.in_order_of::<String>([])
    }

    /// As [`in_order`](Self::in_order), for a file whose layers have names of several groups: all
    /// that begin with the first group's name, then those of the second …
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

    /// For reading: rounds `f64` numbers to the nearest `f32` where the model is of `f32`.
    pub fn rounding(mut self) -> Self {
        self.narrowing = Narrowing::Round;
        self
    }

    /// Puts the file's numbers into the model.
    ///
    /// # Errors
    /// [`WeightsFileError`] with the file and the tensor, what was found and what was expected;
    /// the model has not changed then.
    pub fn load<F: Scalar>(&self, model: &mut Model<F>) -> Result<(), WeightsFileError> {
        load(self, model)
    }

    /// Writes the model's numbers. The file is written beside its target and renamed over it.
    ///
    /// # Errors
    /// [`WeightsFileError`]; what stood at the path still does then.
    pub fn save<F: Scalar>(&self, model: &Model<F>) -> Result<(), WeightsFileError> {
        save(self, model)
    }

    fn error(&self, problem: WeightsProblem) -> WeightsFileError {
        WeightsFileError {
            path: self.path.clone(),
            problem: Box::new(problem),
        }
    }

    fn read<F: Scalar>(&self, model: &Model<F>) -> Result<Weights<F>, WeightsProblem> {
        let format = Format::of(&self.path)?;
        self.check_names(model)?;
        let bytes = dl_fs::read(&self.path).map_err(WeightsProblem::Read)?;
        let mut archive = Archive::new(format, &bytes)?;
        let mut entries = archive.entries();
        entries.retain(|entry| !self.layout.ignores(&entry.name));
        let slots = match &self.in_order {
            None => slots(model, self.layout, &self.names)?,
            Some(groups) => {
                let names = in_order(model, self.layout, &entries, groups, &self.names)?;
                slots(model, self.layout, &names)?
            }
        };
        let matched = matched(&slots, &entries)?;
        for &(slot, entry) in &matched {
            check_dtype::<F>(&entry.name, &entry.dtype, self.narrowing)?;
            if entry.shape != slot.shape {
                return Err(WeightsProblem::Shape {
                    tensor: slot.tensor.clone(),
                    found: entry.shape.clone(),
                    parameter: slot.parameter.clone(),
                    expected: slot.shape.clone(),
                });
            }
        }
        let mut array = |(slot, entry): (&Slot, &Entry)| {
            let array = archive.array::<F>(entry, self.narrowing)?;
            check_finite(&slot.tensor, &array)?;
            Ok((slot.parameter.clone(), slot.change.here(array)))
        };
        matched.into_iter().map(&mut array).collect()
    }

    fn write<F: Scalar>(&self, model: &Model<F>) -> Result<(), WeightsProblem> {
        let format = Format::of(&self.path)?;
        if self.in_order.is_some() {
            return Err(WeightsProblem::InOrder);
        }
        self.check_names(model)?;
        let slots = slots(model, self.layout, &self.names)?;
        let values = model.layers().iter().flat_map(numbers);
        let mut tensors = Vec::with_capacity(slots.len());
        for (slot, param) in slots.into_iter().zip(values) {
            let array = slot.change.in_file(param.value);
            check_finite(&slot.tensor, &array)?;
            tensors.push((slot.tensor, array));
        }
        // by which tools of PyTorch's users know their own
        let metadata = (self.layout == Layout::PyTorch)
            .then(|| HashMap::from([("format".to_owned(), "pt".to_owned())]));
        let written = dl_fs::write_atomically(&self.path, |file| match format {
            Format::Safetensors => safetensors::write(file, tensors, metadata),
            #[cfg(feature = "npz")]
            Format::Npz => npz::write(file, tensors),
        });
        written.map_err(WeightsProblem::Write)
    }

    /// Every layer renamed is one that has weights.
    fn check_names<F: Scalar>(&self, model: &Model<F>) -> Result<(), WeightsProblem> {
        let layers = layers_with_weights(model);
        let known: HashSet<&str> = layers.iter().copied().collect();
        match self
            .names
            .keys()
            .find(|name| !known.contains(name.as_str()))
        {
            None => Ok(()),
            Some(layer) => Err(WeightsProblem::Rename {
                layer: layer.clone(),
                expected: listed(layers),
            }),
        }
    }
}

instantiate! {
    fn load<F: Scalar>(
        file: &WeightsFile,
        model: &mut Model<F>,
    ) -> Result<(), WeightsFileError> {
        let weights = file.read(model).map_err(|problem| file.error(problem))?;
        let fits = model.set_weights(&weights);
        fits.expect("every name and shape has been compared");
        Ok(())
    }

    fn save<F: Scalar>(file: &WeightsFile, model: &Model<F>) -> Result<(), WeightsFileError> {
        file.write(model).map_err(|problem| file.error(problem))
    }
}

/// Every slot with its tensor, none left over.
fn matched<'a>(
    slots: &'a [Slot],
    entries: &'a [Entry],
) -> Result<Vec<(&'a Slot, &'a Entry)>, WeightsProblem> {
    let mut left: BTreeMap<&str, &Entry> = entries.iter().map(|e| (e.name.as_str(), e)).collect();
    let pair = |slot: &'a Slot| match left.remove(slot.tensor.as_str()) {
        Some(entry) => Ok((slot, entry)),
        None => Err(WeightsProblem::Missing {
            tensor: slot.tensor.clone(),
            parameter: slot.parameter.clone(),
            shape: slot.shape.clone(),
            found: {
                let mut names: Vec<&str> =
                    entries.iter().map(|entry| entry.name.as_str()).collect();
                names.sort_unstable();
                listed(names)
            },
        }),
    };
    let pairs = slots.iter().map(pair).collect::<Result<_, _>>()?;
    match left.values().next() {
        None => Ok(pairs),
        Some(entry) => Err(WeightsProblem::Unexpected {
            tensor: entry.name.clone(),
            shape: entry.shape.clone(),
            expected: listed(slots.iter().map(|slot| slot.tensor.as_str())),
        }),
    }
}

fn check_finite<F: Scalar>(tensor: &str, array: &ArrayD<F>) -> Result<(), WeightsProblem> {
    match array.indexed_iter().find(|(_, value)| !value.is_finite()) {
        None => Ok(()),
        Some((position, value)) => Err(WeightsProblem::NonFinite {
            tensor: tensor.to_owned(),
            position: position.slice().to_vec(),
            value: value.as_f64(),
        }),
    }
}
