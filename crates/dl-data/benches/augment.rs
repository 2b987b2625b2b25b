//! Augmenting a batch of 64 digits: `cargo bench -p dl-data --bench augment`.

use dl_data::{Augment, ndarray::Array4};

fn main() {
    divan::main();
}

#[divan::bench(args = ["geometry", "noise", "cutout", "all"])]
fn batch_of_64(bencher: divan::Bencher, what: &str) {
    let geometry = |augment: Augment| augment.shift(2.).rotate(10.).scale(0.1);
    let augment = match what {
        "geometry" => geometry(Augment::new()),
        "noise" => Augment::new().noise(0.1),
        "cutout" => Augment::new().cutout(8),
        _ => geometry(Augment::new()).noise(0.1).cutout(8),
    };
    let augmenter = augment.build(42).unwrap();
    let images = Array4::<f32>::ones((64, 28, 28, 1));
    let mut out = images.clone();
    bencher
        .counter(divan::counter::ItemsCount::new(64_usize))
        .bench_local(|| augmenter.apply_into(&images, 0, &mut out));
}
