use super::super::writer::tests::purges;
use super::*;
use dl_nn::ndarray::array;
use dl_nn::prelude::*;
use dl_nn::train::{CheckpointPoint, Checkpointer, Snapshot};

fn fit(board: &mut TensorBoard, epochs: usize) -> History {
    let model = Sequential::input([2]).push(Dense::new(2)).build(1).unwrap();
    let mut trainer: Trainer<f64> =
        Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(0.05)).unwrap();
    let x = array![[0., 0.], [0., 1.], [1., 0.], [1., 1.]];
    let labels = vec![0, 1, 1, 0];
    let options = Fit::epochs(epochs)
        .batch_size(2)
        .validation(&x, &labels)
        .callback(board);
    trainer.fit(&x, &labels, options).unwrap()
}

#[test]
fn a_resumed_run_continues_to_count() {
    struct Keep(Option<Snapshot<f64>>);
    impl Checkpointer<f64> for Keep {
        fn wants(&mut self, moment: CheckpointPoint) -> bool {
            (moment.epoch, moment.step) == (2, 1)
        }
        fn save(
            &mut self,
            snapshot: Snapshot<f64>,
        ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
            self.0 = Some(snapshot);
            Ok(())
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let x = array![[0., 0.], [0., 1.], [1., 0.], [1., 1.]];
    let labels = vec![0, 1, 1, 0];
    let trainer = || {
        let network = Sequential::input([2]).push(Dense::new(2));
        let loss = SoftmaxCrossEntropy::new();
        Trainer::new(network.build(1).unwrap(), loss, Adam::new(0.05)).unwrap()
    };
    let mut keep = Keep(None);
    let options = Fit::epochs(3).batch_size(2).checkpoint(&mut keep);
    trainer().fit(&x, &labels, options).unwrap();
    let mut board = TensorBoard::create(dir.path()).unwrap();
    let fit = Fit::epochs(3).batch_size(2).callback(&mut board);
    trainer().fit(&x, &labels, fit.resume(keep.0)).unwrap();
    assert_eq!((board.epoch, board.step), (3, 6));
}

/// The steps from which the files of a run discard values, file by file.
fn purged(dir: &Path) -> Vec<Vec<i64>> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files.iter().map(|file| purges(file)).collect()
}

#[test]
fn a_resumed_run_discards_what_was_not_kept() {
    let dir = tempfile::tempdir().unwrap();
    let runs = ["train", "validation", "steps"].map(|run| dir.path().join(run));
    let mut board = TensorBoard::create(dir.path()).unwrap().every_steps(1);
    // neither a validation nor a step has been logged, now or before
    board.forget(3, 6, true).unwrap();
    assert!(!runs[1].exists() && !runs[2].exists());
    runs[1..]
        .iter()
        .for_each(|run| std::fs::create_dir(run).unwrap());
    board.forget(5, 9, false).unwrap();
    // twice each, since TensorBoard takes the first of a run for its start
    assert_eq!(purged(&runs[0]), [[3, 3], [5, 5]]);
    assert_eq!(purged(&runs[1]), [[5, 5]]);
    assert_eq!(purged(&runs[2]), [[9, 9]]);
}

#[test]
fn a_new_run_replaces_another() {
    let dir = tempfile::tempdir().unwrap();
    let own = EventWriter::create(dir.path().join("train")).unwrap();
    assert!(!has_fit(&dir.path().join("train")), "not of a fit");
    drop(own);
    for _ in 0..3 {
        let mut board = TensorBoard::create(dir.path()).unwrap();
        fit(&mut board, 1);
        // continuing is not a new run
        fit(&mut board, 1);
        board.finish().unwrap();
    }
    let none = Vec::<i64>::new;
    let train = [none(), none(), vec![0, 0], none(), vec![0, 0], none()];
    assert_eq!(purged(&dir.path().join("train")), train);
    assert_eq!(
        purged(&dir.path().join("validation")),
        [none(), vec![0, 0], vec![0, 0]]
    );
}

/// `/dev/full` can be opened, and reports a full disk at each write.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_stops_training_and_is_reported() {
    let dir = tempfile::tempdir().unwrap();
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let train = EventWriter::start("/dev/full".into(), dir.path().join("before"), full).unwrap();
    let mut board = TensorBoard::with_writer(dir.path(), train);
    let history = fit(&mut board, 5);
    assert!(history.epochs.is_empty());
    let stopped = history.stopped.unwrap();
    let expected = "cannot write TensorBoard events: /dev/full: No space left on device";
    assert!(stopped.starts_with(expected), "{stopped}");
    assert!(matches!(board.finish(), Err(EventError::Io { .. })));
}

#[test]
fn a_removed_directory_stops_training_and_is_reported() {
    let dir = tempfile::tempdir().unwrap();
    let runs = dir.path().join("runs");
    let mut board = TensorBoard::create(&runs).unwrap();
    // the path of the validation run is a file
    std::fs::write(runs.join("validation"), "").unwrap();
    let history = fit(&mut board, 5);
    assert_eq!(history.epochs.len(), 1);
    assert!(history.stopped.unwrap().contains("validation"));
    let error = board.finish().unwrap_err();
    assert!(matches!(error, EventError::Io { path, .. } if path == runs.join("validation")));
}

#[test]
fn a_second_fit_continues_to_count() {
    let dir = tempfile::tempdir().unwrap();
    let mut board = TensorBoard::create(dir.path()).unwrap().every_steps(3);
    fit(&mut board, 2);
    fit(&mut board, 3);
    assert_eq!((board.epoch, board.step), (5, 10));
    board.finish().unwrap();
}
