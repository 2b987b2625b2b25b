//! Computes the quantities of `make.py` for a case, under the same names.

use dl_nn::Workspace;
use dl_nn::losses::{Loss, mean_loss};
use dl_nn::ndarray::{Array1, Array2, ArrayD, Ix2};
use dl_nn::prelude::*;

use crate::case::Case;

pub(crate) type Quantities = Vec<(String, ArrayD<f64>)>;

pub(crate) fn quantities<F: Scalar>(case: &Case) -> Quantities {
    let description = &case.description;
    let optimizer = description.optimizer.optimizer();
    let mut trainer = description.loss.trainer::<F>(case.model(), optimizer);
    let (classes, values) = match description.by_class {
        true => (case.classes(), None),
        false => (Vec::new(), Some(values(case))),
    };
    let targets = || match &values {
        Some(values) => Target::from_values(values.view()),
        None => classes.as_slice().into_target().unwrap(),
    };
    let mut found = Vec::new();
    let weights = weights(case, &classes);
    let pass = Pass {
        x: case.samples(),
        targets: targets(),
        weights: weights.as_deref(),
    };
    found.extend(pass.run("evaluation", &trainer, Mode::Eval));
    if description.trained {
        found.extend(pass.run("training", &trainer, Mode::Train { seed: 0 }));
        found.extend(fit(case, &mut trainer, &targets()));
    }
    found
}

fn values<F: Scalar>(case: &Case) -> Array2<F> {
    let values = case.array("targets").mapv(F::cast);
    values.into_dimensionality::<Ix2>().unwrap()
}

/// A sample's own weight times that of its class.
fn weights<F: Scalar>(case: &Case, classes: &[usize]) -> Option<Vec<F>> {
    let (of_samples, of_classes) = (case.sample_weights(), case.class_weights());
    if of_samples.is_none() && of_classes.is_none() {
        return None;
    }
    let weight = |sample: usize| {
        let own = of_samples.as_ref().map_or(1.0, |w| w[sample]);
        F::cast(own * of_classes.as_ref().map_or(1.0, |w| w[classes[sample]]))
    };
    Some((0..case.array("x").shape()[0]).map(weight).collect())
}

/// A forward and a backward pass of all samples.
struct Pass<'a, F> {
    x: ArrayD<F>,
    targets: Target<'a, F>,
    weights: Option<&'a [F]>,
}

impl<F: Scalar> Pass<'_, F> {
    fn run(&self, stage: &str, trainer: &Trainer<F>, mode: Mode) -> Quantities {
        let (model, loss) = (trainer.model(), trainer.loss());
        let n = self.x.shape()[0];
        let mut workspace = Workspace::training(model, n).unwrap();
        let x = Batch::from_array(&self.x);
        let y = workspace.forward_for_backward(model, x, mode);
        let y = y.array().to_owned();
        let mut dy = ArrayD::zeros(y.shape());
        let loss = self.mean_loss(loss, &y, &mut dy);
        let mut dx = ArrayD::zeros(self.x.shape());
        let gradient = BatchMut::from_array(x.sample_shape(), &mut dx);
        workspace.backward(model, x, Batch::from_array(&dy), Some(gradient));
        let mut found = vec![
            (format!("{stage}/output"), in_double(&y)),
            (format!("{stage}/loss"), numbers(vec![loss])),
            (format!("{stage}/grad/x"), in_double(&dx)),
        ];
        found.extend(gradients(stage, model, workspace.grads()));
        found
    }

    fn mean_loss(&self, loss: &dyn Loss<F>, y: &ArrayD<F>, dy: &mut ArrayD<F>) -> f64 {
        let (y, dy) = (y.as_slice().unwrap(), dy.as_slice_mut().unwrap());
        let rows = 0..self.targets.len();
        mean_loss(loss, y, &self.targets, rows, self.weights, dy)
    }
}

fn fit<F: Scalar>(case: &Case, trainer: &mut Trainer<F>, targets: &Target<'_, F>) -> Quantities {
    let description = &case.description;
    let x = case.samples::<F>();
    let mut steps = Steps::default();
    let schedule = description.schedule.as_ref();
    let mut schedule = schedule.map(|schedule| schedule.callback(description.per_epoch));
    let mut options = Fit::epochs(description.epochs)
        .batch_size(description.batch_size)
        .shuffle(false)
        .callback(&mut steps);
    if let Some(schedule) = &mut schedule {
        options = options.callback(&mut **schedule);
    }
    if let Some(weights) = case.sample_weights() {
        options = options.sample_weights(weights);
    }
    if let Some(weights) = case.class_weights() {
        options = options.class_weights(weights);
    }
    trainer.fit(&x, targets.view(), options).unwrap();
    let model = trainer.model();
    let mut found = vec![
        (
            "fit/output".to_owned(),
            in_double(&model.predict(&x).unwrap()),
        ),
        ("fit/losses".to_owned(), numbers(steps.losses)),
        ("fit/learning_rates".to_owned(), numbers(steps.rates)),
    ];
    found.extend(gradients("fit", model, trainer.grads()));
    let weights = model.weights();
    let named = |(name, value): (&str, dl_nn::ndarray::ArrayViewD<'_, F>)| {
        (format!("fit/weights/{name}"), in_double(&value.to_owned()))
    };
    found.extend(weights.iter().map(named));
    found
}

/// Loss and learning rate of each step.
#[derive(Default)]
struct Steps {
    losses: Vec<f64>,
    rates: Vec<f64>,
}

impl<F: Scalar> Callback<F> for Steps {
    fn step_end(&mut self, step: &StepEnd, _: &mut FitContext<'_, F>) -> Flow {
        self.losses.push(step.loss);
        self.rates.push(step.learning_rate);
        Flow::Continue
    }
}

fn gradients<F: Scalar>(stage: &str, model: &Model<F>, grads: &[Vec<ArrayD<F>>]) -> Quantities {
    let names = model.params().map(|(name, _)| name);
    let named = names.zip(grads.iter().flatten());
    named
        .map(|(name, grad)| (format!("{stage}/grad/{name}"), in_double(grad)))
        .collect()
}

fn in_double<F: Scalar>(values: &ArrayD<F>) -> ArrayD<f64> {
    values.mapv(F::as_f64)
}

fn numbers(values: Vec<f64>) -> ArrayD<f64> {
    Array1::from(values).into_dyn()
}
