#![doc = include_str!("../README.md")]

mod budget;
mod id;
mod links;
mod lock;
mod partial;
mod read;
mod regular;
mod target;
mod write;

pub use budget::{Budget, CostUnit, OverBudget};
pub use id::FileId;
pub use lock::Lock;
pub use read::{open, read, read_to_string};
pub use write::{check_writable, remove_partial, replace, write, write_atomically};
