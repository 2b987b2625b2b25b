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
pub mod iris;
pub mod keep;
pub mod leakage;
pub mod maps;
pub mod neuron;
pub mod petals;
pub mod picture;
pub mod record;
pub mod scene;
pub mod score_plots;
pub mod scores;
pub mod shift;
pub mod softmax_iris;
pub mod vae;
pub mod watch;

use std::{error::Error, fs, path::PathBuf, process::ExitCode};

use dl_viz::Figure;

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
    /// Writes a figure as `NAME.svg` and `NAME.png` and says so.
    ///
    /// # Errors
    /// Where the figure cannot be drawn, or the directory not be made or written to.
    pub fn save(&self, name: &str, figure: &Figure) -> Result<(), Box<dyn Error>> {
        self.save_as(name, figure, &["svg", "png"])
    }

    /// Writes a figure of images as `NAME.png` and says so: as SVG, every pixel would be a shape.
    ///
    /// # Errors
    /// As [`save`](Self::save).
    pub fn save_png(&self, name: &str, figure: &Figure) -> Result<(), Box<dyn Error>> {
        self.save_as(name, figure, &["png"])
    }

    fn save_as(
        &self,
        name: &str,
        figure: &Figure,
        extensions: &[&str],
    ) -> Result<(), Box<dyn Error>> {
        fs::create_dir_all(&self.out).map_err(|error| {
            format!("cannot make the directory {}: {error}", self.out.display())
        })?;
        for extension in extensions {
            let path = self.out.join(format!("{name}.{extension}"));
            figure.save(&path)?;
            println!("wrote {}", path.display());
        }
        Ok(())
    }
}

/// How a program ends: an error goes to standard error as a sentence. (The workspace's errors tell
/// their causes themselves.)
pub fn finish(result: Result<(), Box<dyn Error>>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
