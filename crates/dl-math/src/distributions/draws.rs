//! As many numbers as a caller asks for.

use crate::MathError;

/// `count` values, where there is memory for them; `what` is what errors call them.
pub(super) fn draws<T>(
    what: &'static str,
    count: usize,
    draw: impl FnMut() -> T,
) -> Result<Vec<T>, MathError> {
    let mut values = Vec::new();
    match values.try_reserve_exact(count) {
        Ok(()) => values.extend(std::iter::repeat_with(draw).take(count)),
        Err(source) => {
            return Err(MathError::TooLarge {
                what,
                count,
                source,
            });
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use crate::random::generator;
    use crate::{Bernoulli, Categorical, DiagonalNormal, MathError, Normal};

    #[test]
    fn more_numbers_than_memory_are_an_error() {
        let coin = Bernoulli::new(0.5).unwrap();
        let die = Categorical::new(array![0.5, 0.5]).unwrap();
        let normal = Normal::new(0.0, 1.0).unwrap();
        let plane = DiagonalNormal::<f64>::standard(2).unwrap();
        let rng = &mut generator(0);
        for n in [usize::MAX, usize::MAX / 2 + 1, 1 << 60, 1 << 48] {
            let refused = [
                coin.sample_n(n, rng).map(drop),
                die.sample_n(n, rng).map(drop),
                normal.sample_n(n, rng).map(drop),
                plane.sample_n(n, rng).map(drop),
                DiagonalNormal::<f32>::standard(n).map(drop),
                Categorical::<f64>::fit(&array![0, 1], n).map(drop),
            ];
            for result in refused {
                assert!(
                    matches!(result, Err(MathError::TooLarge { .. })),
                    "{result:?}"
                );
            }
        }
        let error = normal.sample_n(usize::MAX, rng).unwrap_err();
        assert!(
            error.to_string().starts_with(&format!(
                "samples: {} numbers do not fit into memory: ",
                usize::MAX
            )),
            "{error}"
        );
    }
}
