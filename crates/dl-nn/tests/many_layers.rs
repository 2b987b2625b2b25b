//! A network of 100 000 layers is built, named, described and run in as many steps: where each step
//! went through all layers again, this would take minutes.

use dl_nn::ndarray::array;
use dl_nn::prelude::*;
use dl_nn::{BuildError, Limits, Registry};

const LAYERS: usize = 100_000;

fn network() -> Sequential<f32> {
    let network = Sequential::input([2]).push(Dense::new(2).bias(false));
    let network = (2..LAYERS).fold(network, |network, _| network.push(Activate(Relu)));
    network.push_named("last", BatchNorm::new())
}

#[test]
fn many_layers_take_as_many_steps() {
    let model = network().build(1).unwrap();
    assert_eq!(model.layers().len(), LAYERS);
    assert_eq!(model.layers()[LAYERS - 2].name, "activation_99998");
    let x = array![[1.0, -2.0_f32]];
    let y = model.predict(&x).unwrap();

    let architecture = model.architecture().unwrap();
    let again = Registry::new().sequential(&architecture).unwrap();
    let limits = model.least_limits();
    let mut again = again.build_within(2, limits).unwrap();
    again.set_weights(&model.weights()).unwrap();
    assert_eq!(again.predict(&x).unwrap(), y);
    assert_eq!(again.summary().to_string().lines().count(), LAYERS + 5);
    let (first, second) = again.split_after("activation_99998").unwrap();
    assert_eq!(
        (first.layers().len(), second.layers().len()),
        (LAYERS - 1, 1)
    );

    let mut trainer = Trainer::new(model, MeanSquaredError::new(), Sgd::new(0.1)).unwrap();
    trainer
        .fit(&x, &array![[1.0, 0.0]], Fit::epochs(1))
        .unwrap();
}

#[test]
fn a_name_that_is_taken_is_found_among_many() {
    let network = network().push_named("activation_5", Flatten);
    let error = network.build(0).unwrap_err();
    assert_eq!(error, BuildError::DuplicateName("activation_5".to_owned()));
}

#[test]
fn a_network_is_built_within_its_own_limits_and_no_smaller_ones() {
    let network: Sequential<f64> = Sequential::input([2, 3])
        .push(Flatten)
        .push(Dense::new(4))
        .push(BatchNorm::new());
    let limits = network.build(0).unwrap().least_limits();
    assert_eq!(
        limits,
        Limits {
            elements: 6 * 4 + 4 + 4 * 4,
            sample: 6 + 6 + 4 + 4,
            plan: (2 + 1 + 1 + 1) * size_of::<usize>(),
            operations: 6 + 6 + 4 + 4 + 6 * 4 + 4 + 4 * 4,
        }
    );
    network.build_within(0, limits).unwrap();
    type Limit = fn(&mut Limits) -> &mut usize;
    let each: [Limit; 4] = [
        |limits| &mut limits.elements,
        |limits| &mut limits.sample,
        |limits| &mut limits.plan,
        |limits| &mut limits.operations,
    ];
    for limit in each {
        let mut less = limits;
        *limit(&mut less) -= 1;
        let error = network.build_within(0, less).unwrap_err();
        let BuildError::TooLarge { got, most, .. } = error else {
            panic!("{error}");
        };
        assert_eq!((got, most), (*limit(&mut less) + 1, *limit(&mut less)));
    }
}
