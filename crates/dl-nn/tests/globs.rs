//! The prelude beside all of ndarray: a name that both had could not be used here.

use dl_nn::ndarray::*;
use dl_nn::prelude::*;

#[test]
fn the_prelude_and_all_of_ndarray() -> Result<(), Box<dyn std::error::Error>> {
    let x: Array2<f32> = array![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
    let network = Sequential::input([2])
        .push(Dense::new(8).activation(Tanh))
        .push(Dense::new(2));
    let loss = SoftmaxCrossEntropy::new();
    let mut trainer = Trainer::new(network.build(1)?, loss, Adam::new(0.05).l2(1e-5))?;
    trainer.fit(&x, [false, true, true, false], Fit::epochs(200))?;
    let probabilities: Array2<f32> = trainer.predict_matrix(&x)?;
    assert_eq!(
        probabilities.sum_axis(Axis(1)).mapv(f32::round),
        Array1::<f32>::ones(4)
    );
    assert_eq!(trainer.predict_classes(&x)?, array![0, 1, 1, 0]);
    Ok(())
}

/// Names of the prelude, each used once; an ambiguous one does not compile.
#[test]
fn names_of_the_prelude() {
    fn layer<F: Scalar, L: Layer<F>, S: LayerSpec<F>>(_: Batch<F>, _: BatchMut<F>) {}
    fn passes<F: Scalar>(_: Backward<F>, _: &Cache<F>, _: Gradients<F>, _: Mode, _: Batching) {}
    fn lists<F>(_: Param<F>, _: ParamMut<F>, _: Target<F>, _: TargetRow<F>, _: &mut Generator) {}
    fn rule<F: Scalar, R: Rule<F>>(_: Elements<F>, _: Adjusted<R>, _: Optimizer<F>) {}
    fn run<F: Scalar, L: Loss<F>, C: Callback<F>>(_: Evaluation, _: Epoch, _: History, _: Flow) {}
    fn errors<F: Scalar>(_: LayerError, _: ConfigError, _: Registry<F>, _: Monitor) {}
    let _ = layer::<f32, Activate, Dense>;
    let _ = (passes::<f32>, lists::<f32>, errors::<f32>);
    let _ = rule::<f32, Adam>;
    let _ = run::<f32, SoftmaxCrossEntropy, EarlyStopping<f32>>;
    assert_eq!(format!("{Relu:?}"), "Relu");
}
