//! Images from files: from a folder with a folder for each class, from one packed file, and from memory.
//!
//! MNIST's digits in colour are written to a folder of PNG files, which is opened as a data set and packed. A small
//! convolutional network learns from each of the three, and learns the same: what differs is how fast images are read,
//! and how much memory that takes. The packed file may be larger than memory: try `--folder`, and then `--sources packed`
//! under a limit.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;
use std::{env, fs, process};

use clap::{Parser, ValueEnum, value_parser};
use dl_conv::{Conv2d, MaxPool2d};
use dl_core::Mode;
use dl_core::source::{Source, SourceBatch};
use dl_data::{Augment, ImageDataset, ImageReader, ImageStore, Mixup};
use dl_nn::prelude::*;
use dl_viz::{Figure, Images, Panel};
use examples::color_digits::color_digits;
use examples::digits::first_digits;
use examples::png_folder::write_png_folder;
use examples::{Options, finish, println};
use ndarray::Array4;

const BATCH: usize = 64;
/// Images of each kind that are drawn.
const DRAWN: usize = 12;

/// Learns from a folder of images, from a packed file and from memory, and measures how fast
#[derive(Debug, Parser)]
struct Args {
    #[command(flatten)]
    options: Options,
    /// Images to learn from, the first N of MNIST in colour [default: 6000; 600 with --quick]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(64..=60_000))]
    train: Option<u32>,
    /// Height and width at which images are read
    #[arg(long, value_name = "PIXELS", default_value_t = 28, value_parser = value_parser!(u16).range(8..=512))]
    size: u16,
    /// Epochs to learn from each source
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = value_parser!(u32).range(1..=1000))]
    epochs: u32,
    /// What to learn from
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["folder", "packed", "memory"])]
    sources: Vec<Kind>,
    /// Folder for the images and the packed file, which are kept and used again [default: a temporary one]
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Folder with MNIST's four files [default: examples/data/mnist of the repository]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Seed of the colours, the initial weights, the order of the images and their augmentation
    #[arg(long, default_value_t = 42)]
    seed: u64,
}

/// Where images are read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    Folder,
    Packed,
    Memory,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let temporary = env::temp_dir().join(format!("image_folder-{}", process::id()));
    let ended = run(&args, args.folder.as_deref().unwrap_or(&temporary));
    // unless --folder was given, there it is
    let _ = fs::remove_dir_all(&temporary);
    finish(ended)
}

fn run(args: &Args, folder: &Path) -> Result<(), Box<dyn Error>> {
    args.options.check()?;
    let train = folder.join("train");
    if !train.exists() {
        write_digits(args, folder).map_err(|error| error as Box<dyn Error>)?;
    }
    let reader = ImageReader::new([args.size.into(); 2]);
    let path = folder.join(format!("train-{}.images", args.size));
    if !path.exists() {
        let images = reader.open_folder(&train)?;
        let start = Instant::now();
        ImageStore::pack(&images, images.class_names(), &path)?;
        let seconds = start.elapsed().as_secs_f64();
        println!("packed {} images in {seconds:.1} s", images.labels().len());
    }
    let store = ImageStore::open(&path)?;
    let test = reader.open_folder(folder.join("test"))?;
    println!(
        "{} images to learn from, {} to test on",
        store.labels().len(),
        test.labels().len()
    );

    println!("\nimages/s   reading  learning   test loss  accuracy");
    let mut losses = Vec::new();
    for kind in &args.sources {
        let (name, learnt) = match kind {
            Kind::Folder => {
                let images = reader.open_folder(&train)?;
                ("folder", learn(args, &images, &test)?)
            }
            Kind::Packed => ("packed", learn(args, &store, &test)?),
            Kind::Memory => {
                let images = ImageDataset::from_source(&store, store.class_names());
                let images = images.map_err(|error| error as Box<dyn Error>)?;
                ("memory", learn(args, &images, &test)?)
            }
        };
        let Learnt {
            reading,
            learning,
            test,
        } = learnt;
        let accuracy = test.accuracy.unwrap_or(f64::NAN);
        println!(
            "{name:<8} {reading:>9.0} {learning:>9.0}  {:>10.6} {accuracy:>9.3}",
            test.loss
        );
        losses.push(test.loss.to_bits());
    }
    losses.dedup();
    // a packed file of more than 256 MiB has an order of its own
    if losses.len() == 1 {
        println!("all have learnt the same, to the bit");
    }
    let drawn = figure(&store, args.seed).map_err(|error| error as Box<dyn Error>)?;
    args.options.save_png("image_folder", &drawn);
    Ok(())
}

/// Writes the digits to learn from and to test on.
fn write_digits(args: &Args, folder: &Path) -> Result<(), Box<dyn Error + Send + Sync>> {
    let quick = args.options.quick;
    let train = args.train.unwrap_or(if quick { 600 } else { 6000 });
    let grey = first_digits(args.data.as_deref(), Some(train), true)?;
    fs::create_dir_all(folder)?;
    // the test digits first: when there is a folder to learn from, all is there
    let test = color_digits(&grey.test, args.seed + 1)?;
    write_png_folder(&test, &folder.join("test"))?;
    write_png_folder(
        &color_digits(&grey.train, args.seed)?,
        &folder.join("train"),
    )
}

/// Images a second, and what was learnt.
struct Learnt {
    reading: f64,
    learning: f64,
    test: Evaluation,
}

fn learn(
    args: &Args,
    train: &dyn Source<f32>,
    test: &dyn Source<f32>,
) -> Result<Learnt, Box<dyn Error>> {
    let reading = reading_rate(train, args.seed).map_err(|error| error as Box<dyn Error>)?;
    let side = usize::from(args.size);
    let network = Sequential::input([side, side, 3])
        .push(Conv2d::new(16, 3).activation(Relu))
        .push(MaxPool2d::new(2))
        .push(Conv2d::new(32, 3).activation(Relu))
        .push(MaxPool2d::new(2))
        .push(Flatten)
        .push(Dense::new(10));
    let model = network.build(args.seed)?;
    let mut trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(1e-3))?;
    let epochs = args.epochs as usize;
    let start = Instant::now();
    trainer.fit_source(&train, Fit::epochs(epochs).batch_size(BATCH))?;
    Ok(Learnt {
        reading,
        learning: (epochs * train.len()) as f64 / start.elapsed().as_secs_f64(),
        test: trainer.evaluate_source(&test)?,
    })
}

/// Images a second of an epoch that is only read.
fn reading_rate(source: &dyn Source<f32>, seed: u64) -> Result<f64, Box<dyn Error + Send + Sync>> {
    let mut order: Vec<usize> = (0..source.len()).collect();
    source.shuffle(&mut order, seed);
    let size: usize = source.sample_shape().iter().product();
    let mut x = vec![0.0; BATCH * size];
    let start = Instant::now();
    for samples in order.chunks(BATCH) {
        let x = &mut x[..samples.len() * size];
        source.read(samples, Mode::Eval, SourceBatch { x, values: &mut [] })?;
    }
    Ok(order.len() as f64 / start.elapsed().as_secs_f64())
}

/// Some images as they are read and as they are augmented.
fn figure(store: &ImageStore, seed: u64) -> Result<Figure, Box<dyn Error + Send + Sync>> {
    let moved = Augment::new().crop(4).rotate(10.0).scale(0.1).cutout(8);
    let moved = moved.fill(0.5).build(seed)?.on(store);
    let colors = Augment::new().brightness(0.5).contrast(0.5).build(seed)?;
    let mixed = Mixup::new(store, store.class_names().len(), 0.4, seed)?;
    let panels = [
        ("As read", images(store, seed)?),
        (
            "Cropped, turned, scaled, with a cutout",
            images(&moved, seed)?,
        ),
        ("Brightness and contrast", images(&colors.on(store), seed)?),
        ("Mixup", images(&mixed, seed)?),
    ];
    let panel = |(title, images): (&str, Array4<f32>)| {
        Panel::new(title).images(Images::new(&images).columns(DRAWN / 2))
    };
    Ok(Figure::new()
        .size(9.0, 4.6)
        .grid(2, 2)
        .panels(panels.map(panel)))
}

/// Images in equal steps through the source, as in an epoch of training.
fn images(
    source: &dyn Source<f32>,
    seed: u64,
) -> Result<Array4<f32>, Box<dyn Error + Send + Sync>> {
    let count = source.len();
    let samples: Vec<usize> = (0..DRAWN).map(|i| i * count / DRAWN).collect();
    let [height, width, channels] = *source.sample_shape() else {
        return Err("these are no images".into());
    };
    let mut images = Array4::zeros((samples.len(), height, width, channels));
    let x = images.as_slice_mut().expect("it is in standard layout");
    let batch = SourceBatch { x, values: &mut [] };
    source.read(&samples, Mode::Train { seed }, batch)?;
    Ok(images)
}
