//! Folds as row indices: [`Split`]s, each with the rows to train on and the rows to test on.
//!
//! | the rows | folds |
//! |---|---|
//! | are in random order, or exchangeable | [`k_fold`], [`k_fold_shuffled`] |
//! | have classes | [`stratified_k_fold`], [`stratified_k_fold_shuffled`] |
//! | belong together: of one patient, one house, one recording | [`group_k_fold`] |
//! | are in the order of time | [`TimeSeriesSplit`] |
//!
//! A `Vec<Split>` from anywhere else will do, too; folds of several seeds one after the other are a repeated
//! cross-validation.

pub use dl_core::random::generator;
pub use dl_core::sampling::{
    SamplingError, Split, TimeSeriesSplit, group_k_fold, k_fold, k_fold_shuffled,
    stratified_k_fold, stratified_k_fold_shuffled,
};
