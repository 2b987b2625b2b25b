//! The worst mistakes of a classifier.

use dl_core::instantiate;
use dl_nn::Scalar;
use maud::{Markup, html};
use ndarray::{ArrayRef1, ArrayView2, ArrayView4, Axis};

use super::ReportError;
use crate::Image;

/// A misclassified sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Mistake {
    /// The sample's index, from 0.
    pub sample: usize,
    /// Its true class.
    pub truth: String,
    /// The predicted class.
    pub predicted: String,
    /// The predicted probability of its true class.
    pub truth_probability: f64,
    /// The predicted probability of the predicted class.
    pub predicted_probability: f64,
    /// The sample, if it is an image.
    pub image: Option<Image>,
}

impl Mistake {
    /// Up to `count` misclassified samples, in order of decreasing cross-entropy, that is, increasing predicted
    /// probability of the true class.
    ///
    /// `probabilities` are `[n, classes]`, or `[n, 1]` with the probability of class 1, as
    /// [`Trainer::predict`](dl_nn::train::Trainer::predict) returns them, and `images`
    /// `[n, h, w, 1 or 3]`. Each image is shown with its smallest value black and its largest
    /// white.
    ///
    /// # Errors
    /// [`ReportError`] if the numbers of labels, images and samples or of names and classes differ, a label is
    /// outside the classes, or the pixels are not an image.
    pub fn worst<F: Scalar, S: AsRef<str>>(
        probabilities: ArrayView2<'_, F>,
        labels: &ArrayRef1<usize>,
        class_names: &[S],
        images: Option<ArrayView4<'_, F>>,
        count: usize,
    ) -> Result<Vec<Self>, ReportError> {
        let names: Vec<&str> = class_names.iter().map(AsRef::as_ref).collect();
        worst(probabilities, labels, &names, images, count)
    }

    fn most_wrong<F: Scalar>(
        probabilities: ArrayView2<'_, F>,
        labels: &ArrayRef1<usize>,
        class_names: &[&str],
        images: Option<ArrayView4<'_, F>>,
        count: usize,
    ) -> Result<Vec<Self>, ReportError> {
        let (samples, outputs) = probabilities.dim();
        let classes = if outputs == 1 { 2 } else { outputs };
        same_count("labels", labels.len(), samples)?;
        if let Some(images) = &images {
            same_count("images", images.len_of(Axis(0)), samples)?;
        }
        if class_names.len() != classes {
            return Err(ReportError::ClassNames {
                names: class_names.len(),
                classes,
            });
        }
        if let Some(sample) = labels.iter().position(|&label| label >= classes) {
            return Err(ReportError::Label {
                sample,
                label: labels[sample],
                classes,
            });
        }
        let probability = |sample: usize, class: usize| match (outputs, class) {
            (1, 0) => 1.0 - probabilities[[sample, 0]].as_f64(),
            (1, _) => probabilities[[sample, 0]].as_f64(),
            _ => probabilities[[sample, class]].as_f64(),
        };
        // ties go to the first class, as in training
        let predicted = |sample: usize| {
            let better = |best: usize, class: usize| {
                let more = probability(sample, class) > probability(sample, best);
                if more { class } else { best }
            };
            (1..classes).fold(0, better)
        };
        let mut wrong: Vec<usize> = (0..samples)
            .filter(|&sample| predicted(sample) != labels[sample])
            .collect();
        let of_truth = |sample: usize| probability(sample, labels[sample]);
        wrong.sort_by(|&a, &b| of_truth(a).total_cmp(&of_truth(b)));
        wrong.truncate(count);
        let mistake = |sample: usize| {
            let image = images.as_ref().map(|images| {
                let pixels = images
                    .index_axis(Axis(0), sample)
                    .mapv(|value| value.as_f64());
                Image::scaled(&pixels).map_err(|source| ReportError::Image {
                    sample,
                    source: Box::new(source),
                })
            });
            let predicted = predicted(sample);
            Ok(Self {
                sample,
                truth: class_names[labels[sample]].to_owned(),
                predicted: class_names[predicted].to_owned(),
                truth_probability: of_truth(sample),
                predicted_probability: probability(sample, predicted),
                image: image.transpose()?,
            })
        };
        wrong.into_iter().map(mistake).collect()
    }
}

instantiate! {
    fn worst<F: Scalar>(
        probabilities: ArrayView2<'_, F>,
        labels: &ArrayRef1<usize>,
        class_names: &[&str],
        images: Option<ArrayView4<'_, F>>,
        count: usize,
    ) -> Result<Vec<Mistake>, ReportError> {
        Mistake::most_wrong(probabilities, labels, class_names, images, count)
    }
}

fn same_count(what: &'static str, found: usize, samples: usize) -> Result<(), ReportError> {
    if found == samples {
        return Ok(());
    }
    Err(ReportError::Count {
        what,
        found,
        samples,
    })
}

/// A probability in per cent, short enough for a card.
fn rounded(probability: f64) -> String {
    format!("{:.1} %", 100.0 * probability)
}

/// A card for each mistake.
pub(super) fn gallery(mistakes: &[Mistake]) -> Markup {
    html! {
        @if !mistakes.is_empty() {
            ol class="mistakes" {
                @for mistake in mistakes {
                    li class="card" {
                        @if let Some(image) = &mistake.image {
                            img src=(image.data_uri()) width=(image.size().0) height=(image.size().1)
                                alt={ "Sample " (mistake.sample) ", of class " (mistake.truth) };
                        }
                        p { span class="wrong" { (mistake.predicted) } span { (rounded(mistake.predicted_probability)) } }
                        p { span { "is " strong { (mistake.truth) } } span { (rounded(mistake.truth_probability)) } }
                        p class="small" { "sample " (mistake.sample) }
                    }
                }
            }
            p class="small" {
                "The predicted and the true class, each with its predicted probability. \
                 Those first whose class was given the lowest."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array1, Array4, array};

    #[test]
    fn the_worst_are_first() {
        let probabilities = array![
            [0.6, 0.4, 0.0],
            [0.1, 0.2, 0.7],
            [0.9, 0.05, 0.05],
            [0.0, 1.0, 0.0]
        ];
        let images = Array4::from_shape_fn((4, 2, 2, 1), |(n, y, x, _)| (n + y * x) as f64);
        let labels = array![1, 0, 2, 1];
        let worst = |count| {
            let images = Some(images.view());
            Mistake::worst(
                probabilities.view(),
                &labels,
                &["a", "b", "c"],
                images,
                count,
            )
            .unwrap()
        };
        let samples: Vec<usize> = worst(9).iter().map(|mistake| mistake.sample).collect();
        assert_eq!(samples, [2, 1, 0]);
        let [first] = &worst(1)[..] else {
            panic!("one")
        };
        assert_eq!((first.truth.as_str(), first.predicted.as_str()), ("c", "a"));
        assert_eq!(
            (first.truth_probability, first.predicted_probability),
            (0.05, 0.9)
        );
        assert_eq!(first.image.as_ref().unwrap().size(), (2, 2));
    }

    #[test]
    fn a_single_output_is_the_probability_of_class_1() {
        let worst = Mistake::worst(
            array![[0.75f32], [0.5]].view(),
            &array![0, 0],
            &["no", "yes"],
            None,
            5,
        );
        let worst = worst.unwrap();
        assert_eq!(worst.len(), 1);
        assert_eq!(
            (worst[0].truth_probability, worst[0].predicted_probability),
            (0.25, 0.75)
        );
        assert_eq!(worst[0].predicted, "yes");
    }

    #[test]
    fn mismatched_inputs_are_errors() {
        let p = array![[0.5, 0.5], [1.0, 0.0]];
        let fails = |labels: &[usize], names: &[&str], images: Option<&Array4<f64>>| {
            let images = images.map(|images| images.view());
            Mistake::worst(p.view(), &Array1::from(labels.to_vec()), names, images, 3)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(fails(&[0], &["a", "b"], None), "1 labels for 2 samples");
        assert_eq!(fails(&[0, 0], &["a"], None), "1 class names for 2 classes");
        let label = "the label of sample 1 is 2, but there are 2 classes";
        assert_eq!(fails(&[0, 2], &["a", "b"], None), label);
        let images = Array4::zeros((1, 2, 2, 1));
        assert_eq!(
            fails(&[0, 0], &["a", "b"], Some(&images)),
            "1 images for 2 samples"
        );
        let images = Array4::zeros((2, 2, 2, 2));
        let error = fails(&[0, 1], &["a", "b"], Some(&images));
        assert!(
            error.starts_with("sample 1: pixels of shape [2, 2, 2]"),
            "{error}"
        );
    }
}
