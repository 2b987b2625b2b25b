//! The X-ray as a table.

use std::fmt;

use dl_core::{instantiate, text::shown};
use dl_nn::Scalar;
use ndarray::ArrayD;

use super::{LayerXRay, XRay};
use crate::statistics::{Statistics, short};

const HEADER: [&str; 9] = [
    "layer", "kind", "array", "shape", "mean", "std", "min", "max", "zeros",
];

/// One row per output, parameter and gradient; shapes include the batch axis.
impl<F: Scalar> fmt::Display for XRay<F> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(self, out)
    }
}

instantiate! {
    fn write<F: Scalar>(xray: &XRay<F>, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        xray.write_table(out)
    }
}

impl<F: Scalar> XRay<F> {
    fn write_table(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows = vec![HEADER.map(str::to_owned)];
        rows.push(row(["input", "", "samples"], &self.input));
        rows.push(row(["", "", "  ∂L"], &self.input_gradient));
        for layer in &self.layers {
            add_rows(layer, 0, &mut rows);
        }
        let widths: Vec<usize> = (0..HEADER.len())
            .map(|column| {
                let cells = rows.iter().map(|row| row[column].chars().count());
                cells.max().unwrap_or(0)
            })
            .collect();
        for row in &rows {
            let cells = row.iter().zip(&widths).enumerate();
            let cells = cells.map(|(column, (cell, &width))| match column {
                0..4 => format!("{cell:<width$}"),
                _ => format!("{cell:>width$}"),
            });
            let line = cells.collect::<Vec<_>>().join("  ");
            writeln!(out, "{}", line.trim_end())?;
        }
        write!(out, "L = {} ({})", short(self.loss), shown(&self.loss_name))
    }
}

/// The rows of a layer, and those of the layers inside it, which have the parameters.
fn add_rows<F: Scalar>(layer: &LayerXRay<F>, depth: usize, rows: &mut Vec<[String; 9]>) {
    let kind = match layer.activation {
        None | Some(dl_nn::Activation::Identity) => layer.kind.clone(),
        Some(activation) if layer.kind == "activation" => activation.to_string(),
        Some(activation) => format!("{} ({activation})", layer.kind),
    };
    let indented = format!("{:1$}{2}", "", 2 * depth, layer.name);
    let mut names = [indented.as_str(), kind.as_str()];
    let parameters = layer.parameters.iter();
    for parameter in parameters.filter(|_| layer.inside.is_empty()) {
        let [name, kind] = std::mem::take(&mut names);
        rows.push(row([name, kind, &parameter.name], &parameter.value));
        rows.push(row(["", "", "  ∂L"], &parameter.gradient));
    }
    let [name, kind] = names;
    rows.push(row([name, kind, "output"], &layer.output));
    rows.push(row(["", "", "  ∂L"], &layer.output_gradient));
    for inner in &layer.inside {
        add_rows(inner, depth + 1, rows);
    }
}

fn row<F: Scalar>([layer, kind, array]: [&str; 3], values: &ArrayD<F>) -> [String; 9] {
    let s = Statistics::new(values.iter());
    let mut array = shown(array).to_string();
    if s.non_finite > 0 {
        array += &format!(" ({} not finite)", s.non_finite);
    }
    [
        shown(layer).to_string(),
        shown(kind).to_string(),
        array,
        format!("{:?}", values.shape()),
        short(s.mean),
        short(s.std),
        short(s.min),
        short(s.max),
        format!("{:.0} %", 100.0 * s.zeros),
    ]
}
