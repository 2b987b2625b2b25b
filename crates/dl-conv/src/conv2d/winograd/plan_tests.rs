use super::*;
use crate::geometry::{Padding, Window};

fn tiles_of(side: usize, window: &Window, channels: [usize; 2], groups: usize) -> Option<Size> {
    let [inputs, filters] = channels;
    let channels = Channels {
        inputs,
        filters,
        groups,
    };
    tiles(&window.over(Size::from(side)).unwrap(), channels)
}

#[test]
fn large_convolutions_of_three_by_three_go_this_way() {
    let window = Window::new(3);
    let padded = Window {
        padding: Padding::all(1),
        ..window
    };
    assert_eq!(tiles_of(13, &window, [32, 64], 1), Some(Size::from(6)));
    assert_eq!(tiles_of(13, &padded, [32, 64], 1), Some(Size::from(7)));
    // too few tiles, channels, filters; groups
    assert_eq!(tiles_of(5, &window, [64, 64], 1), None);
    assert_eq!(tiles_of(28, &window, [16, 64], 1), None);
    assert_eq!(tiles_of(28, &window, [64, 16], 1), None);
    assert_eq!(tiles_of(28, &window, [64, 64], 2), None);
    let strided = Window {
        stride: 2.into(),
        ..window
    };
    assert_eq!(tiles_of(28, &strided, [64, 64], 1), None);
    let dilated = Window {
        dilation: 2.into(),
        ..window
    };
    assert_eq!(tiles_of(28, &dilated, [64, 64], 1), None);
    assert_eq!(tiles_of(28, &Window::new(5), [64, 64], 1), None);
    // hardly a pixel in the frame of zeros
    let frame = Window {
        padding: Padding::all(9),
        ..padded
    };
    assert_eq!(tiles_of(4, &frame, [32, 32], 1), None);
}

/// However wide an image is, a band is at least a row of tiles, and no row is left out.
#[test]
fn bands_cover_all_rows_of_tiles() {
    for (height, width, channels) in [(6, 6, 64), (24, 11, 96), (3, 1000, 32), (40, 7, 768)] {
        let channels = Channels {
            inputs: channels,
            filters: channels,
            groups: 1,
        };
        let tiles = Size::from([height, width]);
        let band = band(tiles, channels);
        assert!((1..=height).contains(&band), "{band}");
        let last = height - (height.div_ceil(band) - 1) * band;
        assert!((1..=band).contains(&last), "{last}");
    }
}
