//! What `fit` takes as targets: any integers, booleans and values, owned or borrowed.

use dl_nn::ndarray::{Array1, Array2, ArrayD, Axis, CowArray, Slice, array};
use dl_nn::prelude::*;

#[track_caller]
fn classes<'a>(targets: impl IntoTarget<'a, f32>) -> Vec<usize> {
    let targets = targets.into_target().unwrap();
    targets.classes().expect("classes").to_vec()
}

#[test]
fn integers_of_any_type() {
    macro_rules! check {
        ($($integer:ty)*) => {$(
            assert_eq!(classes([2 as $integer, 0, 1]), [2, 0, 1]);
        )*};
    }
    check!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize);
    assert_eq!(classes([true, false]), [1, 0]);
}

#[test]
fn owned_and_borrowed() {
    let expected = [1, 0, 2];
    let (vector, array) = (vec![1_u8, 0, 2], array![1_i32, 0, 2]);
    assert_eq!(classes(&vector), expected);
    assert_eq!(classes(&vector[..]), expected);
    let fixed: &[u8; 3] = &[1, 0, 2];
    assert_eq!(classes(fixed), expected);
    assert_eq!(classes(*fixed), expected);
    assert_eq!(classes(vector), expected);
    assert_eq!(classes(&array), expected);
    assert_eq!(classes(array.view()), expected);
    assert_eq!(classes(CowArray::from(array.view())), expected);
    assert_eq!(classes(array.clone().into_dyn()), expected);
    assert_eq!(classes(array), expected);
    let every_second = Slice::new(0, None, 2);
    let spaced = array![1_usize, 7, 0, 7, 2];
    assert_eq!(classes(spaced.slice_axis(Axis(0), every_second)), expected);
}

#[test]
fn values_are_rows() {
    let rows = |targets: Target<'_, f64>| -> Vec<Vec<f64>> {
        let row = |i| match targets.row(i) {
            TargetRow::Values(values) => values.to_vec(),
            TargetRow::Class(class) => panic!("class {class}"),
        };
        (0..targets.len()).map(row).collect()
    };
    let (one, two) = (
        vec![vec![1.0], vec![2.0]],
        vec![vec![1.0, 2.0], vec![3.0, 4.0]],
    );
    assert_eq!(rows(vec![1.0, 2.0].into_target().unwrap()), one);
    assert_eq!(
        rows(Array1::from(vec![1.0, 2.0]).into_target().unwrap()),
        one
    );
    let matrix: Array2<f64> = array![[1.0, 2.0], [3.0, 4.0]];
    assert_eq!(rows((&matrix).into_target().unwrap()), two);
    let transposed = array![[1.0, 3.0], [2.0, 4.0]];
    assert_eq!(rows(transposed.t().into_target().unwrap()), two);
    let images = matrix.into_shape_with_order((2, 1, 2)).unwrap().into_dyn();
    assert_eq!(rows(images.into_target().unwrap()), two);
}

#[test]
fn numbers_that_cannot_be_classes() {
    let error = |targets: Result<Target<'_, f32>, _>| -> String {
        let error: dl_nn::DataError = targets.unwrap_err();
        error.to_string()
    };
    assert_eq!(
        error([0, 3, -2].into_target()),
        "target of sample 2 is -2, which cannot be a class number; classes count from 0"
    );
    assert_eq!(
        error(ArrayD::<u8>::zeros(vec![3, 2]).into_target()),
        "integers of shape [3, 2] as targets: class numbers are a vector, one a sample \
         (rows of zeros and ones are given as numbers of the model's scalar)"
    );
}

/// Wherever they come in, in training and beside it.
#[test]
fn a_refused_label_is_an_error_of_each_way_in() {
    let x = array![[0.0, 1.0], [1.0, 0.0]];
    let model = Sequential::input([2]).push(Dense::new(2)).build(0).unwrap();
    let loss = SoftmaxCrossEntropy::new();
    let mut trainer = Trainer::new(model, loss, Sgd::new(0.1)).unwrap();
    let message = "target of sample 1 is -1, which cannot be a class number; classes count from 0";
    let says = |error: &dyn std::error::Error| assert_eq!(error.to_string(), message);
    says(&trainer.step(&x, [0, -1]).unwrap_err());
    says(&trainer.evaluate(&x, [0, -1]).unwrap_err());
    says(&trainer.fit(&x, [0, -1], Fit::epochs(1)).unwrap_err());
    let fit = Fit::epochs(1).validation(&x, [0, -1]);
    let error = trainer.fit(x.view(), [0, 1], fit).unwrap_err();
    assert_eq!(error.to_string(), format!("validation data: {message}"));
}

#[test]
fn a_sample_without_its_batch_axis() {
    let model: Model<f64> = Sequential::input([2]).push(Dense::new(1)).build(0).unwrap();
    let error = model.predict(&array![1.0, 2.0]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the array [2] has the shape of one sample; the model takes samples along axis 0, one of them as \
         [1, …]: `x.insert_axis(Axis(0))`"
    );
}

#[test]
fn a_misspelt_layer() {
    let network = Sequential::<f64>::input([2])
        .push(Dense::new(2))
        .push(Dense::new(1));
    let error = network.build(0).unwrap().split_after("dense1").unwrap_err();
    assert_eq!(
        error.to_string(),
        "Model split_after is dense1 (did you mean `dense_1`?), but must be the name of a layer that is not the last"
    );
}
