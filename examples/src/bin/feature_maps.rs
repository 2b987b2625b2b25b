//! What filters extract: the kernels of the gallery on a digit and on a landscape.
//!
//! A convolution lays a small array of weights over every place of an image and sums the products.
//! Which weights decide what it finds: differences find edges, sums take detail away, and both
//! together sharpen. A convolutional network learns such kernels instead of being given them.

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use dl_conv::Window;
use dl_conv::functions::conv2d;
use dl_conv::gallery::{self, Filter};
use dl_data::Mnist;
use dl_viz::{ColorMap, Figure, HeatMap, Images, Panel};
use examples::digits::mnist_folder;
use examples::scene::scene;
use examples::{Options, finish, println};
use ndarray::{Array2, Array3, Array4, ArrayView2, Axis};

/// The test digit: a 2.
const DIGIT: usize = 1;

/// Draws what the kernels of the gallery make of a digit and of a landscape
#[derive(Debug, Parser)]
struct Args {
    #[command(flatten)]
    options: Options,
    /// Folder of MNIST's four files [default: examples/data/mnist of the repository]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    let filters = gallery::all::<f64>();
    args.options.save("kernel_gallery", &kernels(&filters));

    let digits = Mnist::<f64>::load(mnist_folder(args.data.as_deref()))?.test;
    let digit = digits.images().index_axis(Axis(0), DIGIT);
    let digit = digit.index_axis(Axis(2), 0).to_owned();
    let landscape = scene();
    for (name, what, image) in [
        ("feature_maps_digit", "A digit", digit),
        ("feature_maps_landscape", "A landscape", landscape),
    ] {
        let maps = feature_maps(image.view(), &filters)?;
        println!(
            "{what} of {:?} pixels: mean and largest |value|",
            image.dim()
        );
        for (filter, map) in filters.iter().zip(maps.axis_iter(Axis(2))) {
            let largest = map
                .iter()
                .fold(0.0_f64, |most, value| most.max(value.abs()));
            let mean = map.mean().unwrap_or(0.0);
            println!("  {:24} {mean:7.3} {largest:7.3}", filter.name);
        }
        args.options
            .save_png(name, &figure(what, &image, &filters, &maps));
    }
    Ok(())
}

/// All maps of an image `[h, w]` at once, `[h, w, filters]`: one convolution with as many filters. The
/// image's border is repeated around it; zeros there would look like edges.
fn feature_maps(
    image: ArrayView2<'_, f64>,
    filters: &[Filter<f64>],
) -> Result<Array3<f64>, Box<dyn Error>> {
    let weights: Vec<Array2<f64>> = filters.iter().map(|filter| filter.kernel.clone()).collect();
    let kernel = gallery::kernel(&weights)?;
    let (height, width) = image.dim();
    let batch = Array4::from_shape_fn((1, height + 2, width + 2, 1), |(_, y, x, _)| {
        let inside = |at: usize, size: usize| at.saturating_sub(1).min(size - 1);
        image[[inside(y, height), inside(x, width)]]
    });
    let maps = conv2d(batch.view(), kernel.view(), None, &Window::new(3), 1)?;
    Ok(maps.index_axis_move(Axis(0), 0))
}

/// Kernels whose weights sum to zero answer to differences, with either sign; the others keep the
/// image's brightness.
fn is_difference(filter: &Filter<f64>) -> bool {
    filter.kernel.sum().abs() < 1e-9
}

/// The weights themselves.
fn kernels(filters: &[Filter<f64>]) -> Figure {
    let panel = |filter: &Filter<f64>| {
        let whole = filter.kernel.iter().all(|weight| weight.fract() == 0.0);
        let most = filter
            .kernel
            .iter()
            .fold(0.0_f64, |most, w| most.max(w.abs()));
        let weights = HeatMap::image(&filter.kernel)
            .color_map(ColorMap::Diverging)
            .range(-most, most)
            .value_labels(if whole { 0 } else { 4 });
        Panel::new(filter.name).heat_map(weights)
    };
    Figure::new()
        .title("Kernels, coloured relative to their largest weight")
        .size(10.0, 7.9)
        .grid(3, 4)
        .panels(filters.iter().map(panel))
}

/// The image, then each map: grey as the image, or red where positive and blue where negative. Where
/// positive and negative weights keep the brightness together, values leave 0 to 1, and the grey is wider.
fn figure(what: &str, image: &Array2<f64>, filters: &[Filter<f64>], maps: &Array3<f64>) -> Figure {
    let (height, width) = image.dim();
    let original = HeatMap::image(image).range(0.0, 1.0);
    let panels = filters.iter().zip(maps.axis_iter(Axis(2)));
    let panels = panels.map(|(filter, map)| {
        let map = map.insert_axis(Axis(0)).insert_axis(Axis(3));
        let drawn = Images::new(map).columns(1);
        if is_difference(filter) {
            return Panel::new(filter.name).images(drawn.color_map(ColorMap::Diverging));
        }
        if filter.kernel.iter().any(|&weight| weight < 0.0) {
            let title = format!("{}, cut off at −1 and 2", filter.name);
            return Panel::new(title).images(drawn.range(-1.0, 2.0));
        }
        Panel::new(filter.name).images(drawn.range(0.0, 1.0))
    });
    Figure::new()
        .title(format!(
            "{what} through the gallery: grey 0 to 1; blue negative, red positive, each map on its own scale"
        ))
        .size(12.0, 1.2 + 9.6 * height as f64 / width as f64)
        .grid(3, 4)
        .panel(Panel::new("the image").heat_map(original))
        .panels(panels)
}
