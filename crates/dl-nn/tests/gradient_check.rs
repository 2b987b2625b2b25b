//! The gradient checker catches the layers that are wrong.

use dl_nn::ShapeError;
use dl_nn::gradient_check::{GradientError, check_layer, check_loss};
use dl_nn::ndarray::{Array1, array};
use dl_nn::prelude::*;
use dl_nn::{Param, ParamMut, TargetRow};

/// What [`Affine`] gets wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    Sign,
    ForgottenBias,
    GradsAdded,
    DxAdded,
    DxNotWritten,
    NotANumber,
    ForwardNotANumber,
    NoGradient,
    HiddenName,
    HiddenParameter,
}

/// y = w ⊙ x² + b.
#[derive(Debug, Clone)]
struct Affine {
    w: Array1<f64>,
    b: Array1<f64>,
    fault: Fault,
}

impl Layer<f64> for Affine {
    fn output_shape(&self, input: &[usize]) -> Result<Vec<usize>, ShapeError> {
        ShapeError::require(input == [self.w.len()], input, "a vector of w's length")?;
        Ok(input.to_vec())
    }

    fn forward(&self, x: Batch<f64>, mut y: BatchMut<f64>, _: &mut Cache<f64>, _: Mode) {
        let (x, mut y) = (x.matrix(), y.matrix_mut());
        match self.fault {
            Fault::ForwardNotANumber => y.fill(f64::NAN),
            Fault::NoGradient => y.fill(1.0),
            _ => y.assign(&(&x * &x * &self.w + &self.b)),
        }
    }

    fn backward(&self, pass: Backward<f64>) {
        let Backward {
            x,
            dy,
            dx,
            mut grads,
            ..
        } = pass;
        let mut dx = dx.expect("wanted");
        let (x, dy, mut dx) = (x.matrix(), dy.view().matrix(), dx.matrix_mut());
        if self.fault == Fault::NoGradient {
            return dx.fill(0.0);
        }
        let dw = (&dy * &x * x).sum_axis(dl_nn::ndarray::Axis(0));
        match self.fault {
            Fault::GradsAdded => grads[0] += &dw,
            _ => grads[0].assign(&dw),
        }
        if self.fault != Fault::ForgottenBias {
            grads[1].assign(&dy.sum_axis(dl_nn::ndarray::Axis(0)));
        }
        let gradient = &dy * &x * &self.w * 2.0;
        match self.fault {
            Fault::Sign => dx.assign(&-gradient),
            Fault::DxAdded => dx += &gradient,
            Fault::DxNotWritten => {}
            Fault::NotANumber => dx.assign(&(gradient * f64::NAN)),
            _ => dx.assign(&gradient),
        }
    }

    fn params(&self) -> Vec<Param<'_, f64>> {
        vec![Param::new("w", &self.w), Param::new("b", &self.b)]
    }

    fn params_mut(&mut self) -> Vec<ParamMut<'_, f64>> {
        let name = match self.fault {
            Fault::HiddenName => "bias",
            _ => "b",
        };
        let mut params = vec![
            ParamMut::new("w", &mut self.w),
            ParamMut::new(name, &mut self.b),
        ];
        if self.fault == Fault::HiddenParameter {
            params.pop();
        }
        params
    }
}

fn check(fault: Fault) -> Result<(), GradientError> {
    let mut layer = Affine {
        w: array![0.5, -1.5],
        b: array![0.1, 0.2],
        fault,
    };
    let x = array![[1.0, 2.0], [-0.5, 0.8], [0.3, -1.1]].into_dyn();
    let report = check_layer(&mut layer, &x)?;
    assert_eq!((report.checked, report.kinks), (6 + 4, 0));
    Ok(())
}

#[track_caller]
fn assert_mismatch(fault: Fault, expected: &str) {
    match check(fault).unwrap_err() {
        GradientError::Mismatch { array, error, .. } => {
            assert_eq!(array, expected);
            assert!(error.is_nan() || error > 1e-6, "{error}");
        }
        other => panic!("{other}"),
    }
}

#[test]
fn a_right_layer_passes() {
    check(Fault::None).unwrap();
}

#[test]
fn wrong_layers_fail() {
    assert_mismatch(Fault::Sign, "input");
    assert_mismatch(Fault::ForgottenBias, "b");
    assert_mismatch(Fault::GradsAdded, "w");
    assert_mismatch(Fault::DxAdded, "input");
    assert_mismatch(Fault::DxNotWritten, "input");
    assert_mismatch(Fault::NotANumber, "input");
    assert_mismatch(Fault::ForwardNotANumber, "input");
}

#[test]
fn messages() {
    let message = |fault| check(fault).unwrap_err().to_string();
    let sign = message(Fault::Sign);
    assert!(
        sign.starts_with("∂L/∂input[0, 0]: backward gives "),
        "{sign}"
    );
    assert!(
        sign.ends_with("(relative error 2.0e0, tolerance 1e-6)"),
        "{sign}"
    );
    assert_eq!(
        message(Fault::NoGradient),
        "∂L/∂input is zero everywhere; check at an input where it is not"
    );
    assert_eq!(
        message(Fault::HiddenName),
        "parameter 1: params has `b` [2], params_mut has `bias` [2]"
    );
    assert_eq!(
        message(Fault::HiddenParameter),
        "parameter 1: params has `b` [2], params_mut has nothing"
    );
    let x = array![[1.0, 2.0, 3.0]].into_dyn();
    let mut layer = Affine {
        w: array![1.0],
        b: array![1.0],
        fault: Fault::None,
    };
    assert_eq!(
        check_layer(&mut layer, &x).unwrap_err().to_string(),
        "the input: got a sample of shape [3], but takes a vector of w's length"
    );
}

/// At a kink there is no derivative to compare with: left out, and an error where all are kinks.
#[test]
fn kinks() {
    let x = array![[0.0, 1.0, 2.0, -1.0, 3.0, 0.5]].into_dyn();
    let report = check_layer(&mut Activate(Relu), &x).unwrap();
    assert_eq!((report.checked, report.kinks), (5, 1));
    let x = array![[0.0, 1e-5, -1e-5, 1.0]].into_dyn();
    assert_eq!(
        check_layer(&mut Activate(Relu), &x)
            .unwrap_err()
            .to_string(),
        "3 of 4 elements of input are within 0.0002 of a kink"
    );
}

#[derive(Debug)]
struct HalfSquared;

impl Loss<f64> for HalfSquared {
    fn name(&self) -> &'static str {
        "HalfSquared"
    }

    /// (y − t)²/2, with the derivative of (y − t)².
    fn sample(&self, y: &[f64], t: TargetRow<'_, f64>, delta: &mut [f64]) -> f64 {
        let TargetRow::Values(t) = t else {
            panic!("values")
        };
        delta[0] = 2.0 * (y[0] - t[0]);
        (y[0] - t[0]) * (y[0] - t[0]) / 2.0
    }

    fn takes(&self, _: usize) -> String {
        "a value".into()
    }

    fn accepts(&self, _: usize, _: TargetRow<'_, f64>) -> bool {
        true
    }
}

#[test]
fn a_wrong_loss_fails() {
    let error = check_loss(&HalfSquared, &[1.0], TargetRow::Values(&[0.25])).unwrap_err();
    let message = error.to_string();
    assert!(
        message.starts_with("∂L/∂prediction[0]: backward gives 1.5, differences give 0.7"),
        "{message}"
    );
    let error = check_loss(&HalfSquared, &[1.0], TargetRow::Values(&[1.0])).unwrap_err();
    let message = "∂L/∂prediction is zero everywhere; check at an input where it is not";
    assert_eq!(error.to_string(), message);
}
