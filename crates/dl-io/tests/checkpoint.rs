//! A training run killed at any time resumes as if nothing had happened.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use dl_data::generator;
use dl_io::{CheckpointError, Checkpoints};
use dl_nn::ndarray::Array2;
use dl_nn::prelude::*;
use dl_nn::schedule::{Cosine, ReduceOnPlateau};
use dl_nn::train::{Callback, FitContext, Flow, Snapshot, StepEnd};

const SAMPLES: usize = 200;
const EPOCHS: usize = 12;
/// Set for the program that is killed: the folder it works in.
const FOLDER: &str = "DL_IO_TEST_FOLDER";

fn data() -> (Array2<f32>, Vec<usize>) {
    let x = Array2::from_shape_fn((SAMPLES, 6), |(i, j)| ((3 * i + 7 * j) as f32).sin());
    let labels = (0..SAMPLES)
        .map(|i| usize::from(x[[i, 0]] > x[[i, 1]]))
        .collect();
    (x, labels)
}

fn checkpoints(folder: &Path) -> Checkpoints {
    let settings = serde_json::json!({ "epochs": EPOCHS, "batch_size": 10 });
    Checkpoints::new(folder.join("checkpoint.dl"))
        .every_steps(1)
        .run_settings(settings)
}

#[test]
fn an_interval_of_nothing_is_refused_before_training() {
    let folder = tempfile::tempdir().unwrap();
    let (x, labels) = data();
    let intervals: [fn(Checkpoints) -> Checkpoints; 2] =
        [|kept| kept.every_epochs(0), |kept| kept.every_steps(0)];
    for (interval, name) in intervals.into_iter().zip(["every_epochs", "every_steps"]) {
        let model = Sequential::input([6]).push(Dense::new(2)).build(1).unwrap();
        let loss = SoftmaxCrossEntropy::new();
        let mut trainer = Trainer::new(model, loss, Sgd::new(0.1)).unwrap();
        let mut kept = interval(checkpoints(folder.path()));
        let fit = Fit::epochs(1).checkpoint(&mut kept);
        let error = trainer.fit(&x, &labels, fit).unwrap_err().to_string();
        let expected = format!("Checkpoints {name} is 0, but must be at least 1");
        assert!(error.contains(&expected), "{error}");
    }
}

/// Trains, resuming from a checkpoint if there is one; returns the result as text.
fn train(folder: &Path) -> String {
    let (x, labels) = data();
    let network = Sequential::input([6])
        .push(Dense::new(32).activation(Relu))
        .push(BatchNorm::new())
        .push(Dropout::new(0.2))
        .push(Dense::new(2));
    let model = network.build(1).unwrap();
    let optimizer = Adam::new(0.01).clip_norm(1.0);
    let mut trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), optimizer).unwrap();
    let mut checkpoints = checkpoints(folder);
    let fit = Fit::epochs(EPOCHS)
        .batch_size(10)
        .validation_split(0.2)
        .callback(LearningRate::per_step(Cosine::new(16 * EPOCHS as u64)))
        .callback(ReduceOnPlateau::new(0.5).patience(1))
        .callback(EarlyStopping::new(EPOCHS))
        .resume(checkpoints.resume().unwrap())
        .checkpoint(&mut checkpoints);
    let mut history = trainer.fit(&x, &labels, fit).unwrap();
    history
        .epochs
        .iter_mut()
        .for_each(|epoch| epoch.seconds = 0.0);
    serde_json::to_string(&(history, trainer.state())).unwrap()
}

/// The program that is killed: this test's executable, run again.
#[test]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let folder = Path::new(&folder);
    let result = train(folder);
    fs::write(folder.join("result"), result).unwrap();
}

fn start(folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["child", "--exact", "--test-threads", "1"])
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// A training run killed once there is a checkpoint, and before it is done.
fn interrupted(folder: &Path) {
    while !folder.join("checkpoint.dl").exists() {
        let mut child = start(folder);
        std::thread::sleep(Duration::from_millis(20));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(!folder.join("result").exists());
}

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Kills the program (on Unix with SIGKILL) at random times until it once finishes; each time, it must have left a
/// readable checkpoint.
#[test]
fn killed_at_any_time_it_ends_bit_identically() {
    let whole = tempfile::tempdir().unwrap();
    let expected = train(whole.path());
    let mut rng = generator(7);
    let (mut kills, mut partial) = (0, 0);
    while kills < 30 {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let mut far = None;
        while !folder.join("result").exists() {
            let mut child = start(folder);
            let wait = f64::uniform(&mut rng) * 0.03;
            std::thread::sleep(Duration::from_secs_f64(wait));
            child.kill().unwrap();
            let ended = child.wait().unwrap().success();
            kills += usize::from(!ended);
            partial += usize::from(files(folder).iter().any(|name| name.ends_with(".partial")));
            let snapshot: Option<Snapshot<f32>> = checkpoints(folder).resume().unwrap();
            let at = snapshot.map(|snapshot| (snapshot.fit.epoch, snapshot.fit.step));
            assert!(
                at >= far,
                "{at:?} after {far:?}: the previous checkpoint was lost"
            );
            far = at;
        }
        let result = fs::read_to_string(folder.join("result")).unwrap();
        assert_eq!(result, expected);
        assert_eq!(files(folder), ["checkpoint.dl", "result"]);
    }
    // for docs/reliability.md; seen with `--nocapture`
    #[allow(clippy::print_stdout)]
    {
        println!("{kills} kills, {partial} of them while a file was written");
    }
}

/// An imitation of a full disk: no file may grow beyond 1 KiB.
#[cfg(unix)]
#[test]
fn on_a_full_disk_the_last_checkpoint_is_kept_and_resumed() {
    let whole = tempfile::tempdir().unwrap();
    let expected = train(whole.path());
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let checkpoint = folder.join("checkpoint.dl");
    interrupted(folder);
    let before = fs::read(&checkpoint).unwrap();
    let full = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 2; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().unwrap())
        .args(["child", "--exact", "--nocapture", "--test-threads", "1"])
        .env(FOLDER, folder)
        .output()
        .unwrap();
    assert!(!full.status.success());
    let told = String::from_utf8_lossy(&full.stderr);
    assert!(told.contains("Checkpoint {"), "{told}");
    assert!(fs::read(&checkpoint).unwrap() == before);
    assert_eq!(files(folder), ["checkpoint.dl"]);

    assert!(start(folder).wait().unwrap().success());
    assert_eq!(fs::read_to_string(folder.join("result")).unwrap(), expected);
}

fn small_trainer() -> Trainer<f32> {
    let network = Sequential::input([6]).push(Dense::new(2));
    let model = network.build(1).unwrap();
    Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(0.01)).unwrap()
}

/// A checkpoint of a short training run.
fn kept(folder: &Path) -> Vec<u8> {
    train(folder);
    fs::read(folder.join("checkpoint.dl")).unwrap()
}

#[test]
fn a_damaged_checkpoint_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let bytes = kept(folder);
    let read = |bytes: &[u8]| {
        fs::write(folder.join("checkpoint.dl"), bytes).unwrap();
        checkpoints(folder).resume::<f32>()
    };
    assert!(read(&bytes).unwrap().is_some());
    for at in (0..bytes.len()).step_by(7) {
        assert!(read(&bytes[..at]).is_err(), "cut at {at}");
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        assert!(read(&damaged).is_err(), "byte {at}");
    }
}

#[test]
fn a_checkpoint_of_a_different_run_is_rejected() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    assert!(checkpoints(folder).resume::<f32>().unwrap().is_none());
    kept(folder);
    let other = serde_json::json!({ "epochs": EPOCHS, "batch_size": 20 });
    let error = checkpoints(folder)
        .run_settings(other)
        .resume::<f32>()
        .unwrap_err();
    let path = folder.join("checkpoint.dl");
    assert_eq!(
        error.to_string(),
        format!(
            "`{}` is a checkpoint of a different run: `batch_size` was 10, but is 20 here",
            path.display()
        )
    );
    assert!(matches!(error, CheckpointError::SettingsMismatch { .. }));
    // a bundle is not a checkpoint
    let model = Sequential::<f32>::input([2])
        .push(Dense::new(2))
        .build(0)
        .unwrap();
    dl_io::Bundle::new(model).save(&path).unwrap();
    let error = checkpoints(folder).resume::<f32>().unwrap_err().to_string();
    assert!(
        error.ends_with("its format is `dl-model`, expected `dl-checkpoint`"),
        "{error}"
    );
}

#[test]
fn where_no_checkpoint_can_be_kept_nothing_is_trained() {
    let (x, labels) = data();
    let mut trainer = small_trainer();
    let folder = tempfile::tempdir().unwrap();
    let checkpoints = checkpoints(&folder.path().join("none"));
    let error = trainer
        .fit(&x, &labels, Fit::epochs(2).checkpoint(checkpoints))
        .unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("no checkpoints can be kept: cannot write"));
    assert_eq!(trainer.state().steps, 0);
}

/// Removes the folder of the checkpoints in the first step.
struct Remove<'a>(&'a Path);

impl Callback<f32> for Remove<'_> {
    fn step_end(&mut self, _: &StepEnd, _: &mut FitContext<'_, f32>) -> Flow {
        fs::remove_dir_all(self.0).unwrap();
        Flow::Continue
    }
}

#[test]
fn if_the_folder_is_removed_training_stops_with_an_error() {
    let (x, labels) = data();
    let mut trainer = small_trainer();
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("some");
    fs::create_dir(&folder).unwrap();
    let fit = Fit::epochs(2)
        .callback(Remove(&folder))
        .checkpoint(checkpoints(&folder));
    let error = trainer.fit(&x, &labels, fit).unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("no checkpoint could be kept after epoch 0, step 1: cannot write"));
    assert_eq!(trainer.state().steps, 1);
}

#[test]
fn two_runs_cannot_share_a_checkpoint() {
    let (x, labels) = data();
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut first = checkpoints(folder);
    let fit = Fit::epochs(1).checkpoint(&mut first);
    small_trainer().fit(&x, &labels, fit).unwrap();
    let before = fs::read(folder.join("checkpoint.dl")).unwrap();

    // rejected while the first could continue, before the second's first step
    let mut second = checkpoints(folder);
    let mut trainer = small_trainer();
    let fit = Fit::epochs(1).checkpoint(&mut second);
    let error = trainer.fit(&x, &labels, fit).unwrap_err().to_string();
    let expected = format!("process {} is writing it", std::process::id());
    assert!(error.ends_with(&expected), "{error}");
    assert_eq!(trainer.state().steps, 0);
    assert!(fs::read(folder.join("checkpoint.dl")).unwrap() == before);
    // nor does it resume from what the first will leave behind
    let error = second.resume::<f32>().unwrap_err();
    assert!(matches!(error, CheckpointError::Lock { .. }), "{error}");
    assert!(error.to_string().ends_with(&expected), "{error}");

    drop(first);
    assert!(second.resume::<f32>().unwrap().is_some());
    let fit = Fit::epochs(1).checkpoint(&mut second);
    trainer.fit(&x, &labels, fit).unwrap();
}

/// Between reading a checkpoint and resuming from it, no other program may resume from it.
#[test]
fn what_is_resumed_from_is_locked_at_once() {
    let whole = tempfile::tempdir().unwrap();
    let expected = train(whole.path());
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (checkpoint, result) = (folder.join("checkpoint.dl"), folder.join("result"));
    // both before there is a checkpoint and when there is one
    for there in [false, true] {
        if there {
            interrupted(folder);
        }
        let before = fs::read(&checkpoint).ok();
        let mut ours = checkpoints(folder);
        assert_eq!(ours.resume::<f32>().unwrap().is_some(), there);
        assert!(!start(folder).wait().unwrap().success());
        assert!(!result.exists() && fs::read(&checkpoint).ok() == before);
    }
    // one that cannot be resumed from is not locked
    let mut other = checkpoints(folder).run_settings("another");
    other.resume::<f32>().unwrap_err();
    assert!(start(folder).wait().unwrap().success());
    assert_eq!(fs::read_to_string(&result).unwrap(), expected);
}

/// Four programs start with the same checkpoint: one trains to the end, the others are rejected.
#[test]
fn of_several_programs_one_trains() {
    let whole = tempfile::tempdir().unwrap();
    let expected = train(whole.path());
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    // they share the checkpoint and the result, which separate folders would hide
    let children: Vec<Child> = (0..4).map(|_| start(folder)).collect();
    let ended = children
        .into_iter()
        .map(|child| child.wait_with_output().unwrap());
    let trained = ended.filter(|ended| ended.status.success()).count();
    // a second one may start after the first has finished, and finds all epochs done
    assert!(trained >= 1);
    assert_eq!(fs::read_to_string(folder.join("result")).unwrap(), expected);
    assert_eq!(files(folder), ["checkpoint.dl", "result"]);
}
