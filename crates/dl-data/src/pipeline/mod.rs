//! From a table's columns to the numbers that a network takes.

mod category;
mod error;
mod fit;
mod fitted;
mod inverse;
mod number;
mod quantiles;
mod scale;
mod steps;
mod target;
mod transform;

pub use error::PipelineError;
pub use fitted::FittedPipeline;
pub use scale::{QuantileOutput, Scale};
pub use steps::{Categorical, ColumnSteps, Encode, Fill, Impute, Numeric, Unseen};
pub use target::TargetScaler;

use serde::{Deserialize, Serialize};

use crate::Table;

/// How the columns of a [`Table`] become the columns of a matrix: what is imputed, encoded and scaled, and how.
///
/// By default, a gap in a column of numbers is filled with the median, and the column standardised; a gap in a column of
/// categories is filled with the most frequent one, and the column encoded one-hot, all zeros for a category that the
/// training rows do not have. Dates are numbers.
///
/// [`fit`](Self::fit) computes medians, categories and scales. Give it the training rows alone: what test rows
/// contribute to them leaks into training (Hastie et al. 2009, *The Elements of Statistical Learning*, section
/// 7.10.2). What it returns, a [`FittedPipeline`], prepares any rows the same way.
///
/// ```
/// use dl_data::{Csv, Impute, Numeric, Pipeline, Scale, generator};
/// let text = "\
/// rooms,area,city,price
/// 3,80,Oslo,250
/// 2,,Rome,180
/// 4,120,Oslo,400
/// 3,75,,240
/// 2,50,Bonn,150
/// ";
/// let homes = Csv::new().read_table(text.as_bytes(), "homes.csv")?.target("price")?;
/// let (train, test) = homes.split(0.4, &mut generator(3))?;
///
/// let area = Numeric::new().impute(Impute::Mean).indicator().scale(Scale::robust());
/// let pipeline = Pipeline::new().column("area", area).fit(train.features())?;
/// let x = pipeline.transform::<f32>(train.features())?;
/// assert_eq!(x.ncols(), pipeline.feature_names().len());
/// let x = pipeline.transform::<f32>(test.features())?; // by what the training rows say
/// assert_eq!(x.nrows(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[must_use]
pub struct Pipeline {
    numbers: Numeric,
    categories: Categorical,
    columns: Vec<(String, ColumnSteps)>,
    dropped: Vec<String>,
    components: Option<usize>,
}

impl Pipeline {
    /// The default steps for every column.
    pub fn new() -> Self {
        Self::default()
    }

    /// The steps for columns of numbers and dates.
    pub fn numbers(mut self, steps: Numeric) -> Self {
        self.numbers = steps;
        self
    }

    /// The steps for columns of categories.
    pub fn categories(mut self, steps: Categorical) -> Self {
        self.categories = steps;
        self
    }

    /// The steps for one column, instead of those for its kind.
    pub fn column(mut self, name: impl Into<String>, steps: impl Into<ColumnSteps>) -> Self {
        self.columns.push((name.into(), steps.into()));
        self
    }

    /// A column to leave out.
    pub fn drop(mut self, column: impl Into<String>) -> Self {
        self.dropped.push(column.into());
        self
    }

    /// Projects the matrix onto its first principal components; see [`Pca`](crate::Pca).
    pub fn pca(mut self, components: usize) -> Self {
        self.components = Some(components);
        self
    }

    /// Computes from these rows what the steps need: the training rows, and no others.
    ///
    /// # Errors
    /// A column that does not exist, is of another kind than its steps, or has nothing but gaps; a gap where gaps are
    /// errors; settings out of range; principal components that cannot be computed.
    pub fn fit(&self, train: &Table) -> Result<FittedPipeline, PipelineError> {
        fit::fit(self, train)
    }
}
