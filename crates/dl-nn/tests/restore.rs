//! What a trainer keeps and goes on from, at its beginning and after a step.

use dl_nn::ndarray::array;
use dl_nn::prelude::*;

fn trainer(seed: u64) -> Trainer<f64> {
    let network = Sequential::input([2]).push(Dense::new(1));
    let optimizer = Optimizer::new(Sgd::new(0.1).momentum(0.5)).unwrap();
    Trainer::new(network.build(seed).unwrap(), MeanSquaredError, optimizer).unwrap()
}

/// The state of a trainer that has taken no step, in one that has taken some.
#[test]
fn the_state_before_the_first_step_is_restored() {
    let (x, y) = (array![[1.0, 2.0], [3.0, -1.0]], array![[0.5], [1.0]]);
    let (mut one, mut other) = (trainer(1), trainer(2));
    let beginning = one.state();
    other.step(&x, &y).unwrap();
    other.restore(beginning.clone()).unwrap();
    assert_eq!(other.state(), beginning);
    for _ in 0..3 {
        assert_eq!(one.step(&x, &y).unwrap(), other.step(&x, &y).unwrap());
    }
    assert_eq!(one.state(), other.state());
    // and back to it
    one.restore(beginning.clone()).unwrap();
    assert_eq!(one.state(), beginning);
}
