//! One figure of each kind: `cargo run -p dl-viz --example gallery -- DIR`.

use std::{error::Error, f64::consts::TAU, path::Path};

use dl_viz::{
    Band, Bars, Color, ColorMap, Contours, Figure, HeatMap, Line, Network, Panel, Regions, Scatter,
    Series,
    ndarray::{Array1, Array2, array},
    style::{BLUE, GREEN, PURPLE, RED},
};

fn main() -> Result<(), Box<dyn Error>> {
    let directory = std::env::args().nth(1).ok_or("usage: gallery DIR")?;
    let figures = [
        ("activations", activations()),
        ("dynamics", dynamics()),
        ("losses", losses()),
        ("regions", regions()),
        ("confusion", confusion()),
        ("bars", bars()),
        ("images", images()),
        ("contours", contours()),
        ("networks", networks()),
        ("kinds", kinds()),
    ];
    std::fs::create_dir_all(&directory)?;
    for (name, figure) in figures {
        figure.save(Path::new(&directory).join(format!("{name}.svg")))?;
        figure.save(Path::new(&directory).join(format!("{name}.png")))?;
    }
    Ok(())
}

/// Evenly spread, pseudo-random numbers in −½ to ½; a gallery needs no generator.
fn noise(seed: f64) -> impl FnMut() -> f64 {
    let mut i = seed;
    move || {
        i += 1.0;
        ((i * 12.9898).sin() * 43758.5453).rem_euclid(1.0) - 0.5
    }
}

/// Roughly normal: the sum of twelve uniform numbers.
fn normal(uniform: &mut impl FnMut() -> f64) -> f64 {
    (0..12).map(|_| uniform()).sum()
}

fn activations() -> Figure {
    let x = Array1::linspace(-10.0, 10.0, 100);
    let softmax = {
        let exp = x.mapv(|x: f64| (x - 10.0).exp());
        &exp / exp.sum()
    };
    let panel = |name: &str, y_label: &str, y: Array1<f64>, color: Color| {
        let line = Line::new(&x, &y).label(name).color(color);
        Panel::new(name).x_label("x").y_label(y_label).line(line)
    };
    Figure::new()
        .size(12.0, 10.0)
        .grid(2, 2)
        .panel(panel(
            "Sigmoid",
            "σ(x)",
            x.mapv(|x| 1.0 / (1.0 + (-x).exp())),
            BLUE,
        ))
        .panel(panel("Tanh", "tanh(x)", x.mapv(f64::tanh), RED))
        .panel(panel("ReLU", "max(0, x)", x.mapv(|x| x.max(0.0)), GREEN))
        .panel(panel("Softmax", "softmax(x)ᵢ", softmax, PURPLE))
}

/// The course's network of one hidden neuron on y = 2x + 1.
fn dynamics() -> Figure {
    let mut uniform = noise(42.0);
    let x = Array1::linspace(-1.0, 1.0, 100);
    let y = x.mapv(|x| 2.0 * x + 1.0 + 0.4 * normal(&mut uniform));
    let (mut w1, mut b1, mut w2, mut b2) = (0.5, -0.14, 0.65, 1.52);
    let mut history: [Vec<f64>; 5] = Default::default();
    for _ in 0..100 {
        for (&x, &y) in x.iter().zip(&y) {
            let h = w1 * x + b1;
            let error = w2 * h + b2 - y;
            let delta = 2.0 * error;
            let (dw2, db2, dw1, db1) = (delta * h, delta, delta * w2 * x, delta * w2);
            w2 -= 0.01 * dw2;
            b2 -= 0.01 * db2;
            w1 -= 0.01 * dw1;
            b1 -= 0.01 * db1;
            for (history, value) in history.iter_mut().zip([error * error, w1, b1, w2, b2]) {
                history.push(value);
            }
        }
    }
    let [loss, history_w1, history_b1, history_w2, history_b2] = history;
    let panel = |name: &str, y_label: &str, values: Vec<f64>, color| {
        let line = Line::steps(values).color(color).width(1.2);
        Panel::new(name)
            .x_label("Update")
            .y_label(y_label)
            .line(line)
    };
    let fit = x.mapv(|x| w2 * (w1 * x + b1) + b2);
    Figure::new()
        .title("The dynamics of training")
        .size(14.0, 7.0)
        .grid(2, 3)
        .panel(panel("Loss", "Squared error", loss, BLUE).log_y())
        .panel(panel("Weight w₁", "w₁", history_w1, GREEN))
        .panel(panel("Bias b₁", "b₁", history_b1, GREEN))
        .panel(panel("Weight w₂", "w₂", history_w2, PURPLE))
        .panel(panel("Bias b₂", "b₂", history_b2, PURPLE))
        .panel(
            Panel::new("Model fit")
                .x_label("x")
                .y_label("y")
                .scatter(Scatter::new(&x, &y).label("data").color(RED).radius(3.0))
                .line(Line::new(&x, &fit).label("model").color(BLUE)),
        )
}

fn losses() -> Figure {
    let mut uniform = noise(7.0);
    let mut curve = |floor: f64, rise: f64| -> Vec<f64> {
        (0..40)
            .map(|epoch| {
                let epoch = f64::from(epoch);
                (2.2 * (-epoch / 5.0).exp() + floor + rise * epoch) * (1.0 + 0.1 * uniform())
            })
            .collect()
    };
    let (train, validation) = (curve(0.02, 0.0), curve(0.09, 0.002));
    Figure::from(
        Panel::new("Example data")
            .x_label("Epoch")
            .y_label("Cross-entropy (nats)")
            .log_y()
            .vertical_line(22.0, "best weights")
            .line(Line::steps(train).label("train"))
            .line(Line::steps(validation).label("validation")),
    )
}

fn regions() -> Figure {
    let names = ["setosa", "versicolor", "virginica"];
    let mut uniform = noise(3.0);
    let centers = [(-2.2, 0.3), (0.4, -0.4), (1.9, 0.4)];
    let (mut x, mut y, mut classes) = (Vec::new(), Vec::new(), Vec::new());
    for (class, center) in centers.iter().enumerate() {
        for _ in 0..50 {
            let along = 0.55 * normal(&mut uniform);
            x.push(center.0 + along);
            y.push(center.1 + 0.5 * along + 0.6 * normal(&mut uniform));
            classes.push(class);
        }
    }
    let regions = Regions::predict((-4.5, 4.5), (-3.5, 3.5), 0.02, |points| {
        let class = |x: f64, y: f64| {
            let first = (x + 1.3 + 0.15 * y).max(0.9 * x + 0.6 * y + 0.4);
            let second = (x - 1.2 - 0.5 * y).max(0.3 * x + y - 2.2).max(-y - 3.0);
            usize::from(first > 0.0) + usize::from(first > 0.0 && second > 0.0)
        };
        points
            .outer_iter()
            .map(|p| class(p[0], p[1]))
            .collect::<Vec<_>>()
    });
    Figure::from(
        Panel::new("Example data")
            .x_label("Principal Component 1")
            .y_label("Principal Component 2")
            .regions(regions.names(names))
            .scatter(Scatter::new(&x, &y).classes(classes, names)),
    )
    .size(8.0, 6.0)
}

fn confusion() -> Figure {
    let names = ["setosa", "versicolor", "virginica"];
    let counts = array![[10, 0, 0], [0, 8, 1], [0, 2, 9]];
    let map = HeatMap::new(&counts)
        .rows(names)
        .columns(names)
        .value_labels(0)
        .color_bar("Test samples");
    let digits = Array2::from_shape_fn((10, 10), |(row, column)| match (row, column) {
        _ if row == column => 960 + row * 17,
        (4, 9) | (9, 4) => 12,
        _ => (row * 7 + column * 3) % 4,
    });
    let digits = HeatMap::new(&digits)
        .value_labels(0)
        .color_bar("Test images");
    Figure::new()
        .size(14.0, 6.0)
        .panel(
            Panel::new("Example data")
                .x_label("Predicted")
                .y_label("True")
                .heat_map(map),
        )
        .panel(
            Panel::new("Example data, ten classes")
                .x_label("Predicted")
                .y_label("True")
                .heat_map(digits),
        )
}

fn bars() -> Figure {
    let measures = Bars::new(["Accuracy", "Precision", "Recall", "F₁"])
        .series(
            Series::new([0.967, 0.961, 0.958, 0.959])
                .intervals([0.89, 0.88, 0.87, 0.88], [0.99, 0.99, 0.985, 0.99])
                .label("A"),
        )
        .series(
            Series::new([0.90, 0.905, 0.89, 0.895])
                .intervals([0.80, 0.81, 0.79, 0.80], [0.95, 0.96, 0.95, 0.95])
                .label("B"),
        )
        .value_labels(2);
    let sizes = Bars::new(["A", "B", "B, with a longer name", "C"])
        .series(Series::new([7200, 4100, 4600, 3300]))
        .horizontal()
        .value_labels(0);
    Figure::new()
        .size(14.0, 5.0)
        .panel(
            Panel::new("Example data, 95 % intervals")
                .y_label("Measure")
                .bars(measures),
        )
        .panel(
            Panel::new("Example data")
                .x_label("Items per second")
                .bars(sizes),
        )
}

fn images() -> Figure {
    let ring = |radius: f64, thickness: f64| {
        Array2::from_shape_fn((28, 28), |(row, column)| {
            let distance = (row as f64 - 13.5).hypot(column as f64 - 13.5);
            (1.0 - (distance - radius).abs() / thickness).max(0.0)
        })
    };
    let panels = (0..10).map(|i| {
        let (title, color) = if i == 6 {
            ("6 (0)".to_owned(), RED)
        } else {
            (format!("{i} ({i})"), BLUE)
        };
        Panel::new(title)
            .title_color(color)
            .heat_map(HeatMap::image(&ring(3.0 + i as f64 * 0.8, 3.0)).range(0.0, 1.0))
    });
    Figure::new()
        .title("Example data: predicted (true)")
        .size(10.0, 4.8)
        .grid(2, 5)
        .panels(panels)
}

fn contours() -> Figure {
    let bowl = |x: f64, y: f64| x * x + 4.0 * y * y;
    let (mut x, mut y) = (vec![-1.7], vec![0.8]);
    for i in 0..15 {
        x.push(0.8 * x[i]);
        y.push(-0.75 * y[i]);
    }
    let end = Scatter::new([x[15]], [y[15]]).radius(6.0);
    let panel = Panel::new("A path down a bowl")
        .contours(Contours::from_fn((-2.0, 2.0), (-1.0, 1.0), bowl))
        .line(Line::new(x, y).dots().color(RED))
        .scatter(end.color(RED));
    Figure::from(panel)
}

fn networks() -> Figure {
    let labels = ["1.5", "−0.5", "0.25", "1"];
    let small = Network::new([2, 2, 1])
        .layer_names(["inputs", "hidden", "output"])
        .names(0, ["x₁", "x₂"])
        .names(1, ["h₁", "h₂"])
        .names(2, ["y"])
        .above(1, ["0.62", "0.38"], BLUE)
        .below(1, ["−0.11", "0.07"], RED)
        .edge_labels(0, labels, BLUE)
        .edge_labels(1, ["2", "−1"], BLUE);
    let weights = |inputs: usize, outputs: usize| {
        Array2::from_shape_simple_fn((inputs, outputs), noise(inputs as f64))
    };
    let large = Network::new([784, 6, 10])
        .layer_names(["784 pixels", "hidden", "10 classes"])
        .weights(0, &weights(784, 6))
        .weights(1, &weights(6, 10))
        .values(1, [-1.0, 0.5, 1.0, 0.0, -0.3, 0.2]);
    Figure::new()
        .size(12.0, 5.0)
        .grid(1, 2)
        .panel(Panel::new("Values and gradients").network(small))
        .panel(Panel::new("Weights by sign and size").network(large))
}

fn kinds() -> Figure {
    let x: Vec<f64> = (0..200)
        .map(|i| -4.0 + 8.0 * f64::from(i) / 199.0)
        .collect();
    let density = |x: f64| (-x * x / 2.0).exp() / TAU.sqrt();
    let inside: Vec<f64> = x.iter().copied().filter(|x| x.abs() <= 1.96).collect();
    let kernel = array![[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]];
    let mut uniform = noise(1.0);
    let darts: Vec<(f64, f64)> = (0..300)
        .map(|_| (2.0 * uniform(), 2.0 * uniform()))
        .collect();
    let circle: Vec<f64> = (0..=120).map(|i| TAU * f64::from(i) / 120.0).collect();
    Figure::new()
        .size(12.0, 10.0)
        .grid(2, 2)
        .panel(
            Panel::new("Standard normal density")
                .x_label("x")
                .y_label("p(x)")
                .band(
                    Band::new(
                        &inside,
                        inside.iter().map(|_| 0.0),
                        inside.iter().map(|&x| density(x)),
                    )
                    .label("95 %"),
                )
                .line(Line::new(&x, x.iter().map(|&x| density(x))))
                .note(0.0, density(0.0), "mode"),
        )
        .panel(
            Panel::new("Sobel kernel").heat_map(
                HeatMap::new(&kernel)
                    .color_map(ColorMap::Diverging)
                    .value_labels(0)
                    .color_bar(""),
            ),
        )
        .panel(
            Panel::new("Darts at a board")
                .equal_aspect()
                .x_label("x (m)")
                .y_label("y (m)")
                .scatter(
                    Scatter::new(darts.iter().map(|d| d.0), darts.iter().map(|d| d.1))
                        .classes(
                            darts.iter().map(|d| usize::from(d.0.hypot(d.1) > 0.8)),
                            ["hit", "miss"],
                        )
                        .radius(3.0),
                )
                .line(Line::new(
                    circle.iter().map(|t| 0.8 * t.cos()),
                    circle.iter().map(|t| 0.8 * t.sin()),
                )),
        )
        .panel(
            Panel::new("Example data: learning rate")
                .x_label("Learning rate η")
                .y_label("Final loss")
                .log_x()
                .log_y()
                .line(
                    Line::new(
                        [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1],
                        [2.1, 1.2, 0.3, 0.04, 0.07, 1.9],
                    )
                    .label("A"),
                )
                .line(
                    Line::new([1e-6, 1e-4, 1e-2, 1e-1], [2.3, 2.0, 0.2, 0.09])
                        .label("B")
                        .dashed(),
                )
                .horizontal_line(0.02, "Bayes error"),
        )
}
