//! All tests in one program: what they share is compiled once, not for each of them.

mod cases;
mod conv2d;
mod conv_functions;
mod conv_transpose2d;
mod determinism;
mod errors;
mod functions;
mod gallery;
mod geometry;
mod layer_contract;
mod models;
mod pool;
mod pytorch_conv;
mod pytorch_pool;
