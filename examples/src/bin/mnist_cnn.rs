//! A convolutional network on handwritten digits, from the files to its mistakes.
//!
//! The course's program: read MNIST and scale it, build the network, look at its summary, fit it,
//! measure it on images it has not seen, and then look at what it has learnt. The first layer's
//! filters are small edge and spot detectors; its feature maps show strokes by direction, the
//! deeper ones ever more of the digit in ever fewer pixels; what it mistakes with confidence is
//! often what a reader would hesitate over, too.

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;
use dl_conv::models::mnist_cnn;
use dl_data::ImageDataset;
use dl_nn::metrics::{ConfusionMatrix, Estimate};
use dl_nn::prelude::*;
use dl_viz::{ColorMap, Figure, HeatMap, Images, Panel};
use examples::curves::learning_curves;
use examples::digits::{
    LearnOptions, Prediction, confusion_matrix, prediction_panels, predictions,
};
use examples::maps::{FeatureMaps, feature_maps};
use examples::record::{rounded, untimed};
use examples::{Options, finish, println};
use ndarray::{Array1, Array2, Array4, Axis, Ix4};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Mistakes that are drawn.
const MISTAKES: usize = 15;
/// The test digit whose feature maps are drawn: a 7.
const DIGIT: usize = 0;

/// Trains a convolutional network on MNIST and draws what it has learnt
#[derive(Debug, Parser)]
struct Args {
    #[command(flatten)]
    learn: LearnOptions,
}

/// The numbers behind the figures.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    history: History,
    /// Test images by truth and prediction.
    counts: Array2<usize>,
    first: Vec<Prediction>,
    mistakes: Vec<Prediction>,
    /// The first layer's kernel, `[3, 3, 1, 32]`.
    filters: Array4<f64>,
    maps: Vec<FeatureMaps>,
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let digits = &args.learn.digits;
    let data = digits.load(None)?;
    let model = mnist_cnn().build(digits.seed)?;
    println!("\n{}\n", model.summary());
    let record = args.learn.record(|| {
        let trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(1e-3))?;
        let settings = json!({ "program": "mnist_cnn" });
        args.learn
            .learn(settings, trainer, None, &data, |trainer, history| {
                measure(trainer, history, &data.test)
            })
    })?;
    draw(&record, &data.test, &digits.options)?;

    print_record(&record)
}

/// What the text of the course tells of a run.
fn print_record(record: &Record) -> Result<(), Box<dyn Error>> {
    for epoch in &record.history.epochs {
        let validation = epoch.validation.ok_or("no images were held out")?;
        println!(
            "after epoch {}: loss {:.4} in training, {:.4} in validation; accuracy {:.4}, {:.4}",
            epoch.epoch + 1,
            epoch.train.loss,
            validation.loss,
            epoch.train.accuracy.unwrap_or(0.0),
            validation.accuracy.unwrap_or(0.0),
        );
    }
    let (right, all) = (record.counts.diag().sum(), record.counts.sum());
    println!("mistakes {} of {all}", all - right);
    let mut mistaken: Vec<_> = record.counts.indexed_iter().collect();
    mistaken.retain(|((truth, predicted), _)| truth != predicted);
    mistaken.sort_by(|a, b| b.1.cmp(a.1));
    for ((truth, predicted), count) in &mistaken[..3] {
        println!("{truth} taken for {predicted}: {count} times");
    }
    let accuracy = Estimate::proportion(right, all);
    println!(
        "95 % interval of the test accuracy: {:.4}",
        accuracy.interval(0.95)?
    );
    println!("test accuracy {accuracy:.4}");
    Ok(())
}

/// What the trained network does on images it has not seen, and what is in it.
fn measure(
    trainer: &Trainer<f32>,
    history: History,
    test: &ImageDataset<f32>,
) -> Result<Record, Box<dyn Error>> {
    let all = predictions(trainer, test)?;
    let predicted: Array1<usize> = all.iter().map(|p| p.predicted).collect();
    let confusion = ConfusionMatrix::new(test.labels(), &predicted, test.class_names().len())?;
    println!(
        "\n{}",
        confusion.report(test.class_names())?.intervals(0.95)?
    );
    let evaluation = trainer.evaluate(test.images(), test.labels())?;
    println!("test loss {:.4}", evaluation.loss);

    let mut mistakes: Vec<Prediction> = all.iter().copied().filter(|p| !p.is_right()).collect();
    mistakes.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    mistakes.truncate(MISTAKES);
    let model = trainer.model();
    let (_, kernel) = model.params().next().ok_or("the model has no parameters")?;
    let image = test.images().select(Axis(0), &[DIGIT]);
    let layers = ["conv2d_1", "conv2d_2", "conv2d_3"];
    Ok(Record {
        history: untimed(history),
        counts: confusion.counts().to_owned(),
        first: all.iter().copied().take(10).collect(),
        mistakes,
        filters: rounded(kernel.into_dimensionality::<Ix4>()?),
        maps: feature_maps(model, image.view(), &layers),
    })
}

fn draw(
    record: &Record,
    test: &ImageDataset<f32>,
    options: &Options,
) -> Result<(), Box<dyn Error>> {
    let predictions = Figure::new()
        .title("Test digits: predicted (true)")
        .size(10.0, 4.8)
        .grid(2, 5)
        .panels(prediction_panels(&record.first, test, false)?);
    options.save_png("mnist_cnn_predictions", &predictions);

    let curves = learning_curves(&record.history, "training images", "validation images");
    options.save("mnist_cnn_learning_curves", &curves);

    let confusion = confusion_matrix(&record.counts, test.class_names());
    let figure = Figure::from(confusion).size(8.0, 6.8);
    options.save("mnist_cnn_confusion_matrix", &figure);

    if !record.mistakes.is_empty() {
        let mistakes = Figure::new()
            .title("The most confident mistakes: predicted (true), probability")
            .size(10.0, 7.0)
            .grid(3, 5)
            .panels(prediction_panels(&record.mistakes, test, true)?);
        options.save_png("mnist_cnn_mistakes", &mistakes);
    }

    let filters = record.filters.view().permuted_axes([3, 0, 1, 2]);
    let filters = Images::new(filters)
        .columns(8)
        .color_map(ColorMap::Diverging)
        .color_bar("Weight");
    let panel = Panel::new("The 32 filters of the first convolution").images(filters);
    options.save_png("mnist_cnn_filters", &Figure::from(panel).size(9.0, 4.6));

    let image = test.images().index_axis(Axis(0), DIGIT);
    let image = HeatMap::image(image.index_axis(Axis(2), 0));
    let panels = record.maps.iter().map(|maps| maps.panel(8));
    let maps = Figure::new()
        .title("One digit through the network, each map on a scale of its own")
        .size(12.0, 11.0)
        .grid(2, 2)
        .panel(Panel::new("A test digit").heat_map(image))
        .panels(panels);
    options.save_png("mnist_cnn_feature_maps", &maps);
    Ok(())
}
