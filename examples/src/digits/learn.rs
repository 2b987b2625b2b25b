//! The training that the programs with one network share: kept, watched, and told about.

use std::error::Error;

use dl_data::Mnist;
use dl_io::{Bundle, Divide, data_sha256};
use dl_nn::metrics::{ConfusionMatrix, argmax};
use dl_nn::prelude::*;
use dl_watch::report::{Mistake, Report};
use ndarray::Axis;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::DigitOptions;
use crate::check_targets;
use crate::keep::KeepOptions;
use crate::watch::WatchOptions;

/// Mistakes in a report.
const MISTAKES: usize = 24;

/// The options of a program that trains one network on digits.
#[derive(Debug, clap::Args)]
pub struct LearnOptions {
    /// What is learnt from.
    #[command(flatten)]
    pub digits: DigitOptions,
    /// What is kept.
    #[command(flatten)]
    pub keep: KeepOptions,
    /// What is looked at.
    #[command(flatten)]
    pub watch: WatchOptions,
}

impl LearnOptions {
    /// As [`RecordOptions::record`](crate::record::RecordOptions::record).
    ///
    /// # Errors
    /// As there, and where a replay, which trains nothing, is to keep or show a training.
    pub fn record<R: Serialize + DeserializeOwned>(
        &self,
        run: impl FnOnce() -> Result<R, Box<dyn Error>>,
    ) -> Result<R, Box<dyn Error>> {
        let record = &self.digits.record;
        record.require_training(self.keep.is_asked_for() || self.watch.is_asked_for())?;
        let targets = self.keep.targets().chain(self.watch.targets());
        let figures = &self.digits.options.out;
        check_targets(targets.chain(&record.record), self.digits.inputs(), figures)?;
        record.record(run)
    }

    /// Trains, keeps and watches as the options say; `measure` then makes of the trained network
    /// what the program is after. `settings` are those that a checkpoint's run must share, beside
    /// those of the digits.
    ///
    /// # Errors
    /// Options that do not go together, and whatever can go wrong in training and in writing.
    pub fn learn<R>(
        &self,
        settings: Value,
        mut trainer: Trainer<f32>,
        schedule: Option<LearningRate>,
        data: &Mnist<f32>,
        measure: impl FnOnce(&Trainer<f32>, History) -> Result<R, Box<dyn Error>>,
    ) -> Result<R, Box<dyn Error>> {
        let (x, labels) = (data.train.images(), data.train.labels());
        let mut settings = settings;
        settings["images"] = json!(data.train.len());
        settings["batch_size"] = json!(self.digits.batch_size);
        settings["seed"] = json!(self.digits.seed);
        let asked_for = self.keep.is_asked_for();
        let checksum = asked_for.then(|| data_sha256(x, labels));
        if let Some(checksum) = &checksum {
            settings["data_sha256"] = json!(checksum);
        }
        let loss = SoftmaxCrossEntropy::new();
        let mut watched = self.watch.begin(&mut trainer, loss, x, &labels.to_vec())?;
        let mut fit = self.digits.fit();
        if let Some(schedule) = schedule {
            fit = fit.callback(schedule);
        }
        let fit = self.keep.keep(watched.watch(fit), &settings)?;
        let history = trainer.fit(x, labels, fit);
        // the network first; and nothing that goes wrong from here on leaves out anything else
        if let Ok(history) = &history {
            settings["epochs"] = json!(history.epochs.len());
            let names = data.train.class_names();
            self.keep.network(&trainer, names, |trainer| {
                bundle(trainer, names, checksum, &settings)
            });
        }
        // what was found is told most of all where training failed
        watched.close();
        let history = history?;
        self.watch.end(&history, || {
            self.report(&trainer, &history, data, &settings)
        });
        measure(&trainer, history)
    }

    /// The run on one page.
    fn report(
        &self,
        trainer: &Trainer<f32>,
        history: &History,
        data: &Mnist<f32>,
        settings: &Value,
    ) -> Result<Report, Box<dyn Error>> {
        let test = &data.test;
        let names = test.class_names();
        let probabilities = trainer.predict_matrix(test.images())?;
        let predicted = argmax(&probabilities)?;
        let confusion = ConfusionMatrix::new(test.labels(), &predicted, names.len())?;
        let images = Some(test.images().view());
        let mistakes =
            Mistake::worst(probabilities.view(), test.labels(), names, images, MISTAKES)?;
        let summary = format!(
            "{} images to learn from, {} to test on.",
            data.train.len(),
            test.len()
        );
        Ok(
            Report::new(settings["program"].as_str().unwrap_or_default())
                .summary(summary)
                .result("test accuracy", format!("{:.4}", confusion.accuracy()))
                .configuration(settings)
                .seed("weights, images held out, order", self.digits.seed)
                .model(trainer.model().summary())
                .history(history.clone())
                .confusion(confusion, names)
                .mistakes(mistakes)
                .feature_maps(trainer.model(), test.images().index_axis(Axis(0), 0))?
                .this_machine(),
        )
    }
}

/// A network that takes pictures in bytes, 0 to 255, and names digits.
fn bundle(
    trainer: &Trainer<f32>,
    class_names: &[String],
    checksum: Option<String>,
    settings: &Value,
) -> Bundle<f32> {
    let bundle = Bundle::from_trainer(trainer)
        .with_preprocessing(Divide(255.0))
        .with_class_names(class_names)
        .with_training(settings);
    match checksum {
        Some(checksum) => bundle.with_data_sha256(checksum),
        None => bundle,
    }
}
