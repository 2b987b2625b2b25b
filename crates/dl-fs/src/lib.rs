#![doc = include_str!("../README.md")]

mod budget;
mod id;
mod line_log;
mod links;
mod lock;
mod partial;
mod read;
mod regular;
mod target;
mod write;

pub use budget::{Budget, CostUnit, OverBudget};
pub use id::FileId;
pub use line_log::{LineLog, LineLogError};
pub use lock::Lock;
pub use read::{open, read, read_to_string};
pub use write::{check_writable, remove_partial, replace, write, write_atomically};
