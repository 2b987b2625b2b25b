//! Reading MNIST from gzipped IDX files: `cargo bench -p dl-data`.

use dl_data::{Mnist, idx};

const MNIST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/data/mnist");
const TRAIN_IMAGES: &str = "train-images-idx3-ubyte.gz";

fn main() {
    divan::main();
}

/// 70 000 images and labels, as floats in 0..=1.
#[divan::bench(types = [f32, f64], sample_count = 20)]
fn mnist<F: dl_data::Scalar>() -> Mnist<F> {
    Mnist::load(MNIST).unwrap()
}

/// 60 000 images, as bytes.
#[divan::bench(sample_count = 20)]
fn train_images_as_bytes() -> idx::IdxArray {
    idx::read(format!("{MNIST}/{TRAIN_IMAGES}")).unwrap()
}

/// The same, not gzipped, from memory.
#[divan::bench(sample_count = 20)]
fn train_images_decompressed(bencher: divan::Bencher) {
    let images = idx::read(format!("{MNIST}/{TRAIN_IMAGES}")).unwrap();
    let idx::IdxArray::U8(images) = images else {
        unreachable!("MNIST's images are bytes")
    };
    let mut file = Vec::new();
    idx::write(&mut file, &images, false).unwrap();
    bencher.bench(|| {
        let reader = idx::IdxReader::new(file.as_slice(), "memory").unwrap();
        reader.into_array::<u8>().unwrap()
    });
}
