//! The look of all figures: colours, font sizes, line widths, margins.
//!
//! Lengths are pixels at 100 per inch. The palette can be told apart by colour-blind readers: it is Okabe and Ito's
//! (*Color Universal Design*, 2008), except that [`RED`] and [`PURPLE`] are Paul Tol's (*Colour Schemes*,
//! SRON/EPS/TN/09-002, 2021; vibrant and bright), which look like their names.

use crate::scale::bounds;

/// A colour in sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color {
    /// Red, 0 to 255.
    pub red: u8,
    /// Green, 0 to 255.
    pub green: u8,
    /// Blue, 0 to 255.
    pub blue: u8,
}

impl Color {
    /// A colour from its three channels.
    pub const fn rgb(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue }
    }

    /// The colour at this opacity (0 to 1) over white, as an opaque colour.
    ///
    /// ```
    /// use dl_viz::style::{Color, WHITE};
    /// assert_eq!(Color::rgb(0, 100, 200).tint(0.0), WHITE);
    /// assert_eq!(Color::rgb(0, 100, 200).tint(1.0), Color::rgb(0, 100, 200));
    /// ```
    pub fn tint(self, opacity: f64) -> Self {
        WHITE.mix(self, opacity)
    }

    /// `(1 − t)·self + t·other`, channel by channel.
    pub(crate) fn mix(self, other: Self, t: f64) -> Self {
        let t = t.clamp(0.0, 1.0);
        let channel =
            |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * t).round() as u8;
        Self::rgb(
            channel(self.red, other.red),
            channel(self.green, other.green),
            channel(self.blue, other.blue),
        )
    }

    /// Relative luminance in 0 to 1 (Rec. 709 weights on the gamma-coded channels): decides between dark text on a
    /// light colour and light text on a dark one.
    pub(crate) fn luminance(self) -> f64 {
        (0.2126 * f64::from(self.red)
            + 0.7152 * f64::from(self.green)
            + 0.0722 * f64::from(self.blue))
            / 255.0
    }
}

/// Blue.
pub const BLUE: Color = Color::rgb(0, 114, 178);
/// Red.
pub const RED: Color = Color::rgb(204, 51, 17);
/// Bluish green.
pub const GREEN: Color = Color::rgb(0, 158, 115);
/// Reddish purple.
pub const PURPLE: Color = Color::rgb(170, 51, 119);
/// Orange.
pub const ORANGE: Color = Color::rgb(230, 159, 0);
/// Sky blue.
pub const SKY: Color = Color::rgb(86, 180, 233);
/// Ink black, not quite pure black.
pub const BLACK: Color = Color::rgb(33, 37, 41);
/// Mid grey, for background elements.
pub const GRAY: Color = Color::rgb(134, 142, 150);
/// White.
pub const WHITE: Color = Color::rgb(255, 255, 255);

/// The colours of series and classes, in order.
pub const PALETTE: [Color; 7] = [BLUE, RED, GREEN, PURPLE, ORANGE, SKY, GRAY];

/// The colour of the `index`-th series or class.
pub(crate) fn palette(index: usize) -> Color {
    PALETTE[index % PALETTE.len()]
}

/// A map from values to colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ColorMap {
    /// White to deep blue: counts and fractions.
    Blues,
    /// Black to white: images.
    Gray,
    /// Blue through white to red: signed values around zero.
    Diverging,
}

impl ColorMap {
    /// The values at the ends of the map, which are never equal: the given ones, or the smallest and the largest,
    /// or for a diverging map ± the largest magnitude.
    pub(crate) fn ends(
        self,
        values: impl IntoIterator<Item = f64>,
        given: Option<(f64, f64)>,
    ) -> (f64, f64) {
        let (low, high) = given.unwrap_or_else(|| {
            let (low, high) = bounds(values).unwrap_or((0.0, 1.0));
            match self {
                Self::Diverging => (-low.abs().max(high.abs()), low.abs().max(high.abs())),
                _ => (low, high),
            }
        });
        if high > low {
            return (low, high);
        }
        // a single value: added to a large one, a step of 1 would be lost to rounding
        (low, low + (low.abs() * 1e-9).max(1.0))
    }

    /// The colour at `t` in 0 to 1.
    pub(crate) fn at(self, t: f64) -> Color {
        const DEEP_BLUE: Color = Color::rgb(8, 48, 107);
        let stops: &[Color] = match self {
            Self::Blues => &[
                Color::rgb(247, 251, 255),
                Color::rgb(198, 219, 239),
                Color::rgb(107, 174, 214),
                Color::rgb(33, 113, 181),
                DEEP_BLUE,
            ],
            Self::Gray => &[Color::rgb(0, 0, 0), WHITE],
            Self::Diverging => &[BLUE, Color::rgb(247, 247, 247), RED],
        };
        let position = t.clamp(0.0, 1.0) * (stops.len() - 1) as f64;
        let below = (position as usize).min(stops.len() - 2);
        stops[below].mix(stops[below + 1], position - below as f64)
    }
}

/// Pixels per inch.
pub(crate) const PIXELS_PER_INCH: f64 = 100.0;

pub(crate) const FIGURE_TITLE_SIZE: f64 = 20.0;
pub(crate) const TITLE_SIZE: f64 = 17.0;
pub(crate) const LABEL_SIZE: f64 = 15.0;
pub(crate) const TICK_SIZE: f64 = 13.5;
pub(crate) const LEGEND_SIZE: f64 = 14.0;
pub(crate) const CELL_SIZE: f64 = 15.0;

pub(crate) const LINE_WIDTH: f64 = 2.2;
pub(crate) const RULE_WIDTH: f64 = 1.4;
pub(crate) const GRID_WIDTH: f64 = 0.8;
pub(crate) const AXIS_WIDTH: f64 = 1.0;
pub(crate) const EDGE_WIDTH: f64 = 0.9;
pub(crate) const POINT_RADIUS: f64 = 4.2;

pub(crate) const TEXT: Color = BLACK;
pub(crate) const TICK_TEXT: Color = Color::rgb(73, 80, 87);
pub(crate) const GRID: Color = Color::rgb(230, 232, 235);
pub(crate) const AXIS: Color = GRAY;

/// Free space around the figure.
pub(crate) const FIGURE_MARGIN: f64 = 14.0;
/// Free space between panels.
pub(crate) const PANEL_GAP: f64 = 22.0;
/// Free space between neighbouring parts of a panel.
pub(crate) const GAP: f64 = 9.0;
/// Length of a tick mark.
pub(crate) const TICK_LENGTH: f64 = 3.0;
/// Distance from the frame to the tick labels: plotters leaves twice the length of a tick mark.
pub(crate) const TICK_GAP: f64 = 2.0 * TICK_LENGTH;
/// Distance from the title's baseline to the frame.
pub(crate) const TITLE_GAP: f64 = 11.0;
/// Free space between the data and the frame, as a fraction of the data's span.
pub(crate) const DATA_MARGIN: f64 = 0.04;
