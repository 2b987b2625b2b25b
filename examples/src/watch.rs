//! What can be looked at while a network is trained, and afterwards.

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

/// Steps from one look to the next.
const EVERY: usize = 50;
/// Images the doctor looks at.
const PROBE: usize = 256;

/// How a training is watched.
#[derive(Debug, clap::Args)]
pub struct WatchOptions {
    /// Write event files for TensorBoard into this folder
    #[arg(long, value_name = "DIR")]
    pub tensorboard: Option<PathBuf>,
    /// Look for what commonly goes wrong, before training and in it, and say what to try
    #[arg(long)]
    pub doctor: bool,
    /// Write the curves to this file, as JSON if its name ends so, otherwise as CSV
    #[arg(long, value_name = "FILE")]
    pub history: Option<PathBuf>,
    /// Write the run as one page for a browser to this file
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}

/// What looks on while a network is trained; to be [closed](Self::close) afterwards.
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

    /// Starts what was asked for; the doctor examines the trainer first.
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

    /// Writes the curves, and the page that `report` makes, where they are asked for. Where one cannot
    /// be written, the program goes on, and [`finish`](crate::finish) tells why.
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
    /// The same training, looked at.
    pub fn watch<'a>(&'a mut self, mut fit: Fit<'a, f32>) -> Fit<'a, f32> {
        if let Some(board) = &mut self.board {
            fit = fit.callback(board);
        }
        if let Some(doctor) = &mut self.doctor {
            fit = fit.callback(doctor);
        }
        fit
    }

    /// Writes what is left, and says what the doctor found. Event files that could not be written are
    /// told by [`finish`](crate::finish).
    pub fn close(self) {
        if let Some(Err(error)) = self.board.map(TensorBoard::finish) {
            fail(error.to_string());
        }
        if let Some(doctor) = self.doctor {
            println!("the doctor, in training: {}\n", doctor.diagnosis());
        }
    }
}
