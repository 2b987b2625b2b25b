//! Whole figures: output, reproducibility and errors.

use std::collections::BTreeSet;

use dl_viz::{
    Band, Bars, Contours, Figure, FigureError, HeatMap, Line, Network, Panel, Regions, Scatter,
    Series,
    ndarray::{Array2, ArrayView2, array},
};

mod svg;

/// One panel of each kind.
fn everything() -> Figure {
    let regions = Regions::predict((-1.0, 1.0), (-1.0, 1.0), 0.1, |points| {
        points
            .outer_iter()
            .map(|p| usize::from(p[0] > 0.0) + usize::from(p[1] > 0.5))
            .collect::<Vec<_>>()
    });
    let names = ["a", "b", "c"];
    Figure::new()
        .title("Σ over ∇ & <tags>")
        .size(14.0, 8.0)
        .grid(2, 4)
        .panel(
            Panel::new("Lines")
                .x_label("Epoch")
                .y_label("Loss (nats)")
                .log_y()
                .line(Line::steps([1.0, 0.1, f64::NAN, 0.01]).label("train"))
                .line(
                    Line::steps([1.0, 0.2, 0.1, 0.0])
                        .label("validation")
                        .dashed(),
                )
                .horizontal_line(0.05, "target"),
        )
        .panel(
            Panel::new("Regions")
                .regions(regions.names(names))
                .scatter(Scatter::new([-0.5, 0.5, 0.9], [0.0, 0.0, 0.9]).classes([0, 1, 2], names)),
        )
        .panel(
            Panel::new("Bars").bars(
                Bars::new(["x", "y"])
                    .series(Series::new([1, -2]).intervals([0, -3], [2, -1]))
                    .value_labels(1),
            ),
        )
        .panel(
            Panel::new("Heat map").heat_map(
                HeatMap::new(&array![[1, 2], [3, 4]])
                    .value_labels(0)
                    .color_bar("n"),
            ),
        )
        .panel(
            Panel::new("Band")
                .band(Band::new([0, 1], [0.0, 1.0], [1.0, 3.0]))
                .note(0.5, 1.0, "here"),
        )
        .panel(Panel::new("Image").heat_map(HeatMap::image(&array![[0.0, 0.5], [0.5, 1.0]])))
        .panel(
            Panel::new("Contours")
                .contours(Contours::from_fn((-2.0, 2.0), (-1.0, 1.0), |x, y| {
                    x * x + y
                }))
                .line(Line::new([1, 0, 0], [1, 0, -1]).dots()),
        )
        .panel(
            Panel::new("Network").network(
                Network::new([2, 12, 1])
                    .layer_names(["in", "hidden", "a long name for the output"])
                    .names(0, ["x₁", "x₂"])
                    .above(0, ["a text above that is long", ""], dl_viz::style::BLUE)
                    .below(2, ["−0.5"], dl_viz::style::RED)
                    .edge_labels(1, ["w"; 12], dl_viz::style::BLUE),
            ),
        )
}

fn directory(name: &str) -> std::path::PathBuf {
    let path = std::env::temp_dir().join(format!("dl-viz-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&path).expect("a temporary directory");
    path
}

#[test]
fn the_same_figure_is_the_same_bytes() {
    let (first, second) = (everything(), everything());
    assert!(first.to_svg().expect("drawn") == second.to_svg().expect("drawn"));
    assert!(first.to_png().expect("drawn") == second.to_png().expect("drawn"));
}

#[test]
fn svg_parses_without_a_font_and_holds_no_text() {
    let svg = everything().to_svg().expect("drawn");
    assert!(!svg.contains("<text") && !svg.contains("font-family"));
    let document = roxmltree::Document::parse(&svg).expect("well-formed XML");
    let root = document.root_element();
    let names: BTreeSet<&str> = document
        .descendants()
        .filter(|node| node.is_element())
        .map(|node| node.tag_name().name())
        .collect();
    assert_eq!(
        names,
        BTreeSet::from(["svg", "title", "path", "circle"]),
        "no text, and nothing that refers to anything"
    );
    assert_eq!(
        root.tag_name().namespace(),
        Some("http://www.w3.org/2000/svg")
    );
    assert_eq!(
        (root.attribute("width"), root.attribute("height")),
        (Some("1400"), Some("800"))
    );
    let shapes = svg::shapes(&svg);
    assert!(shapes > 200, "{shapes}");
}

#[test]
fn svg_scales_and_has_a_text_alternative() {
    let svg = everything().to_svg().expect("drawn");
    let (opening, rest) = svg.split_once('>').expect("an element");
    assert!(opening.contains(r#"viewBox="0 0 1400 800""#), "{opening}");
    assert!(opening.contains(r#"role="img""#), "{opening}");
    let title = "<title>Σ over ∇ &amp; &lt;tags&gt;; Lines; Regions; Bars; Heat map; Band; Image; Contours; Network</title>";
    assert!(rest.starts_with(title), "{}", &rest[..100]);
    let untitled = Figure::from(Panel::new("").line(Line::steps([1, 2])));
    assert!(!untitled.to_svg().expect("drawn").contains("<title>"));
}

#[test]
fn nothing_extends_beyond_the_figure() {
    // The background covers the whole figure: nothing may extend beyond it, and it must not be missing.
    let drawn = svg::bounds(&everything().to_svg().expect("drawn"));
    assert_eq!(drawn, [0.0, 0.0, 1400.0, 800.0]);
}

#[test]
fn png_has_two_hundred_pixels_to_the_inch() {
    let png = Figure::from(Panel::new("").line(Line::steps([1, 2])))
        .size(3.0, 2.0)
        .to_png()
        .expect("drawn");
    let pixmap = tiny_skia::Pixmap::decode_png(&png).expect("a PNG");
    assert_eq!((pixmap.width(), pixmap.height()), (600, 400));
    assert!(pixmap.pixels().iter().all(|p| p.alpha() == 255));
    assert!(pixmap.pixels().iter().any(|p| p.red() < 50));
}

#[test]
fn save_goes_by_the_extension_and_leaves_no_other_files() {
    let directory = directory("save");
    let figure = Figure::from(Panel::new("Line").line(Line::steps([1, 3, 2])));
    for name in ["figure.svg", "figure.PNG"] {
        figure.save(directory.join(name)).expect("saved");
        // Over an existing file.
        figure.save(directory.join(name)).expect("saved");
    }
    let mut files: Vec<_> = std::fs::read_dir(&directory)
        .expect("listed")
        .map(|entry| entry.expect("entry").file_name())
        .collect();
    files.sort();
    assert_eq!(files, ["figure.PNG", "figure.svg"]);
    let error = figure
        .save(directory.join("figure.pdf"))
        .expect_err("no PDF")
        .to_string();
    assert!(
        error.ends_with("figure.pdf: the extension is neither `svg` nor `png`"),
        "{error}"
    );
    let error = figure
        .save(directory.join("missing").join("figure.svg"))
        .expect_err("no folder");
    assert!(
        matches!(&error, FigureError::Io { path, .. } if path.ends_with("missing/figure.svg")),
        "{error}"
    );
    assert!(error.to_string().contains("missing"), "{error}");
    std::fs::remove_dir_all(&directory).expect("removed");
}

/// Anything but a regular file is left unchanged; links are followed, permissions kept.
#[test]
#[cfg(unix)]
fn save_never_damages_existing_files() {
    use std::{fs, os::unix::fs::PermissionsExt, process::Command};

    let directory = directory("harm");
    let figure = Figure::from(Panel::new("Line").line(Line::steps([1, 3, 2])));
    let [pipe, folder, link, target] =
        ["pipe.svg", "folder.svg", "link.svg", "target.svg"].map(|name| directory.join(name));
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .expect("made")
            .success()
    );
    fs::create_dir(&folder).expect("made");
    for path in [&pipe, &folder] {
        let error = figure.save(path).expect_err("no regular file");
        assert!(matches!(error, FigureError::Io { .. }), "{error}");
        assert!(!fs::symlink_metadata(path).expect("still there").is_file());
    }
    fs::write(&target, "old").expect("written");
    fs::set_permissions(&target, fs::Permissions::from_mode(0o600)).expect("set");
    std::os::unix::fs::symlink(&target, &link).expect("linked");
    figure.save(&link).expect("saved");
    assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
    let written = fs::metadata(&target).expect("there");
    assert_eq!(written.permissions().mode() & 0o777, 0o600);
    let svg = fs::read_to_string(&target).expect("an SVG");
    assert!(svg == figure.to_svg().expect("drawn"));
    fs::remove_dir_all(&directory).expect("removed");
}

#[track_caller]
fn fails(figure: impl Into<Figure>, message: &str) {
    let figure = figure.into();
    assert_eq!(figure.to_svg().expect_err("an error").to_string(), message);
    assert_eq!(figure.to_png().expect_err("an error").to_string(), message);
}

#[test]
fn errors_of_the_figure() {
    fails(
        Figure::new(),
        "the figure has no panel; add one with `Figure::panel`",
    );
    let panel = || Panel::new("P").line(Line::steps([1, 2]));
    fails(
        Figure::new().grid(1, 1).panel(panel()).panel(panel()),
        "a grid of 1 × 1 cells cannot hold 2 panels",
    );
    fails(
        Figure::from(panel()).size(f64::NAN, 1.0),
        "a figure of NaN × 1 in with 1 × 1 panels cannot be drawn; \
         sides are at most 100 in and a panel takes at least 1.5 × 1.5 in",
    );
    fails(
        Figure::from(panel()).grid(10, 1),
        "a figure of 8 × 5.5 in with 10 × 1 panels cannot be drawn; \
         sides are at most 100 in and a panel takes at least 1.5 × 1.5 in",
    );
}

#[test]
fn a_panel_without_room_is_an_error() {
    let map = HeatMap::new(&array![[0, 1000], [1000, 0]]).color_bar("n");
    let beside = |map| Panel::new("P").y_label("y").heat_map(map);
    fails(
        Figure::from(beside(map)).size(1.5, 1.5),
        "panel `P`: titles and labels leave no room for the data; enlarge the figure",
    );
    // long names are shortened instead
    let names = ["a name that is far longer than the panel is wide", "b"];
    let bars = Bars::new(names).series(Series::new([1, 2]));
    for bars in [bars.clone().horizontal(), bars] {
        let small = Figure::from(Panel::new("P").bars(bars)).size(2.0, 2.0);
        small.to_svg().expect("drawn");
    }
}

#[test]
fn errors_of_the_data() {
    let panel = || Panel::new("P");
    let none: [f64; 0] = [];
    fails(
        Figure::new()
            .grid(1, 2)
            .panel(panel().line(Line::steps([1])))
            .panel(Panel::new("")),
        "panel `row 1, column 2`: panel: there are no lines, points or other marks",
    );
    fails(
        panel().line(Line::new([1, 2, 3], [1, 2]).label("loss")),
        "panel `P`: line `loss`: 2 y values for 3 x values",
    );
    fails(
        panel().line(Line::steps(none)),
        "panel `P`: line: there are no points",
    );
    fails(
        panel().line(Line::steps([f64::NAN, f64::INFINITY])),
        "panel `P`: line: no value can be drawn: all are NaN, infinite, or not positive on a log scale",
    );
    fails(
        panel().log_y().line(Line::steps([0, -1])),
        "panel `P`: line: no value can be drawn: all are NaN, infinite, or not positive on a log scale",
    );
    fails(
        panel().line(Line::steps([1]).width(0.0)),
        "panel `P`: line: width is 0; it must be in [0.1, 50] px",
    );
    fails(
        panel().scatter(Scatter::new([1.0, f64::NAN], [1.0, 2.0])),
        "panel `P`: scatter: value 1 of x is NaN; it must be finite",
    );
    fails(
        panel().scatter(Scatter::new([1], [1]).classes([3], ["a", "b"])),
        "panel `P`: scatter: class 3 has no name; there are 2 names",
    );
    fails(
        panel().band(Band::new([0, 1], [0, 0], [1])),
        "panel `P`: band: 1 upper values for 2 x values",
    );
    fails(
        panel().bars(Bars::new(["a"])),
        "panel `P`: bars: there are no series of bars",
    );
    fails(
        panel().bars(Bars::new(["a", "b"]).series(Series::new([1]))),
        "panel `P`: bars: 1 values for 2 categories",
    );
    fails(
        panel().heat_map(HeatMap::new(&array![[1.0, f64::NAN]])),
        "panel `P`: heat map: value 1 of values (row by row) is NaN; it must be finite",
    );
    fails(
        panel().heat_map(HeatMap::new(&array![[1]]).rows(["a", "b"])),
        "panel `P`: heat map: 2 row names for 1 rows",
    );
    fails(
        panel().heat_map(HeatMap::new(&Array2::<f64>::zeros((0, 3)))),
        "panel `P`: heat map: there are no cells",
    );
    fails(
        panel().horizontal_line(f64::INFINITY, "x"),
        "panel `P`: reference line `x`: value 0 of its position is inf; it must be finite",
    );
}

#[test]
fn errors_of_regions() {
    let classify = |points: ArrayView2<f64>| vec![0; points.nrows() - 1];
    let regions =
        |x, step| Panel::new("P").regions(Regions::predict(x, (0.0, 1.0), step, classify));
    fails(
        regions((0.0, 1.0), 0.5),
        "panel `P`: regions: 8 classes for 9 mesh points",
    );
    let step = |step: &str| {
        format!(
            "panel `P`: regions: step is {step}; it must be positive, with at most 4 million points in non-empty ranges"
        )
    };
    fails(regions((0.0, 1.0), 0.0), &step("0"));
    fails(regions((0.0, 1.0), 1e-9), &step("0.000000001"));
    fails(regions((1.0, 0.0), 0.1), &step("0.1"));
    fails(
        Panel::new("P").regions(Regions::new(Array2::zeros((2, 2)), (1.0, 0.0), (0.0, 1.0))),
        "panel `P`: regions: end of the x range is 0; it must be above its start, and finite",
    );
    fails(
        Panel::new("P").regions(
            Regions::new(array![[0, 1], [1, 2]], (0.0, 1.0), (0.0, 1.0)).names(["a", "b"]),
        ),
        "panel `P`: regions: class 2 has no name; there are 2 names",
    );
}

#[test]
fn errors_of_contours() {
    let fails = |contours: Contours, message: &str| {
        fails(
            Panel::new("P").contours(contours),
            &format!("panel `P`: contours: {message}"),
        );
    };
    let unit = (0.0, 1.0);
    fails(
        Contours::new(&array![[1.0, 2.0]], unit, unit),
        "there are no mesh cells; two rows and two columns are needed",
    );
    fails(
        Contours::from_fn(unit, (1.0, 0.0), |x, _| x),
        "end of the y range is 0; it must be above its start, and finite",
    );
    fails(
        Contours::new(&array![[1.0, 2.0], [f64::NAN, 3.0]], unit, unit),
        "value 2 of values (row by row) is NaN; it must be finite",
    );
    fails(
        Contours::from_fn(unit, unit, |x, _| x).levels([0.5, f64::INFINITY]),
        "value 1 of levels is inf; it must be finite",
    );
}

#[test]
fn contours_are_drawn_at_their_levels() {
    let drawn = |levels: &[f64]| {
        let plane = Contours::from_fn((0.0, 1.0), (0.0, 1.0), |x, _| x).levels(levels);
        let svg = Figure::from(Panel::new("P").contours(plane))
            .to_svg()
            .expect("drawn");
        svg::shapes(&svg)
    };
    assert_eq!(drawn(&[0.25, 0.5]), drawn(&[0.5]) + 1);
    assert_eq!(drawn(&[0.5, 2.0]), drawn(&[0.5]));
}

#[test]
fn errors_of_networks() {
    let fails = |network: Network, message: &str| {
        fails(
            Panel::new("P").network(network),
            &format!("panel `P`: network: {message}"),
        );
    };
    fails(Network::new([]), "there are no neurons in a layer");
    fails(Network::new([2, 0]), "there are no neurons in a layer");
    let network = || Network::new([2, 3]);
    fails(network().names(0, ["a"]), "1 texts for 2 neurons");
    fails(
        network().names(2, ["a"]),
        "layer is 2; it must be the index of a layer",
    );
    fails(
        network().weights(1, &array![[1.0]]),
        "layer is 1; it must be the index of a layer before another",
    );
    fails(
        network().weights(0, &array![[1.0, 2.0, 3.0]]),
        "1 rows of weights for 2 neurons",
    );
    fails(
        network().weights(0, &array![[1.0], [2.0]]),
        "1 columns of weights for 3 neurons of the next layer",
    );
    fails(
        network().edge_labels(0, ["a"; 5], dl_viz::style::RED),
        "5 labels for 6 edges",
    );
    fails(
        network().values(1, [0.0, f64::NAN, 1.0]),
        "value 1 of values is NaN; it must be finite",
    );
    fails(network().layer_names(["a"]), "1 layer names for 2 layers");
}

#[test]
fn a_network_has_its_circles_and_edges() {
    let drawn = |network: Network| {
        let svg = Figure::from(Panel::new("").network(network))
            .to_svg()
            .expect("drawn");
        svg::shapes(&svg)
    };
    // a circle is two discs, one inside the other
    let plain = drawn(Network::new([2, 3]));
    assert_eq!(drawn(Network::new([2, 4])) - plain, 2 + 2);
    // nine neurons are all shown; of ten, the first and last four and three dots
    let nine = drawn(Network::new([9, 1]));
    assert_eq!(drawn(Network::new([10, 1])) + 2 + 1, nine + 3);
}

#[test]
fn errors_of_ranges() {
    let panel = || Panel::new("P").line(Line::steps([1, 2]));
    fails(
        panel().x_range(2.0, 1.0),
        "panel `P`: x axis: the range 2 to 1 is empty, too narrow or reversed",
    );
    fails(
        panel().y_range(0.0, f64::NAN),
        "panel `P`: y axis: the range 0 to NaN is not finite",
    );
    fails(
        panel().log_y().y_range(0.0, 1.0),
        "panel `P`: y axis: the range 0 to 1 is not positive on a log scale",
    );
    let wide = Panel::new("P").line(Line::steps([-1.7e308, 1.7e308]));
    let error = Figure::from(wide)
        .to_svg()
        .expect_err("too wide")
        .to_string();
    assert!(
        error.starts_with("panel `P`: y axis") && error.ends_with("is too wide"),
        "{error}"
    );
}

#[test]
fn one_value_and_odd_ranges_are_drawn() {
    for line in [
        Line::steps([3]),
        Line::steps([1e-300, 2e-300]),
        Line::steps([1e300, 2e300]),
        Line::steps([5.0, 5.0, 5.0]),
        Line::steps([1e9, 1e9 + 1.0]),
    ] {
        Figure::from(Panel::new("\u{1}odd\u{0}").line(line))
            .to_svg()
            .expect("drawn");
    }
}

#[test]
fn integer_ticks_are_integers() {
    // Text is paths: an axis of two epochs with ticks at halves has more of them.
    let drawn = |panel: Panel| {
        let svg = Figure::from(panel).to_svg().expect("drawn");
        svg::shapes(&svg)
    };
    let curve = || Panel::new("P").line(Line::new([1, 2], [0.0, 1.0]));
    assert!(drawn(curve().integer_x_ticks()) < drawn(curve()));
    let long = || Panel::new("P").line(Line::new([0, 100], [0.0, 1.0]));
    assert_eq!(drawn(long().integer_x_ticks()), drawn(long()));
}

#[test]
fn values_outside_a_range_are_clipped() {
    let panel = Panel::new("")
        .y_range(0.0, 1.0)
        .line(Line::steps([-1e9, 0.5, 1e9]))
        .scatter(Scatter::new([0, 1, 2], [-1e9, 0.5, 1e9]))
        .band(Band::new([0, 2], [-1e9, 0.0], [1e9, 2.0]));
    let svg = Figure::from(panel).to_svg().expect("drawn");
    assert_eq!(svg::bounds(&svg), [0.0, 0.0, 800.0, 550.0]);
}
