//! One step of plain descent by hand: w − g, with what is done to the gradient before.

use dl_nn::optim::{Adjusted, Optimizer, Parameter, Sgd};

/// The weights of a kernel and a bias after a step from 2 and −2 with these gradients.
fn stepped(adjusted: impl Fn(Sgd) -> Adjusted<Sgd>, gradients: [f64; 2]) -> [[f64; 2]; 2] {
    let mut sgd = Optimizer::new(adjusted(Sgd::new(1.0))).unwrap();
    let (mut kernel, mut bias) = ([2.0, -2.0], [2.0, -2.0]);
    let mut parameters =
        [("kernel", &mut kernel, true), ("bias", &mut bias, false)].map(|(name, value, decay)| {
            Parameter {
                decay,
                ..Parameter::new(name, value, &gradients)
            }
        });
    sgd.step(&mut parameters, 1.0).unwrap();
    [kernel, bias]
}

/// Biases are clipped as kernels are.
#[test]
fn clipping_is_of_all_parameters() {
    let [kernel, bias] = stepped(|sgd| sgd.clip_value(1.5), [3.0, -0.5]);
    assert_eq!(kernel, [0.5, -1.5]);
    assert_eq!(bias, kernel);
    // ‖g‖ = √(4 · 9) over both
    let [kernel, bias] = stepped(|sgd| sgd.clip_norm(2.0), [3.0, -3.0]);
    let moved = 3.0 * (2.0 / (6.0 + 1e-6));
    for (w, expected) in kernel.iter().zip([2.0 - moved, -2.0 + moved]) {
        assert!((w - expected).abs() <= 1e-15, "{w} against {expected}");
    }
    assert_eq!(bias, kernel);
    // a norm within the bound stays
    let [kernel, _] = stepped(|sgd| sgd.clip_norm(7.0), [3.0, -3.0]);
    assert_eq!(kernel, [-1.0, 1.0]);
}

/// λ sign(w) and λ w, of kernels alone.
#[test]
fn penalties_are_of_kernels() {
    let [kernel, bias] = stepped(|sgd| sgd.l1(0.25), [1.0, 1.0]);
    assert_eq!(kernel, [0.75, -2.75]);
    assert_eq!(bias, [1.0, -3.0]);
    let [kernel, bias] = stepped(|sgd| sgd.l2(0.25), [1.0, 1.0]);
    assert_eq!(kernel, [0.5, -2.5]);
    assert_eq!(bias, [1.0, -3.0]);
    // and beside clipping, which does not touch them
    let [kernel, bias] = stepped(|sgd| sgd.clip_value(0.5).l2(0.5), [1.0, 1.0]);
    assert_eq!(kernel, [0.5, -1.5]);
    assert_eq!(bias, [1.5, -2.5]);
}
