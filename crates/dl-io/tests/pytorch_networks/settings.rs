//! Loss, optimiser and schedule of a case.

use dl_nn::optim::{Adjusted, Rule};
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
        optimizer: Box<dyn Rule<F>>,
    ) -> Trainer<F> {
        let trainer = match *self {
            Self::MeanSquaredError => Trainer::new(model, MeanSquaredError::new(), optimizer),
            Self::MeanAbsoluteError => Trainer::new(model, MeanAbsoluteError::new(), optimizer),
            Self::Huber { delta } => Trainer::new(model, Huber::new(delta), optimizer),
            Self::GaussianNll => Trainer::new(model, GaussianNll::new(), optimizer),
            Self::BinaryCrossEntropy => Trainer::new(model, BinaryCrossEntropy::new(), optimizer),
            Self::SoftmaxCrossEntropy { label_smoothing } => {
                let loss = SoftmaxCrossEntropy::new().label_smoothing(label_smoothing);
                Trainer::new(model, loss, optimizer)
            }
            Self::KlDivergence => Trainer::new(model, KlDivergence::new(), optimizer),
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
    pub(crate) fn optimizer<F: Scalar>(&self) -> Box<dyn Rule<F>> {
        match &self.rule[..] {
            "Sgd" => self.adjusted::<F, Sgd>(),
            "AdaGrad" => self.adjusted::<F, AdaGrad>(),
            "RmsProp" => self.adjusted::<F, RmsProp>(),
            "Adam" => self.adjusted::<F, Adam>(),
            "AdamW" => self.adjusted::<F, AdamW>(),
            other => panic!("{other}"),
        }
    }

    fn adjusted<F: Scalar, R: Rule<F> + DeserializeOwned + 'static>(&self) -> Box<dyn Rule<F>> {
        let mut rule = Adjusted::new(self.rule::<R>());
        if let Some(lambda) = self.l1 {
            rule = rule.l1(lambda);
        }
        if let Some(lambda) = self.l2 {
            rule = rule.l2(lambda);
        }
        if let Some(bound) = self.clip_value {
            rule = rule.clip_value(bound);
        }
        if let Some(bound) = self.clip_norm {
            rule = rule.clip_norm(bound);
        }
        Box::new(rule)
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
            let plateau = ReduceOnPlateau::new(gamma).patience(patience);
            let plateau = plateau.min_delta(min_delta).cooldown(cooldown);
            return Box::new(plateau.floor(floor));
        }
        Box::new(match per_epoch {
            true => LearningRate::per_epoch(self.schedule()),
            false => LearningRate::per_step(self.schedule()),
        })
    }

    fn schedule(&self) -> Box<dyn Schedule> {
        match self {
            &Self::StepDecay { every, gamma } => Box::new(StepDecay::new(every, gamma)),
            &Self::ExponentialDecay { gamma } => Box::new(ExponentialDecay::new(gamma)),
            &Self::Cosine {
                steps,
                floor,
                restarts,
            } => {
                let cosine = Cosine::new(steps).floor(floor);
                Box::new(match restarts {
                    Some(multiplier) => cosine.restarts(multiplier),
                    None => cosine,
                })
            }
            &Self::OneCycle {
                steps,
                peak,
                start,
                end,
            } => {
                let cycle = OneCycle::new(steps).peak(peak);
                Box::new(cycle.start(start).end(end))
            }
            Self::WarmUp { steps, start, then } => {
                Box::new(WarmUp::new(*steps, *start, then.schedule()))
            }
            Self::ReduceOnPlateau { .. } => panic!("no function of time"),
        }
    }
}
