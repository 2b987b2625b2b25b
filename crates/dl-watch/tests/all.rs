//! All tests in one program: what they share is compiled once, not for each of them.

mod cases;
mod doctor_before;
mod doctor_during;
mod history;
mod report;
mod tensorboard;
mod xray;
