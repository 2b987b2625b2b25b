//! What a network takes images for, and how that is drawn.

use std::error::Error;

use dl_data::ImageDataset;
use dl_nn::{metrics::argmax, train::Trainer};
use dl_viz::style::{BLUE, RED};
use dl_viz::{HeatMap, Images, Panel};
use ndarray::{Array2, Axis, Slice};
use serde::{Deserialize, Serialize};

/// What a network takes one image for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prediction {
    /// Number of the image in its data set.
    pub image: usize,
    /// Its class.
    pub truth: usize,
    /// The most probable class.
    pub predicted: usize,
    /// The probability the network gives that class.
    pub probability: f64,
}

impl Prediction {
    /// Whether the most probable class is the image's.
    pub fn is_right(&self) -> bool {
        self.predicted == self.truth
    }
}

/// What the network takes every image for.
///
/// # Errors
/// Images of another shape than the network's, and outputs that are not finite.
pub fn predictions(
    trainer: &Trainer<f32>,
    data: &ImageDataset<f32>,
) -> Result<Vec<Prediction>, Box<dyn Error>> {
    let probabilities = trainer.predict_matrix(data.images())?;
    let predicted = argmax(&probabilities)?;
    let classes = predicted.into_iter().zip(data.labels()).enumerate();
    let prediction = |(image, (predicted, &truth))| Prediction {
        image,
        truth,
        predicted,
        probability: probabilities[[image, predicted]].into(),
    };
    Ok(classes.map(prediction).collect())
}

/// Each image under `predicted (true)`, in blue where that is right and red where it is wrong;
/// with the probability where asked for.
///
/// # Errors
/// Predictions, read from a record, of images or classes that the data does not have.
pub fn prediction_panels(
    predictions: &[Prediction],
    data: &ImageDataset<f32>,
    probability: bool,
) -> Result<Vec<Panel>, String> {
    let (images, classes) = (data.len(), data.class_names().len());
    let unknown = |p: &&Prediction| p.image >= images || p.truth.max(p.predicted) >= classes;
    if let Some(prediction) = predictions.iter().find(unknown) {
        return Err(format!(
            "the record has {prediction:?}, but here are {images} test images of {classes} classes; was it written with --quick or with other data?"
        ));
    }
    let panel = |prediction: &Prediction| {
        let name = |class: usize| &data.class_names()[class];
        let mut title = format!(
            "{} ({})",
            name(prediction.predicted),
            name(prediction.truth)
        );
        if probability {
            title += &format!(", {:.1} %", 100.0 * prediction.probability);
        }
        let color = if prediction.is_right() { BLUE } else { RED };
        let this = Slice::from(prediction.image..=prediction.image);
        let image = data.images().slice_axis(Axis(0), this);
        Panel::new(title)
            .title_color(color)
            .images(Images::new(image).range(0.0, 1.0))
    };
    Ok(predictions.iter().map(panel).collect())
}

/// A confusion matrix, the few mistakes coloured so that they are seen beside the many right.
pub fn confusion_matrix(counts: &Array2<usize>, class_names: &[String]) -> Panel {
    let heat_map = HeatMap::new(counts)
        .rows(class_names)
        .columns(class_names)
        .value_labels(0)
        .log_colors()
        .color_bar("Test images");
    Panel::new("Confusion matrix, test images")
        .x_label("Predicted")
        .y_label("True")
        .heat_map(heat_map)
}
