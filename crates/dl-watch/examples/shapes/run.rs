//! The run and its report.

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use dl_conv::{Conv2d, MaxPool2d};
use dl_core::rand::Rng;
use dl_core::random::generator;
use dl_nn::metrics::ConfusionMatrix;
use dl_nn::ndarray::{Array1, Array4, Axis};
use dl_nn::prelude::*;
use dl_nn::schedule::Cosine;
use dl_viz::{Figure, Images, Panel};
use dl_watch::report::{Mistake, Report};
use dl_watch::tensorboard::TensorBoard;
use dl_watch::{Image, history};
use serde_json::json;

const NAMES: [&str; 4] = ["circle", "square", "triangle", "cross"];
const SIDE: usize = 16;
const EPOCHS: usize = 12;
/// Maximum noise added to a pixel, which is 0 or 1.
const NOISE: f32 = 0.5;

/// Trains, and writes everything except the report to `dir`.
pub(crate) fn run(dir: &Path) -> Result<Report, Box<dyn Error>> {
    let start = Instant::now();
    let (x, labels) = shapes(1200, 1);
    let (test_x, test_labels) = shapes(400, 2);
    let drawing = start.elapsed();

    let model = Sequential::input([SIDE, SIDE, 1])
        .push(Conv2d::new(8, 3).activation(Relu))
        .push(MaxPool2d::new(2))
        .push(Conv2d::new(16, 3).activation(Relu))
        .push(MaxPool2d::new(2))
        .push(Flatten)
        .push(Dropout::new(0.2))
        .push(Dense::new(NAMES.len()))
        .build(3)?;
    let mut trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(3e-3))?.seed(4);

    let configuration = json!({
        "data": { "training": x.len_of(Axis(0)), "test": test_x.len_of(Axis(0)), "noise": NOISE },
        "optimizer": { "name": "Adam", "learning_rate": 3e-3, "schedule": "cosine" },
        "batch_size": 32,
        "epochs": EPOCHS,
        "validation_split": 0.2,
    });
    let mut board = TensorBoard::create(dir.join("events"))?.every_steps(5);
    let text = format!("```json\n{configuration:#}\n```");
    board.writer().text("configuration", 0, &text)?;
    for (class, name) in NAMES.iter().enumerate() {
        let first = labels.iter().position(|&label| label == class);
        let pixels = x.index_axis(Axis(0), first.ok_or("a class without samples")?);
        board
            .writer()
            .image(&format!("samples/{name}"), 0, &Image::scaled(pixels)?)?;
    }
    let options = Fit::epochs(EPOCHS)
        .validation_split(0.2)
        .callback(LearningRate::per_epoch(Cosine::new(EPOCHS as u64)))
        .callback(&mut board);
    let curves = trainer.fit(&x, &labels, options)?;
    board.finish()?;
    history::write_csv(dir.join("history.csv"), &curves)?;
    history::write_json(dir.join("history.json"), &curves)?;

    let start = Instant::now();
    let probabilities = trainer.predict_matrix(&test_x)?;
    let predicted = trainer.predict_classes(&test_x)?;
    let prediction = start.elapsed();
    let matrix = ConfusionMatrix::new(&test_labels, &predicted, NAMES.len())?;
    let mistakes = Mistake::worst(
        probabilities.view(),
        &test_labels,
        &NAMES,
        Some(test_x.view()),
        12,
    )?;
    let kernel = trainer.model().params().next().ok_or("no parameters")?.1;
    let kernel = kernel
        .to_owned()
        .into_dimensionality()?
        .permuted_axes([3, 0, 1, 2]);
    let kernels = Images::new(&kernel)
        .columns(8)
        .color_map(dl_viz::ColorMap::Diverging);
    let kernels = Figure::from(Panel::new("").images(kernels)).size(8.0, 1.8);

    Ok(Report::new("Four shapes, a small convolutional network")
        .summary(
            "Noisy circles, squares, triangles and crosses of 16 × 16 pixels, classified by two convolutions \
             and a dense layer.",
        )
        .result("Test accuracy", format!("{:.2} %", 100.0 * matrix.accuracy().value))
        .configuration(&configuration)
        .seed("training data", 1)
        .seed("test data", 2)
        .seed("weights", 3)
        .seed("training", 4)
        .model(trainer.model().summary())
        .history(curves)
        .confusion(matrix, NAMES)
        .mistakes(mistakes)
        .feature_maps(trainer.model(), test_x.index_axis(Axis(0), 0))?
        .figure("Kernels", kernels, "The 8 kernels of the first convolution; blue is negative, red positive.")
        .timing("drawing the data", drawing)
        .timing("predicting the test set", prediction)
        .this_machine())
}

/// `n` images `[n, 16, 16, 1]` of shapes with noise, and their classes.
fn shapes(n: usize, seed: u64) -> (Array4<f32>, Array1<usize>) {
    let mut random = generator(seed);
    let labels: Array1<usize> = (0..n)
        .map(|_| random.random_range(0..NAMES.len()))
        .collect();
    let mut x = Array4::zeros((n, SIDE, SIDE, 1));
    for (mut image, &class) in x.outer_iter_mut().zip(&labels) {
        let radius: f32 = random.random_range(3.0..6.0);
        let [cy, cx]: [f32; 2] = [(); 2].map(|()| random.random_range(6.0..10.0));
        for ((row, column, _), pixel) in image.indexed_iter_mut() {
            let (y, x) = ((row as f32 - cy) / radius, (column as f32 - cx) / radius);
            let inside = match class {
                0 => y.hypot(x) < 1.0,
                1 => y.abs().max(x.abs()) < 0.9,
                2 => y < 0.9 && y > 2.0 * x.abs() - 1.0,
                _ => y.abs().min(x.abs()) < 0.25 && y.abs().max(x.abs()) < 1.0,
            };
            *pixel = f32::from(u8::from(inside)) + random.random_range(-NOISE..NOISE);
        }
    }
    (x, labels)
}
