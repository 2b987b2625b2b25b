//! Vectors for categories.

use dl_core::{Scalar, instantiate, random::Generator};
use ndarray::{Array2, Ix2};

use crate::error::{ConfigError, LayerError, ShapeError};
use crate::init::{Fans, Initializer};
use crate::layer::{Backward, Batch, BatchMut, Batching, Cache, Layer, Mode, Param, ParamMut};
use crate::model::LayerSpec;

/// The largest table that is initialised, so that a typo is an error, not an abort.
const MAX_ELEMENTS: usize = u32::MAX as usize;

/// The largest table of which each block of samples has a gradient of its own.
const MAX_BLOCK_ELEMENTS: usize = 1 << 16;

/// A trained vector for each category (Bengio, Ducharme, Vincent 2000, "A neural probabilistic language model"): the
/// numbers of categories `[…]`, counted from 0, become their rows of a table, `[…, width]`.
///
/// A number that is not that of a category (negative, too large, not whole) becomes a vector of NaN, which training and
/// prediction report. Categories have no derivative, so ∂L/∂x is 0.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Embedding {
    /// Number of categories.
    pub categories: usize,
    /// Elements of a vector.
    pub width: usize,
    /// Initialiser of the table.
    pub initializer: Initializer,
}

impl Embedding {
    /// Vectors of `width` standard normal elements for `categories` categories.
    pub fn new(categories: usize, width: usize) -> Self {
        Self {
            categories,
            width,
            initializer: Initializer::Normal { std: 1.0 },
        }
    }

    /// Sets the initialiser of the table `[categories, width]`.
    pub fn initializer(mut self, initializer: Initializer) -> Self {
        self.initializer = initializer;
        self
    }
}

impl<F: Scalar> LayerSpec<F> for Embedding {
    const KIND: &'static str = "embedding";

    fn element_count(&self, _: &[usize]) -> usize {
        self.categories.saturating_mul(self.width)
    }

    fn build(
        &self,
        _: &[usize],
        generator: &mut Generator,
    ) -> Result<Box<dyn Layer<F>>, LayerError> {
        let Self {
            categories, width, ..
        } = *self;
        ConfigError::require(
            categories > 0,
            "Embedding categories",
            categories,
            "at least 1",
        )?;
        ConfigError::require(width > 0, "Embedding width", width, "at least 1")?;
        let elements = categories.checked_mul(width);
        ConfigError::require(
            elements.is_some_and(|elements| elements <= MAX_ELEMENTS),
            "Embedding categories",
            categories,
            "small enough for a table of fewer than 2^32 elements",
        )?;
        self.initializer.validate()?;
        let shape = [categories, width];
        let fans = Fans::from_shape(&shape);
        let table = self.initializer.sample(&shape, fans, generator)?;
        let table = table.into_dimensionality::<Ix2>().expect("a matrix");
        Ok(boxed(EmbeddingLayer { table }))
    }
}

/// An embedding with its table, as [`Embedding`] builds it.
#[derive(Debug, Clone, PartialEq)]
pub struct EmbeddingLayer<F> {
    /// A row for each category, `[categories, width]`.
    pub table: Array2<F>,
}

instantiate! {
    /// Boxed here, so that the passes are compiled here.
    fn boxed<F: Scalar>(layer: EmbeddingLayer<F>) -> Box<dyn Layer<F>> {
        Box::new(layer)
    }
}

/// The number of a category, if x is one of `count`.
fn category<F: Scalar>(x: F, count: usize) -> Option<usize> {
    let number = x.as_f64();
    let category = number as usize;
    (category as f64 == number && category < count).then_some(category)
}

impl<F: Scalar> Layer<F> for EmbeddingLayer<F> {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, ShapeError> {
        Ok([input, &[self.table.ncols()]].concat())
    }

    /// y = the row of x.
    fn forward(&self, x: Batch<F>, mut y: BatchMut<F>, _: &mut Cache<F>, _: Mode) {
        let (count, width) = self.table.dim();
        let table = self.table.as_slice().expect("in standard layout");
        for (&x, y) in x.slice().iter().zip(y.slice_mut().chunks_exact_mut(width)) {
            match category(x, count) {
                Some(row) => y.copy_from_slice(&table[row * width..][..width]),
                None => y.fill(F::nan()),
            }
        }
    }

    /// ∂L/∂row = Σ δ over the elements of this category.
    fn backward(&self, pass: Backward<F>) {
        let Backward {
            x,
            dy,
            dx,
            mut grads,
            ..
        } = pass;
        let (count, width) = self.table.dim();
        let gradient = grads.slice(0);
        gradient.fill(F::zero());
        for (&x, dy) in x.slice().iter().zip(dy.slice().chunks_exact(width)) {
            let Some(row) = category(x, count) else {
                continue;
            };
            let gradient = &mut gradient[row * width..][..width];
            for (gradient, &dy) in gradient.iter_mut().zip(dy) {
                *gradient += dy;
            }
        }
        if let Some(mut dx) = dx {
            dx.slice_mut().fill(F::zero());
        }
    }

    fn params(&self) -> Vec<Param<'_, F>> {
        vec![Param::weight("table", &self.table)]
    }

    fn params_mut(&mut self) -> Vec<ParamMut<'_, F>> {
        vec![ParamMut::weight("table", &mut self.table)]
    }

    fn batching(&self) -> Batching {
        match self.table.len() <= MAX_BLOCK_ELEMENTS {
            true => Batching::Blocks,
            false => Batching::Whole,
        }
    }
}
