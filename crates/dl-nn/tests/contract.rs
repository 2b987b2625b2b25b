//! The contract's check catches the layers that break it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dl_nn::ShapeError;
use dl_nn::contract::{ContractError, check, check_passes, samples};
use dl_nn::gradient_check::GradientError;
use dl_nn::ndarray::{Array1, ArrayD, array};
use dl_nn::prelude::*;

/// What [`Scale`] gets wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    AddsToTheOutput,
    LeavesTheLastOutput,
    ReadsTheOldCache,
    NeverClearsTheCache,
    ReadsTheScratch,
    Remembers,
    GradientNeedsDx,
    DxAdded,
    CouplesSamples,
    CouplesAsABlock,
    CountsThreads,
    HiddenState,
    DecayOnlyOnce,
    OneNameTwice,
    WrongGradient,
    RefusesTheInput,
}

/// y = gain · x.
#[derive(Debug, Clone)]
struct Scale {
    gain: Array1<f64>,
    other: Array1<f64>,
    fault: Fault,
    calls: Arc<AtomicUsize>,
}

impl Layer<f64> for Scale {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, ShapeError> {
        let holds = self.fault != Fault::RefusesTheInput;
        ShapeError::require(holds, input, "nothing at all")?;
        Ok(input.to_vec())
    }

    fn forward(&self, x: Batch<f64>, mut y: BatchMut<f64>, cache: &mut Cache<f64>, _: Mode) {
        let mut factor = self.gain[0];
        match self.fault {
            Fault::Remembers => factor += self.calls.fetch_add(1, Ordering::Relaxed) as f64,
            Fault::CouplesSamples | Fault::CouplesAsABlock => factor += 1e-11 * x.array().sum(),
            Fault::CountsThreads => factor += rayon::current_num_threads() as f64,
            Fault::ReadsTheOldCache => factor += cache.values.first().map_or(0.0, |_| 1.0),
            _ => {}
        }
        if self.fault == Fault::CouplesSamples {
            factor += x.array().sum();
        }
        if self.fault != Fault::NeverClearsTheCache {
            cache.values.clear();
        }
        cache.values.extend_from_slice(x.slice());
        cache.scratch[0].clear();
        cache.scratch[0].extend_from_slice(x.slice());
        let (x, mut y) = (x.matrix(), y.matrix_mut());
        let last = y[[x.nrows() - 1, 0]];
        match self.fault {
            Fault::AddsToTheOutput => y.scaled_add(factor, &x),
            _ => y.assign(&(&x * factor)),
        }
        if self.fault == Fault::LeavesTheLastOutput {
            y[[x.nrows() - 1, 0]] = last;
        }
    }

    fn backward(&self, pass: Backward<f64>) {
        let Backward {
            dy,
            dx,
            cache,
            mut grads,
            ..
        } = pass;
        let kept = match self.fault {
            Fault::ReadsTheScratch => &cache.scratch[0],
            _ => &cache.values,
        };
        if dx.is_some() || self.fault != Fault::GradientNeedsDx {
            grads[0][0] = dy
                .slice()
                .iter()
                .zip(kept)
                .map(|(dy, x)| dy * x)
                .sum::<f64>();
        }
        let Some(mut dx) = dx else { return };
        let (dy, mut dx) = (dy.view().matrix(), dx.matrix_mut());
        match self.fault {
            Fault::DxAdded => dx.scaled_add(self.gain[0], &dy),
            Fault::WrongGradient => dx.assign(&dy),
            _ => dx.assign(&(&dy * self.gain[0])),
        }
    }

    fn params(&self) -> Vec<Param<'_, f64>> {
        let mut params = vec![Param::new("gain", &self.gain)];
        if self.fault == Fault::OneNameTwice {
            params.push(Param::new("gain", &self.other));
        }
        params
    }

    fn params_mut(&mut self) -> Vec<ParamMut<'_, f64>> {
        let gain = match self.fault {
            Fault::DecayOnlyOnce => ParamMut::weight("gain", &mut self.gain),
            _ => ParamMut::new("gain", &mut self.gain),
        };
        let mut params = vec![gain];
        if self.fault == Fault::OneNameTwice {
            params.push(ParamMut::new("gain", &mut self.other));
        }
        params
    }

    fn state(&self) -> Vec<Param<'_, f64>> {
        vec![Param::new("other", &self.other)]
    }

    fn state_mut(&mut self) -> Vec<ParamMut<'_, f64>> {
        match self.fault {
            Fault::HiddenState => Vec::new(),
            _ => vec![ParamMut::new("other", &mut self.other)],
        }
    }

    fn batching(&self) -> Batching {
        match self.fault {
            Fault::CouplesAsABlock => Batching::Blocks,
            _ => Batching::Whole,
        }
    }
}

fn run(fault: Fault) -> Result<(), ContractError> {
    let mut layer = Scale {
        gain: array![1.5],
        other: array![1.0],
        fault,
        calls: Arc::default(),
    };
    let x = samples(&[3, 2], 5);
    let report = check(&mut layer, &x)?;
    assert_eq!((report.checked, report.kinks), (6 + 1, 0));
    Ok(())
}

#[track_caller]
fn assert_differs(fault: Fault, expected: &str, when: &str) {
    match run(fault).unwrap_err() {
        ContractError::Different {
            array, condition, ..
        } => assert_eq!((&array[..], &condition[..]), (expected, when)),
        other => panic!("{other}"),
    }
}

#[test]
fn a_right_layer_passes() {
    run(Fault::None).unwrap();
}

#[test]
fn what_depends_on_something_else_is_found() {
    let used = "where the buffers held something else";
    assert_differs(Fault::AddsToTheOutput, "y", used);
    assert_differs(Fault::LeavesTheLastOutput, "y", used);
    assert_differs(Fault::ReadsTheOldCache, "y", used);
    assert_differs(Fault::NeverClearsTheCache, "∂L/∂gain", used);
    assert_differs(Fault::ReadsTheScratch, "∂L/∂gain", used);
    assert_differs(Fault::Remembers, "y", used);
    assert_differs(Fault::DxAdded, "∂L/∂input", used);
    let no_dx = "where ∂L/∂input is not asked for";
    assert_differs(Fault::GradientNeedsDx, "∂L/∂gain", no_dx);
    assert_differs(Fault::CouplesSamples, "y", "where sample 0 is alone");
    assert_differs(Fault::CouplesAsABlock, "y", "where sample 0 is alone");
}

#[test]
fn threads_that_count_are_found() {
    let ours = rayon::ThreadPoolBuilder::new().num_threads(2).build();
    let error = ours.unwrap().install(|| run(Fault::CountsThreads));
    let message = error.unwrap_err().to_string();
    assert!(
        message.ends_with(" where the number of threads is 1"),
        "{message}"
    );
}

#[test]
fn messages() {
    let message = |fault| run(fault).unwrap_err().to_string();
    assert_eq!(
        message(Fault::HiddenState),
        "state, position 0: to be read `other` [1], to be changed nothing"
    );
    assert_eq!(
        message(Fault::DecayOnlyOnce),
        "params, position 0: to be read `gain` [1], to be changed `gain` [1], with weight decay"
    );
    assert_eq!(
        message(Fault::OneNameTwice),
        "params has two arrays named `gain`"
    );
    assert_eq!(
        message(Fault::RefusesTheInput),
        "the input: got a sample of shape [2], but takes nothing at all"
    );
    let left = message(Fault::LeavesTheLastOutput);
    assert_eq!(
        left,
        "y[2, 0] is NaN, but 0.75 where the buffers held something else"
    );
    match run(Fault::WrongGradient).unwrap_err() {
        ContractError::Gradient(GradientError::Mismatch { array, .. }) => {
            assert_eq!(array, "input");
        }
        other => panic!("{other}"),
    }
}

#[test]
fn without_samples_there_is_nothing_to_check() {
    for shape in [&[][..], &[0, 3]] {
        let error = check_passes(&mut Activate(Tanh), &ArrayD::<f32>::zeros(shape));
        assert!(matches!(error, Err(ContractError::Shape(_))), "{shape:?}");
        let error = check(&mut Activate(Tanh), &ArrayD::zeros(shape));
        assert!(matches!(error, Err(ContractError::Shape(_))), "{shape:?}");
    }
}
