//! Data sets as sources of batches, and the augmentation of any source.

use dl_data::ndarray::{Array1, Array2, Array4, Axis, ShapeBuilder, array};
use dl_data::{
    Augment, Augmenter, Dataset, ImageDataset, Mode, RegressionDataset, Source, SourceBatch,
    SourceTargets,
};

fn names(count: usize) -> Vec<String> {
    (0..count).map(|i| format!("n{i}")).collect()
}

fn images(n: usize) -> ImageDataset<f32> {
    let images = Array4::from_shape_fn((n, 5, 4, 2), |(i, y, x, c)| {
        (i * 1000 + y * 100 + x * 10 + c) as f32 / 1e4
    });
    let labels = Array1::from_shape_fn(n, |i| i % 3);
    ImageDataset::new(images, labels, names(3)).unwrap()
}

fn augmenter() -> Augmenter {
    let settings = Augment::new().shift(1.).rotate(20.).noise(0.01);
    settings.build(3).unwrap()
}

/// The samples and values of a read.
fn read<S: Source<f32>>(source: &S, samples: &[usize], mode: Mode) -> (Array2<f32>, Vec<f32>) {
    let width = match source.targets() {
        SourceTargets::Classes(_) => 0,
        SourceTargets::Values { width } => width,
    };
    let length = source.sample_shape().iter().product();
    let mut x = Array2::from_elem((samples.len(), length), f32::NAN);
    let mut values = vec![f32::NAN; samples.len() * width];
    let batch = SourceBatch {
        x: x.as_slice_mut().unwrap(),
        values: &mut values,
    };
    source.read(samples, mode, batch).unwrap();
    (x, values)
}

#[test]
fn a_data_set_is_its_own_source() {
    let data = images(4);
    let source: &dyn Source<f32> = &data;
    assert_eq!((source.len(), source.sample_shape()), (4, &[5, 4, 2][..]));
    assert_eq!(source.targets(), SourceTargets::Classes(&[0, 1, 2, 0]));
    let in_memory = source.in_memory().unwrap();
    assert_eq!(Some(in_memory.x), data.images().as_slice());
    assert!(in_memory.values.is_empty());
    let flat = data.images().to_shape((4, 40)).unwrap();
    let (x, _) = read(&data, &[3, 1, 1], Mode::Eval);
    assert_eq!(x, flat.select(Axis(0), &[3, 1, 1]));

    let features = array![[1_f32, 2.], [3., 4.], [5., 6.]];
    let table = Dataset::new(features.clone(), array![1, 0, 1], names(2), names(2)).unwrap();
    assert_eq!(
        Source::<f32>::targets(&table),
        SourceTargets::Classes(&[1, 0, 1])
    );
    assert_eq!(table.sample_shape(), [2]);
    assert_eq!(
        read(&table, &[2, 0], Mode::Eval).0,
        array![[5., 6.], [1., 2.]]
    );

    let target = array![10., 20., 30.];
    let table = RegressionDataset::new(features, target, names(2), "y".into()).unwrap();
    let (x, y) = read(&table, &[2, 0], Mode::Eval);
    assert_eq!((x, y), (array![[5., 6.], [1., 2.]], vec![30., 10.]));
    let in_memory = table.in_memory().unwrap();
    assert_eq!(in_memory.x, [1., 2., 3., 4., 5., 6.]);
    assert_eq!(in_memory.values, [10., 20., 30.]);
    // without the values
    let mut x = [0.; 2];
    let batch = SourceBatch {
        x: &mut x,
        values: &mut [],
    };
    table.read(&[1], Mode::Eval, batch).unwrap();
    assert_eq!(x, [3., 4.]);
}

#[test]
fn any_layout_can_be_read() {
    let data = images(3);
    let mut columns = Array4::zeros(data.images().dim().f());
    columns.assign(data.images());
    let mut backwards = array![2, 1, 0];
    backwards.invert_axis(Axis(0));
    let other = ImageDataset::new(columns, backwards, names(3)).unwrap();
    assert!(other.in_memory().is_none());
    assert_eq!(other.targets(), data.targets());
    let rows = |data| read(data, &[2, 0], Mode::Eval);
    assert_eq!(rows(&other), rows(&data));
}

#[test]
fn a_sample_that_does_not_exist() {
    let mut x = [0.; 80];
    let batch = SourceBatch {
        x: &mut x,
        values: &mut [],
    };
    let error = images(4).read(&[0, 4], Mode::Eval, batch).unwrap_err();
    assert_eq!(
        error.to_string(),
        "row 4 is out of range: the data has 4 rows"
    );
}

#[test]
fn augmented_in_training_only() {
    let data = images(20);
    let source = augmenter().on(&data);
    assert_eq!((source.len(), source.sample_shape()), (20, &[5, 4, 2][..]));
    assert_eq!(source.targets(), data.targets());
    assert!(source.in_memory().is_none());
    let all: Vec<usize> = (0..20).collect();
    let train = |seed| read(&source, &all, Mode::Train { seed }).0;
    let plain = read(&data, &all, Mode::Eval).0;
    assert_eq!(read(&source, &all, Mode::Eval).0, plain);
    let (first, second) = (train(1), train(2));
    for i in 0..20 {
        assert_ne!(first.row(i), plain.row(i));
        assert_ne!(first.row(i), second.row(i));
    }
    // a sample's draw is its own, in any batch
    let some = read(&source, &[11, 3], Mode::Train { seed: 1 }).0;
    assert_eq!(some, first.select(Axis(0), &[11, 3]));
    // the order of the samples is that of the source
    let (mut order, mut expected) = (all.clone(), all);
    Source::<f32>::shuffle(&source, &mut order, 5);
    Source::<f32>::shuffle(&data, &mut expected, 5);
    assert_eq!(order, expected);
}

#[test]
fn augmenting_twice_draws_twice() {
    let images = Array4::<f32>::zeros((1, 1, 1, 1));
    let data = ImageDataset::new(images, array![0], names(2)).unwrap();
    let noise = Augment::new().noise(1.).build(3).unwrap();
    let mode = Mode::Train { seed: 1 };
    let once = read(&noise.on(&data), &[0], mode).0;
    let twice = read(&noise.on(noise.on(&data)), &[0], mode).0;
    assert_ne!(twice, 2. * &once);
    assert_ne!(twice, once);
}

#[test]
fn threads_do_not_matter() {
    let data = images(100);
    let source = augmenter().on(&data);
    let all: Vec<usize> = (0..100).rev().collect();
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let mode = Mode::Train { seed: 1 };
        pool.unwrap().install(|| read(&source, &all, mode).0)
    };
    let one = with(1);
    assert!(with(2) == one && with(8) == one);
}

#[test]
fn only_images_are_augmented() {
    let features = array![[1_f32, 2.]];
    let table = RegressionDataset::new(features, array![1.], names(2), "y".into()).unwrap();
    let (mut x, mut values) = ([0.; 2], [0.]);
    let batch = SourceBatch {
        x: &mut x,
        values: &mut values,
    };
    let error = augmenter().on(table).read(&[0], Mode::Eval, batch);
    assert_eq!(
        error.unwrap_err().to_string(),
        "only images [height, width, channels] can be augmented; the samples have shape [2]"
    );
}
