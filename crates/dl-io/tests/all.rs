//! All tests in one program: what they share is compiled once, not for each of them.

mod bundle;
mod cases;
mod checkpoint;
#[cfg(feature = "onnx")]
#[path = "onnx/main.rs"]
mod onnx;
mod weights_errors;
mod weights_keras;
#[cfg(feature = "npz")]
mod weights_npz;
mod weights_pytorch;
mod weights_round_trips;
