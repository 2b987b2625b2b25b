//! LeNet-5, the network that read the cheques of the nineties, on handwritten digits.
//!
//! Two convolutions that each a plain average shrinks, then dense layers, and tanh throughout: what
//! LeCun, Bottou, Bengio and Haffner described in 1998 ("Gradient-based learning applied to
//! document recognition", section II.B) has 61 706 parameters, most of them in the dense layers. Adam warms up to a large learning rate and cools down again (one
//! cycle), so that ten epochs do; the paper took twenty.

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;
use dl_conv::models::lenet5;
use dl_data::ImageDataset;
use dl_nn::prelude::*;
use dl_nn::schedule::OneCycle;
use dl_viz::{Figure, HeatMap, Panel};
use examples::curves::learning_curves;
use examples::digits::LearnOptions;
use examples::maps::{FeatureMaps, feature_maps};
use examples::record::untimed;
use examples::{Options, finish, println};
use ndarray::Axis;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The highest learning rate of the cycle.
const LEARNING_RATE: f64 = 5e-3;
/// How often each image is seen: after five times, one seed in four stayed below 0.985.
const EPOCHS: u32 = 10;
/// The test digit whose feature maps are drawn: a 2.
const DIGIT: usize = 1;

/// Trains LeNet-5 on MNIST and draws what its convolutions see
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
    test: Evaluation,
    maps: Vec<FeatureMaps>,
}

fn main() -> ExitCode {
    finish(run(Args::parse()))
}

fn run(mut args: Args) -> Result<(), Box<dyn Error>> {
    args.learn.digits = args.learn.digits.default_epochs(EPOCHS);
    let digits = &args.learn.digits;
    let data = digits.load(None)?;
    let record = args.learn.record(|| {
        let model = lenet5().build(digits.seed)?;
        println!("\n{}\n", model.summary());
        let trainer = Trainer::new(model, SoftmaxCrossEntropy::new(), Adam::new(LEARNING_RATE))?;
        let steps = digits.steps(&data.train).max(2);
        let cycle = OneCycle::new(steps);
        let schedule = Some(LearningRate::per_step(cycle));
        // the cycle ends with the last step: a run of more epochs is another run
        let settings = json!({ "program": "lenet", "epochs": digits.epochs() });
        args.learn
            .learn(settings, trainer, schedule, &data, |trainer, history| {
                let image = data.test.images().select(Axis(0), &[DIGIT]);
                Ok(Record {
                    history: untimed(history),
                    test: trainer.evaluate(data.test.images(), data.test.labels())?,
                    maps: feature_maps(trainer.model(), image.view(), &["c1", "c3"]),
                })
            })
    })?;
    draw(&record, &data.test, &digits.options)?;
    println!("test loss {:.4}", record.test.loss);
    println!("test accuracy {:.4}", record.test.accuracy.unwrap_or(0.0));
    Ok(())
}

fn draw(
    record: &Record,
    test: &ImageDataset<f32>,
    options: &Options,
) -> Result<(), Box<dyn Error>> {
    let curves = learning_curves(&record.history, "training images", "validation images");
    options.save("lenet_learning_curves", &curves);

    let image = test.images().index_axis(Axis(0), DIGIT);
    let image = HeatMap::image(image.index_axis(Axis(2), 0));
    let panels = record.maps.iter().zip([3, 4]);
    let maps = Figure::new()
        .title("One digit through LeNet-5; in the maps blue is −1, white 0, red 1")
        .size(14.0, 5.2)
        .grid(1, 3)
        .panel(Panel::new("A test digit").heat_map(image))
        .panels(panels.map(|(maps, columns)| maps.panel(columns)));
    options.save_png("lenet_feature_maps", &maps);
    Ok(())
}
