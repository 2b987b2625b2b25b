//! A training run over a folder of images that are augmented, killed at any time, resumes as if nothing had happened.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use dl_conv::{Conv2d, MaxPool2d};
use dl_data::{Augment, ImageReader, generator};
use dl_io::Checkpoints;
use dl_nn::prelude::*;
use dl_nn::train::{Snapshot, WeightAverage};

const CLASSES: [&str; 2] = ["stripes", "waves"];
const IMAGES: usize = 40;
const SIDE: u32 = 8;
const EPOCHS: usize = 8;
/// Set for the program that is killed: the folder it works in.
const FOLDER: &str = "DL_IO_TEST_FOLDER";

/// Images of two classes, in a folder each.
fn write_images(folder: &Path) {
    for (class, name) in CLASSES.iter().enumerate() {
        let folder = folder.join(name);
        fs::create_dir_all(&folder).unwrap();
        for image in 0..IMAGES {
            let pixel = |at: u32| {
                let (x, y) = ((at % SIDE) as f64, (at / SIDE) as f64);
                let along = if class == 0 { x } else { x + y };
                (127.5 + 127.5 * (along + image as f64).sin()) as u8
            };
            let pixels: Vec<u8> = (0..SIDE * SIDE).map(pixel).collect();
            let file = File::create(folder.join(format!("{image}.png"))).unwrap();
            let mut encoder = png::Encoder::new(file, SIDE, SIDE);
            encoder.set_color(png::ColorType::Grayscale);
            let mut writer = encoder.write_header().unwrap();
            writer.write_image_data(&pixels).unwrap();
        }
    }
}

fn checkpoints(folder: &Path) -> Checkpoints {
    Checkpoints::new(folder.join("checkpoint.dl")).every_steps(1)
}

/// Trains, resuming from a checkpoint if there is one; returns the result as text.
fn train(folder: &Path, images: &Path) -> String {
    let reader = ImageReader::new([SIDE as usize; 2]).channels(1);
    let images = reader.open_folder(images).unwrap();
    let augment = Augment::new().shift(1.0).rotate(20.0).noise(0.1);
    let source = augment.build(5).unwrap().on(&images);
    let network = Sequential::input([SIDE as usize, SIDE as usize, 1])
        .push(Conv2d::new(4, 3).activation(Relu))
        .push(MaxPool2d::new(2))
        .push(Flatten)
        .push(Dropout::new(0.2))
        .push(Dense::new(2));
    let model = network.build(1).unwrap();
    let loss = SoftmaxCrossEntropy::new();
    let mut trainer = Trainer::<f32>::new(model, loss, Adam::new(0.01)).unwrap();
    let mut checkpoints = checkpoints(folder);
    let fit = Fit::epochs(EPOCHS)
        .batch_size(9)
        .validation_split(0.2)
        .callback(WeightAverage::new(0.9))
        .callback(EarlyStopping::new(EPOCHS))
        .resume(checkpoints.resume().unwrap())
        .checkpoint(&mut checkpoints);
    let mut history = trainer.fit_source(&source, fit).unwrap();
    for epoch in &mut history.epochs {
        epoch.seconds = 0.0;
    }
    serde_json::to_string(&(history, trainer.state())).unwrap()
}

/// The program that is killed: this test's executable, run again.
#[test]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else {
        return;
    };
    let folder = Path::new(&folder);
    let result = train(folder, &folder.join("../images"));
    fs::write(folder.join("result"), result).unwrap();
}

fn start(folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["child", "--exact", "--test-threads", "1"])
        .env(FOLDER, folder)
        // another number of threads than the run that is never killed
        .env("RAYON_NUM_THREADS", "3")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Kills the program (on Unix with SIGKILL) at random times until it once finishes, 100 times in all.
#[test]
fn killed_at_any_time_it_ends_bit_identically() {
    let all = tempfile::tempdir().unwrap();
    write_images(&all.path().join("images"));
    let whole = all.path().join("whole");
    fs::create_dir(&whole).unwrap();
    let expected = train(&whole, &all.path().join("images"));
    let mut rng = generator(7);
    let (mut kills, mut run) = (0, 0);
    while kills < 100 {
        let folder = all.path().join(format!("run {run}"));
        fs::create_dir(&folder).unwrap();
        let mut far = None;
        while !folder.join("result").exists() {
            let mut child = start(&folder);
            let wait = f64::uniform(&mut rng) * 0.03;
            std::thread::sleep(Duration::from_secs_f64(wait));
            child.kill().unwrap();
            kills += usize::from(!child.wait().unwrap().success());
            let snapshot: Option<Snapshot<f32>> = checkpoints(&folder).resume().unwrap();
            let at = snapshot.map(|snapshot| (snapshot.fit.epoch, snapshot.fit.step));
            assert!(
                at >= far,
                "{at:?} after {far:?}: the previous checkpoint was lost"
            );
            far = at;
        }
        assert_eq!(fs::read_to_string(folder.join("result")).unwrap(), expected);
        run += 1;
    }
}
