//! The repository's automation: `cargo xtask COMMAND`.

mod compare;
mod figures;

use std::process::ExitCode;

use clap::Parser;

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "The repository's automation")]
enum Command {
    Figures(figures::Figures),
}

fn main() -> ExitCode {
    let result = match Command::parse() {
        Command::Figures(figures) => figures.run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
