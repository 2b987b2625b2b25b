//! The initialisers: distributions, orthogonality, determinism, messages.

use dl_core::random::generator;
use dl_nn::Scalar;
use dl_nn::init::{Fans, Initializer};
use dl_nn::ndarray::{Array2, ArrayD};
use proptest::prelude::*;

const FANS: Fans = Fans {
    fan_in: 200,
    fan_out: 300,
};

fn sample<F: Scalar>(initializer: Initializer) -> ArrayD<F> {
    initializer
        .sample(&[200, 300], FANS, &mut generator(7))
        .unwrap()
}

/// Mean 0, the variance, the bound, and the kurtosis by which the families differ. Tolerances are
/// five standard errors of 60 000 draws.
fn assert_distributed<F: Scalar>(
    initializer: Initializer,
    variance: f64,
    kurtosis: f64,
    limit: f64,
) {
    let values = sample::<F>(initializer).mapv(F::as_f64);
    let n = values.len() as f64;
    let moment = |power: i32| values.iter().map(|x| x.powi(power)).sum::<f64>() / n;
    let what = format!("{initializer:?} {}", F::NAME);
    assert!(moment(1).abs() <= 5.0 * (variance / n).sqrt(), "{what}");
    let error = ((kurtosis - 1.0) / n).sqrt();
    assert!((moment(2) / variance - 1.0).abs() <= 5.0 * error, "{what}");
    assert!(
        (moment(4) / variance.powi(2) - kurtosis).abs() <= 0.2,
        "{what}"
    );
    let largest = values.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
    assert!(largest <= limit * (1.0 + 1e-6), "{what}: {largest}");
    // The bound is nearly reached, so it is the right one.
    assert!(
        limit.is_infinite() || largest >= 0.999 * limit,
        "{what}: {largest}"
    );
}

fn assert_distributions<F: Scalar>() {
    let uniform = |initializer, variance: f64| {
        assert_distributed::<F>(initializer, variance, 1.8, (3.0 * variance).sqrt());
    };
    let normal = |initializer, variance| {
        assert_distributed::<F>(initializer, variance, 3.0, f64::INFINITY);
    };
    uniform(Initializer::GlorotUniform, 2.0 / 500.0);
    normal(Initializer::GlorotNormal, 2.0 / 500.0);
    uniform(Initializer::HeUniform, 2.0 / 200.0);
    normal(Initializer::HeNormal, 2.0 / 200.0);
    uniform(Initializer::LecunUniform, 1.0 / 200.0);
    normal(Initializer::LecunNormal, 1.0 / 200.0);
    uniform(Initializer::Uniform { limit: 0.6 }, 0.12);
    normal(Initializer::Normal { std: 0.5 }, 0.25);

    // A normal truncated at ±2: variance 1 − 4 φ(2) / (2 Φ(2) − 1), fourth moment from
    // E z⁴ = 3 E z² − 2 · 2³ φ(2) / (2 Φ(2) − 1).
    let ratio: f64 = 0.053_990_966_513_188 / 0.954_499_736_103_642;
    let variance: f64 = 1.0 - 4.0 * ratio;
    let kurtosis = (3.0 * variance - 16.0 * ratio) / (variance * variance);
    assert!((variance.sqrt() - 0.8796).abs() <= 5e-5);
    let truncated = Initializer::TruncatedNormal { std: 0.5 };
    assert_distributed::<F>(truncated, 0.25 * variance, kurtosis, 1.0);
}

#[test]
fn distributions() {
    assert_distributions::<f32>();
    assert_distributions::<f64>();
}

#[test]
fn constants() {
    assert!(sample::<f32>(Initializer::Zeros).iter().all(|&x| x == 0.0));
    let ones = sample::<f64>(Initializer::Constant(1.0));
    assert!(ones.iter().all(|&x| x == 1.0));
}

#[test]
fn one_seed_one_kernel_in_both_precisions() {
    for initializer in [
        Initializer::GlorotUniform,
        Initializer::HeNormal,
        Initializer::TruncatedNormal { std: 1.0 },
        Initializer::Orthogonal { gain: 1.0 },
    ] {
        let double = sample::<f64>(initializer);
        assert_eq!(double, sample::<f64>(initializer));
        assert_eq!(double.mapv(|x| x as f32), sample::<f32>(initializer));
        let other = initializer
            .sample::<f64>(&[200, 300], FANS, &mut generator(8))
            .unwrap();
        assert_ne!(double, other);
    }
}

proptest! {
    /// QᵀQ or QQᵀ is the identity, whichever is smaller, times the gain squared.
    #[test]
    fn orthogonal(field in 1usize..4, c_in in 1usize..6, c_out in 1usize..40, seed in any::<u64>()) {
        let shape = [field, field, c_in, c_out];
        let initializer = Initializer::Orthogonal { gain: 1.5 };
        let kernel: ArrayD<f64> =
            initializer.sample(&shape, Fans::from_shape(&shape), &mut generator(seed)).unwrap();
        prop_assert_eq!(kernel.shape(), &shape);
        let q = kernel.into_shape_with_order((field * field * c_in, c_out)).unwrap();
        let gram = if q.nrows() >= q.ncols() { q.t().dot(&q) } else { q.dot(&q.t()) };
        let error = (gram - Array2::<f64>::eye(q.nrows().min(q.ncols())) * 2.25).mapv(f64::abs);
        prop_assert!(error.iter().all(|&e| e <= 1e-12), "{}", error);
    }
}

/// With Householder's signs, not those that make R's diagonal positive, the first entry would
/// never be positive.
#[test]
fn orthogonal_is_uniformly_distributed() {
    let first = |seed| {
        let initializer = Initializer::Orthogonal { gain: 1.0 };
        initializer
            .sample::<f64>(&[3, 3], Fans::from_shape(&[3, 3]), &mut generator(seed))
            .unwrap()[[0, 0]]
    };
    let n = 2000;
    let mean = (0..n).map(first).sum::<f64>() / n as f64;
    // The entries of a uniform rotation of three dimensions have variance 1/3.
    assert!(mean.abs() <= 5.0 / (3.0 * n as f64).sqrt(), "{mean}");
}

#[test]
fn empty_and_flat_shapes() {
    for initializer in [
        Initializer::HeUniform,
        Initializer::Orthogonal { gain: 1.0 },
    ] {
        for (shape, len) in [
            (&[][..], 1),
            (&[0], 0),
            (&[5], 5),
            (&[0, 3], 0),
            (&[3, 0], 0),
        ] {
            let array = initializer
                .sample::<f32>(shape, Fans::from_shape(shape), &mut generator(1))
                .unwrap();
            assert_eq!((array.shape(), array.len()), (shape, len));
            assert!(array.iter().all(|x| x.is_finite()));
        }
    }
}

#[test]
fn fans() {
    let fans = |shape: &[usize]| {
        let Fans { fan_in, fan_out } = Fans::from_shape(shape);
        (fan_in, fan_out)
    };
    assert_eq!(fans(&[784, 10]), (784, 10));
    assert_eq!(fans(&[5, 3, 6, 16]), (90, 240));
    assert_eq!(fans(&[7, 2, 4]), (14, 28));
    assert_eq!(fans(&[4]), (4, 4));
    assert_eq!(fans(&[]), (1, 1));
}

#[test]
fn options_outside_their_ranges() {
    let message = |initializer: Initializer| initializer.validate().unwrap_err().to_string();
    assert_eq!(
        message(Initializer::Normal { std: -1.0 }),
        "Normal std is -1, but must be finite and at least 0"
    );
    assert_eq!(
        message(Initializer::Uniform { limit: f64::NAN }),
        "Uniform limit is NaN, but must be finite and at least 0"
    );
    assert_eq!(
        message(Initializer::TruncatedNormal { std: f64::INFINITY }),
        "TruncatedNormal std is inf, but must be finite and at least 0"
    );
    assert_eq!(
        message(Initializer::Orthogonal { gain: f64::NAN }),
        "Orthogonal gain is NaN, but must be finite"
    );
    assert_eq!(
        message(Initializer::Constant(f64::NAN)),
        "Constant value is NaN, but must be finite"
    );
    assert_eq!(Initializer::HeNormal.validate(), Ok(()));
}

#[test]
fn survives_serialisation() {
    for initializer in [
        Initializer::GlorotUniform,
        Initializer::Orthogonal { gain: 1.4 },
        Initializer::Constant(0.1),
    ] {
        let text = serde_json::to_string(&initializer).unwrap();
        assert_eq!(
            serde_json::from_str::<Initializer>(&text).unwrap(),
            initializer
        );
    }
}

#[test]
fn fans_beyond_all_counting_saturate() {
    let most = usize::MAX;
    let fans = Fans::from_shape(&[most, 2, 3, 1]);
    assert_eq!((fans.fan_in, fans.fan_out), (most, most));
}
