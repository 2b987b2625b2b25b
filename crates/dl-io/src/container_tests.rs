use super::*;
use ndarray::IxDyn;

static FORMAT: Format = Format {
    name: "test",
    versions: 1..=1,
};

/// An array of 3 × 4 costs the memory of its values plus that of any array.
#[test]
fn arrays_are_counted_in_bytes_of_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.dl");
    let array = ArrayD::from_elem(IxDyn(&[3, 4]), 0.5_f32);
    let bytes = encode(&FORMAT, &"content", vec![("t".to_owned(), array.clone())]);
    std::fs::write(&path, bytes.unwrap()).unwrap();

    let container = Container::read(&path, &FORMAT).unwrap();
    assert_eq!(container.content::<String>().unwrap(), "content");
    let before = container.budget().memory();
    let arrays = container.arrays::<f32>(["t".to_owned()]).unwrap();
    assert_eq!(arrays, [("t".to_owned(), array.clone())]);
    assert_eq!(before - container.budget().memory(), 12 * 4 + 256);

    let container = Container::read(&path, &FORMAT).unwrap();
    let before = container.budget().memory();
    let arrays = container.arrays::<f64>(["t".to_owned()]).unwrap();
    assert_eq!(arrays, [("t".to_owned(), array.mapv(f64::from))]);
    assert_eq!(before - container.budget().memory(), 12 * 8 + 256);
}
