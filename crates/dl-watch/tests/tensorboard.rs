//! Event files of a training run, read back by TensorBoard itself if the environment variable `TENSORBOARD_PYTHON`
//! names a Python interpreter with it installed (`tests/tensorboard/requirements.txt`).

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;

use dl_nn::Target;
use dl_nn::ndarray::{Array3, ArrayView2, ArrayViewD};
use dl_nn::prelude::*;
use dl_nn::train::{CheckpointPoint, Checkpointer, History, Metric, Snapshot};
use dl_viz::{Figure, Line, Panel};
use dl_watch::Image;
use dl_watch::tensorboard::TensorBoard;
use serde_json::{Value, json};

const EPOCHS: usize = 4;
const EVERY: u64 = 2;
const RUNS: [&str; 3] = ["train", "validation", "steps"];

fn trainer() -> Trainer<f32> {
    let model = Sequential::input([4])
        .push(Dense::new(10).activation(Relu))
        .push(Dense::new(3))
        .build(1)
        .unwrap();
    Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(0.01)).unwrap()
}

fn fit<'a>() -> Fit<'a, f32> {
    let largest =
        Metric::lower_is_better("largest", |p: ArrayView2<'_, f32>, _: &Target<'_, f32>| {
            Ok(f64::from(p.fold(0.0, |a: f32, &b| a.max(b))))
        });
    Fit::epochs(EPOCHS).validation_split(0.2).metric(largest)
}

/// Trains on Iris with the callback; returns the expected contents of the event files.
fn train(dir: &Path) -> Value {
    let iris = dl_data::iris::<f32>();
    let (x, labels) = (iris.features(), iris.labels());
    let mut trainer = trainer();
    let mut board = TensorBoard::create(dir).unwrap().every_steps(EVERY);
    let (picture, chart) = pictures();
    board.writer().image("pictures/ramp", 7, &picture).unwrap();
    board.writer().image("pictures/chart", 0, &chart).unwrap();
    board
        .writer()
        .text("configuration", 0, "**Adam**, rate 0.01, naïve")
        .unwrap();

    let mut steps = Steps::default();
    let options = fit().callback(&mut steps).callback(&mut board);
    let history = trainer.fit(x, labels, options).unwrap();
    board.finish().unwrap();
    let mut expected = expected(&trainer, &history, &steps);
    expected["train"]["images"] =
        json!({ "pictures/ramp": image(&picture), "pictures/chart": image(&chart) });
    expected["train"]["texts"]["configuration"] = json!("**Adam**, rate 0.01, naïve");
    expected
}

/// The expected contents of the event files of an uninterrupted run.
fn expected(trainer: &Trainer<f32>, history: &History, steps: &Steps) -> Value {
    assert_eq!(history.epochs.len(), EPOCHS);
    let by_epoch = |value: &dyn Fn(&Epoch) -> f64| -> Value {
        let points = history
            .epochs
            .iter()
            .map(|e| json!([e.epoch + 1, value(e)]));
        points.collect()
    };
    let scalars = json!({
        "loss": by_epoch(&|e| e.train.loss),
        "accuracy": by_epoch(&|e| e.train.accuracy.unwrap()),
        "learning_rate": by_epoch(&|e| e.learning_rate),
        "seconds": by_epoch(&|e| e.seconds),
    });
    let by_step = json!({
        "step/loss": steps.points(|step| step.loss),
        "step/learning_rate": steps.points(|step| step.learning_rate),
    });
    let validation = json!({
        "loss": by_epoch(&|e| e.validation.unwrap().loss),
        "accuracy": by_epoch(&|e| e.validation.unwrap().accuracy.unwrap()),
        "metrics/largest": by_epoch(&|e| e.metrics[0].value),
    });
    let mut histograms = BTreeMap::new();
    let grads = trainer.grads().iter().flatten();
    for ((name, weights), grads) in trainer.model().params().zip(grads) {
        let weights = histogram(weights, (0..=EPOCHS).collect());
        histograms.insert(format!("weights/{name}"), weights);
        let grads = histogram(grads.view(), (1..=EPOCHS).collect());
        histograms.insert(format!("gradients/{name}"), grads);
    }
    assert_eq!(histograms.len(), 8);
    let run =
        |scalars: Value| json!({ "scalars": scalars, "histograms": {}, "images": {}, "texts": {} });
    let mut train = run(scalars);
    train["histograms"] = json!(histograms);
    train["texts"] = json!({ "model": format!("```\n{}\n```", trainer.model().summary()) });
    json!({ "train": train, "validation": run(validation), "steps": run(by_step) })
}

/// Trains like [`train`], but in three processes: one is killed in the first epoch, before a checkpoint; one starts
/// anew, and is killed in the fourth; the last resumes from a checkpoint of the second.
fn train_interrupted(dir: &Path) -> Value {
    /// Keeps a snapshot in the middle of the second epoch.
    #[derive(Default)]
    struct Keep(Option<Snapshot<f32>>);
    impl Checkpointer<f32> for Keep {
        fn wants(&mut self, moment: CheckpointPoint) -> bool {
            (moment.epoch, moment.step) == (1, 2)
        }
        fn save(&mut self, snapshot: Snapshot<f32>) -> Result<(), Box<dyn Error + Send + Sync>> {
            self.0 = Some(snapshot);
            Ok(())
        }
    }
    /// Ends training after this step of this epoch.
    struct Kill(usize, usize);
    impl Callback<f32> for Kill {
        fn step_end(&mut self, step: &StepEnd, _run: &mut FitContext<'_, f32>) -> Flow {
            match (step.epoch, step.step) == (self.0, self.1) {
                true => Flow::Stop("killed".to_owned()),
                false => Flow::Continue,
            }
        }
    }
    let iris = dl_data::iris::<f32>();
    let (x, labels) = (iris.features(), iris.labels());
    let mut keep = Keep::default();
    for kill in [Kill(0, 2), Kill(3, 2)] {
        let mut board = TensorBoard::create(dir).unwrap().every_steps(EVERY);
        let options = fit().checkpoint(&mut keep).callback(&mut board);
        trainer().fit(x, labels, options.callback(kill)).unwrap();
        board.finish().unwrap();
        leave_half_a_record(dir);
    }

    let (mut trainer, mut steps) = (trainer(), Steps::default());
    let mut board = TensorBoard::create(dir).unwrap().every_steps(EVERY);
    // written before it is known that steps above 1 will be discarded
    let (picture, _) = pictures();
    board.writer().image("pictures/ramp", 7, &picture).unwrap();
    let options = fit().callback(&mut board).resume(keep.0);
    let history = trainer.fit(x, labels, options).unwrap();
    board.finish().unwrap();
    // the steps of an uninterrupted run
    let options = fit().callback(&mut steps);
    self::trainer().fit(x, labels, options).unwrap();
    let mut expected = expected(&trainer, &history, &steps);
    expected["train"]["images"] = json!({ "pictures/ramp": image(&picture) });
    expected
}

/// Leaves half a record at the end of the last file, like a killed process.
fn leave_half_a_record(dir: &Path) {
    for run in RUNS
        .map(|run| dir.join(run))
        .iter()
        .filter(|run| run.exists())
    {
        let files = fs::read_dir(run).unwrap();
        let last = files.map(|file| file.unwrap().path()).max().unwrap();
        let mut bytes = fs::read(&last).unwrap();
        bytes.extend_from_slice(&[24, 0, 0, 0, 0]);
        fs::write(last, bytes).unwrap();
    }
}

fn image(image: &Image) -> Value {
    json!({ "size": [image.size().0, image.size().1], "bytes": image.png().len() })
}

/// A colour ramp, and a figure.
fn pictures() -> (Image, Image) {
    let ramp = Array3::from_shape_fn((16, 24, 3), |(y, x, c)| (y + x * c) as f32 / 60.0);
    let line = Line::steps([0.9, 0.4, 0.3]);
    let chart = Figure::from(Panel::new("Loss").line(line)).size(3.0, 2.0);
    (
        Image::new(&ramp).unwrap(),
        Image::from_figure(&chart).unwrap(),
    )
}

/// The steps of training, recorded by another callback.
#[derive(Default)]
struct Steps(Vec<StepEnd>);

impl Steps {
    /// Every `EVERY`-th, counted from 1.
    fn points(&self, value: impl Fn(&StepEnd) -> f64) -> Value {
        let numbered = (1u64..)
            .zip(&self.0)
            .filter(|(number, _)| number % EVERY == 0);
        numbered
            .map(|(number, step)| json!([number, value(step)]))
            .collect()
    }
}

impl<F: Scalar> Callback<F> for Steps {
    fn step_end(&mut self, step: &StepEnd, _run: &mut FitContext<'_, F>) -> Flow {
        self.0.push(*step);
        Flow::Continue
    }
}

fn histogram(values: ArrayViewD<'_, f32>, steps: Vec<usize>) -> Value {
    let values: Vec<f64> = values.iter().map(|&value| f64::from(value)).collect();
    json!({
        "steps": steps,
        "min": values.iter().copied().fold(f64::INFINITY, f64::min),
        "max": values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        "num": values.len() as f64,
        "sum": values.iter().sum::<f64>(),
        "sum_squares": values.iter().map(|value| value * value).sum::<f64>(),
    })
}

#[test]
fn each_run_has_an_event_file() {
    let dir = tempfile::tempdir().unwrap();
    train(dir.path());
    for run in RUNS {
        let files = fs::read_dir(dir.path().join(run)).unwrap();
        let names: Vec<String> = files
            .map(|f| f.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(names.len(), 1, "{names:?}");
        assert!(names[0].starts_with("events.out.tfevents."), "{names:?}");
    }
}

/// What TensorBoard finds, printed by `check.py`; `None` if it is not available.
fn checked(dir: &Path, expected: &Value) -> Option<String> {
    let python = std::env::var_os("TENSORBOARD_PYTHON")?;
    let path = dir.join("expected.json");
    fs::write(&path, expected.to_string()).unwrap();
    let check = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tensorboard/check.py");
    let output = Command::new(python)
        .arg(check)
        .arg(dir)
        .arg(&path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{complained}");
    Some(said.into_owned())
}

#[test]
fn tensorboard_reads_what_was_written() {
    let dir = tempfile::tempdir().unwrap();
    let expected = train(dir.path());
    if let Some(said) = checked(dir.path(), &expected) {
        let tags = ["steps: 2", "train: 16", "validation: 3"];
        let lines = tags.map(|tags| format!("{tags} tags as expected\n"));
        assert_eq!(said, lines.concat());
    }
}

#[test]
fn tensorboard_shows_each_step_of_an_interrupted_run_once() {
    let dir = tempfile::tempdir().unwrap();
    let expected = train_interrupted(dir.path());
    if let Some(said) = checked(dir.path(), &expected) {
        let tags = ["steps: 2", "train: 14", "validation: 3"];
        let lines = tags.map(|tags| format!("{tags} tags as expected\n"));
        assert_eq!(said, lines.concat());
    }
}
