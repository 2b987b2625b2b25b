//! Entropy and related quantities, in nats (Cover, Thomas 2006, chapter 2).
//!
//! Impossible outcomes contribute nothing: 0·ln 0 = 0. An outcome that is possible under p but not under q makes
//! cross-entropy and Kullback–Leibler divergence infinite. Probabilities must sum to 1 within the square root of
//! the scalar's machine epsilon.
//!
//! An array with any number of axes is one distribution: the entropy of a joint table is the joint entropy.

use ndarray::{ArrayRef, Axis, Dimension};

use crate::error::{probabilities, shape};
use crate::special::{log_ratio, weighted};
use crate::{JointTable, MathError, Scalar};
use dl_core::sum::sum_terms;

/// H(p) = −Σ p ln p (eq. 2.1): the minimum mean code length, in nats, of the outcomes.
///
/// ```
/// use dl_math::{entropy, ndarray::array};
/// assert_eq!(entropy(&array![0.25, 0.25, 0.25, 0.25])?, 4f64.ln());
/// assert_eq!(entropy(&array![1.0, 0.0])?, 0.0);
/// # Ok::<(), dl_math::MathError>(())
/// ```
///
/// # Errors
/// [`MathError`] if p is empty, has an entry that is negative or not finite, or does not sum
/// to 1.
pub fn entropy<F: Scalar, D: Dimension>(p: &ArrayRef<F, D>) -> Result<F, MathError> {
    probabilities("p", p)?;
    // 0 − Σ and not −Σ, so that certainty has entropy 0 and not −0
    Ok(F::zero() - sum_terms(p.iter().map(|&p| weighted(p, p.ln()))))
}

/// H(p, q) = −Σ p ln q (Goodfellow et al. 2016, eq. 3.51) = H(p) + KL(p‖q): the mean code length of outcomes of p
/// in the optimal code for q. ∞ if an outcome of p is impossible under q.
///
/// ```
/// use dl_math::{cross_entropy, ndarray::array};
/// assert_eq!(cross_entropy(&array![0.5, 0.5], &array![0.25, 0.75])?, -0.5 * (0.1875f64).ln());
/// # Ok::<(), dl_math::MathError>(())
/// ```
///
/// # Errors
/// Same as [`entropy`], for p and for q, and if their shapes differ.
pub fn cross_entropy<F: Scalar, D: Dimension>(
    p: &ArrayRef<F, D>,
    q: &ArrayRef<F, D>,
) -> Result<F, MathError> {
    pair(p, q)?;
    Ok(F::zero() - sum_terms(p.iter().zip(q).map(|(&p, &q)| weighted(p, q.ln()))))
}

/// KL(p‖q) = Σ p ln (p/q) (eq. 2.26), never negative, 0 only for p = q, not symmetric. ∞ if an outcome of p is
/// impossible under q.
///
/// ```
/// use dl_math::{kl_divergence, ndarray::array};
/// let (fair, sure) = (array![0.5, 0.5], array![1.0, 0.0]);
/// assert_eq!(kl_divergence(&sure, &fair)?, 2f64.ln());
/// assert_eq!(kl_divergence(&fair, &sure)?, f64::INFINITY);
/// # Ok::<(), dl_math::MathError>(())
/// ```
///
/// # Errors
/// Same as [`cross_entropy`].
pub fn kl_divergence<F: Scalar, D: Dimension>(
    p: &ArrayRef<F, D>,
    q: &ArrayRef<F, D>,
) -> Result<F, MathError> {
    pair(p, q)?;
    Ok(kl(p.iter().zip(q).map(|(&p, &q)| (p, log_ratio(p, q)))))
}

/// JS(p, q) = ½ KL(p‖m) + ½ KL(q‖m) with m = ½(p + q) (Lin 1991, eq. 4.1): symmetric, finite,
/// at most ln 2.
///
/// ```
/// use dl_math::{js_divergence, ndarray::array};
/// assert_eq!(js_divergence(&array![1.0, 0.0], &array![0.0, 1.0])?, 2f64.ln());
/// # Ok::<(), dl_math::MathError>(())
/// ```
///
/// # Errors
/// Same as [`cross_entropy`].
pub fn js_divergence<F: Scalar, D: Dimension>(
    p: &ArrayRef<F, D>,
    q: &ArrayRef<F, D>,
) -> Result<F, MathError> {
    pair(p, q)?;
    let half = F::cast(0.5);
    // ln (a/m) = ln(1 + (a − b)/(a + b)), which does not cancel where a and b are close
    let to_mean = |a: &ArrayRef<F, D>, b: &ArrayRef<F, D>| {
        kl(a.iter()
            .zip(b)
            .map(|(&a, &b)| (a, ((a - b) / (a + b)).ln_1p())))
    };
    Ok(half * to_mean(p, q) + half * to_mean(q, p))
}

/// H(X, Y) = −Σ p(x, y) ln p(x, y) (eq. 2.8).
pub fn joint_entropy<F: Scalar>(joint: &JointTable<F>) -> F {
    let p = joint.probabilities().iter();
    F::zero() - sum_terms(p.map(|&p| weighted(p, p.ln())))
}

/// H(Y|X) = −Σ p(x, y) ln p(y|x) (eq. 2.12) = H(X, Y) − H(X): the remaining uncertainty about Y given X.
/// [`JointTable::swapped`] gives H(X|Y).
pub fn conditional_entropy<F: Scalar>(joint: &JointTable<F>) -> F {
    let p_x = joint.marginal_x();
    let rows = joint.probabilities().axis_iter(Axis(0));
    let terms = rows.zip(&p_x).flat_map(|(row, &p_x)| {
        row.into_iter()
            .map(move |&p| weighted(p, log_ratio(p, p_x)))
    });
    F::zero() - sum_terms(terms)
}

/// I(X; Y) = Σ p(x, y) ln [p(x, y) / (p(x) p(y))] (eq. 2.28): the divergence of the joint distribution from the
/// product of its marginals.
///
/// ```
/// use dl_math::{JointTable, information::mutual_information, ndarray::array};
/// let same = JointTable::new(array![[0.5, 0.0], [0.0, 0.5]])?;
/// assert_eq!(mutual_information(&same), 2f64.ln());
/// # Ok::<(), dl_math::MathError>(())
/// ```
pub fn mutual_information<F: Scalar>(joint: &JointTable<F>) -> F {
    let (p_x, p_y) = (joint.marginal_x(), joint.marginal_y());
    kl(joint.probabilities().indexed_iter().map(|((x, y), &p)| {
        let independent = p_x[x] * p_y[y];
        let log_ratio = match independent.is_normal() {
            true => log_ratio(p, independent),
            false => p.ln() - (p_x[x].ln() + p_y[y].ln()),
        };
        (p, log_ratio)
    }))
}

/// Σ p ln (p/q) over pairs (p, ln (p/q)). The sum can be negative only by rounding.
pub(crate) fn kl<F: Scalar>(terms: impl Iterator<Item = (F, F)>) -> F {
    sum_terms(terms.map(|(p, log_ratio)| weighted(p, log_ratio))).max(F::zero())
}

fn pair<F: Scalar, D: Dimension>(p: &ArrayRef<F, D>, q: &ArrayRef<F, D>) -> Result<(), MathError> {
    probabilities("p", p)?;
    shape("q", q.shape(), p.shape())?;
    probabilities("q", q)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{close, distribution, distributions, joint};
    use ndarray::{Array1, array};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn entropy_is_between_certainty_and_uniformity(p in distribution()) {
            let h = entropy(&p).unwrap();
            prop_assert!(h >= 0.0 && h <= (p.len() as f64).ln() + 1e-12);
        }

        #[test]
        fn cross_entropy_is_entropy_plus_divergence((p, q) in distributions()) {
            let [h, kl] = [entropy(&p), kl_divergence(&p, &q)].map(Result::unwrap);
            prop_assert!(close(cross_entropy(&p, &q).unwrap(), h + kl, 1e-12));
        }

        #[test]
        fn divergence_is_zero_only_for_equals((p, q) in distributions()) {
            prop_assert_eq!(kl_divergence(&p, &p).unwrap(), 0.0);
            // Pinsker: KL ≥ ½ ‖p − q‖₁² (Cover, Thomas 2006, lemma 11.6.1)
            let distance = (&p - &q).mapv(f64::abs).sum();
            let kl = kl_divergence(&p, &q).unwrap();
            prop_assert!(kl + 1e-15 >= 0.5 * distance * distance);
        }

        #[test]
        fn divergence_is_infinite_where_support_is_missing((p, q) in distributions()) {
            let missing = p.iter().zip(&q).any(|(&p, &q)| p > 0.0 && q == 0.0);
            prop_assert_eq!(kl_divergence(&p, &q).unwrap() == f64::INFINITY, missing);
            prop_assert_eq!(cross_entropy(&p, &q).unwrap() == f64::INFINITY, missing);
        }

        #[test]
        fn jensen_shannon_is_symmetric_and_bounded((p, q) in distributions()) {
            let js = js_divergence(&p, &q).unwrap();
            prop_assert_eq!(js, js_divergence(&q, &p).unwrap());
            prop_assert!((0.0..=2f64.ln() + 1e-15).contains(&js));
            prop_assert_eq!(js_divergence(&p, &p).unwrap(), 0.0);
            // = H(m) − ½ H(p) − ½ H(q) (Lin 1991, eq. 4.1)
            let [h_m, h_p, h_q] = [&(0.5 * (&p + &q)), &p, &q].map(|p| entropy(p).unwrap());
            prop_assert!(close(js, h_m - 0.5 * (h_p + h_q), 1e-12));
        }

        #[test]
        fn the_chain_rule_holds(p in joint()) {
            let table = JointTable::new(p).unwrap();
            let [h_x, h_y] = [table.marginal_x(), table.marginal_y()].map(|p| entropy(&p).unwrap());
            let h_xy = joint_entropy(&table);
            prop_assert_eq!(h_xy, entropy(table.probabilities()).unwrap());
            prop_assert!(close(h_xy, h_x + conditional_entropy(&table), 1e-12));
            prop_assert!(close(h_xy, h_y + conditional_entropy(&table.swapped()), 1e-12));
            // I(X; Y) = H(Y) − H(Y|X)
            let i = mutual_information(&table);
            prop_assert!(close(i, h_y - conditional_entropy(&table), 1e-12));
            prop_assert!(close(i, mutual_information(&table.swapped()), 1e-12));
        }

        #[test]
        fn conditional_entropy_is_the_mean_entropy_of_the_rows(p in joint()) {
            let table = JointTable::new(p).unwrap();
            let h = |x| table.y_given_x(x).map_or(0.0, |p| entropy(&p).unwrap());
            let mean: f64 = table.marginal_x().iter().enumerate().map(|(x, &p)| p * h(x)).sum();
            prop_assert!(close(conditional_entropy(&table), mean, 1e-12));
        }

        #[test]
        fn mutual_information_is_the_divergence_from_independence(p in joint()) {
            let table = JointTable::new(p).unwrap();
            let x = table.marginal_x().insert_axis(Axis(1));
            let independent = &x * &table.marginal_y();
            let kl = kl_divergence(table.probabilities(), &independent).unwrap();
            prop_assert!(close(mutual_information(&table), kl, 1e-12));
            prop_assert!(mutual_information(&JointTable::new(independent).unwrap()) <= 1e-12);
        }
    }

    #[test]
    fn rounding_does_not_make_a_divergence_negative() {
        let p = array![0.5, 0.5];
        let a_little_more = &p * (1.0 + 1e-9);
        assert_eq!(kl_divergence(&p, &a_little_more).unwrap(), 0.0);
        assert!(js_divergence(&p, &a_little_more).unwrap() >= 0.0);
    }

    #[test]
    fn single_precision_sums_to_one_within_its_rounding() {
        let p = Array1::from_elem(1000, 1e-3f32);
        assert!((entropy(&p).unwrap() - 1000f32.ln()).abs() <= 1e-4);
    }

    #[test]
    fn errors_name_the_entry() {
        let message = |result: Result<f64, MathError>| result.unwrap_err().to_string();
        let half = array![0.5, 0.5];
        assert_eq!(
            message(entropy(&Array1::zeros(0))),
            "p is empty, but must have at least one entry"
        );
        assert_eq!(
            message(entropy(&array![[0.5, 0.75], [0.0, -0.25]])),
            "p[1, 1] is -0.25, but must be finite and not negative"
        );
        assert_eq!(
            message(kl_divergence(&half, &array![0.5, f64::NAN])),
            "q[1] is NaN, but must be finite and not negative"
        );
        assert_eq!(
            message(cross_entropy(&half, &array![0.5, 0.75])),
            "q sums to 1.25, but must sum to 1"
        );
        assert_eq!(
            message(js_divergence(&half, &array![1.0])),
            "q has shape [1], but must have shape [2]"
        );
    }

    /// p = ½(1 ± d), q = ½: KL is d²/2 + d⁴/12 + …, JS a quarter of d²/2 to first order.
    #[test]
    fn divergences_of_nearly_equal_distributions_keep_their_digits() {
        let q = array![0.5, 0.5];
        for d in [1e-3, 1e-6, 1e-8_f64] {
            // both exact, so that they sum to 1
            let larger = 0.5 * (1.0 + d);
            let p = array![larger, 1.0 - larger];
            let d: f64 = 2.0 * p[0] - 1.0; // as rounded
            let kl = kl_divergence(&p, &q).unwrap();
            assert!((kl / (d * d / 2.0) - 1.0).abs() <= 1e-5 + d, "{d}: {kl}");
            let js = js_divergence(&p, &q).unwrap();
            assert!((js / (d * d / 8.0) - 1.0).abs() <= 1e-5 + d, "{d}: {js}");
        }
    }

    /// A hundred thousand equal outcomes in single precision.
    #[test]
    fn entropies_of_many_outcomes_keep_their_digits() {
        let n = 100_000;
        let p = Array1::from_elem(n, 1e-5_f32);
        let exact = (n as f64).ln();
        assert!((f64::from(entropy(&p).unwrap()) / exact - 1.0).abs() <= 2e-7);
        assert_eq!(kl_divergence(&p, &p).unwrap(), 0.0);
    }
}
