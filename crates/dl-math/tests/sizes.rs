//! Counts that exceed any memory.

use dl_math::ndarray::array;
use dl_math::random::generator;
use dl_math::{Bernoulli, Categorical, DiagonalNormal, MathError, Normal};

#[test]
fn more_values_than_memory_are_an_error() {
    let coin = Bernoulli::new(0.5).unwrap();
    let die = Categorical::new(array![0.5, 0.5]).unwrap();
    let normal = Normal::new(0.0, 1.0).unwrap();
    let plane = DiagonalNormal::<f64>::standard(2).unwrap();
    let rng = &mut generator(0);
    for n in [usize::MAX, usize::MAX / 2 + 1, 1 << 60, 1 << 48] {
        let rejected = [
            coin.sample_n(n, rng).map(drop),
            die.sample_n(n, rng).map(drop),
            normal.sample_n(n, rng).map(drop),
            plane.sample_n(n, rng).map(drop),
            DiagonalNormal::<f32>::standard(n).map(drop),
            Categorical::<f64>::fit(&array![0, 1], n).map(drop),
        ];
        for result in rejected {
            assert!(matches!(result, Err(MathError::Memory(_))), "{result:?}");
        }
    }
    let error = normal.sample_n(usize::MAX, rng).unwrap_err();
    let expected = format!(
        "not enough memory for {} values of 8 bytes each",
        usize::MAX
    );
    assert_eq!(error.to_string(), expected);
}
