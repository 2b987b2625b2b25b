//! Some columns of a table.

use dl_core::{Scalar, instantiate, random::Generator};

use crate::activation::Activation;
use crate::error::{ConfigError, LayerError, ShapeError};
use crate::layer::{Backward, Batch, BatchMut, Batching, Cache, Layer, Mode};
use crate::model::LayerSpec;

/// Some elements of the last axis, in this order: columns of a table, channels of an image. With
/// [`Branches`](crate::layers::Branches), each group of columns gets layers of its own.
///
/// ```
/// use dl_nn::prelude::*;
///
/// // four numbers, and a column of the numbers of six categories
/// let numbers = Sequential::new().push(Columns::new(0..4));
/// let category = Sequential::new()
///     .push(Columns::new([4]))
///     .push(Embedding::new(6, 2))
///     .push(Flatten);
/// let model: Model<f32> = Sequential::input([5])
///     .push(Branches::concat([numbers, category]))
///     .push(Dense::new(3))
///     .build(0)?;
/// assert_eq!(model.layers()[0].output_shape, [4 + 2]);
/// # Ok::<(), dl_nn::BuildError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Columns {
    /// Which elements, counted from 0.
    pub columns: Vec<usize>,
}

impl Columns {
    /// These columns, counted from 0: `[0, 3]`, `2..5`.
    pub fn new(columns: impl IntoIterator<Item = usize>) -> Self {
        Self {
            columns: columns.into_iter().collect(),
        }
    }
}

impl<F: Scalar> LayerSpec<F> for Columns {
    const KIND: &'static str = "columns";

    fn element_count(&self, _: &[usize]) -> usize {
        0
    }

    fn build(&self, input: &[usize], _: &mut Generator) -> Result<Box<dyn Layer<F>>, LayerError> {
        let count = self.columns.len();
        ConfigError::require(count > 0, "number of columns", count, "at least 1")?;
        let layer = ColumnsLayer {
            columns: self.columns.clone(),
        };
        Layer::<F>::output_shape(&layer, input)?;
        Ok(boxed(layer))
    }
}

#[derive(Debug, Clone)]
struct ColumnsLayer {
    columns: Vec<usize>,
}

instantiate! {
    /// Boxed here, so that the passes are compiled here.
    fn boxed<F: Scalar>(layer: ColumnsLayer) -> Box<dyn Layer<F>> {
        Box::new(layer)
    }
}

impl<F: Scalar> Layer<F> for ColumnsLayer {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, ShapeError> {
        let last = self.columns.iter().max().copied().unwrap_or(0);
        let fits = input.last().is_some_and(|&width| last < width);
        let takes = format!("a last axis that has an element {last}, counted from 0");
        ShapeError::require(fits, input, takes)?;
        let outer = &input[..input.len() - 1];
        Ok([outer, &[self.columns.len()]].concat())
    }

    fn forward(&self, x: Batch<F>, mut y: BatchMut<F>, _: &mut Cache<F>, _: Mode) {
        for (x, y) in x.rows().zip(y.rows_mut()) {
            for (y, &column) in y.iter_mut().zip(&self.columns) {
                *y = x[column];
            }
        }
    }

    /// Columns that are not taken get a gradient of 0; one that is taken twice, the sum.
    fn backward(&self, pass: Backward<F>) {
        let Backward { dy, dx, .. } = pass;
        let Some(mut dx) = dx else { return };
        dx.slice_mut().fill(F::zero());
        for (dx, dy) in dx.rows_mut().zip(dy.view().rows()) {
            for (&dy, &column) in dy.iter().zip(&self.columns) {
                dx[column] += dy;
            }
        }
    }

    fn batching(&self) -> Batching {
        Batching::Blocks
    }

    fn output_activation(&self) -> Option<Activation> {
        None
    }
}
