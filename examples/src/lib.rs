//! Code shared by the example binaries: common options, saving figures, exit status.

pub mod approximation;
pub mod autoencoding;
pub mod backpropagation;
pub mod by_hand;
pub mod choosing;
pub mod color_digits;
pub mod conv_arithmetic;
pub mod conv_figures;
pub mod curves;
pub mod dartboard;
pub mod descent;
pub mod digits;
pub mod explained;
pub mod homes;
pub mod interrupt;
pub mod iris;
pub mod keep;
pub mod leakage;
pub mod maps;
pub mod neuron;
pub mod output;
pub mod petals;
pub mod picture;
pub mod png_folder;
pub mod record;
pub mod scene;
pub mod score_plots;
pub mod scores;
pub mod shift;
pub mod softmax_iris;
pub mod table;
pub mod vae;
pub mod watch;

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use dl_fs::FileId;
use dl_nn::TrainError;
use dl_viz::Figure;

/// Errors that did not end the program.
static FAILURES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The options every binary has.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Directory the figures are written to, created if it is missing.
    #[arg(long, value_name = "DIR", default_value = "out")]
    pub out: PathBuf,
    /// Run the same program on less data, in seconds.
    #[arg(long)]
    pub quick: bool,
}

impl Options {
    /// Creates the directory and checks that files can be written to it, before anything is trained.
    ///
    /// # Errors
    /// Why they cannot.
    pub fn check(&self) -> Result<(), String> {
        self.make_folder()?;
        check_writable(&self.out.join("figure.svg"))
    }

    fn make_folder(&self) -> Result<(), String> {
        let made = fs::create_dir_all(&self.out);
        made.map_err(|error| {
            format!(
                "cannot create the directory {}: {error}",
                self.out.display()
            )
        })
    }

    /// Writes a figure as `NAME.svg` and `NAME.png`, and prints the paths. If it cannot, the program
    /// continues, and [`finish`] reports the error.
    pub fn save(&self, name: &str, figure: &Figure) {
        self.save_as(name, figure, &["svg", "png"]);
    }

    /// Writes a figure of images as `NAME.png` only, since as SVG every pixel would be a shape;
    /// otherwise like [`save`](Self::save).
    pub fn save_png(&self, name: &str, figure: &Figure) {
        self.save_as(name, figure, &["png"]);
    }

    fn save_as(&self, name: &str, figure: &Figure, extensions: &[&str]) {
        if let Err(failure) = self.make_folder() {
            return fail(failure);
        }
        for extension in extensions {
            let path = self.out.join(format!("{name}.{extension}"));
            match figure.save(&path) {
                Ok(()) => println!("wrote {}", path.display()),
                Err(error) => fail(error.to_string()),
            }
        }
    }
}

/// Checks that a file can be written at `path`, before anything is trained.
///
/// # Errors
/// Why it cannot.
pub fn check_writable(path: &Path) -> Result<(), String> {
    dl_fs::check_writable(path)
        .map_err(|error| format!("cannot write `{}`: {error}", path.display()))
}

/// Checks that files can be written at all of these paths, and that none of them is given twice, is
/// read by the program, or is the path of a figure, since one file would overwrite the other.
///
/// # Errors
/// Same as [`check_writable`], and a path with two uses.
pub fn check_targets<'a>(
    targets: impl IntoIterator<Item = &'a PathBuf>,
    inputs: impl IntoIterator<Item = PathBuf>,
    figures: &Path,
) -> Result<(), String> {
    let inputs = inputs.into_iter().map(FileId::from_path);
    let mut taken: Vec<FileId> = inputs.filter_map(Result::ok).collect();
    let (read, figures) = (taken.len(), figures.canonicalize().ok());
    for path in targets {
        check_writable(path)?;
        let shown = path.display();
        let id =
            FileId::from_path(path).map_err(|error| format!("cannot write `{shown}`: {error}"))?;
        match taken.iter().position(|other| *other == id) {
            Some(place) if place < read => {
                return Err(format!("`{shown}` is read here: write to another file"));
            }
            Some(_) => return Err(format!("`{shown}` is to be written twice")),
            None => {}
        }
        let extension = path.extension().and_then(|extension| extension.to_str());
        let among_figures = figures.as_deref() == Some(id.folder());
        if among_figures && matches!(extension, Some("svg" | "png")) {
            return Err(format!("`{shown}` is where figures go"));
        }
        taken.push(id);
    }
    Ok(())
}

/// Records an error for [`finish`] to report. The program continues.
pub fn fail(failure: String) {
    let mut failures = FAILURES.lock().unwrap_or_else(PoisonError::into_inner);
    // an error of the directory occurs for every figure
    if !failures.contains(&failure) {
        failures.push(failure);
    }
}

/// Ends a program: prints all errors to standard error, one per line. (The workspace's errors contain
/// their causes.) The exit status is 0, 1 if there was an error, and 130 or 143 if a signal
/// interrupted training. Standard output that was closed by its reader is not an error.
pub fn finish(result: Result<(), Box<dyn Error>>) -> ExitCode {
    let mut failures =
        std::mem::take(&mut *FAILURES.lock().unwrap_or_else(PoisonError::into_inner));
    let mut status = None;
    if let Err(error) = result {
        if let Some(TrainError::Interrupted { .. }) = error.downcast_ref() {
            status = interrupt::exit_status();
        }
        let advice = status.and_then(|_| interrupt::advice());
        let advice = advice.map_or_else(String::new, |advice| format!("\n{advice}"));
        failures.push(format!("{error}{advice}"));
    }
    if let Err(error) = output::close() {
        failures.push(format!("cannot write to standard output: {error}"));
    }
    for failure in &failures {
        // if this cannot be written either, there is still the exit status
        let _ = writeln!(io::stderr(), "error: {}", output::safe(failure));
    }
    match status {
        Some(status) => ExitCode::from(status),
        None if failures.is_empty() => ExitCode::SUCCESS,
        None => ExitCode::FAILURE,
    }
}
