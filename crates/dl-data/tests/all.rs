//! All tests in one program: what they share is compiled once, not for each of them.

mod augment;
mod augmented_batches;
mod csv;
mod csv_errors;
mod datasets;
mod idx;
mod idx_errors;
mod image_dataset;
mod mnist;
mod mnist_folder;
mod transform;
mod transform_sklearn;
