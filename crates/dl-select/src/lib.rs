#![doc = include_str!("../README.md")]

mod cross_validation;
mod fold;
pub mod folds;
mod inspection;
mod learning_curve;
mod nested;
mod scores;
mod search;

pub use cross_validation::{
    CrossValidation, CrossValidationError, FoldScores, Pooled, cross_validate,
};
pub use fold::{Fold, FoldsError};
pub use inspection::{
    GridError, Importances, InspectionError, PartialDependence, grid, partial_dependence,
    permutation_importance, permutation_importance_by,
};
pub use learning_curve::{LearningCurve, LearningCurveError, learning_curve, train_sizes};
pub use nested::{Nested, NestedError, NestedFold, nested};
pub use scores::{MeasureError, Scores};
pub use search::{
    Direction, Method, NoWinner, Outcome, Params, ParamsError, Range, Search, SearchError,
    SearchResult, Space, SpaceError, SuccessiveHalving, Trial, TrialOutcome, TrialRecord,
};

pub use dl_nn::metrics::{Estimate, Interval, MetricError};
pub use ndarray;
