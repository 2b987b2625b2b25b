//! Image data sets are valid by construction.

use dl_data::ndarray::{Array1, Array4, array};
use dl_data::{DatasetError, ImageDataset};

fn names() -> Vec<String> {
    ["a", "b"].map(String::from).to_vec()
}

fn images(n: usize) -> Array4<f64> {
    Array4::from_shape_fn((n, 2, 3, 1), |(i, ..)| i as f64)
}

fn data() -> ImageDataset<f64> {
    ImageDataset::new(images(4), array![0, 1, 1, 0], names()).unwrap()
}

#[test]
fn parts_and_selections() {
    let data = data();
    assert_eq!((data.len(), data.class_counts()), (4, vec![2, 2]));
    let some = data.select(&[3, 1, 1]).unwrap();
    assert_eq!(some.labels(), array![0, 1, 1]);
    assert_eq!(
        some.images().index_axis(dl_data::ndarray::Axis(0), 0)[[1, 2, 0]],
        3.
    );
    assert_eq!(some.class_names(), names());
    let (images, labels) = data.first(2).unwrap().into_parts();
    assert_eq!((images.dim(), labels), ((2, 2, 3, 1), array![0, 1]));
    assert_eq!(data.first(4).unwrap(), data);
}

#[test]
fn what_is_not_sound() {
    let says = |result: Result<ImageDataset<f64>, DatasetError>, expected: &str| {
        assert_eq!(result.unwrap_err().to_string(), expected);
    };
    let new = |images, labels: Array1<usize>, names| ImageDataset::new(images, labels, names);
    says(new(images(2), array![0], names()), "2 images, but 1 labels");
    says(
        new(images(2), array![0, 2], names()),
        "label 2 in row 1: labels must be below 2, the number of classes",
    );
    says(
        new(images(0), array![], names()),
        "ImageDataset: the data is empty",
    );
    says(
        new(Array4::zeros((1, 0, 3, 1)), array![0], names()),
        "ImageDataset: the data is empty",
    );
    says(
        new(images(1), array![0], vec!["a".into()]),
        "1 classes; classification needs at least 2",
    );
    says(
        new(images(1), array![0], vec!["a".into(), "a".into()]),
        "classes 0 and 1 are both named \"a\"",
    );
    for count in [0, 5] {
        says(
            data().first(count),
            &format!(
                "cannot take the first {count} of 4 images; the count must be at least 1 and at most 4"
            ),
        );
    }
    says(
        data().select(&[4]),
        "row 4 is out of range: the data has 4 rows",
    );
    says(data().select(&[]), "selection: the data is empty");
}
