//! Reports of a run as a single HTML file, which opens offline in a browser.
//!
//! The page is self-contained: styles are inline, figures are inline SVG, images are PNG in base64, and its content
//! security policy forbids any request. It needs no script, follows the reader's light or dark setting, and prints
//! well.

mod builder;
mod charts;
mod confusion;
mod error;
mod feature_maps;
mod figure;
mod format;
mod mistakes;
mod page;
mod results;
mod tables;

pub use builder::Report;
pub use error::ReportError;
pub use feature_maps::feature_maps;
pub use mistakes::Mistake;
