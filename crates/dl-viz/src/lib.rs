#![doc = include_str!("../README.md")]

mod axis;
mod backend;
mod canvas;
mod color_bar;
mod drawing;
mod error;
mod face;
mod figure;
mod layout;
mod legend;
mod marks;
mod panel;
mod pixels;
mod plot;
mod range;
mod raster;
mod render;
mod scale;
mod scene;
pub mod style;
mod svg;
mod text;
mod ticks;
mod values;

pub use error::{DataProblem, FigureError};
pub use figure::Figure;
pub use legend::Legend;
pub use marks::{
    band::Band,
    bars::{Bars, Series},
    contours::Contours,
    heat_map::HeatMap,
    images::Images,
    line::Line,
    network::Network,
    regions::Regions,
    scatter::Scatter,
    stages::Stages,
};
pub use ndarray;
pub use panel::Panel;
pub use style::{Color, ColorMap};
pub use values::Number;
