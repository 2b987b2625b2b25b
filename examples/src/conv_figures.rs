//! The pictures of convolution arithmetic: grids of pixels, windows on them, architectures.

use dl_conv::Window;
use dl_nn::{LayerError, Summary};
use dl_viz::style::{BLACK, BLUE, Color, GRAY, GREEN, ORANGE, PURPLE, RED, SKY};
use dl_viz::{Band, ColorMap, Figure, HeatMap, Line, Panel, Stages};
use ndarray::Array2;

use crate::conv_arithmetic::{convolve, image, largest, mean, pooled_image, window};

/// Draws a rectangle around rows and columns, given by their first and one past their last.
fn outline(panel: Panel, rows: [f64; 2], columns: [f64; 2], color: Color, width: f64) -> Panel {
    let [top, bottom] = rows.map(|row| row - 0.5);
    let [left, right] = columns.map(|column| column - 0.5);
    // a side further than the first corner, so that it is a corner, too
    let x = [left, right, right, left, left, right];
    let y = [top, top, bottom, bottom, top, top];
    panel.line(Line::new(x, y).color(color).width(width))
}

/// Outlines square windows. Each colour keeps a distance of its own to the border, so that windows
/// side by side or one over the other are all seen.
fn outlined(panel: Panel, at: [usize; 2], side: usize, color: Color) -> Panel {
    let inset = if color == BLACK { 0.13 } else { 0.04 };
    let edge = |from: usize| [from as f64 + inset, (from + side) as f64 - inset];
    outline(panel, edge(at[0]), edge(at[1]), color, 4.0)
}

fn numbers(title: &str, values: &Array2<f64>, most: f64, decimals: usize) -> Panel {
    let map = HeatMap::image(values).color_map(ColorMap::Blues);
    // pale, so that outlines and numbers stand out
    Panel::new(title).heat_map(map.range(0.0, 2.2 * most).value_labels(decimals))
}

/// An image, a kernel and the output, with one window and the output it gives.
///
/// # Errors
/// As [`convolve`].
pub fn convolution(kernel: &Array2<f64>) -> Result<Figure, LayerError> {
    const AT: [usize; 2] = [0, 1];
    let output = convolve(&image(), kernel, &Window::new(3))?;
    let weights = HeatMap::image(kernel).color_map(ColorMap::Diverging);
    let weights = weights.range(-4.0, 4.0).value_labels(0);
    let under = |i: usize, j: usize| image()[[AT[0] + i, AT[1] + j]];
    let row = |i: usize| {
        let products = (0..3).map(|j| format!("{}·{}", kernel[[i, j]], under(i, j)));
        let products: Vec<String> = products.collect();
        products.join(" + ").replace("+ -", "− ").replace('-', "−")
    };
    let sum = format!("{} + … = {}", row(0), output[AT]);
    let input = outlined(numbers("Image", &image(), 9.0, 0), AT, 3, RED);
    let output = outlined(numbers("Output", &output, 28.0, 0), AT, 1, RED);
    Ok(Figure::new()
        .title("The window on the image, times the kernel, summed")
        .size(12.0, 5.2)
        .grid(1, 3)
        .panel(input.x_label("5 × 5 pixels, a window of 3 × 3"))
        .panel(
            Panel::new("Kernel")
                .heat_map(weights)
                .x_label("3 × 3 weights"),
        )
        .panel(output.x_label(sum)))
}

/// What is set, and stride, padding and dilation.
const CASES: [(&str, [usize; 3]); 4] = [
    ("Stride 1, no padding", [1, 0, 1]),
    ("Stride 1, padding 1", [1, 1, 1]),
    ("Stride 2, padding 1", [2, 1, 1]),
    ("Dilation 2, padding 1", [1, 1, 2]),
];

/// Where two windows stand under four settings, above the outputs they give.
///
/// # Errors
/// A window that does not fit.
pub fn stride_and_padding() -> Result<Figure, LayerError> {
    const SIDE: usize = 5;
    const KERNEL: usize = 3;
    let mut figure = Figure::new()
        .title("A 3 × 3 window on 5 × 5 pixels (blue) and zeros (grey): its first position, red, and the next, black")
        .size(14.0, 8.2)
        .grid(2, 4);
    let mut outputs = Vec::new();
    for (name, [stride, padding, dilation]) in CASES {
        let geometry = window(KERNEL, stride, padding, dilation).over(SIDE.into())?;
        // all cases on one scale: a frame of one pixel is left around the image
        let mut panel = Panel::new(name).heat_map(background());
        let whole = [1 - padding, SIDE + 1 + padding];
        panel = cells(panel, whole, GRAY);
        panel = cells(panel, [1, SIDE + 1], BLUE);
        let positions = [(RED, 0), (BLACK, 1)];
        for (color, position) in positions {
            let column = 1 - padding + position * stride;
            if position >= geometry.output.width {
                continue;
            }
            for i in 0..KERNEL {
                for j in 0..KERNEL {
                    if dilation > 1 {
                        let tap = [1 - padding + i * dilation, column + j * dilation];
                        panel = outlined(panel, tap, 1, color);
                    }
                }
            }
            if dilation == 1 {
                panel = outlined(panel, [1 - padding, column], KERNEL, color);
            }
        }
        let size = geometry.output.height;
        figure = figure.panel(panel);
        let mut output = Panel::new(format!("{size} × {size} outputs")).heat_map(background());
        output = cells(output, [1, 1 + size], GREEN);
        for (color, position) in positions {
            if position < size {
                output = outlined(output, [1, 1 + position], 1, color);
            }
        }
        outputs.push(output);
    }
    Ok(figure.panels(outputs))
}

/// White, with room for 7 × 7 cells.
fn background() -> HeatMap {
    HeatMap::image(&Array2::<f64>::ones((7, 7))).range(0.0, 1.0)
}

/// Square cells from a row and column to before another.
fn cells(mut panel: Panel, [from, to]: [usize; 2], color: Color) -> Panel {
    let edge = |at: usize| at as f64 - 0.5;
    let (low, high) = (edge(from), edge(to));
    panel = panel.band(Band::new([low, high], [low, low], [high, high]).color(color));
    for at in from..=to {
        let (at, ends) = ([edge(at); 2], [low, high]);
        let thin = |x: [f64; 2], y: [f64; 2]| Line::new(x, y).color(GRAY).width(1.0);
        panel = panel.line(thin(at, ends)).line(thin(ends, at));
    }
    panel
}

/// Four windows, the largest number and the mean of each.
///
/// # Errors
/// As [`largest`].
pub fn pooling() -> Result<Figure, LayerError> {
    let image = pooled_image();
    let window = window(2, 2, 0, 1);
    let panels = [
        ("Image", image.clone(), 0, 2),
        ("Largest", largest(&image, &window)?, 0, 1),
        ("Mean", mean(&image, &window)?, 1, 1),
    ];
    let colors = [RED, BLUE, GREEN, PURPLE];
    let panels = panels.map(|(title, values, decimals, side)| {
        let corners = [[0, 0], [0, side], [side, 0], [side, side]];
        let panel = numbers(title, &values, 9.0, decimals);
        let pairs = corners.into_iter().zip(colors);
        pairs.fold(panel, |panel, (at, color)| outlined(panel, at, side, color))
    });
    Ok(Figure::new()
        .title("Pooling with 2 × 2 windows and stride 2")
        .size(12.0, 4.9)
        .grid(1, 3)
        .panels(panels))
}

/// The shapes of the data through some networks.
pub fn architectures(networks: &[(&str, Summary)]) -> Figure {
    let panels = networks.iter().map(|(name, summary)| {
        let mut stages = Stages::new().stage("image", as_stage(&summary.input_shape), GRAY);
        for row in &summary.rows {
            let color = match row.kind {
                "conv2d" => BLUE,
                "max_pool2d" => SKY,
                "average_pool2d" => SKY,
                "dense" => ORANGE,
                _ => continue,
            };
            stages = stages.stage(&row.name, as_stage(&row.output_shape), color);
        }
        Panel::new(*name).stages(stages)
    });
    let title = "Each network on its own scale: heights and depths by √pixels, widths by log₂(1 + channels); \
                 blue convolution, pale blue pooling, orange dense";
    Figure::new()
        .title(title)
        .size(14.0, 8.4)
        .grid(networks.len(), 1)
        .panels(panels)
}

fn as_stage(shape: &[usize]) -> [usize; 3] {
    match *shape {
        [height, width, channels] => [height, width, channels],
        _ => [1, 1, shape.iter().product()],
    }
}
