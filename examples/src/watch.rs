//! Watching a network during training, and reports about it afterwards.

use std::error::Error;
use std::path::PathBuf;

use dl_nn::ndarray::Axis;
use dl_nn::prelude::*;
use dl_watch::doctor::DoctorCallback;
use dl_watch::report::Report;
use dl_watch::tensorboard::TensorBoard;
use dl_watch::{Doctor, history};
use ndarray::{Array4, Slice};

use crate::keep::tell;
use crate::{fail, println};

/// Steps between two examinations by the doctor.
const EVERY: usize = 50;
/// Number of images the doctor examines.
const PROBE: usize = 256;

/// How to watch training.
#[derive(Debug, clap::Args)]
pub struct WatchOptions {
    /// Write event files for TensorBoard into this folder
    #[arg(long, value_name = "DIR")]
    pub tensorboard: Option<PathBuf>,
    /// Check for common problems before and during training, and suggest remedies
    #[arg(long)]
    pub doctor: bool,
    /// Write the curves to this file, as JSON if its extension is .json, otherwise as CSV
    #[arg(long, value_name = "FILE")]
    pub history: Option<PathBuf>,
    /// Write a report of the run to this file, a single HTML page
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}

/// The callbacks that watch training; to be [closed](Self::close) afterwards.
#[derive(Debug)]
pub struct Watched {
    board: Option<TensorBoard>,
    doctor: Option<DoctorCallback<f32>>,
}

impl WatchOptions {
    /// Whether anything is to be watched.
    pub fn is_asked_for(&self) -> bool {
        let files = [&self.tensorboard, &self.history, &self.report];
        self.doctor || files.into_iter().any(Option::is_some)
    }

    /// Starts what was requested; the doctor examines the trainer first.
    ///
    /// # Errors
    /// Folders that cannot be written to.
    pub fn begin(
        &self,
        trainer: &mut Trainer<f32>,
        loss: impl Loss<f32> + 'static,
        x: &Array4<f32>,
        labels: &[usize],
    ) -> Result<Watched, Box<dyn Error>> {
        let board = self.tensorboard.as_ref().map(TensorBoard::create);
        let board = board.transpose()?.map(|board| board.every_steps(10));
        let mut doctor = None;
        if self.doctor {
            let first = PROBE.min(x.len_of(Axis(0)));
            let x = x.slice_axis(Axis(0), Slice::from(..first));
            let labels = labels[..first].to_vec();
            let visit = Doctor::new().every(EVERY);
            let diagnosis = visit.examine(trainer, &x, &labels)?;
            println!("the doctor, before training: {diagnosis}\n");
            doctor = Some(visit.callback(trainer.model(), loss, &x, &labels)?);
        }
        Ok(Watched { board, doctor })
    }

    /// The files to be written.
    pub fn targets(&self) -> impl Iterator<Item = &PathBuf> {
        [&self.history, &self.report].into_iter().flatten()
    }

    /// Writes the curves, and the page that `report` creates, if requested. If one cannot be written,
    /// the program continues, and [`finish`](crate::finish) reports the error.
    pub fn end(&self, curves: &History, report: impl FnOnce() -> Result<Report, Box<dyn Error>>) {
        if let Some(path) = &self.history {
            let json = path
                .extension()
                .is_some_and(|extension| extension == "json");
            let written = match json {
                true => history::write_json(path, curves),
                false => history::write_csv(path, curves),
            };
            tell(path, written);
        }
        if let Some(path) = &self.report {
            let written = report().and_then(|report| Ok(report.save(path)?));
            tell(path, written);
        }
    }
}

impl Watched {
    /// Adds the callbacks to a training run.
    pub fn watch<'a>(&'a mut self, mut fit: Fit<'a, f32>) -> Fit<'a, f32> {
        if let Some(board) = &mut self.board {
            fit = fit.callback(board);
        }
        if let Some(doctor) = &mut self.doctor {
            fit = fit.callback(doctor);
        }
        fit
    }

    /// Writes remaining events, and prints the doctor's findings. Errors of event files are reported by
    /// [`finish`](crate::finish).
    pub fn close(self) {
        if let Some(Err(error)) = self.board.map(TensorBoard::finish) {
            fail(error.to_string());
        }
        if let Some(doctor) = self.doctor {
            println!("the doctor, in training: {}\n", doctor.diagnosis());
        }
    }
}
