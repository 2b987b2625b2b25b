//! The course's Iris network: whole fits.

use std::cell::RefCell;
use std::error::Error;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use dl_data::{Dataset, Scalar, iris};
use dl_nn::prelude::Fit;
use examples::iris::{BATCH_SIZE, Preprocessing, trainer};
use serde::Deserialize;
use serde_json::json;

use super::job::{Job, Setting, Sides};
use super::process::Process;
use super::side::{Measure, Side, Unit};
use super::wanted::Wanted;

pub(super) fn fit_f32() -> Job {
    Job {
        title: "Iris MLP (10, 10), full fit, f32".into(),
        start: Box::new(start::<f32>),
        ..Job::new("iris-f32", &[Unit::Milliseconds])
    }
}

pub(super) fn fit_f64() -> Job {
    Job {
        title: "Iris MLP (10, 10), full fit, f64".into(),
        start: Box::new(start::<f64>),
        ..Job::new("iris-f64", &[Unit::Milliseconds])
    }
}

/// The fits made by `xtask/peers/sklearn_iris.py`, whose number of epochs ours must match.
#[derive(Debug, Deserialize)]
struct SklearnFits {
    train_rows: Vec<usize>,
    fits: Vec<Fitted>,
}

#[derive(Debug, Deserialize)]
struct Fitted {
    epochs: usize,
}

fn start<F: Scalar>(setting: &Setting) -> Result<Sides, Box<dyn Error>> {
    let plan: SklearnFits = serde_json::from_str(include_str!("../../peers/sklearn_iris.json"))?;
    let plan = Arc::new(Mutex::new(plan));
    let data: Dataset<F> = iris();
    let features = Preprocessing::fit(data.features(), 2)?.transform(data.features())?;
    let ours = Ours {
        data: data.with_features(features, vec!["PC1".into(), "PC2".into()])?,
        plan: Arc::clone(&plan),
    };
    let process = setting.process("sklearn_iris.py")?;
    let peer = process.map(|process| Box::new(Peer { process, plan }) as Box<dyn Side>);
    // what one would use instead of a network; not the same model
    let boosted = json!({"job": "boosted"});
    let boosted = Wanted::new("sklearn_iris.py", "gradient boosting", boosted);
    Ok(Sides {
        peers: peer
            .into_iter()
            .chain(setting.sides(vec![boosted])?)
            .collect(),
        ..Sides::new(ours)
    })
}

struct Ours<F> {
    data: Dataset<F>,
    plan: Arc<Mutex<SklearnFits>>,
}

impl<F: Scalar> Side for Ours<F> {
    fn name(&self) -> String {
        "ours".into()
    }

    /// One fit per seed, for as many epochs as the peer took: building, initialising and training, like
    /// `MLPClassifier.fit`.
    fn measure(&mut self) -> Result<Measure, Box<dyn Error>> {
        let plan = self.plan.lock().map_err(|error| error.to_string())?;
        let train = self.data.select(&plan.train_rows)?;
        let mut seconds = 0.0;
        for (seed, fit) in (0..).zip(&plan.fits) {
            let start = Instant::now();
            let mut trainer = trainer(&train, seed)?;
            let options = Fit::epochs(fit.epochs).batch_size(BATCH_SIZE);
            trainer.fit(train.features(), train.labels(), options)?;
            seconds += start.elapsed().as_secs_f64();
        }
        let amount = plan.fits.len() as f64;
        Ok(Measure::Work { seconds, amount })
    }
}

struct Peer {
    process: Rc<RefCell<Process>>,
    plan: Arc<Mutex<SklearnFits>>,
}

impl Side for Peer {
    fn name(&self) -> String {
        format!("{} (f64)", self.process.borrow().name)
    }

    fn measure(&mut self) -> Result<Measure, Box<dyn Error>> {
        #[derive(Deserialize)]
        struct Answer {
            #[serde(flatten)]
            plan: SklearnFits,
            seconds: f64,
            amount: f64,
        }
        let job = json!({"job": "fits"});
        let answer: Answer = self.process.borrow_mut().ask(&job)?;
        *self.plan.lock().map_err(|error| error.to_string())? = answer.plan;
        let (seconds, amount) = (answer.seconds, answer.amount);
        Ok(Measure::Work { seconds, amount })
    }
}
