//! The repository's automation: `cargo xtask COMMAND`.

mod bench;
mod book;
mod compare;
mod fetch;
mod figures;
mod programs;
mod svg;

use std::process::ExitCode;

use clap::Parser;
use examples::finish;

#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "The repository's automation")]
enum Command {
    Bench(bench::Bench),
    Book(book::Book),
    Fetch(fetch::Fetch),
    Figures(figures::Figures),
}

fn main() -> ExitCode {
    let result = match Command::parse() {
        Command::Bench(bench) => bench.run(),
        Command::Book(book) => book.run(),
        Command::Fetch(fetch) => fetch.run(),
        Command::Figures(figures) => figures.run(),
    };
    finish(result)
}
