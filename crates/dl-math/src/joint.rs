//! Two discrete random variables: joint, marginal and conditional probability, and Bayes' rule
//! (Goodfellow et al. 2016, sections 3.3 to 3.8 and 3.11).

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, ArrayView1, Axis, Zip};

use crate::error::{
    NON_NEGATIVE, entries, non_empty, non_negative, probabilities, shape, sums_to_one,
};
use crate::{MathError, Scalar};
use dl_core::sum::sum_terms;

/// p(x, y) for x = 0 … rows − 1 and y = 0 … columns − 1.
///
/// Darts thrown at a board of two rings, X, and two halves, Y: counting them estimates the
/// joint probability; looking at only one half conditions on it.
///
/// ```
/// use dl_math::{JointTable, ndarray::array};
/// let board = JointTable::<f64>::from_counts(&array![[24, 8], [16, 16]])?;
/// assert_eq!(board.probabilities()[[0, 1]], 0.125);           // p(X = 0, Y = 1)
/// assert_eq!(board.marginal_x(), array![0.5, 0.5]);           // p(x)
/// assert_eq!(board.y_given_x(0)?, array![0.75, 0.25]);        // p(y | X = 0)
/// assert!(!board.is_independent(1e-9));
/// # Ok::<(), dl_math::MathError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct JointTable<F> {
    p: Array2<F>,
}

impl<F: Scalar> JointTable<F> {
    /// A table of probabilities, `[x, y]`.
    ///
    /// # Errors
    /// If it is empty, has an entry that is negative or not finite, or does not sum to 1
    /// (within the square root of the machine epsilon).
    pub fn new(p: Array2<F>) -> Result<Self, MathError> {
        probabilities("joint", &p)?;
        Ok(Self { p })
    }

    /// Relative frequencies, the maximum-likelihood estimate of the table: p(x, y) = n(x, y) / n.
    ///
    /// # Errors
    /// If the table is empty or nothing was counted.
    pub fn from_counts(counts: &ArrayRef2<usize>) -> Result<Self, MathError> {
        non_empty("counts", counts)?;
        let n = sum_terms(counts.iter().map(|&count| count as f64));
        if n == 0.0 {
            return Err(MathError::Parameter {
                what: "the sum of counts",
                value: n,
                allowed: "positive".to_owned(),
            });
        }
        Ok(Self {
            p: counts.mapv(|count| F::cast(count as f64 / n)),
        })
    }

    /// The product rule: p(x, y) = p(x) p(y|x), for a prior `[x]` and a likelihood `[x, y]` whose
    /// rows are distributions over y.
    ///
    /// # Errors
    /// If the prior or a row is not a distribution, or their numbers of values of x differ.
    pub fn from_conditional(
        prior: &ArrayRef1<F>,
        likelihood: &ArrayRef2<F>,
    ) -> Result<Self, MathError> {
        probabilities("prior", prior)?;
        shape(
            "likelihood",
            likelihood.shape(),
            &[prior.len(), likelihood.ncols()],
        )?;
        entries("likelihood", likelihood, NON_NEGATIVE, non_negative)?;
        for (x, row) in likelihood.rows().into_iter().enumerate() {
            sums_to_one(|| format!("row {x} of likelihood"), total(row))?;
        }
        Self::new(likelihood.to_owned() * prior.view().insert_axis(Axis(1)))
    }

    /// p(x, y), `[x, y]`.
    pub fn probabilities(&self) -> &Array2<F> {
        &self.p
    }

    /// The same table with the variables swapped: p(y, x), `[y, x]`.
    pub fn swapped(&self) -> Self {
        Self {
            p: self.p.t().to_owned(),
        }
    }

    /// The sum rule: p(x) = Σ p(x, y) over y.
    pub fn marginal_x(&self) -> Array1<F> {
        self.p.map_axis(Axis(1), total)
    }

    /// The sum rule: p(y) = Σ p(x, y) over x.
    pub fn marginal_y(&self) -> Array1<F> {
        self.p.map_axis(Axis(0), total)
    }

    /// p(y|x) = p(x, y) / p(x).
    ///
    /// # Errors
    /// If there is no such x, or its probability is 0.
    pub fn y_given_x(&self, x: usize) -> Result<Array1<F>, MathError> {
        self.conditional(Axis(0), "x", x)
    }

    /// p(x|y) = p(x, y) / p(y).
    ///
    /// # Errors
    /// If there is no such y, or its probability is 0.
    pub fn x_given_y(&self, y: usize) -> Result<Array1<F>, MathError> {
        self.conditional(Axis(1), "y", y)
    }

    /// P(A) = Σ p(x, y) over the outcomes in the event A.
    pub fn probability(&self, event: impl Fn(usize, usize) -> bool) -> F {
        let inside = self.p.indexed_iter().filter(|&((x, y), _)| event(x, y));
        sum_terms(inside.map(|(_, &p)| p))
    }

    /// p(x, y | A) = p(x, y) / P(A) inside the event A, 0 outside.
    ///
    /// # Errors
    /// If P(A) = 0.
    pub fn given(&self, event: impl Fn(usize, usize) -> bool) -> Result<Self, MathError> {
        let total = self.probability(&event);
        positive(total, || "the event".to_owned())?;
        let p = |(x, y)| {
            if event(x, y) {
                self.p[[x, y]] / total
            } else {
                F::zero()
            }
        };
        Ok(Self {
            p: Array2::from_shape_fn(self.p.dim(), p),
        })
    }

    /// Whether p(x, y) = p(x) p(y) within the tolerance, everywhere.
    pub fn is_independent(&self, tolerance: F) -> bool {
        let (p_x, p_y) = (self.marginal_x(), self.marginal_y());
        self.p
            .indexed_iter()
            .all(|((x, y), &p)| (p - p_x[x] * p_y[y]).abs() <= tolerance)
    }

    /// E[f(X, Y)] = Σ p(x, y) f(x, y), over the outcomes that can happen.
    pub fn expectation(&self, f: impl Fn(usize, usize) -> F) -> F {
        let possible = self.p.indexed_iter().filter(|&(_, &p)| p > F::zero());
        sum_terms(possible.map(|((x, y), &p)| p * f(x, y)))
    }

    /// E[f(Y) | X = x] = Σ p(y|x) f(y) over y. With the variables swapped ([`swapped`](Self::swapped)) it is E[f(X)
    /// | Y = y].
    ///
    /// # Errors
    /// Same as [`y_given_x`](Self::y_given_x).
    pub fn conditional_expectation(
        &self,
        x: usize,
        f: impl Fn(usize) -> F,
    ) -> Result<F, MathError> {
        let p = self.y_given_x(x)?;
        let possible = p.iter().enumerate().filter(|&(_, &p)| p > F::zero());
        Ok(sum_terms(possible.map(|(y, &p)| p * f(y))))
    }

    fn conditional(
        &self,
        axis: Axis,
        what: &'static str,
        at: usize,
    ) -> Result<Array1<F>, MathError> {
        let count = self.p.len_of(axis);
        if at >= count {
            return Err(MathError::Parameter {
                what,
                value: at as f64,
                allowed: format!("less than {count}"),
            });
        }
        let p = self.p.index_axis(axis, at);
        let total = total(p);
        positive(total, || format!("{what} = {at}"))?;
        Ok(&p / total)
    }
}

/// Bayes' rule (Goodfellow et al. 2016, eq. 3.42): p(x|y) = p(x) p(y|x) / p(y) with p(y) = Σ p(x) p(y|x), for a
/// prior p(x) and the likelihood p(y|x) of the observed y, both `[x]`. The likelihood may be a density; a common
/// factor cancels.
///
/// One person in a hundred is ill; the test detects 90 % of the ill and is wrong for 5 % of the others:
///
/// ```
/// use dl_math::{ndarray::array, posterior};
/// let p = posterior(&array![0.01, 0.99], &array![0.9, 0.05])?;
/// assert!((p[0] - 0.1538f64).abs() <= 1e-4);
/// # Ok::<(), dl_math::MathError>(())
/// ```
///
/// # Errors
/// If the prior is not a distribution, a likelihood is negative or not finite, the lengths
/// differ, or no x with a positive prior can give this y.
pub fn posterior<F: Scalar>(
    prior: &ArrayRef1<F>,
    likelihood: &ArrayRef1<F>,
) -> Result<Array1<F>, MathError> {
    probabilities("prior", prior)?;
    shape("likelihood", likelihood.shape(), prior.shape())?;
    entries("likelihood", likelihood, NON_NEGATIVE, non_negative)?;
    let joint = Zip::from(prior).and(likelihood).map_collect(|&p, &l| p * l);
    let evidence = total(joint.view());
    positive(evidence, || "the observation".to_owned())?;
    Ok(joint / evidence)
}

fn total<F: Scalar>(p: ArrayView1<'_, F>) -> F {
    sum_terms(p.iter().copied())
}

fn positive<F: Scalar>(p: F, event: impl Fn() -> String) -> Result<(), MathError> {
    if p > F::zero() {
        Ok(())
    } else {
        Err(MathError::ZeroProbability { event: event() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{close, joint, positive_distribution};
    use ndarray::{Array, Dimension, array};
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn near<D: Dimension>(a: &Array<f64, D>, b: &Array<f64, D>) -> bool {
        a.shape() == b.shape() && a.iter().zip(b).all(|(&a, &b)| close(a, b, 1e-12))
    }

    proptest! {
        #[test]
        fn marginals_and_conditionals_sum_to_one(p in joint()) {
            let table = JointTable::new(p).unwrap();
            prop_assert!(close(table.marginal_x().sum(), 1.0, 1e-12));
            prop_assert!(close(table.marginal_y().sum(), 1.0, 1e-12));
            for x in 0..table.probabilities().nrows() {
                match table.y_given_x(x) {
                    Ok(p) => prop_assert!(close(p.sum(), 1.0, 1e-12)),
                    Err(_) => prop_assert_eq!(table.marginal_x()[x], 0.0),
                }
            }
        }

        #[test]
        fn prior_times_likelihood_is_the_table_and_bayes_inverts_it(
            prior in positive_distribution(3),
            rows in vec(positive_distribution(4), 3),
        ) {
            let likelihood = Array2::from_shape_fn((3, 4), |(x, y)| rows[x][y]);
            let table = JointTable::from_conditional(&prior, &likelihood).unwrap();
            prop_assert!(near(&table.marginal_x(), &prior));
            for (x, row) in rows.iter().enumerate() {
                prop_assert!(near(&table.y_given_x(x).unwrap(), row));
            }
            for y in 0..4 {
                let seen = likelihood.column(y).to_owned();
                let from_table = table.x_given_y(y).unwrap();
                prop_assert!(near(&posterior(&prior, &seen).unwrap(), &from_table));
                prop_assert!(near(&posterior(&prior, &(7.0 * seen)).unwrap(), &from_table));
                prop_assert!(near(&table.swapped().y_given_x(y).unwrap(), &from_table));
            }
        }

        #[test]
        fn the_law_of_total_expectation(p in joint()) {
            let table = JointTable::new(p).unwrap();
            let f = |y: usize| (y * y) as f64 - 1.5;
            let given = |x| table.conditional_expectation(x, f).unwrap_or(0.0);
            let marginal = table.marginal_x();
            let total: f64 = marginal.iter().enumerate().map(|(x, &p)| p * given(x)).sum();
            prop_assert!(close(table.expectation(|_, y| f(y)), total, 1e-12));
        }

        #[test]
        fn conditioning_on_an_event_is_dividing_by_its_probability(p in joint(), split in 0usize..8) {
            let table = JointTable::new(p).unwrap();
            let event = |x: usize, y: usize| x + y >= split;
            let p_event = table.probability(event);
            let outside = table.probability(|x, y| !event(x, y));
            prop_assert!(close(p_event + outside, 1.0, 1e-12));
            match table.given(event) {
                Ok(given) => {
                    prop_assert!(close(given.probability(event), 1.0, 1e-12));
                    let all = given.probabilities().indexed_iter();
                    for ((x, y), &p) in all {
                        let joint = if event(x, y) { table.probabilities()[[x, y]] } else { 0.0 };
                        prop_assert!(close(p * p_event, joint, 1e-12));
                    }
                }
                Err(_) => prop_assert_eq!(p_event, 0.0),
            }
        }

        #[test]
        fn only_a_product_is_independent(
            x in positive_distribution(3),
            y in positive_distribution(4),
        ) {
            let mut p = &x.insert_axis(Axis(1)) * &y;
            prop_assert!(JointTable::new(p.clone()).unwrap().is_independent(1e-12));
            let moved = 0.5 * p[[0, 1]];
            p[[0, 0]] += moved;
            p[[0, 1]] -= moved;
            prop_assert!(!JointTable::new(p).unwrap().is_independent(1e-9));
        }
    }

    #[test]
    fn independence_is_judged_by_the_largest_difference_of_either_sign() {
        let differences = array![[-4.0, 2.0, 2.0], [2.0, -1.0, -1.0], [2.0, -1.0, -1.0]];
        let table = JointTable::new(1.0 / 9.0 + 0.01 * differences).unwrap();
        assert!(!table.is_independent(0.03));
        assert!(table.is_independent(0.05));
    }

    #[test]
    fn an_impossible_outcome_adds_nothing_to_an_expectation() {
        let table = JointTable::new(array![[0.5, 0.0], [0.5, 0.0]]).unwrap();
        let f = |y| if y == 1 { f64::INFINITY } else { 3.0 };
        assert_eq!(table.expectation(|_, y| f(y)), 3.0);
        assert_eq!(table.conditional_expectation(0, f), Ok(3.0));
    }

    #[test]
    fn errors_name_the_event() {
        fn message<T: std::fmt::Debug>(result: Result<T, MathError>) -> String {
            result.unwrap_err().to_string()
        }
        let table = JointTable::new(array![[0.5, 0.0, 0.5], [0.0, 0.0, 0.0]]).unwrap();
        assert_eq!(
            message(table.y_given_x(1)),
            "cannot condition on x = 1, which has probability 0"
        );
        assert_eq!(
            message(table.x_given_y(1)),
            "cannot condition on y = 1, which has probability 0"
        );
        assert_eq!(
            message(table.x_given_y(3)),
            "y is 3, but must be less than 3"
        );
        assert_eq!(
            message(table.given(|x, _| x == 1)),
            "cannot condition on the event, which has probability 0"
        );
        assert_eq!(
            message(JointTable::new(array![[0.5, 0.5], [0.5, f64::INFINITY]])),
            "joint[1, 1] is inf, but must be finite and not negative"
        );
        assert_eq!(
            message(JointTable::new(Array2::<f64>::zeros((0, 3)))),
            "joint is empty, but must have at least one entry"
        );
        assert_eq!(
            message(JointTable::<f64>::from_counts(&array![[0, 0]])),
            "the sum of counts is 0, but must be positive"
        );
        let prior = array![0.5, 0.5];
        assert_eq!(
            message(JointTable::from_conditional(
                &prior,
                &array![[0.5, 0.5], [0.5, 0.25]]
            )),
            "row 1 of likelihood sums to 0.75, but must sum to 1"
        );
        assert_eq!(
            message(JointTable::from_conditional(&prior, &array![[1.0]])),
            "likelihood has shape [1, 1], but must have shape [2, 1]"
        );
        assert_eq!(
            message(posterior(&prior, &array![0.0, 0.0])),
            "cannot condition on the observation, which has probability 0"
        );
        assert_eq!(
            message(posterior(&prior, &array![0.5, -0.5])),
            "likelihood[1] is -0.5, but must be finite and not negative"
        );
    }
}
