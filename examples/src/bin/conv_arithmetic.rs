//! Convolution and pooling in numbers, and what they cost.
//!
//! A kernel slides over a small image, with strides, padding and gaps; the sizes of the outputs, and
//! the gradient that flows back. Then parameters and multiplications are counted: of one layer that
//! is dense, locally connected or a convolution, and of LeNet-5 and AlexNet layer by layer.

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;
use dl_conv::functions::conv2d_input_gradient;
use dl_conv::gallery::sobel_x;
use dl_conv::models::{alexnet, lenet5};
use dl_conv::{Padding, Window};
use dl_nn::Summary;
use examples::conv_arithmetic::{
    as_batch, convolve, flipped, image, largest, layers_compared, mean, multiply_adds, one_map,
    pooled_image, shape, window,
};
use examples::conv_figures::{architectures, convolution, pooling, stride_and_padding};
use examples::{Options, finish, println};
use ndarray::{Array2, Axis};

/// Computes and draws small convolutions, and counts what LeNet-5 and AlexNet cost
#[derive(Debug, Parser)]
struct Args {
    #[command(flatten)]
    options: Options,
}

fn main() -> ExitCode {
    finish(run(&Args::parse()))
}

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    worked_example()?;
    backward()?;
    pooled()?;
    sizes()?;
    compared()?;
    let networks = [
        ("LeNet-5", lenet5::<f32>().build(0)?.summary()),
        ("AlexNet", alexnet::<f32>(227, 1000).build(0)?.summary()),
    ];
    for (name, summary) in &networks {
        table(name, summary);
    }
    for (name, figure) in [
        ("conv_arithmetic_window", convolution(&sobel_x())?),
        ("conv_arithmetic_stride_padding", stride_and_padding()?),
        ("conv_arithmetic_pooling", pooling()?),
        ("conv_arithmetic_stages", architectures(&networks)),
    ] {
        args.options.save(name, &figure);
    }
    Ok(())
}

fn print(name: &str, values: &Array2<f64>) {
    println!("{name}");
    for row in values.rows() {
        let row: Vec<String> = row.iter().map(|v| format!("{v:5}")).collect();
        println!("{}", row.join(" "));
    }
}

fn worked_example() -> Result<(), Box<dyn Error>> {
    let (image, kernel) = (image(), sobel_x());
    print("image", &image);
    print("kernel", &kernel);
    let same = Window {
        padding: Padding::Same,
        ..Window::new(3)
    };
    for (name, window) in [
        ("stride 1", window(3, 1, 0, 1)),
        ("stride 2", window(3, 2, 0, 1)),
        ("stride 1, padding same", same),
        ("stride 2, padding 1", window(3, 2, 1, 1)),
        ("dilation 2", window(3, 1, 0, 2)),
    ] {
        let output = convolve(&image, &kernel, &window)?;
        let (rows, columns) = output.dim();
        print(&format!("{name}: 5×5 gives {rows}×{columns}"), &output);
        if name == "stride 1" {
            println!("sum of the first window {}", output[[0, 0]]);
            println!("sum of the next {}", output[[0, 1]]);
        }
    }
    println!(
        "flipped kernel, stride 1: first output {}",
        convolve(&image, &flipped(&kernel), &window(3, 1, 0, 1))?[[0, 0]]
    );
    Ok(())
}

/// ∂L/∂x by dl-conv and as the correlation of ∂L/∂y, with zeros around it, with the flipped kernel.
fn backward() -> Result<(), Box<dyn Error>> {
    let kernel = sobel_x::<f64>();
    let dy = Array2::from_shape_fn((3, 3), |(v, u)| (1 + 3 * v + u) as f64);
    let filter = kernel.view().insert_axis(Axis(2)).insert_axis(Axis(3));
    let batch = as_batch(&dy);
    let dx = conv2d_input_gradient(batch.view(), filter, 5, &Window::new(3), 1)?;
    let dx = one_map(dx);
    let correlated = convolve(&dy, &flipped(&kernel), &window(3, 1, 2, 1))?;
    print("gradient of the output", &dy);
    print("gradient of the image", &dx);
    let differences = (&dx - &correlated).mapv(f64::abs);
    println!(
        "against the correlation with the flipped kernel: largest difference {:.0e}",
        differences.fold(0.0, |most, &d| f64::max(most, d))
    );
    Ok(())
}

fn pooled() -> Result<(), Box<dyn Error>> {
    let image = pooled_image();
    print("pooled image", &image);
    print(
        "largest of 2×2, stride 2",
        &largest(&image, &window(2, 2, 0, 1))?,
    );
    print("mean of 2×2, stride 2", &mean(&image, &window(2, 2, 0, 1))?);
    print(
        "largest of 3×3, stride 1",
        &largest(&image, &window(3, 1, 0, 1))?,
    );
    Ok(())
}

fn sizes() -> Result<(), Box<dyn Error>> {
    println!("\nsize of                input  kernel  stride  padding  dilation  output");
    for (name, input, [kernel, stride, padding, dilation]) in [
        ("LeNet-5 c1", 28, [5, 1, 2, 1]),
        ("LeNet-5 s2", 28, [2, 2, 0, 1]),
        ("LeNet-5 c3", 14, [5, 1, 0, 1]),
        ("AlexNet conv1", 227, [11, 4, 0, 1]),
        ("AlexNet pool1", 55, [3, 2, 0, 1]),
        ("AlexNet conv2", 27, [5, 1, 2, 1]),
        ("rounded down", 224, [11, 4, 0, 1]),
        ("dilated", 28, [3, 1, 2, 2]),
    ] {
        let output = window(kernel, stride, padding, dilation).over(input.into())?;
        println!(
            "size of {name:13} {input:6} {kernel:7} {stride:7} {padding:8} {dilation:9} {:7}",
            output.output.height
        );
    }
    Ok(())
}

fn compared() -> Result<(), Box<dyn Error>> {
    println!("\n32×32 to 28×28×6   parameters  connections");
    for (name, count) in layers_compared(32.into(), 5, 6)? {
        println!("{name:18} {:10} {:12}", count.parameters, count.connections);
    }
    Ok(())
}

/// A line a layer that has parameters or changes the shape, and the sums.
fn table(network: &str, summary: &Summary) {
    println!("\n{network} layer   output shape  parameters  multiply-adds");
    let line = |name: &str, shape: &str, parameters: usize, products: usize| {
        let name = format!("{network} {name}");
        println!("{name:15} {shape:>12} {parameters:11} {products:14}");
    };
    line("image", &shape(&summary.input_shape), 0, 0);
    let (mut all, mut dense) = (0, [0, 0]);
    for row in &summary.rows {
        let products = multiply_adds(row);
        all += products;
        if row.kind == "dense" {
            dense = [dense[0] + row.parameters, dense[1] + products];
        }
        if !["dropout", "flatten", "local_response_norm"].contains(&row.kind) {
            line(
                &row.name,
                &shape(&row.output_shape),
                row.parameters,
                products,
            );
        }
    }
    line("total", "", summary.parameters(), all);
    let percent = |part: usize, whole: usize| 100.0 * part as f64 / whole as f64;
    println!(
        "{network} dense layers: {:.1} % of the parameters",
        percent(dense[0], summary.parameters())
    );
    println!(
        "{network} dense layers' products: {:.1} % of the multiply-adds",
        percent(dense[1], all)
    );
}
