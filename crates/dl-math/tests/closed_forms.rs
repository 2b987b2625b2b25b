//! Values that can be checked by hand, where other tests compare two computations.

use dl_math::information::mutual_information;
use dl_math::likelihood::gaussian_nll;
use dl_math::linear_gaussian::least_squares;
use dl_math::ndarray::{Array1, Array2, array};
use dl_math::rand::Rng;
use dl_math::random::generator;
use dl_math::{
    Bernoulli, Categorical, DiagonalNormal, JointTable, LinearGaussian, MathError, Normal, Scalar,
};

const LN_2: f64 = std::f64::consts::LN_2;
/// ½ ln 2π.
const HALF_LN_2_PI: f64 = 0.918_938_533_204_672_8;

#[track_caller]
fn assert_close(a: f64, b: f64) {
    assert!((a - b).abs() <= 1e-14 * b.abs(), "{a} against {b}");
}

/// `rng.sample(distribution)` draws what `distribution.sample(rng)` does.
#[test]
fn generators_draw_from_distributions() {
    let (by_rng, by_itself) = (&mut generator(3), &mut generator(3));
    let coin = Bernoulli::new(0.5).unwrap();
    let die = Categorical::from_logits(&array![0.0f64, 0.0, 0.0, 0.0, 0.0, 0.0]).unwrap();
    let normal = Normal::<f64>::standard();
    for _ in 0..50 {
        assert_eq!(by_rng.sample(coin), coin.sample(by_itself));
        assert_eq!(by_rng.sample(&die), die.sample(by_itself));
        assert_eq!(by_rng.sample(normal), normal.sample(by_itself));
    }
}

/// Draws are μ + σz.
#[test]
fn draws_are_scaled_and_shifted_standard_draws() {
    let normal = Normal::new(2.0, 0.5).unwrap();
    let (ours, z) = (&mut generator(4), &mut generator(4));
    for _ in 0..50 {
        assert_eq!(normal.sample(ours), 2.0 + 0.5 * f64::standard_normal(z));
    }
    let many = normal.sample_n(3, ours).unwrap();
    let expected = Array1::from_shape_simple_fn(3, || 2.0 + 0.5 * f64::standard_normal(z));
    assert_eq!(many, expected);
}

/// Two samples half a standard deviation from the mean.
#[test]
fn negative_log_likelihoods() {
    let normal = Normal::new(2.0, 2.0).unwrap();
    let each = 0.125 + LN_2 + HALF_LN_2_PI;
    assert_close(
        normal.negative_log_likelihood(&array![1.0, 3.0]),
        2.0 * each,
    );
    let means = array![2.0, 2.0];
    assert_close(
        gaussian_nll(&array![1.0, 3.0], &means, 4.0).unwrap(),
        2.0 * each,
    );
    let diagonal = DiagonalNormal::new(&array![2.0, 0.0], &array![2.0, 1.0]).unwrap();
    let nll = diagonal.negative_log_likelihood(&array![[1.0, 0.0], [3.0, 0.0]]);
    assert_close(nll.unwrap(), 2.0 * (each + HALF_LN_2_PI));
}

#[test]
fn a_diagonal_normal_is_its_components() {
    let normal = DiagonalNormal::new(&array![1.0, 2.0], &array![3.0, 4.0]).unwrap();
    let components = [(1.0, 3.0), (2.0, 4.0)].map(|(mean, std)| Normal::new(mean, std).unwrap());
    assert_eq!(normal.components(), components);
    assert_eq!(normal.dimensions(), 2);
}

/// X = Y, with one of two outcomes of probability a = 10⁻¹⁶⁰, whose square underflows: the outcome contributes a ln
/// (a / a²), the other one nothing.
#[test]
fn mutual_information_where_a_product_of_marginals_underflows() {
    let a = 1e-160_f64;
    let table = JointTable::new(array![[a, 0.0], [0.0, 1.0 - a]]).unwrap();
    assert_close(mutual_information(&table) / a, 160.0 * 10f64.ln());
}

/// A column is dependent if its orthogonal part is n ε of its length, which is √n for a column of ±1.
#[test]
fn dependence_is_relative_to_the_length_of_a_column() {
    let n = 10_000;
    let sign = |i: usize| if i.is_multiple_of(2) { 1.0 } else { -1.0 };
    let column = |own: f64| {
        let x = Array2::from_shape_fn((n, 2), |(i, j)| match j {
            0 => sign(i / 2),
            _ => sign(i / 2) + own * sign(i),
        });
        let y = Array1::from_shape_fn(n, sign);
        least_squares(&x, &y).map(|_| ())
    };
    // n ε is 2.2e-12
    assert_eq!(column(1e-13), Err(MathError::DependentColumn { column: 1 }));
    assert_eq!(column(1e-10), Ok(()));
}

/// y = 2 x₁ − 3 x₂ + 1 ± ½.
#[test]
fn the_variance_around_a_line() {
    let x = array![[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]];
    let noise = array![0.5, -0.5, -0.5, 0.5];
    let y = &x.dot(&array![2.0, -3.0]) + 1.0 + noise;
    let line = LinearGaussian::<f64>::fit(&x, &y).unwrap();
    assert!(
        (line.weights() - &array![2.0, -3.0])
            .iter()
            .all(|d: &f64| d.abs() <= 1e-14)
    );
    assert!((line.bias() - 1.0).abs() <= 1e-14);
    assert!((line.variance() - 0.25).abs() <= 1e-14);
    let nll = line.negative_log_likelihood(&x, &y).unwrap();
    assert!((nll - 4.0 * (0.5 - LN_2 + HALF_LN_2_PI)).abs() <= 1e-13);
}

/// Three heads of four tosses.
#[test]
fn a_coin() {
    let tosses = array![true, false, true, true];
    let coin = Bernoulli::<f64>::fit(&tosses).unwrap();
    let ln_3 = 3f64.ln();
    assert_eq!(
        [coin.p(), coin.mean(), coin.variance()],
        [0.75, 0.75, 0.1875]
    );
    assert_eq!([coin.prob(true), coin.prob(false)], [0.75, 0.25]);
    assert_close(coin.logit(), ln_3);
    assert_close(coin.log_prob(false), -2.0 * LN_2);
    assert_close(coin.entropy(), 2.0 * LN_2 - 0.75 * ln_3);
    assert_close(
        coin.negative_log_likelihood(&tosses),
        8.0 * LN_2 - 3.0 * ln_3,
    );
    let fair = Bernoulli::new(0.5).unwrap();
    assert_close(coin.kl(&fair), 0.75 * ln_3 - LN_2);
}

/// Outcomes 0, 1, 1 and 3 of four.
#[test]
fn a_die() {
    let throws = array![1, 0, 3, 1];
    let die = Categorical::<f64>::fit(&throws, 4).unwrap();
    assert_eq!(die.probabilities(), array![0.25, 0.5, 0.0, 0.25]);
    assert_eq!(die.mean(), array![0.25, 0.5, 0.0, 0.25]);
    assert_eq!(die.variance(), array![0.1875, 0.25, 0.0, 0.1875]);
    assert_eq!([2, 3, 4].map(|k| die.prob(k)), [0.0, 0.25, 0.0]);
    assert_eq!([2, 4].map(|k| die.log_prob(k)), [f64::NEG_INFINITY; 2]);
    assert_close(die.log_probabilities()[1], -LN_2);
    assert_close(die.entropy(), 1.5 * LN_2);
    assert_close(die.negative_log_likelihood(&throws), 6.0 * LN_2);
    let fair = Categorical::from_logits(&Array1::zeros(4)).unwrap();
    assert_close(die.kl(&fair), 0.5 * LN_2);
    assert_eq!(fair.kl(&die), f64::INFINITY);
}
