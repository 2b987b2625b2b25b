//! Autoencoders on handwritten digits: a few numbers from which an image can be drawn again.
//!
//! A linear autoencoder finds the plane of principal component analysis, but not its axes. Deep
//! ones bend the plane, and lose less at every size of the code. A convolutional one sees
//! neighbourhoods, and one that is given noise and asked for the clean image learns to take the
//! noise away.

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;
use dl_data::{Pca, principal_angles};
use dl_nn::metrics::Estimate;
use dl_nn::prelude::*;
use dl_nn::schedule::Cosine;
use dl_viz::style::{BLUE, RED};
use dl_viz::{ColorMap, Figure, Images, Line, Panel};
use examples::autoencoding::{
    CodeOptions, SIDE, between, convolutional, deep, digits_panel, first, first_components,
    images_of, linear, mean_squared_error, pixels, plane_panel, train, train_to_denoise,
    with_noise,
};
use examples::record::rounded;
use examples::{Options, finish, println};
use ndarray::{Array1, Array2, Axis, Slice, concatenate};
use serde::{Deserialize, Serialize};

/// Numbers of a code.
const SIZES: [usize; 3] = [2, 8, 32];
/// Digits drawn in a row.
const SHOWN: usize = 10;
/// Codes drawn in a plane.
const POINTS: usize = 1500;
/// Images the linear autoencoder learns from, and its steps on all of them.
const LINEAR_IMAGES: usize = 1000;
const LINEAR_STEPS: usize = 1000;

/// Trains linear, deep, convolutional and denoising autoencoders on MNIST
#[derive(Debug, Parser)]
struct Args {
    #[command(flatten)]
    code: CodeOptions,
    /// Deep autoencoders of each size, each from another seed
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(2..=100))]
    seeds: u64,
}

/// The numbers behind the figures.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    images: usize,
    test_images: usize,
    linear: Linear,
    sizes: Vec<Size>,
    /// Test codes of two numbers.
    pca_plane: Array2<f64>,
    deep_plane: Array2<f64>,
    /// Digits on the way from one to another: their pixels mixed, and their codes.
    on_the_way: [Array2<f64>; 2],
    convolutional: f64,
    convolutional_digits: Array2<f64>,
    parameters: [usize; 2],
    denoising: Denoising,
}

/// A linear autoencoder with a code of two numbers against the plane of the principal components.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Linear {
    steps: Vec<usize>,
    /// The largest principal angle after each of the steps, in degrees.
    degrees: Vec<f64>,
    error: f64,
    pca_error: f64,
    discarded: f64,
    /// The two components, the decoder's two rows, and the components' shadows on their plane.
    directions: Array2<f64>,
}

/// Test errors by the length of the code.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Size {
    numbers: usize,
    pca: f64,
    deep: Vec<f64>,
    pca_digits: Array2<f64>,
    deep_digits: Array2<f64>,
}

/// Test errors against the clean images.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Denoising {
    noisy: f64,
    pca: f64,
    autoencoder: f64,
    noisy_digits: Array2<f64>,
    pca_digits: Array2<f64>,
    digits: Array2<f64>,
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let data = args.code.load(10_000)?;
    let (x, test) = (pixels(&data.train), pixels(&data.test));
    let record = args.code.record.record(|| measure(args, &x, &test))?;
    print(&record)?;
    let labels = data.test.labels().to_vec();
    draw(&record, &first(&test, SHOWN), &labels, &args.code.options)
}

fn measure(args: &Args, x: &Array2<f32>, test: &Array2<f32>) -> Result<Record, Box<dyn Error>> {
    let epochs = args.code.epochs(15);
    let shown = first(test, SHOWN);
    let linear = measure_linear(&first(x, LINEAR_IMAGES))?;
    let pca = Pca::fit(x, SIZES[SIZES.len() - 1])?;

    let mut sizes = Vec::new();
    let (mut deep_plane, mut on_the_way) = (Array2::zeros((0, 2)), [const { Vec::new() }; 2]);
    let mut parameters = [0; 2];
    for numbers in SIZES {
        let components = first_components(&pca, numbers)?;
        let by_pca = |x: &Array2<f32>| components.inverse_transform(&components.transform(x)?);
        let mut size = Size {
            numbers,
            pca: mean_squared_error(&by_pca(test)?, test),
            deep: Vec::new(),
            pca_digits: rounded(by_pca(&shown)?.view()),
            deep_digits: Array2::zeros((0, 0)),
        };
        for seed in 0..args.seeds {
            let trainer = train(&deep(numbers), x, epochs, seed)?;
            size.deep.push(trainer.evaluate(test, test)?.loss);
            if seed > 0 {
                continue;
            }
            size.deep_digits = rounded(images_of(trainer.model(), &shown)?.view());
            parameters[0] = trainer.model().parameter_count();
            let (encoder, decoder) = trainer.into_model().split_after("code")?;
            if numbers == 2 {
                let codes = images_of(&encoder, &first(test, POINTS))?;
                deep_plane = rounded(codes.view());
            }
            if numbers == SIZES[SIZES.len() - 1] {
                for (from, to) in [(0, 1), (3, 7)] {
                    let row = |i: usize, x: &Array2<f32>| {
                        x.slice_axis(Axis(0), Slice::from(i..=i)).to_owned()
                    };
                    let ends = [row(from, &shown), row(to, &shown)];
                    let mixed = between(ends[0].view(), ends[1].view(), SHOWN);
                    let codes = images_of(&encoder, &concatenate![Axis(0), ends[0], ends[1]])?;
                    let codes = between(row(0, &codes).view(), row(1, &codes).view(), SHOWN);
                    let decoded = images_of(&decoder, &codes)?;
                    on_the_way[0].push(rounded(mixed.view()));
                    on_the_way[1].push(rounded(decoded.view()));
                }
            }
        }
        sizes.push(size);
    }
    let plane = first_components(&pca, 2)?.transform(&first(test, POINTS))?;

    let largest = SIZES[SIZES.len() - 1];
    let trainer = train(&convolutional(largest), x, epochs, 0)?;
    parameters[1] = trainer.model().parameter_count();
    let convolutional_digits = rounded(images_of(trainer.model(), &shown)?.view());
    Ok(Record {
        images: x.nrows(),
        test_images: test.nrows(),
        linear,
        sizes,
        pca_plane: rounded(plane.view()),
        deep_plane,
        on_the_way: on_the_way.map(|rows| stacked(&rows)),
        convolutional: trainer.evaluate(test, test)?.loss,
        convolutional_digits,
        parameters,
        denoising: measure_denoising(x, test, &pca, epochs)?,
    })
}

/// The rows of all, one under the other.
fn stacked(parts: &[Array2<f64>]) -> Array2<f64> {
    let views: Vec<_> = parts.iter().map(|rows| rows.view()).collect();
    concatenate(Axis(0), &views).expect("as wide")
}

/// Notes the largest angle between the decoder's plane and that of the components, now and then.
struct Angles<'a> {
    components: &'a Array2<f64>,
    steps: Vec<usize>,
    degrees: Vec<f64>,
}

impl Angles<'_> {
    fn note(&mut self, step: usize, model: &Model<f64>) {
        let rows = decoder_rows(model);
        if let Ok(angles) = principal_angles(&rows, self.components) {
            self.steps.push(step);
            self.degrees.push(angles[angles.len() - 1].to_degrees());
        }
    }
}

impl Callback<f64> for Angles<'_> {
    fn train_begin(&mut self, run: &mut FitContext<'_, f64>) {
        self.note(0, run.model);
    }

    fn epoch_end(&mut self, epoch: &Epoch, run: &mut FitContext<'_, f64>) -> Flow {
        if (epoch.epoch + 1).is_multiple_of(10) {
            self.note(epoch.epoch + 1, run.model);
        }
        Flow::Continue
    }
}

/// The decoder's kernel `[code, pixels]`.
fn decoder_rows(model: &Model<f64>) -> Array2<f64> {
    let decoder = model.params().find(|(name, _)| *name == "decoder.kernel");
    let kernel = decoder.expect("the layer is there").1.to_owned();
    kernel.into_dimensionality().expect("a matrix")
}

/// Trains the linear autoencoder on centred rows and watches its plane turn.
fn linear_run<'a>(
    x: &Array2<f64>,
    components: &'a Array2<f64>,
) -> Result<(Trainer<f64>, Angles<'a>), Box<dyn Error>> {
    let mut angles = Angles {
        components,
        steps: Vec::new(),
        degrees: Vec::new(),
    };
    let model = linear(x.ncols(), components.nrows()).build(7)?;
    let mut trainer = Trainer::new(model, MeanSquaredError, Adam::new(1e-2))?;
    let fit = Fit::epochs(LINEAR_STEPS)
        .batch_size(x.nrows())
        .callback(LearningRate::per_step(Cosine::new(LINEAR_STEPS as u64)?))
        .callback(&mut angles);
    trainer.fit(x, x, fit)?;
    Ok((trainer, angles))
}

fn measure_linear(images: &Array2<f32>) -> Result<Linear, Box<dyn Error>> {
    let x = images.mapv(f64::from);
    let pca = Pca::fit(&x, 2)?;
    let by_pca = pca.inverse_transform(&pca.transform(&x)?)?;
    let centred = &x - pca.mean();
    let (trainer, angles) = linear_run(&centred, pca.components())?;
    let decoder = decoder_rows(trainer.model());
    let shadows = shadows(pca.components(), &decoder);
    let unit = |rows: &Array2<f64>| {
        let lengths = rows.mapv(|v| v * v).sum_axis(Axis(1)).mapv(f64::sqrt);
        rows / &lengths.insert_axis(Axis(1))
    };
    let directions = concatenate![Axis(0), *pca.components(), unit(&decoder), unit(&shadows)];
    // the divisor of the variances is n − 1, that of the error n
    let n = x.nrows() as f64;
    let variances = pca.explained_variance() / pca.explained_variance_ratio();
    let discarded = variances[0] - pca.explained_variance().sum();
    Ok(Linear {
        steps: angles.steps,
        degrees: angles.degrees,
        error: trainer.evaluate(&centred, &centred)?.loss,
        pca_error: mean_squared_error(&by_pca, &x),
        discarded: discarded * (n - 1.0) / n / x.ncols() as f64,
        directions: rounded(directions.view()),
    })
}

/// The nearest points to `rows` in the plane that the two rows of `plane` span.
fn shadows(rows: &Array2<f64>, plane: &Array2<f64>) -> Array2<f64> {
    // an orthonormal basis, by Gram and Schmidt
    let (a, b) = (plane.row(0).to_owned(), plane.row(1).to_owned());
    let unit = |v: Array1<f64>| &v / v.dot(&v).sqrt();
    let a = unit(a);
    let b = unit(&b - &(&a * a.dot(&b)));
    let mut shadows = rows.clone();
    for (mut shadow, row) in shadows.outer_iter_mut().zip(rows.outer_iter()) {
        shadow.assign(&(&a * row.dot(&a) + &b * row.dot(&b)));
    }
    shadows
}

fn measure_denoising(
    x: &Array2<f32>,
    test: &Array2<f32>,
    pca: &Pca<f32>,
    epochs: usize,
) -> Result<Denoising, Box<dyn Error>> {
    let noisy = with_noise(test, 1_000_000);
    let trainer = train_to_denoise(&convolutional(pca.components().nrows()), x, epochs, 0)?;
    let shown = first(&noisy, SHOWN);
    let by_pca = |x: &Array2<f32>| pca.inverse_transform(&pca.transform(x)?);
    Ok(Denoising {
        noisy: mean_squared_error(&noisy, test),
        pca: mean_squared_error(&by_pca(&noisy)?, test),
        autoencoder: trainer.evaluate(&noisy, test)?.loss,
        noisy_digits: rounded(shown.view()),
        pca_digits: rounded(by_pca(&shown)?.view()),
        digits: rounded(images_of(trainer.model(), &shown)?.view()),
    })
}

fn print(record: &Record) -> Result<(), Box<dyn Error>> {
    println!(
        "{} images to learn from, {} to test on",
        record.images, record.test_images
    );
    let linear = &record.linear;
    let last = |values: &[f64]| values.last().copied().unwrap_or(f64::NAN);
    println!(
        "MNIST, linear: largest principal angle at the start {:.1} degrees",
        linear.degrees[0]
    );
    println!(
        "MNIST, linear: largest principal angle at the end {:.3} degrees",
        last(&linear.degrees)
    );
    println!(
        "MNIST, linear: error of the autoencoder {:.5}",
        linear.error
    );
    println!("MNIST, linear: error of PCA {:.5}", linear.pca_error);
    println!(
        "MNIST, linear: discarded variance a pixel {:.5}",
        linear.discarded
    );
    println!("test error     PCA  deep autoencoder  95 % interval");
    for size in &record.sizes {
        let deep = Estimate::mean(&Array1::from(size.deep.clone()));
        println!(
            "{:>2} numbers  {:.4}            {:.4}  {:.4}",
            size.numbers,
            size.pca,
            deep,
            deep.interval(0.95)?
        );
    }
    println!("deep, 32 numbers: parameters {}", record.parameters[0]);
    println!(
        "convolutional, 32 numbers: parameters {}",
        record.parameters[1]
    );
    println!(
        "convolutional, 32 numbers: test error {:.4}",
        record.convolutional
    );
    println!(
        "noise: test error of the noisy images {:.4}",
        record.denoising.noisy
    );
    println!("noise: test error of PCA {:.4}", record.denoising.pca);
    println!(
        "noise: test error of the autoencoder {:.4}",
        record.denoising.autoencoder
    );
    Ok(())
}

fn draw(
    record: &Record,
    shown: &Array2<f32>,
    labels: &[usize],
    options: &Options,
) -> Result<(), Box<dyn Error>> {
    let linear = &record.linear;
    let angles = Panel::new("A linear autoencoder turns to the plane of PCA")
        .x_label("Step")
        .y_label("Largest principal angle (degrees)")
        .log_y()
        .line(Line::new(linear.steps.iter().copied(), linear.degrees.iter().copied()).color(BLUE));
    options.save("autoencoder_angles", &Figure::from(angles).size(8.0, 5.0));

    let directions = |title: &str, from: usize| {
        let rows = linear
            .directions
            .slice_axis(Axis(0), Slice::from(from..from + 2));
        let images = rows.to_shape((2, SIDE, SIDE, 1)).expect("784 pixels");
        let images = Images::new(images.view()).columns(2);
        Panel::new(title).images(images.color_map(ColorMap::Diverging))
    };
    let figure = Figure::new()
        .title("Directions in the space of images: blue negative, red positive")
        .size(12.0, 3.2)
        .grid(1, 3)
        .panel(directions("Principal components", 0))
        .panel(directions("Rows of the decoder", 2))
        .panel(directions("Components' shadows on the decoder's plane", 4));
    options.save_png("autoencoder_directions", &figure);

    let digits = rounded(shown.view());
    let title = "Convolutional autoencoder, 32 numbers";
    let mut panels = vec![
        digits_panel("Test digits", &digits, SHOWN),
        digits_panel(title, &record.convolutional_digits, SHOWN),
    ];
    for size in &record.sizes {
        let title = |what: &str| format!("{what}, {} numbers", size.numbers);
        panels.push(digits_panel(title("PCA"), &size.pca_digits, SHOWN));
        let title = title("Deep autoencoder");
        panels.push(digits_panel(title, &size.deep_digits, SHOWN));
    }
    let figure = Figure::new()
        .size(14.0, 6.2)
        .grid(panels.len() / 2, 2)
        .panels(panels);
    options.save_png("autoencoder_reconstructions", &figure);

    let sizes = record.sizes.iter().map(|size| size.numbers);
    let means = record
        .sizes
        .iter()
        .map(|size| size.deep.iter().sum::<f64>() / size.deep.len() as f64);
    let errors = Panel::new("Less is lost by a deep autoencoder")
        .x_label("Numbers of the code")
        .y_label("Test error (mean square a pixel)")
        .log_x()
        .log_y()
        .line(
            Line::new(sizes.clone(), record.sizes.iter().map(|size| size.pca))
                .label("PCA")
                .color(RED)
                .dashed()
                .dots(),
        )
        .line(
            Line::new(sizes, means)
                .label("deep autoencoder, mean over seeds")
                .color(BLUE)
                .dots(),
        );
    options.save("autoencoder_errors", &Figure::from(errors).size(8.0, 5.0));

    let labels = &labels[..record.pca_plane.nrows()];
    let figure = Figure::new()
        .title("Test digits as two numbers")
        .size(14.0, 6.6)
        .grid(1, 2)
        .panel(plane_panel("PCA", &record.pca_plane, labels))
        .panel(plane_panel("Deep autoencoder", &record.deep_plane, labels));
    options.save("autoencoder_plane", &figure);

    let [pixels, codes] = &record.on_the_way;
    let figure = Figure::new()
        .title("From one digit to another")
        .size(8.0, 5.0)
        .grid(2, 1)
        .panel(digits_panel("Mixed pixel by pixel", pixels, SHOWN))
        .panel(digits_panel("Mixed as codes of 32 numbers", codes, SHOWN));
    options.save_png("autoencoder_interpolation", &figure);

    let denoising = &record.denoising;
    let figure = Figure::new()
        .size(8.0, 6.2)
        .grid(4, 1)
        .panel(digits_panel(
            "Test digits with noise",
            &denoising.noisy_digits,
            SHOWN,
        ))
        .panel(digits_panel(
            "PCA, 32 numbers",
            &denoising.pca_digits,
            SHOWN,
        ))
        .panel(digits_panel(
            "Denoising autoencoder, 32 numbers",
            &denoising.digits,
            SHOWN,
        ))
        .panel(digits_panel("Without noise", &digits, SHOWN));
    options.save_png("autoencoder_denoising", &figure);
    Ok(())
}
