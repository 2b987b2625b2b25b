//! The X-ray as a figure.

use dl_core::instantiate;
use dl_nn::Scalar;
use dl_viz::Figure;

use super::XRay;

impl<F: Scalar> XRay<F> {
    /// The figure of the first sample: for a small fully connected network, a diagram with all values
    /// ([`diagram`](Self::diagram)); for any other, a map of each array ([`maps`](Self::maps)).
    pub fn figure(&self) -> Figure {
        figure(self)
    }

    /// The target of one sample, as text: `t = 1`.
    pub(super) fn target_text(&self, sample: usize) -> String {
        match self.targets.view().row(sample) {
            dl_nn::TargetRow::Class(class) => format!("class {class}"),
            dl_nn::TargetRow::Values(values) => {
                let values = values.iter().map(|v| number(v.as_f64()));
                format!("t = {}", values.collect::<Vec<_>>().join(", "))
            }
        }
    }
}

instantiate! {
    fn figure<F: Scalar>(xray: &XRay<F>) -> Figure {
        xray.diagram(0).unwrap_or_else(|| xray.maps())
    }
}

/// Up to four decimals, with a typographic minus: `0.5`, `−0.1953`, `3.2e−7`.
pub(super) fn number(value: f64) -> String {
    let tiny = value != 0.0 && value.abs() < 1e-3;
    let text = match tiny || value.abs() >= 1e5 {
        true => format!("{value:.1e}"),
        false => crate::statistics::trimmed(format!("{value:.4}")),
    };
    text.replace('-', "−")
}
