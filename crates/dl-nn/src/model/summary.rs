//! A model as a table.

use std::fmt;

use dl_core::{Scalar, instantiate, text::shown};

use super::{Model, NamedLayer};

/// The layers of a model with their shapes and parameters; its `Display` is a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// One row per layer, and after a layer that holds others, one for each of those.
    pub rows: Vec<SummaryRow>,
    /// Shape of one input sample.
    pub input_shape: Vec<usize>,
    /// Bytes of all parameters.
    pub parameter_bytes: usize,
    /// Bytes of the activations of one sample, those inside layers too.
    pub activation_bytes: usize,
}

/// A layer in a [`Summary`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryRow {
    /// Name in the model; inside a layer, name of the branch and in it: `branch.dense_1`.
    pub name: String,
    /// How many layers it is inside.
    pub depth: usize,
    /// Kind of layer.
    pub kind: &'static str,
    /// The activation it applies, if any.
    pub activation: Option<String>,
    /// Shape of one output sample.
    pub output_shape: Vec<usize>,
    /// Number of parameters, those of the layers inside and frozen ones included.
    pub parameters: usize,
}

impl<F: Scalar> Model<F> {
    /// The layers as a table.
    pub fn summary(&self) -> Summary {
        summary(self)
    }
}

instantiate! {
    fn summary<F: Scalar>(model: &Model<F>) -> Summary {
        Summary::new(model)
    }
}

impl Summary {
    pub(crate) fn new<F: Scalar>(model: &Model<F>) -> Self {
        let mut rows = Vec::new();
        for named in model.layers() {
            add_rows(named, named.name.clone(), 0, &mut rows);
        }
        let sizes = model.layers().iter();
        let sizes = sizes.map(|named| named.size().saturating_add(named.activations_inside()));
        let activations = sizes.fold(0, usize::saturating_add);
        Self {
            rows,
            input_shape: model.input_shape().to_vec(),
            parameter_bytes: model.parameter_count().saturating_mul(size_of::<F>()),
            activation_bytes: activations.saturating_mul(size_of::<F>()),
        }
    }

    /// Number of parameters, frozen ones included.
    pub fn parameters(&self) -> usize {
        let rows = self.rows.iter().filter(|row| row.depth == 0);
        let parameters = rows.map(|row| row.parameters);
        parameters.fold(0, usize::saturating_add)
    }
}

/// The row of a layer, and those of the layers inside it.
fn add_rows<F: Scalar>(
    named: &NamedLayer<F>,
    name: String,
    depth: usize,
    rows: &mut Vec<SummaryRow>,
) {
    rows.push(SummaryRow {
        name,
        depth,
        kind: named.kind(),
        activation: match named.layer.output_activation() {
            None | Some(crate::activation::Identity) => None,
            Some(activation) => Some(activation.to_string()),
        },
        output_shape: named.output_shape.clone(),
        parameters: named.parameter_count(),
    });
    for (branch, layers) in named
        .inside()
        .into_iter()
        .flat_map(|inside| inside.branches)
    {
        for inner in layers {
            let name = match branch.is_empty() {
                true => inner.name.clone(),
                false => format!("{branch}.{}", inner.name),
            };
            add_rows(inner, name, depth + 1, rows);
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let layer = |row: &SummaryRow| {
            let name = format!("{:1$}{2}", "", 2 * row.depth, shown(&row.name));
            let kind = shown(row.kind);
            match &row.activation {
                Some(activation) if row.kind != "activation" => {
                    format!("{name} ({kind}, {})", shown(activation))
                }
                Some(activation) => format!("{name} ({})", shown(activation)),
                None => format!("{name} ({kind})"),
            }
        };
        let mut cells = vec![
            ["layer".into(), "output shape".into(), "parameters".into()],
            [
                "input".into(),
                format!("{:?}", self.input_shape),
                String::new(),
            ],
        ];
        cells.extend(self.rows.iter().map(|row| {
            let shape = format!("{:?}", row.output_shape);
            [layer(row), shape, thousands(row.parameters)]
        }));
        let width = |column: usize| {
            cells
                .iter()
                .map(|c: &[String; 3]| c[column].chars().count())
                .max()
        };
        let [a, b, c] = [0, 1, 2].map(|column| width(column).unwrap_or(0));
        let rule = "─".repeat(a + b + c + 4);
        for (i, [layer, shape, parameters]) in cells.iter().enumerate() {
            let line = format!("{layer:a$}  {shape:b$}  {parameters:>c$}");
            writeln!(out, "{}", line.trim_end())?;
            if i == 0 {
                writeln!(out, "{rule}")?;
            }
        }
        writeln!(out, "{rule}")?;
        write!(
            out,
            "{} parameters ({}), activations {} a sample",
            thousands(self.parameters()),
            bytes(self.parameter_bytes),
            bytes(self.activation_bytes),
        )
    }
}

/// 93322 → `93 322`
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

fn bytes(number: usize) -> String {
    const UNITS: [&str; 4] = ["B", "KiB", "MiB", "GiB"];
    let mut value = number as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 {
        format!("{number} B")
    } else {
        format!("{value:.1} {}", UNITS[unit])
    }
}
