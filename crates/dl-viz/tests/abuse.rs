//! Data of every memory layout, magnitude and size is either drawn or rejected with an error.

use dl_viz::{
    Band, Bars, ColorMap, Contours, Figure, FigureError, HeatMap, Images, Legend, Line, Network,
    Panel, Regions, Scatter, Series, Stages,
    ndarray::{Array1, Array2, Array4, ArrayView1, ArrayView2, ArrayView4, Axis, Slice},
    style::BLUE,
};

mod svg;

fn svg(panel: Panel) -> Result<String, FigureError> {
    Figure::from(panel).to_svg()
}

fn every(step: isize) -> Slice {
    Slice::new(0, None, step)
}

/// A matrix of 4 × 6 with `value` in row 1, column 2, in each memory layout.
fn matrices(value: f64) -> Vec<(&'static str, Array2<f64>)> {
    let mut matrix = Array2::from_shape_fn((4, 6), |(row, column)| (row * 6 + column) as f64);
    matrix[[1, 2]] = value;
    let mut reversed = matrix.clone();
    reversed.invert_axis(Axis(0));
    reversed.invert_axis(Axis(1));
    reversed.assign(&matrix);
    let mut strided = Array2::from_elem((8, 18), 0.5);
    strided.slice_axis_inplace(Axis(0), every(2));
    strided.slice_axis_inplace(Axis(1), every(3));
    strided.assign(&matrix);
    let mut transposed = Array2::zeros((6, 4)).reversed_axes();
    transposed.assign(&matrix);
    vec![
        ("contiguous", matrix.clone()),
        ("transposed", transposed),
        ("reversed", reversed),
        ("strided", strided),
    ]
}

type Drawing = (&'static str, fn(ArrayView2<f64>) -> Panel);

/// Each mark that takes numbers, made from a matrix or one of its columns.
const MARKS: [Drawing; 14] = [
    ("heat map", |m| panel().heat_map(HeatMap::new(m))),
    ("image", |m| panel().heat_map(HeatMap::image(m))),
    ("heat map with values", |m| {
        panel().heat_map(HeatMap::new(m).value_labels(2).color_bar("n"))
    }),
    ("heat map of logarithms", |m| {
        let counts = m.mapv(|v| if v.is_finite() { v.max(0.0) } else { v });
        panel().heat_map(HeatMap::new(&counts).log_colors().color_bar("n"))
    }),
    ("images", |m| {
        let images = m.insert_axis(Axis(0)).insert_axis(Axis(3));
        panel().images(Images::new(images).scale_each())
    }),
    ("channels", |m| {
        panel().images(Images::channels(m.insert_axis(Axis(2))).color_map(ColorMap::Diverging))
    }),
    ("contours", |m| {
        panel().contours(Contours::new(m, (0.0, 1.0), (0.0, 1.0)))
    }),
    ("weights", |m| {
        panel().network(Network::new([m.nrows(), m.ncols()]).weights(0, m))
    }),
    ("values of neurons", |m| {
        panel().network(Network::new([m.nrows()]).values(0, m.column(2)))
    }),
    ("scatter x", |m| {
        panel().scatter(Scatter::new(m.column(2), ramp(m)))
    }),
    ("scatter y", |m| {
        panel().scatter(Scatter::new(ramp(m), m.column(2)))
    }),
    ("band", |m| {
        panel().band(Band::new(ramp(m), m.column(2), ramp(m)))
    }),
    ("bars", |m| {
        panel().bars(Bars::new(["a", "b", "c", "d"]).series(Series::new(m.column(2))))
    }),
    ("intervals", |m| {
        let series = Series::new(ramp(m)).intervals(m.column(2), ramp(m));
        panel().bars(Bars::new(["a", "b", "c", "d"]).series(series))
    }),
];

fn panel() -> Panel {
    Panel::new("P")
}

fn ramp(matrix: ArrayView2<f64>) -> Array1<f64> {
    Array1::from_iter((0..matrix.nrows()).map(|i| i as f64))
}

#[test]
fn a_value_that_is_not_finite_is_found_in_every_layout() {
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for (layout, matrix) in matrices(value) {
            for (mark, draw) in MARKS {
                let error = svg(draw(matrix.view()))
                    .expect_err(&format!("{mark}, {layout}, {value}"))
                    .to_string();
                let named = format!("is {value}; it must be finite");
                assert!(error.ends_with(&named), "{mark}, {layout}: {error}");
            }
        }
    }
}

#[test]
fn the_first_such_value_is_counted_row_by_row() {
    for (layout, matrix) in matrices(f64::NAN) {
        for draw in [MARKS[0], MARKS[4], MARKS[6], MARKS[7]] {
            let error = svg(draw.1(matrix.view())).expect_err(layout).to_string();
            assert!(
                error.contains("value 8 of "),
                "{}, {layout}: {error}",
                draw.0
            );
        }
    }
}

#[test]
fn the_drawing_does_not_depend_on_the_layout() {
    for (mark, draw) in MARKS {
        for (layout, matrix) in matrices(0.25) {
            let same = matrix.as_standard_layout().into_owned();
            let (found, expected) = (svg(draw(matrix.view())), svg(draw(same.view())));
            assert!(
                found.expect(mark) == expected.expect(mark),
                "{mark}, {layout}"
            );
        }
    }
}

#[test]
fn images_are_checked_in_every_layout() {
    let mut images = Array4::<f32>::zeros((3, 4, 5, 1));
    images[[1, 2, 3, 0]] = f32::NAN;
    let drawn = |images: ArrayView4<f32>| svg(panel().images(Images::new(images)));
    let rejected = |images: ArrayView4<f32>| drawn(images).expect_err("NaN").to_string();
    let message =
        |number| format!("panel `P`: images: value {number} of pixels is NaN; it must be finite");
    assert_eq!(rejected(images.view()), message(20 + 13));
    let swapped = images.view().permuted_axes([0, 2, 1, 3]);
    assert_eq!(rejected(swapped), message(20 + 3 * 4 + 2));
    drawn(images.slice_axis(Axis(0), every(2))).expect("no NaN among the first and the last");
}

#[test]
fn a_line_has_gaps_in_every_layout() {
    let values = Array1::from(vec![0.0, 1.0, f64::NAN, 3.0, 4.0]);
    let drawn = |values: ArrayView1<f64>| svg(panel().line(Line::steps(values))).expect("a line");
    let mut strided = Array1::zeros(10);
    strided.slice_axis_inplace(Axis(0), every(2));
    strided.assign(&values);
    assert!(drawn(values.view()) == drawn(strided.view()));
    let backwards: Vec<f64> = values.iter().rev().copied().collect();
    assert!(drawn(values.slice_axis(Axis(0), every(-1))) == drawn(ArrayView1::from(&backwards)));
}

#[test]
fn values_of_every_magnitude_are_drawn_or_rejected() {
    let values = [
        [0.0, 5e-324],
        [-5e-324, 5e-324],
        [5e-324, 5e-324],
        [0.0, 0.0],
        [1e-310, 3e-310],
        [1e-300, 2e-300],
        [1.0, 1.0 + f64::EPSILON],
        [1e300, 1e300 * (1.0 + f64::EPSILON)],
        [1e300, 1e300],
        [-1e308, 1e308],
        [f64::MIN, f64::MAX],
        [0.0, f64::MAX],
        [f64::MAX, f64::MAX],
    ];
    for [low, high] in values {
        let matrix =
            Array2::from_shape_fn((4, 4), |(r, c)| if (r + c) % 2 == 0 { low } else { high });
        for (mark, draw) in MARKS {
            if let Err(error) = svg(draw(matrix.view())) {
                let error = error.to_string();
                let rejected = ["is too wide", "the span of the values is finite"]
                    .iter()
                    .any(|end| error.ends_with(end));
                assert!(
                    rejected && high.abs() > 8e307,
                    "{mark}, {low} to {high}: {error}"
                );
            }
        }
        for panel in [
            panel(),
            panel().log_y(),
            panel().log_x(),
            panel().equal_aspect(),
        ] {
            let x: Vec<f64> = vec![low, high, low, high];
            let line = panel
                .line(Line::new(&x, [high, low, low, high]).dashed())
                .note(low, high, "here")
                .horizontal_line(low, "low");
            if let Err(error) = svg(line) {
                let error = error.to_string();
                let rejected =
                    error.ends_with("is too wide") || error.contains("no value can be drawn");
                assert!(rejected, "{low} to {high}: {error}");
            }
        }
    }
}

#[test]
fn lines_far_beyond_a_range_are_clipped() {
    for huge in [1e9, 1e18, 1e300, f64::MAX] {
        let panel = panel()
            .y_range(0.0, 1.0)
            .x_range(0.0, 3.0)
            .line(Line::steps([-huge, huge, 0.5, -huge]).dashed())
            .line(Line::new([-huge, huge], [0.0, 1.0]))
            .scatter(Scatter::new([-huge, 0.0, huge], [0.0, huge, 1.0]))
            .band(Band::new([-huge, huge], [-huge, 0.0], [huge, 2.0]));
        let drawn = svg(panel).expect("drawn");
        assert_eq!(svg::bounds(&drawn), [0.0, 0.0, 800.0, 550.0], "{huge}");
    }
}

#[test]
fn excessive_counts_are_rejected() {
    let fails = |figure: Figure, message: &str| {
        assert_eq!(figure.to_svg().expect_err(message).to_string(), message);
        assert_eq!(figure.to_png().expect_err(message).to_string(), message);
    };
    let matrix = Array2::<f64>::zeros((2, 2));
    for decimals in [18, 65_535, usize::MAX] {
        let message = |mark: &str| {
            let number = decimals as f64;
            format!("panel `P`: {mark}: number of decimals is {number}; it must be at most 17")
        };
        let map = HeatMap::new(&matrix).value_labels(decimals);
        fails(panel().heat_map(map).into(), &message("heat map"));
        let bars = Bars::new(["a"])
            .series(Series::new([1]))
            .value_labels(decimals);
        fails(panel().bars(bars).into(), &message("bars"));
    }
    let levels = Contours::new(&matrix, (0.0, 1.0), (0.0, 1.0)).levels(0..1001);
    fails(
        panel().contours(levels).into(),
        "panel `P`: contours: number of levels is 1001; it must be at most 1000",
    );
    fails(
        panel().network(Network::new(vec![1; 1001])).into(),
        "panel `P`: network: number of layers is 1001; it must be at most 1000",
    );
    fails(
        panel()
            .network(Network::new([usize::MAX, usize::MAX]).edge_labels(0, ["w"], BLUE))
            .into(),
        &format!("panel `P`: network: 1 labels for {} edges", usize::MAX),
    );
    // a view of one number, broadcast to more than fits into any memory
    let zero = Array2::<f64>::zeros((1, 1));
    let many = zero.broadcast((1 << 31, 1 << 31)).expect("one number");
    let message = |mark: &str| {
        format!(
            "panel `P`: {mark}: number of cells is 4611686018427388000; it must be at most 10 million"
        )
    };
    fails(
        panel().heat_map(HeatMap::new(many)).into(),
        &message("heat map"),
    );
    let contours = Contours::new(many, (0.0, 1.0), (0.0, 1.0));
    fails(panel().contours(contours).into(), &message("contours"));
    let channels = Images::channels(many.insert_axis(Axis(2)));
    fails(panel().images(channels).into(), &message("images"));
    let line = || Figure::from(panel().line(Line::steps([1, 2])));
    for side in [f64::MAX, 1e9, f64::from(u32::MAX), f64::INFINITY] {
        let rejected = line().size(side, side).to_png();
        assert!(matches!(rejected, Err(FigureError::Size { .. })), "{side}");
    }
    let rejected = line().grid(usize::MAX, usize::MAX).to_svg();
    assert!(matches!(rejected, Err(FigureError::Size { .. })));
    // columns beyond the images are empty
    let columns = Images::new(&Array4::<f64>::zeros((2, 2, 2, 1))).columns(usize::MAX);
    svg(panel().images(columns)).expect("drawn");
    let largest = [usize::MAX; 3];
    svg(panel().stages(Stages::new().stage("s", largest, BLUE))).expect("drawn");
    svg(panel().network(Network::new([usize::MAX, 1]))).expect("drawn");
}

#[test]
fn a_png_has_a_maximum_number_of_pixels() {
    let figure = Figure::from(panel().line(Line::steps([1, 2]))).size(100.0, 100.0);
    figure.to_svg().expect("an SVG of any size costs the same");
    let error = figure.to_png().expect_err("400 million pixels").to_string();
    assert_eq!(
        error,
        "a PNG of 20000 × 20000 pixels has more than 100 million; draw a smaller figure, or an SVG"
    );
}

#[test]
fn texts_of_every_kind_are_drawn_or_do_not_fit() {
    let texts = [
        String::new(),
        " ".to_owned(),
        "\u{1b}[31mred\u{7}\0\u{9b}".to_owned(),
        "two\nlines\tand\r\u{fffe}\u{202e}more".to_owned(),
        "<script>alert(1)</script> & \"quoted\" 'too' ]]>".to_owned(),
        "漢字 🦀 e\u{301}\u{302}\u{303}".to_owned(),
        "very long ".repeat(20_000),
    ];
    for text in &texts {
        let t = || text.clone();
        let points = || Scatter::new([0, 1], [0, 1]).classes([0, 1], [t(), t() + "b"]);
        let bars = Bars::new([t()]).series(Series::new([1]).label(t()));
        let map = HeatMap::new(&Array2::<f64>::eye(2));
        let titled = |panel: Panel| panel.title_color(BLUE).x_label(t()).y_label(t());
        for panel in [
            titled(Panel::new(t()))
                .scatter(points())
                .note(0.5, 0.5, t()),
            titled(Panel::new(t()))
                .line(Line::steps([1, 2]).label(t()))
                .vertical_line(0.5, t()),
            titled(Panel::new(t())).bars(bars.clone()),
            titled(Panel::new(t())).bars(bars.horizontal()),
            titled(Panel::new(t())).heat_map(map.clone().rows([t(), t()]).color_bar(t())),
            titled(Panel::new(t())).heat_map(map.columns([t(), t()]).value_labels(1)),
            Panel::new(t()).stages(Stages::new().stage(t(), [1, 2, 3], BLUE)),
            Panel::new(t()).network(Network::new([1]).layer_names([t()]).names(0, [t()]).above(
                0,
                [t()],
                BLUE,
            )),
        ] {
            match Figure::from(panel).title(t()).to_svg() {
                Ok(svg) => {
                    // read as XML
                    assert!(svg::shapes(&svg) > 0);
                    // some 500 bytes per glyph, and at most 2000 glyphs per text
                    assert!(svg.len() < 30_000_000, "{}", svg.len());
                }
                Err(FigureError::Room { .. }) => assert!(text.len() > 1000, "{text:?}"),
                Err(error) => panic!("{text:?}: {error}"),
            }
        }
    }
}

#[test]
fn errors_are_free_of_control_characters() {
    let title = "\u{1b}[2Jtitle\u{7}\u{202e}";
    let errors = [
        svg(Panel::new(title)),
        svg(Panel::new(title).line(Line::steps([f64::NAN]).label(title))),
        svg(Panel::new(title)
            .line(Line::steps([1, 2]))
            .x_range(1.0, 0.0)),
        svg(Panel::new(title).horizontal_line(f64::NAN, title)),
        svg(Panel::new(title)
            .line(Line::steps([1, 2]))
            .note(f64::NAN, 0.0, title)),
        Figure::from(
            Panel::new(title)
                .y_label("y")
                .heat_map(HeatMap::new(&Array2::<f64>::eye(2)).color_bar("n")),
        )
        .size(1.5, 1.5)
        .to_svg(),
    ];
    for error in errors {
        let message = error.expect_err("nothing to draw").to_string();
        assert!(message.contains("title"), "{message:?}");
        let obeyed = |c: char| c.is_control() || c == '\u{202e}';
        assert!(!message.contains(obeyed), "{message:?}");
    }
}

#[test]
fn a_legend_of_many_entries_leaves_room_for_the_data() {
    let names = |count: usize| (0..count).map(|i| format!("class {i}"));
    let regions = |count: usize| {
        let mesh = Array2::from_shape_fn((20, 20), |(row, column)| (row * 20 + column) % count);
        Regions::new(mesh, (0.0, 1.0), (0.0, 1.0)).names(names(count))
    };
    for count in [40, 300, 10_000] {
        let drawn = svg(panel().regions(regions(count))).expect("drawn");
        assert_eq!(svg::bounds(&drawn), [0.0, 0.0, 800.0, 550.0]);
    }
    let lines = (0..10_000).fold(panel(), |panel, i| {
        panel.line(Line::steps([i, 2 * i]).label(format!("line {i}")))
    });
    for place in [Legend::Auto, Legend::TopLeft, Legend::Above, Legend::Hidden] {
        svg(lines.clone().legend(place)).expect("drawn");
    }
}

/// However many class names there are, and however long, the figure shows the data.
#[test]
fn names_leave_room_for_the_data() {
    fn short(i: usize) -> String {
        format!("class {i}")
    }
    fn long(i: usize) -> String {
        format!("{i} {}", "class of a long name ".repeat(20))
    }
    for count in [3, 300] {
        for name in [short, long as fn(usize) -> String] {
            let names = || (0..count).map(name);
            let matrix = Array2::from_shape_fn((count, count), |(r, c)| usize::from(r == c));
            let ones = || Series::new(vec![1; count]).label(long(0));
            let points = Scatter::new(vec![0; count], 0..count).classes(0..count, names());
            let entries = (0..count).fold(panel(), |panel, i| {
                panel.line(Line::steps([i, 2 * i]).label(name(i)))
            });
            let panels = [
                panel().heat_map(HeatMap::new(&matrix).rows(names()).columns(names())),
                panel().bars(Bars::new(names()).series(ones())),
                panel().bars(Bars::new(names()).series(ones()).horizontal()),
                panel().scatter(points),
                entries.clone().legend(Legend::TopLeft),
                entries.clone().legend(Legend::BottomRight),
                entries,
            ];
            for (number, panel) in panels.into_iter().enumerate() {
                // in a grid, too
                for panels in [vec![panel.clone()], vec![panel.clone(), panel]] {
                    let figure = panels.into_iter().fold(Figure::new(), Figure::panel);
                    let drawn = figure.size(8.0, 4.0).to_svg().expect("there is room");
                    let what = format!("{number}, {count} names like {:.20}", name(0));
                    assert_eq!(svg::bounds(&drawn), [0.0, 0.0, 800.0, 400.0], "{what}");
                }
            }
        }
    }
}

#[test]
fn a_long_title_does_not_make_a_long_message() {
    let title = "class ".repeat(500_000);
    let error = svg(Panel::new(&title).line(Line::steps([f64::NAN]).label(&title)));
    let message = error.expect_err("nothing to draw").to_string();
    assert!(message.len() < 1500, "{}", message.len());
    assert!(message.contains("no value can be drawn"), "{message}");
}

#[test]
fn drawing_takes_linear_time() {
    // each was quadratic, and would take minutes
    let map = Array2::from_shape_fn((300, 300), |(row, column)| (row * column) as f64);
    svg(panel().heat_map(HeatMap::new(&map).color_bar("n"))).expect("a heat map");
    let images = Array4::from_shape_fn((4096, 4, 4, 1), |(n, y, x, _)| n + y * x);
    svg(panel().images(Images::new(&images))).expect("images");
    let values: Vec<f64> = (0..50_000).map(|i| f64::from(i * 7919 % 1009)).collect();
    let line = panel()
        .line(Line::steps(&values))
        .line(Line::new(&values, values.iter().rev()).dashed());
    svg(line).expect("a line");
    svg(panel().scatter(Scatter::new(&values, values.iter().rev()))).expect("points");
    let names = (0..20_000).map(|i| i.to_string());
    let bars = Bars::new(names).series(Series::new(&values[..20_000]));
    svg(panel().bars(bars)).expect("bars");
}
