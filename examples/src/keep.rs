//! Files saved by a training run: checkpoints during it, the trained network at its end.

use std::error::Error;
use std::path::{Path, PathBuf};

use clap::value_parser;
use dl_io::onnx::Onnx;
use dl_io::{Bundle, Checkpoints};
use dl_nn::Scalar;
use dl_nn::train::{Fit, Trainer};
use serde::Serialize;

use crate::{fail, interrupt, println};

/// Where to save a training run and its network.
#[derive(Debug, clap::Args)]
pub struct KeepOptions {
    /// Save the state of training to this file, so that it can be interrupted at any moment
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// Steps between checkpoints; another one is saved after each epoch
    #[arg(long, value_name = "N", default_value_t = 100, requires = "checkpoint",
          value_parser = value_parser!(u32).range(1..))]
    pub checkpoint_every: u32,
    /// Resume from the checkpoint, if there is one
    #[arg(long, requires = "checkpoint")]
    pub resume: bool,
    /// Save the trained network with its preprocessing and class names, for the program `predict`
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,
    /// Write the trained network as an ONNX file, for ONNX Runtime and others
    #[arg(long, value_name = "FILE")]
    pub onnx: Option<PathBuf>,
}

impl KeepOptions {
    /// Adds checkpoints to a training run, and resumes from the last one if requested. A checkpoint
    /// of a run with different `settings` is rejected. A signal interrupts the run.
    ///
    /// # Errors
    /// A checkpoint that exists without `--resume`, is damaged, or belongs to a different run.
    pub fn keep<'a, F: Scalar>(
        &self,
        fit: Fit<'a, F>,
        settings: impl Serialize,
    ) -> Result<Fit<'a, F>, Box<dyn Error>> {
        let fit = fit.interrupt(interrupt::catch(self.advice())?);
        let Some(path) = &self.checkpoint else {
            return Ok(fit);
        };
        let already = || {
            format!(
                "{}: the file exists; --resume continues a training from its checkpoint, and without the file training starts anew",
                path.display()
            )
        };
        if path.exists() && !self.resume {
            return Err(already().into());
        }
        let mut checkpoints = Checkpoints::new(path)
            .every_steps(self.checkpoint_every as usize)
            .run_settings(settings);
        let snapshot = checkpoints.resume()?;
        // written by another program since the first check
        if snapshot.is_some() && !self.resume {
            return Err(already().into());
        }
        if self.resume && snapshot.is_none() {
            println!(
                "{}: no checkpoint yet, so training starts anew",
                path.display()
            );
        }
        if let Some(snapshot) = &snapshot {
            let (epochs, steps) = (snapshot.fit.epoch, snapshot.fit.step);
            println!(
                "goes on after epoch {epochs}, step {steps}, from {}",
                path.display()
            );
        }
        Ok(fit.resume(snapshot).checkpoint(checkpoints))
    }

    /// How to resume after an interruption.
    fn advice(&self) -> String {
        let Some(path) = &self.checkpoint else {
            return "nothing was kept; --checkpoint FILE keeps the state of a training, so that it can be resumed".to_owned();
        };
        let mut command: Vec<String> = std::env::args_os()
            .map(|word| quoted(&word.to_string_lossy()))
            .collect();
        if !self.resume {
            command.push("--resume".to_owned());
        }
        format!(
            "its state is in {}; to resume: {}",
            path.display(),
            command.join(" ")
        )
    }

    /// The files to be written.
    pub fn targets(&self) -> impl Iterator<Item = &PathBuf> {
        [&self.checkpoint, &self.save, &self.onnx]
            .into_iter()
            .flatten()
    }

    /// Saves the trained network if requested: as an ONNX file with the output activation of its loss,
    /// and as the bundle that `bundle` creates. If a file cannot be written, the program continues, and
    /// [`finish`](crate::finish) reports the error.
    pub fn network<F: Scalar>(
        &self,
        trainer: &Trainer<F>,
        class_names: &[String],
        bundle: impl FnOnce(&Trainer<F>) -> Bundle<F>,
    ) {
        if let Some(path) = &self.save {
            tell(path, bundle(trainer).save(path));
        }
        if let Some(path) = &self.onnx {
            let onnx = Onnx::new(trainer.model()).output(trainer.loss().inverse_link());
            tell(path, onnx.class_names(class_names).save(path));
        }
        interrupt::release();
    }

    /// Whether anything is to be saved.
    pub fn is_asked_for(&self) -> bool {
        self.targets().next().is_some()
    }
}

/// Prints that a file was written, or records the error.
pub(crate) fn tell<E: std::fmt::Display>(path: &Path, written: Result<(), E>) {
    match written {
        Ok(()) => println!("wrote {}", path.display()),
        Err(error) => fail(error.to_string()),
    }
}

/// A word of a command line, quoted if a shell would split or expand it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=,:+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}
