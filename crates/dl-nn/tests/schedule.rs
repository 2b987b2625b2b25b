//! Schedules beyond what PyTorch's are compared on, and what they say of bad input.

use dl_nn::schedule::{
    Constant, Cosine, ExponentialDecay, OneCycle, ReduceOnPlateau, Schedule, StepDecay, WarmUp,
};
use proptest::prelude::*;

#[test]
fn ends_are_held() {
    let cosine = Cosine::new(10).floor(0.1);
    let cycle = OneCycle::new(10);
    for t in [10, 11, 1000, u64::MAX] {
        assert_eq!(cosine.factor(t), 0.1);
        assert_eq!(cycle.factor(t), 1.0 / 25.0 / 1e4);
        assert_eq!(Constant.factor(t), 1.0);
    }
}

#[test]
fn warm_up_meets_the_schedule_it_leads_to() {
    let warm_up = WarmUp::new(4, 0.5, OneCycle::new(20));
    let start = OneCycle::new(20).factor(0);
    assert_eq!(warm_up.factor(0), 0.5 * start);
    assert_eq!(warm_up.factor(2), 0.75 * start);
    assert_eq!(warm_up.factor(4), start);
    assert_eq!(warm_up.factor(24), OneCycle::new(20).factor(20));
}

proptest! {
    #[test]
    fn factors_are_shares(
        steps in 2u64..1000,
        share in 1e-3..1.0f64,
        multiplier in 1u64..5,
        t in any::<u64>(),
        early in 0u64..2000,
    ) {
        let cosine = Cosine::new(steps).floor(share);
        let schedules: [Box<dyn Schedule>; 6] = [
            Box::new(StepDecay::new(steps, share)),
            Box::new(ExponentialDecay::new(share)),
            Box::new(cosine),
            Box::new(cosine.restarts(multiplier)),
            Box::new(OneCycle::new(steps).peak(share.min(0.999))),
            Box::new(WarmUp::new(steps, share, cosine)),
        ];
        for schedule in schedules {
            for t in [t, early] {
                let factor = schedule.factor(t);
                prop_assert!((0.0..=1.0).contains(&factor), "{:?} {} {}", schedule, t, factor);
            }
        }
    }

    #[test]
    fn plateau_goes_on_after_a_restart(
        measures in prop::collection::vec(prop_oneof![0.0..1.0, Just(f64::NAN)], 30),
        stop in 0usize..30,
    ) {
        let plateau = ReduceOnPlateau::new(0.5).patience(2).cooldown(1);
        let mut never_stopped = plateau.clone();
        let expected: Vec<f64> = measures.iter().map(|&m| never_stopped.observe(m)).collect();

        let (before, after) = measures.split_at(stop);
        let mut first = plateau;
        let mut factors: Vec<f64> = before.iter().map(|&m| first.observe(m)).collect();
        let saved = serde_json::to_string(&first).unwrap();
        let mut second: ReduceOnPlateau = serde_json::from_str(&saved).unwrap();
        factors.extend(after.iter().map(|&m| second.observe(m)));
        prop_assert_eq!(factors, expected);
        prop_assert_eq!(second, never_stopped);
    }
}

#[test]
fn nan_is_no_improvement() {
    let mut plateau = ReduceOnPlateau::new(0.5).patience(1);
    let factors = [f64::NAN, f64::NAN, 1.0, f64::NAN].map(|measure| plateau.observe(measure));
    assert_eq!(factors, [1.0, 0.5, 0.5, 0.5]);
    assert_eq!(plateau.observe(1.0), 0.25);
}

/// The floor binds even where the floating product would undershoot, and never raises the factor.
#[test]
fn plateau_stops_at_its_floor() {
    let mut plateau = ReduceOnPlateau::new(0.5).patience(0);
    plateau = plateau.floor(0.3);
    let factors = [1.0; 5].map(|measure| plateau.observe(measure));
    assert_eq!(factors, [1.0, 0.5, 0.3, 0.3, 0.3]);
    assert_eq!(plateau.factor(), 0.3);
}

#[test]
fn options_outside_their_ranges() {
    #[track_caller]
    fn check(schedule: impl Schedule, message: &str) {
        assert_eq!(schedule.validate().unwrap_err().to_string(), message);
        // whatever it gives, it ends
        let _ = [0, 7, u64::MAX].map(|step| schedule.factor(step));
    }
    #[track_caller]
    fn check_plateau(plateau: ReduceOnPlateau, message: &str) {
        assert_eq!(plateau.validate().unwrap_err().to_string(), message);
    }
    let cosine = Cosine::new(5);
    let cycle = OneCycle::new(5);
    let plateau = ReduceOnPlateau::new(0.5);
    check(
        StepDecay::new(0, 0.5),
        "StepDecay every is 0, but must be at least 1",
    );
    check(
        StepDecay::new(1, 1.5),
        "StepDecay gamma is 1.5, but must be in (0, 1]",
    );
    check(
        ExponentialDecay::new(0.0),
        "ExponentialDecay gamma is 0, but must be in (0, 1]",
    );
    check(Cosine::new(0), "Cosine steps is 0, but must be at least 1");
    check(
        cosine.floor(-0.1),
        "Cosine floor is -0.1, but must be in [0, 1]",
    );
    check(
        cosine.restarts(0),
        "Cosine restarts is 0, but must be at least 1",
    );
    check(
        Cosine::new(0).restarts(2),
        "Cosine steps is 0, but must be at least 1",
    );
    check(
        WarmUp::new(1, 0.5, Cosine::new(0)),
        "Cosine steps is 0, but must be at least 1",
    );
    check(
        WarmUp::new(0, 0.1, Constant),
        "WarmUp steps is 0, but must be at least 1",
    );
    check(
        WarmUp::new(1, f64::NAN, Constant),
        "WarmUp start is NaN, but must be in (0, 1]",
    );
    check(
        OneCycle::new(1),
        "OneCycle steps is 1, but must be at least 2",
    );
    check(cycle.peak(1.0), "OneCycle peak is 1, but must be in (0, 1)");
    check(
        cycle.start(2.0),
        "OneCycle start is 2, but must be in (0, 1]",
    );
    check(cycle.end(0.0), "OneCycle end is 0, but must be in (0, 1]");
    check_plateau(
        ReduceOnPlateau::new(1.0),
        "ReduceOnPlateau gamma is 1, but must be in (0, 1)",
    );
    check_plateau(
        plateau.clone().min_delta(-1.0),
        "ReduceOnPlateau min_delta is -1, but must be finite and at least 0",
    );
    check_plateau(
        plateau.clone().floor(2.0),
        "ReduceOnPlateau floor is 2, but must be in [0, 1]",
    );
}

#[test]
fn a_file_cannot_bypass_the_ranges() {
    let saved = serde_json::to_string(&ReduceOnPlateau::new(0.5)).unwrap();
    let edited = saved.replace("\"gamma\":0.5", "\"gamma\":5.0");
    assert_ne!(saved, edited);
    let error = serde_json::from_str::<ReduceOnPlateau>(&edited).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("ReduceOnPlateau gamma is 5, but must be in (0, 1)"),
        "{error}"
    );
}
