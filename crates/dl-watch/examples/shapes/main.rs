//! Trains a small network on drawn shapes and logs everything: event files for TensorBoard, the history as CSV and
//! JSON, and a report.
//!
//! `cargo run --release -p dl-watch --example shapes -- DIR`

mod run;

use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let dir = std::env::args_os()
        .nth(1)
        .ok_or("the output directory is missing")?;
    let dir = PathBuf::from(dir);
    run::run(&dir)?.save(dir.join("report.html"))?;
    Ok(())
}
