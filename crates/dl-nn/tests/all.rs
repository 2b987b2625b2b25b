//! All tests in one program: what they share is compiled once, not for each of them.

mod contract;
mod determinism;
mod errors;
mod gradient_check;
mod init;
mod layer_contract;
mod losses;
mod metrics_errors;
mod metrics_properties;
mod metrics_sklearn;
mod optim;
mod optim_pytorch;
mod pytorch_layers;
mod resume;
mod schedule;
mod seeds;
mod training;
mod variational;
mod workspace;
