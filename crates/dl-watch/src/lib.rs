#![doc = include_str!("../README.md")]

pub mod doctor;
pub mod explain;
pub mod history;
mod image;
pub mod report;
mod statistics;
pub mod tensorboard;
pub mod xray;

pub use dl_nn::{self, ndarray};
pub use doctor::{Diagnosis, Doctor};
pub use image::{Image, ImageError};
pub use xray::XRay;
