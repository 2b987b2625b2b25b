//! What can be wrong with data, apart from the text of a table ([`CsvError`](crate::CsvError)).

use dl_core::text::{excerpt, shown};
use dl_core::{linalg::LinalgError, sampling::SamplingError};

/// Why data are no data set, cannot be divided, or do not suit a transformer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// Nothing to work on.
    #[error("{what}: the data are empty")]
    Empty {
        /// What was asked for.
        what: &'static str,
    },
    /// Two parts of a data set disagree in size.
    #[error("{rows} rows of features, but {labels} labels")]
    RowCount {
        /// Rows of the features.
        rows: usize,
        /// Labels or targets given.
        labels: usize,
    },
    /// Images and labels disagree in number.
    #[error("{images} images, but {labels} labels")]
    ImageCount {
        /// Images given.
        images: usize,
        /// Labels given.
        labels: usize,
    },
    /// More of the first images than there are, or none.
    #[error("the first {count} of {images} images; it must be at least 1 and at most all")]
    FirstImages {
        /// Images asked for.
        count: usize,
        /// Images there are.
        images: usize,
    },
    /// Not one name for each feature.
    #[error("{columns} feature columns, but {names} feature names")]
    NameCount {
        /// Columns of the features.
        columns: usize,
        /// Names given.
        names: usize,
    },
    /// A label without a class.
    #[error("label {label} in row {row}: labels must be below {classes}, the number of classes")]
    Label {
        /// Row of the label.
        row: usize,
        /// The label.
        label: usize,
        /// Number of classes.
        classes: usize,
    },
    /// Classification needs a choice.
    #[error("{classes} classes; at least 2 are needed to tell anything apart")]
    TooFewClasses {
        /// Number of classes.
        classes: usize,
    },
    /// Two classes cannot be told apart by name.
    #[error("classes {first} and {second} are both named {:?}", excerpt(.name))]
    DuplicateClass {
        /// Number of the first of them.
        first: usize,
        /// Number of the second.
        second: usize,
        /// The name of both.
        name: String,
    },
    /// A value no algorithm can use.
    #[error("{what}: the value in row {row}, column {column} is {value}; values must be finite")]
    NotFinite {
        /// What was asked for.
        what: &'static str,
        /// Row of the value.
        row: usize,
        /// Column of the value.
        column: usize,
        /// The value.
        value: f64,
    },
    /// A statistic of a column cannot be represented.
    #[error("{what}: the values of column {column} are too large for {scalar}")]
    Overflow {
        /// What was asked for.
        what: &'static str,
        /// The column.
        column: usize,
        /// The number type.
        scalar: &'static str,
    },
    /// A row that does not exist.
    #[error("row {row} of data with {rows} rows")]
    Row {
        /// The row asked for.
        row: usize,
        /// Rows there are.
        rows: usize,
    },
    /// A hold-out split that cannot be made.
    #[error(transparent)]
    Split(#[from] SamplingError),
    /// A class too small to be on every side of a split or in every fold.
    #[error("class {} has {rows} of the {needed} rows needed to be on every side", shown(.class))]
    RareClass {
        /// Name of the class (or its number, where no names are known).
        class: String,
        /// Its rows.
        rows: usize,
        /// Rows needed.
        needed: usize,
    },
    /// A number of folds that cannot be made.
    #[error("{folds} folds of {rows} rows; folds must be at least 2 and at most the rows")]
    Folds {
        /// Folds asked for.
        folds: usize,
        /// Rows there are.
        rows: usize,
    },
    /// A batch size that cannot be had.
    #[error("batch size {size} for {rows} rows; it must be at least 1 and at most the rows")]
    BatchSize {
        /// Rows a batch.
        size: usize,
        /// Rows there are.
        rows: usize,
    },
    /// Data of another width than the transformer was fitted on.
    #[error("{what}: got {got} columns, takes {takes}")]
    Width {
        /// The transformer.
        what: &'static str,
        /// Columns got.
        got: usize,
        /// Columns it takes.
        takes: usize,
    },
    /// A range whose ends are not in order.
    #[error("MinMaxScaler: the range {low} to {high} must be finite and rising")]
    Range {
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
    },
    /// Data whose decomposition takes more memory than there is.
    #[error("{what}: {rows} × {columns} data take more memory than there is")]
    Memory {
        /// What was asked for.
        what: &'static str,
        /// Rows of the data.
        rows: usize,
        /// Columns of the data.
        columns: usize,
    },
    /// A row that is a combination of those before it.
    #[error(
        "{what}: row {row} is a linear combination of those before it; rows must be independent"
    )]
    DependentRow {
        /// What was asked for.
        what: &'static str,
        /// The row.
        row: usize,
    },
    /// A number of components that data do not have.
    #[error(
        "Pca: {components} components of {rows} × {columns} data; components must be 1 to {}",
        rows.min(columns)
    )]
    Components {
        /// Components asked for.
        components: usize,
        /// Rows of the data.
        rows: usize,
        /// Columns of the data.
        columns: usize,
    },
    /// Principal components of rows that do not differ.
    #[error("Pca: the {rows} rows do not differ, so no direction has any variance")]
    NoVariance {
        /// Rows of the data.
        rows: usize,
    },
    /// A matrix made of the data could not be decomposed, which is not expected of any.
    #[error("the decomposition of the data: {0}")]
    Decomposition(#[from] LinalgError),
    /// A one-hot row that is none.
    #[error("row {row} is not one-hot: it must hold a single 1 and otherwise 0")]
    NotOneHot {
        /// The row.
        row: usize,
    },
    /// An array too large for the memory there is.
    #[error("{rows} × {columns} values are more than memory can hold")]
    TooLarge {
        /// Rows asked for.
        rows: usize,
        /// Columns asked for.
        columns: usize,
    },
    /// Parameters of a transformer that do not fit together or cannot be.
    #[error("{what}: {problem}")]
    Parameters {
        /// The transformer.
        what: &'static str,
        /// What is wrong, and what is expected.
        problem: String,
    },
}
