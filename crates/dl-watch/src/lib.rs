#![doc = include_str!("../README.md")]

pub mod doctor;
pub mod explain;
pub mod history;
mod image;
mod rate_figure;
pub mod report;
mod statistics;
pub mod tensorboard;
pub mod xray;

pub use dl_nn::{self, ndarray};
pub use doctor::{Diagnosis, Doctor};
pub use image::{Image, ImageError};
pub use rate_figure::{learning_rate_figure, learning_rate_panel};
pub use xray::XRay;
