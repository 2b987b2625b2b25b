//! Images and matrices: colours, positions, errors.

use dl_viz::{
    ColorMap, Figure, HeatMap, Images, Panel,
    ndarray::{Array3, Array4, array},
};

fn svg(images: Images) -> String {
    Figure::from(Panel::new("P").images(images))
        .to_svg()
        .expect("sound images")
}

/// How many shapes are filled with this colour.
fn filled(svg: &str, color: &str) -> usize {
    svg.matches(&format!(r#"fill="{color}""#)).count()
}

/// Two images with one row of two pixels: 0 and 1, 1 and 3.
fn two() -> Array4<f64> {
    Array4::from_shape_vec((2, 1, 2, 1), vec![0.0, 1.0, 1.0, 3.0]).expect("four numbers")
}

#[test]
fn grey_is_scaled_by_all_images_or_each_by_itself() {
    let all = svg(Images::new(&two()));
    assert_eq!(filled(&all, "#555555"), 2, "1 is a third of 3, twice");
    let each = svg(Images::new(&two()).scale_each());
    assert_eq!(filled(&each, "#555555"), 0);
    assert_eq!(filled(&each, "#000000"), 2, "the smallest of each is black");
    let given = svg(Images::new(&two()).range(0.0, 1.0));
    assert_eq!(filled(&given, "#000000"), 1, "3 is white as 1 is");
}

#[test]
fn signed_images_are_white_at_zero() {
    let signed = Array4::from_shape_vec((1, 1, 3, 1), vec![-1, 0, 2]).expect("three numbers");
    let drawn = svg(Images::new(&signed).color_map(ColorMap::Diverging));
    assert_eq!(filled(&drawn, "#f7f7f7"), 1);
    assert_eq!(filled(&drawn, "#cc3311"), 1, "the largest magnitude");
    assert_eq!(filled(&drawn, "#0072b2"), 0, "−1 is half as far");
}

#[test]
fn three_channels_are_red_green_and_blue() {
    let colors = Array4::from_shape_vec((1, 1, 2, 3), vec![1.0f32, 0.5, 0.0, 0.0, 2.0, -1.0]);
    let drawn = svg(Images::new(&colors.expect("six numbers")));
    assert_eq!(filled(&drawn, "#ff8000"), 1);
    assert_eq!(filled(&drawn, "#00ff00"), 1, "clipped to 0 and 1");
}

#[test]
fn channels_are_images_in_their_order() {
    let image = Array3::from_shape_fn((4, 5, 6), |(y, x, c)| 100 * c + 10 * y + x);
    let stacked = Array4::from_shape_fn((6, 4, 5, 1), |(c, y, x, _)| 100 * c + 10 * y + x);
    assert_eq!(svg(Images::channels(&image)), svg(Images::new(&stacked)));
}

#[test]
fn logarithmic_colors_tell_small_counts_apart() {
    let map = || HeatMap::image(&array![[0, 1, 999]]);
    let gray = |map| {
        Figure::from(Panel::new("P").heat_map(map))
            .to_svg()
            .unwrap()
    };
    assert_eq!(
        filled(&gray(map()), "#000000"),
        1,
        "0 and 1 are one run of black"
    );
    // log 2 / log 1000 of 255 levels
    assert_eq!(filled(&gray(map().log_colors()), "#1a1a1a"), 1);
    let bar = map().log_colors().color_bar("Count");
    assert!(gray(bar).len() > gray(map().log_colors()).len());

    let negative = HeatMap::new(&array![[2.0, -1.0]]).log_colors();
    let error = Figure::from(Panel::new("P").heat_map(negative)).to_svg();
    assert_eq!(
        error.expect_err("negative").to_string(),
        "panel `P`: heat map: a value coloured by its logarithm is -1; it must be at least 0"
    );
}

#[test]
fn a_row_has_the_requested_number_of_images() {
    let one_row = svg(Images::new(&two()).columns(2));
    let two_rows = svg(Images::new(&two()).columns(1));
    assert_ne!(one_row, two_rows);
    assert_eq!(
        svg(Images::new(&two()).columns(9)),
        one_row,
        "no space is left for missing images"
    );
}

#[test]
fn invalid_images_are_rejected() {
    let fails = |images: Images, message: &str| {
        let error = Figure::from(Panel::new("P").images(images)).to_svg();
        let found = error.expect_err(message).to_string();
        assert_eq!(found, format!("panel `P`: images: {message}"));
    };
    let none = Array4::<f64>::zeros((0, 2, 2, 1));
    fails(Images::new(&none), "there are no pixels");
    let two_channels = Array4::<f64>::zeros((1, 2, 2, 2));
    let message = "number of channels is 2; it must be 1 or 3";
    fails(Images::new(&two_channels), message);
    let message = "number of columns is 0; it must be at least 1";
    fails(Images::new(&two()).columns(0), message);
    let nan = array![[[[0.0], [f64::NAN]]]];
    let message = "value 1 of pixels is NaN; it must be finite";
    fails(Images::new(&nan), message);
    let message = "end of the range is 0; it must be above its start, and finite";
    fails(Images::new(&two()).range(1.0, 0.0), message);
}
