//! Saves and loads bundles.

use std::collections::HashSet;
use std::mem;
use std::path::Path;

use dl_core::instantiate;
use dl_core::text::excerpt;
use dl_data::FittedPipeline;
use dl_fs::{Budget, OverBudget};
use dl_nn::{Limits, Registry, Scalar, Weights};
use ndarray::ArrayD;

use super::transform::{Transform, TransformConfig, TransformRegistry, configs};
use super::{Bundle, BundleContent, LoadError, MAX_SAMPLE, ModelError};
use crate::container::{self, Container, Format};
use crate::error::{SaveError, WriteError};

static FORMAT: Format = Format {
    name: "dl-model",
    versions: 1..=3,
};

impl<F: Scalar> Bundle<F> {
    /// Writes the file atomically.
    ///
    /// # Errors
    /// [`SaveError`]: a layer that cannot be described as data, inconsistent parts, or a file that cannot be
    /// written; an existing file is left unchanged.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), SaveError> {
        save(self, path.as_ref())
    }

    /// Loads a bundle of layers from `dl-nn` and `dl-conv`.
    ///
    /// # Errors
    /// [`LoadError`] with the path and the problem. The file is not trusted: declared sizes are checked against its
    /// contents before anything is allocated.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        load(path.as_ref())
    }

    /// Loads a bundle of layers and transforms from registries, which may include your own.
    ///
    /// # Errors
    /// Same as [`load`](Self::load).
    pub fn load_with(
        path: impl AsRef<Path>,
        layers: &Registry<F>,
        transforms: &TransformRegistry<F>,
    ) -> Result<Self, LoadError> {
        load_with(path.as_ref(), layers, transforms)
    }

    /// Checks that the shapes of all steps match and that names are complete and distinct.
    fn check(&self) -> Result<(), String> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        let BundleContent {
            input_shape,
            class_names,
            ..
        } = &self.content;
        let size = input_shape.iter().copied().try_fold(1, usize::checked_mul);
        if !size.is_some_and(|size| (1..=MAX_SAMPLE).contains(&size)) {
            return Err(format!(
                "the input shape is {input_shape:?}, but must have 1 to {MAX_SAMPLE} values"
            ));
        }
        let output = self.content.output.validate();
        output.map_err(|error| format!("output: {error}"))?;
        let output_shape = self.model.output_shape();
        let outputs = shape_after(&self.postprocessing, "postprocessing", output_shape)?;
        let outputs: usize = outputs.iter().product();
        if !class_names.is_empty() && class_names.len() != outputs.max(2) {
            let names = class_names.len();
            return Err(format!("{names} class names for {outputs} outputs"));
        }
        if let Some(pipeline) = &self.content.pipeline
            && input_shape[..] != [pipeline.width()]
        {
            return Err(format!(
                "the pipeline outputs rows of {} values, but the input shape is {input_shape:?}",
                pipeline.width()
            ));
        }
        let columns = self.content.feature_names.len();
        if columns > 0 && input_shape[..] != [columns] {
            return Err(format!(
                "{columns} feature names for samples of shape {input_shape:?}"
            ));
        }
        for (names, what) in [
            (class_names, "class"),
            (&self.content.feature_names, "feature"),
        ] {
            let mut seen = HashSet::new();
            if let Some(name) = names.iter().find(|name| !seen.insert(*name)) {
                return Err(format!("two {what} names are `{}`", excerpt(name)));
            }
        }
        let found = shape_after(&self.preprocessing, "preprocessing", input_shape)?;
        let expected = self.model.input_shape();
        if expected != found {
            return Err(format!(
                "the model expects samples of shape {expected:?}, but preprocessing outputs {found:?}"
            ));
        }
        Ok(())
    }
}

/// The shape of samples after some transforms.
fn shape_after<F: Scalar>(
    transforms: &[Box<dyn Transform<F>>],
    what: &str,
    shape: &[usize],
) -> Result<Vec<usize>, String> {
    let mut shape = shape.to_vec();
    for (i, transform) in transforms.iter().enumerate() {
        let after = transform.output_shape(&shape);
        let (number, kind) = (i + 1, transform.kind());
        shape = after.map_err(|why| format!("{what} {number} ({kind}): {why}"))?;
    }
    Ok(shape)
}

/// Takes the work of some transforms from the budget.
fn take_work<F: Scalar>(
    transforms: &[Box<dyn Transform<F>>],
    what: &str,
    shape: &[usize],
    budget: &Budget,
) -> Result<(), OverBudget> {
    let mut shape = shape.to_vec();
    for (i, transform) in transforms.iter().enumerate() {
        let what = format_args!("{what} {} of a sample", i + 1);
        budget.take_work(what, transform.work(&shape))?;
        // inconsistent shapes are reported once everything is read
        shape = transform.output_shape(&shape).unwrap_or(shape);
    }
    Ok(())
}

/// Takes the work of the pipeline from the budget.
fn take_pipeline(pipeline: Option<&FittedPipeline>, budget: &Budget) -> Result<(), OverBudget> {
    let work = pipeline.map_or(0, FittedPipeline::work);
    budget.take_work("the pipeline of a row", work)
}

/// What a model may cost in a file with what is left of this budget.
fn limits<F: Scalar>(budget: &Budget) -> Limits {
    let whole = |left: u64| usize::try_from(left).unwrap_or(usize::MAX);
    Limits {
        elements: whole(budget.memory()) / size_of::<F>(),
        sample: MAX_SAMPLE.max(whole(budget.memory()) / size_of::<F>()),
        plan: whole(budget.memory()),
        operations: whole(budget.work()),
    }
}

/// The first value that is NaN or infinite.
fn non_finite<F: Scalar>(arrays: &[(String, ArrayD<F>)]) -> Option<ModelError> {
    arrays.iter().find_map(|(name, array)| {
        let at = array.iter().position(|value| !value.is_finite())?;
        Some(ModelError::NonFinite {
            parameter: name.clone(),
            position: at,
            value: array.iter().nth(at)?.as_f64(),
        })
    })
}

impl<F: Scalar> Bundle<F> {
    fn write(&self, path: &Path) -> Result<(), SaveError> {
        self.check().map_err(SaveError::Parts)?;
        let mut arrays = Vec::new();
        for (name, value) in self.model.weights().iter() {
            arrays.push((name.to_owned(), value.to_owned()));
        }
        if let Some(error) = non_finite(&arrays) {
            return Err(SaveError::Parts(error.to_string()));
        }
        let configs = |transforms: &[Box<dyn Transform<F>>], what: &str| {
            let failed = |why| SaveError::Parts(format!("{what} {why}"));
            configs(transforms).map_err(failed)
        };
        let content = BundleContent {
            preprocessing: configs(&self.preprocessing, "preprocessing")?,
            postprocessing: configs(&self.postprocessing, "postprocessing")?,
            architecture: self.model.architecture()?,
            weights: arrays.iter().map(|(name, _)| name.clone()).collect(),
            ..self.content.clone()
        };
        let bytes = container::encode(&FORMAT, &content, arrays).map_err(WriteError::at(path))?;
        self.check_cost(bytes.len())?;
        Ok(container::write(path, &bytes)?)
    }

    /// Takes the work of all transforms.
    fn take_work(&self, budget: &Budget) -> Result<(), OverBudget> {
        let Self {
            preprocessing,
            postprocessing,
            ..
        } = self;
        let input_shape = &self.content.input_shape;
        take_pipeline(self.content.pipeline.as_ref(), budget)?;
        take_work(preprocessing, "preprocessing", input_shape, budget)?;
        let output_shape = self.model.output_shape();
        take_work(postprocessing, "postprocessing", output_shape, budget)
    }

    /// Checks that a file of `bytes` bytes could be loaded again.
    fn check_cost(&self, bytes: usize) -> Result<(), SaveError> {
        let budget = Budget::for_file(bytes as u64);
        self.take_work(&budget)
            .map_err(|over| SaveError::Parts(over.to_string()))?;
        let max = limits::<F>(&budget);
        let needed = self.model.least_limits();
        let all = [
            (
                needed.sample,
                max.sample,
                "values in a sample between the layers",
            ),
            (needed.plan, max.plan, "bytes of plans"),
            (
                needed.operations,
                max.operations,
                "multiply-adds for a sample",
            ),
        ];
        match all.into_iter().find(|(needed, max, _)| needed > max) {
            None => Ok(()),
            Some((needed, max, what)) => Err(SaveError::Parts(format!(
                "the model needs {needed} {what}, but a file of {bytes} bytes may have at \
                 most {max}"
            ))),
        }
    }
}

impl<F: Scalar> Bundle<F> {
    fn read(
        path: &Path,
        layers: &Registry<F>,
        transforms: &TransformRegistry<F>,
    ) -> Result<Self, LoadError> {
        let file = Container::read(path, &FORMAT)?;
        let mut content: BundleContent = file.content()?;
        let transforms = |configs: &mut Vec<TransformConfig>, what: &str| {
            let read = transforms.read(&mem::take(configs));
            read.map_err(|why| LoadError::parts(path, format!("{what} {why}")))
        };
        let preprocessing = transforms(&mut content.preprocessing, "preprocessing")?;
        let postprocessing = transforms(&mut content.postprocessing, "postprocessing")?;
        let arrays = file.arrays(mem::take(&mut content.weights))?;
        let over = |over: OverBudget| file.failed(over.into());
        let budget = file.budget();
        take_pipeline(content.pipeline.as_ref(), budget).map_err(over)?;
        take_work(
            &preprocessing,
            "preprocessing",
            &content.input_shape,
            budget,
        )
        .map_err(over)?;
        let build = || {
            if let Some(error) = non_finite(&arrays) {
                return Err(error);
            }
            let limits = Limits {
                elements: arrays.iter().map(|(_, array)| array.len()).sum(),
                ..limits::<F>(budget)
            };
            let network = layers.sequential(&content.architecture)?;
            let mut model = network.build_within(0, limits)?;
            let weights: Weights<F> = arrays.into_iter().collect();
            model.set_weights(&weights)?;
            Ok(model)
        };
        let model = build().map_err(|kind| LoadError::model(path, kind))?;
        take_work(
            &postprocessing,
            "postprocessing",
            model.output_shape(),
            budget,
        )
        .map_err(over)?;
        let bundle = Self {
            model,
            preprocessing,
            postprocessing,
            content,
            fault: None,
        };
        let fits = bundle.check();
        fits.map_err(|error| LoadError::parts(path, error))?;
        Ok(bundle)
    }
}

instantiate! {
    fn save<F: Scalar>(bundle: &Bundle<F>, path: &Path) -> Result<(), SaveError> {
        bundle.write(path)
    }

    fn load<F: Scalar>(path: &Path) -> Result<Bundle<F>, LoadError> {
        Bundle::read(path, &dl_conv::registry(), &TransformRegistry::new())
    }

    fn load_with<F: Scalar>(
        path: &Path,
        layers: &Registry<F>,
        transforms: &TransformRegistry<F>,
    ) -> Result<Bundle<F>, LoadError> {
        Bundle::read(path, layers, transforms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Half a gigabyte warrants 16 bytes of memory and 2¹⁶ multiply-adds for each of its bytes, in addition to what
    /// any file may cost.
    #[test]
    fn large_files_may_take_more() {
        let limits = |bytes| limits::<f32>(&Budget::for_file(bytes));
        let large = limits(1 << 29);
        let memory = (64 << 20) + (16 << 29);
        assert_eq!((large.elements, large.sample), (memory / 4, memory / 4));
        assert_eq!(large.plan, memory);
        assert_eq!(large.operations, (1 << 34) + (1 << (29 + 16)));
        let small = limits(1 << 10);
        let memory = (64 << 20) + (16 << 10);
        assert_eq!((small.elements, small.plan), (memory / 4, memory));
        assert_eq!(small.sample, MAX_SAMPLE.max(memory / 4));
    }
}
