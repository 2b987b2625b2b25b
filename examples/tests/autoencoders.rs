//! `autoencoder` and `vae` as their user runs them, and the answers of the chapter's exercises.

mod common;

use common::{Directory, Ended, assert_refused, run};
use dl_math::{DiagonalNormal, Normal};
use dl_nn::Model;
use examples::autoencoding::{convolutional, deep, linear};
use examples::vae::Vae;
use ndarray::{Array2, array};

const AUTOENCODER: &str = env!("CARGO_BIN_EXE_autoencoder");
const VAE: &str = env!("CARGO_BIN_EXE_vae");

/// The last word of the line that begins so, as a number.
#[track_caller]
fn number(ended: &Ended, label: &str) -> f64 {
    words(ended, label)
        .iter()
        .rev()
        .find_map(|word| word.parse().ok())
        .expect("a number")
}

/// What stands behind the label.
#[track_caller]
fn words(ended: &Ended, label: &str) -> Vec<String> {
    let line = ended
        .stdout
        .lines()
        .find_map(|line| line.trim().strip_prefix(label));
    let line =
        line.unwrap_or_else(|| panic!("no line `{label}`: {}{}", ended.stdout, ended.stderr));
    line.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn autoencoders_find_the_plane_of_pca_and_bend_it() {
    let (out, again) = (Directory::new(), Directory::new());
    let record = &out.record();
    let small = ["--train", "3000", "--epochs", "12", "--seeds", "2"];
    let arguments = [&small[..], &["--record", record]].concat();
    let ended = run(AUTOENCODER, &out, &arguments);
    assert!(ended.success, "{}", ended.stderr);
    // the plane itself: angles in degrees
    let start = number(
        &ended,
        "MNIST, linear: largest principal angle at the start",
    );
    assert!(start >= 45.0, "{start}");
    let words_of_end = words(&ended, "MNIST, linear: largest principal angle at the end");
    let end: f64 = words_of_end[0].parse().unwrap();
    assert!(end <= 0.05, "{end}");
    let error = number(&ended, "MNIST, linear: error of the autoencoder");
    let by_pca = number(&ended, "MNIST, linear: error of PCA");
    let discarded = number(&ended, "MNIST, linear: discarded variance a pixel");
    assert!((error - by_pca).abs() <= 1e-5 && (by_pca - discarded).abs() <= 1e-5);
    // 3 000 images, twelve times: enough where the code is small
    for size in ["2 numbers", "8 numbers"] {
        let errors = words(&ended, size);
        let (pca, deep): (f64, f64) = (errors[0].parse().unwrap(), errors[1].parse().unwrap());
        assert!(deep < pca, "{size}: {deep} against {pca}");
    }
    let noisy = number(&ended, "noise: test error of the noisy images");
    let pca = number(&ended, "noise: test error of PCA");
    let cleaned = number(&ended, "noise: test error of the autoencoder");
    assert!(cleaned < pca && pca < noisy, "{cleaned}, {pca}, {noisy}");
    let mut files = vec![
        "autoencoder_denoising.png".to_owned(),
        "autoencoder_directions.png".to_owned(),
        "autoencoder_interpolation.png".to_owned(),
        "autoencoder_reconstructions.png".to_owned(),
    ];
    for name in ["angles", "errors", "plane"] {
        files.extend(["png", "svg"].map(|end| format!("autoencoder_{name}.{end}")));
    }
    files.sort();
    assert_eq!(out.files(), files);

    let replayed = run(AUTOENCODER, &again, &["--replay", record]);
    assert_eq!(words(&replayed, "32 numbers"), words(&ended, "32 numbers"));
    for file in files {
        let read = |directory: &Directory| std::fs::read(directory.path().join(&file)).unwrap();
        assert_eq!(read(&out), read(&again), "{file}");
    }
}

#[test]
fn a_variational_autoencoder_learns() {
    let out = Directory::new();
    let ended = run(VAE, &out, &["--epochs", "8"]);
    assert!(ended.success, "{}", ended.stderr);
    for d in ["2", "10"] {
        let of = |what: &str| -> f64 {
            let line = words(&ended, &format!("{d} dimensions: test {what}"));
            line[0].parse().unwrap()
        };
        let (elbo, reconstruction, kl) = (of("ELBO"), of("reconstruction"), of("KL"));
        assert!((elbo + reconstruction + kl).abs() <= 0.02, "{elbo}");
        // the mean image alone, whatever is asked for: −206 nats
        assert!(elbo > -195.0, "{elbo}");
        assert!(kl > 2.0, "{kl}");
    }
    let files = [
        "vae_interpolation.png",
        "vae_learning_curves.png",
        "vae_learning_curves.svg",
        "vae_plane.png",
        "vae_reconstructions.png",
        "vae_samples.png",
    ];
    assert_eq!(out.files(), files);
}

/// The bound falls when the two networks are trained on one batch, and is what `bounds` measures.
#[test]
fn steps_lower_the_bound_of_their_batch() {
    let x = Array2::from_shape_fn((20, 784), |(i, j)| ((i + j / 28) % 3 / 2) as f32);
    let mut vae = Vae::new(2, 1).unwrap();
    let first = vae.step(x.view(), 1.0).unwrap().total();
    for _ in 0..60 {
        vae.step(x.view(), 1.0).unwrap();
    }
    let bounds = vae.bounds(&x, 3).unwrap();
    let last = bounds.iter().map(|bound| bound.total()).sum::<f64>() / 20.0;
    // at the start every pixel is nearly a coin, 784 ln 2 = 543 nats, and the codes are off the prior
    assert!((543.0..700.0).contains(&first), "{first}");
    assert!(last <= 0.5 * first, "{last} against {first}");
    let by_dimension: f64 = vae.kl_by_dimension(&x).unwrap().iter().sum();
    let kl = bounds.iter().map(|bound| bound.kl).sum::<f64>() / 20.0;
    assert!(
        (by_dimension - kl).abs() <= 1e-4 * (1.0 + kl),
        "{by_dimension}, {kl}"
    );
}

#[test]
fn answers_of_the_exercises() {
    // README: parameters of the linear autoencoder with 2 and with 32 numbers
    let parameters = |code| -> usize {
        let model: Model<f32> = linear(784, code).build(0).unwrap();
        model.parameter_count()
    };
    assert_eq!((parameters(2), parameters(32)), (3136, 50_176));
    // README: three points on a line through 0 and their best line
    let x = array![[3.0, 4.0], [-3.0, -4.0], [0.0, 0.0]];
    let pca = dl_data::Pca::<f64>::fit(&x, 1).unwrap();
    assert!(
        (pca.components() - &array![[0.6, 0.8]])
            .iter()
            .all(|d| d.abs() <= 1e-12)
    );
    // deep: parameters
    let of_deep: Model<f32> = deep(32).build(0).unwrap();
    let of_convolutional: Model<f32> = convolutional(32).build(0).unwrap();
    assert_eq!(of_deep.parameter_count(), 439_728);
    assert_eq!(of_convolutional.parameter_count(), 115_217);
    let dense = of_convolutional
        .params()
        .filter(|(name, _)| !name.starts_with("conv"));
    let dense: usize = dense.map(|(_, value)| value.len()).sum();
    assert_eq!((100.0 * dense as f64 / 115_217.0).round(), 88.0);
    // deep: answers to a coin behind the noise, each right and wrong half of the time
    let error = |answer: f64| 0.5 * answer.powi(2) + 0.5 * (1.0 - answer).powi(2);
    assert_eq!((error(0.5), error(0.0), error(1.0)), (0.25, 0.5, 0.5));
    // variational: the divergence of N(1, ½²)
    let kl = Normal::new(1.0, 0.5).unwrap().kl(&Normal::standard());
    assert_eq!(format!("{kl:.3}"), "0.818");
    let posterior = DiagonalNormal::<f64>::new(&array![1.0], &array![0.5]).unwrap();
    assert_eq!(
        posterior.kl(&DiagonalNormal::standard(1).unwrap()).unwrap(),
        kl
    );
    // variational: a pixel of a coin
    assert_eq!(format!("{:.1}", 784.0 * 2.0f64.ln()), "543.4");
}

#[test]
fn bad_options_are_refused() {
    assert_refused(AUTOENCODER, &["--train", "50"], "50 is not in 100..=60000");
    assert_refused(AUTOENCODER, &["--seeds", "1"], "1 is not in 2..=100");
    assert_refused(AUTOENCODER, &["--data", "nowhere"], "nowhere");
    assert_refused(VAE, &["--replay", "no such.json"], "no such.json");
}
