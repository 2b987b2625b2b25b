//! Two discrete random variables: joint, marginal and conditional probability, and Bayes' rule
//! (Goodfellow et al. 2016, sections 3.3 to 3.8).

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis, Zip};

use crate::error::{
    NON_NEGATIVE, entries, non_empty, non_negative, probabilities, shape, sums_to_one,
};
use crate::{MathError, Scalar};

/// p(x, y) for x = 0 … rows − 1 and y = 0 … columns − 1.
///
/// Darts thrown at a board of two rings, X, and two halves, Y: counting them estimates the
/// joint probability; looking at one half only conditions on it.
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
    /// Where it is empty, has an entry that is negative or not finite, or does not sum to 1
    /// (within the square root of the machine epsilon).
    pub fn new(p: Array2<F>) -> Result<Self, MathError> {
        probabilities("joint", &p)?;
        Ok(Self { p })
    }

    /// Relative frequencies, the maximum-likelihood estimate of the table: p(x, y) = n(x, y) / n.
    ///
    /// # Errors
    /// Where the table is empty or nothing was counted.
    pub fn from_counts(counts: &ArrayRef2<usize>) -> Result<Self, MathError> {
        non_empty("counts", counts)?;
        let n = counts.iter().map(|&count| count as f64).sum::<f64>();
        if n == 0.0 {
            return Err(MathError::Parameter {
                what: "the sum of counts",
                value: n,
                allowed: "positive".to_owned(),
            });
        }
        Ok(Self {
            p: counts.mapv(|count| F::of(count as f64 / n)),
        })
    }

    /// The product rule: p(x, y) = p(x) p(y|x), for a prior `[x]` and a likelihood `[x, y]` whose
    /// rows are distributions over y.
    ///
    /// # Errors
    /// Where the prior or a row is not a distribution, or their numbers of x differ.
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
            sums_to_one(|| format!("row {x} of likelihood"), row.sum())?;
        }
        Self::new(likelihood.to_owned() * prior.view().insert_axis(Axis(1)))
    }

    /// p(x, y), `[x, y]`.
    pub fn probabilities(&self) -> &Array2<F> {
        &self.p
    }

    /// The same table with the variables exchanged: p(y, x), `[y, x]`.
    pub fn swapped(&self) -> Self {
        Self {
            p: self.p.t().to_owned(),
        }
    }

    /// The sum rule: p(x) = Σ_y p(x, y).
    pub fn marginal_x(&self) -> Array1<F> {
        self.p.sum_axis(Axis(1))
    }

    /// The sum rule: p(y) = Σₓ p(x, y).
    pub fn marginal_y(&self) -> Array1<F> {
        self.p.sum_axis(Axis(0))
    }

    /// p(y|x) = p(x, y) / p(x).
    ///
    /// # Errors
    /// Where there is no such x, or its probability is 0.
    pub fn y_given_x(&self, x: usize) -> Result<Array1<F>, MathError> {
        self.conditional(Axis(0), "x", x)
    }

    /// p(x|y) = p(x, y) / p(y).
    ///
    /// # Errors
    /// Where there is no such y, or its probability is 0.
    pub fn x_given_y(&self, y: usize) -> Result<Array1<F>, MathError> {
        self.conditional(Axis(1), "y", y)
    }

    /// P(A) = Σ p(x, y) over the outcomes in the event A.
    pub fn probability(&self, event: impl Fn(usize, usize) -> bool) -> F {
        self.p
            .indexed_iter()
            .filter(|&((x, y), _)| event(x, y))
            .map(|(_, &p)| p)
            .sum()
    }

    /// p(x, y | A) = p(x, y) / P(A) inside the event A, 0 outside.
    ///
    /// # Errors
    /// Where P(A) = 0.
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
        self.p
            .indexed_iter()
            .filter(|&(_, &p)| p > F::zero())
            .map(|((x, y), &p)| p * f(x, y))
            .sum()
    }

    /// E[f(Y) | X = x] = Σ_y p(y|x) f(y). With the variables exchanged ([`swapped`](Self::swapped))
    /// it is E[f(X) | Y = y].
    ///
    /// # Errors
    /// As [`y_given_x`](Self::y_given_x).
    pub fn conditional_expectation(
        &self,
        x: usize,
        f: impl Fn(usize) -> F,
    ) -> Result<F, MathError> {
        let p = self.y_given_x(x)?;
        let possible = p.iter().enumerate().filter(|&(_, &p)| p > F::zero());
        Ok(possible.map(|(y, &p)| p * f(y)).sum())
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
        let total = p.sum();
        positive(total, || format!("{what} = {at}"))?;
        Ok(&p / total)
    }
}

/// Bayes' rule (Goodfellow et al. 2016, eq. 3.42): p(x|y) = p(x) p(y|x) / Σₓ p(x) p(y|x), for a
/// prior p(x) and the likelihood p(y|x) of the y that was seen, both `[x]`. The likelihood may be
/// a density; a factor all x share falls out.
///
/// One person in a hundred is ill; the test finds 90 % of the ill and errs on 5 % of the others:
///
/// ```
/// use dl_math::{ndarray::array, posterior};
/// let p = posterior(&array![0.01, 0.99], &array![0.9, 0.05])?;
/// assert!((p[0] - 0.1538f64).abs() <= 1e-4);
/// # Ok::<(), dl_math::MathError>(())
/// ```
///
/// # Errors
/// Where the prior is not a distribution, a likelihood is negative or not finite, the lengths
/// differ, or no x with a positive prior can give this y.
pub fn posterior<F: Scalar>(
    prior: &ArrayRef1<F>,
    likelihood: &ArrayRef1<F>,
) -> Result<Array1<F>, MathError> {
    probabilities("prior", prior)?;
    shape("likelihood", likelihood.shape(), prior.shape())?;
    entries("likelihood", likelihood, NON_NEGATIVE, non_negative)?;
    let joint = Zip::from(prior).and(likelihood).map_collect(|&p, &l| p * l);
    let evidence = joint.sum();
    positive(evidence, || "the observation".to_owned())?;
    Ok(joint / evidence)
}

fn positive<F: Scalar>(p: F, event: impl Fn() -> String) -> Result<(), MathError> {
    if p > F::zero() {
        Ok(())
    } else {
        Err(MathError::ZeroProbability { event: event() })
    }
}
