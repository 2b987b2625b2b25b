//! Loss, optimiser and schedule of a case.

use dl_nn::prelude::*;
use dl_nn::schedule::{
    Cosine, ExponentialDecay, OneCycle, ReduceOnPlateau, Schedule, StepDecay, WarmUp,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

#[derive(Deserialize)]
pub(crate) enum LossSettings {
    MeanSquaredError,
    MeanAbsoluteError,
    Huber { delta: f64 },
    GaussianNll,
    BinaryCrossEntropy,
    SoftmaxCrossEntropy { label_smoothing: f64 },
    KlDivergence,
}

impl LossSettings {
    pub(crate) fn trainer<F: Scalar>(
        &self,
        model: Model<F>,
        optimizer: Optimizer<F>,
    ) -> Trainer<F> {
        let trainer = match *self {
            Self::MeanSquaredError => Trainer::new(model, MeanSquaredError, optimizer),
            Self::MeanAbsoluteError => Trainer::new(model, MeanAbsoluteError, optimizer),
            Self::Huber { delta } => Trainer::new(model, Huber::new(delta), optimizer),
            Self::GaussianNll => Trainer::new(model, GaussianNll, optimizer),
            Self::BinaryCrossEntropy => Trainer::new(model, BinaryCrossEntropy::new(), optimizer),
            Self::SoftmaxCrossEntropy { label_smoothing } => {
                let loss = SoftmaxCrossEntropy::new().label_smoothing(label_smoothing);
                Trainer::new(model, loss, optimizer)
            }
            Self::KlDivergence => Trainer::new(model, KlDivergence, optimizer),
        };
        trainer.unwrap()
    }
}

#[derive(Deserialize)]
pub(crate) struct OptimizerSettings {
    rule: String,
    options: Value,
    l1: Option<f64>,
    l2: Option<f64>,
    clip_value: Option<f64>,
    clip_norm: Option<f64>,
}

impl OptimizerSettings {
    pub(crate) fn optimizer<F: Scalar>(&self) -> Optimizer<F> {
        let optimizer = match &self.rule[..] {
            "Sgd" => Optimizer::new(self.rule::<Sgd>()),
            "AdaGrad" => Optimizer::new(self.rule::<AdaGrad>()),
            "RmsProp" => Optimizer::new(self.rule::<RmsProp>()),
            "Adam" => Optimizer::new(self.rule::<Adam>()),
            "AdamW" => Optimizer::new(self.rule::<AdamW>()),
            other => panic!("{other}"),
        };
        let mut optimizer: Optimizer<F> = optimizer.unwrap();
        if let Some(lambda) = self.l1 {
            optimizer = optimizer.l1(lambda).unwrap();
        }
        if let Some(lambda) = self.l2 {
            optimizer = optimizer.l2(lambda).unwrap();
        }
        if let Some(bound) = self.clip_value {
            optimizer = optimizer.clip_value(bound).unwrap();
        }
        if let Some(bound) = self.clip_norm {
            optimizer = optimizer.clip_norm(bound).unwrap();
        }
        optimizer
    }

    fn rule<R: DeserializeOwned>(&self) -> R {
        serde_json::from_value(self.options.clone()).unwrap()
    }
}

#[derive(Deserialize)]
pub(crate) enum ScheduleSettings {
    StepDecay {
        every: u64,
        gamma: f64,
    },
    ExponentialDecay {
        gamma: f64,
    },
    Cosine {
        steps: u64,
        floor: f64,
        restarts: Option<u64>,
    },
    OneCycle {
        steps: u64,
        peak: f64,
        start: f64,
        end: f64,
    },
    WarmUp {
        steps: u64,
        start: f64,
        then: Box<ScheduleSettings>,
    },
    ReduceOnPlateau {
        gamma: f64,
        patience: u64,
        min_delta: f64,
        cooldown: u64,
        floor: f64,
    },
}

impl ScheduleSettings {
    pub(crate) fn callback<F: Scalar>(&self, per_epoch: bool) -> Box<dyn Callback<F>> {
        if let Self::ReduceOnPlateau {
            gamma,
            patience,
            min_delta,
            cooldown,
            floor,
        } = *self
        {
            let plateau = ReduceOnPlateau::new(gamma).unwrap().patience(patience);
            let plateau = plateau.min_delta(min_delta).unwrap().cooldown(cooldown);
            return Box::new(plateau.floor(floor).unwrap());
        }
        Box::new(match per_epoch {
            true => LearningRate::per_epoch(self.schedule()),
            false => LearningRate::per_step(self.schedule()),
        })
    }

    fn schedule(&self) -> Box<dyn Schedule> {
        match self {
            &Self::StepDecay { every, gamma } => Box::new(StepDecay::new(every, gamma).unwrap()),
            &Self::ExponentialDecay { gamma } => Box::new(ExponentialDecay::new(gamma).unwrap()),
            &Self::Cosine {
                steps,
                floor,
                restarts,
            } => {
                let cosine = Cosine::new(steps).unwrap().floor(floor).unwrap();
                Box::new(match restarts {
                    Some(multiplier) => cosine.restarts(multiplier).unwrap(),
                    None => cosine,
                })
            }
            &Self::OneCycle {
                steps,
                peak,
                start,
                end,
            } => {
                let cycle = OneCycle::new(steps).unwrap().peak(peak).unwrap();
                Box::new(cycle.start(start).unwrap().end(end).unwrap())
            }
            Self::WarmUp { steps, start, then } => {
                Box::new(WarmUp::new(*steps, *start, then.schedule()).unwrap())
            }
            Self::ReduceOnPlateau { .. } => panic!("no function of time"),
        }
    }
}
