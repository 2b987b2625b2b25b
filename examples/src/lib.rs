//! What the example binaries share: their common options, where figures go, how a program ends.

pub mod approximation;
pub mod autoencoding;
pub mod backpropagation;
pub mod by_hand;
pub mod color_digits;
pub mod conv_arithmetic;
pub mod conv_figures;
pub mod curves;
pub mod dartboard;
pub mod descent;
pub mod digits;
pub mod interrupt;
pub mod iris;
pub mod keep;
pub mod leakage;
pub mod maps;
pub mod neuron;
pub mod output;
pub mod petals;
pub mod picture;
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

/// What went wrong without ending the program.
static FAILURES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The options every binary has.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Directory the figures are written to, made if it is missing.
    #[arg(long, value_name = "DIR", default_value = "out")]
    pub out: PathBuf,
    /// Run the same program on less, in seconds.
    #[arg(long)]
    pub quick: bool,
}

impl Options {
    /// Makes the directory and sees that files can be written to it: to be asked before anything is
    /// trained.
    ///
    /// # Errors
    /// The sentence that says what is in the way.
    pub fn check(&self) -> Result<(), String> {
        self.make_folder()?;
        check_writable(&self.out.join("figure.svg"))
    }

    fn make_folder(&self) -> Result<(), String> {
        let made = fs::create_dir_all(&self.out);
        made.map_err(|error| format!("cannot make the directory {}: {error}", self.out.display()))
    }

    /// Writes a figure as `NAME.svg` and `NAME.png` and says so. Where it cannot, the program goes on,
    /// and [`finish`] tells why.
    pub fn save(&self, name: &str, figure: &Figure) {
        self.save_as(name, figure, &["svg", "png"]);
    }

    /// Writes a figure of images as `NAME.png` and says so: as SVG, every pixel would be a shape.
    /// Otherwise as [`save`](Self::save).
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

/// Sees that a file can be written at `path`, before anything is trained.
///
/// # Errors
/// The sentence that says what is in the way.
pub fn check_writable(path: &Path) -> Result<(), String> {
    dl_fs::check_writable(path)
        .map_err(|error| format!("cannot write `{}`: {error}", path.display()))
}

/// Sees that files can be written at all of these paths, and that none of them is meant twice, is read
/// by the program, or has the place of a figure: the last one written would be all that is left.
///
/// # Errors
/// As [`check_writable`], and a path with two meanings.
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

/// Notes what went wrong, for [`finish`] to tell. The program goes on.
pub fn fail(failure: String) {
    let mut failures = FAILURES.lock().unwrap_or_else(PoisonError::into_inner);
    // what is wrong with the directory is wrong for every figure
    if !failures.contains(&failure) {
        failures.push(failure);
    }
}

/// How a program ends: everything that went wrong goes to standard error, a sentence each. (The
/// workspace's errors tell their causes themselves.) The exit status is 0, 1 where something went
/// wrong, and 130 or 143 where a signal interrupted the training. A reader who closed standard output
/// has seen enough, which is not an error.
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
        // where this cannot be written either, the exit status says it
        let _ = writeln!(io::stderr(), "error: {}", output::safe(failure));
    }
    match status {
        Some(status) => ExitCode::from(status),
        None if failures.is_empty() => ExitCode::SUCCESS,
        None => ExitCode::FAILURE,
    }
}
