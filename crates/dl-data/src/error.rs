//! Errors in data, other than those in the text of a table ([`CsvError`](crate::CsvError)).

use dl_core::text::{excerpt, shown};
use dl_core::{linalg::LinalgError, sampling::SamplingError};

/// Why data is not a valid data set, cannot be split, or does not suit a transformer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DatasetError {
    /// There are no values.
    #[error("{what}: the data is empty")]
    Empty {
        /// The operation.
        what: &'static str,
    },
    /// Two parts of a data set have different lengths.
    #[error("{rows} rows of features, but {labels} labels")]
    RowCount {
        /// Rows of the features.
        rows: usize,
        /// Labels or targets given.
        labels: usize,
    },
    /// The numbers of images and labels differ.
    #[error("{images} images, but {labels} labels")]
    ImageCount {
        /// Images given.
        images: usize,
        /// Labels given.
        labels: usize,
    },
    /// A source of something else than images with classes.
    #[error(
        "images [height, width, channels] with classes are needed; the samples have shape {shape:?}, or no classes"
    )]
    NotImages {
        /// Shape of a sample.
        shape: Vec<usize>,
    },
    /// More of the first images than exist, or none.
    #[error(
        "cannot take the first {count} of {images} images; the count must be at least 1 and at most {images}"
    )]
    FirstImages {
        /// Images requested.
        count: usize,
        /// Images available.
        images: usize,
    },
    /// The numbers of feature columns and names differ.
    #[error("{columns} feature columns, but {names} feature names")]
    NameCount {
        /// Columns of the features.
        columns: usize,
        /// Names given.
        names: usize,
    },
    /// A label that does not belong to any class.
    #[error("label {label} in row {row}: labels must be below {classes}, the number of classes")]
    Label {
        /// Row of the label.
        row: usize,
        /// The label.
        label: usize,
        /// Number of classes.
        classes: usize,
    },
    /// Fewer than two classes.
    #[error("{classes} classes; classification needs at least 2")]
    TooFewClasses {
        /// Number of classes.
        classes: usize,
    },
    /// Two classes have the same name.
    #[error("classes {first} and {second} are both named {:?}", excerpt(.name))]
    DuplicateClass {
        /// Index of the first.
        first: usize,
        /// Index of the second.
        second: usize,
        /// Their name.
        name: String,
    },
    /// A NaN or an infinity.
    #[error("{what}: the value in row {row}, column {column} is {value}; values must be finite")]
    NotFinite {
        /// The operation.
        what: &'static str,
        /// Row of the value.
        row: usize,
        /// Column of the value.
        column: usize,
        /// The value.
        value: f64,
    },
    /// A statistic of a column overflows.
    #[error("{what}: the values of column {column} are too large for {scalar}")]
    Overflow {
        /// The operation.
        what: &'static str,
        /// The column.
        column: usize,
        /// The number type.
        scalar: &'static str,
    },
    /// A row index out of range.
    #[error("row {row} is out of range: the data has {rows} rows")]
    Row {
        /// The index.
        row: usize,
        /// Rows of the data.
        rows: usize,
    },
    /// An invalid hold-out split.
    #[error(transparent)]
    Split(#[from] SamplingError),
    /// A class too small to be on both sides of a split or in every fold.
    #[error("class {} has {rows} rows, but needs at least {needed} to be in every part", shown(.class))]
    RareClass {
        /// Name of the class, or its index where no names are known.
        class: String,
        /// Its rows.
        rows: usize,
        /// Rows needed.
        needed: usize,
    },
    /// An invalid number of folds.
    #[error("{folds} folds of {rows} rows; there must be at least 2 folds and at most one per row")]
    Folds {
        /// Folds requested.
        folds: usize,
        /// Rows of the data.
        rows: usize,
    },
    /// An invalid batch size.
    #[error(
        "batch size {size} for {rows} rows; it must be at least 1 and at most the number of rows"
    )]
    BatchSize {
        /// Rows per batch.
        size: usize,
        /// Rows of the data.
        rows: usize,
    },
    /// Data with a different number of columns than the transformer was fitted on.
    #[error("{what}: {found} columns, expected {expected}")]
    ColumnCount {
        /// The transformer.
        what: &'static str,
        /// Columns found.
        found: usize,
        /// Columns expected.
        expected: usize,
    },
    /// An invalid range.
    #[error("MinMaxScaler: the range {low} to {high} must be finite and increasing")]
    Range {
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
    },
    /// Not enough memory to decompose the data.
    #[error("{what}: not enough memory to decompose {rows} × {columns} data")]
    Memory {
        /// The operation.
        what: &'static str,
        /// Rows of the data.
        rows: usize,
        /// Columns of the data.
        columns: usize,
    },
    /// A row that is a linear combination of those before it.
    #[error(
        "{what}: row {row} is a linear combination of those before it; rows must be linearly independent"
    )]
    DependentRow {
        /// The operation.
        what: &'static str,
        /// The row.
        row: usize,
    },
    /// An invalid number of principal components.
    #[error(
        "Pca: {components} components of {rows} × {columns} data; the number of components must be 1 to {}",
        rows.min(columns)
    )]
    Components {
        /// Components requested.
        components: usize,
        /// Rows of the data.
        rows: usize,
        /// Columns of the data.
        columns: usize,
    },
    /// Principal components of identical rows.
    #[error("Pca: the {rows} rows are identical, so no direction has any variance")]
    NoVariance {
        /// Rows of the data.
        rows: usize,
    },
    /// The decomposition did not converge, which is not expected for any data.
    #[error("cannot decompose the data: {0}")]
    Decomposition(#[from] LinalgError),
    /// A row that is not one-hot.
    #[error("row {row} is not one-hot: it must contain a single 1 and be 0 elsewhere")]
    NotOneHot {
        /// The row.
        row: usize,
    },
    /// Not enough memory for an array.
    #[error("not enough memory for {rows} × {columns} values")]
    TooLarge {
        /// Rows of the array.
        rows: usize,
        /// Columns of the array.
        columns: usize,
    },
    /// Inconsistent or invalid parameters of a transformer.
    #[error("{what}: {problem}")]
    Parameters {
        /// The transformer.
        what: &'static str,
        /// What is wrong, and what is expected.
        problem: String,
    },
}
